/**
 * Placement: what each node offers and who holds it. What is reserved follows the node only with Nova's periodic task, so a
 * healed node stays reserved for up to a period, and a broken one stays free as long.
 */
import type { Asked, Reply, Service } from './answer.ts'
import { isAdmin } from './answer.ts'
import type { Provider, SimNode, World } from './world.ts'

/** webob's explanation of the status first, then what Placement itself has to say. */
const fault = (status: number, title: string, explanation: string, detail = ''): Reply => ({
  status,
  json: { errors: [{ status, title, detail: `${explanation}\n\n ${detail}  ` }] },
})
const notFound = (detail?: string): Reply => fault(404, 'Not Found', 'The resource could not be found.', detail)

export function placement(world: World): Service {
  return (asked) => {
    const [collection, id, what] = asked.segments
    if (collection === undefined) {
      return { status: 200, json: { versions: [{ id: 'v1.0', min_version: '1.0', max_version: '1.39', status: 'CURRENT', links: [] }] } }
    }
    if (collection !== 'resource_providers') return notFound()
    if (!isAdmin(asked.caller)) {
      const rule = [
        'placement',
        collection,
        ...(what === undefined ? [] : [what]),
        id !== undefined && what === undefined ? 'show' : 'list',
      ]
      return fault(403, 'Forbidden', 'Access was denied to this resource.', `Policy does not allow ${rule.join(':')} to be performed.`)
    }
    if (id === undefined) return { status: 200, json: { resource_providers: list(world, asked) } }
    const provider = world.providers.get(id)
    if (provider === undefined) {
      const none = `No resource provider with uuid ${id} found`
      return notFound(what === 'allocations' ? `Resource provider '${id}' not found: ${none}` : `${none} : ${none}`)
    }
    if (what === 'inventories') return inventories(provider)
    if (what === 'allocations') return allocations(provider)
    if (what === undefined) return { status: 200, json: summary(provider) }
    return notFound()
  }
}

const summary = (provider: Provider): unknown => ({ uuid: provider.uuid, name: provider.uuid, generation: provider.generation })

const list = (world: World, asked: Asked): unknown[] => {
  const uuid = asked.query.get('uuid') ?? asked.query.get('name')
  return [...world.providers.values()].filter((one) => uuid === null || one.uuid === uuid).map(summary)
}

/** A node's resource class as Nova names it: `baremetal` is CUSTOM_BAREMETAL. */
export const customClass = (name: string | null): string => `CUSTOM_${(name ?? 'baremetal').toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`

function inventories(provider: Provider): Reply {
  const one = { total: 1, reserved: provider.reserved, min_unit: 1, max_unit: 1, step_size: 1, allocation_ratio: 1 }
  return {
    status: 200,
    json: { resource_provider_generation: provider.generation, inventories: { [provider.resource_class]: one } },
  }
}

function allocations(provider: Provider): Reply {
  // The consumer's generation comes with microversion 1.28, which nobody asks for here.
  const held = [...provider.allocations].map((consumer) => [consumer, { resources: { [provider.resource_class]: 1 } }])
  return { status: 200, json: { resource_provider_generation: provider.generation, allocations: Object.fromEntries(held) } }
}

/** Nova's `_node_resources_unavailable`, and `_node_resources_used` for a node with an instance. */
export function isReserved(node: SimNode): boolean {
  const { row } = node
  const powerUnknown = row.power_state === null || row.power_state === 'error'
  return row.maintenance || powerUnknown || row.provision_state !== 'available' || row.instance_uuid !== null
}

export function watchInventory(world: World): void {
  world.clock.after(world.settings.placementPeriodMs, () => {
    watchInventory(world)
    for (const node of world.nodes.values()) {
      const provider = world.providers.get(node.row.uuid)
      const reserved = isReserved(node) ? 1 : 0
      if (provider === undefined || provider.reserved === reserved) continue
      provider.reserved = reserved
      provider.generation += 1
    }
  })
}
