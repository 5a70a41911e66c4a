/** The ear by itself: what it wakes, what it puts aside, and how it keeps its subscription up. The broker is test/fake-broker.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FakeBroker, fakeBroker, unreachable } from '../../test/fake-broker.ts'
import { HOUR, MINUTE, SECOND } from '../core/policy.ts'
import { seededIds, seededRandom } from '../simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../simulator/virtual-clock.ts'
import { type Broker, BrokerError } from './broker.ts'
import { type Ear, ear } from './hear.ts'

const UUID = '9b3b6618-0449-5cf4-ba1a-1bd2727132bc'
const SICK = '30f43d5f-b50b-52af-acac-9bfa3a4bac2a'
const STRANGER = '00000000-0000-4000-8000-000000000000'
const BROKER: Broker = { host: 'rabbit-1', port: 5672, user: 'anneal', password: 'hush-hush', vhost: '/', tls: null }

const says = (event: string, provision_state: string, uuid = UUID): string =>
  JSON.stringify({ event_type: `baremetal.node.${event}`, payload: { 'ironic_object.data': { uuid, provision_state } } })

type Given = { clock: VirtualClock; broker: FakeBroker; ear: Ear; woken: string[]; logged: string[]; store: { isFull: boolean } }

/** A cloud with a healthy node and one with an open case; polled every 15 s, or every minute. */
async function given(body: (it: Given) => Promise<void>, hosts = ['rabbit-1']): Promise<void> {
  const clock = virtualClock({ start: Date.parse('2026-03-01T00:00:00Z') })
  const broker = fakeBroker()
  const random = seededRandom(1)
  const woken: string[] = []
  const logged: string[] = []
  const store = { isFull: false }
  const it = ear({
    cloud: 'west',
    plan: {
      brokers: hosts.map((host) => ({ ...BROKER, host })),
      exchange: 'ironic',
      topics: ['ironic_versioned_notifications'],
      poll: MINUTE,
    },
    pollMs: 15 * SECOND,
    seams: { clock, random, newId: seededIds(random) },
    subscribe: broker.subscribe,
    store: {
      nodeStandings: async (_cloud, uuids) => {
        if (store.isFull) throw new Error('the disk is full')
        const known = new Map<string, 'known' | 'in-case'>([
          [UUID, 'known'],
          [SICK, 'in-case'],
        ])
        return new Map(uuids.flatMap((uuid) => (known.has(uuid) ? [[uuid, known.get(uuid) ?? 'known'] as const] : [])))
      },
      wake: async (keys) => void woken.push(...keys.map(({ cloud, uuid }) => `${cloud} ${uuid}`)),
    },
    log: (_level, message, fields = {}) => void logged.push([message, ...Object.values(fields)].join(' ')),
  })
  const stop = new AbortController()
  const running = it.run(stop.signal)
  await clock.advance(0)
  await body({ clock, broker, ear: it, woken, logged, store })
  stop.abort()
  await clock.run(running)
}

test('a node that is said to be in a watched state is woken, a healthy one is not', () =>
  given(async ({ broker, woken }) => {
    await broker.publish(says('power_set.end', 'active'))
    await broker.publish(says('provision_set.end', 'available'))
    assert.deepEqual(woken, [])
    await broker.publish(says('provision_set.error', 'error'))
    assert.deepEqual([woken, broker.taken], [[`west ${UUID}`], 3])
  }))

test('whatever happened to a node with an open case wakes it; what is only about to happen does not', () =>
  given(async ({ broker, woken }) => {
    for (const event of ['power_set.start', 'update.start', 'maintenance_set.start']) await broker.publish(says(event, 'available', SICK))
    assert.deepEqual(woken, [])
    for (const event of ['power_set.end', 'update.end', 'maintenance_set.end', 'power_state_corrected.success'])
      await broker.publish(says(event, 'available', SICK))
    assert.equal(woken.length, 4)
  }))

test('messages that come together are one look at the store, and one wake for each node', () =>
  given(async ({ broker, woken, ear }) => {
    const together = [says('power_set.error', 'deleting'), says('provision_set.error', 'error'), says('update.end', 'available', SICK)]
    await Promise.all([...together, ...together].map((one) => broker.publish(one)))
    assert.ok(woken.length <= 4, `${woken.length} wakes`)
    assert.equal(broker.taken, 6)
    assert.equal(ear.state().heard.get('provision_set'), 2)
  }))

