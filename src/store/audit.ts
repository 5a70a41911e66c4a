/**
 * The audit trail: who said or decided what, when, in one sentence. Rows are only ever added (the database refuses anything
 * else) and are never pruned. A node's timeline is read from here; the id orders events for readers that come back for more.
 */
import type { NodeKey } from '../core/seen.ts'
import type { Queries } from './home.ts'

/** Written by the program itself, not by a person. */
export const OURSELVES = 'anneal'

export type AuditEntry = {
  id: number
  at: number
  cloud: string | null
  uuid: string | null
  caseId: string | null
  by: string
  /** A decision's kind, a person's word, or one of opened, outcome, settled, incident-opened, incident-closed, policy, census. */
  kind: string
  reason: string | null
  message: string
}

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'uuid' | 'caseId' | 'reason'> & Partial<Pick<AuditEntry, 'uuid' | 'caseId' | 'reason'>>

export async function appendAudit(db: Queries, entry: NewAuditEntry): Promise<void> {
  await db
    .insertInto('audit')
    .values({ uuid: null, caseId: null, reason: null, ...entry })
    .execute()
}

export type AuditFilter = {
  cloud?: string
  uuid?: string
  caseId?: string
  by?: string
  kind?: string
  after?: number
  before?: number
  limit?: number
  newestFirst?: boolean
}

/** `after` and `before` are ids of the entry seen last, forwards and backwards. Oldest first unless asked otherwise; 200 unless told. */
export async function readAudit(db: Queries, filter: AuditFilter): Promise<AuditEntry[]> {
  const { cloud, uuid, caseId, by, kind, after, before } = filter
  return await db
    .selectFrom('audit')
    .selectAll()
    .$if(cloud !== undefined, (query) => query.where((eb) => eb.or([eb('cloud', '=', cloud ?? ''), eb('cloud', 'is', null)])))
    .$if(uuid !== undefined, (query) => query.where('uuid', '=', uuid ?? ''))
    .$if(caseId !== undefined, (query) => query.where('caseId', '=', caseId ?? ''))
    .$if(by !== undefined, (query) => query.where('by', '=', by ?? ''))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
    .$if(after !== undefined, (query) => query.where('id', '>', after ?? 0))
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
    .orderBy('id', filter.newestFirst === true ? 'desc' : 'asc')
    .limit(filter.limit ?? 200)
    .execute()
}

/** The id of the newest entry; 0 where there is none. */
export async function newestAudit(db: Queries): Promise<number> {
  const row = await db.selectFrom('audit').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
  return row?.id ?? 0
}

export type Moment = { at: number; kind: string; message: string }

/** All that is written about one node, oldest first. */
export async function timelineOf(db: Queries, key: NodeKey): Promise<Moment[]> {
  return await db
    .selectFrom('audit')
    .select(['at', 'kind', 'message'])
    .where('cloud', '=', key.cloud)
    .where('uuid', '=', key.uuid)
    .orderBy('id')
    .execute()
}
