/**
 * Fills a new world: settings with their defaults, projects and users, conductors, and nodes with their BMCs, switches,
 * tenants and providers. Everything that is drawn comes from the given random source.
 */
import type { Random } from '../core/seams.ts'
import { blazarOf, startBlazar } from './blazar.ts'
import type { BlazarOptions } from './blazar-state.ts'
import { faults } from './faults.ts'
import { interfacesOf } from './ironic-drivers.ts'
import { defaultPowerSyncMs } from './ironic-power.ts'
import { defaultUsers } from './keystone.ts'
import { ledger } from './ledger.ts'
import { instanceInfo, placeServer } from './nova.ts'
import { customClass, isReserved } from './placement.ts'
import { seededIds } from './seeded.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { Bmc, NodeRow, Settings, SimNode, World } from './world.ts'
import { ironicTime, minorOf } from './world.ts'

/** What a node is to be; everything left out is as on a usual node. */
export type NodeSpec = Partial<
  Pick<
    NodeRow,
    | 'uuid'
    | 'name'
    | 'provision_state'
    | 'network_interface'
    | 'resource_class'
    | 'conductor_group'
    | 'automated_clean'
    | 'retired'
    | 'protected'
    | 'maintenance'
    | 'maintenance_reason'
    | 'extra'
    | 'shard'
  >
> & {
  protocol?: 'ipmi' | 'redfish'
  /** Without a machine: driver fake-hardware, where everything works and nothing happens. */
  fake?: boolean
  /** Project name; becomes the project's id. */
  owner?: string
  lessee?: string
  /** For `active`: who set instance_uuid. 'standalone' has no server in Nova, and an allocation of Ironic's own. */
  tenant?: 'nova' | 'standalone'
  switch?: string
  /** The third number of its BMC's address: BMC networks are racks here. */
  rack?: number
}

export type CloudOptions = {
  clock: VirtualClock
  random: Random
  /** A number makes so many, three of five with a tenant. */
  nodes: number | NodeSpec[]
  features?: Partial<Settings['features']>
  ironic?: Partial<Omit<Settings['ironic'], 'conductors'>> & { conductors?: (string | { host: string; group: string })[] }
  placementPeriodMs?: number
  novaCells?: number
  tokenLifeMs?: number
  basicAuth?: { user: string; password: string }
  /** Without it the site has no Blazar. */
  blazar?: BlazarOptions
  baseUrl?: string
  /** Keep reads in the ledger one by one (default true); counts are kept always. */
  keepReads?: boolean
}

/** Defaults are those of the release that `version` names, else Ironic's own. */
function settings(options: CloudOptions): Settings {
  const given = options.ironic ?? {}
  const version = given.version ?? '1.82'
  const features = { keystone: true, nova: true, neutron: true, placement: true, glance: true, cinder: true }
  const { conductors = ['conductor-1'], ...rest } = given
  return {
    features: { ...features, ...options.features },
    placementPeriodMs: options.placementPeriodMs ?? 60_000,
    tokenLifeMs: options.tokenLifeMs ?? 3_600_000,
    basicAuth: options.basicAuth ?? null,
    novaCells: options.novaCells ?? 1,
    ironic: {
      version,
      history: true,
      historyLateMs: 0,
      erasesLastError: minorOf(version) >= 101,
      automatedClean: true,
      powerSyncMs: defaultPowerSyncMs(version),
      powerSyncRetries: 3,
      recoveryMs: 300_000,
      maxConcurrentClean: 50,
      heartbeatTimeoutMs: 60_000,
      rpc: 'json-rpc',
      cleaningMs: 120_000,
      cleanCallbackTimeoutMs: 1_800_000,
      deployMs: 90_000,
      maxLimit: 1_000,
      ...rest,
      conductors: conductors.map((one) => (typeof one === 'string' ? { host: one, group: '' } : one)),
    },
  }
}

