/**
 * What a run of histories came to, as text and as JSON: promises, faults with what each found, coverage, and for a breach the seed that
 * replays it and the short scenario that still shows it. There is no figure of this machine's time in it.
 */
import { createHash } from 'node:crypto'
import { spanText, timeText } from '../../core/when.ts'
import { type Broken, PROMISE_IDS, PROMISES, type PromiseId } from '../../simulator/promises.ts'
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import { readLine } from '../../simulator/script/deed.ts'
import { paint } from '../paint.ts'
import { coverageLines, coverageOf } from './coverage.ts'
import { faultDeeds, faultsOf, otherDeeds, sum, waits } from './faults-sum.ts'
import type { History } from './history.ts'
import type { Shrunk } from './shrink.ts'

type Counts = Map<string, number>

/** Counts of which names, as `History` has them. */
const COUNTED = ['acts', 'decisions', 'deeds', 'sprung', 'met', 'ends'] as const

export type Sums = Pick<History, 'stormed' | 'calmed' | 'passes' | 'rows' | 'diedAt' | 'checked' | (typeof COUNTED)[number]> & {
  histories: number
  nodes: number
  broken: { seed: number; found: Broken[]; shrunk: Shrunk | null }[]
  digest: string
}

export const emptySums = (): Sums => ({
  ...{ histories: 0, nodes: 0, stormed: 0, calmed: 0, passes: 0, broken: [], digest: '' },
  ...{ acts: new Map(), decisions: new Map(), deeds: new Map(), sprung: new Map(), met: new Map(), ends: new Map() },
  ...{ rows: new Map(), diedAt: new Map(), checked: new Map() },
})

export function addTo(sums: Sums, one: History, shrunk: Shrunk | null): void {
  sums.histories += 1
  for (const field of ['nodes', 'stormed', 'calmed', 'passes'] as const) sums[field] += one[field]
  for (const field of COUNTED) addCounts(sums[field], one[field])
  addCounts(sums.rows, one.rows)
  addCounts(sums.diedAt, one.diedAt)
  addCounts(sums.checked, one.checked)
  if (one.broken.length > 0) sums.broken.push({ seed: one.seed, found: one.broken, shrunk })
  sums.digest = createHash('sha256').update(sums.digest).update(one.digest).digest('hex').slice(0, 16)
}

function addCounts<K>(sums: Map<K, number>, one: ReadonlyMap<K, number>): void {
  for (const [name, count] of one) sums.set(name, (sums.get(name) ?? 0) + count)
}

/** How this run is typed again for one of its seeds. */
export type Asked = { seed: number; replay: (seed: number) => string }

const sorted = (counts: Counts): [string, number][] => [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))

const breaches = (sums: Sums, promise: PromiseId): number =>
  sums.broken.reduce((all, { found }) => all + found.filter((one) => one.promise === promise).length, 0)

type Verdict = 'kept' | 'broken' | 'not asked'

/** What was never put to the question was not kept either. */
function verdictOf(sums: Sums, promise: PromiseId): Verdict {
  if (breaches(sums, promise) > 0) return 'broken'
  return (sums.checked.get(promise) ?? 0) === 0 ? 'not asked' : 'kept'
}

/** Breaches by the deeds without which they do not happen: those that the shrunk scenarios still hold. */
function foundBy({ broken }: Sums): Counts {
  const found: Counts = new Map()
  for (const { shrunk } of broken) {
    const names = new Set(shrunk?.deeds.map((text) => readLine(text, DEEDS).name))
    for (const name of names) found.set(name, (found.get(name) ?? 0) + 1)
  }
  return found
}

export function reportJson(sums: Sums, { seed, replay }: Asked) {
  const listed = (counts: Counts) => Object.fromEntries(sorted(counts))
  return {
    seeds: sums.histories,
    seed,
    nodes: sums.nodes,
    passes: sums.passes,
    faults: { all: faultsOf(sums), deeds: listed(faultDeeds(sums)), requests: listed(sums.met), found: listed(foundBy(sums)) },
    notCounted: listed(otherDeeds(sums)),
    acts: listed(sums.acts),
    decisions: listed(sums.decisions),
    ends: listed(sums.ends),
    coverage: coverageOf(sums).map(({ what, reached, of, missing }) => ({ what, reached, of, missing })),
    promises: PROMISE_IDS.map((id) => ({
      ...{ id, text: PROMISES[id], verdict: verdictOf(sums, id) },
      ...{ checked: sums.checked.get(id) ?? 0, broken: breaches(sums, id) },
    })),
    violations: sums.broken.flatMap(({ seed: of, found, shrunk }) =>
      found.map(({ at, ...one }) => ({ seed: of, at: timeText(at), ...one, replay: replay(of), script: shrunk?.script ?? null })),
    ),
    digest: sums.digest,
  }
}

