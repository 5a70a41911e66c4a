/**
 * An error as one line and an exit code: `anneal: <what>: <message> <fix>`, and with `-o json` also as an object on stdout. What none of
 * our rooms knows is a bug: it gets one line too, and its stack only where ANNEAL_DEBUG asks for it.
 */
import { CommandError } from '../commands/command-error.ts'
import { ConfigError } from '../core/config-error.ts'
import { withoutStops } from '../core/sentence.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { StoreError } from '../store/store-error.ts'
import { CloudTrouble } from './cloud-trouble.ts'
import type { ExitCode, Io } from './io.ts'
import { plain } from './paint.ts'
import { UsageError } from './usage-error.ts'

type Said = { what: string; message: string; fix: string; code: ExitCode }

/** Prints it and returns the code to end with. */
export function printError(error: unknown, io: Io, wish: { json: boolean }): ExitCode {
  const { what, message, fix, code } = saidOf(error, io)
  io.err.write(`${plain(`anneal: ${what}: ${message} ${fix}`)}\n`)
  if (io.env['ANNEAL_DEBUG'] && error instanceof Error) io.err.write(`${error.stack ?? ''}\n`)
  if (wish.json) io.out.write(`${JSON.stringify({ error: { what, message, fix } })}\n`)
  return code
}

function saidOf(error: unknown, io: Io): Said {
  if (error instanceof UsageError) return { ...said(error), code: 64 }
  if (error instanceof CommandError) return { ...said(error), code: error.kind === 'conflict' ? 1 : 64 }
  if (error instanceof ConfigError) return { ...said(error), code: 78 }
  if (error instanceof CloudTrouble) return { ...said(error), code: error.isConfiguration ? 78 : 1 }
  if (error instanceof StoreError) return { what: 'database', message: error.message, fix: error.fix, code: error.isConfiguration ? 78 : 1 }
  if (error instanceof OpenStackError)
    return { what: `${error.service} service`, message: error.message, fix: 'Try again, and run `anneal check`.', code: 1 }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const fix = io.env['ANNEAL_DEBUG']
    ? 'The stack follows.'
    : 'This is a bug of Anneal; run it again with ANNEAL_DEBUG=1 for the stack, and report it.'
  return { what: 'unexpected', message: `${withoutStops(message)}.`, fix, code: 1 }
}

const said = ({ what, message, fix }: { what: string; message: string; fix: string }) => ({ what, message, fix })
