/**
 * `anneal simulate`: histories with faults, one after another from their seeds, and whether every promise was kept in them. The same arguments
 * print the same text to the byte: there is no figure of this machine's time in it. What a history is stands in history.ts.
 */

import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { DEFAULT_POLICY, MINUTE, type Policy } from '../core/policy.ts'
import { spanText, timeText } from '../core/when.ts'
import { type Broken, PROMISE_IDS, PROMISES, type PromiseId } from '../simulator/promises.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { paint } from './paint.ts'
import { printJson } from './print.ts'
import { progress } from './progress.ts'
import { type History, playSeed } from './simulation/history.ts'
import { wholeNumber } from './sweep.ts'
import { UsageError } from './usage-error.ts'

/** Some 2 minutes on one core. */
const SEEDS = 20
const SEEDS_MAX = 1_000_000
/** Breaches of one seed that are printed; the others are counted. */
const SHOWN = 10
const STORM_MAX = 1_440

type Options = { seeds: number; seed: number; policy?: string; storm?: number }

export function registerSimulate(program: Command, io: Io): void {
  program
    .command('simulate')
    .summary('seeded histories full of faults on a pretend cloud: is every promise kept?')
    .description(
      'Runs the whole operator against simulated clouds in which BMCs, services, conductors and the operator itself fail and people interfere; ' +
        'then all faults stop. Judges outside of the operator hold what reached the cloud against its promises. Needs no cloud and leaves nothing behind.',
    )
    .option('--seeds <n>', 'how many histories', wholeNumber, SEEDS)
    .option('--seed <s>', 'the first seed; the others follow it', wholeNumber, 1)
    .option('--policy <file>', 'an anneal.yaml whose budgets are tried out, in mode auto')
    .option('--storm <minutes>', 'virtual minutes of faults (default: 30 to 90, drawn)', wholeNumber)
    .addHelpText(
      'after',
      '\nThe same arguments give the same output to the byte. Exit code 0: every promise was kept · 1: one was broken; the seed that replays it is printed.\n\n' +
        'Example:\n  anneal simulate --seeds 5 --seed 1',
    )
    .action(async (options: Options, command: Command) => {
      const globals = globalsOf(command, io)
      if (options.seeds < 1 || options.seeds > SEEDS_MAX) throw outOf('--seeds', options.seeds, SEEDS_MAX)
      if (options.storm !== undefined && (options.storm < 1 || options.storm > STORM_MAX)) throw outOf('--storm', options.storm, STORM_MAX)
      const policy = policyFrom(io, options.policy ?? null)
      const shown = progress(io, io.seams.clock)
      const sums = emptySums()
      try {
        for (let seed = options.seed; seed < options.seed + options.seeds; seed += 1) {
          shown.say(`seed ${seed}: ${sums.histories} of ${options.seeds} done`)
          add(sums, await playSeed(seed, { policy, storm: options.storm === undefined ? null : options.storm * MINUTE }))
        }
      } finally {
        shown.end()
      }
      io.exit(sums.broken.length > 0 ? 1 : 0)
      if (globals.output === 'json') printJson(io, reportOf(sums, options))
      else io.out.write(textOf(sums, options, globals.colour))
    })
}

const outOf = (option: string, value: number, most: number): UsageError =>
  new UsageError({ what: 'usage', message: `${option} is ${value}.`, fix: `Choose from 1 to ${most}.` })

/** Mode auto, whatever the file says: what sends nothing breaks nothing. Throws ConfigError. */
function policyFrom(io: Io, path: string | null): Policy {
  if (path === null) return { ...DEFAULT_POLICY, mode: 'auto' }
  // No database is opened, so that none needs a place.
  const { policy } = loadConfig({ path, cwd: io.cwd, env: { ...io.env, ANNEAL_DATABASE: ':memory:' }, readFile: io.readFile })
  return { ...policy, mode: 'auto' }
}

type Counts = Map<string, number>

type Sums = {
  histories: number
  nodes: number
  stormed: number
  calmed: number
  passes: number
  acts: Counts
  deeds: Counts
  met: Counts
  ends: Counts
  checked: Map<PromiseId, number>
  broken: { seed: number; found: Broken[] }[]
  digest: string
}

const emptySums = (): Sums => ({
  histories: 0,
  nodes: 0,
  stormed: 0,
  calmed: 0,
  passes: 0,
  acts: new Map(),
  deeds: new Map(),
  met: new Map(),
  ends: new Map(),
  checked: new Map(),
  broken: [],
  digest: '',
})

