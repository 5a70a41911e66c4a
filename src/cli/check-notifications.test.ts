/** What `anneal check` says of brokers: all there, some away, none there, refused, without Ironic's exchange, and with queues that nobody reads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Broker, BrokerError, type QueueSeen, type Subscribe } from '../controller/broker.ts'
import { checkNotifications } from './check-notifications.ts'

const brokerAt = (host: string): Broker => ({ host, port: 5671, user: 'u', password: 'p', vhost: '/', tls: null })
const plan = (...hosts: string[]) => ({ brokers: hosts.map(brokerAt), exchange: 'ironic', topics: ['t'], poll: 60_000 })

async function said(errors: Record<string, BrokerError | null>, queues: QueueSeen[] = []) {
  const left: string[] = []
  const subscribe: Subscribe = async ({ host }, { queue }, { signal }) => {
    const error = errors[host]
    if (error) throw error
    const closed = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)))
    closed.then(() => left.push(queue))
    return { closed }
  }
  const clouds = [{ config: { name: 'west', notifications: plan(...Object.keys(errors)) } }]
  const lines = await checkNotifications(clouds, { subscribe, lookAtQueues: async () => queues, newId: () => 'id', pollMs: 15_000 })
  assert.equal(left.length, Object.values(errors).filter((error) => error === null).length, 'every queue of ours is let go')
  return lines.map(({ verdict, message, isConfiguration }) => `${verdict} ${isConfiguration} ${message}`)[0] ?? ''
}

const away = new BrokerError('unreachable', 'b:5671: connect ECONNREFUSED')

test('without notifications there is one line that passes; beside a cloud that has them, one for each', async () => {
  const asked = { subscribe: () => assert.fail(), lookAtQueues: () => assert.fail(), newId: () => 'id', pollMs: 15_000 }
  const [line, ...more] = await checkNotifications([{ config: { name: 'west', notifications: null } }], asked)
  assert.deepEqual(
    [more.length, line?.cloud, line?.verdict, line?.message],
    [0, '-', 'pass', 'not listened to; the failed states are polled every 15 s'],
  )
})

test('brokers that let us in pass, one that is away beside them is a warning, all of them away is one, too', async () => {
  assert.equal(await said({ a: null, b: null }), 'pass false heard at a:5671, b:5671 from exchange ironic by t')
  assert.match(await said({ a: null, b: away }), /^warn false heard at a:5671 .*b:5671: connect ECONNREFUSED/)
  assert.match(await said({ b: away }), /^warn false .*only polls find anything/)
})

test('what a person has to correct fails; an exchange that is not there yet does not', async () => {
  assert.match(await said({ a: null, b: new BrokerError('refused', 'b:5671: ACCESS_REFUSED') }), /^fail true b:5671: ACCESS_REFUSED/)
  assert.match(await said({ a: new BrokerError('no-exchange', 'a:5671: no exchange') }), /^warn false a:5671: no exchange/)
})

test("Ironic's own queues that grow without a reader are told; those with one are not", async () => {
  assert.match(await said({ a: null }, [{ queue: 't.info', messages: 900, consumers: 0 }]), /^warn false .*pile up .*: t\.info 900/)
  assert.match(await said({ a: null }, [{ queue: 't.info', messages: 900, consumers: 1 }]), /^pass/)
})
