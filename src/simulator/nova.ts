/**
 * Nova: servers by list and by id, their last actions, services, and what deleting and launching one does around it (Ironic,
 * Neutron, Placement). Only an admin of a project sees other projects' servers and where they run.
 */
import type { Asked, Reply, Service } from './answer.ts'
import { isAdmin, within } from './answer.ts'
import { conductorTrouble, isOutage } from './faults.ts'
import { rpc, takeLock, workOf } from './ironic-conductor.ts'
import { write } from './ironic-node.ts'
import { accepts } from './ironic-states.ts'
import { begin } from './ironic-verbs.ts'
import {
  cellOf,
  computeHost,
  isOutOfReach,
  knowsStubs,
  listsStubs,
  novaMinor,
  services,
  stub,
  stubInList,
  UNEXPECTED,
  unanswerable,
} from './nova-cells.ts'
import type { Caller, Server, SimNode, World } from './world.ts'
import { minorOf } from './world.ts'

const fault = (status: number, kind: string, message: string): Reply => ({ status, json: { [kind]: { code: status, message } } })
const forbidden = (policy: string): Reply => fault(403, 'forbidden', `Policy doesn't allow ${policy} to be performed.`)
const gone = (id: string): Reply => fault(404, 'itemNotFound', `Instance ${id} could not be found.`)

/**
 * To show servers Nova asks Neutron for their security groups (not for names alone, nor where there is none to show). Its text is that of a
 * Neutron that is stopped, for every kind of being away, and it comes at once. An outage that is seen by clients or by conductors alone lies
 * on their own road: Nova stands elsewhere, so that what only conductors cannot reach looks green from here in Nova, too. It only looks at the
 * fault: what meets a part of the requests, or so many of them, is left to those who ask Neutron themselves.
 */
function lacksNeutron(world: World): boolean {
  const fault = world.faults.current('neutron')
  return world.settings.features.neutron && fault !== null && fault.seenBy === undefined && isOutage(fault)
}
const withoutNeutron = fault(500, 'computeFault', `${UNEXPECTED}\n<class 'keystoneauth1.exceptions.connection.ConnectFailure'>`)

