/**
 * Ironic's API: versions, access and routes. What a route does stands in the files beside it (ironic-list, -patch,
 * -provision); this one decides whether the request gets there at all.
 */
import type { Asked, Reply, Service } from './answer.ts'
import { within } from './answer.ts'
import { conductorTrouble } from './faults.ts'
import { listNodes } from './ironic-list.ts'
import { conductorOf, isAlive, isField, nodeField, nodeView, rights, seesAll } from './ironic-node.ts'
import { patchNode } from './ironic-patch.ts'
import { destroyNode, maintenance, power, provision } from './ironic-provision.ts'
import { denied, fault, notFound, plainFault } from './ironic-states.ts'
import type { Conductor, SimNode, World } from './world.ts'
import { findNode, ironicTime, minorOf } from './world.ts'

const COLLECTIONS = [
  'chassis',
  'nodes',
  'ports',
  'drivers',
  'portgroups',
  'volume',
  'lookup',
  'heartbeat',
  'conductors',
  'allocations',
  'events',
  'deploy_templates',
  'shards',
]

const noRoute = plainFault(404, 'Not Found', '')

export function ironic(world: World): Service {
  return async (asked) => {
    if (asked.segments.length === 0) return { status: 200, json: rootDocument(world) }
    if (asked.segments[0] !== 'v1') return noRoute
    const version = negotiated(world, asked)
    if ('refusal' in version) return version.refusal
    const reply = asked.segments.length === 1 ? { status: 200, json: v1Document(world) } : await route(world, asked, version.minor)
    if (reply === noRoute) return reply
    return { ...reply, headers: { ...versionHeaders(world), 'x-openstack-ironic-api-version': `1.${version.minor}`, ...reply.headers } }
  }
}

const versionHeaders = (world: World): Record<string, string> => ({
  'x-openstack-ironic-api-minimum-version': '1.1',
  'x-openstack-ironic-api-maximum-version': world.settings.ironic.version,
})

/** The version that the request is answered in, 1.1 where it names none. */
function negotiated(world: World, asked: Asked): { minor: number } | { refusal: Reply } {
  // The generic OpenStack-API-Version is not listened to (measured).
  const wanted = asked.headers['x-openstack-ironic-api-version']
  const newest = minorOf(world.settings.ironic.version)
  if (wanted === undefined) return { minor: 1 }
  if (wanted === 'latest') return { minor: newest }
  const parts = /^(\d+)\.(\d+)$/.exec(wanted)
  if (parts === null) return { refusal: plainFault(406, 'Not Acceptable', 'Invalid value for X-OpenStack-Ironic-API-Version header') }
  const range = `The supported version range is: [1.1, 1.${newest}].`
  const refuse = (why: string): { refusal: Reply } => ({
    refusal: { ...plainFault(406, 'Not Acceptable', `${why} ${range}`), headers: versionHeaders(world) },
  })
  if (parts[1] !== '1')
    return refuse(`Mutually exclusive versions requested. Version ${wanted} requested but not supported by this service.`)
  const minor = Number(parts[2])
  if (minor < 1 || minor > newest) {
    return refuse(`Version ${wanted} was requested but the minor version is not supported by this service.`)
  }
  return { minor }
}

async function route(world: World, asked: Asked, minor: number): Promise<Reply> {
  const [, collection, id, ...rest] = asked.segments
  if (collection === 'nodes') {
    if (id === undefined || id === 'detail')
      return asked.method === 'GET' ? listNodes(world, asked, minor) : denied('baremetal:node:create')
    return nodeRoute(world, asked, { id, rest, minor })
  }
  if (asked.method !== 'GET') return noRoute
  if (collection === 'conductors') return conductors(world, asked, id)
  if (collection === 'ports') return portList(world, asked)
  if (collection === 'portgroups') return { status: 200, json: { portgroups: [] } }
  if (collection === 'volume') return { status: 200, json: id === undefined ? {} : { [id]: [] } }
  if (collection === 'allocations') return { status: 200, json: { allocations: [] } }
  if (collection === 'drivers') return { status: 200, json: { drivers: drivers(world) } }
  return noRoute
}

async function nodeRoute(world: World, asked: Asked, at: { id: string; rest: string[]; minor: number }): Promise<Reply> {
  const node = findNode(world, at.id)
  if (node === undefined) return notFound(at.id)
  const may = rights(asked.caller, node.row)
  if (!may.sees) return notFound(at.id)
  const what = at.rest.join('/')
  if (asked.method === 'GET') return readNode(world, asked, { node, what, minor: at.minor })
  const policies: Record<string, string> = {
    'states/provision': 'baremetal:node:set_provision_state',
    'states/power': 'baremetal:node:set_power_state',
    maintenance: `baremetal:node:${asked.method === 'DELETE' ? 'clear' : 'set'}_maintenance`,
  }
  if (!may.changes) return denied(policies[what] ?? patchPolicy(asked.body))
  if (asked.method === 'PATCH' && what === '') return patchNode(world, node, asked, at.minor)
  if (asked.method === 'PUT' && what === 'states/provision') return provision(world, node, asked, at.minor)
  if (asked.method === 'PUT' && what === 'states/power') return power(world, node, asked)
  if ((asked.method === 'PUT' || asked.method === 'DELETE') && what === 'maintenance') return maintenance(world, node, asked)
  if (asked.method === 'DELETE' && what === '') return destroyNode(world, node)
  return noRoute
}