function add(sums: Sums, one: History): void {
  sums.histories += 1
  sums.nodes += one.nodes
  sums.stormed += one.stormed
  sums.calmed += one.calmed
  sums.passes += one.passes
  for (const counts of ['acts', 'deeds', 'met', 'ends'] as const) {
    for (const [name, count] of one[counts]) sums[counts].set(name, (sums[counts].get(name) ?? 0) + count)
  }
  for (const [promise, count] of one.checked) sums.checked.set(promise, (sums.checked.get(promise) ?? 0) + count)
  if (one.broken.length > 0) sums.broken.push({ seed: one.seed, found: one.broken })
  sums.digest = createHash('sha256').update(sums.digest).update(one.digest).digest('hex').slice(0, 16)
}

const sum = (counts: Counts): number => [...counts.values()].reduce((all, count) => all + count, 0)
const sorted = (counts: Counts): [string, number][] => [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))

const breaches = (sums: Sums, promise: PromiseId): number =>
  sums.broken.reduce((all, { found }) => all + found.filter((one) => one.promise === promise).length, 0)

const replay = (seed: number, { policy, storm }: Options): string =>
  `anneal simulate --seeds 1 --seed ${seed}${storm === undefined ? '' : ` --storm ${storm}`}${policy === undefined ? '' : ` --policy ${policy}`}`

function reportOf(sums: Sums, options: Options) {
  const listed = (counts: Counts) => Object.fromEntries(sorted(counts))
  return {
    seeds: sums.histories,
    seed: options.seed,
    nodes: sums.nodes,
    passes: sums.passes,
    faults: { pushed: sum(sums.deeds), met: sum(sums.met), deeds: listed(sums.deeds), requests: listed(sums.met) },
    acts: listed(sums.acts),
    ends: listed(sums.ends),
    promises: PROMISE_IDS.map((id) => ({ id, text: PROMISES[id], checked: sums.checked.get(id) ?? 0, broken: breaches(sums, id) })),
    violations: sums.broken.flatMap(({ seed, found }) =>
      found.map(({ at, ...one }) => ({ seed, at: timeText(at), ...one, replay: replay(seed, options) })),
    ),
    digest: sums.digest,
  }
}

function textOf(sums: Sums, options: Options, colour: boolean): string {
  const last = options.seed + sums.histories - 1
  const title = (text: string): string => paint(colour, 'bold', text)
  const lines = [
    title(`Seeds ${options.seed} to ${last}: the whole operator on ${sums.histories} pretend clouds, ${sums.nodes} nodes in all.`),
    `${spanText(sums.stormed)} of storm and ${spanText(sums.calmed)} of calm, virtual; ${sums.passes} deciding passes, ${sum(sums.acts)} acts.`,
    '',
    title('Promises'),
    ...PROMISE_IDS.map((id) => {
      const broken = breaches(sums, id)
      const verdict = broken === 0 ? paint(colour, 'green', 'kept  ') : paint(colour, 'red', 'BROKEN')
      return `  ${id.padEnd(4)}${verdict}  ${PROMISES[id]} (${broken === 0 ? '' : `${broken} of `}${sums.checked.get(id) ?? 0})`
    }),
    '',
    title(`Faults: ${sum(sums.deeds)} deeds, ${sum(sums.met)} requests met by a service's fault`),
    ...table(sums.deeds),
    ...table(sums.met),
    '',
    title('Acts'),
    ...table(sums.acts),
    '',
    title('How the cases ended'),
    ...table(sums.ends),
    '',
    ...sums.broken.flatMap(({ seed, found }) => violationLines(seed, found, { options, colour })),
    `History ${sums.digest}: the same arguments give the same.`,
  ]
  return `${lines.join('\n')}\n`
}

const table = (counts: Counts): string[] => sorted(counts).map(([name, count]) => `  ${String(count).padStart(7)}  ${name}`)

function violationLines(seed: number, found: Broken[], { options, colour }: { options: Options; colour: boolean }): string[] {
  return [
    paint(colour, 'red', `Seed ${seed} broke ${found.length === 1 ? 'a promise' : `promises ${found.length} times`}`),
    ...found
      .slice(0, SHOWN)
      .flatMap(({ promise, at, node, what, entries }) => [
        `  ${promise}  ${timeText(at)}  ${node ?? 'cloud'}: ${what}`,
        ...entries.map((entry) => `        ${entry}`),
      ]),
    ...(found.length > SHOWN ? [`  … and ${found.length - SHOWN} more`] : []),
    `  Replay: ${replay(seed, options)}`,
    '',
  ]
}
