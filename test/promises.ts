/**
 * The promises that no request may break, held against the ledger after a scenario. How a request is read is the simulator's
 * (src/simulator/promises.ts), the same as for the judges of `anneal simulate`, which look on while it happens and know more promises.
 */
import type { HttpRequest } from '../src/core/seams.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import { briefOf } from '../src/simulator/delivery.ts'
import type { LedgerEntry } from '../src/simulator/ledger.ts'
import { stepOf } from '../src/simulator/promises.ts'

/** S2, S3: no verb to a node on which an instance may live, or that a person holds; asked as the request leaves. */
export function brokenBefore(cloud: SimulatedCloud, request: HttpRequest): string[] {
  if (request.method === 'GET' || !request.url.includes('/baremetal/v1/nodes/')) return []
  const uuid = request.url.split('/nodes/')[1]?.split(/[/?]/)[0] ?? ''
  const node = cloud.state.nodes.get(uuid)
  if (node === undefined) return [`${request.method} ${request.url}: no such node`]
  const { held, tenants } = briefOf(cloud.state, node)
  if (!request.url.endsWith('/states/provision')) return []
  const what = `${node.row.name}: ${request.method} ${request.body ?? ''}`
  const [living] = tenants
  return [
    ...(held ? [`${what} although extra.anneal_hold is set`] : []),
    ...(living === undefined ? [] : [`${what} although server ${living} may live on it`]),
  ]
}

/** S1, S3, S7 and what is never written, from what arrived. */
export function brokenBy(cloud: SimulatedCloud): string[] {
  const changes = cloud.ledger.changes()
  return changes.flatMap((entry) => {
    if (entry.service !== 'ironic' && stepOf(entry) === null) return [`${entry.service} ${entry.method} ${entry.path}`]
    if (isOfCanary(cloud, entry)) return []
    return brokenEntry(entry, changes).map((what) => `${new Date(entry.at).toISOString()} ${entry.method} ${entry.path}: ${what}`)
  })
}

/** What a self-canary is sent: a node without a machine and without an instance, whose driver is changed and which is deployed and told to go. */
function isOfCanary(cloud: SimulatedCloud, { method, path, body, before }: LedgerEntry): boolean {
  const node = cloud.state.nodes.get(path.split(/[/?]/)[3] ?? '')
  if (node?.isFake !== true || before === null || before.instance_uuid !== null) return false
  if (method === 'PATCH') return Array.isArray(body) && body.every((change) => PATCHED.test(String(change?.path)))
  return path.endsWith('/states/provision') && ['available', 'active'].includes(before.provision_state)
}
const PATCHED = /^\/(driver|driver_info\/ipmi_(address|port)|network_interface|storage_interface|extra\/anneal_canary)$/

function brokenEntry(entry: LedgerEntry, all: LedgerEntry[]): string[] {
  const { before } = entry
  // What a fault ate on the way never met a node.
  if (before === null) return []
  const { maintenance, maintenance_reason, fault, instance_uuid } = before
  const step = stepOf(entry)
  switch (step) {
    case null:
      return [`writes ${JSON.stringify(entry.body)}`]
    case 'mark':
    case 'unmark':
    case 'shield-mark':
    case 'shield-unmark':
    case 'disable':
    case 'enable':
    case 'give-back':
      return []
    case 'quarantine':
      return maintenance || fault !== null || instance_uuid !== null ? ['maintenance over what was there'] : []
    case 'release':
      return !maintenance_reason?.startsWith('anneal:') || fault !== null ? ["ends somebody else's maintenance"] : []
    case 'deleted':
    case 'manage':
    case 'provide':
      return entry.effect === null ? [] : brokenVerb({ ...entry, before }, all)
    default:
      return step satisfies never
  }
}

/** The mark's reply may be 2 s old when the verb leaves; half of the road's latency comes on top. */
const MARK_LIVES_MS = 2_100

function brokenVerb(entry: LedgerEntry & { before: NonNullable<LedgerEntry['before']> }, all: LedgerEntry[]): string[] {
  const { before, at } = entry
  const verb = stepOf(entry)
  const broken: string[] = []
  if (before.maintenance) broken.push(`${verb} in maintenance (${before.maintenance_reason})`)
  if (before.protected) broken.push(`${verb} on a protected node`)
  if (verb !== 'deleted') return broken
  if (before.provision_state !== 'error') broken.push(`deleted in ${before.provision_state}`)
  const marked = all.some(
    (one) =>
      stepOf(one) === 'mark' && one.before?.uuid === before.uuid && one.effect !== null && one.at <= at && at - one.at <= MARK_LIVES_MS,
  )
  if (!marked) broken.push('deleted without a mark right before it')
  return broken
}
