/**
 * The API's surface on nodes that nobody disturbs: versions, what can be read, and every refusal that needs no trouble to be had.
 */
import { at, get, keysOf, listAt, nodePath, pick, put, readNode, rest, said, shape } from './look.ts'
import type { Answer, Chapter, Site } from './site.ts'

const VERSIONS = ['x-openstack-ironic-api-minimum-version', 'x-openstack-ironic-api-maximum-version', 'x-openstack-ironic-api-version']

const headersOf = ({ status, headers }: Answer) => ({
  status,
  ...pick(headers, ...VERSIONS, 'content-type'),
  requestId: /^req-[0-9a-f-]{36}$/.test(headers['openstack-request-id'] ?? ''),
  forCaches: ['etag', 'last-modified', 'retry-after', 'content-encoding'].filter((name) => name in headers),
})

export const versions: Chapter = {
  title: 'versions',
  setting: 'plain',
  nodes: { a: {} },
  async tell(site, found) {
    const root = await get(site, '/')
    const version = (value: unknown) => pick(value, 'id', 'status', 'min_version', 'version')
    found('the root names its versions', { keys: keysOf(root.json), default: version(at(root.json, 'default_version')) })
    const v1 = await get(site, '/v1/', { version: null })
    found('v1 names the versions that it speaks', { status: v1.status, version: version(at(v1.json, 'version')) })
    const path = nodePath(site, 'a')
    found('an answer carries version headers and nothing for caches', headersOf(await get(site, path)))
    found('a refusal carries the version headers too', headersOf(await get(site, '/v1/nodes/nobody')))
    found('without a version it is answered as 1.1', await asked(site, path, null))
    found('latest is the newest there is', await asked(site, path, 'latest'))
    for (const minor of [40, 60, 78, 82])
      found(`a node as 1.${minor} shows it`, keysOf((await get(site, path, { version: `1.${minor}` })).json))
    const generic = await get(site, path, { version: null, headers: { 'openstack-api-version': 'baremetal 1.50' } })
    found('the generic version header', pick(generic.headers, ...VERSIONS))
    const wrong = { 'one that is too new': '1.999', 'one of another major': '2.0', 'no version at all': 'abc' }
    for (const [what, version] of Object.entries(wrong)) {
      const answer = await get(site, '/v1/nodes', { version })
      found(`asked for ${what}`, { said: said(answer), ...pick(answer.headers, ...VERSIONS) })
    }
    const verb = await site.ironic({ method: 'PUT', path: `${path}/states/provision`, body: { target: 'deleted' }, version: '1.150' })
    found('a change in a version that is too new changes nothing', {
      said: said(verb),
      state: (await readNode(site, 'a'))['provision_state'],
    })
    const history = await get(site, `${path}/history`, { version: '1.77' })
    found('history before 1.78 is no route', said(history))
  },
}

const asked = async (site: Site, path: string, version: string | null) => {
  const { status, headers, json } = await get(site, path, { version })
  return { status, ...pick(headers, ...VERSIONS), fields: keysOf(json) }
}

export const reads: Chapter = {
  title: 'reads',
  setting: 'plain',
  nodes: { a: { network_interface: 'flat' } },
  async tell(site, found) {
    const path = nodePath(site, 'a')
    const node = await readNode(site, 'a')
    found('an active node at rest', { ...rest({ ...node, instance_info: {} }), driver: node['driver'], links: shape(node['links']) })
    found('a password is masked', at(node, 'driver_info', 'ipmi_password'))
    const { driver_info: _, driver_internal_info: __, instance_info: ___, properties: ____, ...others } = node
    found('the kinds of all fields of a node', shape(others))
    found(
      'times are written with zone and microseconds',
      /^\d{4}(-\d\d){2}T\d\d(:\d\d){2}\.\d{6}\+00:00$/.test(String(node['provision_updated_at'])),
    )
    found('a node by name is the node', at((await get(site, `/v1/nodes/${site.node('a').name}`)).json, 'uuid'))
    found('chosen fields of one node', (await get(site, `${path}?fields=uuid,provision_state,conductor,allocation_uuid`)).json)
    found('a field of one node that there is not', said(await get(site, `${path}?fields=banana`)))
    const states = await get(site, `${path}/states`)
    found('the states alone', shape(states.json))
    const ports = await get(site, `/v1/ports/detail?node=${site.node('a').uuid}`)
    found('the ports of a node', {
      status: ports.status,
      port: pick(shape(at(ports.json, 'ports', 0)), ...PORT),
      node: at(ports.json, 'ports', 0, 'node_uuid'),
    })
    found('the ports of a node that there is not', said(await get(site, '/v1/ports/detail?node=7d0b1c5e-0000-4000-8000-000000000000')))
    found('the VIFs of a node', shape((await get(site, `${path}/vifs`)).json))
    found('no volume targets', (await get(site, `/v1/volume/targets?node=${site.node('a').uuid}&limit=1`)).json)
    const conductors = await get(site, '/v1/conductors?detail=true')
    const own = listAt(conductors.json, 'conductors').find((one) => at(one, 'hostname') === node['conductor'])
    found('the conductors in detail', { ...pick(own, 'hostname', 'alive', 'conductor_group'), keys: keysOf(own) })
    found('one conductor', keysOf((await get(site, `/v1/conductors/${node['conductor']}`)).json))
    found('a conductor that there is not', said(await get(site, '/v1/conductors/nobody')))
    const conditional = { 'if-none-match': '"x"', 'if-modified-since': 'Sun, 22 Nov 2026 14:18:16 GMT' }
    found('conditional requests are answered in full', (await get(site, path, { headers: conditional })).status)
    found('a fresh node has no history', (await get(site, `${path}/history`)).json)
    found('history in an order of one’s own', said(await get(site, `${path}/history?sort_dir=desc`)))
    found('an event that there is not', said(await get(site, `${path}/history/7d0b1c5e-0000-4000-8000-000000000000`)))
    found('history/detail is nothing', said(await get(site, `${path}/history/detail`)))
  },
}