const second = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`
const naive = (at: number): string => `${new Date(at).toISOString().slice(0, -1)}000`

const versionDocument = (world: World): unknown => ({
  id: 'v2.1',
  status: 'CURRENT',
  version: '2.95',
  min_version: '2.1',
  updated: '2013-07-23T11:33:21Z',
  links: [{ rel: 'self', href: `${world.baseUrl}/compute/v2.1/` }],
})

export function nova(world: World): Service {
  return (asked) => {
    const [version, collection, id, ...rest] = asked.segments
    if (version === undefined) return { status: 200, json: { versions: [versionDocument(world)] } }
    if (collection === undefined) return { status: 200, json: { version: versionDocument(world) } }
    // Nova takes no system scope: its policies ask for a project.
    if (asked.caller !== null && asked.caller.project === null) return forbidden(`os_compute_api:${collection}:index`)
    if (collection === 'servers') return servers(world, asked, { id, rest: rest.join('/') })
    if (!isAdmin(asked.caller)) return forbidden(`os_compute_api:${collection}:list`)
    if (collection === 'os-services') return { status: 200, json: { services: services(world, asked, naive(world.clock.now())) } }
    if (collection === 'os-hypervisors') return { status: 200, json: { hypervisors: hypervisors(world, asked) } }
    return fault(404, 'itemNotFound', 'The resource could not be found.')
  }
}

const hypervisors = (world: World, asked: Asked): unknown[] => {
  const pattern = asked.query.get('hypervisor_hostname_pattern') ?? ''
  return [...world.nodes.values()]
    .filter((node) => node.row.uuid.includes(pattern))
    .map((node) => ({ id: node.row.uuid, hypervisor_hostname: node.row.uuid, state: 'up', status: 'enabled', hypervisor_type: 'ironic' }))
}

function servers(world: World, asked: Asked, at: { id: string | undefined; rest: string }): Reply {
  if (at.id === undefined || at.id === 'detail') return list(world, asked, at.id === 'detail')
  const server = world.servers.get(at.id)
  const visible = server !== undefined && !server.deleted && maySee(asked.caller, server)
  // Actions outlive the server from microversion 2.21 on.
  const hasActions = server !== undefined && (!server.deleted || novaMinor(asked) >= 21)
  if (at.rest.startsWith('os-instance-actions') && hasActions && maySee(asked.caller, server)) {
    if (isOutOfReach(world, server)) return unanswerable
    return { status: 200, json: { instanceActions: [...server.actions].reverse().map((one) => action(server, one)) } }
  }
  if (!visible) return gone(at.id)
  if (isOutOfReach(world, server)) {
    return asked.method === 'GET' && knowsStubs(asked)
      ? { status: 200, json: { server: stub(server, second(server.created)) } }
      : unanswerable
  }
  if (asked.method === 'DELETE') {
    asked.effect(`server ${server.id}: delete`)
    deleteServer(world, server, 'deleting')
    return { status: 204 }
  }
  return lacksNeutron(world) ? withoutNeutron : { status: 200, json: { server: view(server, asked.caller) } }
}

const maySee = (caller: Caller | null, server: Server): boolean => isAdmin(caller) || caller?.project?.id === server.tenant_id

const action = (server: Server, one: Server['actions'][number]): unknown => ({
  action: one.action,
  instance_uuid: server.id,
  request_id: one.request_id,
  project_id: server.tenant_id,
  user_id: server.user_id,
  start_time: naive(one.start_time),
  updated_at: naive(one.start_time),
  message: null,
})

/** all_tenants is an admin's; the filters `node`, `host` and `deleted` are silently dropped for everybody else. */
function list(world: World, asked: Asked, detail: boolean): Reply {
  const { query, caller } = asked
  const allTenants = query.has('all_tenants') && !['0', 'false', 'False'].includes(query.get('all_tenants') ?? '')
  if (allTenants && !isAdmin(caller)) return forbidden('os_compute_api:servers:detail:get_all_tenants')
  const admin = isAdmin(caller)
  const node = admin ? query.get('node') : null
  const deleted = admin && ['true', 'True', '1'].includes(query.get('deleted') ?? '')
  const uuid = query.get('uuid')
  const status = query.get('status')
  const isTheirs = (server: Server): boolean => allTenants || caller === null || server.tenant_id === caller.project?.id
  const found = [...world.servers.values()].filter(
    (server) =>
      !isOutOfReach(world, server) &&
      // Nova matches `node` as a regular expression; a uuid as expression matches wherever it occurs.
      (node === null || server.node.includes(node)) &&
      server.deleted === deleted &&
      isTheirs(server) &&
      (uuid === null || server.id === uuid) &&
      (status === null || server.status === status.toUpperCase()),
  )
  const marker = query.get('marker')
  const start = marker === null ? 0 : found.findIndex((server) => server.id === marker) + 1
  const limit = Math.min(Number(query.get('limit') ?? 1000), 1000)
  const page = found.slice(start, start + limit)
  const shown = page.map((server) => (detail ? view(server, caller) : { id: server.id, name: server.name }))
  if (world.cellsDown.size > 0 && listsStubs(asked)) {
    const lost = [...world.servers.values()].filter((server) => isOutOfReach(world, server) && !server.deleted && isTheirs(server))
    shown.push(...lost.map((server) => stubInList(server, second(server.created), detail)))
  }
  if (detail && shown.length > 0 && lacksNeutron(world)) return withoutNeutron
  const more = start + limit < found.length
  const link = `${world.baseUrl}/compute/v2.1/servers${detail ? '/detail' : ''}?limit=${limit}&marker=${page.at(-1)?.id ?? ''}`
  return { status: 200, json: { servers: shown, ...(more ? { servers_links: [{ rel: 'next', href: link }] } : {}) } }
}

function view(server: Server, caller: Caller | null): Record<string, unknown> {
  const common = {
    id: server.id,
    name: server.name,
    status: server.deleted ? 'DELETED' : server.status,
    tenant_id: server.tenant_id,
    user_id: server.user_id,
    created: second(server.created),
    updated: second(server.actions.at(-1)?.start_time ?? server.created),
    metadata: {},
    addresses: {},
    flavor: { original_name: 'baremetal' },
    'OS-EXT-STS:task_state': server.task_state,
    'OS-EXT-STS:vm_state': server.vm_state,
    'OS-EXT-STS:power_state': server.status === 'ACTIVE' ? 1 : 4,
    'OS-SRV-USG:launched_at': server.launched === null ? null : naive(server.launched),
    'OS-SRV-USG:terminated_at': null,
  }
  if (!isAdmin(caller)) return common
  return {
    ...common,
    'OS-EXT-SRV-ATTR:host': computeHost(server.cell),
    'OS-EXT-SRV-ATTR:hypervisor_hostname': server.node,
    'OS-EXT-SRV-ATTR:instance_name': `instance-${server.id.slice(0, 8)}`,
  }
}

const note = (world: World, server: Server, name: string): void => {
  server.actions.push({ action: name, request_id: `req-${world.newId()}`, start_time: world.clock.now() })
}

/** api_max_retries × api_retry_interval of Nova's Ironic driver: 60 × 2 s. */
const DESTROY_POLLS = 60
const DESTROY_POLL_MS = 2000

/**
 * What a user's delete sets going. Nova asks Ironic to tear down and then only looks whether any node still has the
 * instance's uuid: since Ironic wipes it on failure too, Nova usually believes that the delete succeeded.
 */
export function deleteServer(world: World, server: Server, taskState: string): void {
  note(world, server, 'delete')
  server.task_state = taskState
  void destroy(world, server)
}

async function destroy(world: World, server: Server): Promise<void> {
  const holder = (): SimNode | undefined => {
    const node = world.nodes.get(server.node)
    return node?.row.instance_uuid === server.id ? node : undefined
  }
  const node = holder()
  if (node !== undefined) await requestTearDown(world, node)
  for (let poll = 0; holder() !== undefined; poll += 1) {
    if (poll === DESTROY_POLLS) return failed(server)
    await world.clock.sleep(DESTROY_POLL_MS)
  }
  // Nova deletes the port that it made, bound or not; without Neutron the delete ends in ERROR and the port stays.
  if (server.port !== null && conductorTrouble(world, 'neutron') !== null) return failed(server)
  forgetServer(world, server)
}

/** The server is gone, with its port and its allocation. */
export function forgetServer(world: World, server: Server): void {
  if (server.port !== null) world.ports.delete(server.port)
  Object.assign(server, { deleted: true, status: 'DELETED', vm_state: 'deleted', task_state: null })
  world.providers.get(server.node)?.allocations.delete(server.id)
}

function failed(server: Server): void {
  Object.assign(server, { status: 'ERROR', vm_state: 'error', task_state: null })
}

/** Nova's own `deleted`: through a conductor and the lock like anybody's; where it is refused, Nova's polling just goes on. */
async function requestTearDown(world: World, node: SimNode): Promise<void> {
  const minor = minorOf(world.settings.ironic.version)
  const call = await rpc(world, node)
  if ('refusal' in call || !accepts(node.row.provision_state, 'deleted', minor)) return
  if ((await takeLock(world, node, call.conductor.host)) !== null) return
  if (!accepts(node.row.provision_state, 'deleted', minor) || node.row.protected) {
    node.row.reservation = null
    return
  }
  begin(world, workOf(world, call.conductor), node, { verb: 'deleted' })
}

/** A server as the database knows it, on a node, with its port and its allocation; the node's own fields are the caller's. */
export function placeServer(world: World, node: SimNode, options: { project: string; status: 'ACTIVE' | 'BUILD' }): Server {
  const now = world.clock.now()
  const active = options.status === 'ACTIVE'
  const server: Server = {
    id: world.newId(),
    name: `${node.row.name ?? 'node'}-tenant`,
    node: node.row.uuid,
    tenant_id: world.projects.get(options.project)?.id ?? options.project,
    user_id: world.users[0]?.id ?? '',
    status: options.status,
    vm_state: active ? 'active' : 'building',
    task_state: active ? null : 'spawning',
    created: now,
    launched: active ? now : null,
    deleted: false,
    cell: cellOf(world, node),
    port: null,
    actions: [],
  }
  note(world, server, 'create')
  world.servers.set(server.id, server)
  world.providers.get(node.row.uuid)?.allocations.add(server.id)
  if (world.settings.features.neutron && node.row.network_interface !== 'noop') {
    server.port = bindPort(world, node, { device: server.id, project: server.tenant_id })
  }
  return server
}

/** A port of a tenant, bound to the node's switch, and remembered by Ironic. */
export function bindPort(world: World, node: SimNode, owner: { device: string; project: string }): string {
  const { address, switch_id, switch_info, port_id } = node.port
  const id = world.newId()
  world.ports.set(id, {
    id,
    device_id: owner.device,
    device_owner: 'compute:nova',
    mac_address: address,
    host_id: node.row.uuid,
    profile: { local_link_information: [{ switch_id, switch_info, port_id }] },
    project_id: owner.project,
  })
  node.vif = id
  return id
}

/** The node has a tenant from one moment to the next, as if everything that leads there had happened unseen. */
export function handOver(world: World, node: SimNode): Server {
  const server = placeServer(world, node, { project: 'lab', status: 'ACTIVE' })
  write(world, node, {
    provision_state: 'active',
    target_provision_state: null,
    instance_uuid: server.id,
    instance_info: instanceInfo(server),
    last_error: null,
    maintenance: false,
    maintenance_reason: null,
    fault: null,
  })
  return server
}

/** Starts a server on the node if Placement would offer it; null = "No valid host". Resolves when it is active or has failed. */
export async function launch(world: World, node: SimNode, project: string): Promise<Server | null> {
  const { row } = node
  const provider = world.providers.get(row.uuid)
  const free = row.provision_state === 'available' && !row.maintenance && row.reservation === null && provider?.reserved === 0
  if (!free || provider.allocations.size > 0) return null
  const call = await rpc(world, node)
  if ('refusal' in call || (await takeLock(world, node, call.conductor.host)) !== null) return null
  const server = placeServer(world, node, { project, status: 'BUILD' })
  write(world, node, { instance_uuid: server.id, instance_info: instanceInfo(server) })
  begin(world, workOf(world, call.conductor), node, { verb: 'active' })
  while (row.instance_uuid === server.id && ['deploying', 'wait call-back'].includes(row.provision_state)) {
    await world.clock.sleep(DESTROY_POLL_MS)
  }
  if (within(row, 'provision_state') === 'active') {
    Object.assign(server, { status: 'ACTIVE', vm_state: 'active', task_state: null, launched: world.clock.now() })
  } else {
    failed(server)
  }
  return server
}

export const instanceInfo = (server: { name: string }): Record<string, unknown> => ({
  image_source: 'http://images.example/disk.img',
  image_checksum: 'd41d8cd98f00b204e9800998ecf8427e',
  image_type: 'whole-disk',
  root_gb: 10,
  display_name: server.name,
  nova_host_id: 'compute-1',
})
