/**
 * Who has a node by reservation, now and in the days to come, and whether Blazar would lend it. Hosts and allocations are read once for all
 * nodes of a cloud; of a lease's own only the few of this node. It judges nothing, and never looks at the list of all leases.
 */
import type { BlazarHostSeen, BlazarKind, BlazarSeen, LeaseSeen, MissingLease, Observation } from '../core/observation.ts'
import { DAY, SECOND } from '../core/policy.ts'
import { absent, known, type Reading, unknown } from '../core/reading.ts'
import type { Clock } from '../core/seams.ts'
import { parseTime } from '../core/when.ts'
import type { BlazarHost, HostReservation, Lease } from '../openstack/blazar.ts'
import { attempt } from './attempt.ts'
import type { BlazarAsked, Catalog, ObserveWorld } from './world.ts'

/** So far ahead a lease concerns whoever repairs the node: as far as the budget of its resets looks back. */
const AHEAD_MS = 7 * DAY

/**
 * Each costs a request to Blazar in a minute: who has the node, who is next and who comes after matters, and five hundred failed nodes must
 * not become thousands of requests.
 */
const LEASES_MAX = 5

/** No other reading of a node may take so long by itself; what comes later serves the next look. */
const PATIENCE_MS = 10 * SECOND

/** What one cloud's Blazar said, for all nodes. */
export type BlazarSite = {
  /** When it was asked: epoch ms by the wall clock as it was then, and monotonic ms. */
  at: { wall: number; monotonic: number }
  kind: BlazarKind | null
  /** By the node's uuid in lower case, whichever of its two names says it. */
  hosts: Map<string, BlazarHost[]>
  /** Ids that several hosts show: a capability may stand over that column too. */
  doubled: ReadonlySet<string>
  allocations: Map<string, HostReservation[]>
  /** Each lease is asked for once as long as the site is kept. */
  lease: (id: string) => Promise<Lease | 'gone' | 'withheld'>
}

type BlazarWorld = Pick<ObserveWorld, 'cloud' | 'blazar' | 'policy' | 'services' | 'seams' | 'leasesHeld'>

/** The node's host and leases; after at most 10 s. */
export async function blazarOf(world: BlazarWorld, uuid: string, catalog: Catalog): Promise<Observation['blazar']> {
  const { blazar, policy } = world
  if (policy.blazar.mode === 'off') return absent('the configuration says blazar: mode: off')
  if (catalog.kind !== 'known') return catalog
  const { reading } = await attempt(async () => {
    if (blazar === null || !(await blazar.isOffered())) return absent('no Blazar in the catalog')
    return await inPatience(world, seen(world, blazar, uuid))
  })
  return reading
}

async function inPatience({ seams }: BlazarWorld, asked: Promise<Observation['blazar']>): Promise<Observation['blazar']> {
  const done = new AbortController()
  const late = seams.clock.sleep(PATIENCE_MS, done.signal).then(() => unknown(`Blazar did not answer within ${PATIENCE_MS / SECOND} s`))
  try {
    return await Promise.race([asked, late])
  } finally {
    done.abort('Blazar was waited for')
  }
}

async function seen(world: BlazarWorld, blazar: BlazarAsked, uuid: string): Promise<Observation['blazar']> {
  const { cloud, services, seams } = world
  const { clock } = seams
  const site = await services.blazar(cloud, async () => (await attempt(async () => known(await siteOf(blazar, clock)))).reading)
  if (site.kind !== 'known') return site
  const here = await nodeIn(site.value, uuid.toLowerCase(), clock)
  if (here.kind !== 'known') return here
  const held = await world.leasesHeld({ cloud, uuid })
  return known({ ...here.value, missing: await missingOf(site.value, held, here.value) })
}

/** Where the reservations are now that were here before. */
async function missingOf(
  site: BlazarSite,
  held: readonly { lease_id: string; reservation_id: string }[],
  here: Pick<BlazarSeen, 'leases'>,
): Promise<MissingLease[]> {
  const away = held.filter(({ lease_id }) => !here.leases.some(({ id }) => id === lease_id))
  return await Promise.all(
    away.slice(0, LEASES_MAX).map(async ({ lease_id, reservation_id }) => {
      const lease = await site.lease(lease_id)
      const status = lease === 'gone' ? 'gone' : lease === 'withheld' ? null : lease.status
      const hosts = [...site.allocations].filter(([, all]) => all.some((one) => one.reservation_id === reservation_id))
      return { lease_id, reservation_id, status, hosts: hosts.map(([id]) => id) }
    }),
  )
}

