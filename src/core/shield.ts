/**
 * Keeping a node from being reserved while its case is open, and giving back what Blazar took from it: the acts `shield`, `unshield` and
 * `give-back`. Only ChameleonCloud's fork has a way to take a host out, and only its polling monitor makes it reservable again, so where
 * either is missing nothing is sent. Source: docs/facts.md on Blazar.
 */
import type { Attempt, BlazarPart, HeldLease } from './case.ts'
import type { Decision } from './decision.ts'
import { HANDS, HANDS_AFAR, outcomeUnknown } from './gates.ts'
import { type DecideInput, escalate, first, go, type Judged, ownAttempts, wait } from './judged.ts'
import { givesBack, isBereft, leaseText } from './leases.ts'
import type { BlazarHostSeen, Observation } from './observation.ts'
import { permitted } from './pace.ts'
import { SECOND } from './policy.ts'
import { refusedLately } from './refused.ts'
import { parseTime, timeText } from './when.ts'

/** The case that a mark in extra.anneal_shield names; null where it is nothing of ours. */
export const caseOfMark = (mark: string | null): string | null =>
  mark === null ? null : (/"case":\s*"(c-[0-9a-z]{8})"/.exec(mark)?.[1] ?? null)

/**
 * Before anything else is sent to a failed node. What keeps it from being sent (Blazar away, a refusal) keeps nothing else waiting: a node that
 * heals unshielded is better than one that does not heal.
 */
export function shieldFirst(j: Judged): Decision | null {
  const { blazar } = j.observation
  const { mode, monitor } = j.policy.blazar
  if (mode !== 'chameleon' || monitor !== 'on' || blazar.kind !== 'known') return null
  const { kind, host } = blazar.value
  // Disabled already: an operator's, whatever we might add to it.
  if (kind !== 'chameleon' || host?.disabled !== false || isMarkForeign(j)) return null
  // One that an operator took away is not set again.
  if (ownAttempts(j).some(({ act, outcome }) => act === 'shield' && outcome !== 'refused' && outcome !== 'not-sent')) return null
  const part: BlazarPart = { host_id: host.id, updated_at: null, keepMark: false, lease: null }
  const why = `Blazar's host ${host.id} is disabled meanwhile, so that nobody reserves a broken node.`
  const acting = go('shield-first', why, { act: 'shield', blazar: part })
  // A person's retry is about the reset, and lifts the pacing of nothing else.
  if (refusedLately(j, acting) !== null) return null
  const decision = permitted(j, acting)
  return decision.kind === 'act' || decision.reason === 'needs-approval' ? decision : null
}

/** Whoever wrote it: a mark that names no case with a shield of ours on this node is not overwritten. */
function isMarkForeign({ node, attempts }: Judged): boolean {
  const named = caseOfMark(node.shield)
  return node.shield !== null && !attempts.some(({ act, caseId }) => act === 'shield' && caseId === named)
}

/** What is left of this case's shield: at Blazar, as far as it is known to be ours, and in Ironic. */
type Left = { part: BlazarPart; atBlazar: boolean; isUnclear: boolean }

/**
 * The shield of this case that nothing has ended as far as is known: an end that nobody saw is none. Where the mark's reply was lost, Blazar was
 * sent nothing.
 */
function lastSet(j: Pick<DecideInput, 'attempts' | 'case'>): Attempt | undefined {
  const [last] = ownAttempts(j).filter(
    ({ act, outcome, markState }) =>
      (act === 'shield' && outcome === 'unknown' && markState !== 'maybe') ||
      ((act === 'shield' || act === 'unshield') && outcome === 'accepted'),
  )
  return last?.act === 'shield' ? last : undefined
}

function leftOf(j: Judged, keepMark: boolean): Left | null {
  const mark = caseOfMark(j.node.shield) === j.case?.id
  const set = lastSet(j)
  const atBlazar = set !== undefined && isThere(j, set)
  const updated_at = !atBlazar ? null : updatedBy(set, hostOf(j))
  // What cannot be told apart from an operator's is ours as long as the mark says so.
  const isUnclear = atBlazar && updated_at === null
  if (isUnclear ? !mark : !atBlazar && (keepMark || !mark)) return null
  const shield = set ?? ownAttempts(j).find(({ act }) => act === 'shield')
  if (shield?.blazar == null) return null
  return { part: { host_id: shield.blazar.host_id, updated_at, keepMark, lease: null }, atBlazar, isUnclear }
}

const hostOf = ({ observation: { blazar } }: Pick<Judged, 'observation'>): BlazarHostSeen | null =>
  blazar.kind === 'known' ? blazar.value.host : null

