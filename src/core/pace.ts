/**
 * When a right act may be done: spacing, incidents with their canary and ramp, budgets, and the mode. Budgets pace; they never latch and
 * never fail open: a number that is not known is the smallest. `retry`, a person's word, lifts spacing and pacing, never a gate.
 */
import { amount } from './amount.ts'
import type { Approval, Rejection } from './case.ts'
import type { Acting, Decision } from './decision.ts'
import { DOMAIN_KINDS } from './fleet.ts'
import { sharedBy } from './incident.ts'
import { type Judged, ownAttempts, soonest, wait } from './judged.ts'
import { spread } from './keys.ts'
import { neededAt } from './leases.ts'
import { HOUR, type Policy } from './policy.ts'
import { refusedLately } from './refused.ts'
import { spanText, timeText } from './when.ts'

/** A reset or a recovery through all of the pacing. */
export function pace(j: Judged, acting: Acting): Decision {
  if (j.words.retry !== null) return permitted(j, acting)
  return (
    slowed(j, acting) ??
    spaced(j, acting) ??
    (sharedBy(j) === null ? (domainFree(j, acting) ?? startsLeft(j, acting)) : ramped(j, acting)) ??
    inFlightFree(j, acting) ??
    permitted(j, acting)
  )
}

/**
 * The second step of a recovery: one attempt with the first, so neither spaced nor counted as a start again, nor a canary of its own. It
 * takes a place again.
 */
export function paceSecondStep(j: Judged, acting: Acting): Decision {
  if (j.words.retry !== null) return permitted(j, acting)
  return slowed(j, acting) ?? othersFirst(j, acting) ?? inFlightFree(j, acting) ?? permitted(j, acting)
}

/**
 * Alone it asks for its domain once more. In an incident another may have gone first while it was kept from its second step; then it is one of those that
 * wait for that one.
 */
function othersFirst(j: Judged, acting: Acting): Decision | null {
  const shared = sharedBy(j)
  if (shared === null) return domainFree(j, acting)
  const begun = Math.max(...ownAttempts(j).flatMap(({ step, createdAt }) => (step === 'manage' ? [createdAt] : [])))
  const isOvertaken = (j.fleet.inFlight.byKey[shared.kind] ?? 0) > 0 || (shared.sums?.last?.at ?? begun) > begun
  return isOvertaken ? ramped(j, acting) : null
}

/** The mode: what may be sent at all. The last gate, so that observe and approve say what would have been done, and when. */
export function permitted(j: Judged, acting: Acting): Decision {
  const { mode } = j.policy
  const until = j.now + 10 * j.policy.look
  const refused = j.words.retry === null ? refusedLately(j, acting) : null
  if (refused !== null) return refused
  if (j.actsLeft === 0)
    return wait('fleet-budget', `${acting.message} The limit of this sweep is reached.`, j.now + j.policy.look, acting.act)
  if (mode === 'auto') return acting
  if (mode === 'observe') return wait('observe-only', `${acting.message} ${whyObserve(j)}`, until, acting.act)
  if (approves(j, acting, j.words.approval)) return acting
  const no = j.words.rejection
  if (no !== undefined && names(j, acting, no))
    return wait(
      'rejected',
      `${acting.message} ${no.by} said no: ${no.why}. It is not asked again until something changes.`,
      until,
      acting.act,
    )
  return wait('needs-approval', `${acting.message} \`anneal approve ${j.case?.id ?? 'CASE'}\` lets it.`, until, acting.act)
}

/** Why nothing is sent although it would be right. */
export const whyObserve = ({ overruled }: Judged): string =>
  overruled === true
    ? 'Another process put another mode or policy in force, so this one only observes.'
    : 'Mode is observe, so nothing is sent.'

/** An approval opens the mode gate for exactly what was approved. */
const approves = (j: Judged, acting: Acting, approval: Approval | null): boolean =>
  approval !== null && approval.expiresAt > j.now && names(j, acting, approval)

/** A yes or a no is about exactly one thing: act, cause, attempt and what was observed. */
function names(j: Judged, acting: Acting, word: Rejection): boolean {
  const number = 'number' in acting.plan ? acting.plan.number : 0
  return word.act === acting.act && word.cause === j.diagnosis.cause && word.digest === j.node.digest && word.number === number
}

