/** What the simulated Blazar does that nobody recorded in one exchange: over time, to servers, and twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from './answer.ts'
import type { BlazarOptions, SimLease } from './blazar-state.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { placeServer } from './nova.ts'
import { readHead } from './script/site.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

const HOUR = 3_600_000

async function given(blazar?: BlazarOptions) {
  const clock = virtualClock({ start: Date.parse('2026-03-01T03:00:00Z') })
  const nodes = [1, 2, 3].map((n) => ({ name: `node-${n}` }))
  const cloud = simulatedCloud({ nodes, random: seededRandom(1), clock, ...(blazar === undefined ? {} : { blazar }) })
  const admin = await loggedIn(clock, cloud, { user: 'admin', scope: 'admin' })
  const host = (n: number) => [...(cloud.state.blazar?.hosts.values() ?? [])][n - 1] ?? assert.fail()
  const put = (n: number, body: unknown) => admin.ask('PUT', `reservation/v1/os-hosts/${host(n).id}`, body)
  /** A lease of node n, or of any where there is none named. */
  const lend = async (n: number | null, start: string, end: string): Promise<SimLease> => {
    const hypervisor_properties = n === null ? '' : JSON.stringify(['==', '$hypervisor_hostname', cloud.node(`node-${n}`).row.uuid])
    const reservations = [{ resource_type: 'physical:host', min: 1, max: 1, hypervisor_properties, resource_properties: '' }]
    const { status, json } = await admin.ask('POST', 'reservation/v1/leases', { name: 'x', start_date: start, end_date: end, reservations })
    assert.equal(status, 201)
    return cloud.state.blazar?.leases.get(String(within(within(json, 'lease'), 'id'))) ?? assert.fail()
  }
  return { clock, cloud, admin, host, put, lend }
}

