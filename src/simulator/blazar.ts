/**
 * Blazar of both kinds, upstream and Chameleon's fork, as their recorded servers answered (test/samples/blazar): its addresses, its three
 * shapes of errors, who may what. It lends hosts; Nova, Placement and Ironic know nothing of it, so a server can be launched without a lease.
 */
import type { Asked, Reply, Service } from './answer.ts'
import { isObject, within } from './answer.ts'
import { allocationOf, enrol, enrolAsked, hostById, propertiesOf, reallocate, removeHost, updateHost } from './blazar-hosts.ts'
import { createLease, deleteLease, updateLease, watchLeases } from './blazar-leases.ts'
import { BlazarRefusal } from './blazar-matching.ts'
import { watchHosts } from './blazar-monitor.ts'
import type { BlazarOptions, SimBlazar, SimLease } from './blazar-state.ts'
import { columnsOf, hostView, leaseView } from './blazar-state.ts'
import type { World } from './world.ts'

/** A new Blazar, in which every node is enrolled unless it is to be empty. */
export function blazarOf(options: BlazarOptions): SimBlazar {
  const { kind, monitor = false } = options
  return {
    kind,
    monitor,
    pollMs: 60_000,
    healingMs: 3_600_000,
    hosts: new Map(),
    nodes: new Map(),
    leases: new Map(),
    computes: new Map(),
    computesDown: new Set(),
  }
}

/** Enrols what is to be, and begins its periodic tasks. */
export function startBlazar(world: World, blazar: SimBlazar, { enrolled = true, computes = [] }: BlazarOptions): void {
  for (const [at, node] of [...world.nodes.values()].entries()) {
    const { uuid, name } = node.row
    const compute = computes[at]
    if (compute !== undefined) blazar.computes.set(uuid, compute)
    if (enrolled) enrol(world, blazar, node, { uid: uuid, node_name: name, node_type: 'compute_skylake' })
  }
  watchLeases(world, blazar)
  if (blazar.monitor) watchHosts(world, blazar)
}

/** Flask's own, for what never reached a handler. */
const flask = (status: number, message: string): Reply => ({ status, json: { error: status, error_message: message } })
const NO_ROUTE = flask(
  404,
  'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
)
const BAD_JSON = flask(
  500,
  'The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.',
)

/** Two refusals name themselves; the others repeat their number. */
const NAMED = ['No data to update', 'Internal Server Error']
const refused = ({ status, message }: BlazarRefusal): Reply => ({
  status,
  json: { error_code: status, error_message: message, error_name: NAMED.includes(message) ? 'INTERNAL_SERVER_ERROR' : status },
})
const forbidden = (policy: string): BlazarRefusal => new BlazarRefusal(403, `Policy doesn't allow blazar:${policy} to be performed`)

const mayAll = ({ caller }: Asked): boolean => caller === null || caller.roles.includes('admin')
const onlyAdmin = (asked: Asked, policy: string): void => {
  if (!mayAll(asked)) throw forbidden(policy)
}

export function blazar(world: World): Service {
  return (asked) => {
    const own = world.blazar
    if (own === null) return NO_ROUTE
    const misspoken = ofVersion(asked.headers['openstack-api-version'])
    if (misspoken !== null) return misspoken
    if (asked.segments.length === 0) return { status: 300, json: { versions: versions(world) } }
    try {
      const reply = answer(world, own, asked)
      return reply === null ? NO_ROUTE : spoken(asked.isReadable ? reply : BAD_JSON)
    } catch (error) {
      // Knows: a refusal is thrown from wherever it is met; anything else is a bug of the simulator.
      if (error instanceof BlazarRefusal) return spoken(refused(error))
      throw error
    }
  }
}

const spoken = (reply: Reply): Reply => ({
  ...reply,
  headers: { ...reply.headers, 'openstack-api-version': 'reservation 1.0', vary: 'OpenStack-API-Version' },
})

const versions = (world: World): unknown[] => [
  {
    id: 'v1.0',
    status: 'CURRENT',
    links: [{ href: `${world.baseUrl}/reservation/v1`, rel: 'self' }],
    min_version: '1.0',
    max_version: '1.0',
  },
  { id: 'v2.0', status: 'DEPRECATED', links: [{ href: `${world.baseUrl}/reservation/v2`, rel: 'self' }] },
]

