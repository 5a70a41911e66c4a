/**
 * Blazar's polling monitor of hosts, and the healing of leases that goes with it. Upstream's sees Nova's services alone, so a node in
 * `error` stays reservable; the fork's asks Ironic. What healing takes from a lease nothing ever gives back.
 */
import { give } from './blazar-leases.ts'
import { hostsFor } from './blazar-matching.ts'
import type { SimBlazar, SimHost, SimLease, SimReservation } from './blazar-state.ts'
import { heldBy } from './blazar-state.ts'
import type { NodeRow, World } from './world.ts'

/** The fork's words for a node that must not be lent. In any other state a host keeps what it had. */
const FAILED_STATES = ['error', 'clean failed', 'manageable', 'deploy failed']
const RECOVERED_STATES = ['available', 'active']

export function watchHosts(world: World, blazar: SimBlazar): void {
  world.clock.after(blazar.pollMs, () => {
    watchHosts(world, blazar)
    for (const host of blazar.hosts.values()) poll(world, blazar, host)
    for (const host of blazar.hosts.values()) if (!host.reservable) heal(world, blazar, host)
  })
}

function poll(world: World, blazar: SimBlazar, host: SimHost): void {
  const reservable = blazar.kind === 'upstream' ? !blazar.computesDown.has(host.service_name) : seenInIronic(world, host)
  if (reservable === null || reservable === host.reservable) return
  Object.assign(host, { reservable, updated_at: world.clock.now() })
}

/** null: as it was. */
function seenInIronic(world: World, host: SimHost): boolean | null {
  const row = world.nodes.get(host.hypervisor_hostname)?.row
  if (row === undefined) return null
  if (hasFailed(row)) return false
  return !host.disabled && RECOVERED_STATES.includes(row.provision_state) ? true : null
}

const hasFailed = ({ maintenance, power_state, provision_state }: NodeRow): boolean =>
  maintenance || power_state === 'error' || FAILED_STATES.includes(provision_state)

/** Upstream moves running leases too, whose server then stays behind; the fork never touches those. */
function heal(world: World, blazar: SimBlazar, host: SimHost): void {
  const now = world.clock.now()
  for (const { lease, reservation } of heldBy(blazar, host, now)) {
    const isSoon = lease.status === 'PENDING' && lease.start < now + blazar.healingMs
    const isRunning = lease.status === 'ACTIVE' && blazar.kind === 'upstream'
    if (isSoon || isRunning) moveOff(world, blazar, { lease, reservation, host })
  }
}

/** To another host that fits, or to none, for good. Moving what has not begun leaves no sign but the allocation (recorded). */
export function moveOff(world: World, blazar: SimBlazar, of: { lease: SimLease; reservation: SimReservation; host: SimHost }): void {
  const { lease, reservation, host } = of
  const others = reservation.hosts.filter((id) => id !== host.id)
  // One is missing; those that stay are its own and free to it, so they are left out of the search.
  const found = hostsFor(blazar, { ...reservation, min: 1, max: blazar.hosts.size }, { span: lease, own: reservation })
  const next = found?.find((id) => id !== host.id && !others.includes(id))
  give(lease, reservation, next === undefined ? others : [...others, next])
  const updated_at = world.clock.now()
  if (next === undefined) Object.assign(reservation, { missing_resources: true, updated_at })
  else if (reservation.status === 'active') Object.assign(reservation, { resources_changed: true, updated_at })
  else return
  Object.assign(lease, { degraded: true, updated_at })
}
