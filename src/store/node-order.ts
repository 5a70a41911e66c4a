/**
 * Nodes in an order that a person chose, a page at a time. A page is told by the values of the last node before it, not by a count: nodes
 * that come and go between two pages move nothing. What the nodes are filtered by is reading.ts.
 */
import { type SelectQueryBuilder, sql } from 'kysely'

/** By what nodes can be ordered; the column of each. Nulls count as '' and 0. */
const COLUMNS = {
  name: 'nodes.name',
  provision_state: 'nodes.provision_state',
  power_state: 'nodes.power_state',
  resource_class: 'nodes.resource_class',
  reason: 'decisions.reason',
  since: 'decisions.since',
  until: 'decisions.until',
} as const

export type NodeSort = keyof typeof COLUMNS
export const NODE_SORTS = Object.keys(COLUMNS) as [NodeSort, ...NodeSort[]]
const isTime = (sort: NodeSort): boolean => sort === 'since' || sort === 'until'

/** Where the page before ended. */
export type NodeMark = { value: string | number; cloud: string; uuid: string }
export type NodeOrder = { sort: NodeSort; descending: boolean; after: NodeMark | null }

type Ordered = {
  cloud: string
  uuid: string
  name: string | null
  provision_state: string
  power_state: string | null
  resource_class: string | null
  decision: { reason: string; since: number; until: number | null } | null
}

/** Where a page that ends with this node ends. */
export function markOf({ cloud, uuid, decision, ...node }: Ordered, sort: NodeSort): NodeMark {
  const value = sort === 'reason' || sort === 'since' || sort === 'until' ? decision?.[sort] : node[sort]
  return { value: value ?? (isTime(sort) ? 0 : ''), cloud, uuid }
}

/** Whether a mark can be one of a list in this order. */
export const fitsOrder = ({ value }: NodeMark, sort: NodeSort): boolean => typeof value === (isTime(sort) ? 'number' : 'string')

/** Puts the order, and the page's beginning, on a query over nodes and their decisions; by cloud and name where none is wanted. */
export function inNodeOrder<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>, order: NodeOrder | undefined) {
  const cloud = sql.ref('nodes.cloud')
  const uuid = sql.ref('nodes.uuid')
  if (order === undefined)
    return query
      .orderBy(cloud)
      .orderBy(sql.ref('nodes.name'), (by) => by.asc().nullsFirst())
      .orderBy(uuid)
  const { sort, descending, after } = order
  const value = sql`coalesce(${sql.ref(COLUMNS[sort])}, ${sql.lit(isTime(sort) ? 0 : '')})`
  const way = descending ? 'desc' : 'asc'
  const ordered = query.orderBy(value, way).orderBy(cloud, way).orderBy(uuid, way)
  if (after === null) return ordered
  const here = sql`(${value}, ${cloud}, ${uuid})`
  const there = sql`(${after.value}, ${after.cloud}, ${after.uuid})`
  return ordered.where(descending ? sql<boolean>`${here} < ${there}` : sql<boolean>`${here} > ${there}`)
}
