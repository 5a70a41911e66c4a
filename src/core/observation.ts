/**
 * An observation is everything one decision may look at, gathered at one moment, as plain data that can be saved and replayed.
 * Its fields are an allow-list: no credentials, no instance_info, nothing of `extra` but our own keys.
 * `snake_case` came from OpenStack; `camelCase` is ours. Times of ours are epoch milliseconds; times of OpenStack stay text.
 */
import type { Reading } from './reading.ts'

export type Observation = {
  cloud: string
  uuid: string
  /** When the reads began, epoch ms. */
  at: number
  /** unknown → decision `node-unreadable`; absent → Ironic answered 404: the node is not enrolled any more. */
  node: Reading<ObservedNode>
  /** Names of fields that Ironic withheld from this credential. Anything here stops all action. */
  redacted: string[]
  /** Newest first. absent: API below 1.78. An empty list may also mean that node_history is switched off. */
  history: Reading<HistoryEvent[]>
  /** The conductor that manages the node. */
  conductor: Reading<ConductorSeen>
  /** The conductor that holds the node's lock; absent where the node is not reserved. */
  holder: Reading<ConductorSeen>
  bmc: Reading<BmcLook>
  tenant: Reading<Tenant>
  /** absent: no Neutron in the catalog. */
  ports: Reading<BoundPort[]>
  /** Only services whose tear-down this node needs, or that a failed text may name. */
  services: Partial<Record<ServiceName, Reading<ServiceLook>>>
  /** Which of the services above tear-down of this node needs by its own interfaces. */
  needed: ServiceName[]
  /** Placement's inventories of the node's resource provider; none where it has no such provider. absent: no Placement. */
  inventory: Reading<{ resource_class: string; total: number; reserved: number }[]>
  /** What Blazar lends of the node. absent: there is no Blazar in the catalog, or the configuration leaves it out. */
  blazar: Reading<BlazarSeen>
  /** Where the node hangs: for incidents and failure domains. */
  links: Reading<{ switch_id: string | null; switch_info: string | null; port_id: string | null }[]>
  /** How the BMCs around this one do. absent: nothing points at its BMC, so nobody was asked. */
  peers: Reading<BmcPeers>
}

export type ObservedNode = {
  uuid: string
  name: string | null
  driver: string
  provision_state: string
  provision_updated_at: string | null
  target_provision_state: string | null
  power_state: string | null
  target_power_state: string | null
  instance_uuid: string | null
  allocation_uuid: string | null
  maintenance: boolean
  maintenance_reason: string | null
  fault: string | null
  protected: boolean
  retired: boolean
  owner: string | null
  lessee: string | null
  conductor: string | null
  conductor_group: string
  shard: string | null
  resource_class: string | null
  reservation: string | null
  last_error: string | null
  automated_clean: boolean | null
  power_interface: string | null
  network_interface: string | null
  storage_interface: string | null
  /** True where a clean step was running: Ironic then also sets maintenance on failure. */
  cleanStepSet: boolean
  traits: string[]
  updated_at: string | null
  bmcAddress: BmcAddress | null
  marks: Marks
  /** extra.anneal_hold as short text; null where the key is absent. Any value holds. */
  hold: string | null
  /** extra.anneal_shield as it stands; null where the key is absent. */
  shield: string | null
  /** Digest of all keys of `extra` that are not ours: after a PATCH they must be what they were. */
  extraOthers: string
  /** Digest of the deciding fields: what an approval names. */
  digest: string
}

/** `scheme` and `path` only for redfish, where they are not https and /. */
export type BmcAddress = { protocol: 'ipmi' | 'redfish'; host: string; port: number; scheme?: 'http'; path?: string }

/**
 * extra.hammer_error_resets. 'unreadable': present but not a list (null too), and then nothing is ever written to it.
 * `entries` holds the newest 100 as exact texts (an entry that is not a string as its JSON), `total` counts all.
 */
export type Marks = { kind: 'absent' } | { kind: 'list'; entries: string[]; total: number } | { kind: 'unreadable'; found: string }

export type HistoryEvent = {
  uuid: string
  created_at: string
  severity: string | null
  event_type: string | null
  event: string
  conductor: string | null
}

export type ConductorSeen = { hostname: string | null; alive: boolean }

/**
 * What the BMC did when asked without a session.
 * answers: an application-level answer · faulty: an answer that is an error (Redfish 5xx) ·
 * refusing: the host is up, nobody listens on the port · silent: no application-level answer, and this host can reach BMCs at all.
 * `hangs`: its network part is alive and its management software is not (ping without IPMI, a connection without an HTTP answer).
 */
