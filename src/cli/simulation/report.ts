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
import { type Coverage, coverageOf } from './coverage.ts'
import type { History } from './history.ts'
import type { Shrunk } from './shrink.ts'

type Counts = Map<string, number>

export type Sums = Pick<History, 'stormed' | 'calmed' | 'passes' | 'acts' | 'decisions' | 'rows' | 'deeds' | 'met' | 'ends' | 'checked'> & {
  histories: number
  nodes: number
  broken: { seed: number; found: Broken[]; shrunk: Shrunk | null }[]
  digest: string
}

export const emptySums = (): Sums => ({
  ...{ histories: 0, nodes: 0, stormed: 0, calmed: 0, passes: 0, broken: [], digest: '' },
  ...{ acts: new Map(), decisions: new Map(), rows: new Map(), deeds: new Map(), met: new Map(), ends: new Map(), checked: new Map() },
})

export function addTo(sums: Sums, one: History, shrunk: Shrunk | null): void {
  sums.histories += 1
  for (const field of ['nodes', 'stormed', 'calmed', 'passes'] as const) sums[field] += one[field]
  for (const field of ['acts', 'decisions', 'deeds', 'met', 'ends'] as const) addCounts(sums[field], one[field])
  addCounts(sums.rows, one.rows)
  addCounts(sums.checked, one.checked)
  if (one.broken.length > 0) sums.broken.push({ seed: one.seed, found: one.broken, shrunk })
  sums.digest = createHash('sha256').update(sums.digest).update(one.digest).digest('hex').slice(0, 16)
}

function addCounts<K>(sums: Map<K, number>, one: ReadonlyMap<K, number>): void {
  for (const [name, count] of one) sums.set(name, (sums.get(name) ?? 0) + count)
}

/** How this run is typed again for one of its seeds. */
export type Asked = { seed: number; replay: (seed: number) => string }

const sum = (counts: Counts): number => [...counts.values()].reduce((all, count) => all + count, 0)
const sorted = (counts: Counts): [string, number][] => [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))

const breaches = (sums: Sums, promise: PromiseId): number =>
  sums.broken.reduce((all, { found }) => all + found.filter((one) => one.promise === promise).length, 0)

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
    faults: { all: faultsOf(sums), deeds: listed(sums.deeds), requests: listed(sums.met), found: listed(foundBy(sums)) },
    acts: listed(sums.acts),
    decisions: listed(sums.decisions),
    ends: listed(sums.ends),
    coverage: coverageOf(sums),
    promises: PROMISE_IDS.map((id) => ({ id, text: PROMISES[id], checked: sums.checked.get(id) ?? 0, broken: breaches(sums, id) })),
    violations: sums.broken.flatMap(({ seed: of, found, shrunk }) =>
      found.map(({ at, ...one }) => ({ seed: of, at: timeText(at), ...one, replay: replay(of), script: shrunk?.script ?? null })),
    ),
    digest: sums.digest,
  }
}

/** A fault is one entry in the injectors' ledgers: a deed done, or a request that a service's fault met. */
export const faultsOf = ({ deeds, met }: Pick<Sums, 'deeds' | 'met'>): number => sum(deeds) + sum(met)

export function reportText(sums: Sums, asked: Asked, colour: boolean): string {
  const last = asked.seed + sums.histories - 1
  const title = (text: string): string => paint(colour, 'bold', text)
  const found = foundBy(sums)
  const lines = [
    title(`Seeds ${asked.seed} to ${last}: the whole operator on ${sums.histories} pretend clouds, ${sums.nodes} nodes in all.`),
    `${spanText(sums.stormed)} of storm and ${spanText(sums.calmed)} of calm, virtual; ${sums.passes} deciding passes, ${sum(sums.acts)} acts.`,
    '',
    title('Promises'),
    ...PROMISE_IDS.map((id) => {
      const broken = breaches(sums, id)
      const verdict = broken === 0 ? paint(colour, 'green', 'kept  ') : paint(colour, 'red', 'BROKEN')
      return `  ${id.padEnd(4)}${verdict}  ${PROMISES[id]} (${broken === 0 ? '' : `${broken} of `}${sums.checked.get(id) ?? 0})`
    }),
    '',
    title(`Faults: ${faultsOf(sums)}, of which ${sum(sums.deeds)} deeds and ${sum(sums.met)} requests that a service's fault met`),
    ...table(sums.deeds, found),
    ...table(sums.met, found),
    '',
    title('Acts'),
    ...table(sums.acts, new Map()),
    '',
    title('How the cases ended'),
    ...table(sums.ends, new Map()),
    '',
    title('Reached'),
    ...coverageOf(sums).map(coverageLine),
    '',
    ...sums.broken.flatMap((one) => violationLines(one, { asked, colour })),
    `History ${sums.digest}: the same arguments give the same.`,
  ]
  return `${lines.join('\n')}\n`
}

const table = (counts: Counts, found: Counts): string[] =>
  sorted(counts).map(([name, count]) => {
    const breaks = found.get(name)
    return `  ${String(count).padStart(7)}  ${name}${breaks === undefined ? '' : `: found ${breaks === 1 ? 'a breach' : `${breaks} breaches`}`}`
  })

const coverageLine = ({ what, reached, of, missing }: Coverage): string =>
  `  ${reached} of ${of} ${what}${missing.length === 0 ? '' : `; not: ${missing.join(', ')}`}`

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
