/**
 * What the leases on a node mean for it: which the case remembers, how soon somebody needs the node, and what people are told of it. Pure;
 * whether anything is done at Blazar stands in shield.ts.
 */
import type { HeldLease, Memory } from './case.ts'
import type { LeaseSeen, Observation } from './observation.ts'
import type { Policy } from './policy.ts'
import { healedState } from './proof.ts'
import { parseTime, spanText, timeText } from './when.ts'

/** What is known of who needs a node: what Blazar says of it now, and what the case remembers of it. */
export type Needs = {
  observation: Pick<Observation, 'blazar'>
  memory: Pick<Memory, 'leases'>
  policy: Pick<Policy, 'blazar'>
  now: number
}

/**
 * In ms since the epoch: 0 while a lease runs, else when the next one starts, with those that would get the node back if it were well. null:
 * nobody waits for the node, as far as is known.
 */
export function neededAt(of: Needs): number | null {
  const { observation, now } = of
  if (observation.blazar.kind !== 'known') return null
  const here = observation.blazar.value.leases.filter((lease) => !isOver(lease, now))
  const starts = [
    ...here.map((lease) => (isRunning(lease, now) ? 0 : startOf(lease))),
    ...(givesBack(of.policy) ? (of.memory.leases ?? []).filter((lease) => isBereft(lease, of)).map(startOf) : []),
  ]
  const soonest = Math.min(...starts.filter((at) => at !== null))
  return Number.isFinite(soonest) ? soonest : null
}

export const givesBack = ({ blazar }: Pick<Policy, 'blazar'>): boolean => blazar.giveBack && blazar.mode === 'chameleon'

/** Taken from this node, still to begin, and with no node in its place: what a give-back is for. */
export function isBereft(lease: HeldLease, { observation, now }: Pick<Needs, 'observation' | 'now'>): boolean {
  const start = startOf(lease)
  const missing = missingOf(observation, lease)
  if (observation.blazar.kind !== 'known' || observation.blazar.value.host?.id !== lease.host_id) return false
  return lease.lostAt !== null && start !== null && start > now && missing?.status === 'PENDING' && missing.hosts.length === 0
}

/** By its dates: a lease's status follows them within 10 s (Blazar's own loop), and is withheld from other projects. */
export const isRunning = (lease: LeaseSeen, now: number): boolean => {
  const start = startOf(lease)
  return start !== null && start <= now && !isOver(lease, now)
}

const startOf = (lease: LeaseSeen): number | null => parseTime(lease.start_date)
const isOver = (lease: LeaseSeen, now: number): boolean => (parseTime(lease.end_date) ?? Number.POSITIVE_INFINITY) <= now

/**
 * The leases of a case, as they were when Blazar last had them on this node: its monitor takes those that start soon from a failed node for
 * good, and nothing else keeps what they were.
 */
export function leasesAfter(before: readonly HeldLease[], { blazar, at }: Pick<Observation, 'blazar' | 'at'>): HeldLease[] {
  if (blazar.kind !== 'known') return [...before]
  const { host, leases, total } = blazar.value
  const here = host === null ? [] : leases.map((lease) => ({ ...lease, host_id: host.id, lostAt: null }))
  // Where not all were read, one that is not among them may still be there.
  const isWhole = total === leases.length
  const others = before.filter(({ id }) => !here.some((lease) => lease.id === id))
  return [...here, ...others.map((lease) => (isWhole ? { ...lease, lostAt: lease.lostAt ?? at } : lease))].filter(
    (lease) => !isOver(lease, at),
  )
}

export type NoticeKind = 'lease-on-failed-node' | 'lease-at-risk' | 'lease-lost' | 'lease-back'

/** Something that people are told about one lease, once. */
export type Notice = { kind: NoticeKind; lease: HeldLease; message: string }