/** Whether Blazar was read (epoch ms) after all of the act's requests: what was kept from before does not show it yet, however the wall clock was set meanwhile. */
export const isReadSince = ({ settledAt, deadlineAt }: Attempt, readAt: number): boolean => readAt > (settledAt ?? deadlineAt)

/** Not known is still there; and what was read before it was set does not show it yet. */
function isThere({ observation: { blazar } }: Pick<DecideInput, 'observation'>, set: Attempt): boolean {
  if (blazar.kind !== 'known' || !isReadSince(set, blazar.value.readAt)) return true
  const { host } = blazar.value
  if (host === null || host.id !== set.blazar?.host_id || host.disabled === false) return false
  const by = updatedBy(set, host)
  return by === null || host.updated_at === by
}

/** A request has left by its deadline, and Blazar's clock is not ours. */
const CLOCKS_APART = 5 * SECOND

/**
 * The host's `updated_at` as this shield made it. Where its reply was lost, the host must have been changed while the request was on its way; then
 * it was this one, but for an operator who did the same in the same seconds. Where the mark's reply was lost, nothing was sent to Blazar; and where
 * its process died before it said so, nobody knows whether the request left at all; and a host that was disabled at another time, as a look after
 * the request showed, was changed by somebody else since, however the clocks stand. null: it was another one, or cannot be told.
 */
export function updatedBy(
  { blazar, createdAt, deadlineAt, markState }: Pick<Attempt, 'blazar' | 'createdAt' | 'deadlineAt' | 'markState'>,
  host: BlazarHostSeen | null,
): string | null {
  if (markState === 'maybe' || blazar?.isUnclear) return null
  if (blazar?.updated_at != null) return blazar.updated_at
  if (markState !== 'written') return null
  const at = host?.disabled === true && host.id === blazar?.host_id ? parseTime(host.updated_at) : null
  return at !== null && at >= createdAt - CLOCKS_APART && at <= deadlineAt + CLOCKS_APART ? (host?.updated_at ?? null) : null
}

/**
 * What a shield keeps of a look after its lost reply that showed the host disabled at another time than its own: where two clocks stand minutes
 * apart, an operator's later `disabled` could else fall into its time.
 */
export function becameUnclear(attempt: Attempt, blazar: Observation['blazar']): { blazar?: BlazarPart } {
  const { act, outcome, blazar: part } = attempt
  if (act !== 'shield' || outcome !== 'unknown' || part === null || part.isUnclear) return {}
  if (blazar.kind !== 'known' || !isReadSince(attempt, blazar.value.readAt)) return {}
  const { host } = blazar.value
  if (host?.disabled !== true || host.id !== part.host_id || updatedBy(attempt, host) !== null) return {}
  return { blazar: { ...part, isUnclear: true } }
}

/**
 * The end of the shield, before its case closes. null: nothing is left of it, or nothing may be sent by the configuration. @param taken the
 * node has somebody's instance or allocation, so nothing is sent to it, only to Blazar
 */
export function shieldOver(j: Judged, { taken }: { taken: boolean }): Decision | null {
  const left = leftOf(j, taken)
  if (left === null || j.policy.blazar.mode !== 'chameleon') return null
  const later = j.now + 10 * j.policy.look
  const hand = first(j, [...(taken ? HANDS_AFAR : HANDS), outcomeUnknown])
  // A quarantine is not ended on a node that somebody has.
  if (hand !== null && !(taken && hand.kind === 'act')) return hand
  if (left.isUnclear)
    return hostOf(j)?.disabled === true
      ? escalate('shield-over', unclear(left, j.node.name ?? j.node.uuid), later)
      : wait('shield-over', `Blazar cannot be asked whether its host ${left.part.host_id} is disabled.`, j.now + j.policy.look, 'unshield')
  const what = left.atBlazar ? `Blazar's host ${left.part.host_id} is given back to its monitor` : 'The mark of the shield is removed'
  return permitted(j, go('shield-over', `${what}: the case is over.`, { act: 'unshield', blazar: left.part }))
}

/** Hosts and allocations are read for a whole cloud and kept for a minute (facts of Blazar: its monitor polls as often). */
const READ_KEPT_MS = 61 * SECOND

/** What was read before the host was enabled says nothing of whether it is lent again, nor of what it can be given; and so with a lease. */
export function notSeenSince(j: Judged): Decision | null {
  const { blazar } = j.observation
  const [last] = ownAttempts(j).filter(({ act, outcome }) => (act === 'unshield' || act === 'give-back') && outcome === 'accepted')
  if (last === undefined || blazar.kind !== 'known' || blazar.value.readAt > (last.settledAt ?? last.createdAt)) return null
  return wait(
    'proof-pending',
    'Blazar has not been looked at since it was sent something.',
    Math.max(blazar.value.readAt + READ_KEPT_MS, j.now + 5 * SECOND),
  )
}

