import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { demo } from '../src/cli/demo.ts'
import { realSeams } from '../src/seams.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

type Ended = { code: number | null; out: string; err: string }

/** The demo as a child process without a terminal. `TMPDIR` shows what it leaves behind. */
function anneal(args: string[], o: { folder: string; until?: (out: string) => boolean }): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: o.folder } })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    // Once: a second signal means "at once".
    if (!child.killed && o.until?.(out) === true) child.kill('SIGINT')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-test-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The nodes in a row of the summary. */
const listed = (out: string, label: string): string[] => new RegExp(`^  ${label} +\\d+  \\((.*)\\)$`, 'm').exec(out)?.[1]?.split(', ') ?? []

/** The node that a story's first line is about. */
const nodeOf = (out: string, title: string): string =>
  new RegExp(`^\\d/\\d ${title}\\n\\S+ +(\\S+)`, 'm').exec(out)?.[1] ?? `no story ${title}`

/** What was done on a node, in the demo's words. */
const actsOn = (out: string, node: string): string[] =>
  out.split('\n').flatMap((line) => {
    const [, who = '', what = ''] = /^\d\d:\d\d:\d\d {2}(\S+(?: nodes)?) +(\S+)/.exec(line) ?? []
    return ['reset', 'quarantine', 'recover', 'unmark', 'act'].includes(what) && (who === node || line.includes(node)) ? [what] : []
  })

const STORIES = [
  'A BMC blip',
  'A dead BMC',
  'A live tenant behind an error',
  "A person's maintenance",
  'A rack switch',
  'A Neutron outage',
  'A stranded cleaning',
]

test(
  'the demo heals what can be healed, quarantines one node, touches nothing that it must not, and leaves nothing behind',
  { timeout: 120_000 },
  () =>
    inFolder(async (folder) => {
      const { code, out, err } = await anneal(['demo', '--speed', '0', '--seed', '5'], { folder })
      assert.deepEqual({ code, err }, { code: 0, err: '' })
      for (const [i, title] of STORIES.entries()) assert.ok(out.includes(`\n${i + 1}/7 ${title}\n`), title)
      assert.match(out, /^Anneal on a pretend cloud of 60 nodes/)
      assert.deepEqual(listed(out, 'quarantined'), [nodeOf(out, 'A dead BMC')])
      assert.deepEqual(
        listed(out, 'left alone'),
        [nodeOf(out, 'A live tenant behind an error'), nodeOf(out, "A person's maintenance")].sort(),
      )
      const healed = listed(out, 'healed')
      assert.equal(healed.length, 13)
      assert.ok(healed.includes(nodeOf(out, 'A BMC blip')))
      assert.deepEqual(actsOn(out, nodeOf(out, 'A stranded cleaning')), ['recover', 'recover'])
      for (const node of listed(out, 'left alone')) assert.deepEqual(actsOn(out, node), [])
      // One incident for the rack, one for the nodes of the outage, and none that the separate stories share.
      assert.deepEqual(
        out.match(/opened \([a-z]+ \S+\): \d+ nodes/g)?.map((text) => text.replace(/-\d/, '-N').replace(/: \d+/, '')),
        ['opened (switch switch-rack-N) nodes', 'opened (service neutron) nodes'],
      )
      assert.match(out, /resets spent +12, /)
      assert.match(out, /promises +kept: /)
      assert.ok(!out.includes('still in hand') && !out.includes('\u001b') && !out.includes('Keys:'))
      assert.deepEqual(readdirSync(folder), [])
    }),
)

