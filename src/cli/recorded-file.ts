/**
 * A file of recorded decisions, one by one: the JSON Lines that `anneal observations --out` writes, `-` for standard input, or a database of
 * Anneal as it is, such as a backup. A line that cannot be understood is handed on with what is wrong with it, and the others follow.
 */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type RecordedLine, readKeptDecision, readRecordedLine } from '../commands/recorded-line.ts'
import { openSnapshot } from '../store/snapshot.ts'
import type { Io } from './io.ts'
import { UsageError } from './usage-error.ts'

/** `where` is `line 7`, or the number of a database's row. */
export type Entry =
  | { kind: 'recorded'; line: RecordedLine }
  | { kind: 'unread'; where: string; message: string }
  /** Kept by an older version, which did not keep enough. */
  | { kind: 'too-old' }

/** Throws UsageError for a file that cannot be read, StoreError for a database that cannot be used. @param since epoch ms; of a database older rows are not read at all */
export async function* recordedFile(io: Io, path: string, since: number | null): AsyncGenerator<Entry> {
  if (path === '-') yield* linesOf(io.input.lines())
  else {
    const file = resolve(io.cwd, path)
    if (isDatabase(file, path)) yield* rowsOf(file, since)
    else yield* linesOf(createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
  }
}

async function* linesOf(lines: AsyncIterable<string>): AsyncGenerator<Entry> {
  let number = 0
  for await (const text of lines) {
    number += 1
    if (text.trim() === '') continue
    yield entryOf(readRecordedLine(text), `line ${number}`)
  }
}

async function* rowsOf(file: string, since: number | null): AsyncGenerator<Entry> {
  const snapshot = openSnapshot(file)
  try {
    for (let after = 0; ; ) {
      const page = await snapshot.recorded({ after, ...(since === null ? {} : { since }) })
      for (const { recorded, ...kept } of page)
        yield recorded === null ? { kind: 'too-old' } : entryOf(readKeptDecision({ ...kept, recorded }), `row ${kept.seq} of observations`)
      const last = page.at(-1)
      if (last === undefined) return
      after = last.seq
    }
  } finally {
    await snapshot.close()
  }
}

const entryOf = (read: RecordedLine | string, where: string): Entry =>
  typeof read === 'string' ? { kind: 'unread', where, message: read } : { kind: 'recorded', line: read }

/** sqlite.org/fileformat: every database begins so. */
const HEADER = 'SQLite format 3\0'

function isDatabase(file: string, named: string): boolean {
  try {
    const opened = openSync(file, 'r')
    try {
      const head = Buffer.alloc(HEADER.length)
      readSync(opened, head)
      return head.toString('latin1') === HEADER
    } finally {
      closeSync(opened)
    }
  } catch (error) {
    throw new UsageError({
      what: named,
      message: `It cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : String(error)}).`,
      fix: 'Name what `anneal observations --out` wrote, or a database of Anneal.',
    })
  }
}
