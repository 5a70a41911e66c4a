/**
 * A node as a poll or a census sees it: the few fields that scope, budgets and the memory of people's hands need. Also what
 * a census is worth. A list that is short is an error of the list, never news about nodes.
 */
import { maintenanceOwner } from './ironic.ts'
import { MINUTE } from './policy.ts'

export type NodeKey = { cloud: string; uuid: string }

export type SeenNode = {
  uuid: string
  name: string | null
  provision_state: string
  provision_updated_at: string | null
  target_provision_state: string | null
  power_state: string | null
  target_power_state: string | null
  maintenance: boolean
  maintenance_reason: string | null
  fault: string | null
  instance_uuid: string | null
  reservation: string | null
  protected: boolean
  retired: boolean
  owner: string | null
  lessee: string | null
  resource_class: string | null
  conductor_group: string
  /** null also where the API is older than 1.82. */
  shard: string | null
}

/** A change in one of these is a reason to look at the node now. */
export const WAKING_FIELDS = [
  'provision_state',
  'provision_updated_at',
  'target_provision_state',
  'power_state',
  'target_power_state',
  'maintenance',
  'maintenance_reason',
  'fault',
  'instance_uuid',
  'reservation',
  'protected',
  'retired',
  'owner',
  'lessee',
] as const satisfies readonly (keyof SeenNode)[]

/** A person's maintenance as it was last seen on a node, and whether a fault of Ironic's has been over or under it. */
export type PersonMemory = { maintenance_reason: string | null; seenAt: number; fault: boolean }

/**
 * Remembers a person's maintenance across looks. Ironic keeps `fault` when a person sets maintenance and clears both when a
 * power failure is over, so a maintenance that vanishes together with a fault was lifted by Ironic, not by the person:
 * it becomes a hold of ours (`liftedByIronic`) until `unhold`.
 */
export function rememberPerson(
  before: PersonMemory | null,
  node: { maintenance: boolean; maintenance_reason: string | null; fault: string | null },
  now: number,
): { person: PersonMemory | null; liftedByIronic: boolean } {
  const owner = maintenanceOwner(node)
  if (owner === 'person') {
    return {
      person: { maintenance_reason: node.maintenance_reason, seenAt: now, fault: node.fault !== null || (before?.fault ?? false) },
      liftedByIronic: false,
    }
  }
  // Ironic's own reason now stands where a person's stood: before 32.0.0 power sync overwrote it (0fc991a).
  if (owner === 'ironic') return { person: before === null ? null : { ...before, fault: true }, liftedByIronic: false }
  if (owner === 'nobody' && before !== null) return { person: null, liftedByIronic: before.fault }
  return { person: null, liftedByIronic: false }
}

export type CensusBelief = {
  /** Size of the last believed census; null before the first. */
  believed: number | null
  at: number | null
  /** A size that disagrees with the believed one, how often it was counted in a row, and since when. */
  challenger: { size: number; times: number; lastAt: number } | null
}

/**
 * Whether a census of `size` nodes may be believed (`doubtful` says why not). Smaller than the last by more than max(2, 20 %), or
 * empty although nodes are known, is doubtful; three equal ones at least 5 min apart are believed, an empty one never.
 */
export function judgeCensus(belief: CensusBelief, size: number, now: number): { belief: CensusBelief; doubtful: string | null } {
  const { believed } = belief
  const accepted = { belief: { believed: size, at: now, challenger: null }, doubtful: null }
  if (believed === null || believed === 0) return accepted
  if (size === 0) return { belief, doubtful: `Ironic listed no nodes at all although ${believed} are known.` }
  if (believed - size <= Math.max(2, believed * 0.2)) return accepted
  const doubtful = `Ironic listed ${size} nodes although ${believed} are known: more than a fifth are missing from the list.`
  const same = belief.challenger?.size === size ? belief.challenger : null
  if (same !== null && now - same.lastAt < 5 * MINUTE) return { belief, doubtful }
  const times = (same?.times ?? 0) + 1
  return times >= 3 ? accepted : { belief: { ...belief, challenger: { size, times, lastAt: now } }, doubtful }
}
