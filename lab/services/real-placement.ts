/**
 * What nova-compute and the scheduler write into a real Placement about a node: its provider, its inventory with what is reserved of it, and
 * who has it allocated. No compute runs in the lab, so each of these happens when a test says so.
 */
import { z } from 'zod'
import { ask, mustAsk } from './ask.ts'

const CLASS = 'CUSTOM_BAREMETAL'
const Provider = z.looseObject({ uuid: z.string(), generation: z.number() })
const Allocations = z.object({ allocations: z.record(z.string(), z.unknown()) })

/** The node's inventory as nova-compute reports it; the provider is made where it is missing. */
export async function offer(uuid: string, reserved: 0 | 1): Promise<void> {
  await mustAsk('placement', 'PUT', `/resource_classes/${CLASS}`)
  const found = await ask('placement', 'GET', `/resource_providers/${uuid}`)
  if (found.status === 404) await mustAsk('placement', 'POST', '/resource_providers', { uuid, name: uuid })
  const { generation } = Provider.parse(await mustAsk('placement', 'GET', `/resource_providers/${uuid}`))
  const inventory = { total: 1, reserved, min_unit: 1, max_unit: 1, step_size: 1, allocation_ratio: 1 }
  const body = { resource_provider_generation: generation, inventories: { [CLASS]: inventory } }
  await mustAsk('placement', 'PUT', `/resource_providers/${uuid}/inventories`, body)
}

/** The scheduler's claim of a node that is free, for an instance or for any other consumer. */
export async function allocate(uuid: string, consumer: string): Promise<void> {
  const owner = { project_id: 'other-project', user_id: 'other-user', consumer_generation: null }
  await mustAsk('placement', 'PUT', `/allocations/${consumer}`, { allocations: { [uuid]: { resources: { [CLASS]: 1 } } }, ...owner })
}

/** What Nova does once a server is gone, and `openstack resource provider allocation delete CONSUMER`. */
export async function freeConsumer(consumer: string): Promise<void> {
  await mustAsk('placement', 'DELETE', `/allocations/${consumer}`)
}

export async function consumersOf(uuid: string): Promise<string[]> {
  const { status, json } = await ask('placement', 'GET', `/resource_providers/${uuid}/allocations`)
  return status === 404 ? [] : Object.keys(Allocations.parse(json).allocations)
}

/** The provider is gone, as where nova-compute has dropped the node or never knew it. */
export async function removeProvider(uuid: string): Promise<void> {
  for (const consumer of await consumersOf(uuid)) await freeConsumer(consumer)
  const { status, text } = await ask('placement', 'DELETE', `/resource_providers/${uuid}`)
  if (status !== 204 && status !== 404) throw new Error(`placement: the provider of ${uuid} was not removed: ${status} ${text}`)
}
