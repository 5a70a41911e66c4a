/**
 * Ports that Neutron still binds to a node. Every failed tear-down makes Ironic forget the node's VIF without unbinding it, and
 * no later reset unbinds it, so only Neutron can tell. Nothing is ever changed here.
 */
import { z } from 'zod'
import type { BoundPort } from '../core/observation.ts'
import { bodyOf, type Call } from './call.ts'
import { unusableAnswer } from './openstack-error.ts'
import type { Session } from './session.ts'

export type Neutron = {
  /** Ports with binding:host_id = the node, or device_id = one of the instances; each once. */
  boundPorts(uuid: string, instanceUuids: readonly string[]): Promise<BoundPort[]>
  /** Answers where this token sees bindings, or there is no port to see; throws where it does not, or Neutron fails. */
  probe(): Promise<void>
}

const portSchema = z.looseObject({
  id: z.string(),
  device_id: z.string().nullish(),
  device_owner: z.string().nullish(),
  mac_address: z.string().nullish(),
  'binding:host_id': z.string().nullish(),
})
const portsSchema = z.object({ ports: z.array(portSchema) })
type WirePort = z.infer<typeof portSchema>
const FIELDS = ['id', 'device_id', 'device_owner', 'mac_address', 'binding:host_id'].map((field): [string, string] => ['fields', field])

export function neutronClient(session: Session): Neutron {
  async function ports(query: [string, string][]): Promise<{ call: Call; found: WirePort[] }> {
    const call: Call = { service: 'network', method: 'GET', path: '/v2.0/ports', query: [...query, ...FIELDS] }
    const { ports: found } = bodyOf(call, await session.request(call), portsSchema)
    if (found.some((port) => !('binding:host_id' in port))) {
      throw unusableAnswer(call, 'Neutron hides binding:host_id from this credential, so it cannot be seen what is bound to a node.')
    }
    return { call, found }
  }

  async function portsWith(key: 'binding:host_id' | 'device_id', value: string): Promise<WirePort[]> {
    const { call, found } = await ports([[key, value]])
    if (found.some((port) => port[key] !== value)) throw unusableAnswer(call, `Neutron did not apply the filter ${key}.`)
    return found
  }

  async function probe(): Promise<void> {
    await ports([['limit', '1']])
  }

  return {
    probe,
    boundPorts: async (uuid, instanceUuids) => {
      const lists = [portsWith('binding:host_id', uuid), ...instanceUuids.map((id) => portsWith('device_id', id))]
      const found = (await Promise.all(lists)).flat()
      // An empty list also comes to a credential that sees its own project only: any port at all shows whether bindings are shown.
      if (found.length === 0) await probe()
      const byId = new Map(found.map((port) => [port.id, port]))
      return [...byId.values()].map((port) => ({
        id: port.id,
        device_id: port.device_id ?? '',
        device_owner: port.device_owner ?? '',
        mac_address: port.mac_address ?? '',
        host_id: port['binding:host_id'] ?? '',
      }))
    },
  }
}
