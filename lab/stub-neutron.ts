/**
 * A stand-in for Neutron as Ironic and Anneal use it: ports with their binding, networks, list filters. No rules of its own about
 * who may do what, no subnets, no agents.
 */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Answered, Asked } from './serve.ts'

export type Port = Record<string, unknown> & { id: string }

const Sent = z.object({ port: z.record(z.string(), z.unknown()) })

const missing = (what: string, id: string): Answered => ({
  status: 404,
  body: { NeutronError: { type: `${what}NotFound`, message: `${what} ${id} could not be found.`, detail: '' } },
})

export function neutronStub(baseUrl: string) {
  const ports = new Map<string, Port>()

  /** Neutron's ML2 works out vif_type and status from the host the port is bound to. */
  function save(id: string, fields: Record<string, unknown>): Port {
    const port: Port = { ...(ports.get(id) ?? emptyPort(id)), ...fields, id }
    const bound = port['binding:host_id'] !== '' && port['binding:host_id'] !== null
    const saved = {
      ...port,
      'binding:host_id': bound ? port['binding:host_id'] : '',
      'binding:vif_type': bound ? 'other' : 'unbound',
      status: bound ? 'ACTIVE' : 'DOWN',
    }
    ports.set(id, saved)
    return saved
  }

  function answer(asked: Asked): Answered {
    const [version, kind, id] = asked.path[0] === 'v2.0' ? asked.path : ['v2.0', ...asked.path]
    if (version !== undefined && kind === undefined)
      return asked.path.length === 0 ? versions(baseUrl) : { status: 200, body: { resources: [] } }
    if (kind === 'networks') {
      if (id !== undefined) return { status: 200, body: { network: network(id) } }
      const wanted = asked.query.getAll('id')
      return { status: 200, body: { networks: (wanted.length > 0 ? wanted : ['11111111-1111-1111-1111-111111111111']).map(network) } }
    }
    if (kind === 'agents') return { status: 200, body: { agents: [] } }
    if (kind !== 'ports')
      return { status: 404, body: { NeutronError: { type: 'HTTPNotFound', message: 'The resource could not be found.', detail: '' } } }
    if (id === undefined) {
      if (asked.method === 'GET') return { status: 200, body: { ports: filtered([...ports.values()], asked.query) } }
      const fields = Sent.parse(asked.body).port
      return { status: 201, body: { port: save(typeof fields['id'] === 'string' ? fields['id'] : randomUUID(), fields) } }
    }
    const port = ports.get(id)
    if (port === undefined) return missing('Port', id)
    if (asked.method === 'DELETE') {
      ports.delete(id)
      return { status: 204 }
    }
    return { status: 200, body: { port: asked.method === 'PUT' ? save(id, Sent.parse(asked.body).port) : port } }
  }

  return { answer, ports, save }
}

function filtered(ports: Port[], query: URLSearchParams): Record<string, unknown>[] {
  const control = ['fields', 'limit', 'marker', 'sort_key', 'sort_dir', 'page_reverse']
  const names = [...new Set(query.keys())].filter((name) => !control.includes(name))
  const found = ports.filter((port) => names.every((name) => query.getAll(name).includes(String(port[name]))))
  const after = found
    .slice(found.findIndex((port) => port.id === query.get('marker')) + 1)
    .slice(0, Number(query.get('limit') ?? found.length))
  const fields = query.getAll('fields')
  return fields.length === 0 ? after : after.map((port) => Object.fromEntries(fields.map((name) => [name, port[name]])))
}

const emptyPort = (id: string): Port => ({
  id,
  name: '',
  network_id: '22222222-2222-2222-2222-222222222222',
  admin_state_up: true,
  status: 'DOWN',
  mac_address: `fa:16:3e:${id.slice(0, 2)}:${id.slice(2, 4)}:${id.slice(4, 6)}`,
  'binding:host_id': '',
  'binding:profile': {},
  'binding:vif_type': 'unbound',
  'binding:vnic_type': 'baremetal',
  fixed_ips: [],
  device_id: '',
  device_owner: '',
  tenant_id: 'tenant-of-the-lab',
  project_id: 'tenant-of-the-lab',
  extra_dhcp_opts: [],
})

const network = (id: string) => ({
  id,
  name: `net-${id.slice(0, 4)}`,
  tenant_id: 'service',
  project_id: 'service',
  status: 'ACTIVE',
  admin_state_up: true,
  subnets: [],
})

const versions = (baseUrl: string): Answered => ({
  status: 200,
  body: { versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${baseUrl}/v2.0/` }] }] },
})
