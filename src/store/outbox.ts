/**
 * Messages to people, written in the deciding transaction and sent by a reader of their own, which may send one again after a crash.
 * The pass never waits for it.
 */
import type { Act, Cause } from '../core/decision.ts'
import type { NoticeKind } from '../core/leases.ts'
import type { Home, Queries } from './home.ts'
import { fromJson } from './schema.ts'

/** `to-holder` is for the holder of the lease alone, all else for operators. */
export type MessageKind = 'case-opened' | 'act' | 'escalate' | 'resolve' | NoticeKind | 'to-holder'

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

export type OutboxMessage = { id: number; cloud: string; uuid: string; kind: string; at: number; body: MessageBody }

export async function post(
  tx: Queries,
  o: { cloud: string; uuid: string; kind: MessageKind; body: MessageBody; now: number },
): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({ cloud: o.cloud, uuid: o.uuid, kind: o.kind, body: JSON.stringify(o.body), at: o.now, sentAt: null })
    .execute()
}

/** Messages that nobody has sent yet, oldest first. */
export async function unsent(db: Queries, limit: number): Promise<OutboxMessage[]> {
  const rows = await db.selectFrom('outbox').selectAll().where('sentAt', 'is', null).orderBy('id').limit(limit).execute()
  return rows.map(({ id, cloud, uuid, kind, at, body }) => ({ id, cloud, uuid, kind, at, body: fromJson(body) }))
}

export async function markSent(home: Home, id: number): Promise<void> {
  await home.db.updateTable('outbox').set({ sentAt: home.clock.now() }).where('id', '=', id).where('sentAt', 'is', null).execute()
}
