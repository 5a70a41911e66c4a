/**
 * What commands, routes and pages read: nodes, cases, incidents, attempts, as they stand. Nothing here writes, and nothing here
 * decides what they mean.
 */
import { sql } from 'kysely'
import type { Acknowledgement } from '../core/acknowledged.ts'
import type { Attempt } from '../core/case.ts'
import type { Cause, Decision } from '../core/decision.ts'
import type { IncidentSums, KeyKind } from '../core/fleet.ts'
import { WATCHED_STATES } from '../core/ironic.ts'
import type { NodeKey, SeenNode } from '../core/seen.ts'
import { acknowledgedCases, acknowledgedIncidents } from './acknowledging.ts'
import { attemptsOn } from './attempts.ts'
import { type CaseRow, type CaseView, caseViewOfRow } from './case-row.ts'
import { incidentSums } from './fleet.ts'
import type { Queries } from './home.ts'
import { type Cost, costOf } from './incidents.ts'
import { inNodeOrder, type NodeOrder } from './node-order.ts'
import { seenNode } from './node-row.ts'
import type { DecisionTable } from './schema.ts'
import { nodeIsHeld } from './whole-fleet.ts'

export type StoredDecision = Omit<DecisionTable, 'cloud' | 'uuid' | 'name'>

/** A node as listings saw it last, with its open case and the decision in force on it. */
export type NodeView = SeenNode & {
  cloud: string
  seenAt: number
  missingSince: number | null
  caseId: string | null
  decision: StoredDecision | null
  /** A hold of ours is in force. */
  held: boolean
}

export type NodeFilter = {
  cloud?: string
  uuid?: string
  provision_state?: string
  resource_class?: string
  /** Only nodes in a watched state, with an open case, or with a decision in force. */
  concerning?: boolean
  /** Part of the name or of the uuid. */
  search?: string
  /** Of the open case. */
  cause?: Cause
  /** Of the decision in force. */
  kind?: Decision['kind']
  reason?: string
  held?: boolean
  limit?: number
  offset?: number
  /** In place of the order by cloud and name. */
  order?: NodeOrder
}

/** Matches exactly: the uuid, or the name as Ironic knows it. Several clouds may have a node of one name. */
export async function findNodes(
  db: Queries,
  cloud: string | null,
  nameOrUuid: string,
): Promise<{ cloud: string; uuid: string; name: string | null }[]> {
  return await db
    .selectFrom('nodes')
    .select(['cloud', 'uuid', 'name'])
    .where((eb) => eb.or([eb('uuid', '=', nameOrUuid.toLowerCase()), eb('name', '=', nameOrUuid)]))
    .$if(cloud !== null, (query) => query.where('cloud', '=', cloud ?? ''))
    .orderBy('cloud')
    .orderBy('uuid')
    .execute()
}

function nodesMatching(db: Queries, filter: NodeFilter) {
  const { cloud, uuid, provision_state, resource_class, search, cause, kind, reason, held } = filter
  return db
    .selectFrom('nodes')
    .leftJoin('cases', (join) =>
      join.onRef('cases.cloud', '=', 'nodes.cloud').onRef('cases.uuid', '=', 'nodes.uuid').on('cases.closedAt', 'is', null),
    )
    .leftJoin('decisions', (join) => join.onRef('decisions.cloud', '=', 'nodes.cloud').onRef('decisions.uuid', '=', 'nodes.uuid'))
    .$if(cloud !== undefined, (query) => query.where('nodes.cloud', '=', cloud ?? ''))
    .$if(uuid !== undefined, (query) => query.where('nodes.uuid', '=', uuid ?? ''))
    .$if(provision_state !== undefined, (query) => query.where('nodes.provision_state', '=', provision_state ?? ''))
    .$if(resource_class !== undefined, (query) => query.where('nodes.resource_class', '=', resource_class ?? ''))
    .$if(search !== undefined, (query) => {
      // SQLite's own `like` minds no case, PostgreSQL's does.
      const part = `%${(search ?? '').replaceAll(/[\\%_]/g, '').replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())}%`
      return query.where((eb) => eb.or([eb(eb.fn('lower', ['nodes.name']), 'like', part), eb('nodes.uuid', 'like', part)]))
    })
    .$if(cause !== undefined, (query) => query.where('cases.cause', '=', cause ?? null))
    .$if(kind !== undefined, (query) => query.where('decisions.kind', '=', kind ?? null))
    .$if(reason !== undefined, (query) => query.where('decisions.reason', '=', reason ?? ''))
    .$if(held !== undefined, (query) => query.where((eb) => (held === true ? nodeIsHeld(eb) : eb.not(nodeIsHeld(eb)))))
    .$if(filter.concerning === true, (query) =>
      query.where((eb) =>
        eb.or([eb('nodes.provision_state', 'in', WATCHED_STATES), eb('cases.id', 'is not', null), eb('decisions.uuid', 'is not', null)]),
      ),
    )
}

