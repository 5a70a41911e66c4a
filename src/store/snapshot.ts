/**
 * A database as a file to look into, such as last night's backup: opened for reading alone, migrated by nobody, and left exactly as it is.
 * Only what was recorded for deciding again is read from it.
 */
import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Kysely } from 'kysely'
import { RECORDED_SINCE, schemaVersion } from './migrations.ts'
import { recordedDecisions } from './observations.ts'
import type { Schema } from './schema.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Store } from './store.ts'
import { StoreError, storeErrorOf } from './store-error.ts'

export type Snapshot = Pick<Store, 'recorded' | 'close'>

/** A daemon's checkpoint holds a file for milliseconds. */
const BUSY_TIMEOUT_MS = 5000

/** Throws StoreError for what is no database of ours, or one that recorded nothing yet. */
export function openSnapshot(path: string): Snapshot {
  const { database, file } = openFileToRead(path, refuseOlder)
  const db = new Kysely<Schema>({ dialect: sqliteDialect(database, file) })
  return { recorded: (filter) => recordedDecisions(db, filter), close: () => db.destroy() }
}

/** The open file, once `check` has let it pass. Throws StoreError for what cannot be read, and what `check` throws. */
export function openFileToRead(
  path: string,
  check: (database: DatabaseSync, file: string) => void,
): { database: DatabaseSync; file: string } {
  const wanted = resolve(path)
  try {
    const file = realpathSync(wanted)
    const database = openToRead(file)
    try {
      check(database, file)
      return { database, file }
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    // Knows only how to say what SQLite and the file system report about this path; a bug passes through unchanged.
    throw storeErrorOf(error, wanted)
  }
}

function openToRead(file: string): DatabaseSync {
  const url = pathToFileURL(file)
  // A log beside it belongs to it, whether a daemon is at work or died. Without one nobody writes, and SQLite need not make one: it would
  // be left behind beside the backup, and where the folder cannot be written to there would be nothing to read.
  if (statSync(`${file}-wal`, { throwIfNoEntry: false }) === undefined) url.searchParams.set('immutable', '1')
  return new DatabaseSync(url, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
}

function refuseOlder(database: DatabaseSync, file: string): void {
  const version = schemaVersion(database, file)
  if (version >= RECORDED_SINCE) return
  throw new StoreError(
    file,
    `The database ${file} was last used by an older anneal (schema ${version}), which kept too little to decide again.`,
    'Name a later backup: every decision since the upgrade is recorded.',
  )
}
