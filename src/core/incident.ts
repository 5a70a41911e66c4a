/**
 * Which failures are one trouble: the key that best says why this node failed together with others. A pure function of the sums, asked anew
 * with each pass. What an incident may do (canary, ramp) is pace.ts's business.
 */
import type { Attempt, Case } from './case.ts'
import type { Fleet, IncidentSums, KeyKind, Keys } from './fleet.ts'
import { DOMAIN_KINDS, isWide, KEY_KINDS } from './fleet.ts'
import { HOUR, type Policy } from './policy.ts'

/**
 * A try that is this much older than a failure says nothing about it: an incident lasts as long as one of its cases is open, which may be weeks where
 * a person has to see to it, and an outage does not. How long outages last nobody has counted; at worst one more canary is spent on a longer one.
 */
export const OUTAGE_MS = 6 * HOUR

type Failed = { failedAt: number; openedAt: number; policy: Pick<Policy, 'incident'>; now: number }

/**
 * From when on tries and proofs speak for or against a node. Its own resets move its failure on, and what healed others since its case opened stays
 * a proof for it; so the earlier of both counts.
 */
export function horizonOf({ failedAt, openedAt, policy: { incident }, now }: Failed): {
  triesBefore: number
  tries: number
  proofs: number
} {
  const first = Math.min(failedAt, openedAt)
  return { triesBefore: now - incident.secondCanary, tries: first - OUTAGE_MS, proofs: first - incident.within }
}

export type Shared = {
  kind: KeyKind
  value: string
  /** The open incident; null where it begins now. */
  sums: IncidentSums | null
  members: number
  /** Why it is this key, in one sentence. */
  why: string
}

type Sharing = {
  fleet: Fleet
  keys: Keys
  policy: Policy
  attempts: Attempt[]
  case: Pick<Case, 'id' | 'memory'> | null
  now: number
}

/** What a failure itself names. It is not outvoted by what stands near it: nodes of many racks fail on one Neutron. */
const NAMED: readonly KeyKind[] = ['backlog', 'service']
/** Wide keys are taken for the cause only where they explain more than four times as many failures as a thing does on which nodes hang. */
const WIDE_COUNTS = 1 / 4

/**
 * The incident this node's failure is part of; null where it stands alone. What explains the most failures is taken, in doubt the one named
 * first in KEY_KINDS; an incident that the case belongs to already is left only for one that explains more, or as much and spent a reset since.
 * A new one begins at the policy's number of cases in its window, or where more than the share of a class has failed.
 */
export function sharedBy(j: Sharing): Shared | null {
  if (hasItsOwn(j)) return null
  const candidates = KEY_KINDS.flatMap((kind) => candidate(j, kind))
  const [first, ...others] = candidates
  if (first === undefined) return null
  const best = others.reduce((one, other) => (weight(other) > weight(one) ? other : one), first)
  const own = candidates.find(({ sums }) => sums?.isOwn === true)
  // A node whose ports were not readable when the others' incident began has one of its own for the same nodes: theirs is the canary.
  const tried = candidates.find((one) => own !== undefined && isAsMuch(one, own) && triedAt(one) > triedAt(own))
  const chosen = own === undefined || weight(best) > weight(own) ? best : (tried ?? own)
  return { ...chosen, why: reasonFor(chosen, candidates) }
}

/** Of things on which nodes hang, so that it is the same nodes. */
const isAsMuch = (one: Candidate, own: Candidate): boolean =>
  weight(one) === weight(own) && [one, own].every(({ kind }) => DOMAIN_KINDS.some((domain) => domain === kind))

const triedAt = ({ sums }: Candidate): number => sums?.last?.at ?? Number.NEGATIVE_INFINITY

type Candidate = Omit<Shared, 'why'>

function candidate({ fleet, keys, policy, now }: Sharing, kind: KeyKind): Candidate[] {
  const open = fleet.incidents[kind] ?? null
  const sums = open !== null && hasMoved(open, keys) ? null : open
  const value = sums?.value ?? keys[kind]
  if (value === undefined) return []
  const related = fleet.related[kind] ?? 0
  const members = Math.max(sums?.members ?? 0, related)
  // The last one left of an incident waits out the canary's time like the others before it.
  const isTried = sums?.last != null && now < sums.last.at + policy.incident.secondCanary
  const isIn = sums === null ? begins(fleet, policy, related) : isTried || (members >= 2 && isAlive({ sums, related, now }))
  return isIn ? [{ kind, value, sums, members }] : []
}

/**
 * An incident stays open with a node that a person has to see to, and what fails of its key weeks later is none of it: it is joined where another failed
 * lately, too, or where it began or was tried no longer ago than an outage lasts.
 */
const isAlive = ({ sums: { isOwn, last, openedAt }, related, now }: { sums: IncidentSums; related: number; now: number }): boolean =>
  isOwn || related >= 2 || last !== null || now - openedAt < OUTAGE_MS

/** The node hangs on another switch, network or rack now. A canary that fails on another service than the first does not move by that. */
const hasMoved = ({ key, value, isOwn }: IncidentSums, keys: Keys): boolean =>
  isOwn && DOMAIN_KINDS.some((kind) => kind === key) && keys[key] !== undefined && keys[key] !== value

function begins({ census, openInClass }: Fleet, { incident }: Policy, related: number): boolean {
  const isMuchOfClass = census.inClass > 0 && openInClass > incident.classShare * census.inClass
  return related >= incident.cases || (isMuchOfClass && openInClass >= incident.cases && related >= 2)
}

const weight = ({ kind, members }: Candidate): number =>
  NAMED.includes(kind) ? Number.POSITIVE_INFINITY : members * (isWide(kind) ? WIDE_COUNTS : 1)

/** All the resets that the policy allows have failed on this node alone: whatever took the others along, it has a trouble of its own. */
function hasItsOwn({ attempts, case: of, policy: { resets }, now }: Sharing): boolean {
  if (of === null) return false
  const since = Math.max(resets.window === 'lifetime' ? 0 : now - resets.window, of.memory.releasedAt ?? 0)
  const failed = attempts.filter(
    ({ act, outcome, result, caseId, createdAt }) =>
      act === 'reset' && outcome !== 'refused' && result === 'failed' && caseId === of.id && createdAt >= since,
  )
  return failed.length >= resets.max
}

const WORDS: Record<KeyKind, string> = {
  backlog: 'had failed before Anneal first looked',
  service: 'failed on the service',
  switch: 'that failed hang on the switch',
  'bmc-network': 'that failed have their BMC on the network',
  rack: 'that failed stand in the rack',
  conductor: 'that failed are managed by the conductor',
  signature: 'left the same kind of text:',
}

function reasonFor({ kind, value, members }: Candidate, candidates: readonly Candidate[]): string {
  const others = candidates.filter((other) => other.kind !== kind).map((other) => `${other.members} share the ${other.kind} ${other.value}`)
  const what = `${members} nodes ${WORDS[kind]}${kind === 'backlog' ? '' : ` ${value}`}`
  return `${what}${others.length === 0 ? '' : ` (${others.join('; ')})`}.`
}
