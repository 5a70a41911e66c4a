/**
 * Opens the SQLite file: makes the directory and the file private to the user, refuses what cannot be written, sets the pragmas
 * that the durability measurements were made with, and brings the schema up to date. Asks nothing of the tables themselves.
 */
import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate } from './migrations.ts'
import { readOnlyError, StoreError, storeErrorOf } from './store-error.ts'

export const IN_MEMORY = ':memory:'

/** Another process (the command line beside the daemon) keeps the lock for milliseconds; 5 s is far above (stack.md section 2). */
const BUSY_TIMEOUT_MS = 5000

/**
 * The open database and what its turns are taken on. Throws StoreError with one sentence for a path that cannot be used: read-only,
 * full disk, damaged, not a database, of a newer version. @param now epoch ms, for the notes of the migrations.
 */
export function openSqliteFile(path: string, now: number): { database: DatabaseSync; file: string } {
  if (path === IN_MEMORY) {
    const database = new DatabaseSync(IN_MEMORY)
    prepare(database, path, now)
    // Every database in memory is its own and takes turns with nobody.
    return { database, file: `${IN_MEMORY}${memoryCount++}` }
  }
  const wanted = resolve(path)
  try {
    makePrivate(wanted)
    const file = realpathSync(wanted)
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
    try {
      prepare(database, file, now)
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

let memoryCount = 0

function makePrivate(file: string): void {
  makeFolder(dirname(file))
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    // Made by us and not by SQLite, so that it is never readable by others, not even for a moment; -wal and -shm copy its mode.
    closeSync(openSync(file, 'a', 0o600))
    return
  }
  if (statSync(file).isDirectory()) throw new StoreError(file, `The database ${file} is a directory.`, 'Name a file in it as the database.')
  if (!isWritable(file)) throw readOnlyError(file)
}

/** A new folder is on the disk once the one above it has been synced; what lies in it SQLite syncs itself. */
function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made))
}

function syncFolder(folder: string): void {
  try {
    const opened = openSync(folder, 'r')
    fsyncSync(opened)
    closeSync(opened)
  } catch {
    // One that may be entered but not read: SQLite, too, goes on then.
  }
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK)
    return true
  } catch {
    // access(2) answers by failing; there is no other way to ask.
    return false
  }
}

function prepare(database: DatabaseSync, path: string, now: number): void {
  database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
  database.exec('pragma foreign_keys = on')
  // Before the first pragma that writes to the file: a newer version's or a stranger's database is left as it is.
  migrate(database, path, now)
  database.exec('pragma journal_mode = wal')
  database.exec('pragma synchronous = full')
  // macOS takes an fsync for done while the drive still holds it in its cache; elsewhere this changes nothing.
  database.exec('pragma fullfsync = on; pragma checkpoint_fullfsync = on')
}