async function siteOf(blazar: BlazarAsked, clock: Clock): Promise<BlazarSite> {
  const at = { wall: clock.now(), monotonic: clock.monotonic() }
  const [{ kind, hosts }, allocations] = await Promise.all([blazar.hosts(), blazar.allocations()])
  const byNode = new Map<string, BlazarHost[]>()
  for (const host of hosts) {
    for (const name of namesOf(host)) byNode.set(name, [...(byNode.get(name) ?? []), host])
  }
  const ids = hosts.map(({ id }) => id).toSorted()
  const doubled = new Set(ids.filter((id, at) => id === ids[at - 1]))
  const asked = new Map<string, Promise<Lease | 'gone' | 'withheld'>>()
  const lease = (id: string): Promise<Lease | 'gone' | 'withheld'> => {
    const answer = asked.get(id) ?? blazar.lease(id)
    asked.set(id, answer)
    return answer
  }
  return { at, kind: kind.kind === 'known' ? kind.value : null, hosts: byNode, doubled, allocations, lease }
}

/** A capability may stand over hypervisor_hostname; then `uid` still names the node, where the site keeps one. */
const namesOf = ({ hypervisor_hostname, uid }: BlazarHost): Set<string> =>
  new Set([hypervisor_hostname, uid].flatMap((name) => (name === null ? [] : [name.toLowerCase()])))

/** As the wall clock has it that is compared with; one that was set since the read must never make the read younger. */
const readAtBy = ({ at }: BlazarSite, clock: Clock): number =>
  Math.floor(Math.min(at.wall, clock.now() - (clock.monotonic() - at.monotonic)))

async function nodeIn(site: BlazarSite, uuid: string, clock: Clock): Promise<Reading<Omit<BlazarSeen, 'missing'>>> {
  const { kind } = site
  const now = clock.now()
  const readAt = readAtBy(site, clock)
  const [host, ...others] = site.hosts.get(uuid) ?? []
  if (host === undefined) return known({ readAt, kind, host: null, leases: [], total: 0 })
  if (others.length > 0)
    return unknown(`Blazar has ${others.length + 1} hosts of this node (${[host, ...others].map(({ id }) => id).join(', ')})`)
  // Two names that each belong to a node: one of them is wrong, and nobody can tell which.
  const stranger = [...namesOf(host)].find((name) => name !== uuid && UUID.test(name))
  if (stranger !== undefined) return unknown(`Blazar's host ${host.id} names this node and ${stranger}`)
  if (site.doubled.has(host.id)) return unknown(`Blazar shows several hosts under the id ${host.id}`)
  const reservations = site.allocations.get(host.id)
  if (reservations === undefined) return unknown(`Blazar's host ${host.id} vanished while it was being asked`)
  const touching = reservations.filter((one) => touches(one, now)).toSorted((a, b) => startOf(a) - startOf(b))
  const nearest = touching.slice(0, LEASES_MAX)
  const leases = (await Promise.all(nearest.map((one) => leaseSeen(site, one)))).filter((one) => one !== null)
  return known({ readAt, kind, host: hostSeen(host), leases, total: touching.length - nearest.length + leases.length })
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const hostSeen = ({ id, reservable, disabled, updated_at }: BlazarHost): BlazarHostSeen => ({ id, reservable, disabled, updated_at })

/** A date that cannot be read rules nothing out. */
const startOf = ({ start_date }: HostReservation): number => parseTime(start_date) ?? Number.NEGATIVE_INFINITY
const endOf = ({ end_date }: HostReservation): number => parseTime(end_date) ?? Number.POSITIVE_INFINITY
const touches = (one: HostReservation, now: number): boolean => endOf(one) > now && startOf(one) <= now + AHEAD_MS

/** null: it was ended meanwhile. */
async function leaseSeen(site: BlazarSite, { lease_id, reservation_id, start_date, end_date }: HostReservation): Promise<LeaseSeen | null> {
  const lease = await site.lease(lease_id)
  if (lease === 'gone') return null
  const dates = { id: lease_id, start_date, end_date }
  if (lease === 'withheld') return { ...dates, status: null, project_id: null, user_id: null, name: null, reservation: null }
  const { status, project_id, user_id, name, reservations } = lease
  const reservation = reservations.find(({ id }) => id === reservation_id) ?? null
  return { ...dates, status, project_id, user_id, name, reservation }
}
