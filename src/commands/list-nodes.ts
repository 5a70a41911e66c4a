/**
 * Nodes as the last listings and passes left them: those that concern anybody, or all. It asks the database only, so it is as
 * old as the last poll; `seenAt` says how old.
 */
import type { Attempt } from '../core/case.ts'
import type { CaseView } from '../store/case-row.ts'
import { markOf, type NodeMark, type NodeOrder } from '../store/node-order.ts'
import type { NodeFilter, NodeView } from '../store/reading.ts'
import type { Store } from '../store/store.ts'
import { type NodeReport, nodeReport, timeOrNull } from './node-report.ts'

export type ListedNode = { cloud: string } & NodeReport & {
    power_state: string | null
    maintenance: boolean
    fault: string | null
    held: boolean
    /** When a listing showed it last; a node that is not listed any more has missingSince. */
    seenAt: string | null
    missingSince: string | null
  }

type Narrower = Pick<NodeFilter, 'resource_class' | 'search' | 'cause' | 'kind' | 'reason' | 'held'>
export type NodesWish = { cloud: string | null; state: string | null; all: boolean } & Narrower

/** By cloud and name. Without `all` and `state`: only nodes in a watched state, with an open case, or with a decision in force. */
export async function listNodes(store: Store, wish: NodesWish): Promise<ListedNode[]> {
  return await listed(store, await store.nodes(filterOf(wish)))
}

export type NodesPage = { nodes: ListedNode[]; total: number; next: NodeMark | null }

/** The same a page at a time, in an order that a person chose. `next`: where the next page begins; null: there is none. */
export async function pageOfNodes(store: Store, wish: NodesWish & { limit: number; order: NodeOrder }): Promise<NodesPage> {
  const { limit, order, ...narrowed } = wish
  const filter = filterOf(narrowed)
  const views = await store.nodes({ ...filter, order, limit: limit + 1 })
  const last = views.length > limit ? views[limit - 1] : undefined
  return {
    nodes: await listed(store, views.slice(0, limit)),
    total: await store.countNodes(filter),
    next: last === undefined ? null : markOf(last, order.sort),
  }
}

function filterOf({ cloud, state, all, ...narrower }: NodesWish): NodeFilter {
  return {
    ...narrower,
    ...(cloud === null ? {} : { cloud }),
    ...(state === null ? {} : { provision_state: state }),
    ...(all || state !== null ? {} : { concerning: true }),
  }
}

async function listed(store: Store, views: readonly NodeView[]): Promise<ListedNode[]> {
  const nodes: ListedNode[] = []
  for (const view of views) nodes.push(await listedNode(store, view))
  return nodes
}

export async function listedNode(store: Store, view: NodeView): Promise<ListedNode> {
  const openCase = view.caseId === null ? null : await store.caseById(view.caseId)
  const isAct = view.decision?.kind === 'act'
  const attempts = isAct ? await store.attempts(view) : []
  return {
    cloud: view.cloud,
    ...reportOfView({ view, case: openCase, attempts }),
    power_state: view.power_state,
    maintenance: view.maintenance,
    fault: view.fault,
    held: view.held,
    seenAt: timeOrNull(view.seenAt),
    missingSince: timeOrNull(view.missingSince),
  }
}

/** The report of a node out of the database: the decision in force; failing that the one that closed `case`. */
export function reportOfView(known: { view: NodeView; case: CaseView | null; attempts: Attempt[] }): NodeReport {
  const { view, attempts } = known
  // A decision without a case is not about the case that was closed before.
  const ofNode = view.decision !== null && view.caseId === null ? null : known.case
  const decision = view.decision ?? ofNode?.decision ?? null
  return nodeReport({
    uuid: view.uuid,
    name: view.name,
    provision_state: view.provision_state,
    case: ofNode,
    diagnosis: ofNode?.diagnosis ?? null,
    decision,
    outcome: decision?.kind === 'act' ? outcomeOf(attempts[0]) : null,
    acknowledged: ofNode?.acknowledged ?? null,
  })
}

/** Of the newest attempt; null while nothing is known of it. */
function outcomeOf(attempt: Attempt | undefined): NodeReport['outcome'] {
  if (attempt === undefined || attempt.outcome === null) return null
  return { kind: attempt.outcome, reason: attempt.outcomeReason ?? '' }
}