function slowed(j: Judged, acting: Acting): Decision | null {
  const { slowUntil } = j.fleet
  // So much further ahead than it is ever set, it is from before the wall clock was set back.
  if (slowUntil === null || slowUntil <= j.now || slowUntil > j.now + 2 * j.policy.slowCloud) return null
  return wait(
    'fleet-budget',
    'Ironic said that it is at its own limit of concurrent actions; the whole cloud waits.',
    slowUntil,
    acting.act,
  )
}

/** Reset n not before its spacing after the failure it answers, however late that was first seen. */
function spaced(j: Judged, acting: Acting): Decision | null {
  const { spacing, jitter } = j.policy
  const number = 'number' in acting.plan ? acting.plan.number : 1
  const base = spacing[Math.min(number, spacing.length) - 1] ?? 0
  const until = Math.round(j.failedAt + base * (1 + jitter * spread(`${j.node.uuid} ${j.failedAt}`)))
  if (j.now >= until) return null
  return wait('spacing', `${acting.message} Not before ${timeText(until)}, ${spanText(base)} after the failure.`, until, acting.act)
}

/** One canary; when one is proven 2, 4, 8 … at a time. A second canary only after the policy's time and a changed reading. */
function ramped(j: Judged, acting: Acting): Decision | null {
  const shared = sharedBy(j)
  if (shared === null) return null
  const name = `${shared.members} nodes failed together (${shared.kind} ${shared.value})`
  const { sums } = shared
  const soon = nextTurn(j)
  const needier = sums === null ? 0 : (j.fleet.needier.byIncident[sums.id] ?? 0)
  const proven = sums?.proven ?? 0
  if (proven > 0) {
    const allowed = 2 ** Math.floor(Math.log2(proven + 1))
    if ((sums?.inFlight ?? 0) + needier < allowed) return null
    return queued(
      wait(
        'incident-ramp',
        `${name}; ${proven} healed, ${sums?.inFlight} under way, ${allowed} at a time for now.${yielding(needier)}`,
        soon,
        acting.act,
      ),
    )
  }
  const conductorBusy = (j.fleet.inFlight.byKey.conductor ?? 0) > 0
  if ((sums?.inFlight ?? 0) > 0 || conductorBusy || j.fleet.inFlight.cloud > 0 || needier > 0) {
    return queued(
      wait('canary-first', `${name}; one node goes first and the others wait for its outcome.${yielding(needier)}`, soon, acting.act),
    )
  }
  // What healed long before this one failed is no proof that it would, and speaks against nothing.
  if (!sums?.last || sums.last.result === 'proven') return null
  const again = sums.last.at + j.policy.incident.secondCanary
  // Between a canary's return and its proof (Placement follows within a minute) nothing is known yet, good or bad.
  if (j.now < again && sums.last.result === null)
    return wait('canary-first', `${name}; the first one is back and its proof is awaited.`, soon, acting.act)
  if (j.now < again)
    return wait(
      'canary-first',
      `${name}; the first try did not heal. A second goes not before ${timeText(again)}.`,
      Math.min(again, j.now + 10 * j.policy.look),
      acting.act,
    )
  if (!changedSince(j, sums.last))
    return wait(
      'canary-first',
      `${name}; the first try did not heal and nothing has been seen to change since.`,
      j.now + 10 * j.policy.look,
      acting.act,
    )
  return null
}

/**
 * Whether a second canary would try anything new: a reading that both nodes have differs, a service was seen down after the first try, or
 * the node that was tried has no failure any more that would speak for the next one's.
 * The two are different nodes, so what only one of them was asked says nothing.
 */
function changedSince(j: Judged, last: { at: number; readings: string; isFailing: boolean }): boolean {
  if (!last.isFailing) return true
  const before = new Map(last.readings.split(' ').map((part) => [part.split('=')[0], part]))
  const differs = readingsOf(j)
    .split(' ')
    .some((part) => (before.get(part.split('=')[0]) ?? part) !== part)
  return differs || Object.values(j.memory.badAt).some((at) => at > last.at)
}