/** Without physical_network: whether a port has one is the site's own affair. */
const PORT = ['uuid', 'address', 'node_uuid', 'local_link_connection', 'internal_info', 'pxe_enabled', 'extra']

const REFUSED_WHEN_ACTIVE = ['provide', 'manage', 'clean', 'inspect', 'adopt', 'abort', 'active']
const REFUSED_WHEN_AVAILABLE = ['provide', 'deleted', 'clean', 'inspect', 'adopt', 'abort', 'rebuild']

export const refusals: Chapter = {
  title: 'refusals',
  setting: 'plain',
  nodes: { a: {}, b: { state: 'available' } },
  async tell(site, found) {
    const bodies: Record<string, unknown> = {
      'an unknown verb': { target: 'banana' },
      'no target': {},
      'a target of null': { target: null },
      'a target that is a number': { target: 5 },
      'a key too many': { target: 'deleted', foo: 1 },
      'a body that is a list': ['deleted'],
    }
    const path = nodePath(site, 'a', '/states/provision')
    for (const [what, body] of Object.entries(bodies)) found(`provision: ${what}`, said(await site.ironic({ method: 'PUT', path, body })))
    found('provide before it was known', said(await site.ironic({ method: 'PUT', path, body: { target: 'provide' }, version: '1.3' })))
    const broken = { type: 'application/json', text: 'banana' }
    found('provision: a body that is no JSON', said(await site.ironic({ method: 'PUT', path, raw: broken })))
    for (const verb of REFUSED_WHEN_ACTIVE) found(`${verb} on an active node`, said(await put(site, 'a', verb)))
    for (const verb of REFUSED_WHEN_AVAILABLE) found(`${verb} on an available node`, said(await put(site, 'b', verb)))
    const undeploy = (version: string) =>
      site.ironic({ method: 'PUT', path: nodePath(site, 'b', '/states/provision'), body: { target: 'undeploy' }, version })
    found('undeploy where it is known, on an available node', said(await undeploy('1.73')))
    found('undeploy before it was known', said(await undeploy('1.72')))
    found('none of it changed the nodes', [
      rest(await readNode(site, 'a'))['provision_state'],
      rest(await readNode(site, 'b'))['provision_state'],
    ])
    const nobody = '7d0b1c5e-0000-4000-8000-000000000000'
    found('a uuid that nobody has', said(await get(site, `/v1/nodes/${nobody}`)))
    found('a name that nobody has', said(await get(site, '/v1/nodes/nobody')))
    found(
      'a verb for nobody',
      said(await site.ironic({ method: 'PUT', path: '/v1/nodes/nobody/states/provision', body: { target: 'deleted' } })),
    )
    found('maintenance for nobody', said(await site.ironic({ method: 'PUT', path: '/v1/nodes/nobody/maintenance', body: {} })))
    found('a patch for nobody', said(await site.ironic({ method: 'PATCH', path: '/v1/nodes/nobody', body: [] })))
    found('a route that there is not', said(await get(site, '/v1/bananas')))
    found('a version of the API that there is not', said(await get(site, '/v3/nodes')))
    found('a part of a node that there is not', said(await get(site, nodePath(site, 'a', '/bananas'))))
    found('deleting an active node', said(await site.ironic({ method: 'DELETE', path: nodePath(site, 'a') })))
    const anyBody = await site.ironic({ method: 'PUT', path: nodePath(site, 'b', '/maintenance'), raw: broken })
    found('maintenance: a body that is no JSON', {
      said: said(anyBody),
      ...pick(await readNode(site, 'b'), 'maintenance', 'maintenance_reason'),
    })
    const power = (target: unknown) => site.ironic({ method: 'PUT', path: nodePath(site, 'a', '/states/power'), body: { target } })
    found('an unknown power state', said(await power('banana')))
  },
}
