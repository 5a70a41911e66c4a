/**
 * PATCH of a node: Ironic's subset of JSON patch (add, replace, remove), applied by the API to the row as it was read and
 * carried out by a conductor under the node's lock. The reply is the node as it stands under that lock, so parallel
 * appends to one list lose entries here exactly as they do there.
 */
import type { Asked, Reply } from './answer.ts'
import { isObject, within } from './answer.ts'
import { releaseLock, rpc, takeLock } from './ironic-conductor.ts'
import { withInterfaces } from './ironic-drivers.ts'
import { nodeView, write } from './ironic-node.ts'
import { fault, UPDATABLE_WITH_TARGET } from './ironic-states.ts'
import type { NodeRow, SimNode, World } from './world.ts'

const PATCHABLE = [
  'automated_clean',
  'bios_interface',
  'boot_interface',
  'chassis_uuid',
  'conductor_group',
  'console_interface',
  'deploy_interface',
  'description',
  'driver',
  'driver_info',
  'extra',
  'inspect_interface',
  'instance_info',
  'instance_uuid',
  'lessee',
  'maintenance',
  'management_interface',
  'name',
  'network_data',
  'network_interface',
  'owner',
  'power_interface',
  'properties',
  'protected',
  'protected_reason',
  'raid_interface',
  'rescue_interface',
  'resource_class',
  'retired',
  'retired_reason',
  'shard',
  'storage_interface',
  'vendor_interface',
]

type Change = {
  op: 'add' | 'replace' | 'remove'
  path: string[]
  value: unknown /** It needs a value and has none. */
  lacks: boolean
  text: string
}

/** Each PATCH holds the lock for about 50 ms (facts of a real 21.4.4). */
const LOCK_HELD_MS = 50

const schema = (why: string): Reply => fault(400, `Schema error for patch: ${why}`)

/** Python's way of printing a value, for the error texts. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(pythonText).join(', ')}]`
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, one]) => `'${key}': ${pythonText(one)}`)
      .join(', ')}}`
  }
  return String(value)
}

function parse(body: unknown): Change[] | Reply {
  if (!Array.isArray(body)) return schema(`${pythonText(body)} is not of type 'array'`)
  const changes: Change[] = []
  for (const item of body) {
    if (!isObject(item)) return schema(`${pythonText(item)} is not of type 'object'`)
    if (Object.hasOwn(item, 'from')) return schema("Additional properties are not allowed ('from' was unexpected)")
    const { op, path } = item
    for (const key of ['op', 'path']) if (!Object.hasOwn(item, key)) return schema(`'${key}' is a required property`)
    if (op !== 'add' && op !== 'replace' && op !== 'remove') return schema(`${pythonText(op)} is not one of ['add', 'replace', 'remove']`)
    if (typeof path !== 'string' || !/^(\/[\w-]+)+$/.test(path)) return schema(`${pythonText(path)} does not match '^(/[\\\\w-]+)+$'`)
    const segments = path.split('/').slice(1)
    const field = segments[0] ?? ''
    if (!PATCHABLE.includes(field)) {
      return fault(400, `Cannot patch /${field}. Only the following can be updated: ${PATCHABLE.join(', ')}`)
    }
    const lacks = op !== 'remove' && !Object.hasOwn(item, 'value')
    changes.push({ op, path: segments, value: item['value'], lacks, text: pythonText(item) })
  }
  return changes
}

const refuse = (change: Change, why: string): Reply => fault(400, `Couldn't apply patch '${change.text}'. Reason: ${why}`)

/** A removed scalar falls back to what a new node has. */
const emptied = (field: string): unknown => {
  if (field === 'maintenance' || field === 'protected' || field === 'retired') return false
  if (field === 'conductor_group') return ''
  return ['extra', 'instance_info', 'properties', 'driver_info', 'network_data'].includes(field) ? {} : null
}

function apply(document: Record<string, unknown>, change: Change): Reply | null {
  if (change.lacks) return refuse(change, "The operation does not contain a 'value' member")
  const [field = '', ...rest] = change.path
  const last = rest.pop()
  if (last === undefined) {
    document[field] = change.op === 'remove' ? emptied(field) : change.value
    return null
  }
  let target = document[field]
  for (const segment of rest) {
    const next: unknown = Array.isArray(target) ? target[Number(segment)] : within(target, segment)
    if (next === undefined) return refuse(change, `member '${segment}' not found in ${pythonText(target)}`)
    target = next
  }
  if (Array.isArray(target)) return applyToList(target, change, last)
  // A text is a sequence to Python.
  if (typeof target === 'string') return refuse(change, `'${last}' is not a valid sequence index`)
  if (!isObject(target)) return refuse(change, `unable to fully resolve json pointer /${change.path.join('/')}`)
  const there = Object.hasOwn(target, last)
  if (change.op === 'remove' && !there) return refuse(change, `can't remove a non-existent object '${last}'`)
  if (change.op === 'replace' && !there) return refuse(change, `can't replace a non-existent object '${last}'`)
  if (change.op === 'remove') delete target[last]
  else target[last] = change.value
  return null
}

const OUTSIDE: Record<Change['op'], (index: string) => string> = {
  add: () => "can't insert outside of list",
  replace: () => "can't replace outside of list",
  remove: (index) => `can't remove a non-existent object '${index}'`,
}

