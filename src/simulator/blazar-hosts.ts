/**
 * Hosts of the pretend Blazar: enrolled, changed and looked at as each kind does it. Upstream takes any key for a capability, `reservable`
 * and `disabled` too, and shows it over the column; the fork has `disabled` as a column and refuses the other columns.
 */
import type { Asked } from './answer.ts'
import { isObject } from './answer.ts'
import { BlazarRefusal } from './blazar-matching.ts'
import { moveOff } from './blazar-monitor.ts'
import type { SimBlazar, SimHost } from './blazar-state.ts'
import { columnsOf, heldBy, naiveDate } from './blazar-state.ts'
import type { SimNode, World } from './world.ts'

const noSuchHost = (id: string): BlazarRefusal => new BlazarRefusal(404, `Object with {'host_id': '${id}'} not found`)

/** By Blazar's own id alone: a node's uuid is no address. */
export function hostById(blazar: SimBlazar, id: string): SimHost {
  const host = blazar.hosts.get(id)
  if (host === undefined) throw noSuchHost(id)
  return host
}

/** What a capability is stored as: Python's ORM turns true into "1". */
const stored = (value: unknown): string => (typeof value === 'boolean' ? String(Number(value)) : String(value))

export function enrol(world: World, blazar: SimBlazar, node: SimNode, capabilities: Record<string, unknown>): SimHost {
  const { uuid } = node.row
  const service_name = blazar.computes.get(uuid) ?? `compute-ironic-${node.order}`
  // Upstream puts the nova-compute into the aggregate, not the node: one host for each.
  if (blazar.kind === 'upstream' && [...blazar.hosts.values()].some((host) => host.service_name === service_name)) {
    const said = `Aggregate 1 already has host ${service_name}. (HTTP 409)`
    throw new BlazarRefusal(409, `Conflict while adding host ${service_name} to aggregate freepool: ${said}`)
  }
  const host: SimHost = {
    // Upstream's id is the hypervisor's in Nova's database, the fork's its own.
    id: blazar.kind === 'upstream' ? String(node.order) : world.newId(),
    created_at: world.clock.now(),
    updated_at: null,
    hypervisor_hostname: uuid,
    service_name,
    trust_id: world.newId().replaceAll('-', ''),
    reservable: true,
    disabled: false,
    disabledFor: null,
    capabilities: new Map(Object.entries(capabilities).map(([key, value]) => [key, stored(value)])),
  }
  blazar.hosts.set(host.id, host)
  blazar.nodes.set(host.id, uuid)
  return host
}

export function enrolAsked(world: World, blazar: SimBlazar, asked: Asked): SimHost {
  const { name, ...capabilities } = isObject(asked.body) ? asked.body : {}
  const node = world.nodes.get(String(name))
  if (node === undefined) throw new BlazarRefusal(404, `Host '${name}' not found!`)
  return enrol(world, blazar, node, capabilities)
}

export function updateHost(world: World, blazar: SimBlazar, on: { host: SimHost; asked: Asked }): void {
  const { host, asked } = on
  const values = isObject(asked.body) ? asked.body : {}
  if (blazar.kind === 'upstream') pretend(host, values)
  else change(world, host, values)
  asked.effect(`host ${host.id}: ${Object.keys(values).join(', ')}`)
}

/** Whatever it is, it becomes a capability, and null breaks the server: nothing is ever taken back. `updated_at` stays. */
function pretend(host: SimHost, values: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === null) throw new BlazarRefusal(500, 'Internal Server Error')
    host.capabilities.set(key, stored(value))
  }
}

function change(world: World, host: SimHost, { disabled, ...capabilities }: Record<string, unknown>): void {
  const columns = Object.keys(columnsOf('chameleon', host))
  const refused = Object.keys(capabilities).filter((key) => columns.includes(key))
  if (refused.length > 0) {
    throw new BlazarRefusal(409, `Can't add extracapabilities [${refused.map((key) => `'${key}'`).join(', ')}] to Host ${host.id}`)
  }
  if (disabled !== undefined) setDisabled(world, host, disabled === null ? null : String(disabled))
  for (const [key, value] of Object.entries(capabilities)) {
    if (value === null) host.capabilities.delete(key)
    else host.capabilities.set(key, stored(value))
  }
}

/**
 * Any value but null disables, `false` too; enabling does not make it reservable again, only the monitor does. What changes nothing leaves
 * `updated_at` and whose it is.
 */
export function setDisabled(world: World, host: SimHost, words: string | null): void {
  const to = words === null ? { disabled: false } : { disabled: true, reservable: false }
  if (Object.entries(to).every(([key, value]) => host[key as keyof typeof to] === value)) return
  if (host.disabled !== to.disabled) host.disabledFor = words
  Object.assign(host, to, { updated_at: world.clock.now() })
}

export function removeHost(world: World, blazar: SimBlazar, host: SimHost): void {
  if (heldBy(blazar, host, world.clock.now()).length > 0)
    throw new BlazarRefusal(409, `Can't delete host ${host.id}. The host is reserved.`)
  refuseServers(world, host)
  blazar.hosts.delete(host.id)
}

function refuseServers(world: World, host: SimHost): void {
  const names = [...world.servers.values()]
    .filter(({ node, deleted }) => node === host.hypervisor_hostname && !deleted)
    .map(({ name }) => name)
  if (names.length === 0) return
  throw new BlazarRefusal(409, `Servers [[${names.map((name) => `'${name}'`).join(', ')}]] found for host ${host.hypervisor_hostname}`)
}

/** The fork's PUT of an allocation: each reservation goes to another host, and where there is none it loses this one. */
export function reallocate(world: World, blazar: SimBlazar, on: { host: SimHost; leaseId: string | null }): void {
  const { host, leaseId } = on
  const held = heldBy(blazar, host, world.clock.now()).filter(({ lease }) => leaseId === null || lease.id === leaseId)
  if (held.some(({ reservation }) => reservation.status === 'active')) refuseServers(world, host)
  for (const { lease, reservation } of held) moveOff(world, blazar, { lease, reservation, host })
}

type Of = { leaseId: string | null; reservationId: string | null }

/** Who holds the host now or later. Only the fork's list says more than the dates. */
export function allocationOf(world: World, blazar: SimBlazar, host: SimHost, of: Of & { inList: boolean }): Record<string, unknown> {
  const reservations = heldBy(blazar, host, world.clock.now())
    .filter(({ lease, reservation }) => (of.leaseId ?? lease.id) === lease.id && (of.reservationId ?? reservation.id) === reservation.id)
    .map(({ lease, reservation }) => ({
      id: reservation.id,
      lease_id: lease.id,
      start_date: naiveDate(lease.start),
      end_date: naiveDate(lease.end),
      ...(of.inList && blazar.kind === 'chameleon'
        ? { status: reservation.status, lease_name: lease.name, project_id: lease.project_id, extras: {} }
        : {}),
    }))
  return { resource_id: host.id, reservations }
}

/** Capabilities with their values over all hosts. */
export function propertiesOf(blazar: SimBlazar): unknown[] {
  const values = new Map<string, string[]>()
  for (const [key, value] of [...blazar.hosts.values()].flatMap(({ capabilities }) => [...capabilities])) {
    values.set(key, [...new Set([...(values.get(key) ?? []), value])])
  }
  return [...values].map(([property, all]) => ({ property, private: false, values: all }))
}
