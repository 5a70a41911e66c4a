/**
 * The road between a client and the services: which service a URL means, the time it takes, the faults on the way, and the
 * ledger of what arrived. A request that a client has given up on is still carried out, as in life.
 */
import { decidingRead } from '../core/ironic.ts'
import type { HttpRequest, HttpResponse, Transport } from '../core/seams.ts'
import { TransportError } from '../core/seams.ts'
import type { Asked, Reply, Service } from './answer.ts'
import { httpResponse, unauthorized, within } from './answer.ts'
import { nodesAt } from './blazar-state.ts'
import { modeAt, redfish } from './bmc.ts'
import type { Fault } from './faults.ts'
import { conductorOf } from './ironic-node.ts'
import { fault as ironicFault } from './ironic-states.ts'
import { callerOf } from './keystone.ts'
import type { LedgerEntry, NodeBrief } from './ledger.ts'
import { between } from './seeded.ts'
import type { ServiceSlug, SimNode, World } from './world.ts'
import { findNode } from './world.ts'

/** First segment of the path below the base URL. */
export const PREFIXES: Record<string, ServiceSlug> = {
  identity: 'keystone',
  baremetal: 'ironic',
  compute: 'nova',
  network: 'neutron',
  placement: 'placement',
  image: 'glance',
  volume: 'cinder',
  reservation: 'blazar',
}

export type Delivered = HttpResponse | 'refused' | 'unreachable' | 'hung' | 'lost'

export type Plain = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>

/** Half of it before the request is looked at, half after the answer is made; milliseconds, drawn per request. */
const LATENCY_MS = { low: 10, high: 25 }

const SLOW_BMC_MS = 4000

/** Delivers one request in virtual time. Never rejects: what came instead of an answer is a word. */
export async function deliver(world: World, services: Record<ServiceSlug, Service>, request: Plain): Promise<Delivered> {
  const url = new URL(request.url)
  const [first = '', ...segments] = url.pathname.split('/').filter((part) => part !== '')
  const service = url.origin === new URL(world.baseUrl).origin ? PREFIXES[first] : undefined
  if (service === undefined) return toBmc(world, url)
  if (!isServed(world, service)) return 'refused'
  const met = world.faults.meet(service, 'clients', request.method)
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const path = `/${segments.map(decodeURIComponent).join('/')}`
  const sent = parsed(request.body)
  const entry: LedgerEntry = {
    at: world.clock.now(),
    service,
    method: request.method,
    path: `${path}${url.search}`,
    user: null,
    body: service === 'keystone' || sent === UNREADABLE ? null : (sent ?? null),
    status: 'pending',
    effect: null,
    fault: met?.kind ?? null,
    about: service === 'blazar' ? nodesAt(world.blazar, segments.slice(1)) : [],
    before: null,
    left: world.clock.now(),
    answeredAt: null,
  }
  const end = (delivered: Delivered, reply?: Reply): Delivered => {
    entry.status = typeof delivered === 'string' ? delivered : delivered.status
    if (typeof delivered !== 'string') entry.answeredAt = world.clock.now()
    world.ledger.close(entry, typeof delivered === 'string' ? null : reply?.json)
    return delivered
  }
  const bit = (): void => void (met !== null && world.faults.bit(service, met))
  world.ledger.add(entry)
  // Before the wait: whoever asked may give up meanwhile.
  if (met?.kind === 'latency') bit()
  await world.clock.sleep(between(world.random, LATENCY_MS.low, LATENCY_MS.high) + (met?.kind === 'latency' ? (met.ms ?? 1000) : 0))
  const instead = met === null ? null : withoutService(world, met)
  if (instead !== null) {
    bit()
    // What Ironic itself would have said is judged like its own word.
    return end(instead, { status: 0, json: typeof instead === 'string' ? null : parsed(instead.text) })
  }
  const body = parsed(request.body)
  const asked: Asked = {
    method: request.method,
    path,
    segments: segments.map(decodeURIComponent),
    query: url.searchParams,
    headers,
    body: body === UNREADABLE ? undefined : body,
    isReadable: body !== UNREADABLE,
    caller: null,
    effect: (sentence) => {
      entry.effect = sentence
    },
  }
  const reply = await answered(world, services[service], { asked, service, entry })
  await world.clock.sleep(between(world.random, LATENCY_MS.low, LATENCY_MS.high))
  if (met?.kind === 'lost-reply') {
    bit()
    return end('lost', reply)
  }
  const whole = httpResponse(reply, world.newId())
  const answer = met?.kind === 'cut' ? { ...whole, text: whole.text.slice(0, whole.text.length >> 1) } : whole
  const seen = service === 'ironic' && request.method === 'GET' ? readAs(world, met, { key: entry.path, answer, reply }) : answer
  // Nothing to be stale of, no list to leave anything out of: then it is the answer that would have come anyway.
  if (seen.status !== whole.status || seen.text !== whole.text) bit()
  return end(seen, reply)
}