test('poison is put aside and counted by why, said once, and what follows is heard', () =>
  given(async ({ broker, woken, ear, logged }) => {
    for (let times = 0; times < 3; times++) await broker.publish('{')
    await broker.publish('[]')
    await broker.publish(JSON.stringify({ event_type: 'compute.instance.update', payload: {} }))
    await broker.publish(JSON.stringify({ event_type: 'baremetal.node.update.end', payload: {} }))
    await broker.publish('x'.repeat(2 * 1024 * 1024))
    await broker.publish(says('provision_set.error', 'error', STRANGER))
    assert.deepEqual(Object.fromEntries(ear.state().putAside), {
      'not-json': 3,
      'not-oslo': 1,
      'unknown-event': 1,
      'no-node': 1,
      huge: 1,
      'unknown-node': 1,
    })
    assert.deepEqual([broker.putAside, woken], [8, []])
    assert.equal(logged.filter((line) => line.startsWith('a notification was put aside')).length, 6)
    await broker.publish(says('provision_set.error', 'error'))
    assert.deepEqual(woken, [`west ${UUID}`])
  }))

test('a stranger in a watched state makes the next poll come soon, and wakes nothing', () =>
  given(async ({ clock, broker, ear, woken }) => {
    await broker.publish(says('power_set.end', 'active'))
    ear.polled([], clock.monotonic())
    assert.equal(ear.pollMs(), MINUTE)
    await broker.publish(says('provision_set.error', 'error', STRANGER))
    assert.deepEqual([ear.pollMs(), woken], [15 * SECOND, []])
    ear.polled([{ uuid: STRANGER, provision_state: 'error' }], clock.monotonic())
    assert.equal(ear.pollMs(), MINUTE)
  }))

test('a store that cannot be read costs the wake and the trust, and hearing goes on', () =>
  given(async ({ broker, ear, store, woken, logged }) => {
    await broker.publish(says('power_set.end', 'active'))
    assert.equal(ear.pollMs(), MINUTE)
    store.isFull = true
    await broker.publish(says('provision_set.error', 'error'))
    assert.deepEqual([broker.taken, woken, ear.pollMs()], [2, [], 15 * SECOND])
    store.isFull = false
    await broker.publish(says('provision_set.error', 'error'))
    assert.equal(woken.length, 1)
    assert.ok(logged.some((line) => line.startsWith('what was heard could not be kept: over')))
  }))

test('a lost connection is short polls at once; the next broker is tried without a pause', () =>
  given(
    async ({ clock, broker, ear, logged }) => {
      await clock.advance(MINUTE)
      await broker.publish(says('power_set.end', 'active'))
      assert.equal(ear.pollMs(), MINUTE)
      broker.away(unreachable)
      broker.drop('socket closed')
      await clock.advance(0)
      assert.deepEqual([ear.pollMs(), ear.state().isUp], [15 * SECOND, false])
      assert.deepEqual(
        broker.tries.map(({ host }) => host),
        ['a', 'b', 'c', 'a'],
      )
      broker.away(null)
      await clock.advance(20 * SECOND)
      assert.equal(ear.state().isUp, true)
      assert.equal(ear.pollMs(), 15 * SECOND, 'nothing was heard since')
      assert.ok(logged.some((line) => line.startsWith('notifications are not heard: over')))
    },
    ['a', 'b', 'c'],
  ))

test('a broker that is away for an hour is tried at most every 7.5 s, and said a few times', () =>
  given(async ({ clock, broker, logged }) => {
    broker.away(unreachable)
    broker.drop('socket closed')
    broker.tries.length = 0
    await clock.advance(HOUR)
    assert.ok(broker.tries.length >= 200 && broker.tries.length <= 500, `${broker.tries.length} tries`)
    assert.ok(logged.filter((line) => line.startsWith('notifications are not heard')).length <= 4, logged.join('\n'))
  }))

test('a broker that throws everybody out at once is not stormed', () =>
  given(async ({ clock, broker }) => {
    for (let times = 0; times < 20; times++) {
      broker.drop('kicked')
      await clock.advance(SECOND)
    }
    assert.ok(broker.tries.length <= 8, `${broker.tries.length} tries in 20 s`)
  }))

test('each subscription has a queue of its own name, bound for info and error', () =>
  given(async ({ clock, broker }) => {
    broker.drop('gone')
    await clock.advance(20 * SECOND)
    const [first, second] = broker.tries.map(({ what }) => what)
    assert.match(first?.queue ?? '', /^anneal\.west\./)
    assert.notEqual(first?.queue, second?.queue)
    assert.deepEqual(first?.keys, ['ironic_versioned_notifications.info', 'ironic_versioned_notifications.error'])
  }))

test('an exchange that is not there yet is waited for', () =>
  given(async ({ clock, broker, ear }) => {
    broker.away(new BrokerError('no-exchange', 'rabbit-1:5672: no exchange'))
    broker.drop('gone')
    await clock.advance(5 * MINUTE)
    assert.equal(ear.state().isUp, false)
    broker.away(null)
    await clock.advance(15 * SECOND)
    assert.equal(ear.state().isUp, true)
  }))

test('no password is logged', () =>
  given(async ({ clock, broker, logged }) => {
    broker.away(new BrokerError('refused', 'rabbit-1:5672: ACCESS_REFUSED'))
    broker.drop('gone')
    await clock.advance(MINUTE)
    assert.ok(logged.length > 0)
    assert.ok(!logged.join('\n').includes(BROKER.password))
  }))