const unclear = ({ part }: Left, node: string): string =>
  `${leftBehind(part.host_id, true)} If somebody does: \`openstack baremetal node unset --extra anneal_shield ${node}\`.`

/** As the request itself: a client that cannot send null, only an empty text, would disable it once more. */
const enabling = (host_id: string): string => `send Blazar PUT /v1/os-hosts/${host_id} {"disabled": null}`

/** As shieldLeft, of a node that Ironic does not know any more: nothing is sent about it, so a person must. */
export function shieldOfGone(j: Pick<DecideInput, 'attempts' | 'case' | 'observation'>): string | null {
  const set = lastSet(j)
  if (set === undefined || !isThere(j, set) || j.observation.blazar.kind === 'absent') return null
  return leftBehind(set.blazar?.host_id ?? '?', updatedBy(set, hostOf(j)) === null)
}

const leftBehind = (host_id: string, isUnclear: boolean): string =>
  isUnclear
    ? `Blazar's host ${host_id} is disabled, and whether by Anneal or by an operator is not known. If nobody wants that: ${enabling(host_id)}.`
    : `Blazar's host ${host_id} is still disabled by Anneal: ${enabling(host_id)}.`

/** What a case that closes leaves behind at Blazar all the same; null: nothing. */
export function shieldLeft(j: Judged): string | null {
  const left = leftOf(j, true)
  return left === null ? null : leftBehind(left.part.host_id, left.isUnclear)
}

/** Of what Blazar's monitor took from the node while it was broken, the first that can be given back now that it is well. */
export function givingBack(j: Judged): Decision | null {
  const { blazar } = j.observation
  if (!givesBack(j.policy) || blazar.kind !== 'known') return null
  const { kind, host } = blazar.value
  if (kind !== 'chameleon' || host?.reservable !== true) return null
  const lease = (j.memory.leases ?? []).find((one) => one.reservation !== null && isWanting(j, one))
  if (lease?.reservation == null) return null
  const part: BlazarPart = { host_id: host.id, updated_at: null, keepMark: false, lease: { id: lease.id, reservation: lease.reservation } }
  const why = `Blazar took this node from ${leaseText(lease)} while it was broken, and gave it no other; it gets the node back.`
  return first(j, [...HANDS, outcomeUnknown]) ?? permitted(j, go('lease-lost', why, { act: 'give-back', blazar: part }))
}

/** With no node anywhere, and this one free for all of its time. */
function isWanting(j: Judged, lease: HeldLease): boolean {
  const start = parseTime(lease.start_date)
  const end = parseTime(lease.end_date)
  if (start === null || end === null || !isBereft(lease, j)) return false
  if (ownAttempts(j).some((a) => a.act === 'give-back' && a.outcome === 'accepted' && a.blazar?.lease?.id === lease.id)) return false
  const { blazar } = j.observation
  return (
    blazar.kind === 'known' &&
    blazar.value.total === blazar.value.leases.length &&
    blazar.value.leases.every((other) => isApart(other, { start, end }))
  )
}

function isApart(
  { start_date, end_date }: { start_date: string | null; end_date: string | null },
  of: { start: number; end: number },
): boolean {
  const start = parseTime(start_date) ?? Number.NEGATIVE_INFINITY
  const end = parseTime(end_date) ?? Number.POSITIVE_INFINITY
  return end <= of.start || start >= of.end
}

/**
 * The start of a pending lease that a detour through `manageable` would cost: the fork's monitor takes a host in that state for failed and moves
 * what starts soon, while one in `cleaning` stays as it was. null: there is none.
 */
export function leaseNear(j: Judged): { until: number; message: string } | null {
  const { blazar } = j.observation
  if (blazar.kind !== 'known' || blazar.value.kind !== 'chameleon' || j.policy.blazar.monitor === 'off') return null
  if (blazar.value.host?.reservable !== true || j.node.provision_state !== 'cleaning') return null
  const soon = blazar.value.leases
    .map((lease) => ({ lease, start: parseTime(lease.start_date) ?? Number.NEGATIVE_INFINITY }))
    .find(({ start }) => start > j.now && start - j.now <= j.policy.blazar.healingInterval)
  if (soon === undefined) return null
  const text = `Its recovery leads through manageable, where Blazar would take the node from ${leaseText(soon.lease)}`
  return { until: soon.start, message: `${text}; it waits until that has begun (${timeText(soon.start)}).` }
}