/** What is to be told now, and what has been told after that. Nothing without a case that remembers leases. */
export function noticesOf(
  memory: Memory,
  { o, policy, now }: { o: Observation; policy: Policy; now: number },
): { notices: Notice[]; told: string[] } {
  const held = memory.leases ?? []
  const told = (memory.told ?? []).filter((key) => held.some(({ id }) => key.endsWith(` ${id}`)))
  if (o.node.kind !== 'known') return { notices: [], told }
  const { name, uuid, provision_state } = o.node.value
  const node = { name: name ?? uuid, provision_state, isWell: isWell(o.node.value) }
  const notices = held.map((lease) => noticeOf(lease, { node, o, policy, now, told })).filter((notice) => notice !== null)
  return { notices, told: [...told, ...notices.map(({ kind, lease }) => `${kind} ${lease.id}`)] }
}

/** Of use to a lease: somebody has it, or could. */
export const isWell = ({ provision_state, retired }: { provision_state: string; retired: boolean }): boolean =>
  provision_state === healedState(retired) || provision_state === 'active'

type About = {
  node: { name: string; provision_state: string; isWell: boolean }
  o: Observation
  policy: Policy
  now: number
  told: string[]
}

function noticeOf(lease: HeldLease, about: About): Notice | null {
  const { node, policy, now, told } = about
  const fresh = (kind: NoticeKind, message: string): Notice | null =>
    told.includes(`${kind} ${lease.id}`) ? null : { kind, lease, message }
  if (lease.lostAt !== null) return lost(lease, about, fresh)
  if (told.includes(`lease-lost ${lease.id}`)) return fresh('lease-back', `${leaseText(lease)} has node ${node.name} again.`)
  if (node.isWell) return null
  if (isRunning(lease, now))
    return fresh('lease-on-failed-node', `Node ${node.name} is ${node.provision_state} while ${leaseText(lease)} runs on it.`)
  const start = startOf(lease)
  // Over since it was read, it is at no risk any more.
  if (start === null || start <= now || start - now > policy.blazar.warnBefore) return null
  return fresh(
    'lease-at-risk',
    `${leaseText(lease)} starts in ${spanText(start - now)} on node ${node.name}, which is ${node.provision_state}.`,
  )
}

/** Only what Blazar took is told: a lease that its holder ended, or that is over, is nobody's loss. */
function lost(lease: HeldLease, { node, o }: About, fresh: (kind: NoticeKind, message: string) => Notice | null): Notice | null {
  const missing = missingOf(o, lease)
  if (missing === null || (missing.status !== 'PENDING' && missing.status !== 'ACTIVE')) return null
  const where = missing.hosts.length === 0 ? 'and has no node in its place' : `and has Blazar's host ${missing.hosts.join(', ')} instead`
  return fresh('lease-lost', `Blazar took node ${node.name} from ${leaseText(lease)} ${where}.`)
}

/** What Blazar says now of a lease that it had on this node before; null where it was not asked, or has it there. */
export const missingOf = ({ blazar }: Pick<Observation, 'blazar'>, lease: Pick<HeldLease, 'id'>) =>
  blazar.kind === 'known' ? (blazar.value.missing.find(({ lease_id }) => lease_id === lease.id) ?? null) : null

/** `lease "demo" (3f…, project p, user u, 12:00 to 14:00)`, with what Blazar said. */
export function leaseText(lease: LeaseSeen): string {
  const start = parseTime(lease.start_date)
  const end = parseTime(lease.end_date)
  const who = [lease.project_id === null ? null : `project ${lease.project_id}`, lease.user_id === null ? null : `user ${lease.user_id}`]
  const when = start === null || end === null ? null : `${timeText(start)} to ${timeText(end)}`
  const parts = [lease.name === null ? null : lease.id, ...who, when].filter((part) => part !== null)
  return `lease ${lease.name === null ? lease.id : `"${lease.name}"`}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`
}

/** The template with what it names filled in; what Blazar did not say is a question mark. */
export function holderText(template: string, { lease, node, cause }: { lease: LeaseSeen; node: string; cause: string }): string {
  const parts: Record<string, string> = {
    ...{ node, cause, lease: lease.name ?? lease.id },
    ...{ start: dateText(lease.start_date), end: dateText(lease.end_date) },
  }
  return template.replaceAll(/\{(node|lease|start|end|cause)\}/g, (_, name: string) => parts[name] ?? '?')
}

function dateText(date: string | null): string {
  const at = parseTime(date)
  return at === null ? '?' : timeText(at)
}
