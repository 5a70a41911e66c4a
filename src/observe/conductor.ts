/**
 * Whether the conductors that matter to one node live: the one that manages it and the one that holds its lock. The list is the
 * same for all nodes of a cloud, so it is asked once for many.
 */
import type { ConductorSeen, ObservedNode } from '../core/observation.ts'
import { absent, known, type Reading } from '../core/reading.ts'

export type ConductorRow = { hostname: string; alive: boolean }

/**
 * The node's conductor. Ironic maps a node only to live conductors of its group and driver, so none mapped (null) is a known fact:
 * nobody manages it. A conductor that Ironic does not list is not alive.
 */
export function managerOf(node: Pick<ObservedNode, 'conductor'>, conductors: Reading<ConductorRow[]>): Reading<ConductorSeen> {
  return node.conductor === null ? known({ hostname: null, alive: false }) : seen(node.conductor, conductors)
}

/** The holder of the node's lock; absent where nobody holds it. */
export function holderOf(node: Pick<ObservedNode, 'reservation'>, conductors: Reading<ConductorRow[]>): Reading<ConductorSeen> {
  return node.reservation === null ? absent('no conductor holds its lock') : seen(node.reservation, conductors)
}

function seen(hostname: string, conductors: Reading<ConductorRow[]>): Reading<ConductorSeen> {
  if (conductors.kind !== 'known') return conductors
  return known({ hostname, alive: conductors.value.some((conductor) => conductor.hostname === hostname && conductor.alive) })
}
