/**
 * Neutron, Placement and Nova as Anneal reads them: the same queries, on a node with a tenant and on one without. Only what is asked there
 * is told here; of an answer that succeeds its shape, of a refusal its words.
 */
import { at, listAt, pick, said, shape } from './look.ts'
import type { Answer, Ask, Chapter, Peer, Site } from './site.ts'

const NOBODY = '7d0b1c5e-0000-4000-8000-000000000000'
/** A member of another project than the tenant's. */
const OTHER = 'bm-admin'
const FIELDS = ['id', 'device_id', 'device_owner', 'mac_address', 'binding:host_id']

const get = (site: Site, peer: Peer, path: string, as?: Ask['as']): Promise<Answer> =>
  site.peer(peer, { method: 'GET', path, ...(as === undefined ? {} : { as }) })

const portsPath = (filter: string) => `/v2.0/ports?${filter}&${FIELDS.map((field) => `fields=${field}`).join('&')}`

export const ports: Chapter = {
  title: 'ports of a node',
  setting: 'services',
  nodes: { a: { network_interface: 'flat' }, b: { state: 'available', network_interface: 'flat' } },
  async tell(site, found) {
    const { uuid } = site.node('a')
    found('Neutron names its version', shape((await get(site, 'neutron', '/')).json))
    const bound = await get(site, 'neutron', portsPath(`binding:host_id=${uuid}`))
    const port = at(bound.json, 'ports', 0)
    const [id, device] = [String(at(port, 'id')), String(at(port, 'device_id'))]
    found('ports bound to a node', { status: bound.status, shape: shape(bound.json), ...pick(port, 'binding:host_id', 'device_owner') })
    const whole = at((await get(site, 'neutron', `/v2.0/ports/${id}`)).json, 'port')
    found('one of them as a whole', { ...pick(whole, ...BINDING), kinds: pick(shape(whole), 'fixed_ips', 'tenant_id', 'project_id') })
    const ofInstance = await get(site, 'neutron', portsPath(`device_id=${device}`))
    found(
      'ports of an instance are the same',
      listAt(ofInstance.json, 'ports').map((one) => at(one, 'id') === id),
    )
    found('ports bound to a node that has none', (await get(site, 'neutron', portsPath(`binding:host_id=${site.node('b').uuid}`))).json)
    found('one port at most', paged(await get(site, 'neutron', portsPath('limit=1'))))
    found('ports as a member of another project sees them', paged(await get(site, 'neutron', portsPath('limit=1'), OTHER)))
    found('a port that there is not', said(await get(site, 'neutron', `/v2.0/ports/${NOBODY}`)))
    found('ports without a token', said(await get(site, 'neutron', portsPath('limit=1'), null)))
    const body = { port: { 'binding:host_id': '' } }
    const unbound = await site.peer('neutron', { method: 'PUT', path: `/v2.0/ports/${id}`, body })
    found('a port that is unbound', { status: unbound.status, ...pick(at(unbound.json, 'port'), ...BINDING) })
    found('then none is bound to the node', (await get(site, 'neutron', portsPath(`binding:host_id=${uuid}`))).json)
  },
}

const paged = ({ status, json }: Answer) => ({
  status,
  shape: shape(json),
  links: listAt(json, 'ports_links').map((link) => at(link, 'rel')),
})

const BINDING = ['status', 'binding:host_id', 'binding:vif_type', 'binding:vnic_type', 'device_owner']

export const allocations: Chapter = {
  title: 'resource providers',
  setting: 'services',
  nodes: { a: {}, b: { state: 'available' } },
  async tell(site, found) {
    const of = (uuid: string, what: string, as?: Ask['as']) => get(site, 'placement', `/resource_providers/${uuid}/${what}`, as)
    const [a, b] = [site.node('a').uuid, site.node('b').uuid]
    const versions = (await get(site, 'placement', '/')).json
    found('Placement names its versions', { ...pick(at(versions, 'versions', 0), 'id', 'min_version', 'max_version', 'status') })
    const offered = (answer: Answer) => ({ status: answer.status, shape: shape(answer.json), inventories: at(answer.json, 'inventories') })
    found('the inventory of a node in use', offered(await of(a, 'inventories')))
    found('the inventory of a node that is free', offered(await of(b, 'inventories')))
    const held = at((await of(a, 'allocations')).json, 'allocations')
    found('who has a node in use', { keys: shape(Object.values(Object(held))[0]), consumers: Object.keys(Object(held)).length })
    found('who has a node that is free', at((await of(b, 'allocations')).json, 'allocations'))
    found('the inventory of a provider that there is not', said(await of(NOBODY, 'inventories')))
    found('the allocations of a provider that there is not', said(await of(NOBODY, 'allocations')))
    found('an inventory without a token', said(await of(a, 'inventories', null)))
    found('an inventory for a member of another project', said(await of(a, 'inventories', OTHER)))
    found('allocations for a member of another project', said(await of(a, 'allocations', OTHER)))
    found('a path of Placement that there is not', said(await get(site, 'placement', '/banana')))
  },
}

