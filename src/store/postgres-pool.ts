/**
 * Connections to a PostgreSQL server, as Kysely's own dialect takes them: whole numbers come as numbers, whatever goes wrong with the server
 * becomes our one error class, and no process that stands still keeps a lock for long. Knows no table.
 */
import {
  type Dialect,
  type Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
  sql,
} from 'kysely'
import pg from 'pg'
import type { PostgresPlace } from './database-place.ts'
import { postgresErrorOf } from './postgres-error.ts'
import type { Schema } from './schema.ts'
import { StoreError } from './store-error.ts'

/** What the schema, `SKIP LOCKED` and our rights are tried with; older ones are out of support soon. */
const OLDEST = 15
/** The workers of a daemon are 8 unless told otherwise, and its pages ask beside them; a server takes 100 by default. */
const CONNECTIONS_MAX = 12
const CONNECT_MS = 5_000
/** Far above what any statement takes, waiting for its turn included. */
const STATEMENT_MS = 60_000
const LOCK_MS = 20_000
/** A transaction of ours awaits nothing but its own statements: one that stands still so long is of a process that does, or is gone. */
const IDLE_IN_TRANSACTION_MS = 15_000

const INT8 = 20
const NUMERIC = 1700

/** Times are below 2^53, and so are counts and sums of them. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (id, format) => (Number(id) === INT8 || Number(id) === NUMERIC ? Number : pg.types.getTypeParser(id, format)),
}

/** `name` is seen in pg_stat_activity. */
export type PoolWish = { place: PostgresPlace; name: string }

/** One snapshot for good: what is read on it is all as of one moment. */
export const postgresDialect = (wish: PoolWish): Dialect => new PostgresDialect({ pool: async () => openPool(wish, 'each') })
export const postgresSnapshotDialect = (wish: PoolWish): Dialect => new PostgresDialect({ pool: async () => openPool(wish, 'snapshot') })

export const clientOptions = ({ place, name }: PoolWish): pg.ClientConfig => ({
  connectionString: place.url,
  application_name: name,
  connectionTimeoutMillis: CONNECT_MS,
  keepAlive: true,
  types,
})

function openPool(wish: PoolWish, moment: 'each' | 'snapshot'): PostgresPool {
  const { shown } = wish.place
  const pool = new pg.Pool({
    ...clientOptions(wish),
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + 5_000,
    lock_timeout: LOCK_MS,
    ...(moment === 'each'
      ? { max: CONNECTIONS_MAX, idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS }
      : { max: 1, idleTimeoutMillis: 0 }),
  })
  // A connection that is cut while nobody asks anything on it: the next question is asked on another one.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const begun = new WeakSet<pg.PoolClient>()
  return {
    connect: async () => {
      const client = await connected(pool, shown)
      const spoken = speaking(client, shown)
      if (moment === 'snapshot' && !begun.has(client)) await spoken.query('begin isolation level repeatable read, read only', [])
      begun.add(client)
      return spoken
    },
    end: () => pool.end(),
    options: {},
  }
}

async function connected(pool: pg.Pool, shown: string): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw postgresErrorOf(error, shown)
  }
}

/** A pool's connection whose errors speak, and which can store what PostgreSQL's text cannot. */
function speaking(client: pg.PoolClient, shown: string): PostgresPoolClient {
  let isDoubtful = false
  function query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  function query(asked: string | PostgresCursor<unknown>, parameters: readonly unknown[] = []): unknown {
    if (typeof asked !== 'string') throw new Error('Streaming is not used by this room.')
    return client.query(asked, parameters.map(storable)).catch((error: unknown) => {
      // What the server itself answers leaves the connection as it is; after anything else nobody knows what it would say next.
      isDoubtful ||= !(error instanceof pg.DatabaseError)
      throw postgresErrorOf(error, shown)
    })
  }
  return { query, release: (destroy) => client.release(destroy === true || isDoubtful) }
}

/** PostgreSQL's text holds every character but one. */
const storable = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\u0000', '\ufffd') : value)

/** Throws StoreError where the server is older than what this is tried with, or says that something is durable when it is not yet. */
export async function refuseUnfitServer(db: Kysely<Schema>, shown: string): Promise<void> {
  const asked = sql<{ version: number; durable: string }>`
    select current_setting('server_version_num')::int as version, current_setting('synchronous_commit') as durable`
  const [found] = (await asked.execute(db)).rows
  const major = Math.floor((found?.version ?? 0) / 10_000)
  if (major < OLDEST) throw tooOld(major, shown)
  // An intent that a power cut takes back after its request left would be sent once more.
  if (found?.durable === 'off') {
    const message = `The database ${shown} does not wait for its disk (synchronous_commit is off), and an act that it forgets is done again.`
    throw new StoreError(shown, message, 'Say `alter role … set synchronous_commit = on` for the user that Anneal has there.')
  }
}

/** @param major of the server's version, such as 14 */
export const tooOld = (major: number, shown: string): StoreError =>
  new StoreError(
    shown,
    `The database ${shown} is of PostgreSQL ${major}, and Anneal needs ${OLDEST} or newer.`,
    'Upgrade the server, or name another one.',
  )
