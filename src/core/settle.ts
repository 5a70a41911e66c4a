/**
 * What became of earlier attempts, as this observation shows it: unsettled and unknown outcomes are settled by a read, places in flight are
 * freed, results are noted. Pure; the store writes what it returns.
 */
import { type Attempt, type BlazarPart, SENT_WITHIN } from './case.ts'
import type { OutcomeKind } from './decision.ts'
import { QUARANTINE_PREFIX, REPAIR_STATES } from './ironic.ts'
import { hasCourse } from './judged.ts'
import type { Observation, ObservedNode } from './observation.ts'
import { DAY, type Policy } from './policy.ts'
import { proven } from './proof.ts'
import { becameUnclear, caseOfMark, isReadSince, updatedBy } from './shield.ts'
import { parseTime } from './when.ts'

export type Settled = {
  id: string
  outcome?: OutcomeKind
  outcomeReason?: string
  markState?: Attempt['markState']
  endedAt?: number
  result?: 'proven' | 'failed'
  blazar?: BlazarPart
}

export function settle(input: { attempts: Attempt[]; o: Observation; policy: Policy; now: number }): Settled[] {
  const { attempts, o, policy, now } = input
  if (o.node.kind !== 'known') return outOfSight(attempts, now, o.node.kind === 'absent' ? policy.progress : DAY)
  const node = o.node.value
  const seen = { node, o, policy, now, seenAt: Math.min(now, o.at) }
  return attempts.flatMap((attempt) => {
    const outcome = outcomeOf(attempt, seen)
    const after = { ...attempt, ...outcome }
    const course = courseOf(after, seen)
    const settled = { id: attempt.id, ...outcome, ...course, ...becameUnclear(after, o.blazar) }
    return Object.keys(settled).length > 1 ? [settled] : []
  })
}

/**
 * A node that Ironic does not show any more cannot be seen to make progress, so what is open on it ends like what makes none: after the
 * policy's time where Ironic says that it knows no such node, after a day where the node alone cannot be read. Else a removed node would
 * hold its place for ever. Whatever happened happened long ago, so there is nothing left to wait for should it come back.
 */
function outOfSight(attempts: Attempt[], now: number, limit: number): Settled[] {
  return attempts
    .filter(({ endedAt, createdAt }) => endedAt === null && now - createdAt >= limit)
    .map((attempt) => ({
      id: attempt.id,
      ...(attempt.outcome === null
        ? { outcome: 'unknown' as const, outcomeReason: 'Ironic does not show the node any more, so what became of it is not known.' }
        : {}),
      ...(hasCourse(attempt) ? { result: 'failed' as const } : {}),
      endedAt: now,
    }))
}

/**
 * What was begun before this (epoch ms) and not seen to end holds no place any more: it made no progress for the policy's time. Never before
 * a read may have settled it, since until then it may still be on its way through Ironic.
 */
export const unseenSince = ({ progress, settleAfter, unknownOutcome }: Policy, now: number): number =>
  now - Math.max(progress, SENT_WITHIN + Math.max(settleAfter, unknownOutcome))

/** The attempts as they are once settled. */
export function afterSettling(attempts: Attempt[], settled: Settled[]): Attempt[] {
  return attempts.map((attempt) => ({ ...attempt, ...settled.find((s) => s.id === attempt.id) }))
}

/** `seenAt`: the look was not begun before this, and shows nothing of what came after. */
type Seen = { node: ObservedNode; o: Observation; policy: Policy; now: number; seenAt: number }

/**
 * An outcome nobody recorded is settled only long after its deadline (another replica may still be sending), an unknown one after the time
 * in which Ironic's RPC may still deliver.
 */
function outcomeOf(attempt: Attempt, { o, node, policy, now, seenAt }: Seen): Partial<Settled> {
  const forgotten = attempt.outcome === null && seenAt >= attempt.deadlineAt + policy.settleAfter
  const lost =
    attempt.outcome === 'unknown' && attempt.endedAt === null && seenAt >= (attempt.settledAt ?? attempt.deadlineAt) + policy.unknownOutcome
  if ((!forgotten && !lost) || (node.reservation !== null && !REPAIR_STATES.includes(node.provision_state))) return {}
  if (attempt.blazar !== null) return atBlazar(attempt, { o, node, now })
  const happened = didHappen(attempt, node)
  const written = attempt.mark !== null && node.marks.kind === 'list' && node.marks.entries.includes(attempt.mark)
  if (happened)
    return {
      outcome: 'accepted',
      outcomeReason: `A later read shows that the ${attempt.act} happened.`,
      ...(attempt.act === 'reset' ? { markState: 'written' } : {}),
      ...(hasCourse(attempt) ? {} : { endedAt: now }),
    }
  return {
    outcome: 'not-sent',
    outcomeReason: `A later read shows that the ${attempt.act} did not happen.`,
    endedAt: now,
    ...(attempt.act === 'reset' ? { markState: written ? ('owed' as const) : ('none' as const) } : {}),
  }
}

