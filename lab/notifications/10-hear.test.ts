/**
 * A real Ironic, a real RabbitMQ and the daemon between them. What it has to see it can only have heard of: polls are ten minutes apart. The
 * daemon is in mode observe and sends nothing.
 */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { anneal } from '../anneal.ts'
import { pause, readNode, setExtra, waitNode } from '../ironic.ts'
import { bmc, calm, deleteInstance, killConductor, rabbit, restartIronic, waitForIronic } from '../lab.ts'
import { freshNode, numberOf, uuidOf } from '../nodes.ts'
import { changes, journal } from '../proxy-control.ts'
import { explained } from '../reports.ts'
import { readSettings } from '../settings.ts'
import { type Bus, bus, TOPIC } from './bus.ts'
import { DEAD_BROKER, hearingDesk, type Listening, listening, PLAIN_BROKER, TLS_BROKER } from './listening.ts'

const METRICS_PORT = 18_780
/** From Ironic's `error` to the first request about the node; how long its answers then take is the site's affair. */
const SEEN_MS = 1_000

let other: Bus
const open: Listening[] = []
const started = async (wish?: Parameters<typeof listening>[0]): Promise<Listening> => {
  const one = await listening(wish)
  open.push(one)
  return one
}

before(async () => {
  assert.ok(readSettings().notify, 'this file wants the lab with NOTIFY=1: npm run lab:test -- --notifications')
  await waitForIronic(30)
})
beforeEach(async () => {
  await calm()
  other = await bus()
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
  await other.close()
})
after(async () => {
  await rabbit('start')
  await calm()
})

/** Lets the node's tear-down fail; when Ironic first showed `error`, on the wall clock. */
async function fails(name: string): Promise<number> {
  await bmc('fail', numberOf(name))
  const failed = deleteInstance(name)
  for (const end = Date.now() + 60_000; (await readNode(name)).provision_state !== 'error'; await pause(10))
    if (Date.now() > end) throw new Error(`${name} did not fail within a minute`)
  const at = Date.now()
  await failed
  return at
}

/** When the node was read first after then; a millisecond or two before Ironic shows the state, it has announced it. */
async function firstLook(name: string, after: number): Promise<number> {
  const reads = (await journal()).filter(({ method, path }) => method === 'GET' && path.includes(`/v1/nodes/${uuidOf(name)}`))
  const at = reads.map(({ time }) => Date.parse(time)).find((time) => time >= after - 50)
  assert.ok(at !== undefined, `${name} was not read`)
  return at
}

const decidedOn = (name: string) => (line: Record<string, unknown>) => line['msg'] === 'decision' && line['uuid'] === uuidOf(name)

test('a node that fails is a case within a second of its error, over TLS and with no more rights than it needs', async (t) => {
  const names = ['node-1', 'node-2', 'node-3']
  for (const name of names) await freshNode(name, { instance: true })
  const daemon = await started()
  for (const name of names) {
    const failed = await fails(name)
    const decided = (await daemon.untilSaid(decidedOn(name))) - failed
    const looked = (await firstLook(name, failed)) - failed
    t.diagnostic(`${name}: looked at ${looked} ms after Ironic showed error, decided on after ${decided} ms`)
    assert.ok(looked <= SEEN_MS, `${looked} ms`)
  }
  const told = await explained(daemon.at, 'node-1', (one) => one.case !== null)
  assert.equal(told.provision_state, 'error')
  assert.deepEqual(await changes(), [])
})

test('a conductor that was killed in mid tear-down: its word at the restart is heard', async () => {
  await freshNode('node-3', { instance: true })
  const daemon = await started()
  await bmc('freeze', 3)
  void deleteInstance('node-3').catch(() => null)
  await waitNode('node-3', (node) => node.provision_state === 'deleting' && node.reservation !== null)
  await killConductor()
  await bmc('thaw', 3)
  await restartIronic()
  await waitNode('node-3', 'error')
  // A look that began while Ironic was away first waits for its reads; the next poll would come after ten minutes.
  await daemon.untilSaid((line) => decidedOn('node-3')(line) && line['cause'] !== null, 90)
})

test('a broker that is killed and comes back: short polls meanwhile, and hearing again by itself', async (t) => {
  await freshNode('node-2', { instance: true })
  const daemon = await started({ poll: '5s', stretched: '60s', port: METRICS_PORT })
  await setExtra('node-2', 'note', 'something to announce')
  await daemon.untilSaid(({ msg }) => msg === 'notifications prove alive', 30)
  assert.match(await daemon.metrics(), /anneal_poll_interval_seconds\{cloud="lab"\} 60/)
  await rabbit('kill')
  await daemon.untilSaid(({ msg }) => msg === 'notifications are not heard', 5)
  await daemon.untilSaid(({ msg, why }) => msg === 'notifications do not prove alive' && why === 'not connected', 5)
  assert.match(await daemon.metrics(), /anneal_ironic_notifications_up\{cloud="lab"\} 0/)
  assert.match(await daemon.metrics(), /anneal_poll_interval_seconds\{cloud="lab"\} 5/)
  await rabbit('start')
  // The exchange went with the broker, because it is not durable; Ironic makes it anew with what it says next.
  const up = Date.now()
  await setExtra('node-2', 'note', 'something else')
  const heard = await daemon.untilSaid(({ msg }) => msg === 'notifications are not heard: over', 30)
  t.diagnostic(`heard again ${heard - up} ms after Ironic spoke again`)
  const failed = fails('node-2')
  await daemon.untilSaid(decidedOn('node-2'))
  await failed
})

