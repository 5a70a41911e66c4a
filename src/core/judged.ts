/**
 * The table on which one decision is made: the observation with everything derived from it, worked out once. Also the few ways
 * to say a decision. No judgement stands here.
 */
import { type BmcVerdict, bmcVerdict } from './bmc-verdict.ts'
import type { Attempt, Case, Memory, Words } from './case.ts'
import type { Act, Acting, Decision, Diagnosis, Plan, Reason } from './decision.ts'
import type { Fleet, Keys } from './fleet.ts'
import { type Count, countAttempts } from './marks.ts'
import type { Observation, ObservedNode } from './observation.ts'
import type { Policy } from './policy.ts'
import { type TenantVerdict, tenantVerdict } from './tenant.ts'
import { waitOf } from './waiting.ts'

export type DecideInput = {
  observation: Observation
  /** With this observation already remembered (core/remember.ts); null where nothing has failed. */
  case: Case | null
  attempts: Attempt[]
  words: Words
  keys: Keys
  diagnosis: Diagnosis
  fleet: Fleet
  policy: Policy
  /** Its mode is observe only because another process put another policy in force. */
  overruled?: boolean
  /** How many more acts this run may begin (`sweep --limit`); null where nothing limits it. */
  actsLeft: number | null
  now: number
}

export type Judged = DecideInput & {
  node: ObservedNode
  memory: Memory
  tenant: TenantVerdict
  bmc: BmcVerdict
  count: Count
  /** Epoch ms of the failure that a reset would answer. */
  failedAt: number
}

export function judge(input: DecideInput & { node: ObservedNode; memory: Memory }): Judged {
  const { observation: o, node, memory, policy, attempts, now } = input
  return {
    ...input,
    tenant: tenantVerdict(o, node, memory, policy),
    bmc: bmcVerdict({ o, node, memory, policy, now }),
    count: countAttempts({ marks: node.marks, attempts, memory, policy, now }),
    failedAt: memory.failure?.at ?? now,
  }
}

export const wait = (reason: Reason, message: string, until: number, act: Act | null = null): Decision => ({
  kind: 'wait',
  reason,
  message,
  until,
  act,
})
export const leave = (reason: Reason, message: string, until: number): Decision => ({ kind: 'leave', reason, message, until, act: null })
export const escalate = (reason: Reason, message: string, until: number): Decision => ({
  kind: 'escalate',
  reason,
  message,
  until,
  act: null,
})
export const resolve = (reason: Reason, message: string): Decision => ({ kind: 'resolve', reason, message, until: null, act: null })
export const go = (reason: Reason, message: string, plan: Plan): Acting => ({
  kind: 'act',
  reason,
  message,
  until: null,
  act: plan.act,
  plan,
})

/** The decision of a gate that does not hold is null: the next one is asked. */
export type Gate = (j: Judged) => Decision | null

export function first(j: Judged, gates: readonly Gate[]): Decision | null {
  for (const gate of gates) {
    const decision = gate(j)
    if (decision !== null) return decision
  }
  return null
}

/** Since when the decision in force has had this reason, or waited for its turn as this one does; now where it has another. */
export const sinceOf = (j: { case: Case | null; now: number }, reason: Reason): number =>
  j.case?.decision && waitOf(j.case.decision.reason) === waitOf(reason) ? j.case.decision.since : j.now

/** A reset and a recovery go on after they are accepted; the other acts are done with their answer. */
export const hasCourse = (attempt: Pick<Attempt, 'act'>): boolean => attempt.act === 'reset' || attempt.act === 'recover-cleaning'

/** The case's own attempts that changed something or may have. */
export const ownAttempts = (j: Pick<DecideInput, 'attempts' | 'case'>): Attempt[] => j.attempts.filter((a) => a.caseId === j.case?.id)

/**
 * Some three looks a second over all that wait, however many wait: each look costs Ironic, Nova and Neutron a few requests, and whoever looks
 * next takes the place that has become free, so the more there are, the less often each of them need look.
 */
const LOOKS_APART = 300

/** The next look of a node that waits, not before `ms` from now. */
export const soonest = (j: Pick<Judged, 'now' | 'fleet'>, ms: number): number => j.now + Math.max(ms, j.fleet.openInClass * LOOKS_APART)
