/**
 * The promises as words, and what a request to the pretend Ironic means to them. The judges (judges.ts), the demo's reckoning
 * (kept-promises.ts) and the tests share these readings; nothing here remembers anything.
 */
import { isObject, within } from './answer.ts'
import type { LedgerEntry, NodeBrief } from './ledger.ts'

export const PROMISES = {
  S1: "a reset is sent only within 2 s of its mark's reply, which showed error as it was decided on",
  S2: 'no reset of a node on which an instance may live',
  S3: "a person's maintenance, hold or pause is never changed, overwritten or ignored",
  S4: 'one act at a time on a node, and none for 150 s after one whose end is unknown',
  S5: 'no changing request without a durable intent of its own',
  S6: 'resets per node and places in flight stay within the budget, over all restarts',
  S7: 'only our own marks are cleared, and nothing else of extra is written',
  S8: 'observe sends only reads and authentication, and stateless datagrams',
  S9: 'one canary in 45 min during a shared outage, and no reset while a needed service is down',
  S10: 'no secret in logs and database',
  S11: "a person's `disabled` in Blazar is never undone nor taken over, and what a person lifted stays lifted",
  S12: 'a shield has its mark in Ironic as long as it stands, and is lifted or told to a person',
  S13: 'no lease is changed but by the give-back of what it lost, and nothing else of Blazar but `disabled`',
  L1: 'when faults stop, every node is healed, quarantined, or with a person for a reason',
  L2: 'after a storm work resumes without a stampede',
  L3: 'after the last case one more pass sends only reads',
} as const
export type PromiseId = keyof typeof PROMISES
export const PROMISE_IDS = Object.keys(PROMISES).filter((id): id is PromiseId => id in PROMISES)

/** One breach: what was seen, when (virtual, epoch ms), on which node, and the requests around it. */
export type Broken = { promise: PromiseId; at: number; node: string | null; what: string; entries: string[] }

/** What a changing request to a node asks for; null for one that no act of ours sends. */
export type JudgedStep = 'mark' | 'unmark' | 'deleted' | 'manage' | 'provide' | 'quarantine' | 'release' | BlazarStep
/** The mark of a shield in Ironic, written and taken away, and what is sent to Blazar itself. */
export type BlazarStep = 'shield-mark' | 'shield-unmark' | 'disable' | 'enable' | 'give-back'

/** The node that a request is about, as its path names it, or the host or the lease in its path; null where it is about none. */
export const nodeOf = ({ service, path, about = [] }: Pick<LedgerEntry, 'service' | 'path'> & { about?: readonly string[] }) =>
  service === 'ironic' ? (/^\/v1\/nodes\/([^/?]+)/.exec(path)?.[1] ?? null) : (about[0] ?? null)

export function stepOf({ method, path, body }: Pick<LedgerEntry, 'method' | 'path' | 'body'>): JudgedStep | null {
  if (method === 'PATCH') return patchStepOf(body)
  if (method === 'PUT' && /^\/v1\/(os-hosts|leases)\/[^/?]+$/.test(path)) return blazarStepOf(path, body)
  if (path.endsWith('/maintenance')) return method === 'PUT' ? 'quarantine' : method === 'DELETE' ? 'release' : null
  const target = within(body, 'target')
  if (method !== 'PUT' || !path.endsWith('/states/provision')) return null
  if (target === 'undeploy') return 'deleted'
  return target === 'deleted' || target === 'manage' || target === 'provide' ? target : null
}

function patchStepOf(body: unknown): JudgedStep | null {
  const operations = operationsOf(body)
  const [only] = operations
  if (operations.length !== 1 || only === undefined) return null
  if (only.path === '/extra/anneal_shield') return only.op === 'add' ? 'shield-mark' : only.op === 'remove' ? 'shield-unmark' : null
  if (!/^\/extra\/hammer_error_resets(\/(-|\d+))?$/.test(only.path)) return null
  if (only.op === 'remove') return /\/\d+$/.test(only.path) ? 'unmark' : null
  // A whole list in place of one that is there would throw away what others wrote.
  return only.op === 'add' && !/\/\d+$/.test(only.path) ? 'mark' : null
}