export function buildWorld(options: CloudOptions): World {
  const newId = seededIds(options.random)
  const names = ['admin', 'baremetal', 'lab']
  const world: World = {
    clock: options.clock,
    random: options.random,
    newId,
    settings: settings(options),
    baseUrl: options.baseUrl ?? 'http://cloud.example',
    nodes: new Map(),
    names: new Map(),
    conductors: new Map(),
    users: defaultUsers(newId),
    projects: new Map(names.map((name) => [name, { id: newId().replaceAll('-', ''), name }])),
    tokens: new Map(),
    checked: new Map(),
    servers: new Map(),
    cellsDown: new Set(),
    ports: new Map(),
    providers: new Map(),
    bmcs: new Map(),
    blazar: options.blazar === undefined ? null : blazarOf(options.blazar),
    faults: faults(options.random),
    ledger: ledger(options.keepReads ?? true),
    onWrite: null,
  }
  for (const { host, group } of world.settings.ironic.conductors) {
    world.conductors.set(host, { host, group, running: true, incarnation: 0, startedAt: options.clock.now(), killedAt: null })
  }
  const specs = typeof options.nodes === 'number' ? Array.from({ length: options.nodes }, (_, at) => usual(at)) : options.nodes
  for (const spec of specs) addNode(world, spec)
  if (world.blazar !== null && options.blazar !== undefined) startBlazar(world, world.blazar, options.blazar)
  return world
}

const usual = (at: number): NodeSpec => ({ provision_state: at % 5 < 3 ? 'active' : 'available' })

/** 24 nodes share a rack: one BMC network and one switch. */
const RACK_SIZE = 24

function addNode(world: World, spec: NodeSpec): void {
  const order = world.nodes.size + 1
  const rack = spec.rack ?? Math.floor((order - 1) / RACK_SIZE) + 1
  const slot = ((order - 1) % RACK_SIZE) + 1
  const active = spec.provision_state === 'active'
  const bmc: Bmc = {
    protocol: spec.protocol ?? 'ipmi',
    host: `10.${100 + (rack >> 8)}.${rack & 255}.${slot}`,
    port: spec.protocol === 'redfish' ? 443 : 623,
    mode: 'ok',
    power: active ? 'power on' : 'power off',
    wellUntil: null,
    watch: null,
  }
  // Nodes crowded into one rack by a spec must not share an address.
  while (world.bmcs.has(`${bmc.host}:${bmc.port}`)) bmc.host = nextHost(bmc.host)
  world.bmcs.set(`${bmc.host}:${bmc.port}`, bmc)
  const low = order.toString(16).padStart(6, '0')
  const node: SimNode = {
    row: row(world, spec, { order, bmc }),
    order,
    bmc,
    port: {
      uuid: world.newId(),
      address: `52:54:00:${low.slice(0, 2)}:${low.slice(2, 4)}:${low.slice(4)}`,
      switch_id: switchId(spec.switch ?? `rack-${rack}`),
      switch_info: spec.switch ?? `switch-rack-${rack}`,
      port_id: `Ethernet1/${slot}`,
    },
    vif: null,
    history: [],
    inventory: inspected(order),
    syncFailures: 0,
    cleaning: 'ok',
    isFake: spec.fake ?? false,
  }
  if (node.isFake)
    Object.assign(node.row, interfacesOf('fake-hardware'), { driver: 'fake-hardware', driver_info: {}, network_interface: 'noop' })
  world.nodes.set(node.row.uuid, node)
  if (node.row.name !== null) world.names.set(node.row.name, node)
  world.providers.set(node.row.uuid, {
    uuid: node.row.uuid,
    resource_class: customClass(node.row.resource_class),
    reserved: 0,
    generation: 1,
    allocations: new Set(),
  })
  if (active) settle(world, node, spec.tenant ?? (world.settings.features.nova ? 'nova' : 'standalone'))
  const provider = world.providers.get(node.row.uuid)
  if (provider !== undefined) provider.reserved = isReserved(node) ? 1 : 0
}

/** Tenants of the beginning have had their node for a while: a delete in the world's first moment is newer than the launch. */
const LET_MS = 3_600_000

function settle(world: World, node: SimNode, tenant: 'nova' | 'standalone'): void {
  node.row.driver_internal_info = { is_whole_disk_image: true }
  if (tenant === 'nova') {
    const server = placeServer(world, node, { project: 'lab', status: 'ACTIVE' })
    const since = world.clock.now() - LET_MS
    Object.assign(server, { created: since, launched: since, actions: server.actions.map((action) => ({ ...action, start_time: since })) })
    node.row.instance_uuid = server.id
    node.row.instance_info = instanceInfo(server)
    return
  }
  node.row.instance_uuid = world.newId()
  node.row.allocation_uuid = world.newId()
  node.row.instance_info = instanceInfo({ name: 'standalone' })
}