/** What Blazar shows of it. Where it cannot be asked, the end stays unknown, but the node is not kept waiting for it: healing needs no Blazar. */
function atBlazar(attempt: Attempt, { o, node, now }: Pick<Seen, 'o' | 'node' | 'now'>): Partial<Settled> {
  const end = { endedAt: now }
  if (o.blazar.kind !== 'known')
    return { ...end, outcome: 'unknown', outcomeReason: `Blazar cannot be asked what became of the ${attempt.act} (${o.blazar.reason}).` }
  const { host, leases, readAt } = o.blazar.value
  if (!isReadSince(attempt, readAt)) return {}
  // The mark comes first: without it nothing was sent to Blazar, and whoever removes it says that the host is theirs.
  const isMarked = attempt.markState !== 'maybe' && caseOfMark(node.shield) === attempt.caseId
  // A clock was set meanwhile, or an operator did the same: neither is taken for the other.
  if (attempt.act === 'shield' && isMarked && host?.disabled === true && updatedBy(attempt, host) === null)
    return { ...end, outcome: 'unknown', outcomeReason: `Blazar's host ${host.id} is disabled, and whether by this act is not known.` }
  const happened =
    attempt.act === 'give-back'
      ? leases.some(({ id }) => id === attempt.blazar?.lease?.id)
      : attempt.act === 'shield'
        ? isMarked && updatedBy(attempt, host) !== null
        : (host === null || host.disabled === false) && (attempt.blazar?.keepMark === true || caseOfMark(node.shield) !== attempt.caseId)
  return happened
    ? { ...end, outcome: 'accepted', outcomeReason: `A later read shows that the ${attempt.act} happened.` }
    : { ...end, outcome: 'not-sent', outcomeReason: `A later read shows that the ${attempt.act} did not happen.` }
}

function didHappen(attempt: Attempt, node: ObservedNode): boolean {
  if (attempt.act === 'quarantine') return node.maintenance_reason?.startsWith(`${QUARANTINE_PREFIX}${attempt.caseId} `) ?? false
  if (attempt.act === 'release') return !node.maintenance
  if (attempt.act === 'unmark') return node.marks.kind !== 'list' || attempt.mark === null || !node.marks.entries.includes(attempt.mark)
  // Without its mark no verb was ever sent: the mark's reply comes first. One that was seen to stand may have been removed by others since.
  if (
    attempt.act === 'reset' &&
    attempt.markState !== 'written' &&
    !(node.marks.kind === 'list' && attempt.mark !== null && node.marks.entries.includes(attempt.mark))
  )
    return false
  const { decided } = attempt
  return (
    decided !== null && (decided.provision_state !== node.provision_state || decided.provision_updated_at !== node.provision_updated_at)
  )
}

/** The course of a reset or a recovery that was accepted, or may have been: when it left repair, and what it came to. */
function courseOf(attempt: Attempt, { node, o, policy, now, seenAt }: Seen): Partial<Settled> {
  if (!hasCourse(attempt)) return {}
  if (attempt.outcome !== 'accepted' || attempt.result !== null) return {}
  const { decided } = attempt
  const moved =
    decided === null || decided.provision_state !== node.provision_state || decided.provision_updated_at !== node.provision_updated_at
  const underWay = REPAIR_STATES.includes(node.provision_state) && moved
  const end = attempt.endedAt === null ? { endedAt: now } : {}
  if (underWay) return stalled(attempt, node, policy, now) ? { ...end, result: 'failed' } : {}
  if (!moved) return seenAt - attempt.createdAt >= policy.unknownOutcome ? { ...end, result: 'failed' } : {}
  if (node.provision_state === 'error' || node.provision_state === 'clean failed') return { ...end, result: 'failed' }
  if (node.provision_state === 'active' || proven(o, node, policy)) return { ...end, result: 'proven' }
  return end
}

/**
 * No progress: neither begun nor moved on to another state within the policy's time; or stranded in `cleaning` without a lock, which never
 * moves by itself and whose recovery needs the place.
 */
function stalled(attempt: Attempt, node: ObservedNode, policy: Policy, now: number): boolean {
  if (attempt.endedAt !== null) return false
  const updatedAt = parseTime(node.provision_updated_at)
  if (node.provision_state === 'cleaning' && node.reservation === null && updatedAt !== null && now - updatedAt >= policy.stuck) return true
  return now - Math.max(attempt.createdAt, updatedAt ?? 0) >= policy.progress
}
