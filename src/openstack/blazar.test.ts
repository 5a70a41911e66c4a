/** Blazar's client over what real servers answered (test/samples/blazar), and over answers that are worse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BlazarServer, blazarAnswer, exchangesOf } from '../../test/recorded-blazar.ts'
import { parseTime, timeText } from '../core/when.ts'
import { blazarClient, type Lease } from './blazar.ts'
import { type Answer, givenCloud } from './given-cloud.test.ts'
import { OpenStackError } from './openstack-error.ts'

const HOSTS = 'GET blazar.test/v1/os-hosts'
const ALLOCATIONS = 'GET blazar.test/v1/os-hosts/allocations'
const AT = { endpointOverrides: { reservation: 'http://blazar.test:1234/v1' } }
const given = (routes: Record<string, Answer>) => blazarClient(givenCloud(routes, AT).session)
const hostsOf = (...hosts: unknown[]) => given({ [HOSTS]: { body: { hosts } } }).hosts()
const kindOf = async (...hosts: unknown[]) => {
  const { kind } = await hostsOf(...hosts)
  return kind.kind === 'known' ? kind.value : kind.kind
}
const host = (more: object = {}) => ({ id: '1', hypervisor_hostname: 'n-1', reservable: true, ...more })

const failed = (promise: Promise<unknown>): Promise<OpenStackError> =>
  promise.then(
    () => assert.fail('answered'),
    (error: unknown) => (error instanceof OpenStackError ? error : assert.fail(String(error))),
  )

test('the hosts of both recorded Blazars are read, and show which Blazar it is', async () => {
  const asked = (server: BlazarServer) => given({ [HOSTS]: blazarAnswer(server, '02-list-hosts') }).hosts()
  const upstream = await asked('upstream')
  assert.deepEqual([upstream.kind, upstream.hosts.length], [{ kind: 'known', value: 'upstream' }, 3])
  const uuid = '11111111-1111-4111-8111-111111111111'
  assert.deepEqual(upstream.hosts[0], {
    ...{ id: '1', hypervisor_hostname: uuid, uid: uuid },
    ...{ reservable: true, disabled: null, updated_at: null },
  })
  const chameleon = await asked('chameleon')
  assert.deepEqual([chameleon.kind, chameleon.hosts.length], [{ kind: 'known', value: 'chameleon' }, 4])
  assert.deepEqual(chameleon.hosts[0], {
    id: 'd150e16b-fdb5-42a4-b88e-3fde781789fd',
    hypervisor_hostname: uuid,
    uid: uuid,
    reservable: true,
    disabled: false,
    updated_at: null,
  })
})

test('a capability in the place of a column is told apart from the column, and never makes an upstream Blazar a fork', async () => {
  const { body } = blazarAnswer('upstream', '31-get-host-after-put-reservable')
  const { hosts } = await hostsOf((body as { host: unknown }).host)
  assert.deepEqual([hosts[0]?.id, hosts[0]?.reservable, hosts[0]?.disabled], ['3', null, null])
  const odd = await hostsOf(host({ hypervisor_hostname: null, uid: 7, reservable: '1', disabled: 'anneal', status: {}, vcpus: '?' }))
  assert.deepEqual(odd.hosts, [{ id: '1', hypervisor_hostname: null, uid: null, reservable: null, disabled: null, updated_at: null }])
  assert.equal(await kindOf(host({ disabled: 'anneal' }), host()), 'upstream')
  assert.equal(await kindOf(host({ disabled: false }), host({ disabled: 'x' })), 'chameleon')
})

test('which Blazar it is stays unknown without a host, with nothing but shadows, and where hosts contradict each other', async () => {
  const { kind } = await hostsOf()
  assert.match(kind.kind === 'unknown' ? kind.reason : kind.kind, /^no host is enrolled/)
  assert.equal(await kindOf(host({ disabled: 'x' })), 'unknown')
  assert.equal(await kindOf(host({ disabled: true }), host()), 'unknown')
})

test('the allocations of both recorded Blazars are read by host, with dates that are UTC', async () => {
  for (const server of ['upstream', 'chameleon'] as const) {
    const byHost = await given({ [ALLOCATIONS]: blazarAnswer(server, '13-list-allocations') }).allocations()
    const counts = [...byHost.values()].map((reservations) => reservations.length)
    assert.deepEqual(counts, server === 'upstream' ? [2, 1, 0] : [2, 0, 0, 0])
    const [first] = [...byHost.values()].flat()
    assert.match(timeText(parseTime(first?.start_date ?? null) ?? 0), /^2026-11-22T14:0[34]:00.000Z$/)
  }
})

test('dates that are null or missing stay null, and a host that comes twice is not believed', async () => {
  const allocations = (...rows: unknown[]) => given({ [ALLOCATIONS]: { body: { allocations: rows } } }).allocations()
  const undated = await allocations({ resource_id: '1', reservations: [{ id: 'r', lease_id: 'l', start_date: null }] })
  assert.deepEqual(undated.get('1'), [{ host_id: '1', reservation_id: 'r', lease_id: 'l', start_date: null, end_date: null }])
  const twice = await failed(allocations({ resource_id: '1', reservations: [] }, { resource_id: '1', reservations: [] }))
  assert.match(twice.sentence, /allocations of host 1 twice/)
})

test('ten thousand reservations are read whole in one request', async () => {
  const reservations = Array.from({ length: 10_000 }, (_, n) => ({
    id: `r${n}`,
    lease_id: `l${n}`,
    start_date: '2026-11-22T14:03:00.000000',
    end_date: '2026-11-23T00:03:00.000000',
  }))
  const cloud = givenCloud({ [ALLOCATIONS]: { body: { allocations: [{ resource_id: '1', reservations }] } } }, AT)
  assert.equal((await blazarClient(cloud.session).allocations()).get('1')?.length, 10_000)
  assert.equal(cloud.sent.filter(({ method }) => method === 'GET').length, 1)
})

test('each recorded lease is read, and an id that is gone is told apart from one that is withheld and from a wrong address', async () => {
  for (const server of ['upstream', 'upstream-monitor', 'chameleon', 'chameleon-monitor'] as const) {
    const leases = exchangesOf(server).filter(
      ({ method, path, status }) => method === 'GET' && /leases\/[^/]+$/.test(path) && status === 200,
    )
    assert.ok(leases.length > 0)
    for (const { path, body } of leases) {
      const lease = await given({ [`GET blazar.test${path}`]: { body } }).lease(path.slice('/v1/leases/'.length))
      assert.match(typeof lease === 'string' ? lease : lease.status, /^(ACTIVE|PENDING)$/)
      const { reservations, start_date } = lease as Lease
      assert.ok(reservations.every(({ min, max }) => min >= 1 && max >= min) && parseTime(start_date) !== null)
    }
  }
  const at = (id: string, answer: Answer) => given({ [`GET blazar.test/v1/leases/${id}`]: answer }).lease(id)
  assert.equal(await at('nope', blazarAnswer('upstream', '12-get-lease-404')), 'gone')
  assert.equal(await at('b', blazarAnswer('upstream', '12-get-lease-of-other-project')), 'withheld')
  assert.equal((await failed(at('x', blazarAnswer('upstream', '23-v1-root')))).status, 404)
  assert.equal((await failed(at('x', { status: 404, body: '<html><body>not here</body></html>' }))).status, 404)
  assert.equal((await failed(at('x', { status: 403, body: 'firewall' }))).status, 403)
  const { body } = blazarAnswer('upstream', '12-get-lease-active')
  assert.match((await failed(at('another', { body }))).sentence, /^The lease is aabdb53d/)
})

test('each of the three shapes of its errors becomes its own sentence', async () => {
  const said = async (name: string) => (await failed(given({ [HOSTS]: blazarAnswer('upstream', name) }).hosts())).sentence
  assert.equal(await said('20-list-hosts-403'), "Policy doesn't allow blazar:oshosts:get to be performed")
  assert.match(await said('22-microversion-406'), /^Version 1\.9 is not supported by the API/)
  assert.equal(await said('20-bad-token-401'), 'The request you have made requires authentication.')
})

test('a Blazar that answers 500 to everything, or something else than its lists, says nothing', async () => {
  const broken = blazarAnswer('upstream', '34-put-reservable-null')
  const { hosts, allocations, lease } = given({ [HOSTS]: broken, [ALLOCATIONS]: broken, 'GET blazar.test/v1/leases/x': broken })
  for (const asked of [hosts(), allocations(), lease('x')]) assert.equal((await failed(asked)).status, 500)
  const strange = [{ hosts: null }, { hosts: [{ id: 1 }] }, { hosts: [null] }, [], '<html></html>', {}]
  for (const body of strange) await failed(given({ [HOSTS]: { body } }).hosts())
  for (const rows of [null, [{ resource_id: '1' }], [{ resource_id: '1', reservations: [{ lease_id: 'l', start_date: 7 }] }]])
    await failed(given({ [ALLOCATIONS]: { body: { allocations: rows } } }).allocations())
})

test('a catalog without a reservation service has no Blazar', async () => {
  assert.equal(await given({}).isOffered(), true)
  assert.equal(await blazarClient(givenCloud({}).session).isOffered(), false)
})

test("a host's disabled is set and taken back in the fork's own words, and the reply says what stands", async () => {
  const id = '1a42f64c-fdcd-48e6-a380-5f521ddc631d'
  const path = `PUT blazar.test/v1/os-hosts/${id}`
  const disabled = givenCloud({ [path]: blazarAnswer('chameleon', '30-put-disabled') }, AT)
  const set = await blazarClient(disabled.session).setDisabled(id, 'anneal:c-1')
  assert.deepEqual([set.disabled, set.reservable, set.updated_at], [true, false, '2026-11-22 14:05:05.039363'])
  assert.deepEqual(bodyOf(disabled), { disabled: 'anneal:c-1' })
  const enabled = givenCloud({ [path]: blazarAnswer('chameleon', '35-put-disabled-null') }, AT)
  const cleared = await blazarClient(enabled.session).setDisabled(id, null)
  assert.deepEqual([cleared.disabled, cleared.reservable, bodyOf(enabled)], [false, false, { disabled: null }])
})

test('the answer about another host, and one that is no 200, are no success', async () => {
  const answered = (answer: Answer) => failed(given({ 'PUT blazar.test/v1/os-hosts/1': answer }).setDisabled('1', 'anneal:c-1'))
  assert.match((await answered({ body: { host: host({ id: '2' }) } })).sentence, /^The host is 2/)
  const other = await answered({ body: { host: host({ id: '2' }) } })
  const odd = await answered({ status: 202, body: {} })
  assert.deepEqual([other.status, odd.status, odd.phase], [200, null, 'after'])
})

test('a reservation is sent whole, as the server took it that gave the node back', async () => {
  const recorded = exchangesOf('chameleon-monitor').find(
    ({ method, path, status }) => method === 'PUT' && /leases/.test(path) && status === 200,
  )
  assert.ok(recorded)
  const id = recorded.path.slice('/v1/leases/'.length)
  const cloud = givenCloud({ [`PUT blazar.test/v1/leases/${id}`]: { body: recorded.body } }, AT)
  const properties = { hypervisor_properties: '', resource_properties: '["==", "$uid", "n"]' }
  await blazarClient(cloud.session).reserveAgain(id, { id: 'r', min: 1, max: 1, ...properties })
  assert.deepEqual(bodyOf(cloud), { reservations: [{ id: 'r', resource_type: 'physical:host', min: 1, max: 1, ...properties }] })
})

const bodyOf = ({ sent }: ReturnType<typeof givenCloud>): unknown => JSON.parse(sent.find(({ method }) => method === 'PUT')?.body ?? 'null')