for (const seed of [2, 3]) {
  test(`the smallest site tells the same seven stories (seed ${seed})`, { timeout: 120_000 }, async () => {
    const { code, out } = await played({ nodes: 20, seed })
    assert.equal(code, 0, out)
    for (const title of STORIES) assert.ok(out.includes(title), title)
    assert.equal(out.match(/ opened \([a-z]+ /g)?.length, 2, out)
  })
}

type Pressing = (press: (key: string) => void) => void

/** The demo in this process, at full speed, on a terminal where keys are pressed once the words have been told. */
async function played(o: {
  nodes?: number
  seed?: number
  keys?: { after: string; press: Pressing }[]
}): Promise<{ code: number; out: string }> {
  let out = ''
  let press: (key: string) => void = () => {}
  const waiting = [...(o.keys ?? [])]
  const write = (text: string): void => {
    out += text
    const next = waiting[0]
    if (next === undefined || !out.includes(next.after)) return
    waiting.shift()
    next.press((key) => press(key))
  }
  const isTTY = o.keys !== undefined
  const input = {
    isTTY,
    lines: () => Readable.from([]),
    keys: (pressed: (key: string) => void) => {
      press = pressed
      return () => {}
    },
  }
  const io = {
    out: { write, isTTY, columns: () => (isTTY ? 1_000 : null) },
    input,
    onStop: () => () => {},
    seams: realSeams(),
    version: '0',
    dashboard: '',
  }
  const code = await demo({ nodes: o.nodes ?? 60, port: 0, seed: o.seed ?? 1, speed: 0, colour: false }, io)
  return { code, out }
}

/** The whole account without line breaks, in which a sentence can be looked for. */
const flat = (text: string): string => text.replace(/\s+/g, ' ')

test('on a terminal a key each breaks a BMC, Neutron and a rack, and the demo goes on until all of it is healed', {
  timeout: 60_000,
}, async () => {
  const { code, out } = await played({
    keys: [{ after: '2/7', press: (press) => ['b', 'n', 'n', 'R', 'x'].forEach(press) }],
  })
  assert.equal(code, 0, out)
  assert.match(flat(out), /Keys: b breaks a BMC .* h holds a node/)
  for (const title of ['You break a BMC', 'You stop Neutron', 'You break a rack switch']) assert.ok(out.includes(`\n${title}\n`), title)
  assert.match(out, /Neutron is down already\./)
  assert.ok(!out.includes('still in hand'), out)
  // One, four and four nodes beside the thirteen of the script.
  assert.equal(listed(out, 'healed').length, 13 + 9)
  assert.match(out, /promises +kept: /)
})

test('h holds a node, which stays untouched; h again lifts the hold, and it is healed', { timeout: 120_000 }, async () => {
  const h: Pressing = (press) => press('h')
  const { code, out } = await played({ keys: ['2/7', '5/7', '6/7'].map((after) => ({ after, press: h })) })
  assert.equal(code, 0)
  const [first = '', second = ''] = [...out.matchAll(/(node-\d+) +happens +You hold it/g)].map(([, node]) => node)
  assert.match(out, new RegExp(`${first} +wait +held`))
  assert.match(out, new RegExp(`${first} +you +You lift the hold`))
  assert.deepEqual([listed(out, 'held by you'), listed(out, 'healed').includes(first)], [[second], true])
  assert.deepEqual([actsOn(out, first), actsOn(out, second)], [['reset'], []])
})

test('q ends it', { timeout: 30_000 }, async () => {
  const { code, out } = await played({ keys: [{ after: '1/7', press: (press) => press('q') }] })
  assert.equal(code, 0)
  assert.match(out, /Stopped before the stories were over\./)
  assert.ok(!out.includes('4/7'))
})

test('the demo ends cleanly when it is interrupted', { timeout: 30_000 }, () =>
  inFolder(async (folder) => {
    const { code, out } = await anneal(['demo', '--speed', '200'], { folder, until: (text) => text.includes('1/7') })
    assert.equal(code, 0)
    assert.match(out, /Stopped before the stories were over\./)
    assert.deepEqual(readdirSync(folder), [])
  }),
)

test('a number of nodes that is too small, or a port that is taken, is said in one line', { timeout: 30_000 }, () =>
  inFolder(async (folder) => {
    const few = await anneal(['demo', '--nodes', '3'], { folder })
    assert.deepEqual([few.code, few.err], [64, 'anneal: usage: --nodes is 3. Choose from 20 to 500.\n'])
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      }),
    )
    const taken = await anneal(['demo', '--port', String(port)], { folder })
    server.close()
    assert.deepEqual([taken.code, taken.err.includes(`Port ${port} cannot be had (EADDRINUSE).`)], [64, true])
    assert.deepEqual(readdirSync(folder), [])
  }),
)
