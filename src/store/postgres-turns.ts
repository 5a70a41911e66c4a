/**
 * How transactions take turns on PostgreSQL, where many processes write at once. Each first locks the row of the cloud that it is about, so
 * that there is one at a time for each cloud, as SQLite's write lock has it for all; what is about no cloud has a lock of its own. Locks are
 * taken in one order everywhere (clouds by name, then messages or logins, then the audit trail), so that nobody waits in a circle.
 */
import { sql } from 'kysely'
import { ensureCloud } from './clouds.ts'
import { CLOCK, type DatabaseClock } from './database-clock.ts'
import type { Queries } from './home.ts'
import { isNewer, SCHEMA_VERSION } from './migrations.ts'

/** What a transaction has for itself: one cloud (null: all), that of an intent or a case, or what is told to people, who may come in, or the whole that is just made. */
export type Scope =
  | { cloud: string | null }
  | { clouds: readonly string[] }
  | { intentId: string }
  | { caseId: string }
  | 'messages'
  | 'logins'
  | 'schema'

export type PostgresTurns = { take(tx: Queries, scope: Scope): Promise<void> }

/** Ours among the advisory locks of a database: the first of two numbers. The second stands in LOCKS. */
export const ADVISORY = 0x616e6e
export const LOCKS = { schema: 0, messages: 1, logins: 2, audit: 3 } as const

/**
 * @param clock is set with each turn that is taken: what comes later in a cloud must never carry an earlier time
 * @param shown names the database. Taking a turn throws StoreError once a newer version has brought it up to date under a process that goes on
 */
export const postgresTurns = (clock: DatabaseClock, shown: string): PostgresTurns => ({
  take: async (tx, scope) => {
    await lock(tx, scope, clock.now())
    const { rows } = await sql<{
      now: number
      version: number
    }>`select ${CLOCK} as now, max(version) as version from schema_version`.execute(tx)
    const [read] = rows
    if (read === undefined || read.version > SCHEMA_VERSION) throw isNewer(shown, read?.version ?? 0)
    clock.set(read.now)
  },
})

async function lock(tx: Queries, scope: Scope, now: number): Promise<void> {
  if (typeof scope === 'string') {
    await sql`select pg_advisory_xact_lock(${ADVISORY}::int, ${LOCKS[scope]}::int)`.execute(tx)
    return
  }
  if ('intentId' in scope) return lockCloudOf(tx, 'attempts', scope.intentId)
  if ('caseId' in scope) return lockCloudOf(tx, 'cases', scope.caseId)
  const named = 'clouds' in scope ? [...new Set(scope.clouds)].sort() : scope.cloud === null ? null : [scope.cloud]
  if (named?.length === 0) return
  const found = await lockClouds(tx, named)
  if (named === null || found.length === named.length) return
  // A cloud that nobody has enrolled yet: its row is made, so that there is one to lock.
  for (const cloud of named) await ensureCloud(tx, cloud, now)
  await lockClouds(tx, named)
}

const lockClouds = (tx: Queries, named: readonly string[] | null) =>
  tx
    .selectFrom('clouds')
    .select('cloud')
    .$if(named !== null, (query) => query.where('cloud', 'in', named ?? []))
    .orderBy('cloud')
    .forUpdate()
    .execute()

async function lockCloudOf(tx: Queries, table: 'attempts' | 'cases', id: string): Promise<void> {
  const cloudOfIt = tx.selectFrom(table).select('cloud').where('id', '=', id)
  await tx.selectFrom('clouds').select('cloud').where('cloud', '=', cloudOfIt).forUpdate().execute()
}