const SERVER = [
  ...['id', 'status', 'tenant_id', 'user_id', 'OS-EXT-SRV-ATTR:hypervisor_hostname', 'OS-EXT-STS:vm_state', 'OS-EXT-STS:task_state'],
  ...['OS-SRV-USG:launched_at', 'OS-SRV-USG:terminated_at', 'created', 'updated'],
]

export const servers: Chapter = {
  title: 'servers of a node',
  setting: 'services',
  nodes: { a: {}, b: { state: 'available' } },
  async tell(site, found) {
    const { uuid } = site.node('a')
    const on = (node: string) => get(site, 'nova', `/servers/detail?all_tenants=1&node=${node}`)
    const listed = await on(uuid)
    const server = at(listed.json, 'servers', 0)
    const id = String(at(server, 'id'))
    const told = (one: unknown) => ({ kinds: pick(shape(one), ...SERVER), ...pick(one, 'status', 'OS-EXT-STS:vm_state') })
    found('servers on a node', {
      status: listed.status,
      count: listAt(listed.json, 'servers').length,
      ...told(server),
      node: at(server, 'OS-EXT-SRV-ATTR:hypervisor_hostname') === uuid,
    })
    found('servers on a node that has none', (await on(site.node('b').uuid)).json)
    found('a server by its id', told(at((await get(site, 'nova', `/servers/${id}`)).json, 'server')))
    found('a server that there is not', said(await get(site, 'nova', `/servers/${NOBODY}`)))
    const actions = await get(site, 'nova', `/servers/${id}/os-instance-actions`)
    const action = at(actions.json, 'instanceActions', 0)
    found('what was done to a server', { status: actions.status, kinds: pick(shape(action), ...ACTION), ...pick(action, 'action') })
    found('what was done to a server that there is not', said(await get(site, 'nova', `/servers/${NOBODY}/os-instance-actions`)))
    const asMember = (path: string) => get(site, 'nova', path, OTHER)
    found('all servers for a member of another project', said(await asMember('/servers/detail?all_tenants=1')))
    found('a server of a project for a member of another', said(await asMember(`/servers/${id}`)))
    found('services for a member of another project', said(await asMember('/os-services')))
    const services = listAt((await get(site, 'nova', '/os-services')).json, 'services')
    const conductor = services.find((one) => at(one, 'binary') === 'nova-conductor')
    found('a conductor in the services', {
      ...pick(conductor, 'status', 'state'),
      kinds: pick(shape(conductor), 'host', 'zone', 'updated_at'),
    })
    found('servers without a token', said(await get(site, 'nova', '/servers/detail', null)))
  },
}

export const withoutNeutron: Chapter = {
  title: 'servers while Neutron is away',
  setting: 'services',
  nodes: { a: {}, b: { state: 'available' } },
  alone: true,
  async tell(site, found) {
    const on = (key: string) => get(site, 'nova', `/servers/detail?all_tenants=1&node=${site.node(key).uuid}`)
    const id = String(at((await on('a')).json, 'servers', 0, 'id'))
    await site.neutron('503')
    found('servers on a node while Neutron is away', (await on('a')).status)
    found('a server by its id while Neutron is away', (await get(site, 'nova', `/servers/${id}`)).status)
    found('servers on a node that has none while Neutron is away', (await on('b')).status)
    found('a server that there is not while Neutron is away', (await get(site, 'nova', `/servers/${NOBODY}`)).status)
    await site.neutron('ok')
  },
}

const ACTION = ['action', 'start_time', 'instance_uuid', 'request_id', 'message']
