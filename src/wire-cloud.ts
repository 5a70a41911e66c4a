/**
 * One cloud's world from its parts: sessions, clients, eyes. Used by main for real clouds and by the demo and the tests for simulated ones;
 * which of the two it is lies in the seams alone. It reads no environment and opens no file.
 */
import type { CloudWorld, Log } from './controller/cloud-world.ts'
import type { BmcAddress } from './core/observation.ts'
import type { Policy } from './core/policy.ts'
import type { Seams } from './core/seams.ts'
import type { NodeKey } from './core/seen.ts'
import { type BmcWatch, bmcWatch } from './observe/bmc-watch.ts'
import { catalogOf } from './observe/catalog.ts'
import { type ServiceWatch, serviceWatch } from './observe/service-watch.ts'
import { blazarClient } from './openstack/blazar.ts'
import type { CountsCalls } from './openstack/call.ts'
import type { CloudAccess } from './openstack/cloud-access.ts'
import { type Ironic, ironicClient } from './openstack/ironic.ts'
import { observedNode } from './openstack/ironic-node.ts'
import { neutronClient } from './openstack/neutron.ts'
import { novaClient } from './openstack/nova.ts'
import { OpenStackError } from './openstack/openstack-error.ts'
import { placementClient } from './openstack/placement.ts'
import { probeService } from './openstack/probe.ts'
import { openSession, type Session } from './openstack/session.ts'
import type { Store } from './store/store.ts'

export type WireCloud = {
  cloud: string
  /** Ironic's credential, and the one for Nova, Neutron, Placement and Blazar where one cannot do both. */
  access: CloudAccess
  servicesAccess: CloudAccess | null
  policy: Policy
  policyHash?: string
  store: Store
  seams: Seams
  log: Log
  counted?: CountsCalls
}

export type WiredCloud = CloudWorld & { sessions: { ironic: Session; services: Session } }

export function wireCloud(parts: WireCloud): WiredCloud {
  const { cloud, access, servicesAccess, policy, store, seams, log } = parts
  const ironicSession = openSession(access, seams, parts.counted)
  const services = servicesAccess === null ? ironicSession : openSession(servicesAccess, seams, parts.counted)
  const ironic = ironicClient(ironicSession)
  const blazar = blazarClient(services)
  const bmcs: BmcWatch = bmcWatch({ seams, candidates: calibrationBmcs({ cloud, store, ironic, seams }) })
  const watch: ServiceWatch = serviceWatch(seams.clock)
  const eyes = {
    cloud,
    ironic,
    nova: novaClient(services),
    neutron: neutronClient(services),
    placement: placementClient(services),
    blazar,
    probe: (name: Parameters<typeof probeService>[1]) => probeService(services, name, seams.clock),
    catalog: () => catalogOf(services),
    policy,
    seams,
    bmcs,
    neighboursOn: (of: Parameters<Store['neighboursOn']>[0]) => store.neighboursOn(of),
    leasesHeld: (key: NodeKey) => store.leasesHeld(key),
    services: watch,
  }
  return {
    cloud,
    policy,
    policyHash: parts.policyHash ?? null,
    ironic,
    blazar,
    eyes,
    store,
    seams,
    log,
    sessions: { ironic: ironicSession, services },
  }
}

/**
 * So many nodes are read for their BMC's address; the watch looks at up to five of those that speak the silent one's protocol. Of 16 drawn
 * nodes one at least speaks a protocol that a quarter of them do in 99 of 100 draws.
 */
const CANDIDATES = 16
/** Addresses change by a person's hand only. */
const REMEMBER_MS = 5 * 60_000

/**
 * BMCs by which a silent one is judged: of nodes that Ironic itself has read and sees no fault on. A list never shows driver_info, so a few
 * nodes are read one by one, at most every 5 min.
 */
function calibrationBmcs(of: { cloud: string; store: Store; ironic: Ironic; seams: Seams }): () => Promise<BmcAddress[]> {
  const { clock, random } = of.seams
  let kept: { at: number; addresses: Promise<BmcAddress[]> } | null = null
  const read = async (): Promise<BmcAddress[]> => {
    const from = Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
    const rows = await of.store.witnesses({ cloud: of.cloud, from, limit: CANDIDATES })
    return await bmcAddresses(of.ironic, rows)
  }
  return () => {
    const now = clock.monotonic()
    if (kept === null || now - kept.at >= REMEMBER_MS) {
      kept = { at: now, addresses: read() }
      // Knows: what could not be read is asked again at the next look, and the reader says why its own reading is unknown.
      kept.addresses.catch(() => {
        kept = null
      })
    }
    return kept.addresses
  }
}

/** Addresses out of driver_info, which only a node that is asked for by itself shows. One that cannot be read is left out. */
export async function bmcAddresses(ironic: Pick<Ironic, 'node'>, nodes: readonly { uuid: string }[]): Promise<BmcAddress[]> {
  const read = await Promise.all(
    nodes.map(({ uuid }) =>
      ironic.node(uuid).catch((error: unknown) => {
        // Knows: with one BMC less to compare with, a silence is believed less, never more.
        if (error instanceof OpenStackError) return null
        throw error
      }),
    ),
  )
  return read.flatMap((wire) => (wire === null ? [] : (observedNode(wire).bmcAddress ?? [])))
}