/** The rule for a patch depends on what it touches first; those of single fields that nobody here patches are left out. */
function patchPolicy(body: unknown): string {
  const path = Array.isArray(body) ? String(within(body[0], 'path')) : ''
  const part = ['extra', 'instance_info'].find((field) => path.startsWith(`/${field}`))
  return `baremetal:node:update${part === undefined ? '' : `_${part}`}`
}

function readNode(world: World, asked: Asked, at: { node: SimNode; what: string; minor: number }): Reply {
  const { node, what, minor } = at
  const asking = { minor, caller: asked.caller }
  const fields = asked.query.get('fields')?.split(',')
  if (what === '') {
    const stranger = fields?.find((field) => !isField(node, field))
    if (stranger !== undefined) return fault(400, `Field ${stranger} is not a valid field.`)
    return { status: 200, json: nodeView(world, node, { ...asking, ...(fields === undefined ? {} : { fields }) }) }
  }
  if (what === 'states')
    return { status: 200, json: Object.fromEntries(STATES.map((name) => [name, nodeField(world, node, name, asking)])) }
  if (what === 'history' || what.startsWith('history/')) return history(world, asked, { node, id: what.split('/')[1], minor })
  if (what === 'inventory') return inventory(asked, { node, minor })
  if (what === 'ports') return { status: 200, json: { ports: [portView(world, node)] } }
  if (what === 'vifs') return vifs(world, node)
  if (what === 'traits') return { status: 200, json: { traits: node.row.traits } }
  if (what === 'portgroups') return { status: 200, json: { portgroups: [] } }
  if (what === 'volume/targets') return { status: 200, json: { targets: [] } }
  if (what === 'volume/connectors') return { status: 200, json: { connectors: [] } }
  if (what === 'validate') {
    // For IPMI this asks no BMC: it only looks whether the credentials are there.
    const power = { result: node.row.driver_info[`${node.bmc.protocol}_address`] !== undefined, reason: null }
    return { status: 200, json: { power, management: power } }
  }
  // A word behind a node that is no part of it is taken for a field (measured).
  return at.what.includes('/') ? noRoute : fault(400, `Field ${what} is not a valid field.`)
}

const STATES = [
  'boot_mode',
  'console_enabled',
  'last_error',
  'power_state',
  'provision_state',
  'provision_updated_at',
  'raid_config',
  'secure_boot',
  'target_power_state',
  'target_provision_state',
  'target_raid_config',
]

/** The conductor asks Neutron before it looks at what it remembers itself. */
function vifs(world: World, node: SimNode): Reply {
  const trouble = node.row.network_interface === 'noop' ? null : conductorTrouble(world, 'neutron')
  if (trouble !== null) return fault(500, trouble.text)
  return { status: 200, json: { vifs: node.vif === null ? [] : [{ id: node.vif }] } }
}

function history(world: World, asked: Asked, at: { node: SimNode; id: string | undefined; minor: number }): Reply {
  if (at.minor < 78) return noRoute
  const { node } = at
  if (!rights(asked.caller, node.row).secrets || asked.caller?.redacts.includes('history') === true)
    return denied('baremetal:node:history:get')
  const self = (uuid: string) => [{ href: `${world.baseUrl}/baremetal/v1/nodes/${node.row.uuid}/history/${uuid}`, rel: 'self' }]
  if (at.id !== undefined) {
    const one = node.history.find((entry) => entry.uuid === at.id)
    if (one === undefined) return fault(404, `Node history record ${at.id} could not be found.`)
    return { status: 200, json: { ...one, ...newer(at.minor), links: self(one.uuid) } }
  }
  const stranger = [...asked.query.keys()].find((key) => !historyArguments(world).includes(key))
  if (stranger !== undefined) return fault(400, `Unexpected arguments: ${stranger}`)
  const detail = asked.query.get('detail')?.toLowerCase() === 'true'
  const { historyLateMs } = world.settings.ironic
  const there = node.history.filter(({ created_at }) => historyLateMs === 0 || Date.parse(created_at) + historyLateMs <= world.clock.now())
  const ordered = asked.query.get('sort_dir') === 'desc' ? there.toReversed() : there
  const shown = ordered.slice(0, Number(asked.query.get('limit') ?? 1000)).map((entry) => {
    if (detail) return { ...entry, ...newer(at.minor), links: self(entry.uuid) }
    const { uuid, created_at, severity, event } = entry
    const text = event.length > 255 ? `${event.slice(0, 251)}...` : event
    return { uuid, created_at, severity, event: text, links: self(uuid) }
  })
  return { status: 200, json: { history: shown } }
}

