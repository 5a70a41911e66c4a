/**
 * The guard against two daemons on one database: a file beside it that names the process and when that process began. It binds `run`
 * alone; commands and `sweep` work beside a daemon. It keeps no work apart (claims and transactions do), it spares confusion.
 *
 * A lock is held (its process lives), or stale: the process is gone, or its number now belongs to another one, begun at another time.
 */
import { linkSync, mkdirSync, readFileSync, realpathSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { IN_MEMORY } from './sqlite-file.ts'
import { StoreError, storeErrorOf } from './store-error.ts'

export type RunLock = { release(): void }

type Holder = { pid: number; startedAt: string | null }

/** A taken-over lock is tried for this often: each try that fails met another daemon starting at the same moment. */
const TRIES = 3

/** Takes the lock for this process. Throws StoreError naming the pid where a living daemon has it. A database in memory needs none. */
export function takeRunLock(databasePath: string): RunLock {
  if (databasePath === IN_MEMORY) return { release: () => undefined }
  const file = `${realFile(databasePath)}.run`
  const mine: Holder = { pid: process.pid, startedAt: startOf(process.pid)?.startedAt ?? null }
  const text = JSON.stringify(mine)
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (create(file, text)) return { release: () => releaseIfMine(file, text) }
    const found = read(file)
    if (found === null) continue
    const holder = holderIn(found)
    if (holder !== null && isAlive(holder)) throw heldBy(file, holder)
    setAside(file, found)
  }
  throw new StoreError(file, `Several daemons are starting on ${databasePath} at the same moment.`, 'Start one of them.', false)
}

/** One database has one lock, by whatever links it is reached. The database itself may not be there yet. */
function realFile(databasePath: string): string {
  const wanted = resolve(databasePath)
  try {
    mkdirSync(dirname(wanted), { recursive: true, mode: 0o700 })
    return realpathSync(wanted)
  } catch (error) {
    // Not there yet: it will stand where it was asked for.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return join(realpathSync(dirname(wanted)), basename(wanted))
    throw storeErrorOf(error, wanted)
  }
}

/** The process of the daemon that works on this database, or null where none does. */
export function livingDaemon(databasePath: string): number | null {
  const found = databasePath === IN_MEMORY ? null : read(lockFile(databasePath))
  const holder = found === null ? null : holderIn(found)
  return holder !== null && isAlive(holder) ? holder.pid : null
}

const lockFile = (databasePath: string): string => `${resolve(databasePath)}.run`

/**
 * Linking a file that is already written is as exclusive as O_EXCL and never shows a half-written lock. False where there is a lock.
 */
function create(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}`
  try {
    writeFileSync(draft, text, { mode: 0o600 })
    linkSync(draft, file)
    return true
  } catch (error) {
    // The only answer expected here is that the lock exists; a full or read-only disk is said in our words.
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw storeErrorOf(error, file)
  } finally {
    remove(draft)
  }
}

/** Moves a stale lock out of the way. Should a fresh one have taken its place since it was read, that one is put back. */
function setAside(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, file)
  } catch (error) {
    // Another daemon set it aside first, or took the lock: the next try sees which.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EEXIST')))
      throw storeErrorOf(error, file)
  } finally {
    remove(aside)
  }
}

function releaseIfMine(file: string, text: string): void {
  if (read(file) === text) remove(file)
}

function heldBy(file: string, holder: Holder): StoreError {
  const here = holder.pid === process.pid ? 'this very process' : `process ${holder.pid}`
  return new StoreError(
    file,
    `Another daemon works on this database: ${here} holds ${file}.`,
    `Stop process ${holder.pid}, or give this daemon its own database.`,
    false,
  )
}

/** Null for anything that is not a lock of ours: what a power cut left behind is as good as none. */
function holderIn(text: string): Holder | null {
  const match = /^\{"pid":(\d+),"startedAt":(?:"(\d+)"|null)\}$/.exec(text)
  return match === null ? null : { pid: Number(match[1]), startedAt: match[2] ?? null }
}

function isAlive(holder: Holder): boolean {
  const seen = startOf(holder.pid)
  if (seen !== null) return seen.isRunning && (holder.startedAt === null || seen.startedAt === holder.startedAt)
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    // kill(2) answers by failing: EPERM means that the process lives and is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When the process began, in clock ticks since boot (proc(5), field 22), and whether it is more than a zombie; null without /proc. */
function startOf(pid: number): { startedAt: string; isRunning: boolean } | null {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The name in parentheses may hold spaces and parentheses of its own; state is field 3, right behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startedAt = fields[22 - 3]
  return startedAt === undefined ? null : { startedAt, isRunning: !['Z', 'X'].includes(fields[0] ?? '') }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    // No such file is an answer; anything else is a disk or a permission at fault.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null
    throw storeErrorOf(error, file)
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    // Gone already is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw storeErrorOf(error, file)
  }
}