export type BmcLook = { kind: 'answers' | 'faulty' | 'refusing' | 'silent'; detail: string; at: number; hangs?: true }

export type BmcPeers = {
  /**
   * Other BMCs on this one's network that this host looked at within 5 min, and how many of them it reached. Most were looked at because
   * they failed themselves, so silence alone says nothing of the network. null: the BMC's address is not known.
   */
  bmcs: { network: string; looked: number; reached: number } | null
  shared: PeersOn[]
}

/**
 * What the database knows of one thing that the node hangs on. `nodes`: others ever on record there (only those that once failed are) ·
 * `failing`: of these, with an open case and a BMC's cause · `together`: of these, begun within an hour of this node's failure.
 */
export type PeersOn = { kind: 'switch' | 'bmc-network' | 'rack'; value: string; nodes: number; failing: number; together: number }

export type Tenant = {
  /** 'standalone': no Nova in the catalog and the cloud's configuration says `standalone: true`. */
  nova: 'standalone' | NovaSeen
  /** Consumers that hold an allocation on the node's resource provider; absent: no Placement at this cloud. */
  allocations: Reading<string[]>
}

export type NovaSeen = {
  /** Servers whose hypervisor_hostname is exactly the node's uuid. */
  byNode: ServerSeen[]
  /** null: the node has no instance_uuid, so nothing was asked. 'gone': 404 by a token that passed the positive control. */
  byId: ServerSeen | 'gone' | null
  /**
   * Each consumer of an allocation that is none of the above, at most 5, asked by its uuid. 'gone': 404 by a token that passed the positive
   * control for it. Absent where all were known already, and in what older versions kept.
   */
  consumers?: { id: string; server: Reading<ServerSeen | 'gone'> }[]
  /** How the token proved within 60 s that it can see other projects' servers. */
  control: string
}

export type ServerSeen = {
  id: string
  status: string
  vm_state: string | null
  task_state: string | null
  launched_at: string | null
  /** Newest entry of os-instance-actions; null where Nova lists none. */
  lastAction: { action: string; start_time: string } | null
}

export type BoundPort = { id: string; device_id: string; device_owner: string; mac_address: string; host_id: string }

/**
 * upstream: openstack/blazar, which has no way to take a host out and only pretends to accept one. chameleon: ChameleonCloud's fork, where
 * a host has a column `disabled`.
 */
export type BlazarKind = 'upstream' | 'chameleon'

export type BlazarSeen = {
  /** When hosts and allocations were asked for, epoch ms: they are kept for a minute. */
  readAt: number
  /** null: its hosts do not show which one it is. */
  kind: BlazarKind | null
  /** null: Blazar has no host for this node. */
  host: BlazarHostSeen | null
  /** Running now, or beginning within 7 days; the soonest first, at most 5. Of `total`. */
  leases: LeaseSeen[]
  total: number
  /** Leases that the case remembers on this node and Blazar does not have there any more. */
  missing: MissingLease[]
}

/** null where a capability stands in the column's place, and `disabled` where this Blazar has no such column. */
export type BlazarHostSeen = {
  id: string
  reservable: boolean | null
  disabled: boolean | null
  /** When a column was last changed, as Blazar writes it: it stays over polls, and over a change of capabilities. */
  updated_at: string | null
}

/** Dates as Blazar writes them, UTC without saying so. null: Blazar did not say it, or not to this credential. */
export type LeaseSeen = {
  id: string
  start_date: string | null
  end_date: string | null
  status: string | null
  project_id: string | null
  user_id: string | null
  /** Need not be unique. */
  name: string | null
  /** Of this node. null: the lease is withheld, or it says nothing readable of it. */
  reservation: ReservationSeen | null
}

/** What a reservation asks for, in Blazar's own words: properties are JSON in text, and an empty text is none. */
export type ReservationSeen = { id: string; min: number; max: number; hypervisor_properties: string; resource_properties: string }

/** `status` null: withheld; 'gone': Blazar knows no such lease. `hosts`: ids of those that its reservation has now. */
export type MissingLease = { lease_id: string; reservation_id: string; status: string | null; hosts: string[] }

export type ServiceName = 'keystone' | 'neutron' | 'cinder' | 'glance' | 'nova' | 'placement'

export type ServiceLook = { state: 'green' | 'red'; detail: string; at: number }
