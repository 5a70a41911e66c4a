/**
 * Leases of the pretend Blazar: made, changed, begun and ended as the real one does it, the surprises included: a host that is taken is
 * HTTP 500, a change answers UPDATING, and both ends of a lease delete every server on its nodes.
 */
import { isObject } from './answer.ts'
import { BlazarRefusal, fits, hostsFor, isFree } from './blazar-matching.ts'
import type { SimBlazar, SimEvent, SimLease, SimReservation } from './blazar-state.ts'
import { termsOf } from './blazar-state.ts'
import { deleteServer } from './nova.ts'
import type { Caller, World } from './world.ts'

/** `[manager] event_loop`: the manager looks for events that are due every 10 s. */
const LOOP_MS = 10_000
/** How long the recorded servers' leases were UPDATING: `updated_at` moved a quarter of a second after the answer. */
const UPDATING_MS = 250
const MINUTE_MS = 60_000

const FORMAT = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number(textOf(value)))

function dateOf(value: unknown, now: number): number {
  if (value === 'now') return now - (now % MINUTE_MS)
  const text = String(value)
  const at = FORMAT.test(text) ? Date.parse(`${text.replace(' ', 'T')}:00Z`) : Number.NaN
  if (Number.isNaN(at)) throw new BlazarRefusal(400, `${text} is an invalid date. Required format: %Y-%m-%d %H:%M`)
  return at
}

/** What a reservation must say; the first that it does not is named alone. */
function checkWish(wish: Record<string, unknown>): void {
  for (const key of ['hypervisor_properties', 'resource_properties', 'min', 'max']) missing(wish, [key])
}

function missing(body: Record<string, unknown>, keys: readonly string[]): void {
  const absent = keys.filter((key) => !(key in body))
  if (absent.length > 0) throw new BlazarRefusal(400, `Missing parameter ${absent.join(', ')}`)
}

const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** What came in a request, and from whom. */
type Wanted = { body: unknown; caller: Caller | null }

/** A new lease, or the refusal it meets. */
export function createLease(world: World, blazar: SimBlazar, asked: Wanted): SimLease {
  const body = isObject(asked.body) ? asked.body : {}
  missing(body, ['end_date', 'start_date'])
  const now = world.clock.now()
  const start = dateOf(body['start_date'], now)
  const end = dateOf(body['end_date'], now)
  if (start < now - (now % MINUTE_MS)) throw new BlazarRefusal(400, 'Start date must be later than current date')
  if (end <= start) throw new BlazarRefusal(400, 'End date must be later than start date.')
  const lease = newLease(world, asked, { name: textOf(body['name']), start, end })
  for (const wish of listOf(body['reservations'])) {
    checkWish(wish)
    const reservation = newReservation(world, wish)
    const hosts = hostsFor(blazar, reservation, { span: lease, own: reservation })
    if (hosts === null) throw taken(blazar, reservation, lease)
    give(lease, reservation, hosts)
    lease.reservations.push(reservation)
  }
  lease.asMade = termsOf(lease)
  blazar.leases.set(lease.id, lease)
  return lease
}

function newLease(world: World, asked: Wanted, of: { name: string; start: number; end: number }): SimLease {
  const now = world.clock.now()
  const event = (event_type: SimEvent['event_type'], time: number): SimEvent => ({
    id: world.newId(),
    event_type,
    created_at: now,
    updated_at: null,
    time,
    status: 'UNDONE',
  })
  return {
    ...of,
    id: world.newId(),
    user_id: world.users.find(({ name }) => name === asked.caller?.user)?.id ?? '',
    project_id: asked.caller?.project?.id ?? '',
    trust_id: world.newId().replaceAll('-', ''),
    created_at: now,
    updated_at: now,
    status: 'PENDING',
    degraded: false,
    reservations: [],
    events: [event('start_lease', of.start), event('end_lease', of.end)],
    asMade: '',
    everHad: [],
  }
}

function newReservation(world: World, wish: Record<string, unknown>): SimReservation {
  const now = world.clock.now()
  return {
    id: world.newId(),
    resource_id: world.newId(),
    created_at: now,
    updated_at: now,
    status: 'pending',
    missing_resources: false,
    resources_changed: false,
    hypervisor_properties: textOf(wish['hypervisor_properties']),
    resource_properties: textOf(wish['resource_properties']),
    before_end: 'before_end' in wish ? textOf(wish['before_end']) : 'default',
    min: numberOf(wish['min']),
    max: numberOf(wish['max']),
    hosts: [],
  }
}

export function give(lease: SimLease, reservation: SimReservation, hosts: string[]): void {
  reservation.hosts = hosts
  lease.everHad = [...new Set([...lease.everHad, ...hosts])]
}

/** What both kinds say where nothing fits, or what fits is taken or not reservable: an ordinary answer, and HTTP 500. */
function taken(blazar: SimBlazar, wish: SimReservation, lease: SimLease): BlazarRefusal {
  if (blazar.kind === 'upstream') return new BlazarRefusal(500, 'Not enough hosts available')
  const { min, max, hypervisor_properties, resource_properties, before_end } = wish
  const python = (at: number): string => {
    const date = new Date(at)
    return `datetime.datetime(${[date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()].join(', ')})`
  }
  const query = [
    `'resource_type': 'physical:host', 'min': ${min}, 'max': ${max}`,
    `'hypervisor_properties': '${hypervisor_properties}', 'resource_properties': '${resource_properties}', 'before_end': '${before_end}'`,
    `'start_date': ${python(lease.start)}, 'end_date': ${python(lease.end)}`,
    `'project_id': '${lease.project_id}', 'count_range': '${min}-${max}', 'on_start': 'default'`,
  ]
  return new BlazarRefusal(500, `Not enough resources available with query {${query.join(', ')}}`)
}