function isServed(world: World, service: ServiceSlug): boolean {
  if (service === 'ironic') return true
  return service === 'blazar' ? world.blazar !== null : world.settings.features[service]
}

/** How old a stale answer may be: a replica of a database that lags behind, or a proxy's cache. */
const STALE_MS = 300_000

/** Ironic's answer to a read, as the fault that met it lets it be seen. */
function readAs(world: World, met: Fault | null, on: { key: string; answer: HttpResponse; reply: Reply }): HttpResponse {
  const { key, answer, reply } = on
  const { remembered } = world.faults
  const before = remembered?.get(key)
  if (met?.kind === 'stale') return before !== undefined && world.clock.now() - before.at < STALE_MS ? before.answer : answer
  if (met?.kind !== 'cut') remembered?.set(key, { at: world.clock.now(), answer })
  const nodes = within(reply.json, 'nodes')
  if (!Array.isArray(nodes)) return answer
  if (met?.kind === 'empty-list') return { ...answer, text: JSON.stringify({ nodes: [] }) }
  if (met?.kind === 'half-list') return { ...answer, text: JSON.stringify({ nodes: nodes.slice(0, nodes.length >> 1) }) }
  return answer
}

async function answered(world: World, service: Service, to: { asked: Asked; service: ServiceSlug; entry: LedgerEntry }): Promise<Reply> {
  const { asked, entry } = to
  entry.at = world.clock.now()
  // Ironic takes such a body for none, except in a PATCH (measured), and Blazar breaks on it: their own to say.
  if (!asked.isReadable && to.service !== 'ironic' && to.service !== 'blazar')
    return { status: 400, json: { error_message: 'The body is not JSON.' } }
  if (to.service === 'keystone') return service(asked)
  if (asked.method !== 'GET') {
    entry.before = brief(world, asked)
    world.ledger.onlooker?.arrives(entry)
  }
  // Blazar alone asks for a token even before it names its versions (recorded).
  const isPublic =
    (asked.segments.length === 0 && to.service !== 'blazar') || (to.service === 'ironic' && asked.segments.join('/') === 'v1')
  if (isPublic) return service(asked)
  const found = callerOf(world, to.service, asked.headers)
  if ('refusal' in found) return found.refusal
  entry.user = found.caller?.user ?? null
  return service({ ...asked, caller: found.caller })
}

function brief(world: World, asked: Asked): NodeBrief | null {
  const node = asked.segments[1] === 'nodes' ? findNode(world, asked.segments[2] ?? '') : undefined
  return node === undefined ? null : briefOf(world, node)
}

/** How a node stands now. */
export function briefOf(world: World, { row }: SimNode): NodeBrief {
  const tenants: string[] = []
  for (const server of world.servers.values()) {
    if (server.node === row.uuid && !server.deleted && server.actions.at(-1)?.action !== 'delete') tenants.push(server.id)
  }
  const { uuid, provision_state, instance_uuid, maintenance, maintenance_reason, fault, protected: guarded, reservation } = row
  const conductor = conductorOf(world, row)
  const held = Object.hasOwn(row.extra, 'anneal_hold')
  const marks = structuredClone(row.extra['hammer_error_resets'])
  const shield = structuredClone(row.extra['anneal_shield'])
  return {
    ...decidingRead({ ...row, conductor }),
    provision_state,
    instance_uuid,
    maintenance,
    fault,
    protected: guarded,
    uuid,
    maintenance_reason,
    reservation,
    held,
    marks,
    shield,
    tenants,
  }
}

const UNREADABLE = Symbol('a body that is not JSON')

