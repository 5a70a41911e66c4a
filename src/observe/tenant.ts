/**
 * Who may live on the node: Nova asked by node always and by id where instance_uuid is set, with each server's last action, and
 * Placement's allocations of the provider. It judges nothing (core/tenant.ts does), but it says nothing either that the token did
 * not prove it can see: without the positive control an empty list and a 404 are unknown.
 */
import type { NovaSeen, Tenant } from '../core/observation.ts'
import { absent, known, type Reading, unknown } from '../core/reading.ts'
import { withoutStops } from '../core/sentence.ts'
import { attempt } from './attempt.ts'
import type { Catalog, NovaAsked, ObserveWorld } from './world.ts'

type TenantWorld = Pick<ObserveWorld, 'cloud' | 'nova' | 'placement' | 'policy' | 'services'>
type Whose = { uuid: string; instance_uuid: string | null; catalog: Catalog }

/** The tenant of one node. Unknown with the sentence of whatever could not be learned; Placement's part is a reading of its own. */
export async function tenantOf(world: TenantWorld, whose: Whose): Promise<Reading<Tenant>> {
  const [nova, allocations] = await Promise.all([novaReading(world, whose), allocationsOf(world, whose)])
  return nova.kind === 'known' ? known({ nova: nova.value, allocations }) : nova
}

async function novaReading(world: TenantWorld, whose: Whose): Promise<Reading<Tenant['nova']>> {
  const { catalog } = whose
  // A catalog that could not be read is no proof that there is no Nova.
  if (catalog.kind !== 'known') return catalog
  const { nova } = world
  if (nova !== null && catalog.value.has('nova')) return (await attempt(() => novaSeen(world, nova, whose))).reading
  return world.policy.standalone ? known('standalone') : unknown('no Nova in the catalog and `standalone: true` is not set')
}

async function novaSeen(world: TenantWorld, nova: NovaAsked, { uuid, instance_uuid }: Whose): Promise<Reading<NovaSeen>> {
  // A control that found no server of another project rests on lists for this very instance, so it does not speak for another one.
  const key = `${world.cloud} ${instance_uuid ?? ''}`
  const [control, byNode, byId] = await Promise.all([
    world.services.control(key, () => nova.positiveControl(uuid, instance_uuid)),
    nova.serversOn(uuid),
    instance_uuid === null ? null : nova.server(instance_uuid),
  ])
  return control.passed ? known({ byNode, byId, control: control.sentence }) : unknown(withoutStops(control.sentence))
}

async function allocationsOf({ placement }: TenantWorld, { uuid, catalog }: Whose): Promise<Reading<string[]>> {
  if (catalog.kind !== 'known') return catalog
  if (placement === null || !catalog.value.has('placement')) return absent('no Placement in the catalog')
  return (await attempt(() => placement.allocations(uuid))).reading
}
