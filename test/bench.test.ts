/** The benchmark's table: it judges by its numbers alone, says what was not measured, and is read without scrolling sideways. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { curvesOf, exponentOf } from '../bench/curve.ts'
import { type Measured, NOTES, sections } from '../bench/rows.ts'
import { DASHBOARD_NOTES, dashboardSections } from '../bench/rows-dashboard.ts'
import { LAB_NOTES, labSections, sideBySide } from '../bench/rows-lab.ts'
import { OUTAGE_NOTES, outageSections } from '../bench/rows-outage.ts'
import { REPLICA_NOTES, replicaSections } from '../bench/rows-replicas.ts'
import { asMarkdown, asText, bySize } from '../bench/table.ts'

const cost = { count: 10, wallMs: 20, busyMs: 9, ownMs: 8, cpuMs: 9, requests: 5, bytes: 3_000 }

/** One size, with what a test changes of its parts; watched where `rss` is given. */
function measured(size: number, o: { poll?: number; pass?: number; rss?: number } = {}): Measured {
  const parts = {
    poll: { ...cost, bytes: o.poll ?? 3_000 },
    detail: { ...cost, bytes: 3_000 * size },
    censusFirst: cost,
    census: cost,
    passFirst: cost,
    pass: { ...cost, ownMs: o.pass ?? 8 },
    ironicMs: 4,
  }
  const watched =
    o.rss === undefined
      ? null
      : { startMs: 500, idle: 0.003, idleFailing: 0.004, memory: { rss: o.rss, peak: o.rss }, actMs: [40, 60, 1_200] }
  return { size, parts, watched }
}

const MACHINE = 'Node 24, 2 × Some Processor, load 0.1 before'
const wish = (sizes: number[]) => bySize('nodes', sizes, { runs: 3, machine: MACHINE, notes: NOTES })
const rowOf = (found: ReturnType<typeof sections>, title: string, what: string) =>
  found.find((section) => section.title.startsWith(title))?.rows.find((row) => row.what === what)

test('a goal is reached, missed by how much, or not measured at the size that it is for', () => {
  const found = sections([measured(10_000), measured(100_000, { pass: 5_000, rss: 200_000_000 })])
  assert.equal(rowOf(found, 'Beside', 'quiet poll to this, bytes')?.reach, '≤ 1/100 on 10,000: reached')
  assert.equal(rowOf(found, 'A pass', 'own time')?.reach, '≤ 2 s on 100,000: missed ×2.5')
  assert.equal(rowOf(found, 'The daemon', 'memory after a first pass')?.reach, '≤ 250 MB on 100,000: reached')
  assert.equal(rowOf(found, 'The daemon', 'act sent, slowest')?.reach, '≤ 1 s: missed ×1.2')
  const small = sections([measured(1_000)])
  assert.equal(rowOf(small, 'A pass', 'own time')?.reach, '≤ 2 s on 100,000: not measured')
  assert.deepEqual(rowOf(small, 'The daemon', 'act sent, slowest')?.values, ['–'])
})

test('it grows by how much from size to size, and where there is nothing to compare that is said', () => {
  const found = sections([measured(1_000, { pass: 10 }), measured(10_000, { pass: 95 }), measured(100_000, { pass: 2_000, rss: 1 })])
  assert.equal(rowOf(found, 'A pass', 'own time')?.growth, '×9.5 ×21')
  assert.equal(rowOf(found, 'The daemon', 'act sent, median')?.growth, '– –')
})

test('the table is 110 columns wide at most, and every letter in it is explained below', () => {
  const sizes = [1_000, 10_000, 100_000]
  const found = sections(sizes.map((size) => measured(size, { pass: 98_765, rss: 123_456_789 })))
  const text = asText(found, wish(sizes))
  const [table = '', ...notes] = text.split('\n\nMedians')
  for (const line of table.split('\n')) assert.ok(line.length <= 110, `${line.length}: ${line}`)
  const letters = new Set([...table.matchAll(/\[([a-z]+)\]/g)].flatMap(([, some = '']) => [...some]))
  assert.deepEqual([...letters].toSorted(), Object.keys(NOTES).toSorted())
  for (const letter of letters) assert.ok(notes.join('').includes(`\n[${letter}] `), letter)
  assert.equal(
    asMarkdown(found, wish(sizes))
      .split('\n')
      .filter((line) => line.startsWith('|')).length,
    2 + found.length + found.flatMap(({ rows }) => rows).length,
  )
})

test("the dashboard's table is no wider, explains every letter, and has a goal for each promise", () => {
  const view = { coldMs: 1_234, warmMs: 456, coldBytes: 3_456_789, coldRequests: 16 }
  const route = { ms: 113, bytes: 2_345_678 }
  const heard = {
    ...{ readers: 1_000, slow: 100, delivered: 1, p50Ms: 123, p99Ms: 999, idle: 0.011, letGo: 100 },
    memory: { before: 123_456_789, connected: 234_567_890, most: 345_678_901 },
  }
  const routes = { fleet: route, fleetNodes: route, nodes: route, allNodes: route, cases: route, decisions: route, clouds: route }
  const besides = { shownMs: { word: 789, hook: 829, poll: 3_860 }, crowd: { before: 123_456_789, most: 234_567_890 } }
  const seen = (size: number) => ({ size, now: view, fleet: view, ...besides, routes, heard })
  const found = dashboardSections([seen(1_000), seen(10_000)])
  const text = asText(found, { ...wish([1_000, 10_000]), notes: DASHBOARD_NOTES })
  const [table = ''] = text.split('\n\nMedians')
  for (const line of table.split('\n')) assert.ok(line.length <= 110, `${line.length}: ${line}`)
  const letters = new Set([...table.matchAll(/\[([a-z]+)\]/g)].flatMap(([, some = '']) => [...some]))
  assert.deepEqual([...letters].toSorted(), Object.keys(DASHBOARD_NOTES).toSorted())
  assert.equal(rowOf(found, 'The first view', 'Now, nothing kept')?.reach, '≤ 1 s on 10,000: missed ×1.2')
  assert.equal(rowOf(found, 'Readers', 'arrival, 99 of 100')?.reach, '≤ 1 s on 10,000: reached')
  assert.deepEqual(rowOf(found, 'Readers', 'this to without readers')?.values, ['×2.8', '×2.8'])
})

