/**
 * Neutron: ports and their binding, as far as anybody asks. Only an admin sees where a port is bound.
 */
import type { Asked, Reply, Service } from './answer.ts'
import { isAdmin, within } from './answer.ts'
import type { Caller, NeutronPort, World } from './world.ts'

const fault = (status: number, type: string, message: string): Reply => ({ status, json: { NeutronError: { type, message, detail: '' } } })

const view = (port: NeutronPort, caller: Caller | null): Record<string, unknown> => {
  const common = {
    id: port.id,
    name: '',
    network_id: 'tenant-net',
    admin_state_up: true,
    status: port.host_id === '' ? 'DOWN' : 'ACTIVE',
    mac_address: port.mac_address,
    fixed_ips: [],
    device_id: port.device_id,
    device_owner: port.device_owner,
    tenant_id: port.project_id,
    project_id: port.project_id,
    'binding:vnic_type': 'baremetal',
  }
  if (!isAdmin(caller)) return common
  return {
    ...common,
    'binding:host_id': port.host_id,
    'binding:profile': port.profile,
    'binding:vif_type': port.host_id === '' ? 'unbound' : 'other',
    'binding:vif_details': {},
  }
}

export function neutron(world: World): Service {
  return (asked) => {
    const [version, collection, id] = asked.segments
    if (version === undefined) {
      const self = [{ rel: 'self', href: `${world.baseUrl}/network/v2.0/` }]
      return { status: 200, json: { versions: [{ id: 'v2.0', status: 'CURRENT', links: self }] } }
    }
    if (version !== 'v2.0') return fault(404, 'HTTPNotFound', 'The resource could not be found.')
    if (collection === undefined) return { status: 200, json: { resources: [] } }
    if (collection === 'networks') return { status: 200, json: { networks: [{ id: 'tenant-net', name: 'tenant', status: 'ACTIVE' }] } }
    if (collection === 'agents') return { status: 200, json: { agents: [] } }
    if (collection !== 'ports') return fault(404, 'HTTPNotFound', 'The resource could not be found.')
    return id === undefined ? list(world, asked) : one(world, asked, id)
  }
}

const mine = (caller: Caller | null, port: NeutronPort): boolean => isAdmin(caller) || caller?.project?.id === port.project_id

function list(world: World, asked: Asked): Reply {
  const { query, caller } = asked
  const known: [string, (port: NeutronPort) => string][] = [
    ['binding:host_id', (port) => port.host_id],
    ['device_id', (port) => port.device_id],
    ['device_owner', (port) => port.device_owner],
    ['mac_address', (port) => port.mac_address],
    ['id', (port) => port.id],
  ]
  // Only what is asked for: a cloud of 100,000 nodes has as many ports, and every pass asks.
  const filters = known.filter(([key]) => query.has(key)).map(([key, value]) => ({ wanted: query.getAll(key), value }))
  const found = [...world.ports.values()].filter(
    (port) => filters.every(({ wanted, value }) => wanted.includes(value(port))) && mine(caller, port),
  )
  const fields = query.getAll('fields').flatMap((text) => text.split(','))
  const limit = query.get('limit')
  const from = found.findIndex((port) => port.id === query.get('marker')) + 1
  const page = limit === null ? found.slice(from) : found.slice(from, from + Number(limit))
  const shown = page.map((port) => {
    const whole = view(port, caller)
    return fields.length === 0 ? whole : Object.fromEntries(Object.entries(whole).filter(([key]) => fields.includes(key)))
  })
  if (limit === null) return { status: 200, json: { ports: shown } }
  const link = (rel: 'next' | 'previous', marker = ''): unknown => {
    const back = rel === 'previous' ? '&page_reverse=True' : ''
    return { rel, href: `${world.baseUrl}/network/v2.0/ports?limit=${limit}${marker === '' ? '' : `&marker=${marker}`}${back}` }
  }
  // A page that is full may have a next one; there is always a way back.
  const next = page.length === Number(limit) ? [link('next', page.at(-1)?.id)] : []
  return { status: 200, json: { ports: shown, ports_links: [...next, link('previous', page[0]?.id)] } }
}

function one(world: World, asked: Asked, id: string): Reply {
  const port = world.ports.get(id)
  if (port === undefined || !mine(asked.caller, port)) return fault(404, 'PortNotFound', `Port ${id} could not be found.`)
  if (asked.method === 'DELETE') {
    world.ports.delete(id)
    asked.effect(`port ${id}: deleted`)
    return { status: 204 }
  }
  if (asked.method === 'PUT') {
    const host = within(within(asked.body, 'port'), 'binding:host_id')
    if (typeof host === 'string') port.host_id = host
    asked.effect(`port ${id}: bound to ${port.host_id || 'nothing'}`)
  }
  return { status: 200, json: { port: view(port, asked.caller) } }
}
