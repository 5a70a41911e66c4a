/**
 * The promises that no request may break, held against what the simulated cloud knows and not against what the operator believes.
 * `brokenBefore` looks at the world as a request leaves; `brokenBy` goes through the ledger afterwards.
 */
import type { HttpRequest } from '../src/core/seams.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import type { LedgerEntry } from '../src/simulator/ledger.ts'
import type { Server } from '../src/simulator/world.ts'

/** S2, S3: no verb to a node on which an instance may live, or that a person holds. */
export function brokenBefore(cloud: SimulatedCloud, request: HttpRequest): string[] {
  if (request.method === 'GET' || !request.url.includes('/baremetal/v1/nodes/')) return []
  const uuid = request.url.split('/nodes/')[1]?.split('/')[0] ?? ''
  const node = cloud.state.nodes.get(uuid)
  if (node === undefined) return [`${request.method} ${request.url}: no such node`]
  const { row } = node
  const verb = /"target":"(\w+)"/.exec(request.body ?? '')?.[1]
  const broken: string[] = []
  const say = (what: string): void => void broken.push(`${row.name}: ${request.method} ${verb ?? ''} ${what}`)
  if (verb === undefined) return broken
  if (row.extra['anneal_hold'] !== undefined) say('although extra.anneal_hold is set')
  const lives = [...cloud.state.servers.values()].find((server) => server.node === uuid && mayLive(server))
  if (lives !== undefined) say(`although server ${lives.id} may live on it`)
  return broken
}

const mayLive = (server: Server): boolean => !server.deleted && server.actions.at(-1)?.action !== 'delete'

/** S1, S3, S7 and what is never written, from what arrived. */
export function brokenBy(cloud: SimulatedCloud): string[] {
  const changes = cloud.ledger.changes()
  return changes.flatMap((entry) => {
    if (entry.service !== 'ironic') return [`${entry.service} ${entry.method} ${entry.path}`]
    return brokenEntry(entry, changes).map((what) => `${new Date(entry.at).toISOString()} ${entry.method} ${entry.path}: ${what}`)
  })
}

function brokenEntry(entry: LedgerEntry, all: LedgerEntry[]): string[] {
  const { before, method, path } = entry
  // What a fault ate on the way never met a node.
  if (before === null) return []
  if (method === 'PATCH') {
    const paths = operations(entry.body).map((operation) => operation.path)
    return paths.every((one) => /^\/extra\/hammer_error_resets(\/(-|\d+))?$/.test(one)) ? [] : [`patches ${paths.join(', ')}`]
  }
  if (path.endsWith('/states/provision')) return entry.effect === null ? [] : brokenVerb(entry, all)
  const { maintenance, maintenance_reason, fault, instance_uuid } = before
  if (method === 'PUT' && (maintenance || fault !== null || instance_uuid !== null)) return ['maintenance over what was there']
  if (method === 'DELETE' && (!maintenance_reason?.startsWith('anneal:') || fault !== null)) return ["ends somebody else's maintenance"]
  return []
}

/** The mark's reply may be 2 s old when the verb leaves; half of the road's latency comes on top. */
const MARK_LIVES_MS = 2_100

function brokenVerb(entry: LedgerEntry, all: LedgerEntry[]): string[] {
  const { before } = entry
  if (before === null) return []
  const target = textIn(entry.body, 'target')
  const broken: string[] = []
  if (before.maintenance) broken.push(`${target} in maintenance (${before.maintenance_reason})`)
  if (before.protected) broken.push(`${target} on a protected node`)
  if (target !== 'deleted') return broken
  if (before.provision_state !== 'error') broken.push(`deleted in ${before.provision_state}`)
  const marked = all.some(
    (one) =>
      one.method === 'PATCH' &&
      one.before?.uuid === before.uuid &&
      one.effect !== null &&
      one.at <= entry.at &&
      entry.at - one.at <= MARK_LIVES_MS,
  )
  if (!marked) broken.push('deleted without a mark right before it')
  return broken
}

function operations(body: unknown): { path: string }[] {
  return Array.isArray(body) ? body.map((one: unknown) => ({ path: textIn(one, 'path') })) : []
}

function textIn(body: unknown, name: string): string {
  const value = typeof body === 'object' && body !== null ? Object.entries(body).find(([key]) => key === name)?.[1] : undefined
  return typeof value === 'string' ? value : ''
}
