/**
 * What every file of this room works with: the query builder on one of the two databases, and the seams it may ask. A
 * transaction looks like the builder itself, so a query function takes `Queries` and does not care which it was given.
 */
import { type Kysely, sql } from 'kysely'
import type { Clock, NewId, Random } from '../core/seams.ts'
import type { Schema } from './schema.ts'

/** The builder, or a transaction of it. Inside a transaction only the transaction is asked: the outer one would wait for ever. */
export type Queries = Kysely<Schema>

export type Home = { db: Queries; clock: Clock; newId: NewId; random: Random }

/** One writing transaction; an error rolls it back. On SQLite it holds the write lock from its beginning. */
export function transaction<T>(home: Home, work: (tx: Queries) => Promise<T>): Promise<T> {
  return home.db.transaction().execute(work)
}

/**
 * Writes that wait for no disk: a power cut may undo the newest of them (a crash never does), and the next commit that matters makes them
 * durable along with itself. For claims alone, which lapse anyway, and which would otherwise be two of a pass's three waits for the disk.
 * Nobody else of this process has the connection meanwhile; another process's connection has a level of its own. What a power cut can
 * take is told in docs/decisions/0006-power-cut.md.
 */
export function lazily<T>(home: Home, work: (db: Queries) => Promise<T>): Promise<T> {
  return home.db.connection().execute(async (db) => {
    await sql`pragma synchronous = normal`.execute(db)
    try {
      return await work(db)
    } finally {
      await sql`pragma synchronous = full`.execute(db)
    }
  })
}

/** A broken promise of ours: crashes the pass, whose transaction is rolled back. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** `c-` or `i-` and 8 of 0-9a-z (design.md section 10): short enough to be typed, drawn again while it is taken. */
export async function shortId(prefix: 'c' | 'i', random: Random, isTaken: (id: string) => Promise<boolean>): Promise<string> {
  for (;;) {
    const id = `${prefix}-${Array.from({ length: 8 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('')}`
    if (!(await isTaken(id))) return id
  }
}
