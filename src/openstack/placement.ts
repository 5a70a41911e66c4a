/**
 * What Placement holds on a node: who has an allocation, and what it offers. A node's resource provider has the node's uuid.
 */
import { z } from 'zod'
import { absent, known, type Reading } from '../core/reading.ts'
import { type Answer, bodyOf, type Call, refusal, segment } from './call.ts'
import { isMapping, type Mapping } from './cloud-access.ts'
import { parsed } from './openstack-error.ts'
import type { Session } from './session.ts'

export type Inventory = { resource_class: string; total: number; reserved: number }

export type Placement = {
  /** Uuids of consumers; absent: no Placement at this cloud, or it has no provider for the node. */
  allocations(uuid: string): Promise<Reading<string[]>>
  /** Nothing is offered of a node without a provider; absent: no Placement at this cloud. */
  inventory(uuid: string): Promise<Reading<Inventory[]>>
}

/** Not z.record: that leaves out a key `__proto__`, and a consumer that is left out looks like none. */
const allocationsSchema = z.object({ allocations: z.custom<Mapping>(isMapping, { error: 'expected an object' }) })
const inventoriesSchema = z.object({
  inventories: z.record(z.string(), z.looseObject({ total: z.number(), reserved: z.number() })),
})

export function placementClient(session: Session): Placement {
  /** `none`: what it means that there is no such provider. */
  async function ofProvider<T>(
    asked: { uuid: string; what: string },
    schema: z.ZodType<T>,
    none: Reading<NoInfer<T>>,
  ): Promise<Reading<T>> {
    if ((await session.endpoint('placement')) === null) return absent('there is no Placement in the catalog')
    const call: Call = {
      service: 'placement',
      method: 'GET',
      path: `/resource_providers/${segment(asked.uuid)}/${asked.what}`,
      accept: [404],
    }
    const response = await session.request(call)
    if (response.status !== 404) return known(bodyOf(call, response, schema))
    if (isNoProvider(response)) return none
    throw refusal(call, response)
  }

  return {
    allocations: async (uuid) => {
      const found = await ofProvider(
        { uuid, what: 'allocations' },
        allocationsSchema,
        absent('Placement has no resource provider for the node'),
      )
      return found.kind === 'known' ? known(Object.keys(found.value.allocations)) : found
    },
    inventory: async (uuid) => {
      const found = await ofProvider({ uuid, what: 'inventories' }, inventoriesSchema, known({ inventories: {} }))
      if (found.kind !== 'known') return found
      return known(
        Object.entries(found.value.inventories).map(([resource_class, { total, reserved }]) => ({ resource_class, total, reserved })),
      )
    },
  }
}

/** Placement's own 404 has `errors` and names the provider; any other 404 may come from a proxy or a wrong address. */
function isNoProvider(response: Answer): boolean {
  const own = z.object({ errors: z.array(z.unknown()) }).safeParse(parsed(response.text)).success
  return own && /resource provider/i.test(response.text)
}
