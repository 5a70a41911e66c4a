/**
 * `anneal simulate`: histories with faults, one after another from their seeds, and whether every promise was kept in them. The same arguments
 * print the same text to the byte: there is no figure of this machine's time in it. What a history is stands in history.ts.
 */

import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { DEFAULT_POLICY, MINUTE, type Policy } from '../core/policy.ts'
import { ScriptError } from '../simulator/script/deed.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { printJson } from './print.ts'
import { progress } from './progress.ts'
import { type History, playSeed } from './simulation/history.ts'
import { pictureOf } from './simulation/picture.ts'
import { addTo, emptySums, reportJson, reportText } from './simulation/report.ts'
import { type PlayedScript, playScript } from './simulation/script-play.ts'
import { shrink } from './simulation/shrink.ts'
import { timelineText } from './simulation/timeline.ts'
import { type Trace, trace } from './simulation/trace.ts'
import { wholeNumber } from './sweep.ts'
import { UsageError } from './usage-error.ts'

/** Some 2 minutes on one core. */
const SEEDS = 20
const SEEDS_MAX = 1_000_000
const STORM_MAX = 1_440

type Options = {
  seeds: number
  seed: number
  policy?: string
  storm?: number
  script?: string
  timeline?: boolean
  picture?: boolean
  asScript?: boolean
}

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
    .option('--storm <minutes>', 'virtual minutes of faults (default: 5 to 20, drawn)', wholeNumber)
    .option('--script <file>', 'plays a written scenario instead, line by line')
    .option('--timeline', 'prints one history, a line a moment')
    .option('--as-script', 'prints one history as a scenario, which played again is the same history')
    .option('--picture', 'draws one history as an HTML page')
    .addHelpText(
      'after',
      '\nThe same arguments give the same output to the byte. Exit code 0: every promise was kept · 1: one was broken; the seed that replays it is printed.\n\n' +
        'Example:\n  anneal simulate --seeds 5 --seed 1\n  anneal simulate --seed 7 --timeline\n  anneal simulate --seed 7 --picture > seed-7.html\n  anneal simulate --script broken.txt\n  anneal simulate --seed 7 --as-script > seed-7.txt\n\n' +
        'docs/scenarios.md has the language of scenarios.',
    )
    .action(async (options: Options, command: Command) => {
      const globals = globalsOf(command, io)
      if (options.seeds < 1 || options.seeds > SEEDS_MAX) throw outOf('--seeds', options.seeds, SEEDS_MAX)
      if (options.storm !== undefined && (options.storm < 1 || options.storm > STORM_MAX)) throw outOf('--storm', options.storm, STORM_MAX)
      const policy = policyFrom(io, options.policy ?? null)
      if (options.script !== undefined || LOOKS_AT_ONE.some((name) => options[name] === true)) return await playOne(io, options, policy)
      const shown = progress(io, io.seams.clock)
      const sums = emptySums()
      try {
        for (let seed = options.seed; seed < options.seed + options.seeds; seed += 1) {
          shown.say(`seed ${seed}: ${sums.histories} of ${options.seeds} done`)
          const history = await playSeed(seed, { policy, storm: stormOf(options) })
          if (history.broken.length > 0) shown.say(`seed ${seed} broke a promise: looking for a short history that does`)
          addTo(sums, history, await shrink(history, policy))
        }
      } finally {
        shown.end()
      }
      io.exit(sums.broken.length > 0 ? 1 : 0)
      const asked = { seed: options.seed, replay: (seed: number) => replay(seed, options) }
      if (globals.output === 'json') printJson(io, reportJson(sums, asked))
      else io.out.write(reportText(sums, asked, globals.colour))
    })
}

const LOOKS_AT_ONE = ['timeline', 'picture', 'asScript'] as const

const stormOf = ({ storm }: Options): number | null => (storm === undefined ? null : storm * MINUTE)

const replay = (seed: number, { policy, storm }: Options): string =>
  `anneal simulate --seeds 1 --seed ${seed}${storm === undefined ? '' : ` --storm ${storm}`}${policy === undefined ? '' : ` --policy ${policy}`}`

/** One history, to be looked at. */
async function playOne(io: Io, options: Options, policy: Policy): Promise<void> {
  const { script, seed, timeline, picture, asScript } = options
  const watched = trace()
  const played = script === undefined ? await playSeed(seed, { policy, storm: stormOf(options), watched }) : null
  const written = script === undefined ? null : await playFile(io, script, { policy, watched })
  const entries = played?.entries ?? written?.entries ?? []
  const history = played ?? written?.history
  if (history === undefined) return
  const { began, broken } = history
  if (picture === true) io.out.write(pictureOf(entries, { title: script ?? `Seed ${seed}`, began }))
  else if (timeline === true) io.out.write(`${timelineText(entries, began)}\n`)
  else if (asScript === true)
    io.out.write(scriptText(history, script === undefined ? replay(seed, options) : `anneal simulate --script ${script}`))
  else if (written !== null) io.out.write(written.text)
  io.exit(broken.length > 0 ? 1 : 0)
}

/** Ends with what a reader wants to know of it. */
const scriptText = ({ script }: Pick<History, 'script'>, from: string): string =>
  `${[`# What \`${from}\` plays. docs/scenarios.md explains the lines.`, ...script, 'promises'].join('\n')}\n`

/** Throws UsageError for a file that is not there or holds a line that cannot be read. */
async function playFile(io: Io, path: string, on: { policy: Policy; watched: Trace }): Promise<PlayedScript> {
  const text = io.readFile(path)
  if (text === null) throw new UsageError({ what: path, message: `There is no file ${path}.`, fix: 'Name a file that holds a scenario.' })
  try {
    return await playScript(text, on.policy, on.watched)
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    throw new UsageError({ what: path, message: error.message, fix: 'The lines that there are stand in docs/scenarios.md.' })
  }
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