/** By cloud and name; all of them unless limited. */
export async function nodes(db: Queries, filter: NodeFilter): Promise<NodeView[]> {
  const rows = await nodesMatching(db, filter)
    .selectAll('nodes')
    .select((eb) => [
      'cases.id as openCaseId',
      'decisions.caseId as decisionCaseId',
      'decisions.kind',
      'decisions.reason',
      'decisions.message',
      'decisions.act',
      'decisions.until',
      'decisions.since',
      'decisions.at',
      nodeIsHeld(eb).as('held'),
    ])
    .$call((query) => inNodeOrder(query, filter.order))
    // SQLite takes an offset only after a limit; -1 there is no limit, but not on PostgreSQL.
    .$if(filter.limit !== undefined || filter.offset !== undefined, (query) =>
      query.limit(filter.limit ?? Number.MAX_SAFE_INTEGER).offset(filter.offset ?? 0),
    )
    .execute()
  return rows.map((row) => {
    const { openCaseId, decisionCaseId, kind, reason, message, act, until, since, at, held, ...node } = row
    const isDecided = kind !== null && reason !== null && message !== null && since !== null && at !== null
    const decision = isDecided ? { caseId: decisionCaseId, kind, reason, message, act, until, since, at } : null
    const { cloud, seenAt, missingSince } = row
    return { ...seenNode(node), cloud, seenAt, missingSince, caseId: openCaseId, decision, held: Boolean(held) }
  })
}

/** How many nodes the filter holds without its limit: pages are cut here, not in the browser. */
export async function countNodes(db: Queries, filter: NodeFilter): Promise<number> {
  const row = await nodesMatching(db, filter)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

/**
 * Some nodes whose power Ironic has read and sees no fault on: by their BMCs a silent one is judged. Those that follow `from` in the order
 * of uuids, going round at the end: uuids know no racks, so these are of all racks and makes.
 */
export async function witnesses(db: Queries, of: { cloud: string; from: string; limit: number }): Promise<{ uuid: string }[]> {
  const some = (side: '>=' | '<', limit: number) =>
    db
      .selectFrom('nodes')
      .select('uuid')
      .where('cloud', '=', of.cloud)
      .where('uuid', side, of.from)
      .where('power_state', 'in', ['power on', 'power off'])
      .where('fault', 'is', null)
      .where('maintenance', '=', 0)
      .where('missingSince', 'is', null)
      .orderBy('uuid')
      .limit(limit)
      .execute()
  const found = await some('>=', of.limit)
  return found.length === of.limit ? found : [...found, ...(await some('<', of.limit - found.length))]
}

export type CaseFilter = {
  cloud?: string
  uuid?: string
  incidentId?: string
  open?: boolean
  kind?: Decision['kind']
  reason?: string
  cause?: Cause
  limit?: number
  offset?: number
  /** The last one of the page before. */
  after?: { openedAt: number; id: string }
}

/** Newest first; 500 unless told. */
export async function cases(db: Queries, filter: CaseFilter): Promise<CaseView[]> {
  const { cloud, uuid, incidentId, kind, reason, cause, after } = filter
  const rows = await db
    .selectFrom('cases')
    .selectAll()
    .$if(cloud !== undefined, (query) => query.where('cloud', '=', cloud ?? ''))
    .$if(uuid !== undefined, (query) => query.where('uuid', '=', uuid ?? ''))
    .$if(incidentId !== undefined, (query) => query.where('incidentId', '=', incidentId ?? ''))
    .$if(filter.open !== undefined, (query) => query.where('closedAt', filter.open === true ? 'is' : 'is not', null))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? null))
    .$if(reason !== undefined, (query) => query.where('reason', '=', reason ?? ''))
    .$if(cause !== undefined, (query) => query.where('cause', '=', cause ?? null))
    .$call((query) => (after === undefined ? query : query.where(opensBefore(after))))
    .orderBy('openedAt', 'desc')
    .orderBy('id')
    .limit(filter.limit ?? 500)
    .offset(filter.offset ?? 0)
    .execute()
  return await caseViews(db, rows)
}

/** What stands after the named one in a list that is newest first. */
const opensBefore = ({ openedAt, id }: NonNullable<CaseFilter['after']>) =>
  sql<boolean>`(${sql.ref('openedAt')}, ${id}) < (${openedAt}, ${sql.ref('id')})`

/** The newest case of the node, open or closed. */
export async function caseOf(db: Queries, key: NodeKey): Promise<CaseView | null> {
  const row = await db
    .selectFrom('cases')
    .selectAll()
    .where('cloud', '=', key.cloud)
    .where('uuid', '=', key.uuid)
    // The open one first: two may have been opened within one millisecond.
    .orderBy((eb) => eb.case().when('closedAt', 'is', null).then(0).else(1).end())
    .orderBy('openedAt', 'desc')
    .executeTakeFirst()
  return await viewOf(db, row)
}

