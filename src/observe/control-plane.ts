/**
 * The services around Ironic as one node's tear-down meets them: which of them it needs by its own interfaces, and how they answer
 * now. Nova and Placement are looked at but never needed (tear-down does not call them); Glance and Cinder also where a text of
 * Ironic's names them, because the failure may be theirs. What a look means is judged in core.
 */
import type { HistoryEvent, Observation, ObservedNode, ServiceLook, ServiceName } from '../core/observation.ts'
import { absent, type Reading, unknown, valueOr } from '../core/reading.ts'
import { attempt } from './attempt.ts'
import type { Catalog, InTime, ObserveWorld } from './world.ts'

/** Generous: a look too many costs one request in 15 s for the whole cloud, a look missing leaves a failure unexplained. */
const NAMED_BY: readonly (readonly [ServiceName, RegExp])[] = [
  ['cinder', /cinder|block storage|\bvolumes?\b|:8776\b/i],
  ['glance', /glance|\bimages?\b|:9292\b/i],
  ['neutron', /neutron|\bvifs?\b|:9696\b/i],
]

type LookWorld = Pick<ObserveWorld, 'cloud' | 'services' | 'probe'>

type Needs = {
  node: Pick<ObservedNode, 'network_interface' | 'storage_interface'>
  hasVolumeTargets: Reading<boolean>
  catalog: Catalog
}

/**
 * Services without which this node's tear-down cannot succeed. An interface that is not shown is taken as needing its service, and so
 * are volume targets that could not be read, unless its storage is noop: needing too much delays, too little strands the node.
 * Whether cleaning boots a ramdisk from Glance cannot be read from Ironic, so Glance is never needed.
 */
export function neededServices({ node, hasVolumeTargets, catalog }: Needs): ServiceName[] {
  const { network_interface, storage_interface } = node
  const volumes = hasVolumeTargets.kind === 'known' ? hasVolumeTargets.value : storage_interface !== 'noop'
  const needs: [ServiceName, boolean][] = [
    ['keystone', true],
    ['neutron', network_interface !== 'noop'],
    ['cinder', storage_interface === 'cinder' || volumes],
  ]
  return needs.filter(([name, needed]) => needed && mayExist(catalog, name)).map(([name]) => name)
}

/** The services to look at for this node: what it needs, what a text of Ironic's names (that it is missing is an answer too), and the readings. */
export function servicesToLookAt(needed: readonly ServiceName[], texts: readonly string[], catalog: Catalog): ServiceName[] {
  const named = NAMED_BY.filter(([, pattern]) => texts.some((text) => pattern.test(text))).map(([name]) => name)
  const always = (['keystone', 'nova', 'placement'] as const).filter((name) => mayExist(catalog, name))
  return [...new Set([...needed, ...always, ...named])]
}

type Asked = {
  node: Promise<Reading<ObservedNode>>
  history: Promise<Reading<HistoryEvent[]>>
  catalog: Promise<Catalog>
  hasVolumeTargets: Promise<Reading<boolean>>
}

/** The services of one observation. A node that could not be read needs nothing that is known; the shared readings are taken all the same. */
export async function servicesOf(world: LookWorld, asked: Asked, inTime: InTime): Promise<Pick<Observation, 'needed' | 'services'>> {
  const [node, history, catalog, hasVolumeTargets] = await Promise.all([asked.node, asked.history, asked.catalog, asked.hasVolumeTargets])
  const needed = node.kind === 'known' ? neededServices({ node: node.value, hasVolumeTargets, catalog }) : []
  const events = valueOr(history, []).map(({ event }) => event)
  const texts = node.kind === 'known' ? [...events, node.value.last_error ?? ''] : events
  const names = servicesToLookAt(needed, texts, catalog)
  const looks = await Promise.all(names.map(async (name) => [name, await inTime(lookAtService(world, name, catalog))] as const))
  return { needed, services: Object.fromEntries(looks) }
}

/** How one service answers, shared by all nodes of the cloud for 15 s. */
export async function lookAtService(world: LookWorld, name: ServiceName, catalog: Catalog): Promise<Reading<ServiceLook>> {
  if (!mayExist(catalog, name)) return absent(`no ${name} in the catalog`)
  // Without a catalog there is no address to ask at; Keystone's is configured, and its answer is what the matter hangs on.
  if (catalog.kind !== 'known' && name !== 'keystone') return unknown(catalog.reason)
  const { reading } = await attempt(() => world.services.look(`${world.cloud} ${name}`, () => world.probe(name)))
  return reading
}

/** A catalog that could not be read rules nothing out. */
const mayExist = (catalog: Catalog, name: ServiceName): boolean => catalog.kind !== 'known' || catalog.value.has(name)
