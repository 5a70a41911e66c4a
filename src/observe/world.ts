/**
 * What an observation needs of one cloud: clients narrowed to their reads, and the two watches that remember for all nodes. Wired
 * in main; no request is made here. That the writes of the clients are left out is what makes observing harmless by its types.
 */
import type { BoundPort, HistoryEvent, Observation, PeersOn, ServerSeen, ServiceLook, ServiceName } from '../core/observation.ts'
import type { Policy } from '../core/policy.ts'
import type { Reading } from '../core/reading.ts'
import type { Seams } from '../core/seams.ts'
import type { NodeKey } from '../core/seen.ts'
import type { Blazar } from '../openstack/blazar.ts'
import type { WireNode } from '../openstack/ironic-node.ts'
import type { BmcWatch } from './bmc-watch.ts'
import type { ConductorRow } from './conductor.ts'
import type { Control, ServiceWatch } from './service-watch.ts'

/** Which services the cloud has, by the catalog. Unknown is not "none": Keystone may be down. */
export type Catalog = Reading<ReadonlySet<ServiceName>>

/** Turns what has not come when an observation's time is up into unknown. */
export type InTime = <T>(reading: Promise<Reading<T>>) => Promise<Reading<T>>

/** `failureAt`: when its open case began, where its cause is a BMC's; else null. */
export type Neighbour = { uuid: string; failureAt: number | null }

type Links = Extract<Observation['links'], { kind: 'known' }>['value']

/** Every call throws OpenStackError where it cannot say. */
export type IronicAsked = {
  /** null: 404. */
  node(uuid: string): Promise<WireNode | null>
  history(uuid: string): Promise<Reading<HistoryEvent[]>>
  conductors(): Promise<ConductorRow[]>
  links(uuid: string): Promise<Links>
  hasVolumeTargets(uuid: string): Promise<boolean>
}

export type NovaAsked = {
  /** Each server with its last action. */
  serversOn(uuid: string): Promise<ServerSeen[]>
  server(id: string): Promise<ServerSeen | 'gone'>
  positiveControl(uuid: string, instanceUuid: string | null): Promise<Control>
}

export type NeutronAsked = { boundPorts(uuid: string, instanceUuids: readonly string[]): Promise<BoundPort[]> }

export type PlacementAsked = {
  allocations(uuid: string): Promise<Reading<string[]>>
  inventory(uuid: string): Promise<Observation['inventory']>
}

export type BlazarAsked = Pick<Blazar, 'isOffered' | 'hosts' | 'allocations' | 'lease'>

export type ObserveWorld = {
  cloud: string
  ironic: IronicAsked
  /** null where this cloud's configuration leaves the service out; whether it exists is told by the catalog. */
  nova: NovaAsked | null
  neutron: NeutronAsked | null
  placement: PlacementAsked | null
  blazar: BlazarAsked | null
  /** Asks a service the kind of call that fails, with its own timeout. */
  probe: (name: ServiceName) => Promise<Reading<ServiceLook>>
  /** `keystone` is in it wherever the credential is Keystone's. Throws OpenStackError where the catalog cannot be read. */
  catalog: () => Promise<ReadonlySet<ServiceName>>
  policy: Pick<Policy, 'standalone' | 'blazar'>
  seams: Seams
  bmcs: BmcWatch
  /** Nodes on record that hang on one thing. */
  neighboursOn: (of: { cloud: string; kind: PeersOn['kind']; value: string }) => Promise<Neighbour[]>
  /** Leases that the node's open case remembers. */
  leasesHeld: (key: NodeKey) => Promise<{ lease_id: string; reservation_id: string }[]>
  services: ServiceWatch
}
