/**
 * `anneal token add|list|remove`: tokens by which machines ask the HTTP API, where a login is needed. They stand in the database, so a running
 * daemon knows of them at once.
 */
import { Argument, type Command, Option } from 'commander'
import { addToken, type ListedToken, listTokens, removeToken } from '../commands/tokens.ts'
import { milliseconds } from '../config-schema.ts'
import { ROLES, type Role } from '../core/login.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { atPlace } from './place.ts'
import { printJson, relative } from './print.ts'
import { tableText } from './table.ts'
import { UsageError } from './usage-error.ts'

type Options = { role?: Role; expires?: string }

export function registerToken(program: Command, io: Io): void {
  program
    .command('token')
    .addArgument(new Argument('<what>', 'add, list or remove').choices(['add', 'list', 'remove']))
    .argument('[name]', 'of the token: what the audit trail calls it')
    .summary('tokens by which machines ask the HTTP API: add (shown once), list, remove')
    .addOption(new Option('--role <role>', 'of a new token: read everything, or also say words').choices(ROLES))
    .option('--expires <duration>', 'of a new token: ends after this long, such as 90d (default: when it is removed)')
    .addHelpText(
      'after',
      '\nExample:\n  anneal token add prometheus --role viewer --expires 365d\n  anneal token list\n  anneal token remove prometheus',
    )
    .action(async (what: 'add' | 'list' | 'remove', name: string | undefined, options: Options, command: Command) => {
      if (what === 'list') return await list(io, command)
      if (name === undefined)
        throw new UsageError({ what: 'usage', message: 'No name is given.', fix: `Name the token: \`anneal token ${what} NAME\`.` })
      await (what === 'add' ? add(io, command, { name, options }) : remove(io, command, name))
    })
}

/** Ten years, as everywhere in the configuration. */
const LIFE_MAX = 3650 * 86_400_000

function lifeOf(text: string): number {
  const ms = milliseconds(text)
  if (ms > 0 && ms <= LIFE_MAX) return ms
  throw new UsageError({ what: 'usage', message: '--expires is no duration.', fix: 'Give one such as 12h or 90d, at most 3650d.' })
}

async function add(io: Io, command: Command, { name, options }: { name: string; options: Options }): Promise<void> {
  const { role, expires } = options
  if (role === undefined)
    throw new UsageError({ what: 'usage', message: 'No role is given.', fix: 'Say what it may do: --role viewer or --role operator.' })
  const lifeMs = expires === undefined ? null : lifeOf(expires)
  const globals = globalsOf(command, io)
  await atPlace(io, globals, async ({ store }) => {
    const seams = { clock: io.seams.clock, newSecret: io.newSecret }
    const added = await addToken(store, seams, { name, role, lifeMs, by: io.user })
    if (globals.output === 'json') return printJson(io, added)
    // The secret alone on stdout, so that it can be sent into a file.
    io.err.write(`Token ${name}, ${role}${added.expiresAt === null ? '' : `, until ${added.expiresAt}`}. It is shown only now:\n`)
    io.out.write(`${added.token}\n`)
  })
}

async function list(io: Io, command: Command): Promise<void> {
  const globals = globalsOf(command, io)
  await atPlace(io, globals, async ({ store }) => {
    const tokens = await listTokens(store)
    if (globals.output === 'json') return printJson(io, { tokens })
    const now = io.seams.clock.now()
    const text = tableText(
      tokens,
      [
        { head: 'TOKEN', text: ({ name }: ListedToken) => name },
        { head: 'ROLE', text: ({ role }) => role },
        { head: 'BY', text: ({ by }) => by },
        { head: 'MADE', text: ({ at }) => relative(at, now) },
        { head: 'ENDS', text: ({ expiresAt }) => (expiresAt === null ? 'never' : relative(expiresAt, now)) },
        { head: 'USED', text: ({ usedAt }) => (usedAt === null ? 'never' : relative(usedAt, now)) },
      ],
      { out: io.out, colour: globals.colour },
    )
    io.out.write(text === '' ? 'There is no token.\n' : text)
  })
}

async function remove(io: Io, command: Command, name: string): Promise<void> {
  const globals = globalsOf(command, io)
  await atPlace(io, globals, async ({ store }) => {
    await removeToken(store, { name, by: io.user })
    if (globals.output === 'json') return printJson(io, { name, removed: true })
    io.out.write(`Token ${name} lets nobody in any more.\n`)
  })
}
