/**
 * Why Anneal does, or does not do, what it does with one node: verdict, evidence for and against, budget spent, next look, and
 * everything that happened, in order. It judges nothing again; it tells what was decided and on what.
 */
import { type Case, EMPTY_MEMORY } from '../core/case.ts'
import { countAttempts } from '../core/marks.ts'
import type { Policy } from '../core/policy.ts'
import type { CaseView } from '../store/case-row.ts'
import type { StoredObservation } from '../store/observations.ts'
import type { Store } from '../store/store.ts'
import { type ShownBlazar, shownBlazar } from './explain-blazar.ts'
import { type ShownProof, shownProof } from './explain-proof.ts'
import { findNode } from './find-node.ts'
import { reportOfView } from './list-nodes.ts'
import { type NodeReport, timeOrNull } from './node-report.ts'
import { type ShownAttempt, shownAttempt, viewOf } from './show-node.ts'

export type Explanation = { cloud: string } & NodeReport &
  ShownProof & {
    /** What speaks against the diagnosis. */
    against: string[]
    /** Since when the decision has had this reason. */
    since: string | null
    opened: string | null
    closed: string | null
    result: Case['result']
    budget: { spent: number; max: number; windowMs: number | 'lifetime' }
    incident: { id: string; key: string; value: string; members: number; proven: number; inFlight: number } | null
    hold: { by: string; why: string; at: string | null } | null
    pause: { by: string; why: string; at: string | null; cloud: string | null } | null
    /** Oldest first; the newest 500. `by` is a person's user name, or anneal. */
    timeline: { at: string | null; kind: string; by: string; message: string }[]
    attempts: ShownAttempt[]
    blazar: ShownBlazar | null
  }

type Wish = { cloud: string | null; node: string; policyOf: (cloud: string) => Policy }

const TIMELINE_MAX = 500

/** Throws CommandError where the node is not known. `policyOf` gives the policy that the budget is counted by. */
export async function explainNode(store: Store, wish: Wish): Promise<Explanation> {
  const key = await findNode(store, wish)
  const view = await viewOf(store, key)
  const [ofNode, attempts, timeline, holds, pause, last] = await Promise.all([
    store.caseOf(key),
    store.attempts(key),
    store.audit({ cloud: key.cloud, uuid: key.uuid, newestFirst: true, limit: TIMELINE_MAX }),
    store.holds(key.cloud),
    store.pausedBy(key.cloud),
    store.lastObservation(key),
  ])
  const hold = holds.findLast(({ uuid }) => uuid === key.uuid)
  const report = reportOfView({ view, case: ofNode, attempts })
  const policy = wish.policyOf(key.cloud)
  return {
    cloud: key.cloud,
    ...report,
    against: report.diagnosis === null ? [] : (ofNode?.diagnosis?.against ?? []),
    since: timeOrNull(view.decision?.since ?? ofNode?.decision?.since ?? null),
    opened: timeOrNull(ofNode?.openedAt ?? null),
    closed: timeOrNull(ofNode?.closedAt ?? null),
    result: ofNode?.result ?? null,
    budget: await budgetOf(store, { last, ofNode, attempts, policy }),
    incident: await incidentOf(store, ofNode),
    hold: hold === undefined ? null : { by: hold.by, why: hold.why, at: timeOrNull(hold.at) },
    pause: pause && { by: pause.by, why: pause.why, at: timeOrNull(pause.at), cloud: pause.cloud },
    timeline: timeline.toReversed().map(({ at, kind, by, message }) => ({ at: timeOrNull(at), kind, by, message })),
    attempts: attempts.map(shownAttempt),
    ...shownProof(last, policy),
    blazar: shownBlazar(last, ofNode?.memory ?? EMPTY_MEMORY),
  }
}

type Counted = {
  last: StoredObservation | null
  ofNode: CaseView | null
  attempts: Awaited<ReturnType<Store['attempts']>>
  policy: Policy
}

/** Counted as decide counts it, on the marks as they were seen last. */
async function budgetOf(store: Store, { last, ofNode, attempts, policy }: Counted): Promise<Explanation['budget']> {
  const node = last?.observation.node
  const { spent } = countAttempts({
    marks: node?.kind === 'known' ? node.value.marks : { kind: 'absent' },
    attempts,
    memory: ofNode?.memory ?? EMPTY_MEMORY,
    policy,
    now: await store.now(),
  })
  return { spent, max: policy.resets.max, windowMs: policy.resets.window }
}

async function incidentOf(store: Store, ofNode: CaseView | null): Promise<Explanation['incident']> {
  if (ofNode === null || ofNode.incidentId === null) return null
  const found = (await store.incidents({ cloud: ofNode.cloud, limit: 1_000 })).find(({ id }) => id === ofNode.incidentId)
  if (found === undefined) return null
  const { id, key, value, members, proven, inFlight } = found
  return { id, key, value, members, proven, inFlight }
}
