/**
 * Messages to people, written in the deciding transaction and sent by a reader of their own, which may send one again after a crash.
 * The pass never waits for it. Who has been told what stands in deliveries.ts.
 */
import type { Act, Cause } from '../core/decision.ts'
import type { NoticeKind } from '../core/leases.ts'
import type { Queries } from './home.ts'
import { fromJson, type OutboxTable } from './schema.ts'

/** `to-holder` is for the holder of the lease alone, all else for operators. */
export type MessageKind =
  | 'case-opened'
  | 'act'
  | 'needs-approval'
  | 'instance-may-live'
  | 'escalate'
  | 'resolve'
  | 'incident-opened'
  | 'incident-closed'
  | NoticeKind
  | 'to-holder'

export type MessageBody = {
  caseId: string | null
  name: string | null
  provision_state: string | null
  cause: Cause | null
  kind: string
  reason: string
  message: string
  act: Act | null
  evidence: string[]
  /** The lease that it is about, with dates as Blazar writes them; null where it is about none. */
  lease: {
    id: string
    name: string | null
    project_id: string | null
    user_id: string | null
    start_date: string | null
    end_date: string | null
  } | null
}

export type OutboxMessage = {
  id: number
  cloud: string
  /** Empty where it is about a whole incident. */
  uuid: string
  kind: string
  at: number
  body: MessageBody
}

type Posted = { cloud: string; uuid: string; kind: MessageKind; body: MessageBody; now: number }

export async function post(tx: Queries, { cloud, uuid, kind, body, now }: Posted): Promise<void> {
  const row = { cloud, uuid, kind, body: JSON.stringify(body), at: now, caseId: body.caseId, incidentId: null }
  await tx
    .insertInto('outbox')
    .values({ ...row, sentAt: null, takenAt: null })
    .execute()
}

/** About a whole incident: what the cases share stands in place of a reason. */
export async function postOfIncident(
  tx: Queries,
  o: { cloud: string; id: string; kind: 'incident-opened' | 'incident-closed'; shared: string; message: string; now: number },
): Promise<void> {
  const nobody = { caseId: null, name: null, provision_state: null, cause: null, act: null, evidence: [], lease: null }
  const body: MessageBody = { ...nobody, kind: 'incident', reason: o.shared, message: o.message }
  const row = { cloud: o.cloud, uuid: '', kind: o.kind, body: JSON.stringify(body), at: o.now, caseId: null, incidentId: o.id }
  await tx
    .insertInto('outbox')
    .values({ ...row, sentAt: null, takenAt: null })
    .execute()
}

/** Messages that somebody may still have to be told, oldest first. */
export async function unsent(db: Queries, limit: number): Promise<OutboxMessage[]> {
  const rows = await db.selectFrom('outbox').selectAll().where('sentAt', 'is', null).orderBy('id').limit(limit).execute()
  return rows.map(messageOf)
}

type Row = Pick<OutboxTable, 'cloud' | 'uuid' | 'kind' | 'at' | 'body'> & { id: number }

export const messageOf = ({ id, cloud, uuid, kind, at, body }: Row): OutboxMessage => ({ id, cloud, uuid, kind, at, body: fromJson(body) })
