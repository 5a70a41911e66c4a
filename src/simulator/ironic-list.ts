/**
 * Lists of nodes: filters, fields, sorting and pages, with the recorded refusals, the silent cap of `max_limit`, and the `next`
 * link that forgets most filters. Node-level access is applied before the page is cut.
 */
import type { Asked, Reply } from './answer.ts'
import { within } from './answer.ts'
import { conductorOf, knownField, nodeView, rights, seesAll } from './ironic-node.ts'
import { pythonFlag, pythonText, unrecognized } from './ironic-patch.ts'
import { denied, fault, notFound, PROVISION_STATES } from './ironic-states.ts'
import type { SimNode, World } from './world.ts'
import { findNode } from './world.ts'

const SHORT = ['instance_uuid', 'maintenance', 'power_state', 'provision_state', 'uuid', 'name']

const EQUAL = ['fault', 'driver', 'resource_class', 'conductor_group', 'owner', 'lessee', 'instance_uuid', 'shard']
const FLAGS = ['maintenance', 'associated', 'retired']
const KEYS = [
  ...EQUAL,
  ...FLAGS,
  'provision_state',
  'conductor',
  'description_contains',
  'fields',
  'limit',
  'marker',
  'sort_key',
  'sort_dir',
  'detail',
  'include_children',
]

/** Columns that hold documents cannot be sorted by. */
const UNSORTABLE = ['extra', 'properties', 'driver_info', 'driver_internal_info', 'instance_info', 'clean_step', 'raid_config', 'traits']

/** Asking a list for these is the server's own crash: they are no columns of the node (recorded, 21.4.4). */
const NOT_COLUMNS = ['conductor', 'allocation_uuid', 'chassis_uuid', 'links']

const isTrue = (text: string | null): boolean => text !== null && pythonFlag(text) === true

/** The API minor that brought a filter; asked for in an older one the whole request is refused (api/controllers/v1/utils.py). */
const FILTER_SINCE: Record<string, number> = {
  driver: 16,
  resource_class: 21,
  fault: 42,
  conductor_group: 46,
  conductor: 49,
  owner: 50,
  lessee: 65,
  shard: 82,
}

const FAULTS = ['power failure', 'clean failure', 'rescue abort failure']

function refusalOf(asked: Asked, minor: number): Reply | null {
  const { query } = asked
  const isDetail = asked.path.endsWith('/detail')
  for (const key of new Set(query.keys())) {
    if (!KEYS.includes(key) || (isDetail && (key === 'fields' || key === 'detail'))) return fault(400, `Unexpected arguments: ${key}`)
    const values = query.getAll(key)
    if (values.length > 1) return fault(400, `Expected string for ${key}: ${pythonText(values)}`)
    const word = values[0] ?? ''
    if ([...FLAGS, 'detail'].includes(key) && pythonFlag(word) === null) return fault(400, `Invalid ${key}: ${unrecognized(word)}`)
    if (key === 'limit' && !/^\s*[+-]?\d+\s*$/.test(word)) return fault(400, `Expected an integer for limit: ${word}`)
  }
  return versionRefusal(query, minor) ?? valueRefusal(query)
}

function versionRefusal(query: URLSearchParams, minor: number): Reply | null {
  const named = [...(query.get('fields')?.split(',') ?? []), query.get('sort_key') ?? 'id']
  if (named.some((field) => !knownField(field, minor))) return fault(406, 'Request not acceptable.')
  const early = Object.entries(FILTER_SINCE).find(([key, since]) => query.has(key) && minor < since)
  return early === undefined ? null : fault(406, `Request not acceptable. The minimal required API version should be 1.${early[1]}`)
}

function valueRefusal(query: URLSearchParams): Reply | null {
  const wanted = query.get('fault')
  if (wanted !== null && !FAULTS.includes(wanted)) {
    return fault(400, `Unrecognized fault "${wanted}" is specified, allowed faults are (${FAULTS.map(pythonText).join(', ')})`)
  }
  if (isTrue(query.get('detail')) && query.has('fields')) return fault(400, 'Can not specify ?detail=True and fields in the same request.')
  const state = query.get('provision_state')
  if (state !== null && !PROVISION_STATES.has(state)) return fault(400, `Provision state "${state}" is not valid`)
  const limit = query.get('limit')
  if (limit !== null && Number(limit) <= 0) return fault(400, 'Limit must be positive')
  const direction = query.get('sort_dir')
  if (direction !== null && direction !== 'asc' && direction !== 'desc') {
    return fault(400, `Invalid sort direction: ${direction}. Acceptable values are 'asc' or 'desc'`)
  }
  const sortKey = query.get('sort_key')
  if (sortKey !== null && UNSORTABLE.includes(sortKey)) {
    return fault(400, `The sort_key value ${sortKey} is an invalid field for sorting`)
  }
  return null
}

