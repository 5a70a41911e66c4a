/**
 * How one node looks through the API: which fields a version knows, masked passwords, withheld fields, links. Also the few
 * writes that every part of Ironic makes to a row: state changes with their time, and history.
 */
import { within } from './answer.ts'
import type { Caller, NodeRow, SimNode, World } from './world.ts'
import { ironicTime, minorOf } from './world.ts'

/** API minor that introduced a field; fields that are not named are older than anything served here. */
const SINCE: Partial<Record<string, number>> = {
  driver_internal_info: 3,
  name: 5,
  inspection_finished_at: 6,
  inspection_started_at: 6,
  clean_step: 7,
  raid_config: 12,
  states: 14,
  target_raid_config: 12,
  network_interface: 20,
  resource_class: 21,
  portgroups: 23,
  boot_interface: 31,
  console_interface: 31,
  deploy_interface: 31,
  inspect_interface: 31,
  management_interface: 31,
  power_interface: 31,
  raid_interface: 31,
  vendor_interface: 31,
  volume: 32,
  storage_interface: 33,
  traits: 37,
  rescue_interface: 38,
  bios_interface: 40,
  fault: 42,
  deploy_step: 44,
  conductor_group: 46,
  automated_clean: 47,
  protected: 48,
  protected_reason: 48,
  conductor: 49,
  owner: 50,
  description: 51,
  allocation_uuid: 52,
  retired: 61,
  retired_reason: 61,
  lessee: 65,
  network_data: 66,
  boot_mode: 75,
  secure_boot: 75,
  shard: 82,
  parent_node: 83,
  firmware_interface: 86,
  service_step: 87,
  disable_power_off: 95,
  instance_name: 104,
  health: 109,
}

/** Fields of newer releases that this cloud has no use for but that a newer API shows. */
const NEWER: Record<string, unknown> = {
  parent_node: null,
  firmware_interface: 'no-firmware',
  service_step: {},
  disable_power_off: false,
  instance_name: null,
  health: null,
}

/** Withheld from callers who are neither system readers nor the owner (policy node:get:<field>). */
const WITHHELD = ['last_error', 'reservation', 'driver_internal_info']

export type Rights = { sees: boolean; changes: boolean; secrets: boolean }

/** Debian's default policy as measured: who sees a node, may change it, and gets its withheld fields. */
export function rights(caller: Caller | null, row: NodeRow | null): Rights {
  if (caller === null) return { sees: true, changes: true, secrets: true }
  const has = (role: string): boolean => caller.roles.includes(role)
  if (caller.project === null) return { sees: has('reader'), changes: has('member'), secrets: has('reader') }
  if (has('admin') || has('service')) return { sees: true, changes: true, secrets: true }
  if (caller.project.name === 'baremetal' && (has('baremetal_admin') || has('baremetal_observer'))) {
    return { sees: true, changes: has('baremetal_admin'), secrets: true }
  }
  const owner = row !== null && row.owner === caller.project.id
  const lessee = row !== null && row.lessee === caller.project.id
  return { sees: (owner || lessee) && has('reader'), changes: (owner || lessee) && has('member'), secrets: owner && has('reader') }
}

/** True for callers whose lists hold every node. */
export const seesAll = (caller: Caller | null): boolean => rights(caller, null).sees

/** Whether any version of the API knows a field of this name. */
export const isField = (node: SimNode, field: string): boolean =>
  Object.hasOwn(node.row, field) || Object.hasOwn(NEWER, field) || [...COMPUTED, 'links'].includes(field)

export function knownField(field: string, minor: number): boolean {
  return (SINCE[field] ?? 1) <= minor
}

const redacted = (field: string): string => `** Value Redacted - Requires baremetal:node:get:${field} permission. **`

const link = (world: World, path: string): { href: string; rel: string }[] => [
  { href: `${world.baseUrl}/baremetal/v1/${path}`, rel: 'self' },
  { href: `${world.baseUrl}/baremetal/${path}`, rel: 'bookmark' },
]

