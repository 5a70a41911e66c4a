/**
 * Observations that were decided on, kept 90 days: before each act and at each change of a decision, because the verb erases what was
 * the evidence. Stored as they were seen; their fields are an allow-list already (core/observation.ts).
 */

import type { Decision } from '../core/decision.ts'
import type { Observation } from '../core/observation.ts'
import { DAY } from '../core/policy.ts'
import type { NodeKey } from '../core/seen.ts'
import type { Queries } from './home.ts'
import { fromJson } from './schema.ts'

/** design.md section 6. */
const KEPT_MS = 90 * DAY

export type StoredObservation = { at: number; caseId: string | null; kind: Decision['kind']; reason: string; observation: Observation }

export async function keepObservation(
  tx: Queries,
  o: { observation: Observation; caseId: string | null; decision: Decision; now: number },
): Promise<void> {
  const { observation, decision } = o
  await tx
    .insertInto('observations')
    .values({
      cloud: observation.cloud,
      uuid: observation.uuid,
      caseId: o.caseId,
      at: o.now,
      kind: decision.kind,
      reason: decision.reason,
      body: JSON.stringify(observation),
    })
    .execute()
}

/** The newest one kept of this node, or null. */
export async function lastObservation(db: Queries, key: NodeKey): Promise<StoredObservation | null> {
  const row = await db
    .selectFrom('observations')
    .selectAll()
    .where('cloud', '=', key.cloud)
    .where('uuid', '=', key.uuid)
    .orderBy('seq', 'desc')
    .executeTakeFirst()
  return row === undefined ? null : stored(row)
}

/** All that are kept of one case, oldest first. */
export async function observationsOf(db: Queries, caseId: string): Promise<StoredObservation[]> {
  const rows = await db.selectFrom('observations').selectAll().where('caseId', '=', caseId).orderBy('seq').execute()
  return rows.map(stored)
}

const stored = (row: { at: number; caseId: string | null; kind: Decision['kind']; reason: string; body: string }): StoredObservation => ({
  at: row.at,
  caseId: row.caseId,
  kind: row.kind,
  reason: row.reason,
  observation: fromJson(row.body),
})

/** Rows a statement: some 5 MB of observations, during which this process does nothing else. */
const CHUNK = 500

/**
 * Removes up to 500 observations and 500 sent messages that are older than 90 days; attempts and the audit trail stay. Returns how many rows
 * went: until that is none, there are more.
 */
export async function prune(db: Queries, now: number): Promise<number> {
  const before = now - KEPT_MS
  const seen = db.selectFrom('observations').select('seq').where('at', '<', before).orderBy('at').limit(CHUNK)
  const sent = db.selectFrom('outbox').select('id').where('sentAt', 'is not', null).where('at', '<', before).limit(CHUNK)
  const observations = await db.deleteFrom('observations').where('seq', 'in', seen).executeTakeFirstOrThrow()
  const messages = await db.deleteFrom('outbox').where('id', 'in', sent).executeTakeFirstOrThrow()
  return Number(observations.numDeletedRows + messages.numDeletedRows)
}
