/**
 * What the pretend Blazar's database holds, and the words in which it says it. No behaviour here. Upstream and Chameleon's fork share it;
 * where they differ, the files that use it ask for the kind.
 */
export const BLAZAR_KINDS = ['upstream', 'chameleon'] as const
export type BlazarKind = (typeof BLAZAR_KINDS)[number]

/** How it is set up. */
export type BlazarOptions = {
  kind: BlazarKind
  /** `enable_polling_monitor`; off by default, as in Blazar itself. */
  monitor?: boolean
  /** Every node is enrolled from the beginning (default). */
  enrolled?: boolean
  /** Nova-computes of the nodes in their order; without it each node has its own, as if every node had a Nova to itself. */
  computes?: readonly string[]
}

export type SimHost = {
  id: string
  created_at: number
  updated_at: number | null
  /** The node's uuid. */
  hypervisor_hostname: string
  service_name: string
  trust_id: string
  reservable: boolean
  /** A column of the fork alone. */
  disabled: boolean
  /** With which words it was disabled: Blazar forgets them, whoever judges may not. null while it is not. */
  disabledFor: string | null
  /** Always text, and shown over the columns of the same name. */
  capabilities: Map<string, string>
}

export type SimReservation = {
  id: string
  resource_id: string
  created_at: number
  updated_at: number | null
  status: 'pending' | 'active' | 'deleted'
  missing_resources: boolean
  resources_changed: boolean
  hypervisor_properties: string
  resource_properties: string
  before_end: string
  min: number
  max: number
  /** The allocations: ids of hosts. */
  hosts: string[]
}

export type SimEvent = {
  id: string
  event_type: 'start_lease' | 'end_lease'
  created_at: number
  updated_at: number | null
  time: number
  status: 'UNDONE' | 'DONE'
}

export type SimLease = {
  id: string
  name: string
  user_id: string
  project_id: string
  trust_id: string
  created_at: number
  updated_at: number | null
  start: number
  end: number
  status: 'PENDING' | 'ACTIVE' | 'TERMINATED' | 'UPDATING'
  degraded: boolean
  reservations: SimReservation[]
  events: SimEvent[]
  /** What its user asked for (termsOf). */
  asMade: string
  /** Every host it ever had: what the fork lists as the lease's hosts, taken away or not. */
  everHad: string[]
}

export type SimBlazar = {
  kind: BlazarKind
  monitor: boolean
  /** `[physical:host] polling_interval`, 60 s. */
  pollMs: number
  /** `[physical:host] healing_interval`, 60 min. */
  healingMs: number
  /** In the order of their enrolment. */
  hosts: Map<string, SimHost>
  /** The node of every host that ever was, by the host's id. */
  nodes: Map<string, string>
  leases: Map<string, SimLease>
  /** Nova-compute of each node by its uuid. */
  computes: Map<string, string>
  /** Those whose service is down or disabled in Nova: all that upstream's monitor looks at. */
  computesDown: Set<string>
}

/** `2026-11-22 14:03:45.014000`, of `created_at` and `updated_at`. */
export const stamp = (at: number | null): string | null =>
  at === null ? null : `${new Date(at).toISOString().slice(0, -1)}000`.replace('T', ' ')
/** `2026-11-22T14:03:00.000000`, of a lease's dates: UTC without saying so. */
export const naiveDate = (at: number): string => `${new Date(at).toISOString().slice(0, -1)}000`

/** The columns of a host as Blazar shows them. */
export function columnsOf(kind: BlazarKind, host: SimHost): Record<string, unknown> {
  return {
    created_at: stamp(host.created_at),
    updated_at: stamp(host.updated_at),
    id: host.id,
    vcpus: 0,
    cpu_info: '',
    hypervisor_type: 'ironic',
    hypervisor_version: 1,
    hypervisor_hostname: host.hypervisor_hostname,
    service_name: host.service_name,
    memory_mb: 0,
    local_gb: 0,
    status: null,
    availability_zone: 'nova',
    trust_id: host.trust_id,
    reservable: host.reservable,
    ...(kind === 'chameleon' ? { disabled: host.disabled } : {}),
  }
}

/** Blazar writes `res.update(extra_capabilities)`: a capability stands in the place of the column of its name. */
export const hostView = (kind: BlazarKind, host: SimHost): Record<string, unknown> => ({
  ...columnsOf(kind, host),
  ...Object.fromEntries(host.capabilities),
})

export function leaseView(kind: BlazarKind, lease: SimLease): Record<string, unknown> {
  const { id, name, user_id, project_id, trust_id, status, degraded } = lease
  return {
    created_at: stamp(lease.created_at),
    updated_at: stamp(lease.updated_at),
    id,
    name,
    user_id,
    project_id,
    start_date: naiveDate(lease.start),
    end_date: naiveDate(lease.end),
    trust_id,
    status,
    degraded,
    reservations: lease.reservations.map((reservation) => reservationView(kind, lease, reservation)),
    events: lease.events.map((event) => ({
      created_at: stamp(event.created_at),
      updated_at: stamp(event.updated_at),
      id: event.id,
      lease_id: id,
      event_type: event.event_type,
      time: naiveDate(event.time),
      status: event.status,
    })),
  }
}

function reservationView(kind: BlazarKind, lease: SimLease, reservation: SimReservation): Record<string, unknown> {
  const { hosts: _allocations, created_at, updated_at, ...rest } = reservation
  return {
    ...rest,
    created_at: stamp(created_at),
    updated_at: stamp(updated_at),
    lease_id: lease.id,
    resource_type: 'physical:host',
    ...(kind === 'chameleon' ? { on_start: 'default' } : {}),
  }
}

export const hostOfNode = (blazar: SimBlazar | null, uuid: string): SimHost | null =>
  [...(blazar?.hosts.values() ?? [])].find(({ hypervisor_hostname }) => hypervisor_hostname === uuid) ?? null

/** By the addresses of a host and of a lease; what either names that never was is about nobody. */
export function nodesAt(blazar: SimBlazar | null, [kind, id = '']: readonly string[]): string[] {
  const hosts = kind === 'os-hosts' ? [id] : kind === 'leases' ? (blazar?.leases.get(id)?.everHad ?? []) : []
  return hosts.flatMap((host) => blazar?.nodes.get(host) ?? [])
}

/** Everything of a lease that is its user's to say. */
export const termsOf = ({ name, start, end, reservations }: SimLease): string =>
  JSON.stringify([
    name,
    start,
    end,
    ...reservations.flatMap((one) => [one.min, one.max, one.hypervisor_properties, one.resource_properties]),
  ])

/** What holds a host now or later: Blazar's lists name nothing that is over. */
export function heldBy(blazar: SimBlazar, host: SimHost, now: number): { lease: SimLease; reservation: SimReservation }[] {
  return [...blazar.leases.values()].flatMap((lease) =>
    lease.reservations
      .filter((reservation) => reservation.hosts.includes(host.id) && lease.end > now)
      .map((reservation) => ({ lease, reservation })),
  )
}
