/**
 * Observations that were decided on, kept 90 days: before each act and at each change of a decision, because the verb erases what was
 * the evidence. Beside each stands the rest of what was decided on, so that it can be decided again. Stored as they were seen; their fields
 * are an allow-list already (core/observation.ts, core/recorded.ts).
 */
import { createHash } from 'node:crypto'
import type { Decision } from '../core/decision.ts'
import type { Observation } from '../core/observation.ts'
import { DAY, type Policy } from '../core/policy.ts'
import type { Recorded } from '../core/recorded.ts'
import type { NodeKey } from '../core/seen.ts'
import type { Queries } from './home.ts'
import { fromJson, fromJsonOrNull } from './schema.ts'
import { template } from './template.ts'

/** design.md section 6. */
const KEPT_MS = 90 * DAY

export type StoredObservation = { at: number; caseId: string | null; kind: Decision['kind']; reason: string; observation: Observation }

/** What the column `recorded` holds; the rest of a `Recorded` has columns of its own. */
type Beside = Pick<Recorded, 'grounds' | 'decision' | 'cause'>

export async function keepObservation(tx: Queries, caseId: string | null, recorded: Recorded): Promise<void> {
  const { observation, grounds, decision, cause, policy, now } = recorded
  const beside: Beside = { grounds, decision, cause }
  await tx
    .insertInto('observations')
    .values({
      cloud: observation.cloud,
      uuid: observation.uuid,
      caseId,
      at: now,
      kind: decision.kind,
      reason: decision.reason,
      body: JSON.stringify(observation),
      recorded: JSON.stringify(beside),
      policyHash: await keepPolicy(tx, observation.cloud, { policy, now }),
    })
    .execute()
}

const policyKept = template((db, of: { cloud: string; hash: string }) =>
  db.selectFrom('policies').select('at').where('cloud', '=', of.cloud).where('hash', '=', of.hash),
)

/** By its content, not by the name that `enrol` was told: one name may stand for another policy after an upgrade. */
async function keepPolicy(tx: Queries, cloud: string, { policy, now }: { policy: Policy; now: number }): Promise<string> {
  const body = JSON.stringify(policy)
  const hash = createHash('sha256').update(body).digest('hex')
  const [kept] = await policyKept(tx, { cloud, hash })
  if (kept === undefined) await tx.insertInto('policies').values({ cloud, hash, at: now, body }).execute()
  return hash
}

const AS_SEEN = ['at', 'caseId', 'kind', 'reason', 'body'] as const

/** The newest one kept of this node, or null. */
export async function lastObservation(db: Queries, key: NodeKey): Promise<StoredObservation | null> {
  const row = await db
    .selectFrom('observations')
    .select(AS_SEEN)
    .where('cloud', '=', key.cloud)
    .where('uuid', '=', key.uuid)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : stored(row)
}

/** All that are kept of one case, oldest first. */
export async function observationsOf(db: Queries, caseId: string): Promise<StoredObservation[]> {
  const rows = await db.selectFrom('observations').select(AS_SEEN).where('caseId', '=', caseId).orderBy('seq').execute()
  return rows.map(stored)
}

const stored = (row: { at: number; caseId: string | null; kind: Decision['kind']; reason: string; body: string }): StoredObservation => ({
  at: row.at,
  caseId: row.caseId,
  kind: row.kind,
  reason: row.reason,
  observation: fromJson(row.body),
})

export type RecordedFilter = { cloud?: string; uuid?: string; caseId?: string; since?: number; after?: number }

/** A kept observation with its decision; `recorded` is null where an older version kept too little to decide again. */
export type KeptDecision = {
  seq: number
  caseId: string | null
  at: number
  kind: Decision['kind']
  reason: string
  observation: Observation
  recorded: Recorded | null
}

/** Some 1 MB at a time: an observation and its grounds are 5 to 10 kB. */
const PAGE = 100

/** Oldest first, a page at a time: `after` is the `seq` of the last one that was read; none when there are no more. */
export async function recordedDecisions(db: Queries, filter: RecordedFilter): Promise<KeptDecision[]> {
  const { cloud, uuid, caseId, since, after } = filter
  const rows = await db
    .selectFrom('observations')
    .leftJoin('policies', (join) =>
      join.onRef('policies.cloud', '=', 'observations.cloud').onRef('policies.hash', '=', 'observations.policyHash'),
    )
    .selectAll('observations')
    .select('policies.body as policy')
    .$if(cloud !== undefined, (query) => query.where('observations.cloud', '=', cloud ?? ''))
    .$if(uuid !== undefined, (query) => query.where('observations.uuid', '=', uuid ?? ''))
    .$if(caseId !== undefined, (query) => query.where('observations.caseId', '=', caseId ?? ''))
    .$if(since !== undefined, (query) => query.where('observations.at', '>=', since ?? 0))
    .where('observations.seq', '>', after ?? 0)
    .orderBy('observations.seq')
    .limit(PAGE)
    .execute()
  return rows.map(({ seq, caseId: ofCase, at, kind, reason, body, ...row }) => {
    const observation = fromJson<Observation>(body)
    const beside = fromJsonOrNull<Beside>(row.recorded)
    const policy = fromJsonOrNull<Policy>(row.policy)
    const recorded = beside === null || policy === null ? null : { now: at, observation, policy, ...beside }
    return { seq, caseId: ofCase, at, kind, reason, observation, recorded }
  })
}

/** Rows a statement: some 5 MB of observations, during which this process does nothing else. */
const CHUNK = 500

/**
 * Removes up to 500 observations and 500 sent messages that are older than 90 days; attempts and the audit trail stay. Returns how many rows
 * went: until that is none, there are more.
 */
export async function prune(db: Queries, now: number): Promise<number> {
  const before = now - KEPT_MS
  const seen = db.selectFrom('observations').select('seq').where('at', '<', before).orderBy('at').limit(CHUNK)
  const sent = db.selectFrom('outbox').select('id').where('sentAt', 'is not', null).where('at', '<', before).orderBy('id').limit(CHUNK)
  const observations = await db.deleteFrom('observations').where('seq', 'in', seen).executeTakeFirstOrThrow()
  await db.deleteFrom('deliveries').where('messageId', 'in', sent).execute()
  const messages = await db.deleteFrom('outbox').where('id', 'in', sent).executeTakeFirstOrThrow()
  return Number(observations.numDeletedRows + messages.numDeletedRows)
}