function fieldRefusal(world: World, fields: string[], minor: number): Reply | null {
  const some = world.nodes.values().next().value
  for (const field of fields) {
    if (field === 'updated_at' || field === 'created_at') return fault(400, `Field ${field} is not a valid field.`)
    const isColumn = some === undefined || (Object.hasOwn(some.row, field) && !NOT_COLUMNS.includes(field))
    if (!isColumn && !(knownField(field, minor) && field === 'parent_node')) {
      return fault(500, `type object 'Node' has no attribute '${field}'`)
    }
  }
  return null
}

/** A word that is no column is refused by the database's own layer, with quotes. */
function sortRefusal(world: World, query: URLSearchParams): Reply | null {
  const key = query.get('sort_key')
  const some = world.nodes.values().next().value
  if (key === null || key === 'id' || some === undefined || Object.hasOwn(some.row, key)) return null
  return fault(400, `The sort_key value "${key}" is an invalid field for sorting`)
}

function matches(world: World, node: SimNode, query: URLSearchParams): boolean {
  const { row } = node
  for (const key of EQUAL) {
    const wanted = query.get(key)
    if (wanted !== null && within(row, key) !== wanted) return false
  }
  const state = query.get('provision_state')
  if (state !== null && row.provision_state !== state) return false
  const conductor = query.get('conductor')
  if (conductor !== null && conductorOf(world, row) !== conductor) return false
  if (query.has('maintenance') && row.maintenance !== isTrue(query.get('maintenance'))) return false
  if (query.has('retired') && row.retired !== isTrue(query.get('retired'))) return false
  if (query.has('associated') && (row.instance_uuid !== null) !== isTrue(query.get('associated'))) return false
  const words = query.get('description_contains')
  return words === null || (row.description ?? '').includes(words)
}

function sorted(nodes: SimNode[], query: URLSearchParams): SimNode[] {
  const key = query.get('sort_key') ?? 'id'
  const sign = query.get('sort_dir') === 'desc' ? -1 : 1
  if (key === 'id') return sign === 1 ? nodes : nodes.reverse()
  const rank = (node: SimNode): string => String(within(node.row, key) ?? '')
  return nodes.sort((a, b) => sign * (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : a.order - b.order))
}

/** GET /v1/nodes and /v1/nodes/detail. */
export function listNodes(world: World, asked: Asked, minor: number): Reply {
  const { query, caller } = asked
  const refusal = refusalOf(asked, minor) ?? sortRefusal(world, query)
  if (refusal !== null) return refusal
  if (caller !== null && !seesAll(caller) && !caller.roles.includes('reader')) return denied('baremetal:node:list')
  const whole = asked.path.endsWith('/detail') || isTrue(query.get('detail'))
  const named = query.get('fields')?.split(',')
  if (named !== undefined) {
    const wrong = fieldRefusal(world, named, minor)
    if (wrong !== null) return wrong
  }
  const all = [...world.nodes.values()].filter(
    (node) => isListed(world, asked, node) && rights(caller, node.row).sees && matches(world, node, query),
  )
  const ordered = sorted(all, query)
  const marker = query.get('marker')
  if (marker !== null && findNode(world, marker) === undefined) return notFound(marker)
  const from = marker === null ? 0 : ordered.findIndex((node) => node.row.uuid === marker) + 1
  // A marker outside the filtered list still has its place in the order of ids.
  const start = marker !== null && from === 0 ? ordered.filter((node) => node.order <= (findNode(world, marker)?.order ?? 0)).length : from
  const { maxLimit } = world.settings.ironic
  const limit = Math.min(Number(query.get('limit') ?? maxLimit), maxLimit)
  const page = ordered.slice(start, start + limit)
  const fields = named ?? (whole ? undefined : SHORT.filter((field) => knownField(field, minor)))
  const nodes = page.map((node) => nodeView(world, node, { minor, caller, ...(fields === undefined ? {} : { fields }) }))
  const next = page.length === limit ? { next: nextLink(world, asked, { limit, marker: page.at(-1)?.row.uuid ?? '', fields }) } : {}
  return { status: 200, json: { nodes, ...next } }
}

/** A database that was restored wrongly, a policy, a proxy's cache: whatever it is, the answer looks like any other. */
function isListed(world: World, { query }: Asked, node: SimNode): boolean {
  switch (world.faults.lists) {
    case 'whole':
      return true
    case 'empty':
      return false
    case 'half':
      return node.order % 2 === 0
    case 'first-page':
      return !query.has('marker')
    default:
      return world.faults.lists satisfies never
  }
}

/** Keeps sort, fields, limit and detail, and of the filters only these three, and only when true (recorded in next-links). */
function nextLink(world: World, asked: Asked, page: { limit: number; marker: string; fields: string[] | undefined }): string {
  const { query } = asked
  const parts = [`sort_key=${query.get('sort_key') ?? 'id'}`, `sort_dir=${query.get('sort_dir') ?? 'asc'}`]
  for (const flag of FLAGS) if (isTrue(query.get(flag))) parts.push(`${flag}=True`)
  if (isTrue(query.get('detail'))) parts.push('detail=True')
  if (page.fields !== undefined) parts.push(`fields=${page.fields.join(',')}`)
  parts.push(`limit=${page.limit}`, `marker=${page.marker}`)
  return `${world.baseUrl}/baremetal${asked.path}?${parts.join('&')}`
}
