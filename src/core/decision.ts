/**
 * What a pass can come to: one decision with a reason slug, a sentence, and the time of the next look. Also the outcome
 * words of an act. A reason slug is a metric label, an API field and a heading in docs/runbook.md at once.
 */
import type { BlazarPart } from './case.ts'

export const ACTS = ['reset', 'quarantine', 'release', 'recover-cleaning', 'unmark', 'shield', 'unshield', 'give-back'] as const
export type Act = (typeof ACTS)[number]

export const CAUSES = [
  'bmc-unreachable',
  'api-unreachable',
  'bmc-fault',
  'network-fabric',
  'agent',
  'storage',
  'locked',
  'config',
  'unknown',
] as const
export type Cause = (typeof CAUSES)[number]

export type Transient = 'yes' | 'no' | 'maybe'

/** Every reason, with the heading it has in docs/runbook.md (test/runbook.test.ts holds the two together). */
export const REASONS = [
  // Gates, in the order in which they are asked.
  'census-doubtful',
  'node-unreadable',
  'redacted',
  'paused',
  'out-of-scope',
  'held',
  'maintenance-by-person',
  'quarantined',
  'power-failure',
  'other-fault',
  'protected',
  'locked',
  'stuck-lock',
  'transition',
  'outcome-unknown',
  'conductor-dead',
  'foreign-writer',
  'instance-may-live',
  'nova-unreadable',
  'dirty-port',
  'service-red',
  'marks-unreadable',
  'retired-uncleaned',
  // Rows: what is right for this node.
  'bmc-answers',
  'bmc-seen-by-ironic',
  'bmc-silent',
  'bmc-refusing',
  'bmc-unknown',
  'credentials-refused',
  'services-green',
  'cause-may-pass',
  'last-resort',
  'attempts-spent',
  'needs-person',
  'waiting-for-nova',
  'uncleaned',
  'stuck-deleting',
  'stranded-cleaning',
  'cleaning-failed',
  'cleaning-by-person',
  'no-progress',
  'mark-owed',
  'released-by-person',
  // Reservations.
  'shield-first',
  'shield-over',
  'lease-near',
  'lease-lost',
  // Pacing.
  'spacing',
  'canary-first',
  'incident-ramp',
  'fleet-budget',
  'needs-approval',
  'rejected',
  'observe-only',
  // After the act.
  'proof-pending',
  'soak',
  'healed',
  'launched',
  'deploying',
  'moved-by-person',
  'node-gone',
] as const
export type Reason = (typeof REASONS)[number]

type Said = {
  reason: Reason
  /** One sentence for a person: what is so, and where it helps, what to do. */
  message: string
  /** Next look, epoch ms; null only where nothing more will be looked at (resolve). */
  until: number | null
}

/** `act` in a wait is the act that would be done if the reason were not in the way. `queued`: what is in the way is others' place, and stays so where a person is told
 * that it lasts. `lasting`: a wait of which a person is told for no other reason than that it lasts. */
export type Decision =
  | (Said & { kind: 'act'; act: Act; plan: Plan })
  | (Said & { kind: 'wait'; until: number; act: Act | null; queued?: true })
  | (Said & { kind: 'escalate'; act: null; queued?: true; lasting?: true })
  | (Said & { kind: 'leave' | 'resolve'; act: null })

export type Acting = Extract<Decision, { kind: 'act' }>

/** What commit needs to make an act durable as an intent, beyond what the observation says. */
export type Plan =
  | { act: 'reset'; number: number }
  | { act: 'recover-cleaning'; number: number; step: 'manage' | 'provide' }
  | { act: 'quarantine'; text: string }
  | { act: 'release' }
  | { act: 'unmark'; mark: string }
  | { act: 'shield' | 'unshield' | 'give-back'; blazar: BlazarPart }

/**
 * accepted: 2xx · not-sent: nothing left this process · refused: the cloud said no, nothing changed ·
 * unknown: it may have happened; no changing request to the node for 150 s, then a read says what did.
 */
export type OutcomeKind = 'accepted' | 'not-sent' | 'refused' | 'unknown'
export type Outcome = {
  kind: OutcomeKind
  /** One sentence: what was attempted, on what, what came back. */
  reason: string
  /** For a reset: whether the mark stands in Ironic. 'maybe': the PATCH's reply was lost. */
  mark?: 'none' | 'written' | 'maybe'
  /** The answer said "concurrent action limit" (or no worker): slow the whole cloud. */
  slowCloud?: boolean
  /** The answer says what is wrong with the node for good: power validation failed. */
  cause?: Cause
  /** For a shield: the host's updated_at as Blazar's reply shows it. */
  updated_at?: string
}

/** Where the trouble with a BMC more likely sits. */
export const PLACES = ['bmc', 'nic-or-cable', 'switch', 'network', 'credentials'] as const
export type BmcPlace = (typeof PLACES)[number]

export type Diagnosis = {
  cause: Cause
  transient: Transient
  /** For a BMC's trouble; why stands in the evidence. null: the cause is another, or nothing tells. */
  place: BmcPlace | null
  /** Sentences that speak for the cause, and sentences that speak against it. */
  evidence: string[]
  against: string[]
  /** Name of the signature that read the text; null where no text was read. */
  signature: string | null
  /** The service whose failing the texts point at. */
  service: 'keystone' | 'neutron' | 'cinder' | 'glance' | 'nova' | 'placement' | null
  /** The text that was read (history event or last_error), as Ironic wrote it. */
  text: string | null
}
