/**
 * The replicas' PostgreSQL as anybody may read it, past the roads that are cut: committed intents as a request comes, what a lost replica held,
 * and in the end whether anything is missing or damaged. It goes around the store on purpose: the store is part of what is tried.
 */
import pg from 'pg'
import type { CaseRow, IntentRow } from '../crash/database.ts'
import type { Remains } from '../crash/last-questions.ts'
import { postgresPlace } from '../src/store/database-place.ts'
import { clientOptions } from '../src/store/postgres-pool.ts'
import { fromJson } from '../src/store/schema.ts'

const ROW = `json_build_object('id', id, 'cloud', cloud, 'uuid', uuid, 'caseId', "caseId", 'act', act, 'number', number, 'cause', cause,
  'digest', digest, 'decided', decided::json, 'extraOthers', "extraOthers", 'mark', mark, 'text', text, 'step', step,
  'createdAt', "createdAt", 'deadlineAt', "deadlineAt", 'outcome', outcome, 'markState', "markState", 'endedAt', "endedAt")::text as json`

/** The newest few on a node. */
const NEWEST = 4

export type Books = {
  /** Newest first. Rejects where the database does not answer, like all of these. */
  intentsOn(uuid: string): Promise<IntentRow[]>
  unsettled(): Promise<IntentRow[]>
  /** Nodes on which a person's maintenance is remembered. */
  persons(): Promise<string[]>
  /** Who has the node in hand; null: nobody. */
  claimantOf(uuid: string): Promise<string | null>
  heldBy(claimant: string): Promise<{ uuid: string; dueAt: number }[]>
  remains(): Promise<Remains>
  ask<T extends pg.QueryResultRow>(sql: string, given?: readonly unknown[]): Promise<T[]>
  close(): Promise<void>
}

/** @param patienceMs how long an answer is waited for */
export function openBooks(url: string, patienceMs: number): Books {
  const place = postgresPlace(url)
  if (place === null) throw new Error('this is no address of a PostgreSQL database')
  const options = { ...clientOptions({ place, name: 'anneal drill' }), connectionTimeoutMillis: patienceMs }
  const pool = new pg.Pool({ ...options, query_timeout: patienceMs, max: 4 })
  // A server that is stopped cuts what nobody asks anything on.
  pool.on('error', () => {})
  const ask = async <T extends pg.QueryResultRow>(sql: string, given: readonly unknown[] = []): Promise<T[]> =>
    (await pool.query<T>(sql, [...given])).rows
  const parsed = async <T>(sql: string, given: readonly unknown[] = []): Promise<T[]> =>
    (await ask<{ json: string }>(sql, given)).map(({ json }) => fromJson<T>(json))
  const unsettled = () =>
    parsed<IntentRow>(`select ${ROW} from attempts where outcome is null or (outcome = 'unknown' and "endedAt" is null) order by seq`)
  const uuids = async (sql: string): Promise<string[]> => (await ask<{ uuid: string }>(sql)).map(({ uuid }) => uuid)
  return {
    ask,
    unsettled,
    intentsOn: (uuid) => parsed(`select ${ROW} from attempts where uuid = $1 order by seq desc limit ${NEWEST}`, [uuid]),
    persons: () =>
      uuids(`select uuid from nodes where person is not null
        union select uuid from cases where "closedAt" is null and memory::json->>'person' is not null`),
    claimantOf: async (uuid) => {
      const [row] = await ask<{ claimant: string }>(`select claimant from due where uuid = $1 and "claimUntil" > $2`, [uuid, Date.now()])
      return row?.claimant ?? null
    },
    heldBy: (claimant) => ask(`select uuid, "dueAt" from due where claimant = $1 and "claimUntil" > $2`, [claimant, Date.now()]),
    remains: async () => ({
      unsettled: await unsettled(),
      cases: await parsed<CaseRow>(`select json_build_object('id', id, 'uuid', uuid, 'name', name, 'kind', kind, 'reason', reason,
        'message', decision::json->>'message')::text as json from cases where "closedAt" is null`),
      marks: await parsed<Remains['marks'][number]>(`select json_build_object('uuid', uuid, 'mark', mark, 'outcome', outcome,
        'markState', "markState")::text as json from attempts where act = 'reset' and mark is not null`),
    }),
    close: () => pool.end(),
  }
}

/** What PostgreSQL's own checker finds wrong in tables and indexes; null where amcheck is not installed. @param ask as the superuser */
export async function damageIn(ask: (sql: string) => Promise<pg.QueryResult>): Promise<string[] | null> {
  const known = await ask(`select 1 from pg_available_extensions where name = 'amcheck'`)
  if (known.rowCount === 0) return null
  await ask('create extension if not exists amcheck')
  const tables = await ask(`select c.relname, v.msg from pg_class c, lateral verify_heapam(c.oid) v
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`)
  const found = tables.rows.map((row) => JSON.stringify(row))
  // It has no answer but an error for an index that is broken.
  const indexes = ask(`select bt_index_check(c.oid, true) from pg_class c join pg_am a on a.oid = c.relam
    where c.relkind = 'i' and a.amname = 'btree' and c.relnamespace = 'public'::regnamespace`)
  return indexes.then(
    () => found,
    (error: unknown) => [...found, String(error)],
  )
}

/** Rows that contradict each other, as sentences. */
export async function contradictionsIn({ ask }: Books): Promise<string[]> {
  const open = await ask<{ uuid: string; n: number }>(
    `select uuid, count(*)::int as n from attempts where outcome is null group by uuid having count(*) > 1`,
  )
  const orphans = await ask<{ id: string }>(`select a.id from attempts a left join cases c on c.id = a."caseId" where c.id is null`)
  const twice = await ask<{ uuid: string }>(`select uuid from cases where "closedAt" is null group by cloud, uuid having count(*) > 1`)
  return [
    ...open.map(({ uuid, n }) => `${n} intents without an outcome on ${uuid}`),
    ...orphans.map(({ id }) => `the attempt ${id} belongs to no case`),
    ...twice.map(({ uuid }) => `two open cases on ${uuid}`),
  ]
}

const AGAIN_MS = 300

/** The database is asked until it is there. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask().then(
      (value) => ({ value }),
      () => null,
    )
    if (answer !== null) return answer.value
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}
