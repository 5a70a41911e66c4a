/**
 * A stand-in for Nova's reading side: servers by node and by id, their last actions, compute services. What a user does in Nova
 * is said through the control endpoint; nothing is scheduled, and Ironic is never asked.
 */
import { z } from 'zod'
import type { Answered, Asked } from './serve.ts'

const Action = z.object({ action: z.string(), start_time: z.string(), message: z.string().nullable().default(null) })

/** A server as the control endpoint takes it; hypervisor_hostname is the Ironic node's uuid. */
export const Server = z.object({
  id: z.string(),
  name: z.string().default('server'),
  status: z.string().default('ACTIVE'),
  vm_state: z.string().default('active'),
  task_state: z.string().nullable().default(null),
  hypervisor_hostname: z.string().nullable(),
  tenant_id: z.string().default('tenant-of-the-lab'),
  user_id: z.string().default('user-of-the-lab'),
  launched_at: z.string().nullable().default(null),
  /** Newest first, as Nova lists them. */
  actions: z.array(Action).default([]),
  /** Listed only with deleted=true, and 404 by id. */
  deleted: z.boolean().default(false),
})
export type Server = z.infer<typeof Server>

const fault = (status: number, name: string, message: string): Answered => ({ status, body: { [name]: { code: status, message } } })

/** `admin` false is a token that sees its own project only: nothing here is its own. */
export function novaStub(baseUrl: string) {
  const servers = new Map<string, Server>()

  function list(query: URLSearchParams, admin: boolean, detail: boolean): Answered {
    // Nova takes any value but 0 and the like for true.
    const everybody = query.has('all_tenants') && !['0', 'false', 'False'].includes(query.get('all_tenants') ?? '')
    if (everybody && !admin)
      return fault(403, 'forbidden', "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed.")
    if (!admin || !everybody) return { status: 200, body: { servers: [] } }
    // Nova matches `node` and `host` as regular expressions, which is why a client must compare the hostname itself.
    const node = query.get('node')
    const uuids = query.getAll('uuid')
    const found = [...servers.values()].filter(
      (server) =>
        server.deleted === (query.get('deleted')?.toLowerCase() === 'true') &&
        (node === null || new RegExp(node).test(server.hypervisor_hostname ?? '')) &&
        (uuids.length === 0 || uuids.includes(server.id)) &&
        (query.get('status') === null || query.get('status') === server.status),
    )
    const after = found.slice(found.findIndex((server) => server.id === query.get('marker')) + 1)
    const page = after.slice(0, Number(query.get('limit') ?? 1000))
    return {
      status: 200,
      body: { servers: page.map((server) => (detail ? shown(server, true) : { id: server.id, name: server.name, links: [] })) },
    }
  }

  function one(id: string, rest: string[], admin: boolean): Answered {
    const server = servers.get(id)
    if (server === undefined || server.deleted || !admin) return fault(404, 'itemNotFound', `Instance ${id} could not be found.`)
    if (rest[0] === undefined) return { status: 200, body: { server: shown(server, admin) } }
    if (rest[0] !== 'os-instance-actions') return fault(404, 'itemNotFound', 'The resource could not be found.')
    const actions = server.actions.map((action, at) => ({
      ...action,
      request_id: `req-${server.id}-${server.actions.length - at}`,
      instance_uuid: server.id,
      project_id: server.tenant_id,
      user_id: server.user_id,
      updated_at: action.start_time,
    }))
    return { status: 200, body: { instanceActions: actions } }
  }

  function answer(asked: Asked, admin: boolean): Answered {
    const [first, second, ...rest] = asked.path[0] === 'v2.1' ? asked.path.slice(1) : asked.path
    if (first === undefined) return versions(baseUrl, asked.path.length === 0)
    if (asked.method !== 'GET') return fault(403, 'forbidden', 'This stand-in takes changes through its control endpoint only.')
    if (first === 'servers' && (second === undefined || second === 'detail')) return list(asked.query, admin, second === 'detail')
    if (first === 'servers' && second !== undefined) return one(second, rest, admin)
    if (first === 'os-services')
      return admin
        ? { status: 200, body: { services: [service] } }
        : fault(403, 'forbidden', "Policy doesn't allow os_compute_api:os-services:list to be performed.")
    return fault(404, 'itemNotFound', 'The resource could not be found.')
  }

  return { answer, servers }
}

const service = {
  id: '33333333-3333-3333-3333-333333333333',
  binary: 'nova-compute',
  host: 'compute-1',
  state: 'up',
  status: 'enabled',
  zone: 'nova',
  disabled_reason: null,
  forced_down: false,
}

/** The OS-EXT-SRV-ATTR fields are an administrator's only. */
function shown(server: Server, admin: boolean): Record<string, unknown> {
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    tenant_id: server.tenant_id,
    user_id: server.user_id,
    'OS-EXT-STS:vm_state': server.vm_state,
    'OS-EXT-STS:task_state': server.task_state,
    'OS-EXT-STS:power_state': 1,
    'OS-SRV-USG:launched_at': server.launched_at,
    'OS-SRV-USG:terminated_at': null,
    created: server.launched_at,
    updated: server.actions[0]?.start_time ?? server.launched_at,
    metadata: {},
    links: [],
    ...(admin ? { 'OS-EXT-SRV-ATTR:host': 'compute-1', 'OS-EXT-SRV-ATTR:hypervisor_hostname': server.hypervisor_hostname } : {}),
  }
}

function versions(baseUrl: string, root: boolean): Answered {
  const v21 = { id: 'v2.1', status: 'CURRENT', version: '2.95', min_version: '2.1', links: [{ rel: 'self', href: `${baseUrl}/v2.1/` }] }
  return root ? { status: 300, body: { versions: [v21] } } : { status: 200, body: { version: v21 } }
}
