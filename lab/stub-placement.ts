/**
 * A stand-in for Placement's reading side. The inventory follows Ironic's node by the rule of Nova's ironic driver: reserved unless
 * the node is available, without maintenance, with a known power state. Unlike Nova's periodic task it follows at once.
 */
import { ironic, LabNode } from './ironic.ts'
import type { Answered, Asked } from './serve.ts'

const missing = (what: string): Answered => ({
  status: 404,
  body: { errors: [{ status: 404, title: 'Not Found', detail: `The resource could not be found.\n\n ${what}  `, request_id: 'req-lab' }] },
})

export function placementStub() {
  /** Resource provider (node uuid) → consumers (instance uuids). */
  const allocations = new Map<string, string[]>()
  /** What was last known of a node: while Ironic does not answer, Nova's compute leaves Placement as it is. */
  const seen = new Map<string, LabNode>()

  async function provider(uuid: string): Promise<LabNode | undefined> {
    const answer = await ironic('GET', `/v1/nodes/${uuid}`).catch(() => null)
    if (answer?.status === 404) seen.delete(uuid)
    if (answer?.status === 200) seen.set(uuid, LabNode.parse(answer.json))
    return seen.get(uuid)
  }

  async function answer(asked: Asked): Promise<Answered> {
    const [kind, uuid, part] = asked.path
    if (kind === undefined)
      return { status: 200, body: { versions: [{ id: 'v1.0', min_version: '1.0', max_version: '1.39', status: 'CURRENT', links: [] }] } }
    if (kind === 'allocations' && uuid !== undefined) {
      const held = [...allocations]
        .filter(([, consumers]) => consumers.includes(uuid))
        .map(([node]) => [node, { generation: 1, resources: { CUSTOM_BAREMETAL: 1 } }])
      return { status: 200, body: { allocations: Object.fromEntries(held) } }
    }
    if (kind !== 'resource_providers') return missing('No such path.')
    const wanted = uuid ?? asked.query.get('uuid') ?? asked.query.get('name')
    if (wanted === null) return { status: 200, body: { resource_providers: [...seen.keys()].map(named) } }
    const node = await provider(wanted)
    if (uuid === undefined) return { status: 200, body: { resource_providers: node === undefined ? [] : [named(node.uuid)] } }
    if (node === undefined) return missing(`No resource provider with uuid ${uuid} found`)
    if (part === undefined) return { status: 200, body: named(node.uuid) }
    if (part === 'inventories')
      return { status: 200, body: { resource_provider_generation: 1, inventories: inventory(node, allocations.get(node.uuid) ?? []) } }
    if (part === 'allocations') {
      const held = (allocations.get(node.uuid) ?? []).map((consumer) => [consumer, { resources: { [className(node)]: 1 } }])
      return { status: 200, body: { resource_provider_generation: 1, allocations: Object.fromEntries(held) } }
    }
    return missing('No such path.')
  }

  return { answer, allocations }
}

const named = (uuid: string) => ({ uuid, name: uuid, generation: 1, links: [], parent_provider_uuid: null, root_provider_uuid: uuid })

/** Nova's name for an Ironic resource class: CUSTOM_ and upper case, anything but letters and digits an underscore. */
const className = (node: LabNode) => `CUSTOM_${(node.resource_class ?? 'none').toUpperCase().replace(/[^A-Z0-9]/g, '_')}`

function inventory(node: LabNode, consumers: string[]) {
  const usable = node.provision_state === 'available' && !node.maintenance && node.power_state !== null && node.power_state !== 'error'
  const reserved = usable && node.instance_uuid === null && consumers.length === 0 ? 0 : 1
  return { [className(node)]: { total: 1, reserved, min_unit: 1, max_unit: 1, step_size: 1, allocation_ratio: 1.0 } }
}
