/**
 * Who may live on the node: Nova asked by node always and by id where instance_uuid is set, with each server's last action, and
 * Placement's allocations of the provider, whose consumers Nova is asked about one by one. It judges nothing (core/tenant.ts does), but it says nothing either that the token did
 * not prove it can see: without the positive control an empty list and a 404 are unknown.
 */
import { serversOf } from '../core/fate.ts'
import type { NovaSeen, Tenant } from '../core/observation.ts'
import { absent, known, type Reading, unknown } from '../core/reading.ts'
import { withoutStops } from '../core/sentence.ts'
import { attempt } from './attempt.ts'
import type { Control } from './service-watch.ts'
import type { Catalog, NovaAsked, ObserveWorld } from './world.ts'

type TenantWorld = Pick<ObserveWorld, 'cloud' | 'nova' | 'placement' | 'policy' | 'services'>
type Whose = { uuid: string; instance_uuid: string | null; catalog: Catalog }

/** The tenant of one node. Unknown with the sentence of whatever could not be learned; Placement's part is a reading of its own. */
export async function tenantOf(world: TenantWorld, whose: Whose): Promise<Reading<Tenant>> {
  const [nova, allocations] = await Promise.all([novaReading(world, whose), allocationsOf(world, whose)])
  if (nova.kind !== 'known') return nova
  const consumers =
    allocations.kind === 'known' ? await consumersOf(world, { whose, nova: nova.value, allocations: allocations.value }) : []
  const seen = nova.value === 'standalone' || consumers.length === 0 ? nova.value : { ...nova.value, consumers }
  return known({ nova: seen, allocations })
}

/** A node has one consumer; an answer with hundreds must not become as many requests. */
const CONSUMERS_MAX = 5

/** Placement takes any text for a consumer, and what goes into a command to copy must be no more than a uuid. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

type Held = { whose: Whose; nova: Tenant['nova']; allocations: string[] }

/** Who holds the allocations that none of Nova's other answers explains. Each has a control of its own, so that its 404 means something. */
async function consumersOf(world: TenantWorld, { whose, nova, allocations }: Held): Promise<NonNullable<NovaSeen['consumers']>> {
  if (nova === 'standalone' || world.nova === null) return []
  const asked = world.nova
  const answered = [...serversOf(nova).map(({ id }) => id), ...(nova.byId === 'gone' ? [whose.instance_uuid] : [])]
  const strays = allocations.filter((id) => !answered.includes(id)).slice(0, CONSUMERS_MAX)
  return await Promise.all(
    strays.map(async (id) => ({
      id,
      server: UUID.test(id)
        ? (await attempt(() => consumerSeen(world, asked, { uuid: whose.uuid, id }))).reading
        : unknown('it is no uuid'),
    })),
  )
}

async function consumerSeen(world: TenantWorld, nova: NovaAsked, { uuid, id }: { uuid: string; id: string }): Promise<ConsumerReading> {
  const [control, server] = await Promise.all([controlOf(world, nova, { uuid, instance: id }), nova.server(id)])
  return control.passed ? known(server) : unknown(withoutStops(control.sentence))
}

type ConsumerReading = NonNullable<NovaSeen['consumers']>[number]['server']

async function novaReading(world: TenantWorld, whose: Whose): Promise<Reading<Tenant['nova']>> {
  const { catalog } = whose
  // A catalog that could not be read is no proof that there is no Nova.
  if (catalog.kind !== 'known') return catalog
  const { nova } = world
  if (nova !== null && catalog.value.has('nova')) return (await attempt(() => novaSeen(world, nova, whose))).reading
  return world.policy.standalone ? known('standalone') : unknown('no Nova in the catalog and `standalone: true` is not set')
}

async function novaSeen(world: TenantWorld, nova: NovaAsked, { uuid, instance_uuid }: Whose): Promise<Reading<NovaSeen>> {
  const [control, byNode, byId] = await Promise.all([
    controlOf(world, nova, { uuid, instance: instance_uuid }),
    nova.serversOn(uuid),
    instance_uuid === null ? null : nova.server(instance_uuid),
  ])
  return control.passed ? known({ byNode, byId, control: control.sentence }) : unknown(withoutStops(control.sentence))
}

/** A control that found no server of another project rests on lists for this very instance, so it does not speak for another one. */
function controlOf(world: TenantWorld, nova: NovaAsked, about: { uuid: string; instance: string | null }): Promise<Control> {
  const { uuid, instance } = about
  return world.services.control(`${world.cloud} ${instance ?? ''}`, () => nova.positiveControl(uuid, instance))
}

async function allocationsOf({ placement }: TenantWorld, { uuid, catalog }: Whose): Promise<Reading<string[]>> {
  if (catalog.kind !== 'known') return catalog
  if (placement === null || !catalog.value.has('placement')) return absent('no Placement in the catalog')
  return (await attempt(() => placement.allocations(uuid))).reading
}
