/**
 * Gathers everything that one decision about one node may look at into one Observation: all reads in parallel, each becoming a
 * reading of its own. It sends reads and stateless datagrams only, judges nothing, and throws only where the program is wrong.
 */
import type { Observation, ObservedNode } from '../core/observation.ts'
import { absent, known, type Reading, unknown } from '../core/reading.ts'
import type { NodeKey } from '../core/seen.ts'
import { observedNode, redactedFields } from '../openstack/ironic-node.ts'
import { type Attempted, attempt } from './attempt.ts'
import { blazarOf } from './blazar.ts'
import { bmcPeersOf } from './bmc-peers.ts'
import { type ConductorRow, holderOf, managerOf } from './conductor.ts'
import { servicesOf } from './control-plane.ts'
import { tenantOf } from './tenant.ts'
import type { Catalog, InTime, ObserveWorld } from './world.ts'

/** Design section 4: one node's observation, 30 s in all. */
const OBSERVATION_MS = 30_000

/**
 * The observation of one node, after at most 30 s. The key's uuid must be the node's uuid and not its name: Nova, Neutron and
 * Placement are asked by it.
 */
export async function observe(world: ObserveWorld, key: NodeKey): Promise<Observation> {
  const { clock } = world.seams
  const at = clock.now()
  const done = new AbortController()
  const late = clock.sleep(OBSERVATION_MS, done.signal).then(() => unknown(`not answered within ${OBSERVATION_MS / 1000} s`))
  try {
    const inTime: InTime = (reading) => Promise.race([reading, late])
    const readings = await readAll(world, key.uuid, inTime)
    const seen: Observation = { cloud: key.cloud, uuid: key.uuid, at, ...readings, peers: absent('not asked yet') }
    return { ...seen, peers: await inTime(bmcPeersOf(world, seen)) }
  } finally {
    // A reason of our own, because without one a DOMException with its stack is made for every observation.
    done.abort('the observation is over')
  }
}

async function readAll(world: ObserveWorld, uuid: string, inTime: InTime): Promise<Omit<Observation, 'cloud' | 'uuid' | 'at' | 'peers'>> {
  const { ironic } = world
  const withheld = new Set<string>()
  const node = inTime(nodeOf(world, uuid, withheld))
  const history = inTime(attempt(() => ironic.history(uuid)).then((answer) => noting(withheld, 'history', answer)))
  const conductors = inTime(conductorsOf(world).then((answer) => noting(withheld, 'conductors', answer)))
  const catalog: Promise<Catalog> = inTime(reading(async () => known(await world.catalog())))
  const hasVolumeTargets = inTime(reading(async () => known(await ironic.hasVolumeTargets(uuid))))

  /** A reading that needs the node's own fields. */
  const withNode = <T>(ask: (node: ObservedNode) => Promise<Reading<T>>): Promise<Reading<T>> =>
    inTime(node.then((read) => (read.kind === 'known' ? ask(read.value) : unknown('node not read'))))

  const [nodeRead, historyRead, , services, conductor, holder, bmc, tenant, ports, inventory, links, blazar] = await Promise.all([
    node,
    history,
    conductors,
    servicesOf(world, { node, history, catalog, hasVolumeTargets }, inTime),
    withNode(async (read) => managerOf(read, await conductors)),
    withNode(async (read) => holderOf(read, await conductors)),
    withNode((read) => bmcOf(world, read)),
    withNode(async ({ instance_uuid }) => tenantOf(world, { uuid, instance_uuid, catalog: await catalog })),
    withNode(async ({ instance_uuid }) => portsOf(world, { uuid, instance_uuid, catalog: await catalog })),
    inTime(catalog.then((has) => inventoryOf(world, uuid, has))),
    inTime(reading(async () => known(await ironic.links(uuid)))),
    inTime(catalog.then((has) => blazarOf(world, uuid, has))),
  ])
  // Copied only now: what was withheld is known when the reads are over.
  const redacted = [...withheld].toSorted()
  return { node: nodeRead, redacted, history: historyRead, conductor, holder, bmc, tenant, ports, ...services, inventory, links, blazar }
}

const reading = async <T>(ask: () => Promise<Reading<T>>): Promise<Reading<T>> => (await attempt(ask)).reading

/** Ironic's client says `redacted:` where texts were withheld one by one; a 403 on the whole is the same to us. */
function noting<T>(withheld: Set<string>, name: string, answer: Attempted<T>): Reading<T> {
  const { reading } = answer
  if (answer.withheld || (reading.kind === 'unknown' && reading.reason.startsWith('redacted:'))) withheld.add(name)
  return reading
}

async function nodeOf({ ironic }: ObserveWorld, uuid: string, withheld: Set<string>): Promise<Reading<ObservedNode>> {
  const wire = await reading(async () => known(await ironic.node(uuid)))
  if (wire.kind !== 'known') return wire
  if (wire.value === null) return absent('Ironic knows no such node any more')
  for (const field of redactedFields(wire.value)) withheld.add(field)
  return known(observedNode(wire.value))
}

function conductorsOf({ cloud, services, ironic }: ObserveWorld): Promise<Attempted<ConductorRow[]>> {
  return services.conductors(cloud, () => attempt(async () => known(await ironic.conductors())))
}

async function bmcOf({ cloud, bmcs }: ObserveWorld, node: ObservedNode): Promise<Observation['bmc']> {
  if (node.bmcAddress === null) return unknown(`no BMC address is known for driver ${node.driver}`)
  return await bmcs.look(cloud, node.bmcAddress)
}

type PortsAsked = { uuid: string; instance_uuid: string | null; catalog: Catalog }

async function portsOf({ neutron }: ObserveWorld, { uuid, instance_uuid, catalog }: PortsAsked): Promise<Observation['ports']> {
  if (catalog.kind !== 'known') return catalog
  if (neutron === null || !catalog.value.has('neutron')) return absent('no Neutron in the catalog')
  return await reading(async () => known(await neutron.boundPorts(uuid, instance_uuid === null ? [] : [instance_uuid])))
}

async function inventoryOf({ placement }: ObserveWorld, uuid: string, catalog: Catalog): Promise<Observation['inventory']> {
  if (catalog.kind !== 'known') return catalog
  if (placement === null || !catalog.value.has('placement')) return absent('no Placement in the catalog')
  return await reading(() => placement.inventory(uuid))
}
