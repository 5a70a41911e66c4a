/**
 * The judgement: one observation, one case, one fleet, one policy and the time in, one decision out. Pure. It reads the next step off
 * the node, never from a saved position, so a crash anywhere heals on the next pass.
 */
import { atHome } from './at-home.ts'
import { EMPTY_MEMORY } from './case.ts'
import type { Decision } from './decision.ts'
import { BEFORE_HEALING, BEFORE_SHIELD, censusDoubtful, HANDS } from './gates.ts'
import { REPAIR_STATES } from './ironic.ts'
import { type DecideInput, escalate, first, judge, ownAttempts, resolve, sinceOf, wait } from './judged.ts'
import { neededAt } from './leases.ts'
import { DAY } from './policy.ts'
import { cleanFailedRow } from './row-clean-failed.ts'
import { errorRow } from './row-error.ts'
import { inRepairRow } from './row-in-repair.ts'
import { shieldFirst, shieldOfGone } from './shield.ts'
import { isForTurn, isSilent, silentSince } from './waiting.ts'
import { parseTime, spanText } from './when.ts'

export function decide(input: DecideInput): Decision {
  const decision = inTimeToSettle(input, lessSilent(input, recordable(input, judgement(input))))
  // A crash right after the commit must not lose the node: it is due again soon, whatever becomes of the act.
  return decision.kind === 'act' ? { ...decision, until: input.now + AFTER_ACT } : decision
}

/** Ironic's shortest tear-down takes some 2 s; a poll sees the rest. */
const AFTER_ACT = 5_000

/** An intent names its case, so without one nothing is sent. */
function recordable(input: DecideInput, decision: Decision): Decision {
  if (decision.kind !== 'act' || input.case !== null) return decision
  return wait(decision.reason, `${decision.message} It waits for its case to be open.`, input.now + input.policy.look, decision.act)
}

function judgement(input: DecideInput): Decision {
  const { observation: o, policy, now } = input
  if (o.node.kind === 'unknown')
    return censusDoubtful(input) ?? wait('node-unreadable', `Ironic did not show the node: ${o.node.reason}.`, now + policy.look)
  if (o.node.kind === 'absent') return censusDoubtful(input) ?? gone(input)
  const node = o.node.value
  const j = judge({ ...input, node, memory: input.case?.memory ?? EMPTY_MEMORY })
  const state = node.provision_state
  const failed = state === 'error' || state === 'clean failed'
  if (!failed && !REPAIR_STATES.includes(state)) return atHome(j)
  const hand = first(j, HANDS)
  if (hand !== null) return hand
  if (!failed) return inRepairRow(j)
  return first(j, BEFORE_SHIELD) ?? shieldFirst(j) ?? first(j, BEFORE_HEALING) ?? (state === 'error' ? errorRow(j) : cleanFailedRow(j))
}

/**
 * Ironic says 404. Absence is never recovery, and a credential that lost its role sees the same, so the case stays open for a day and
 * then closes as gone, not as healed. It has a slug of its own, because the day counts answers of 404 alone, not silence before them.
 */
function gone(input: DecideInput): Decision {
  const since = sinceOf(input, 'node-gone')
  const left = input.now - since >= DAY ? shieldOfGone(input) : null
  if (left !== null) return escalate('node-gone', `Ironic does not know the node any more. ${left}`, input.now + 10 * input.policy.look)
  if (input.now - since >= DAY)
    return resolve('node-gone', `Ironic has not known the node for ${spanText(input.now - since)}: it is not enrolled any more.`)
  return wait(
    'node-gone',
    'Ironic answers 404: the node was removed, or this credential may not see it any more.',
    input.now + 10 * input.policy.look,
  )
}

/** A case that waits now for this and now for that is told of a quarter later than one that waits for one thing, so that nobody is told just before a reason's own day ends. */
const ALL_TOLD = 5 / 4

/** No wait is silent for more than a day, and none that changes its reason for much more: then a person is told, and stays told as long as it waits. */
function lessSilent(input: DecideInput, decision: Decision): Decision {
  if (!isSilent(decision)) return decision
  const { policy, now } = input
  const memory = input.case?.memory ?? EMPTY_MEMORY
  const patience = neededAt({ ...input, memory }) === 0 ? Math.min(policy.silence, policy.silenceWithLease) : policy.silence
  const one = now - sinceOf(input, decision.reason)
  const all = now - silentSince(memory, ownAttempts(input), now)
  if (one < patience && all < patience * ALL_TOLD) return decision
  const lasting =
    one < patience
      ? `It has waited for ${spanText(all)}`
      : `${isForTurn(decision.reason) ? 'It has waited for its turn' : 'It has been so'} for ${spanText(one)}`
  // Those behind it go on letting it go first, so it stays queued.
  return { ...decision, kind: 'escalate', message: `${decision.message} ${lasting}.`, act: null, lasting: true }
}

/**
 * An act whose end is not known holds its place until a read settles it: whatever is said of its node meanwhile (a person's hand, a fault),
 * the next look comes no later than that read may.
 */
function inTimeToSettle({ attempts, policy, now }: DecideInput, decision: Decision): Decision {
  if (decision.until === null) return decision
  const times = attempts
    .filter((a) => a.endedAt === null && (a.outcome === null || a.outcome === 'unknown'))
    .map((a) => (a.outcome === null ? a.deadlineAt + policy.settleAfter : (a.settledAt ?? a.deadlineAt) + policy.unknownOutcome))
    .filter((at) => at > now)
  return { ...decision, until: Math.min(decision.until, ...times) }
}

/**
 * Whether what is seen opens a case: `error`, `clean failed`, and `deleting` or `cleaning` that is stuck. Other states never do.
 */
export function opensCase(input: Pick<DecideInput, 'observation' | 'policy' | 'now'>): boolean {
  const { observation: o, policy, now } = input
  if (o.node.kind !== 'known') return false
  const { provision_state, reservation, provision_updated_at } = o.node.value
  if (provision_state === 'error' || provision_state === 'clean failed') return true
  if (provision_state !== 'deleting' && provision_state !== 'cleaning') return false
  const changedAt = parseTime(provision_updated_at) ?? now
  const holderDead = o.holder.kind === 'known' && !o.holder.value.alive
  return now - changedAt >= policy.stuck && (reservation === null || holderDead)
}
