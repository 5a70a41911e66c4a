/**
 * A case is one node's failure episode, and an attempt is one intent with what came of it. A case holds memory and times,
 * never a position in a plan: what comes next is read off the node. `core/remember.ts` folds observations into the memory.
 */
import type { Act, Cause, Decision, Diagnosis, OutcomeKind } from './decision.ts'
import type { Reach } from './flapping.ts'
import type { DecidingRead } from './ironic.ts'
import type { LeaseSeen, ReservationSeen, ServiceName } from './observation.ts'
import { SECOND } from './policy.ts'
import type { PersonMemory } from './seen.ts'

export type Case = {
  id: string
  cloud: string
  uuid: string
  name: string | null
  openedAt: number
  closedAt: number | null
  /** How it ended; null while open. */
  result: 'healed' | 'launched' | 'moved' | 'gone' | null
  memory: Memory
  diagnosis: Diagnosis | null
  /** The decision in force and since when it has had this reason, or waited for its turn (waiting.ts). */
  decision: (Pick<Decision, 'kind' | 'reason' | 'message' | 'act' | 'until'> & { since: number; at: number }) | null
}

/** `skipped`: ms between first and last that do not count, because a single gap was longer than its share of the policy's time. */
type Looks = { kind: 'silent' | 'refusing'; count: number; firstAt: number; lastAt: number; skipped?: number }

/** For how long a run of looks speaks. */
export const spanOf = ({ firstAt, lastAt, skipped }: Looks): number => lastAt - firstAt - (skipped ?? 0)

export type Memory = {
  /** The failure being answered: the newest entry into a failed state. */
  failure: { provision_state: string; provision_updated_at: string | null; at: number } | null
  /** Error text from before a reset erased it, with where it was read. */
  text: { text: string; source: 'history' | 'last_error'; at: string | null; provision_state: string } | null
  /** An unbroken run of looks at a BMC that did not answer; null after a single good look. */
  looks: Looks | null
  /** Whether the BMC answered at the last look, since when, and when it stopped answering within the last day. Absent: no look yet. */
  reach?: Reach
  /** The text of the failure before this one, where there was one in this case: what a reset changed shows beside it. */
  earlier?: NonNullable<Memory['text']>
  /** An unbroken run of good answers per service; a service that answered badly has no entry until it is good again. */
  good: Partial<Record<ServiceName, { firstAt: number; lastAt: number }>>
  badAt: Partial<Record<ServiceName, number>>
  /** When each service turned from good (or from nothing known) to bad, newest first, the last two times. */
  turnedBadAt: Partial<Record<ServiceName, number[]>>
  /** When Nova first answered 404 for this instance_uuid, past the positive control, and when last. */
  gone: { instance_uuid: string; firstAt: number; lastAt: number } | null
  /** Who holds the lock and since when it was seen; a target power state without a lock, since when. */
  lock: { holder: string; since: number; deadSince: number | null } | null
  powerTargetSince: number | null
  /** A person's maintenance that was seen on this node, and whether Ironic's fault came over it. */
  person: PersonMemory | null
  /** Our quarantine, as written; null before and after. */
  quarantine: { text: string; at: number; fault: boolean } | null
  /** When a quarantine was last lifted by a person: attempts before no longer count. */
  releasedAt: number | null
  /** First pass that saw the node proven healthy, unbroken. */
  provenAt: number | null
  /** What is bound at Neutron, since when. */
  dirtySince: number | null
  /** Leases that were seen on the node and are not over. Absent: none was. */
  leases?: HeldLease[]
  /** What people were told of its leases: once each. */
  told?: string[]
  /** Since when the case has had nothing but waits (waiting.ts). Absent, or null: it does not wait. */
  waitingSince?: number | null
  /** When a quarantine of ours was seen to be gone that no look had seen stand: nobody knows by whose hand. */
  liftedAt?: number
  /** Since when a node at home has had something left on it that nobody but a person takes away. */
  leftSince: number | null
}