test("the lab's table has both ways beside each other, their median and worst, and explains every letter", () => {
  const times = {
    polling: [4_000, 8_000, 15_000].map((readMs) => ({ readMs, resetMs: readMs + 1_000 })),
    notifications: [100, 200, 600].map((readMs) => ({ readMs, resetMs: readMs + 1_000 })),
  }
  const found = labSections(times)
  assert.deepEqual(rowOf(found, 'From', 'median')?.values, ['8.00 s', '200 ms'])
  assert.deepEqual(rowOf(found, 'To the reset', 'worst of 3')?.values, ['16.00 s', '1.60 s'])
  assert.equal(rowOf(found, 'To the reset', 'median')?.growth, '7.5 : 1')
  const text = asText(found, sideBySide(times, MACHINE))
  const [table = ''] = text.split('\n\n3 failures each way')
  const letters = new Set([...table.matchAll(/\[([a-z]+)\]/g)].flatMap(([, some = '']) => [...some]))
  assert.deepEqual([...letters].toSorted(), Object.keys(LAB_NOTES).toSorted())
})

test('a curve shows what grows with the nodes as a stair of equal steps, what does not as a column, and tells the exponent', () => {
  const sizes = [1_000, 10_000, 100_000]
  const found = sections([10, 100, 1_000].map((pass, at) => measured(sizes[at] ?? 0, { pass, poll: 3_000 })))
  const lines = curvesOf(found, sizes)
  const drawn = (what: string): string[] => {
    const at = lines.findIndex((line) => line.startsWith(what))
    return [lines[at] ?? '', ...lines.slice(at + 1, at + 4).map((line) => line.replace(/^[^#]*/, ''))]
  }
  const [pass, ...steps] = drawn('A pass with 1 % failing: own time')
  assert.match(pass ?? '', /, nodes\^1\.00$/)
  assert.deepEqual(
    steps.map((bar) => bar.length),
    [1, 11, 21],
  )
  const [poll, ...columns] = drawn('A quiet poll: bytes')
  assert.match(poll ?? '', /, nodes\^0\.00$/)
  assert.deepEqual(columns, ['#', '#', '#'])
})

test('one size, or a figure that was not measured, makes no curve', () => {
  assert.equal(exponentOf([1_000], [5]), null)
  assert.equal(exponentOf([1_000, 10_000], [null, 5]), null)
  assert.equal(exponentOf([1_000, 10_000, 100_000], [5, null, 500]), 1)
  assert.deepEqual(curvesOf(sections([measured(1_000)]), [1_000]), [])
})

test('the tables of replicas and of an outage are no wider, explain every letter, and compare with one replica', () => {
  const one = { size: 1, failed: 400, decidedMs: 12_345, requests: 3_640, quietRequests: 12, cpuMs: 4_000 }
  const three = { ...one, size: 3, decidedMs: 6_000, requests: 3_822, cpuMs: 5_000 }
  const replicas = replicaSections([one, three].map((shared) => ({ ...shared, alone: one })))
  const played = { healed: 500, during: 0, resets: 500, outageMs: 1_800_000, healedMs: 5_700_000, passes: 12_345, cpuMs: 98_765 }
  const outage = outageSections([{ size: 500, ...played }])
  const tables = [
    { found: replicas, sizes: [1, 3], notes: REPLICA_NOTES },
    { found: outage, sizes: [500], notes: OUTAGE_NOTES },
  ]
  for (const { found, sizes, notes } of tables) {
    const [table = ''] = asText(found, { ...wish(sizes), notes }).split('\n\nMedians')
    for (const line of table.split('\n')) assert.ok(line.length <= 110, `${line.length}: ${line}`)
    const letters = new Set([...table.matchAll(/\[([a-z]+)\]/g)].flatMap(([, some = '']) => [...some]))
    assert.deepEqual([...letters].toSorted(), Object.keys(notes).toSorted())
  }
  const wave = replicas[0]?.rows.filter(({ what }) => what === 'this to one replica').map(({ values }) => values)
  assert.deepEqual(wave, [
    ['×1.00', '×0.49'],
    ['×1.00', '×1.05'],
    ['×1.00', '×1.25'],
  ])
  assert.equal(rowOf(outage, 'One', 'resets during it')?.reach, 'none: reached')
  const spent = outageSections([{ size: 500, ...played, during: 3, resets: 650 }])
  assert.equal(rowOf(spent, 'One', 'resets during it')?.reach, 'none: missed')
  assert.equal(rowOf(spent, 'One', 'resets a node')?.reach, '≤ 1: missed ×1.3')
})