/** There is only 1.0; saying nothing means it. */
function ofVersion(header: string | undefined): Reply | null {
  const [, version] = /^reservation (.+)$/.exec(header ?? '') ?? []
  if (version === undefined || version === '1.0') return null
  if (!/^\d+\.\d+$/.test(version)) {
    return flask(400, `API Version String ${version} is of invalid format. Must be of format MajorNum.MinorNum.`)
  }
  return flask(406, `Version ${version} is not supported by the API. Minimum is 1.0 and maximum is 1.0.`)
}

/** null: there is nothing at this address. */
function answer(world: World, own: SimBlazar, asked: Asked): Reply | null {
  const [version, collection, ...rest] = asked.segments
  if (version !== 'v1') return null
  if (collection === 'os-hosts') return hosts(world, own, { asked, rest })
  return collection === 'leases' ? leases(world, own, { asked, rest }) : null
}

type At = { asked: Asked; rest: string[] }

function hosts(world: World, own: SimBlazar, { asked, rest: [id, what] }: At): Reply | null {
  const { method, query } = asked
  if (id === 'allocations') {
    onlyAdmin(asked, 'oshosts:get_allocations')
    const of = { leaseId: query.get('lease_id'), reservationId: query.get('reservation_id'), inList: true }
    return { status: 200, json: { allocations: [...own.hosts.values()].map((host) => allocationOf(world, own, host, of)) } }
  }
  onlyAdmin(asked, 'oshosts:get')
  if (id === 'properties') return { status: 200, json: { resource_properties: propertiesOf(own) } }
  if (id === undefined) {
    if (method === 'POST') return { status: 201, json: { host: hostView(own.kind, enrolAsked(world, own, asked)) } }
    return { status: 200, json: { hosts: [...own.hosts.values()].map((host) => hostView(own.kind, host)) } }
  }
  if (!asked.isReadable) return BAD_JSON
  if (method === 'PUT' && what === undefined && isEmpty(asked.body)) throw new BlazarRefusal(400, 'No data to update')
  const host = hostById(own, id)
  if (what === 'allocation') {
    if (method === 'PUT' && own.kind === 'upstream') return null
    // The answer to a reallocation names the lease's reservations alone (recorded).
    const leaseId = method === 'PUT' ? leaseIn(asked.body) : null
    if (method === 'PUT') reallocate(world, own, { host, leaseId })
    return { status: 200, json: { allocation: allocationOf(world, own, host, { leaseId, reservationId: null, inList: false }) } }
  }
  if (what !== undefined) return null
  if (method === 'PUT') updateHost(world, own, { host, asked })
  if (method !== 'DELETE') return { status: 200, json: { host: hostView(own.kind, host) } }
  removeHost(world, own, host)
  return gone(own)
}

const isEmpty = (body: unknown): boolean => !isObject(body) || Object.keys(body).length === 0
const leaseIn = (body: unknown): string | null => {
  const id = within(body, 'lease_id')
  return typeof id === 'string' ? id : null
}
const gone = (own: SimBlazar): Reply => (own.kind === 'upstream' ? { status: 204 } : { status: 200, json: {} })

function leases(world: World, own: SimBlazar, { asked, rest: [id, what] }: At): Reply | null {
  const { method } = asked
  if (!asked.isReadable) return BAD_JSON
  const show = (lease: SimLease): unknown => leaseView(own.kind, lease)
  const isTheirs = (lease: SimLease): boolean => mayAll(asked) || lease.project_id === asked.caller?.project?.id
  if (id === undefined) {
    if (method === 'POST') {
      const made = createLease(world, own, asked)
      asked.effect(`lease ${made.id}: created`)
      return { status: 201, json: { lease: show(made) } }
    }
    return { status: 200, json: { leases: [...own.leases.values()].filter(isTheirs).map(show) } }
  }
  const lease = own.leases.get(id)
  if (lease === undefined) throw new BlazarRefusal(404, `Object with {'lease_id': '${id}'} not found`)
  if (!isTheirs(lease)) throw forbidden('leases:get')
  if (what === 'hosts' && own.kind === 'chameleon') {
    const had = lease.everHad.flatMap((one) => own.hosts.get(one) ?? [])
    return { status: 200, json: { hosts: had.map((host) => columnsOf(own.kind, host)) } }
  }
  if (what !== undefined) return null
  if (method === 'PUT') {
    updateLease(world, own, { lease, body: asked.body })
    asked.effect(`lease ${lease.id}: updated`)
  }
  if (method !== 'DELETE') return { status: 200, json: { lease: show(lease) } }
  deleteLease(world, own, lease)
  asked.effect(`lease ${lease.id}: deleted`)
  return gone(own)
}
