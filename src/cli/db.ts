/**
 * `anneal db migrate|export|import`: a whole site out of one database and into another, such as from SQLite to PostgreSQL and back. While it
 * moves nobody may work on it: an act that is not in the file would be done once more.
 */
import { resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import { CommandError } from '../commands/command-error.ts'
import type { Config } from '../config.ts'
import { timeText } from '../core/when.ts'
import { countListeners } from '../store/hints.ts'
import { SCHEMA_VERSION } from '../store/migrations.ts'
import { exportRows, type MovedCounts } from '../store/move.ts'
import { asOfNow } from '../store/records.ts'
import { readConfig } from '../wiring.ts'
import { type Globals, globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { daemonAt } from './living-daemon.ts'
import { withStore } from './place.ts'
import { printJson } from './print.ts'
import { readSite, writeSite } from './site-file.ts'
import { UsageError } from './usage-error.ts'

const WHATS = ['migrate', 'export', 'import'] as const

export function registerDb(program: Command, io: Io): void {
  program
    .command('db')
    .addArgument(new Argument('<what>', 'migrate, export or import').choices(WHATS))
    .argument('[file]', 'that export writes, and import reads')
    .summary('the database: bring it up to date, move a site to another one')
    .description(
      'migrate brings the database to this version, which every other command does too. export writes all of it to a new file, import takes such a file ' +
        'over into an empty database, all or nothing. Stop the daemon and what cron starts first, and let nothing work on the old database afterwards: what it ' +
        'did would not be known in the new one.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  anneal db export site.jsonl\n' + '  ANNEAL_DATABASE=postgres://anneal@db.example/anneal anneal db import site.jsonl',
    )
    .action(async (what: (typeof WHATS)[number], file: string | undefined, _options, command: Command) => {
      const globals = globalsOf(command, io)
      const config = readConfig(io, globals)
      if (what === 'migrate') return await migrateHere(io, globals, config)
      if (file === undefined)
        throw new UsageError({ what: 'usage', message: 'No file is named.', fix: `Name one: \`anneal db ${what} FILE\`.` })
      const path = resolve(io.cwd, file)
      await (what === 'export' ? exportTo(path, io, globals, config) : importFrom(path, io, globals, config))
    })
}

const totalOf = (counts: MovedCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

async function migrateHere(io: Io, globals: Globals, config: Config): Promise<void> {
  await withStore(io, config, async () => {
    const { shown } = config.database
    if (globals.output === 'json') return printJson(io, { database: shown, schema: SCHEMA_VERSION })
    io.out.write(`${shown} is of this version (schema ${SCHEMA_VERSION}).\n`)
  })
}

async function exportTo(path: string, io: Io, globals: Globals, config: Config): Promise<void> {
  const { shown } = config.database
  const db = await asOfNow(config.database)
  if (db === null)
    throw new CommandError('not-found', { what: shown, message: 'There is no database yet.', fix: 'Name the one that is to be moved.' })
  try {
    await refuseBesideDaemon(config, () => countListeners(db))
    const header = { from: shown, by: io.version, at: timeText(io.seams.clock.now()) }
    const counts = await writeSite(path, header, exportRows(db))
    if (globals.output === 'json') return printJson(io, { file: path, schema: SCHEMA_VERSION, rows: counts })
    io.out.write(`${totalOf(counts)} rows of ${shown} are in ${path}. Let nothing work on that database any more.\n`)
  } finally {
    await db.destroy()
  }
}

async function importFrom(path: string, io: Io, globals: Globals, config: Config): Promise<void> {
  const { shown } = config.database
  const site = await readSite(path)
  await withStore(io, config, async (store) => {
    await refuseBesideDaemon(config, async () => (await store.replicas?.count()) ?? 0)
    await store.importRows(site.rows(), site.counts)
    const { counts } = site
    if (globals.output === 'json') return printJson(io, { database: shown, schema: SCHEMA_VERSION, from: site.header.from, rows: counts })
    io.out.write(
      `${totalOf(counts)} rows of ${site.header.from}, as they were at ${site.header.at}, are in ${shown} now, all that the file has.\n`,
    )
  })
}

/** Throws CommandError. */
async function refuseBesideDaemon({ database }: Config, replicas: () => Promise<number>): Promise<void> {
  const who = await daemonAt(database, replicas)
  if (who === null) return
  throw new CommandError('conflict', {
    what: database.shown,
    message: `A daemon works on it (${who}): what it does meanwhile would be lost.`,
    fix: 'Stop it first, and what cron starts.',
  })
}
