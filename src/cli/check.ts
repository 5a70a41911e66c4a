/**
 * `anneal check`: can it work on this cloud. One line a check, with what to do. It changes nothing, neither in the cloud nor in the
 * database, apart from making the database where there is none yet.
 */
import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { StoreError } from '../store/store-error.ts'
import { brokers, chosenClouds, reach, readConfig } from '../wiring.ts'
import { checkCloud } from './check-cloud.ts'
import { checkNotifications } from './check-notifications.ts'
import type { Checked } from './checked.ts'
import { globalsOf } from './globals.ts'
import type { ExitCode, Io } from './io.ts'
import { type Colour, paint } from './paint.ts'
import { withStore } from './place.ts'
import { printJson } from './print.ts'
import { progress } from './progress.ts'
import { tableText } from './table.ts'

export function registerCheck(program: Command, io: Io): void {
  program
    .command('check')
    .summary('can it work on this cloud: login, permissions, services, BMC route, database')
    .description(
      'Asks the cloud everything that Anneal depends on, without changing anything, and says what to do where something is missing.',
    )
    .addHelpText(
      'after',
      '\nExit code 0: fit to start (warnings included) · 1: the cloud does not answer · 78: configuration or a permission.\n\nExample:\n  anneal check --os-cloud prod --mode auto',
    )
    .action(async (_options, command: Command) => {
      const globals = globalsOf(command, io)
      const config = readConfig(io, globals)
      const chosen = chosenClouds(config, globals, io)
      const clouds = chosen.map((cloud) => reach(cloud, io.seams))
      const shown = progress(io, io.seams.clock)
      const lines: Checked[] = []
      for (const cloud of clouds) lines.push(...(await checkCloud(cloud, io.seams, shown.say).finally(() => shown.say(''))))
      shown.end()
      lines.push(
        ...(await checkNotifications(chosen, { pollMs: config.poll, newId: io.seams.newId, ...brokers })),
        await database(io, config),
      )
      io.exit(codeOf(lines))
      if (globals.output === 'json') {
        printJson(io, { checks: lines.map(({ isConfiguration: _how, ...line }) => line) })
        return
      }
      const several = clouds.length > 1
      const text = tableText(
        lines,
        [
          { head: 'VERDICT', text: ({ verdict }) => verdict, colour: ({ verdict }) => COLOURS[verdict] },
          ...(several ? [{ head: 'CLOUD', text: ({ cloud }: Checked) => cloud }] : []),
          { head: 'CHECK', text: ({ name }) => name },
          { head: 'WHAT', text: ({ message, fix }) => (fix === null ? message : `${message}. ${fix}`.replace('..', '.')), wraps: true },
        ],
        { out: io.out, colour: globals.colour },
      )
      io.out.write(`${text}${paint(globals.colour, 'bold', summaryOf(lines))}\n`)
    })
}

const COLOURS: Record<Checked['verdict'], Colour> = { pass: 'green', warn: 'yellow', fail: 'red' }

function codeOf(lines: readonly Checked[]): ExitCode {
  const failed = lines.filter(({ verdict }) => verdict === 'fail')
  if (failed.some(({ isConfiguration }) => isConfiguration)) return 78
  return failed.length > 0 ? 1 : 0
}

function summaryOf(lines: readonly Checked[]): string {
  const count = (verdict: Checked['verdict']) => lines.filter((line) => line.verdict === verdict).length
  const [fails, warns] = [count('fail'), count('warn')]
  if (fails > 0) return `Not fit: ${fails} failed, ${warns} warned.`
  return warns > 0 ? `Fit, with ${warns} ${warns === 1 ? 'warning' : 'warnings'}.` : 'Fit.'
}

async function database(io: Io, config: Config): Promise<Checked> {
  const line = { cloud: '-', name: 'database' }
  try {
    return await withStore(io, config, async (store) => {
      const nodes = await store.countNodes({})
      const message = `${config.database.shown} is writable and of this version; ${nodes} nodes known`
      return { ...line, verdict: 'pass', message, fix: null, isConfiguration: false }
    })
  } catch (error) {
    // A check is there to say what goes wrong with the file.
    if (!(error instanceof StoreError)) throw error
    return { ...line, verdict: 'fail', message: error.message.replace(/\.$/, ''), fix: error.fix, isConfiguration: error.isConfiguration }
  }
}
