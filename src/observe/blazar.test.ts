/** What one node's reading of Blazar is, over a plain Blazar and a clock moved by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE } from '../core/policy.ts'
import { known, type Reading, unknown } from '../core/reading.ts'
import type { Blazar, BlazarHost, HostReservation, Lease } from '../openstack/blazar.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { virtualClock } from '../simulator/virtual-clock.ts'
import { blazarOf } from './blazar.ts'
import { serviceWatch } from './service-watch.ts'
import type { Catalog } from './world.ts'

const UUID = '6a2c1e5e-0a0b-4c77-9d3f-0d1f6ad0c001'
const OTHER = '6a2c1e5e-0a0b-4c77-9d3f-0d1f6ad0c002'
const START = Date.parse('2026-11-02T12:00:00Z')
/** As Blazar writes it. */
const naive = (ms: number): string => `${new Date(START + ms).toISOString().slice(0, -1)}000`

const host = (difference: Partial<BlazarHost> = {}): BlazarHost => ({
  id: '1',
  hypervisor_hostname: UUID,
  uid: UUID,
  reservable: true,
  disabled: false,
  updated_at: null,
  ...difference,
})
const held = (lease_id: string, from: number | null, to: number | null): HostReservation => ({
  host_id: '1',
  reservation_id: `r-${lease_id}`,
  lease_id,
  start_date: from === null ? null : naive(from),
  end_date: to === null ? null : naive(to),
})
const leaseOf = (id: string): Lease => ({
  ...{ id, name: 'demo', status: 'PENDING', project_id: 'p', user_id: 'u', start_date: null, end_date: null },
  reservations: [{ id: `r-${id}`, min: 1, max: 1, hypervisor_properties: '', resource_properties: '' }],
})
const failure = (status: number): OpenStackError =>
  new OpenStackError({
    service: 'reservation',
    method: 'GET',
    path: '/',
    status,
    phase: null,
    requestId: null,
    sentence: 'No.',
    text: 'No.',
  })

type Given = {
  hosts?: BlazarHost[]
  held?: HostReservation[]
  lease?: (id: string) => Promise<Lease | 'gone' | 'withheld'>
  blazar?: Partial<Blazar>
  mode?: 'off' | 'observe' | 'chameleon'
  catalog?: Catalog
  /** Leases that the case remembers. */
  remembered?: string[]
}

function given({
  hosts = [host()],
  held: reservations = [],
  lease,
  blazar,
  mode = 'observe',
  catalog = known(new Set()),
  remembered = [],
}: Given = {}) {
  const clock = virtualClock({ start: START })
  let aheadMs = 0
  const asked: string[] = []
  const client: Blazar = {
    isOffered: async () => true,
    hosts: async () => {
      asked.push('hosts')
      return { kind: known('chameleon'), hosts }
    },
    allocations: async () => {
      asked.push('allocations')
      return new Map(hosts.map(({ id }) => [id, reservations.filter((one) => one.host_id === id)]))
    },
    lease: async (id) => {
      asked.push(`lease ${id}`)
      return lease === undefined ? leaseOf(id) : await lease(id)
    },
    host: async () => assert.fail(),
    setDisabled: async () => assert.fail(),
    reserveAgain: async () => assert.fail(),
    ...blazar,
  }
  const world = {
    cloud: 'lab',
    blazar: client,
    policy: { standalone: false, blazar: { ...DEFAULT_POLICY.blazar, mode } },
    services: serviceWatch(clock),
    leasesHeld: async () => remembered.map((lease_id) => ({ lease_id, reservation_id: `r-${lease_id}` })),
    seams: {
      clock: { ...clock, now: () => clock.now() + aheadMs },
      random: () => 0.5,
      newId: () => 'id',
      transport: async () => assert.fail(),
      datagram: async () => assert.fail(),
    },
  }
  const set = (ms: number): void => {
    aheadMs = ms
  }
  return { clock, set, asked, look: (uuid = UUID) => clock.run(blazarOf(world, uuid, catalog)) }
}

const reasonOf = (reading: Reading<unknown>): string => (reading.kind === 'known' ? 'known' : `${reading.kind}: ${reading.reason}`)
const seen = async (difference: Given) => {
  const reading = await given(difference).look()
  return reading.kind === 'known' ? reading.value : assert.fail(reading.reason)
}

test('a host with its flags, and the leases that run or begin within 7 days, the soonest first', async () => {
  const found = await seen({
    held: [
      held('far', 7 * DAY + MINUTE, 8 * DAY),
      held('soon', HOUR, 2 * HOUR),
      held('over', -DAY, -MINUTE),
      held('now', -HOUR, HOUR),
      held('week', 7 * DAY, 9 * DAY),
    ],
  })
  assert.deepEqual(found.host, { id: '1', reservable: true, disabled: false, updated_at: null })
  assert.deepEqual(
    found.leases.map(({ id }) => id),
    ['now', 'soon', 'week'],
  )
  assert.deepEqual([found.kind, found.total], ['chameleon', 3])
  assert.deepEqual(found.leases[0], {
    id: 'now',
    start_date: '2026-11-02T11:00:00.000000',
    end_date: '2026-11-02T13:00:00.000000',
    status: 'PENDING',
    project_id: 'p',
    user_id: 'u',
    name: 'demo',
    reservation: { id: 'r-now', min: 1, max: 1, hypervisor_properties: '', resource_properties: '' },
  })
})