/** NodeInventoryController: since 1.81, for whoever may read the withheld fields. */
function inventory(asked: Asked, { node, minor }: { node: SimNode; minor: number }): Reply {
  if (minor < 81) return noRoute
  if (!rights(asked.caller, node.row).secrets) return denied('baremetal:node:inventory:get')
  if (node.inventory === null) return fault(404, `Node inventory record for node ${node.row.uuid} could not be found.`)
  return { status: 200, json: node.inventory }
}

/**
 * From 1.115 on an entry also tells the state, its target and how long it lasted. That it does is known, how the keys are spelled is not:
 * nobody here reads them, and a client must let them pass.
 */
const newer = (minor: number): Record<string, unknown> => (minor < 115 ? {} : { state: null, target: null, duration: null })

/** NodeHistoryController.get_all takes these; 21.4.4 answers 400 to an order, newer releases take one (since when exactly is not known here). */
const historyArguments = (world: World): string[] =>
  minorOf(world.settings.ironic.version) < 96 ? ['detail', 'marker', 'limit'] : ['detail', 'marker', 'limit', 'sort_key', 'sort_dir']

function conductors(world: World, asked: Asked, host: string | undefined): Reply {
  if (!seesAll(asked.caller) || asked.caller?.redacts.includes('conductor') === true) return denied('baremetal:conductor:get')
  const brief = (one: Conductor): Record<string, unknown> => ({
    hostname: one.host,
    conductor_group: one.group,
    alive: isAlive(world, one.host),
    links: [
      { href: `${world.baseUrl}/baremetal/v1/conductors/${one.host}`, rel: 'self' },
      { href: `${world.baseUrl}/baremetal/conductors/${one.host}`, rel: 'bookmark' },
    ],
  })
  const full = (one: Conductor): Record<string, unknown> => ({
    ...brief(one),
    drivers: drivers(world).map((driver) => driver.name),
    created_at: ironicTime(one.startedAt),
    updated_at: ironicTime(one.killedAt ?? world.clock.now()),
  })
  if (host === undefined) {
    const shown = asked.query.get('detail')?.toLowerCase() === 'true' ? full : brief
    return { status: 200, json: { conductors: [...world.conductors.values()].map(shown) } }
  }
  const known = world.conductors.get(host)
  return known === undefined ? fault(404, `Conductor ${host} could not be found.`) : { status: 200, json: full(known) }
}

function portView(world: World, node: SimNode): Record<string, unknown> {
  const { uuid, address, switch_id, switch_info, port_id } = node.port
  return {
    uuid,
    address,
    node_uuid: node.row.uuid,
    extra: {},
    internal_info: node.vif === null ? {} : { tenant_vif_port_id: node.vif },
    is_smartnic: false,
    local_link_connection: { switch_id, switch_info, port_id },
    name: null,
    physical_network: 'physnet1',
    portgroup_uuid: null,
    pxe_enabled: true,
    created_at: node.row.created_at,
    updated_at: null,
    links: [{ href: `${world.baseUrl}/baremetal/v1/ports/${uuid}`, rel: 'self' }],
  }
}

function portList(world: World, asked: Asked): Reply {
  const wanted = asked.query.get('node') ?? asked.query.get('node_uuid')
  const node = wanted === null ? undefined : findNode(world, wanted)
  if (wanted !== null && node === undefined) return notFound(wanted)
  const nodes = node === undefined ? [...world.nodes.values()] : [node]
  const seen = nodes.filter((one) => rights(asked.caller, one.row).sees)
  return { status: 200, json: { ports: seen.map((one) => portView(world, one)) } }
}

function drivers(world: World): { name: string; hosts: string[]; type: string }[] {
  const names = [...new Set([...world.nodes.values()].map((node) => node.row.driver))]
  const hosts = [...new Set([...world.nodes.values()].map((node) => conductorOf(world, node.row)).filter((host) => host !== null))]
  return names.map((name) => ({ name, hosts, type: 'dynamic' }))
}

const versionOf = (world: World): Record<string, unknown> => ({
  id: 'v1',
  links: [{ href: `${world.baseUrl}/baremetal/v1/`, rel: 'self' }],
  status: 'CURRENT',
  min_version: '1.1',
  version: world.settings.ironic.version,
})

const rootDocument = (world: World): unknown => ({
  name: 'OpenStack Ironic API',
  description: 'A pretend Ironic of the Anneal simulator.',
  default_version: versionOf(world),
  versions: [versionOf(world)],
})

const v1Document = (world: World): unknown => ({
  id: 'v1',
  links: [{ href: `${world.baseUrl}/baremetal/v1/`, rel: 'self' }],
  media_types: { base: 'application/json', type: 'application/vnd.openstack.ironic.v1+json' },
  ...Object.fromEntries(
    COLLECTIONS.map((name) => [
      name,
      [
        { href: `${world.baseUrl}/baremetal/v1/${name}/`, rel: 'self' },
        { href: `${world.baseUrl}/baremetal/${name}/`, rel: 'bookmark' },
      ],
    ]),
  ),
  version: versionOf(world),
})