/** The readings that a second canary needs changed: what was down or silent, in words that mean the same on every node. */
export function readingsOf({ observation: o }: Pick<Judged, 'observation'>): string {
  const services = Object.entries(o.services)
    .map(([name, r]) => `${name}=${r.kind === 'known' ? r.value.state : r.kind}`)
    .sort()
  return [
    `bmc=${o.bmc.kind === 'known' ? o.bmc.value.kind : o.bmc.kind}`,
    `conductor=${o.conductor.kind === 'known' ? o.conductor.value.alive : '?'}`,
    ...services,
  ].join(' ')
}

/** Without an incident: one at a time in each failure domain. */
function domainFree(j: Judged, acting: Acting): Decision | null {
  const domain = DOMAIN_KINDS.find((kind) => (j.fleet.inFlight.byKey[kind] ?? 0) > 0)
  if (domain === undefined) return null
  return wait(
    'fleet-budget',
    `${acting.message} Another node on the same ${domain} (${j.keys[domain]}) is under repair; one at a time.`,
    soonest(j, Math.min(j.policy.look, 15_000)),
    acting.act,
  )
}

/** Without an incident: a bounded number of starts an hour. */
function startsLeft(j: Judged, acting: Acting): Decision | null {
  const { fleet, policy } = j
  const starts = Math.max(policy.starts.min, Math.floor(policy.starts.share * fleet.census.total))
  if (fleet.startsLastHour + fleet.needier.cloud < starts) return null
  if (fleet.startsLastHour < starts)
    return queued(
      wait(
        'fleet-budget',
        `${acting.message} ${amount(starts, 'reset')} an hour.${yielding(fleet.needier.cloud)}`,
        nextTurn(j),
        acting.act,
      ),
    )
  const until = Math.max((fleet.oldestStartAt ?? j.now) + HOUR, j.now + policy.look)
  return queued(wait('fleet-budget', `${starts} resets were begun within the last hour; a wave is not a repair.`, until, acting.act))
}

/** How many nodes of a cloud of that size may be under repair side by side. A small cloud still gets two. */
export const placesIn = ({ inFlight: { cloudShare, cloudMax } }: Pick<Policy, 'inFlight'>, nodes: number): number =>
  Math.max(2, Math.min(Math.floor(cloudShare * nodes), cloudMax))

/** Always: the places in flight per cloud and per resource class. A small pool still gets one. */
function inFlightFree(j: Judged, acting: Acting): Decision | null {
  const { fleet, policy } = j
  const { classShare, classMax } = policy.inFlight
  const inCloud = placesIn(policy, fleet.census.total)
  const inClass = Math.max(1, Math.min(Math.floor(classShare * fleet.census.inClass), classMax))
  const { needier } = fleet
  const waits = (why: string, before: number): Decision =>
    queued(wait('fleet-budget', `${acting.message} ${why}${yielding(before)}`, nextTurn(j), acting.act))
  if (fleet.inFlight.cloud + needier.cloud >= inCloud)
    return waits(
      `${amount(fleet.inFlight.cloud, 'node')} ${fleet.inFlight.cloud === 1 ? 'is' : 'are'} under repair; ${inCloud} at a time in this cloud.`,
      needier.cloud,
    )
  if (fleet.inFlight.inClass + needier.inClass < inClass) return null
  return waits(`${fleet.inFlight.inClass} of its resource class are under repair; ${inClass} at a time.`, needier.inClass)
}

/** It waits for a place that others have, so whoever is needed sooner than it goes first. */
const queued = (decision: Decision): Decision => (decision.kind === 'wait' ? { ...decision, queued: true } : decision)

const yielding = (needier: number): string =>
  needier === 0
    ? ''
    : ` ${needier === 1 ? 'A node' : `${needier} nodes`} with a lease on it before this one's ${needier === 1 ? 'goes' : 'go'} first.`

/** A node that somebody waits for looks again soon however many wait with it: they are few, and a free place is kept for them. */
const nextTurn = (j: Judged): number => {
  const ms = Math.min(j.policy.look, 15_000)
  return neededAt(j) === null ? soonest(j, ms) : j.now + ms
}
