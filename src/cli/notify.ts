/**
 * `anneal notify test`: one test message to each receiver, past the outbox, and what came back. It needs no cloud and no database.
 */
import { Argument, type Command } from 'commander'
import { nearest } from '../core/config-error.ts'
import { testBulletin } from '../notify/bulletin.ts'
import type { Receiver, Reply } from '../notify/receiver.ts'
import { readConfig, tellForTest } from '../wiring.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { plain } from './paint.ts'
import { printJson } from './print.ts'
import { UsageError } from './usage-error.ts'

export function registerNotify(program: Command, io: Io): void {
  program
    .command('notify')
    .summary('sends a test message to each receiver of notifications')
    .description('Sends one test message to each receiver that anneal.yaml names, or to one of them, and says what came back.')
    .addArgument(new Argument('<what>', 'what is to be done').choices(['test']))
    .argument('[receiver]', 'a name below `notify` in anneal.yaml; default: all')
    .addHelpText('after', '\nExit code 0: every receiver took it · 1: one did not.\n\nExample:\n  anneal notify test ops')
    .action(async (_what: string, receiver: string | undefined, _options, command: Command) => {
      const globals = globalsOf(command, io)
      const config = readConfig(io, globals)
      const chosen = chosenReceivers(config.receivers, receiver ?? null, config.path)
      const tried = await Promise.all(chosen.map((one) => tryOne(io, one, config.serverUrl)))
      io.exit(tried.every(({ reply }) => reply.kind === 'sent') ? 0 : 1)
      if (globals.output === 'json') return printJson(io, { receivers: tried.map(reported) })
      for (const { receiver: one, reply } of tried)
        io.out.write(`${plain(`${one.name} (${one.kind}): ${reply.kind === 'sent' ? 'ok' : 'failed'}, ${reply.said}`)}\n`)
    })
}

type Tried = { receiver: Receiver; reply: Reply }

async function tryOne({ seams, user }: Io, receiver: Receiver, serverUrl: string | null): Promise<Tried> {
  const bulletin = testBulletin({ key: seams.newId(), now: seams.clock.now(), user, serverUrl })
  return { receiver, reply: await tellForTest(seams, receiver, bulletin) }
}

const reported = ({ receiver: { name, kind }, reply }: Tried) => ({ name, kind, ok: reply.kind === 'sent', message: reply.said })

function chosenReceivers(receivers: readonly Receiver[], name: string | null, path: string | null): Receiver[] {
  const names = receivers.map((receiver) => receiver.name)
  const what = path ?? 'anneal.yaml'
  if (names.length === 0)
    throw new UsageError({ what, message: 'It names no receiver, so there is nobody to tell.', fix: 'Name one below `notify`.' })
  if (name === null) return [...receivers]
  const found = receivers.filter((receiver) => receiver.name === name)
  if (found.length > 0) return found
  const near = nearest(name, names)
  const fix = near === null ? `Choose one of ${names.join(', ')}.` : `Did you mean ${near}?`
  throw new UsageError({ what: 'usage', message: `${what} names no receiver ${JSON.stringify(name)}.`, fix })
}