/** A lease as it was when Blazar last had it on this node. `lostAt`: since when Blazar does not have it there; null while it does. */
export type HeldLease = LeaseSeen & { host_id: string; lostAt: number | null }

export const EMPTY_MEMORY: Memory = {
  failure: null,
  text: null,
  looks: null,
  good: {},
  badAt: {},
  turnedBadAt: {},
  gone: null,
  lock: null,
  powerTargetSince: null,
  person: null,
  quarantine: null,
  releasedAt: null,
  provenAt: null,
  dirtySince: null,
  leftSince: null,
}

/** An intent leaves within this of its commit, or never; told in the store, and by both clocks of the process before each request. */
export const SENT_WITHIN = 20 * SECOND

/** One intent: written with the decision, before anything is sent. */
export type Attempt = {
  id: string
  caseId: string
  act: Act
  /** For reset and recover-cleaning: which attempt on this node this is, from 1, within the window. */
  number: number
  cause: Cause
  createdAt: number
  /** Epoch ms on the database's clock after which it must not be sent. */
  deadlineAt: number
  /** The exact text appended to extra.hammer_error_resets; null for other acts. */
  mark: string | null
  /** What the node looked like when it was decided. */
  decided: DecidingRead | null
  /** Of a shield none, maybe, or written where Blazar's reply was lost. none: never written · written: stands in Ironic · maybe: the PATCH's reply was lost · owed: to be taken back · returned: taken back. */
  markState: 'none' | 'written' | 'maybe' | 'owed' | 'returned'
  /** recover-cleaning only. */
  step: 'manage' | 'provide' | null
  /** null while unsettled. */
  outcome: OutcomeKind | null
  outcomeReason: string | null
  settledAt: number | null
  /** When the node was seen to have left deleting, cleaning, clean wait again (or the act had no such course); null while it holds a place. */
  endedAt: number | null
  /** What it led to, once seen. */
  result: 'proven' | 'failed' | null
  /** For a canary: what the readings were, so that a second one comes only after they changed. */
  readings: string
  blazar: BlazarPart | null
}

/** What an act does at Blazar; null on other acts. */
export type BlazarPart = {
  host_id: string
  /** shield: the host's updated_at once it was disabled, null until then. unshield: what it must still be. */
  updated_at: string | null
  /** shield whose reply was lost: a look after it showed the host disabled at another time, so that no later change of it is taken for this one. */
  isUnclear?: true
  /** unshield: extra.anneal_shield stays, because somebody has the node by now. */
  keepMark: boolean
  /** give-back: the lease whose reservation gets the node again. */
  lease: { id: string; reservation: ReservationSeen } | null
}

/** An intent as the act needs it. `deadline` is checked on both clocks. */
export type Intent = {
  id: string
  cloud: string
  uuid: string
  caseId: string
  act: Act
  number: number
  cause: Cause
  digest: string
  decided: DecidingRead
  extraOthers: string
  mark: string | null
  /** quarantine and release: the exact maintenance_reason. */
  text: string | null
  step: 'manage' | 'provide' | null
  blazar: BlazarPart | null
  createdAt: number
  deadlineAt: number
}

/** What people have said about a node or a cloud, as far as it is in force. */
export type Words = {
  hold: { by: string; why: string; at: number; source: 'command' | 'maintenance-lifted-by-ironic' } | null
  pause: { by: string; why: string; at: number } | null
  approval: Approval | null
  /** Absent: none is in force. */
  rejection?: Rejection
  /** `anneal retry`: lifts spacing, pacing and the count for one reset, never a gate. */
  retry: { id: string; by: string; why: string; at: number } | null
  /** `anneal release` on our own quarantine. */
  release: { id: string; by: string; why: string; at: number } | null
}

/** A person's no to exactly this act: it is not asked for again while the case is open and nothing of this changes. */
export type Rejection = Omit<Approval, 'expiresAt'>

export type Approval = {
  id: string
  act: Act
  cause: Cause
  number: number
  digest: string
  by: string
  why: string
  at: number
  expiresAt: number
}