function parsed(body: string | undefined): unknown {
  if (body === undefined || body === '') return undefined
  try {
    return JSON.parse(body)
  } catch {
    // A server has to live with whatever a client sends: this is the one place where bad text comes in.
    return UNREADABLE
  }
}

/** What a fault makes of the request before any service sees it; null for those that let it through. */
function withoutService(world: World, fault: Fault): Delivered | null {
  switch (fault.kind) {
    case 'down':
      return 'refused'
    case 'unreachable':
      return 'unreachable'
    case 'hang':
      return 'hung'
    case '503': {
      const json = {
        error: {
          code: 503,
          title: 'Service Unavailable',
          message: 'The server is currently unavailable. Please try again at a later time.',
        },
      }
      return httpResponse({ status: 503, json }, world.newId())
    }
    case '500':
      return httpResponse(
        { status: 500, json: { error: { code: 500, title: 'Internal Server Error', message: 'An unexpected error.' } } },
        world.newId(),
      )
    case '502':
      return httpResponse(
        {
          status: 502,
          html: '<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete response.\n</body></html>',
        },
        world.newId(),
      )
    case '401':
      return httpResponse(unauthorized(world.baseUrl), world.newId())
    case '429':
      return httpResponse({ status: 429, headers: { 'retry-after': '5' }, plain: 'Too Many Requests' }, world.newId())
    case '409':
      return httpResponse(
        ironicFault(409, 'Node is locked by host conductor-9, please retry after the current operation is completed.'),
        world.newId(),
      )
    case 'no-worker':
      return httpResponse(ironicFault(503, 'Requested action cannot be performed due to lack of free conductor workers.'), world.newId())
    case 'limit':
      return httpResponse(
        ironicFault(
          500,
          'Unable to process request at this time. The concurrent action limit for unprovisioning has been reached. Please contact your administrator and try again later.',
        ),
        world.newId(),
      )
    case 'lost-reply':
    case 'latency':
    case 'stale':
    case 'empty-list':
    case 'half-list':
    case 'cut':
      return null
    default:
      return fault.kind satisfies never
  }
}

/** Redfish by the BMC's own address. */
async function toBmc(world: World, url: URL): Promise<Delivered> {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  const bmc = world.bmcs.get(`${url.hostname}:${port}`)
  const mode = bmc === undefined ? 'silent' : modeAt(bmc, world.clock.now())
  if (world.faults.route !== 'open' || bmc === undefined || mode === 'silent') return 'unreachable'
  // Its kernel still takes connections; nobody behind it answers.
  if ((mode === 'frozen' || mode === 'hung') && bmc.protocol === 'redfish') return 'hung'
  await world.clock.sleep(mode === 'slow' ? SLOW_BMC_MS : between(world.random, 20, 60))
  if (mode === 'refusing' || bmc.protocol === 'ipmi') return 'refused'
  return httpResponse(redfish(bmc, url.pathname), world.newId())
}

/** The transport seam over `deliver`, with the client's own patience in virtual time. */
export function transportOver(world: World, delivery: (request: Plain) => Promise<Delivered>): Transport {
  return async (request) => {
    const { clock } = world
    const where = new URL(request.url).origin
    if (request.sendBy !== undefined && clock.monotonic() > request.sendBy) {
      throw new TransportError('before', `${request.method} ${where}: too late to send`)
    }
    const began = clock.now()
    const patience = new AbortController()
    const tired = clock.sleep(request.answerTimeoutMs, patience.signal).then(() => 'hung' as const)
    const delivered = await Promise.race([delivery(request), tired])
    // A reason of our own, because without one a DOMException with its stack is made for every request.
    if (delivered !== 'hung') patience.abort('answered')
    if (typeof delivered !== 'string') return delivered
    if (delivered === 'refused') throw new TransportError('before', `${request.method} ${where}: connection refused`)
    if (delivered === 'lost') throw new TransportError('after', `${request.method} ${where}: connection lost before the answer`)
    if (delivered === 'unreachable') {
      await clock.sleep(Math.max(0, began + request.connectTimeoutMs - clock.now()))
      throw new TransportError('before', `${request.method} ${where}: no connection within ${request.connectTimeoutMs} ms`)
    }
    await clock.sleep(Math.max(0, began + request.answerTimeoutMs - clock.now()))
    throw new TransportError('after', `${request.method} ${where}: no answer within ${request.answerTimeoutMs} ms`)
  }
}
