/**
 * What can go wrong with the database as a thing on a disk, said in one clear sentence each with what to do about it. Errors
 * that mean a bug of ours (a broken constraint, bad SQL) are passed on as they are: those must crash, not be explained away.
 */

/** `what` names the file or the lock, `message` is one sentence, `fix` says what the operator can do. Never holds stored values. */
export class StoreError extends Error {
  override name = 'StoreError'
  readonly what: string
  readonly fix: string
  /** False for what passes by itself or is nobody's choice of path: a full disk, a lock of another process, damage. */
  readonly isConfiguration: boolean
  constructor(what: string, message: string, fix: string, isConfiguration = true) {
    super(message)
    this.what = what
    this.fix = fix
    this.isConfiguration = isConfiguration
  }
}

/** What goes after the database's name, and what to do about it. */
export type StoreTrouble = { says: string; fix: string; isConfiguration?: false }

export const errorSaying = ({ says, fix, isConfiguration }: StoreTrouble, shown: string): StoreError =>
  new StoreError(shown, `The database ${shown} ${says}.`, fix, isConfiguration ?? true)

const READ_ONLY: StoreTrouble = {
  says: 'is read-only',
  fix: 'Give the user that runs anneal write permission on the file and its directory, or name another database.',
}
const CANNOT_OPEN: StoreTrouble = {
  says: 'cannot be opened',
  fix: 'Check that the path is a file in a directory that the user running anneal may write to.',
}
const DISK_FULL: StoreTrouble = {
  says: 'cannot grow because the disk is full',
  fix: 'Free some space where the file lies; nothing was lost, the last step was rolled back.',
  isConfiguration: false,
}
const PATH_THROUGH_FILE: StoreTrouble = {
  says: 'cannot be made because a part of its path is a file',
  fix: 'Name a path whose parents are directories.',
}

/** SQLite's primary result codes (sqlite.org/rescode.html) that speak about the file, the disk or another process. */
const BY_RESULT_CODE: Record<number, StoreTrouble> = {
  5: {
    says: 'is kept locked by another process for longer than 5 s',
    fix: 'See which process holds the file (a backup, a stopped anneal, a database browser) and end it.',
    isConfiguration: false,
  },
  8: READ_ONLY,
  10: {
    says: 'could not be read or written by the operating system',
    fix: "Look at the disk and at the kernel's log, then start again.",
    isConfiguration: false,
  },
  11: {
    says: 'is damaged',
    fix: 'Move the file away and restore a backup, or start with an empty database: marks in Ironic still count.',
    isConfiguration: false,
  },
  13: DISK_FULL,
  14: CANNOT_OPEN,
  26: { says: 'is not a SQLite database', fix: 'Name another file as the database, or move this one away.' },
}

/** Operating system errors met while the directory and the file are made ready. */
const BY_ERRNO: Record<string, StoreTrouble> = {
  EACCES: CANNOT_OPEN,
  EPERM: CANNOT_OPEN,
  EROFS: READ_ONLY,
  ENOSPC: DISK_FULL,
  EDQUOT: {
    says: 'cannot grow because the disk quota is used up',
    fix: 'Free some space or have the quota raised.',
    isConfiguration: false,
  },
  ENOTDIR: PATH_THROUGH_FILE,
  EEXIST: PATH_THROUGH_FILE,
}

/** The sentence for a file that may be read but not written. */
export const readOnlyError = (path: string): StoreError => errorSaying(READ_ONLY, path)

/** The StoreError that an error of SQLite or of the file system stands for; any other error comes back unchanged. */
export function storeErrorOf(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error
  const known = 'errcode' in error && typeof error.errcode === 'number' ? BY_RESULT_CODE[error.errcode & 0xff] : undefined
  const system = 'code' in error && typeof error.code === 'string' ? BY_ERRNO[error.code] : undefined
  const found = known ?? system
  return found === undefined ? error : errorSaying(found, path)
}