const nextHost = (host: string): string => {
  const parts = host.split('.').map(Number)
  const last = (parts[3] ?? 0) + 1
  return last < 255 ? `${parts.slice(0, 3).join('.')}.${last}` : `${parts[0]}.${(parts[1] ?? 0) + 1}.${parts[2]}.1`
}

/** A MAC-like id made of the switch's name, the same for the same name. */
function switchId(name: string): string {
  let sum = 0
  for (const letter of name) sum = (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0
  const digits = sum.toString(16).padStart(8, '0')
  return `02:00:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}:${digits.slice(6)}`
}

function driverInfo(bmc: Bmc): Record<string, unknown> {
  const images = { deploy_kernel: 'http://images.example/k', deploy_ramdisk: 'http://images.example/r' }
  if (bmc.protocol === 'redfish') {
    return {
      redfish_address: `https://${bmc.host}`,
      redfish_system_id: '/redfish/v1/Systems/1',
      redfish_username: 'admin',
      redfish_password: 'simulated',
      ...images,
    }
  }
  return { ipmi_address: bmc.host, ipmi_port: bmc.port, ipmi_username: 'admin', ipmi_password: 'simulated', ...images }
}

/** What an inspection of a pretend machine would have left, with more in it than anybody should repeat. */
const inspected = (order: number): Record<string, unknown> => ({
  inventory: {
    system_vendor: { manufacturer: 'Pretend', product_name: 'P-1000', serial_number: `PRT${String(order).padStart(5, '0')}` },
    cpu: { model_name: 'Pretend CPU', architecture: 'x86_64', count: 16 },
    memory: { physical_mb: 65_536 },
    disks: [{ name: '/dev/sda', model: 'PD-500', serial: `PD${order}`, size: 500_000_000_000 }],
  },
  plugin_data: { root_disk: { name: '/dev/sda' } },
})

function row(world: World, spec: NodeSpec, made: { order: number; bmc: Bmc }): NodeRow {
  const at = ironicTime(world.clock.now())
  const project = (name: string | undefined): string | null => (name === undefined ? null : (world.projects.get(name)?.id ?? name))
  const redfish = made.bmc.protocol === 'redfish'
  return {
    uuid: spec.uuid ?? world.newId(),
    created_at: at,
    updated_at: at,
    automated_clean: spec.automated_clean ?? null,
    bios_interface: 'no-bios',
    boot_interface: redfish ? 'redfish-virtual-media' : 'pxe',
    boot_mode: null,
    clean_step: {},
    conductor_group: spec.conductor_group ?? '',
    console_enabled: false,
    console_interface: 'no-console',
    deploy_interface: 'direct',
    deploy_step: {},
    description: null,
    driver: made.bmc.protocol,
    driver_info: driverInfo(made.bmc),
    driver_internal_info: {},
    extra: spec.extra ?? {},
    fault: null,
    inspection_finished_at: null,
    inspection_started_at: null,
    inspect_interface: 'no-inspect',
    instance_info: {},
    instance_uuid: null,
    last_error: null,
    lessee: project(spec.lessee),
    maintenance: spec.maintenance ?? false,
    maintenance_reason: spec.maintenance_reason ?? null,
    management_interface: redfish ? 'redfish' : 'ipmitool',
    name: spec.name ?? `node-${made.order}`,
    network_data: {},
    network_interface: spec.network_interface ?? (world.settings.features.neutron ? 'neutron' : 'noop'),
    owner: project(spec.owner),
    power_interface: redfish ? 'redfish' : 'ipmitool',
    power_state: made.bmc.power,
    properties: { cpus: 16, memory_mb: 65_536, local_gb: 500, cpu_arch: 'x86_64' },
    protected: spec.protected ?? false,
    protected_reason: null,
    provision_state: spec.provision_state ?? 'available',
    provision_updated_at: at,
    raid_config: {},
    raid_interface: 'no-raid',
    rescue_interface: 'no-rescue',
    reservation: null,
    resource_class: spec.resource_class ?? 'baremetal',
    retired: spec.retired ?? false,
    retired_reason: null,
    secure_boot: null,
    shard: spec.shard ?? null,
    storage_interface: 'noop',
    target_power_state: null,
    target_provision_state: null,
    target_raid_config: {},
    traits: [],
    vendor_interface: redfish ? 'redfish' : 'ipmitool',
    allocation_uuid: null,
    chassis_uuid: null,
  }
}
