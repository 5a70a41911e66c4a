/**
 * Nodes as the last listings and passes left them: those that concern anybody, or all. It asks the database only, so it is as
 * old as the last poll; `seenAt` says how old.
 */
import type { Attempt, Case } from '../core/case.ts'
import type { NodeView } from '../store/reading.ts'
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

export type NodesWish = { cloud: string | null; state: string | null; all: boolean; limit?: number; offset?: number }

/** By cloud and name. Without `all` and `state`: only nodes in a watched state, with an open case, or with a decision in force. */
export async function listNodes(store: Store, wish: NodesWish): Promise<ListedNode[]> {
  const { cloud, state, all, limit, offset } = wish
  const views = await store.nodes({
    ...(cloud === null ? {} : { cloud }),
    ...(state === null ? {} : { provision_state: state }),
    ...(all || state !== null ? {} : { concerning: true }),
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
  })
  const listed: ListedNode[] = []
  for (const view of views) listed.push(await listedNode(store, view))
  return listed
}

async function listedNode(store: Store, view: NodeView): Promise<ListedNode> {
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
export function reportOfView(known: { view: NodeView; case: Case | null; attempts: Attempt[] }): NodeReport {
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
  })
}

/** Of the newest attempt; null while nothing is known of it. */
function outcomeOf(attempt: Attempt | undefined): NodeReport['outcome'] {
  if (attempt === undefined || attempt.outcome === null) return null
  return { kind: attempt.outcome, reason: attempt.outcomeReason ?? '' }
}