test('a site has a Blazar in its catalog only where its head says so', async () => {
  const catalogued = async (blazar?: BlazarOptions) => {
    const { admin } = await given(blazar)
    return /"reservation"/.test((await admin.ask('GET', 'identity/v3/auth/catalog')).text)
  }
  assert.deepEqual([await catalogued(), await catalogued({ kind: 'upstream' })], [false, true])
  assert.equal(readHead(['site seed=3']).cloud.blazar, undefined)
  assert.deepEqual(readHead(['site blazar=chameleon monitor=on']).cloud.blazar, { kind: 'chameleon', monitor: true })
  assert.deepEqual(readHead(['site blazar=upstream']).cloud.blazar, { kind: 'upstream', monitor: false })
  assert.deepEqual(readHead(['site blazar=chameleon', 'site monitor=on', 'site page=7']).cloud.blazar, { kind: 'chameleon', monitor: true })
  assert.throws(() => readHead(['site monitor=on']), /monitor= is Blazar's/)
})

test('a lease begins and ends with the loop, and both ends delete every server on its node and on no other', async () => {
  const { clock, cloud, lend } = await given({ kind: 'upstream' })
  const launch = (n: number) => placeServer(cloud.state, cloud.node(`node-${n}`), { project: 'lab', status: 'ACTIVE' })
  const [before, elsewhere] = [launch(1), launch(2)]
  const lease = await lend(1, 'now', '2026-03-01 04:00')
  assert.equal(lease.status, 'PENDING')
  await clock.advance(60_000)
  assert.deepEqual([lease.status, before.deleted, elsewhere.deleted], ['ACTIVE', true, false])
  const during = launch(1)
  await clock.advance(30 * 60_000)
  assert.deepEqual([lease.status, during.deleted], ['ACTIVE', false])
  await clock.advance(HOUR)
  assert.deepEqual([lease.status, during.deleted, elsewhere.deleted], ['TERMINATED', true, false])
  assert.deepEqual(
    lease.events.map(({ status }) => status),
    ['DONE', 'DONE'],
  )
})

test('a lease that is being changed refuses a second change until it is what it was', async () => {
  const { clock, admin, lend } = await given({ kind: 'chameleon' })
  const lease = await lend(1, '2026-03-01 05:00', '2026-03-01 06:00')
  const rename = () => admin.ask('PUT', `reservation/v1/leases/${lease.id}`, { name: 'y' })
  assert.equal(within(within((await rename()).json, 'lease'), 'status'), 'UPDATING')
  const second = await rename()
  assert.deepEqual([second.status, within(second.json, 'error_message')], [500, 'Invalid lease status.'])
  await clock.advance(1_000)
  assert.deepEqual([lease.status, (await rename()).status], ['PENDING', 200])
})

test("the fork's updated_at tells toggling from saying the same again, and the monitor's polls leave it alone", async () => {
  const { clock, host, put } = await given({ kind: 'chameleon', monitor: true })
  await put(1, { disabled: 'anneal' })
  const at = host(1).updated_at
  await put(1, { disabled: 'anneal' })
  await put(1, { marker: 'x' })
  await clock.advance(3 * 60_000)
  assert.deepEqual([host(1).updated_at, host(1).disabled, host(1).reservable], [at, true, false])
  await put(1, { disabled: null })
  await put(1, { disabled: 'again' })
  assert.notEqual(host(1).updated_at, at)
})

test('upstream keeps `disabled` as a mere word over nothing: it shows, and the host is lent all the same', async () => {
  const { host, put, lend } = await given({ kind: 'upstream' })
  const { json } = await put(1, { disabled: true })
  assert.equal(within(within(json, 'host'), 'disabled'), '1')
  assert.deepEqual([host(1).disabled, host(1).reservable], [false, true])
  assert.equal((await lend(1, '2026-03-01 05:00', '2026-03-01 06:00')).reservations[0]?.hosts[0], host(1).id)
})

test('upstream’s monitor undoes what a hand set in the database, and never asks Ironic', async () => {
  const { clock, cloud, host } = await given({ kind: 'upstream', monitor: true })
  host(1).reservable = false
  cloud.people.fail('node-2', 'Failed to tear down.')
  await clock.advance(70_000)
  assert.deepEqual([host(1).reservable, host(2).reservable], [true, true])
})

test("the fork's reallocation moves a reservation to a free host that fits, and takes it away where none does", async () => {
  const { admin, host, lend } = await given({ kind: 'chameleon' })
  const any = await lend(null, '2026-03-01 05:00', '2026-03-01 06:00')
  const pinned = await lend(2, '2026-03-01 05:00', '2026-03-01 06:00')
  const away = (n: number) => admin.ask('PUT', `reservation/v1/os-hosts/${host(n).id}/allocation`)
  await away(1)
  await away(2)
  assert.deepEqual([any.reservations[0]?.hosts, any.degraded], [[host(3).id], false])
  assert.deepEqual([pinned.reservations[0]?.hosts, pinned.degraded], [[], true])
})

test("each of the fork's words for a failed node takes its host away, and any other leaves it as it was", async () => {
  for (const [state, reservable] of [
    ['error', false],
    ['clean failed', false],
    ['manageable', false],
    ['deploy failed', false],
    ['cleaning', true],
  ] as const) {
    const { clock, cloud, host } = await given({ kind: 'chameleon', monitor: true })
    cloud.node('node-1').row.provision_state = state
    await clock.advance(61_000)
    assert.equal(host(1).reservable, reservable, state)
  }
})

test('a reservation of two hosts that loses one gets another, and keeps the one that is well', async () => {
  const { admin, clock, cloud, host } = await given({ kind: 'chameleon', monitor: true })
  const two = { resource_type: 'physical:host', min: 2, max: 2, hypervisor_properties: '', resource_properties: '' }
  await admin.ask('POST', 'reservation/v1/leases', {
    name: 'x',
    start_date: '2026-03-01 03:30',
    end_date: '2026-03-01 06:00',
    reservations: [two],
  })
  const [lease] = [...(cloud.state.blazar?.leases.values() ?? [])]
  cloud.node('node-2').row.provision_state = 'error'
  await clock.advance(61_000)
  assert.deepEqual([lease?.reservations[0]?.hosts, lease?.degraded], [[host(1).id, host(3).id], false])
})