test('poison is put aside and counted, and what comes after it is heard', async () => {
  await freshNode('node-1', { instance: true })
  const daemon = await started({ port: METRICS_PORT })
  for (const body of [
    'not JSON',
    '[]',
    '{"oslo.version":"2.0","oslo.message":"{"}',
    '',
    JSON.stringify({ event_type: 'compute.instance.update', payload: {} }),
  ])
    await other.publish(body)
  await other.publish(Buffer.alloc(4 * 1024 * 1024, 'x'))
  const stranger = { uuid: '00000000-0000-4000-8000-000000000000', provision_state: 'error' }
  await other.publish(JSON.stringify({ event_type: 'baremetal.node.provision_set.error', payload: { 'ironic_object.data': stranger } }))
  const failed = fails('node-1')
  await daemon.untilSaid(decidedOn('node-1'))
  await failed
  const metrics = await daemon.metrics()
  for (const [reason, count] of Object.entries({ 'not-json': 2, 'not-oslo': 2, 'unknown-event': 1, huge: 1, 'unknown-node': 1 }))
    assert.match(metrics, new RegExp(`anneal_ironic_notifications_put_aside_total\\{cloud="lab",reason="${reason}"\\} ${count}\\n`))
  assert.match(metrics, /anneal_ironic_notifications_heard_total\{cloud="lab",event="provision_set"\} [1-9]/)
})

test('nobody loses a message to it: Ironic’s own queues keep theirs, another reader and another daemon hear the same', async () => {
  await freshNode('node-4', { instance: true })
  const [first, second] = [await started(), await started({ brokers: [PLAIN_BROKER] })]
  const before = await other.queue(`${TOPIC}.error`)
  assert.ok(before !== null && before.consumers === 0, 'Ironic made its queue, and nobody consumes it')
  const failed = fails('node-4')
  await Promise.all([first.untilSaid(decidedOn('node-4')), second.untilSaid(decidedOn('node-4'))])
  await failed
  const isAbout = (text: string) => text.includes(uuidOf('node-4')) && text.includes('provision_set.error')
  assert.equal(other.read.filter(isAbout).length, 1)
  assert.ok(((await other.queue(`${TOPIC}.error`))?.messages ?? 0) >= before.messages + 2)
})

test('its queue is gone with it', async () => {
  const daemon = await started()
  const [heard] = daemon.said('notifications are heard')
  const queue = String(heard?.['queue'])
  assert.equal((await other.queue(queue))?.consumers ?? 'locked', 'locked', 'nobody else may even look at it')
  await daemon.stop()
  open.splice(0)
  assert.equal(await other.queue(queue), null)
})

test('the first broker is dead: the second is heard at without a pause', async () => {
  const began = Date.now()
  const daemon = await started({ brokers: [DEAD_BROKER, TLS_BROKER] })
  assert.equal(daemon.said('notifications are heard').length, 1)
  assert.ok(Date.now() - began < 20_000)
})

test('a certificate that is not believed is said, and nothing is heard', async () => {
  const daemon = await started({ more: { tls: { verify: true } }, heard: false })
  await daemon.untilSaid(({ msg, error }) => msg === 'notifications are not heard' && /certificate/.test(String(error)))
  assert.equal(daemon.said('notifications are heard').length, 0)
})

test('an exchange that Ironic has not made yet is waited for, and never made', async () => {
  const exchange = 'ironic-later'
  await other.removeExchange(exchange)
  const lab = `amqp://lab:lab@127.0.0.1:${readSettings().ports.amqp}/`
  const daemon = await started({ brokers: [lab], more: { exchange }, heard: false, port: METRICS_PORT })
  await daemon.untilSaid(({ msg, error }) => msg === 'notifications are not heard' && /no exchange/.test(String(error)))
  await pause(3_000)
  assert.equal(await other.hasExchange(exchange), false)
  await other.makeExchange(exchange)
  await daemon.untilSaid(({ msg }) => msg === 'notifications are heard', 20)
  await other.publish('not JSON', { exchange })
  for (const end = Date.now() + 5_000; !/reason="not-json"\} 1/.test(await daemon.metrics()); await pause(50)) assert.ok(Date.now() < end)
  await daemon.stop()
  open.splice(0)
  await other.removeExchange(exchange)
})

test('the password is in no log, no database and no metric', async () => {
  const secret = 'wrong-but-secret-enough'
  const at = `amqp://anneal:${secret}@127.0.0.1:${readSettings().ports.amqp}/`
  const daemon = await started({ brokers: [at, TLS_BROKER], port: METRICS_PORT })
  await pause(1_000)
  const metrics = await daemon.metrics()
  const { stderr, stdout, database } = await daemon.stop()
  open.splice(0)
  for (const text of [metrics, stderr, stdout, database]) assert.ok(!text.includes(secret))
})

test('anneal check connects, and says what it sees', async () => {
  const line = async (at: ReturnType<typeof hearingDesk>) => {
    const { stdout } = await anneal(['check', '--os-cloud', 'lab', '-o', 'json'], at)
    const { checks } = JSON.parse(stdout) as { checks: { name: string; verdict: string; message: string }[] }
    at.clear()
    const found = checks.find(({ name }) => name === 'notifications')
    return `${found?.verdict}: ${found?.message}`
  }
  assert.match(await line(hearingDesk()), /^(pass|warn): heard at 127\.0\.0\.1:\d+ from exchange ironic by ironic_versioned_notifications/)
  assert.match(await line(hearingDesk({ brokers: [DEAD_BROKER] })), /^warn: .*ECONNREFUSED/)
  assert.match(await line(hearingDesk({ brokers: [TLS_BROKER.replace(/anneal:.*@/, 'anneal:wrong@')] })), /^fail: .*ACCESS_REFUSED/)
  assert.match(await line(hearingDesk({ more: { exchange: 'ironicc' } })), /^(warn|fail): .*(no exchange|ACCESS_REFUSED)/)
})