export function reportText(sums: Sums, asked: Asked, colour: boolean): string {
  const last = asked.seed + sums.histories - 1
  const title = (text: string): string => paint(colour, 'bold', text)
  const found = foundBy(sums)
  const faults = faultDeeds(sums)
  const others = otherDeeds(sums)
  const lines = [
    title(`Seeds ${asked.seed} to ${last}: the whole operator on ${sums.histories} pretend clouds, ${sums.nodes} nodes in all.`),
    `${spanText(sums.stormed)} of storm and ${spanText(sums.calmed)} of calm, virtual; ${sums.passes} deciding passes, ${sum(sums.acts)} acts.`,
    '',
    title('Promises'),
    ...PROMISE_IDS.map((id) => promiseLine(sums, id, colour)),
    '',
    title(`Faults: ${faultsOf(sums)}, of which ${sum(faults)} deeds and ${sum(sums.met)} requests that a service's fault met`),
    ...table(faults, noteOn(sums, found)),
    ...table(sums.met),
    '',
    title('Also done, not counted'),
    ...table(others, noteOn(sums, found)),
    '',
    title('Acts'),
    ...table(sums.acts),
    '',
    title('How the cases ended'),
    ...table(sums.ends),
    '',
    title('Reached'),
    ...coverageOf(sums).flatMap(coverageLines),
    '',
    ...sums.broken.flatMap((one) => violationLines(one, { asked, colour })),
    `History ${sums.digest}: the same arguments give the same.`,
  ]
  return `${lines.join('\n')}\n`
}

const VERDICTS = { kept: ['green', 'kept'], broken: ['red', 'BROKEN'], 'not asked': ['yellow', 'not asked'] } as const

function promiseLine(sums: Sums, id: PromiseId, colour: boolean): string {
  const [hue, word] = VERDICTS[verdictOf(sums, id)]
  const broken = breaches(sums, id)
  const count = `${broken === 0 ? '' : `${broken} of `}${sums.checked.get(id) ?? 0}`
  return `  ${id.padEnd(4)}${paint(colour, hue, word.padEnd('not asked'.length))}  ${PROMISES[id]} (${count})`
}

const table = (counts: Counts, note: (name: string) => string = () => ''): string[] =>
  sorted(counts).map(([name, count]) => `  ${String(count).padStart(7)}  ${name}${note(name)}`)

/** Of a deed: how often it was announced, where its moment did not always come, and what it found. */
const noteOn =
  ({ deeds }: Sums, found: Counts) =>
  (name: string): string => {
    const breaks = found.get(name)
    const announced = waits(name) ? ` (of ${deeds.get(name) ?? 0} announced)` : ''
    return `${announced}${breaks === undefined ? '' : `: found ${breaks === 1 ? 'a breach' : `${breaks} breaches`}`}`
  }

/** Breaches of one seed that are printed; the others are counted. */
const SHOWN = 10

function violationLines({ seed, found, shrunk }: Sums['broken'][number], { asked, colour }: { asked: Asked; colour: boolean }): string[] {
  const short =
    shrunk === null
      ? ['  Its record played again does not break it: replay the seed.']
      : [
          `  ${shrunk.deeds.length} of ${shrunk.of} deeds still break ${shrunk.promise}; in a file, \`anneal simulate --script FILE\` plays them:`,
          ...shrunk.script
            .trimEnd()
            .split('\n')
            .map((line) => `    ${line}`),
        ]
  return [
    paint(colour, 'red', `Seed ${seed} broke ${found.length === 1 ? 'a promise' : `promises ${found.length} times`}`),
    ...found
      .slice(0, SHOWN)
      .flatMap(({ promise, at, node, what, entries }) => [
        `  ${promise}  ${timeText(at)}  ${node ?? 'cloud'}: ${what}`,
        ...entries.map((entry) => `        ${entry}`),
      ]),
    ...(found.length > SHOWN ? [`  … and ${found.length - SHOWN} more`] : []),
    `  Replay: ${asked.replay(seed)}`,
    ...short,
    '',
  ]
}