export async function caseById(db: Queries, id: string): Promise<CaseView | null> {
  return await viewOf(db, await db.selectFrom('cases').selectAll().where('id', '=', id).executeTakeFirst())
}

const viewOf = async (db: Queries, row: CaseRow | undefined): Promise<CaseView | null> =>
  row === undefined ? null : ((await caseViews(db, [row]))[0] ?? null)

async function caseViews(db: Queries, rows: readonly CaseRow[]): Promise<CaseView[]> {
  const open = rows.filter(({ closedAt }) => closedAt === null)
  const standing = open.map(({ id, kind, reason, cause }) => ({
    caseId: id,
    decision: kind === null || reason === null ? null : { kind, reason },
    cause,
  }))
  const acknowledged = await acknowledgedCases(db, standing)
  return rows.map((row) => caseViewOfRow(row, acknowledged.get(row.id) ?? null))
}

export type IncidentView = Omit<IncidentSums, 'isOwn'> & {
  cloud: string
  closedAt: number | null
  open: number
  /** Who has seen it as it stands; null: nobody. */
  acknowledged: Acknowledgement | null
  cost: Cost
  /** The first try: which node went first, and what came of it. */
  canary: { uuid: string; name: string | null; at: number; result: 'proven' | 'failed' | null } | null
}

export type IncidentFilter = { cloud?: string; open?: boolean; limit?: number; after?: NonNullable<CaseFilter['after']> }

/** Newest first, with what became of their members; 100 unless told. */
export async function incidents(db: Queries, filter: IncidentFilter, now: number): Promise<IncidentView[]> {
  const { cloud, after } = filter
  const rows = await db
    .selectFrom('incidents')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('cases')
        .select((inner) => inner.fn.countAll<number>().as('count'))
        .whereRef('cases.incidentId', '=', 'incidents.id')
        .where('cases.closedAt', 'is', null)
        .as('open'),
    )
    .$if(cloud !== undefined, (query) => query.where('cloud', '=', cloud ?? ''))
    .$if(filter.open !== undefined, (query) => query.where('closedAt', filter.open === true ? 'is' : 'is not', null))
    .$call((query) => (after === undefined ? query : query.where(opensBefore(after))))
    .orderBy('openedAt', 'desc')
    .orderBy('id')
    .limit(filter.limit ?? 100)
    .execute()
  const views: IncidentView[] = []
  for (const { kind, open, ...row } of rows) {
    const sums = await incidentSums(db, { ...row, kind })
    views.push({
      ...row,
      key: kind satisfies KeyKind,
      open: Number(open ?? 0),
      ...sums,
      acknowledged: (await acknowledgedIncidents(db, [{ id: row.id, members: sums.members }])).get(row.id) ?? null,
      cost: await costOf(db, row.id, now),
      canary: await canaryOf(db, row.id),
    })
  }
  return views
}

async function canaryOf(db: Queries, incidentId: string): Promise<IncidentView['canary']> {
  const first = await db
    .selectFrom('attempts')
    .innerJoin('cases', 'cases.id', 'attempts.caseId')
    .select(['attempts.uuid', 'cases.name', 'attempts.createdAt as at', 'attempts.result'])
    .where('attempts.incidentId', '=', incidentId)
    .where('attempts.act', 'in', ['reset', 'recover-cleaning'])
    .where((eb) => eb.or([eb('attempts.outcome', 'is', null), eb('attempts.outcome', 'in', ['accepted', 'unknown'])]))
    .orderBy('attempts.seq')
    .limit(1)
    .executeTakeFirst()
  return first ?? null
}

/** All attempts on the node, newest first, at most 200. */
export const attempts = (db: Queries, key: NodeKey): Promise<Attempt[]> => attemptsOn(db, key)

export type HoldView = {
  cloud: string
  uuid: string
  by: string
  why: string
  at: number
  source: 'command' | 'maintenance-lifted-by-ironic'
}

/** Holds in force, oldest first. */
export async function holds(db: Queries, cloud: string | null): Promise<HoldView[]> {
  const rows = await db
    .selectFrom('words')
    .select(['cloud', 'uuid', 'by', 'why', 'at', 'source'])
    .where('kind', '=', 'hold')
    .where('endedAt', 'is', null)
    .$if(cloud !== null, (query) => query.where('cloud', '=', cloud ?? ''))
    .orderBy('seq')
    .execute()
  return rows.flatMap(({ cloud: held, uuid, ...said }) => (held === null || uuid === null ? [] : [{ cloud: held, uuid, ...said }]))
}