const GIVEN_BACK = ['hypervisor_properties', 'id', 'max', 'min', 'resource_properties', 'resource_type']
const keysOf = (value: unknown): string => (isObject(value) ? Object.keys(value).toSorted().join(' ') : '')

/** To the letter: of a host `disabled` alone, with our words or null, of a lease its reservations alone, each as a give-back writes it. */
function blazarStepOf(path: string, body: unknown): BlazarStep | null {
  if (path.startsWith('/v1/os-hosts/')) {
    const disabled = keysOf(body) === 'disabled' ? within(body, 'disabled') : undefined
    if (disabled === null) return 'enable'
    return typeof disabled === 'string' && disabled.startsWith('anneal:') ? 'disable' : null
  }
  const wishes = keysOf(body) === 'reservations' ? reservationsIn(body) : []
  return wishes.length > 0 && wishes.every((wish) => keysOf(wish) === GIVEN_BACK.join(' ')) ? 'give-back' : null
}

/** What a change of a lease says of its reservations. */
export function reservationsIn(body: unknown): unknown[] {
  const wishes = within(body, 'reservations')
  return Array.isArray(wishes) ? wishes : []
}

/** The value of the one operation of a patch that a `shield-mark` is. */
export const shieldMarkIn = (body: unknown): unknown => operationsOf(body)[0]?.value

export const isReset = (entry: Pick<LedgerEntry, 'method' | 'path' | 'body'>): boolean => stepOf(entry) === 'deleted'

/** Texts of Ironic's own over a fault. The judges read them for themselves: the operator's reading is what they judge. */
const IRONIC_SAYS = /^(During sync_power_state, max retries exceeded|Timeout reached while|(Node|Step) .* failed|Failed to )/

/** A person's maintenance stands on the node. */
export function isPersons(node: Pick<NodeBrief, 'maintenance' | 'maintenance_reason' | 'fault'> | null): boolean {
  if (node === null || !node.maintenance) return false
  const reason = node.maintenance_reason ?? ''
  // With this fault Ironic writes but one of its texts.
  const isItsOwn = node.fault === 'power failure' ? reason.startsWith('During sync_power_state') : node.fault !== null
  return !reason.startsWith('anneal:') && !(isItsOwn && IRONIC_SAYS.test(reason))
}

/** The text of the mark that an `unmark` would remove from the list as it stands; null where there is none at that place. */
export function removedMark(body: unknown, marks: unknown): unknown {
  const index = Number(/\/(\d+)$/.exec(operationsOf(body)[0]?.path ?? '')?.[1] ?? Number.NaN)
  return Array.isArray(marks) ? (marks[index] ?? null) : null
}

/** The text that a `mark` appends. */
export function addedMark(body: unknown): unknown {
  const value = operationsOf(body)[0]?.value
  return Array.isArray(value) ? value[0] : value
}

function operationsOf(body: unknown): { op: string; path: string; value: unknown }[] {
  if (!Array.isArray(body)) return []
  return body.filter(isObject).map((one) => ({ op: String(one['op']), path: String(one['path']), value: one['value'] }))
}

/** An entry on one line, for a person who looks for what went wrong. */
export function lineOf(entry: LedgerEntry): string {
  const { left, at, method, path, body, status, effect, fault, before } = entry
  const state =
    before === null ? '' : ` [${before.provision_state}${before.maintenance ? `, maintenance ${before.maintenance_reason}` : ''}]`
  const met = fault === null ? '' : ` (met ${fault})`
  const time = left === at ? clockText(at) : `${clockText(left)} → ${clockText(at)}`
  return `${time} ${method} ${path} ${JSON.stringify(body) ?? ''}${state} → ${status}${met}${effect === null ? '' : `: ${effect}`}`
}

const clockText = (at: number): string => new Date(at).toISOString().slice(5, 23).replace('T', ' ')

/** A node is under repair in these. */
export const REPAIR_STATES: readonly string[] = ['deleting', 'cleaning', 'clean wait']

/** What happens this shortly before a request nobody can notice who sends it: the 2 s that a reply lives, and the road. */
export const UNNOTICED_MS = 2_200
