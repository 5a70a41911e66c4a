/**
 * The facts about one node as they were seen last: its fields, its case, our attempts, the marks in Ironic, what people said. Facts
 * only; why Anneal does what it does is explain-node.ts.
 */
import type { Marks } from '../core/observation.ts'
import type { NodeView } from '../store/reading.ts'
import type { Store } from '../store/store.ts'
import { type FoundNode, findNode } from './find-node.ts'
import { type ListedCase, listedCase } from './list-cases.ts'
import { reportOfView } from './list-nodes.ts'
import { type NodeReport, timeOrNull } from './node-report.ts'

export type ShownAttempt = {
  number: number
  act: string
  /** recover-cleaning takes two: manage, then provide. */
  step: string | null
  at: string | null
  outcome: string | null
  /** What came back, and what it led to once that was seen. */
  reason: string | null
  result: string | null
  /** The exact text in extra.hammer_error_resets, and whether it stands there. */
  mark: string | null
  markState: string
}

export type ShownNode = { cloud: string } & NodeReport & {
    /** As the last listing or pass showed them; names and values are Ironic's. */
    node: Omit<NodeView, 'cloud' | 'seenAt' | 'missingSince' | 'caseId' | 'decision' | 'held'>
    seenAt: string | null
    missingSince: string | null
    cases: ListedCase[]
    attempts: ShownAttempt[]
    /** extra.hammer_error_resets when the node was last looked at; null where it never was. */
    marks: (Marks & { at: string | null }) | null
    holds: { by: string; why: string; at: string | null; source: string }[]
  }

/** Throws CommandError where the node is not known. */
export async function showNode(store: Store, wish: { cloud: string | null; node: string }): Promise<ShownNode> {
  const key = await findNode(store, wish)
  const view = await viewOf(store, key)
  const [openCase, attempts, last, holds] = await Promise.all([
    store.caseOf(key),
    store.attempts(key),
    store.lastObservation(key),
    store.holds(key.cloud),
  ])
  const { cloud, seenAt, missingSince, caseId: _caseId, decision: _decision, held: _held, ...node } = view
  const seen = last?.observation.node
  return {
    cloud,
    ...reportOfView({ view, case: openCase, attempts }),
    node,
    seenAt: timeOrNull(seenAt),
    missingSince: timeOrNull(missingSince),
    cases: (await store.cases({ cloud, uuid: key.uuid, limit: 20 })).map(listedCase),
    attempts: attempts.map(shownAttempt),
    marks: seen?.kind === 'known' ? { ...seen.value.marks, at: timeOrNull(last?.at ?? null) } : null,
    holds: holds.filter(({ uuid }) => uuid === key.uuid).map(({ by, why, at, source }) => ({ by, why, at: timeOrNull(at), source })),
  }
}

/** The row of a node that was just found. */
export async function viewOf(store: Store, key: FoundNode): Promise<NodeView> {
  const [view] = await store.nodes({ cloud: key.cloud, uuid: key.uuid })
  // Rows of nodes are never deleted, so what was found is there.
  if (view === undefined) throw new Error(`The node ${key.uuid} vanished from the database.`)
  return view
}

export function shownAttempt(attempt: Awaited<ReturnType<Store['attempts']>>[number]): ShownAttempt {
  const { number, act, step, createdAt, outcome, outcomeReason, result, mark, markState } = attempt
  return {
    number,
    act,
    step,
    at: timeOrNull(createdAt),
    outcome,
    reason: outcomeReason,
    result,
    mark,
    markState,
  }
}
