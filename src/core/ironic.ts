/**
 * Ironic's vocabulary: the states that are watched, the fields a deciding read compares, and whose a maintenance is.
 * Words are Ironic's own, unchanged. No requests are made here.
 */

/** One filtered list per state and poll (Ironic has no multi-state filter in REST: facts of API 1.9). */
export const WATCHED_STATES = ['error', 'deleting', 'cleaning', 'clean wait', 'clean failed'] as const

/** A node under repair is in one of these from the accepted verb until the outcome shows. */
export const REPAIR_STATES: readonly string[] = ['deleting', 'cleaning', 'clean wait']

/** The fields that the deciding read must show as they were observed (`../docs/decisions/0003-write-protocol.md`). */
export const DECIDING_FIELDS = [
  'provision_state',
  'provision_updated_at',
  'target_provision_state',
  'target_power_state',
  'instance_uuid',
  'allocation_uuid',
  'maintenance',
  'fault',
  'protected',
  'retired',
  'owner',
  'lessee',
  'conductor',
] as const

export type DecidingField = (typeof DECIDING_FIELDS)[number]
export type DecidingRead = Record<DecidingField, string | boolean | null>

/** Names of the deciding fields in which two reads of one node differ; empty = the node stands as it was decided on. */
export function differences(decided: DecidingRead, read: DecidingRead): DecidingField[] {
  return DECIDING_FIELDS.filter((field) => decided[field] !== read[field])
}

export function decidingRead(node: DecidingRead): DecidingRead {
  return Object.fromEntries(DECIDING_FIELDS.map((field) => [field, node[field]])) as DecidingRead
}

/** A quarantine's maintenance_reason begins with this; the rest is `<case id> <cause>: <what a person must do>`. */
export const QUARANTINE_PREFIX = 'anneal:'

/** Texts that Ironic itself writes into maintenance_reason (conductor/utils.py, conductor/manager.py; stable since Yoga). */
const POWER_SYNC = /^During sync_power_state, max retries exceeded/
const IRONIC_REASONS = [POWER_SYNC, /^Timeout reached while/, /^(Node|Step) .* failed/, /^Failed to /]

/** With this fault Ironic writes but one text, so another is a person's, however it begins (facts of Ironic: power sync alone sets it). */
const writesItself = (fault: string, reason: string): boolean =>
  (fault === 'power failure' ? [POWER_SYNC] : IRONIC_REASONS).some((pattern) => pattern.test(reason))

export type MaintenanceOwner = 'nobody' | 'ironic' | 'ours' | 'person'

/**
 * Whose hand a maintenance is. `fault` set means that Ironic set or took over the flag; but a person's reason over Ironic's
 * fault stays a person's (PUT maintenance overwrites the reason, with nothing where none is given, and keeps the fault). Anything
 * unrecognised is a person's.
 */
export function maintenanceOwner(node: {
  maintenance: boolean
  maintenance_reason: string | null
  fault: string | null
}): MaintenanceOwner {
  if (!node.maintenance) return 'nobody'
  const { maintenance_reason: reason, fault } = node
  if (reason === null) return 'person'
  if (reason.startsWith(QUARANTINE_PREFIX)) return 'ours'
  if (fault !== null && writesItself(fault, reason)) return 'ironic'
  return 'person'
}

/** A value that Ironic withheld by policy: `** Value Redacted - Requires … permission. **` or `** Redacted …`. */
export const isRedacted = (value: unknown): boolean => typeof value === 'string' && /^\*\* (Value )?Redacted/.test(value)
