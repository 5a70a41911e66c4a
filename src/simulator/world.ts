/**
 * The state of the pretend cloud as plain data: what a person with access to every database and every rack would see.
 * No behaviour here; who changes what is said in the files named after the services.
 */
import type { NewId, Random } from '../core/seams.ts'
import type { SimBlazar } from './blazar-state.ts'
import type { Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { VirtualClock } from './virtual-clock.ts'

export const SERVICES = ['keystone', 'ironic', 'nova', 'neutron', 'placement', 'glance', 'cinder'] as const
/** Blazar stands by itself: only a site that says so has one, and what befalls it is drawn apart, so that histories without one stay what they were. */
export const ALL_SERVICES = [...SERVICES, 'blazar'] as const
export type ServiceSlug = (typeof ALL_SERVICES)[number]

/** How a cloud is set up; every value can be given to simulatedCloud. */
export type Settings = {
  features: Record<Exclude<ServiceSlug, 'ironic' | 'blazar'>, boolean>
  ironic: {
    /** Newest API version served, `1.78` to `1.115`; decides the release's behaviour too (1.82 = 2023.1, 1.101 = 2025.2, 1.111 = 2026.1). */
    version: string
    /** `[conductor]node_history`. */
    history: boolean
    /** An entry shows so much later than it was made. */
    historyLateMs: number
    /** 2025.2 and later: a successful power sync sets last_error to null (only with history on). */
    erasesLastError: boolean
    automatedClean: boolean
    powerSyncMs: number
    powerSyncRetries: number
    recoveryMs: number
    maxConcurrentClean: number
    conductors: { host: string; group: string }[]
    heartbeatTimeoutMs: number
    /** What a call to a dead conductor looks like: refused at once (json-rpc) or no answer for 60 s (messaging). */
    rpc: 'json-rpc' | 'messaging'
    /** From clean wait to available. */
    cleaningMs: number
    cleanCallbackTimeoutMs: number
    deployMs: number
    /** `[api]max_limit`: no page of a list is longer, whatever is asked for. */
    maxLimit: number
  }
  /** How many cells Nova has; servers are spread over them. */
  novaCells: number
  /** Nova's period for telling Placement what each node offers. */
  placementPeriodMs: number
  tokenLifeMs: number
  /** Ironic's own `auth_strategy = http_basic`, for a cloud without Keystone; null: everybody may do everything. */
  basicAuth: { user: string; password: string } | null
}

export type SimUser = {
  name: string
  id: string
  password: string
  assignments: { scope: string; roles: string[] }[]
  /** Node fields that a local policy withholds from this user. */
  redacts: string[]
}

export type Caller = {
  user: string
  project: { id: string; name: string } | null
  roles: string[]
  redacts: string[]
}

export type Token = Caller & { id: string; userId: string; methods: string[]; issuedAt: number; expiresAt: number }

export type HistoryEntry = {
  uuid: string
  created_at: string
  severity: string
  event_type: string
  event: string
  conductor: string
  user: string | null
}

/** The node as Ironic's database has it, field names and order as the API shows them. */
export type NodeRow = {
  uuid: string
  created_at: string
  updated_at: string | null
  automated_clean: boolean | null
  bios_interface: string
  boot_interface: string
  boot_mode: string | null
  clean_step: Record<string, unknown>
  conductor_group: string
  console_enabled: boolean
  console_interface: string
  deploy_interface: string
  deploy_step: Record<string, unknown>
  description: string | null
  driver: string
  driver_info: Record<string, unknown>
  driver_internal_info: Record<string, unknown>
  extra: Record<string, unknown>
  fault: string | null
  inspection_finished_at: string | null
  inspection_started_at: string | null
  inspect_interface: string
  instance_info: Record<string, unknown>
  instance_uuid: string | null
  last_error: string | null
  lessee: string | null
  maintenance: boolean
  maintenance_reason: string | null
  management_interface: string
  name: string | null
  network_data: Record<string, unknown>
  network_interface: string
  owner: string | null
  power_interface: string
  power_state: string | null
  properties: Record<string, unknown>
  protected: boolean
  protected_reason: string | null
  provision_state: string
  provision_updated_at: string | null
  raid_config: Record<string, unknown>
  raid_interface: string
  rescue_interface: string
  reservation: string | null
  resource_class: string | null
  retired: boolean
  retired_reason: string | null
  secure_boot: boolean | null
  shard: string | null
  storage_interface: string
  target_power_state: string | null
  target_provision_state: string | null
  target_raid_config: Record<string, unknown>
  traits: string[]
  vendor_interface: string
  allocation_uuid: string | null
  chassis_uuid: string | null
}

/**
 * ok · silent: powered down or cut off, nothing comes back · frozen: its processor hangs, so that connecting over TCP works and nothing ever
 * answers · hung: its network part answers pings, its management software answers nothing · refusing: host up, nobody listens · slow: right answers, late · flapping: up and silent in turns · rejecting: answers, but each
 * command with an error · badpass: the stored password is wrong · stuck: power never changes.
 */
export const BMC_MODES = ['ok', 'silent', 'frozen', 'hung', 'refusing', 'slow', 'flapping', 'rejecting', 'badpass', 'stuck'] as const
export type BmcMode = (typeof BMC_MODES)[number]

export type Bmc = {
  protocol: 'ipmi' | 'redfish'
  host: string
  port: number
  mode: BmcMode
  power: 'power on' | 'power off'
  /** When it was last well, in virtual time; null: it is. */
  wellUntil: number | null
  /** Told of every change of mode; the server opens and closes its socket on it. */
  watch: ((mode: BmcMode) => void) | null
}

/** What the next cleaning of a node will come to. */
export const CLEANING_WILLS = ['ok', 'no-port', 'no-callback', 'step-fails', 'step-hangs'] as const
export type CleaningWill = (typeof CLEANING_WILLS)[number]

export type SimNode = {
  row: NodeRow
  /** The database's id: lists are in this order. */
  order: number
  bmc: Bmc
  port: { uuid: string; address: string; switch_id: string; switch_info: string; port_id: string }
  /** The Neutron port that Ironic remembers as the tenant's (internal_info.tenant_vif_port_id). */
  vif: string | null
  history: HistoryEntry[]
  /** What the last inspection left: `{inventory, plugin_data}`; null where it was never inspected. */
  inventory: Record<string, unknown> | null
  syncFailures: number
  cleaning: CleaningWill
  /** Without a machine: it works as long as its driver is fake-hardware. */
  isFake: boolean
}

export type Conductor = {
  host: string
  group: string
  running: boolean
  /** Changes with every death: work begun before it never goes on. */
  incarnation: number
  startedAt: number
  killedAt: number | null
}

export type Server = {
  id: string
  name: string
  node: string
  tenant_id: string
  user_id: string
  status: string
  vm_state: string
  task_state: string | null
  created: number
  launched: number | null
  deleted: boolean
  /** Which of Nova's cells keeps it. */
  cell: string
  port: string | null
  actions: { action: string; request_id: string; start_time: number }[]
}

export type NeutronPort = {
  id: string
  device_id: string
  device_owner: string
  mac_address: string
  host_id: string
  profile: Record<string, unknown>
  project_id: string
}

export type Provider = { uuid: string; resource_class: string; reserved: number; generation: number; allocations: Set<string> }

export type World = {
  clock: VirtualClock
  random: Random
  newId: NewId
  settings: Settings
  /** Where the services are reached: `${baseUrl}/baremetal` and so on. */
  baseUrl: string
  nodes: Map<string, SimNode>
  names: Map<string, SimNode>
  conductors: Map<string, Conductor>
  users: SimUser[]
  projects: Map<string, { id: string; name: string }>
  tokens: Map<string, Token>
  /** Tokens that a service has checked with Keystone and remembers (keystonemiddleware caches for 300 s). */
  checked: Map<string, number>
  servers: Map<string, Server>
  /** Cells of Nova whose database or message queue nobody reaches. */
  cellsDown: Set<string>
  ports: Map<string, NeutronPort>
  providers: Map<string, Provider>
  bmcs: Map<string, Bmc>
  /** null: the site has none. */
  blazar: SimBlazar | null
  faults: Faults
  ledger: Ledger
  /** Called after each write to a node; one looks on at most. */
  onWrite: ((node: SimNode) => void) | null
}

/** `2026-11-22T14:01:39.810000+00:00`, as Ironic writes times. */
export const ironicTime = (at: number): string => `${new Date(at).toISOString().slice(0, -1)}000+00:00`

/** `2026-11-22T14:50:18.000000Z`, as Keystone and Nova's actions write them (Nova without the Z). */
export const keystoneTime = (at: number): string => `${new Date(at).toISOString().slice(0, -1)}000Z`

export const minorOf = (version: string): number => Number(version.split('.')[1])

/** The node by uuid or by name. */
export const findNode = (world: World, id: string): SimNode | undefined => world.nodes.get(id) ?? world.names.get(id)
