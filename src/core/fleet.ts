/**
 * The fleet as one decision sees it: a summary from indexed sums, never a list of cases. The store computes the sums, the
 * functions here say what follows from them. `keys` tie a case to what it may share with others.
 */

/** Incident keys in the order in which they are preferred. Values are plain texts such as `neutron` or `10.0.3.0/24`. */
export const KEY_KINDS = ['backlog', 'service', 'switch', 'bmc-network', 'rack', 'conductor', 'signature'] as const
export type KeyKind = (typeof KEY_KINDS)[number]
export type Keys = Partial<Record<KeyKind, string>>

/** Failure domains: never more than one in flight in each, whatever the cause. */
export const DOMAIN_KINDS = ['bmc-network', 'switch', 'rack'] as const satisfies readonly KeyKind[]

/** What healthy nodes share, too: a conductor serves hundreds of them, at small sites all, and one text is written for many reasons. */
export const WIDE_KINDS = ['conductor', 'signature'] as const satisfies readonly KeyKind[]
export const isWide = (kind: KeyKind): boolean => WIDE_KINDS.some((wide) => wide === kind)

export type Fleet = {
  /** From the last believed census; a census never taken has total 0. */
  census: { total: number; inClass: number; doubtful: string | null; at: number | null }
  /** Resets and recoveries that hold a place (from intent until the node leaves deleting, cleaning, clean wait). */
  inFlight: { cloud: number; inClass: number; byKey: Partial<Record<KeyKind, number>> }
  /** Resets begun in the last hour in this cloud, outside incidents. */
  startsLastHour: number
  /** The next time a start of the last hour falls out of it; null where there is none. */
  oldestStartAt: number | null
  /**
   * Failures that share a key with this node: cases whose failure lies within the incident window, this one included. For the wide kinds those
   * that an incident of another kind explains are left out, where this node is in none such.
   */
  related: Partial<Record<KeyKind, number>>
  /** Open cases in this node's resource class; where this node is in no incident but a wide one, without those that others explain. */
  openInClass: number
  /** Open incidents this node could belong to, by key, with what became of their members. */
  incidents: Partial<Record<KeyKind, IncidentSums>>
  /** Cases that wait for a place and whose node has a lease before this one's: places that are free are theirs first. */
  needier: { cloud: number; inClass: number; byIncident: Record<string, number> }
  /** Ironic said it is at its concurrency limit: nothing starts before this time. */
  slowUntil: number | null
}

export type IncidentSums = {
  id: string
  key: KeyKind
  value: string
  openedAt: number
  /** Whether the asking node's case belongs to it. */
  isOwn: boolean
  members: number
  inFlight: number
  /** Nodes whose reset or recovery was proven since the incident opened, and not long before the asking node failed (the policy's window of an incident). */
  proven: number
  /** Members whose reset came back failed since the incident opened. */
  failed: number
  /**
   * The newest reset or recovery of a member, no more than OUTAGE_MS before the asking node failed; or, where it failed within the policy's time for a second
   * canary, of another node with this service, switch, BMC network or rack before the incident opened: when, what the readings were, what it has come to (null:
   * not seen yet), and whether its node still counts as failed: its case is open, it is neither home, `manageable`, removed nor
   * somebody's (`instance-may-live`), and more was tried on it than the first step of a recovery.
   */
  last: { at: number; readings: string; result: 'proven' | 'failed' | null; isFailing: boolean } | null
}