function applyToList(list: unknown[], change: Change, last: string): Reply | null {
  if (change.op === 'add' && last === '-') {
    list.push(change.value)
    return null
  }
  const index = Number(last)
  const end = change.op === 'add' ? list.length : list.length - 1
  if (!/^\d+$/.test(last)) return refuse(change, `'${last}' is not a valid sequence index`)
  if (index > end) return refuse(change, OUTSIDE[change.op](last))
  if (change.op === 'add') list.splice(index, 0, change.value)
  else if (change.op === 'replace') list[index] = change.value
  else list.splice(index, 1)
  return null
}

/** PATCH /v1/nodes/{id}, after the caller's rights have been checked. */
export async function patchNode(world: World, node: SimNode, asked: Asked, minor: number): Promise<Reply> {
  if (!asked.isReadable) return fault(500, 'Expecting value: line 1 column 1 (char 0)')
  if (asked.headers['content-type']?.includes('form-urlencoded') === true)
    return fault(400, `Unexpected arguments: ${JSON.stringify(asked.body)}`)
  const changes = parse(asked.body)
  if (!Array.isArray(changes)) return changes
  const { row } = node
  const clearsInstance = row.maintenance && changes.every((one) => one.op === 'remove' && one.path.join('/') === 'instance_uuid')
  const inTransition = row.target_provision_state !== null && !UPDATABLE_WITH_TARGET.includes(row.provision_state)
  if (!clearsInstance && inTransition) {
    // The node is named as the request named it.
    return fault(409, `Node ${asked.segments[2]} can not be updated while a state transition is in progress.`)
  }
  const document: Record<string, unknown> = Object.fromEntries(PATCHABLE.map((field) => [field, structuredClone(within(row, field))]))
  for (const change of changes) {
    const refusal = apply(document, change)
    if (refusal !== null) return refusal
  }
  const touched = [...new Set(changes.map((one) => one.path[0] ?? ''))]
  const values: Record<string, unknown> = {}
  for (const field of touched) {
    const checked = checkedValue(field, document[field])
    if ('refusal' in checked) return checked.refusal
    values[field] = checked.value
  }
  return carryOut(world, node, { asked, minor, values })
}

const DICTIONARIES = ['driver_info', 'extra', 'instance_info', 'network_data', 'properties']
const YES_OR_NO = ['automated_clean', 'maintenance', 'protected', 'retired']

/** A field's new value as node_patch_schema and its validators take it (api/controllers/v1/node.py). */
function checkedValue(field: string, value: unknown): { value: unknown } | { refusal: Reply } {
  if (value === null) return { value }
  const mistyped = (types: string[]) => ({
    refusal: schema(`${pythonText(value)} is not of type ${types.map((type) => `'${type}'`).join(', ')}`),
  })
  if (DICTIONARIES.includes(field)) return isObject(value) ? { value } : mistyped(['object', 'null'])
  if (YES_OR_NO.includes(field)) {
    if (typeof value === 'boolean') return { value }
    if (typeof value !== 'string') return mistyped(['string', 'boolean', 'null'])
    const flag = pythonFlag(value)
    return flag === null ? { refusal: fault(400, `Invalid ${field}: ${unrecognized(value)}`) } : { value: flag }
  }
  if (typeof value !== 'string') return mistyped(field === 'driver' ? ['string'] : ['string', 'null'])
  if ((field === 'instance_uuid' || field === 'chassis_uuid') && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) {
    return { refusal: fault(400, `Expected UUID for ${field}: ${value}`) }
  }
  return { value }
}

/** oslo's bool_from_string, strict; null for a word that is neither. */
export function pythonFlag(text: string): boolean | null {
  const word = text.trim().toLowerCase()
  if (['1', 't', 'true', 'on', 'y', 'yes'].includes(word)) return true
  return ['0', 'f', 'false', 'off', 'n', 'no'].includes(word) ? false : null
}

export const unrecognized = (text: string): string =>
  `Unrecognized value '${text}', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'`

type Carried = { asked: Asked; minor: number; values: Partial<NodeRow> }

async function carryOut(world: World, node: SimNode, carried: Carried): Promise<Reply> {
  const { conductor_group } = carried.values
  if (node.isFake) {
    const more = withInterfaces(node.row, carried.values, carried.asked.query.get('reset_interfaces') === 'true')
    if ('refusal' in more) return more.refusal
    carried.values = more
  }
  const call = await rpc(world, node, { isUpdate: true, ...(conductor_group === undefined ? {} : { conductor_group }) })
  if ('refusal' in call) return call.refusal
  const { host } = call.conductor
  const refusal = await takeLock(world, node, host)
  if (refusal !== null) return refusal
  if (carried.values.maintenance === false) Object.assign(carried.values, { maintenance_reason: null, fault: null })
  write(world, node, carried.values)
  carried.asked.effect(`node ${node.row.uuid}: ${Object.keys(carried.values).join(', ') || 'nothing'} patched`)
  const json = nodeView(world, node, { minor: carried.minor, caller: carried.asked.caller })
  await world.clock.sleep(LOCK_HELD_MS)
  if (node.row.reservation === host) releaseLock(node)
  return { status: 200, json }
}