export const nodeLinks = (world: World, row: NodeRow): { href: string; rel: string }[] => link(world, `nodes/${row.uuid}`)

/** Ironic masks whatever in driver_info looks like a credential. */
function masked(info: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(info).map(([key, value]) => [key, /password|secret|community/.test(key) ? '******' : value]))
}

/** One field as the caller sees it; `undefined` where this API version does not know it. */
export function nodeField(world: World, node: SimNode, field: string, asking: { minor: number; caller: Caller | null }): unknown {
  const { row } = node
  if (!knownField(field, asking.minor)) return undefined
  if (asking.caller?.redacts.includes(field) === true) return redacted(field)
  if (WITHHELD.includes(field) && !rights(asking.caller, row).secrets) return redacted(field)
  if (field === 'conductor') return conductorOf(world, row)
  if (field === 'driver_info') return masked(row.driver_info)
  if (['ports', 'states', 'portgroups', 'volume'].includes(field)) return link(world, `nodes/${row.uuid}/${field}`)
  if (Object.hasOwn(row, field)) return within(row, field)
  return NEWER[field]
}

const COMPUTED = ['conductor', 'ports', 'states', 'portgroups', 'volume']

/** The whole node, or the named fields of it, as `GET /v1/nodes/X` shows it. */
export function nodeView(
  world: World,
  node: SimNode,
  asking: { minor: number; caller: Caller | null; fields?: string[] },
): Record<string, unknown> {
  const fields = asking.fields ?? [...Object.keys(node.row), ...Object.keys(NEWER), ...COMPUTED]
  const shown: [string, unknown][] = fields.map((field) => [field, nodeField(world, node, field, asking)])
  return { ...Object.fromEntries(shown.filter(([, value]) => value !== undefined)), links: nodeLinks(world, node.row) }
}

/** The live conductor that the hash ring gives the node to; null where none of its group is alive. */
export function conductorOf(world: World, row: NodeRow): string | null {
  const ring = [...world.conductors.values()].filter((one) => one.group === row.conductor_group && isAlive(world, one.host))
  if (ring.length === 0) return null
  const node = world.nodes.get(row.uuid)
  return ring[(node?.order ?? 0) % ring.length]?.host ?? null
}

/** online and a heartbeat younger than the limit. Conductors beat every 10 s, so the last beat is at most that old at death. */
export function isAlive(world: World, host: string): boolean {
  const conductor = world.conductors.get(host)
  if (conductor === undefined) return false
  return conductor.killedAt === null || world.clock.now() - conductor.killedAt < world.settings.ironic.heartbeatTimeoutMs
}

/** Writes a row: the only way a part of Ironic changes one. A new provision_state stamps provision_updated_at as Ironic does. */
export function write(world: World, node: SimNode, change: Partial<NodeRow>): void {
  const at = ironicTime(world.clock.now())
  const moved = change.provision_state !== undefined && change.provision_state !== node.row.provision_state
  Object.assign(node.row, change, { updated_at: at })
  if (moved) node.row.provision_updated_at = at
  world.onWrite?.(node)
}

/** `log_in_db_max_size`: a longer text is cut before it reaches the database. */
const TEXT_MAX = 4096

/** last_error and its history entry; Ironic keeps 300 of them a node (`node_history_max_entries`). */
export function recordError(world: World, node: SimNode, error: { text: string; type: string; host: string }): void {
  const text = error.text.slice(0, TEXT_MAX)
  write(world, node, { last_error: text })
  const { history, version } = world.settings.ironic
  if (!history || minorOf(version) < 78) return
  node.history.push({
    uuid: world.newId(),
    created_at: ironicTime(world.clock.now()),
    severity: 'ERROR',
    event_type: error.type,
    event: text,
    conductor: error.host,
    user: null,
  })
  if (node.history.length > 300) node.history.shift()
}
