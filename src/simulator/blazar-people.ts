/**
 * What users and operators do to the pretend Blazar: they lend nodes, end leases, disable and enable hosts, take hosts out and enrol them
 * again. At once and to the world itself, as in people.ts; nothing of it is a request of the operator under test.
 */
import { enrol, setDisabled } from './blazar-hosts.ts'
import { createLease, deleteLease } from './blazar-leases.ts'
import { BlazarRefusal, hostsFor } from './blazar-matching.ts'
import { heldBy, hostOfNode, type SimLease } from './blazar-state.ts'
import type { SimNode, World } from './world.ts'

/** In whole minutes of virtual time. `node` null: any that Blazar finds, `hosts` of them. */
export type Loan = { node: SimNode | null; hosts?: number; from: number; until: number }

const pinnedTo = (node: SimNode | null): string => (node === null ? '' : JSON.stringify(['==', '$uid', node.row.uuid]))
const minuteOf = (at: number): number => at - (at % 60_000)

/** Throws where there is no Blazar, or it refuses. */
export function lend(world: World, { node, hosts = 1, from, until }: Loan): SimLease {
  if (world.blazar === null) throw new Error('there is no Blazar at this site')
  const minute = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
  const resource_properties = pinnedTo(node)
  const body = {
    name: `lease of ${node === null ? 'any' : (node.row.name ?? node.row.uuid)}`,
    start_date: minute(from),
    end_date: minute(until),
    reservations: [
      { resource_type: 'physical:host', min: hosts, max: hosts, hypervisor_properties: '', resource_properties, before_end: '' },
    ],
  }
  const caller = { user: 'proj-member', project: world.projects.get('lab') ?? null, roles: ['member'], redacts: [] }
  return createLease(world, world.blazar, { body, caller })
}

/** The same where it may well not be; null then. What is refused draws no id: nothing has happened that a record would have to hold. */
export function lendIfFree(world: World, loan: Loan): SimLease | null {
  const { node, hosts = 1, from, until } = loan
  if (world.blazar === null) return null
  const wish = { min: hosts, max: hosts, hypervisor_properties: '', resource_properties: pinnedTo(node) }
  try {
    const found = hostsFor(world.blazar, wish, { span: { start: minuteOf(from), end: minuteOf(until) }, own: null })
    return found === null ? null : lend(world, loan)
  } catch (error) {
    // Knows: taken, not reservable, or no such host; its user looks elsewhere.
    if (error instanceof BlazarRefusal) return null
    throw error
  }
}

/** The lease that has the node, or will have it next, is deleted by its user; false where nobody has it. */
export function endLease(world: World, { row }: SimNode): boolean {
  const host = hostOfNode(world.blazar, row.uuid)
  if (world.blazar === null || host === null) return false
  const [next] = heldBy(world.blazar, host, world.clock.now()).toSorted((a, b) => a.lease.start - b.lease.start)
  if (next === undefined) return false
  deleteLease(world, world.blazar, next.lease)
  return true
}

/** What an operator writes with it, who is not Anneal. */
const BY_HAND = 'by hand'

/** Only the fork has the column, and nothing happens to who disables what is. */
export function disableHost(world: World, { row }: SimNode): boolean {
  const host = hostOfNode(world.blazar, row.uuid)
  if (world.blazar?.kind !== 'chameleon' || host === null || host.disabled) return false
  setDisabled(world, host, BY_HAND)
  return true
}

/** Whoever disabled it, or only what was by hand. */
export function enableHost(world: World, { row }: SimNode, whose: 'any' | 'by hand'): boolean {
  const host = hostOfNode(world.blazar, row.uuid)
  if (host === null || !host.disabled || (whose === 'by hand' && host.disabledFor !== BY_HAND)) return false
  setDisabled(world, host, null)
  return true
}

/** Out of its database, whoever had leased it. */
export function loseHost(world: World, { row }: SimNode): boolean {
  const { blazar } = world
  const host = hostOfNode(blazar, row.uuid)
  if (blazar === null || host === null) return false
  blazar.hosts.delete(host.id)
  for (const { reservations } of blazar.leases.values())
    for (const reservation of reservations) reservation.hosts = reservation.hosts.filter((id) => id !== host.id)
  return true
}

/** A new host, also in the fork, where it has a new id. */
export function enrolAgain(world: World, node: SimNode): void {
  const { uuid, name } = node.row
  if (world.blazar === null || hostOfNode(world.blazar, uuid) !== null) return
  enrol(world, world.blazar, node, { uid: uuid, node_name: name, node_type: 'compute_skylake' })
}
