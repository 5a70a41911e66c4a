/**
 * What every file of this room works with: the query builder on one of the two databases, and the seams it may ask. A
 * transaction looks like the builder itself, so a query function takes `Queries` and does not care which it was given.
 * Where the two databases want something different is said here and in postgres-turns.ts, and nowhere else.
 */
import { CompiledQuery, type Expression, type Kysely, type RawBuilder, sql } from 'kysely'
import type { Clock, NewId, Random } from '../core/seams.ts'
import type { PostgresTurns, Scope } from './postgres-turns.ts'
import type { Schema } from './schema.ts'

/** The builder, or a transaction of it. Inside a transaction only the transaction is asked: the outer one would wait for ever. */
export type Queries = Kysely<Schema>

/** `turns`: how a transaction of PostgreSQL has a cloud for itself; null on SQLite, whose one write lock is that already. */
export type Home = { db: Queries; clock: Clock; newId: NewId; random: Random; turns: PostgresTurns | null }

/** One writing transaction, which has what the scope names for itself from its beginning; an error rolls it back. */
export function transaction<T>({ db, turns }: Home, scope: Scope, work: (tx: Queries) => Promise<T>): Promise<T> {
  if (turns === null) return db.transaction().execute(work)
  return db.transaction().execute(async (tx) => {
    await turns.take(tx, scope)
    return await work(tx)
  })
}

/** The same for one statement, or several of which each may stand alone: SQLite has them take turns by itself. */
export function statement<T>(home: Home, scope: Scope, work: (db: Queries) => Promise<T>): Promise<T> {
  return home.turns === null ? work(home.db) : transaction(home, scope, work)
}

/**
 * Writes that wait for no disk: a power cut may undo the newest of them (a crash never does), and the next commit that matters makes them
 * durable along with itself. For claims alone, which lapse anyway, and which would otherwise be two of a pass's three waits for the disk.
 * Nobody else of this process has the connection meanwhile; another process's connection has a level of its own. What a power cut can
 * take is told in docs/decisions/0006-power-cut.md. PostgreSQL just commits them: its server gathers the waits of all who write.
 */
export function lazily<T>(home: Home, work: (db: Queries) => Promise<T>): Promise<T> {
  if (home.turns !== null) return work(home.db)
  return home.db.connection().execute(async (db) => {
    const say = (pragma: CompiledQuery) => db.getExecutor().provideConnection((connection) => connection.executeQuery(pragma))
    await say(WAIT_FOR_NO_DISK)
    try {
      return await work(db)
    } finally {
      await say(WAIT_FOR_THE_DISK)
    }
  })
}

const WAIT_FOR_NO_DISK = CompiledQuery.raw('pragma synchronous = normal')
const WAIT_FOR_THE_DISK = CompiledQuery.raw('pragma synchronous = full')

/** Of two values of one row; `min` of two is SQLite's alone, `least` PostgreSQL's. Neither may be null. */
export const smaller = (a: Expression<unknown>, b: Expression<unknown>): RawBuilder<number> =>
  sql<number>`case when ${a} < ${b} then ${a} else ${b} end`
export const larger = (a: Expression<unknown>, b: Expression<unknown>): RawBuilder<number> =>
  sql<number>`case when ${a} > ${b} then ${a} else ${b} end`

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