test('a lease whose dates are null counts as running, and one that ended meanwhile or belongs to others is no failure', async () => {
  const lease = async (id: string) => (id === 'gone' ? 'gone' : 'withheld')
  const found = await seen({ held: [held('gone', -HOUR, HOUR), held('undated', null, null)], lease })
  const nothing = { status: null, project_id: null, user_id: null, name: null, reservation: null }
  assert.deepEqual(found.leases, [{ id: 'undated', start_date: null, end_date: null, ...nothing }])
  assert.equal(found.total, 1)
})

test('a node that Blazar does not know has no host, and one that is named by its capability alone has one', async () => {
  assert.deepEqual(await seen({ hosts: [host({ hypervisor_hostname: OTHER, uid: null })] }), {
    readAt: START,
    kind: 'chameleon',
    host: null,
    leases: [],
    total: 0,
    missing: [],
  })
  assert.equal((await seen({ hosts: [host({ hypervisor_hostname: 'evil', uid: UUID.toUpperCase() })] })).host?.id, '1')
})

test('two hosts of one node, or of one id, and a host of two nodes are not believed', async () => {
  const told = async (hosts: BlazarHost[]) => reasonOf(await given({ hosts }).look())
  assert.equal(await told([host(), host({ id: '2' })]), 'unknown: Blazar has 2 hosts of this node (1, 2)')
  assert.equal(await told([host(), host({ hypervisor_hostname: OTHER, uid: null })]), 'unknown: Blazar shows several hosts under the id 1')
  assert.equal(await told([host({ uid: OTHER })]), `unknown: Blazar's host 1 names this node and ${OTHER}`)
})

test('a host that vanished between two answers, and a Blazar that answers 500 to everything, are unknown with the reason', async () => {
  const vanished = given({ blazar: { allocations: async () => new Map() } })
  assert.equal(reasonOf(await vanished.look()), "unknown: Blazar's host 1 vanished while it was being asked")
  for (const method of ['hosts', 'allocations'] as const) {
    const broken = given({ blazar: { [method]: async () => Promise.reject(failure(500)) } })
    assert.equal(reasonOf(await broken.look()), 'unknown: the reservation service answered 500 (No)')
  }
  const lease = given({ held: [held('a', 0, HOUR)], lease: async () => Promise.reject(failure(500)) })
  assert.equal(reasonOf(await lease.look()), 'unknown: the reservation service answered 500 (No)')
})

test('nothing is asked where the configuration says off, where there is no Blazar, and where nobody knows whether there is', async () => {
  for (const [difference, said] of [
    [{ mode: 'off' }, 'absent: the configuration says blazar: mode: off'],
    [{ blazar: { isOffered: async () => false } }, 'absent: no Blazar in the catalog'],
    [{ catalog: unknown('Keystone is away') }, 'unknown: Keystone is away'],
  ] satisfies [Given, string][]) {
    const { look, asked } = given(difference)
    assert.deepEqual([reasonOf(await look()), asked], [said, []])
  }
})

test('all nodes of a cloud share one reading of ten thousand leases for a minute, and of one lease too', async () => {
  const many = Array.from({ length: 10_000 }, (_, n) => held(`l${n}`, n * MINUTE, (n + 1) * MINUTE))
  const { look, asked, clock } = given({ held: many })
  const [first] = await Promise.all([look(), look(OTHER), look()])
  assert.ok(first.kind === 'known')
  assert.deepEqual([first.value.leases.length, first.value.total, asked.length], [5, 10_000, 7])
  await clock.advance(59_000)
  await look()
  assert.equal(asked.filter((one) => one === 'hosts').length, 1)
  await clock.advance(2_000)
  await look()
  assert.equal(asked.filter((one) => one === 'hosts').length, 2)
})

test('a reading that is kept gets no younger because the wall clock is set, on or back', async () => {
  const { clock, set, look } = given()
  const readAt = async () => {
    const reading = await look()
    return reading.kind === 'known' ? reading.value.readAt - START : assert.fail(reading.reason)
  }
  assert.equal(await readAt(), 0)
  await clock.advance(10_000)
  set(180_000)
  assert.equal(await readAt(), 0)
  set(-180_000)
  assert.equal(await readAt(), -180_000)
  set(180_000)
  await clock.advance(60_000)
  assert.equal(await readAt(), 250_000)
  set(0)
  assert.equal(await readAt(), 70_000)
})

test('a Blazar that hangs is waited for 10 s, and once in a minute', async () => {
  const { look, clock } = given({ blazar: { hosts: () => clock.sleep(25_000).then(() => Promise.reject(failure(504))) } })
  assert.equal(reasonOf(await look()), 'unknown: Blazar did not answer within 10 s')
  assert.equal(clock.now() - START, 10_000)
  await clock.advance(15_000)
  assert.equal(reasonOf(await look()), 'unknown: the reservation service answered 504 (No)')
  assert.equal(clock.now() - START, 25_000)
  assert.equal(clock.next(), null)
})