/** Changes the lease; for a moment it is UPDATING, and refuses another change. */
export function updateLease(world: World, blazar: SimBlazar, on: { lease: SimLease; body: unknown }): void {
  const { lease } = on
  const body = isObject(on.body) ? on.body : {}
  const before = lease.status
  if (before !== 'PENDING' && before !== 'ACTIVE') throw new BlazarRefusal(500, 'Invalid lease status.')
  const now = world.clock.now()
  const span = {
    start: 'start_date' in body ? dateOf(body['start_date'], now) : lease.start,
    end: 'end_date' in body ? dateOf(body['end_date'], now) : lease.end,
  }
  const wishes = new Map(listOf(body['reservations']).map((wish) => [wish['id'], wish]))
  for (const wish of wishes.values()) checkWish(wish)
  const isMoved = span.start !== lease.start || span.end !== lease.end
  // All of it, or nothing: a lease that cannot be extended stays as it was.
  const changed = lease.reservations.map((reservation) => {
    const wish = wishes.get(reservation.id)
    const wanted = { ...reservation, ...(wish === undefined ? {} : wishedFor(wish)) }
    const isAsked = wish !== undefined || isMoved
    return { reservation, wanted, hosts: isAsked ? kept(blazar, { reservation, wanted, span, before, lease }) : reservation.hosts }
  })
  for (const { reservation, wanted, hosts } of changed) {
    Object.assign(reservation, wanted)
    give(lease, reservation, hosts)
  }
  lease.name = 'name' in body ? textOf(body['name']) : lease.name
  if (isMoved) moveTo(lease, span, now)
  Object.assign(lease, { status: 'UPDATING', updated_at: now })
  world.clock.after(UPDATING_MS, () => {
    if (lease.status === 'UPDATING') Object.assign(lease, { status: before, updated_at: world.clock.now() })
  })
}

const wishedFor = (wish: Record<string, unknown>) => ({
  hypervisor_properties: textOf(wish['hypervisor_properties']),
  resource_properties: textOf(wish['resource_properties']),
  min: numberOf(wish['min']),
  max: numberOf(wish['max']),
})

type Rematch = {
  reservation: SimReservation
  wanted: SimReservation
  span: { start: number; end: number }
  before: SimLease['status']
  lease: SimLease
}

/** The hosts it has where they will do; else others, which a running lease cannot have. */
function kept(blazar: SimBlazar, { reservation, wanted, span, before, lease }: Rematch): string[] {
  const stays = reservation.hosts.filter((id) => {
    const host = blazar.hosts.get(id)
    return host !== undefined && fits(blazar, host, wanted) && isFree(blazar, host, { span, own: reservation })
  })
  if (stays.length >= wanted.min && stays.length === reservation.hosts.length) return stays
  const others = before === 'ACTIVE' ? null : hostsFor(blazar, wanted, { span, own: reservation })
  if (others === null) throw taken(blazar, wanted, lease)
  return others
}

function moveTo(lease: SimLease, span: { start: number; end: number }, now: number): void {
  Object.assign(lease, span)
  for (const event of lease.events) {
    const time = event.event_type === 'start_lease' ? span.start : span.end
    if (event.time !== time) Object.assign(event, { time, updated_at: now })
  }
}

/** Gone without a trace; a running one takes the servers on its nodes along. */
export function deleteLease(world: World, blazar: SimBlazar, lease: SimLease): void {
  if (lease.status !== 'PENDING' && lease.status !== 'TERMINATED') deleteServers(world, blazar, lease)
  blazar.leases.delete(lease.id)
}

function deleteServers(world: World, blazar: SimBlazar, lease: SimLease): void {
  const nodes = lease.reservations.flatMap(({ hosts }) => hosts.map((id) => blazar.hosts.get(id)?.hypervisor_hostname))
  for (const server of world.servers.values()) {
    if (!server.deleted && server.task_state !== 'deleting' && nodes.includes(server.node)) deleteServer(world, server, 'deleting')
  }
}

/** The manager's loop over events that are due. */
export function watchLeases(world: World, blazar: SimBlazar): void {
  world.clock.after(LOOP_MS, () => {
    watchLeases(world, blazar)
    const now = world.clock.now()
    for (const lease of blazar.leases.values()) {
      if (lease.status === 'PENDING' && lease.start <= now) begin(world, blazar, lease)
      if (lease.status === 'ACTIVE' && lease.end <= now) end(world, blazar, lease)
    }
  })
}

/** Whether any begins or ends about now: servers are deleted then, and a node may fail of it for a while after. */
export const isLeaseTurning = (blazar: SimBlazar, { since, until }: { since: number; until: number }): boolean =>
  [...blazar.leases.values()].some(({ start, end }) => [start, end].some((at) => at >= since && at <= until))

function begin(world: World, blazar: SimBlazar, lease: SimLease): void {
  deleteServers(world, blazar, lease)
  pass(world, lease, { event: 'start_lease', status: 'ACTIVE', reservations: 'active' })
}

function end(world: World, blazar: SimBlazar, lease: SimLease): void {
  deleteServers(world, blazar, lease)
  pass(world, lease, { event: 'end_lease', status: 'TERMINATED', reservations: 'deleted' })
}

type Passing = { event: SimEvent['event_type']; status: SimLease['status']; reservations: SimReservation['status'] }

function pass(world: World, lease: SimLease, { event, status, reservations }: Passing): void {
  const updated_at = world.clock.now()
  Object.assign(lease, { status, updated_at })
  for (const reservation of lease.reservations) Object.assign(reservation, { status: reservations, updated_at })
  for (const one of lease.events) if (one.event_type === event) Object.assign(one, { status: 'DONE', updated_at })
}
