/** BMCs as a stranger meets them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rmcpReply } from './bmc.ts'
import { simulatedCloud } from './cloud.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'
import type { BmcMode } from './world.ts'

const PING = Uint8Array.of(0x06, 0, 0xff, 0x06, 0, 0, 0x11, 0xbe, 0x80, 42, 0, 0)
// Get Channel Authentication Capabilities for this channel as administrator, in a v1.5 wrapper.
const CAPABILITIES = Uint8Array.of(6, 0, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x20, 0x18, 0xc8, 0x81, 4, 0x38, 0x8e, 4, 0xb1)

function given(protocol: 'ipmi' | 'redfish' = 'ipmi') {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes: [{ name: 'n', protocol }] })
  const { bmc } = cloud.node('n')
  const ask = (payload: Uint8Array, host = bmc.host) =>
    clock.run(cloud.datagram({ host, port: bmc.port, payload, timeoutMs: 1000, accepts: () => true }))
  return { clock, cloud, bmc, ask }
}

test('a presence ping is answered by a pong of 28 bytes with its tag and the IPMI bit', async () => {
  const { ask } = given()
  const answer = await ask(PING)
  assert.ok(answer.kind === 'reply')
  assert.equal(answer.payload.length, 28)
  assert.deepEqual([answer.payload[8], answer.payload[9], (answer.payload[20] ?? 0) & 0x80], [0x40, 42, 0x80])
})

test('the channel capabilities come with completion code 0 and both checksums right', async () => {
  const { ask } = given()
  const answer = await ask(CAPABILITIES)
  assert.ok(answer.kind === 'reply')
  const message = answer.payload.subarray(14)
  assert.equal(answer.payload[13], message.length)
  const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff
  assert.deepEqual([sum(message.subarray(0, 3)), sum(message.subarray(3))], [0, 0])
  assert.deepEqual([message[1], message[4], message[5], message[6]], [0x1c, 4, 0x38, 0])
})

test('what the BMC is like decides the answer, and a stranger cannot see a wrong password', async () => {
  const expected: [BmcMode, string][] = [
    ['ok', 'reply'],
    ['badpass', 'reply'],
    ['stuck', 'reply'],
    ['rejecting', 'reply'],
    ['slow', 'silent'],
    ['silent', 'silent'],
    ['frozen', 'silent'],
    ['hung', 'reply'],
    ['refusing', 'refused'],
  ]
  const { cloud, ask } = given()
  for (const [mode, kind] of expected) {
    cloud.people.bmc('n', mode)
    assert.equal((await ask(PING)).kind, kind, mode)
  }
})

test('a hung BMC answers a ping and nothing else', async () => {
  const { cloud, ask } = given()
  cloud.people.bmc('n', 'hung')
  assert.deepEqual([(await ask(PING)).kind, (await ask(CAPABILITIES)).kind], ['reply', 'silent'])
})

test('where nothing stands it is silent, behind a firewall too, and without a route it is said', async () => {
  const { clock, cloud, ask } = given()
  const began = clock.now()
  assert.equal((await ask(PING, '10.9.9.9')).kind, 'silent')
  assert.equal(clock.now() - began, 1000)
  cloud.faults.route = 'swallowed'
  assert.equal((await ask(PING)).kind, 'silent')
  cloud.faults.route = 'no-route'
  assert.equal((await ask(PING)).kind, 'no-route')
})

test('bytes that are no such datagram get no answer', () => {
  for (const bytes of [[], [6], Array.from({ length: 40 }, () => 0xff), [6, 0, 0xff, 7, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]]) {
    assert.equal(rmcpReply(Uint8Array.from(bytes)), null)
  }
})

test('Redfish shows its root to everybody, and its troubles as HTTP', async () => {
  const { clock, cloud, bmc } = given('redfish')
  const get = (path: string) =>
    clock.run(
      cloud.transport({ method: 'GET', url: `https://${bmc.host}${path}`, headers: {}, connectTimeoutMs: 3000, answerTimeoutMs: 10_000 }),
    )
  assert.equal((await get('/redfish/v1/')).status, 200)
  assert.equal((await get('/redfish/v1/Systems')).status, 401)
  cloud.people.bmc('n', 'rejecting')
  assert.equal((await get('/redfish/v1/')).status, 500)
  cloud.people.bmc('n', 'refusing')
  await assert.rejects(get('/redfish/v1/'), { phase: 'before' })
  cloud.people.bmc('n', 'silent')
  const began = clock.now()
  await assert.rejects(get('/redfish/v1/'), { phase: 'before' })
  assert.equal(clock.now() - began, 3000)
})

test('a frozen Redfish BMC takes the connection and never answers', async () => {
  const { clock, cloud, bmc } = given('redfish')
  cloud.people.bmc('n', 'frozen')
  const began = clock.now()
  const url = `https://${bmc.host}/redfish/v1/`
  const asking = cloud.transport({ method: 'GET', url, headers: {}, connectTimeoutMs: 3000, answerTimeoutMs: 10_000 })
  await assert.rejects(clock.run(asking), { phase: 'after' })
  assert.equal(clock.now() - began, 10_000)
})

test('a flapping BMC is up and silent in turns, for us and for Ironic, and power sync never takes its node over', async () => {
  const { clock, cloud, ask } = given()
  cloud.people.bmc('n', 'flapping')
  const kinds = new Set<string>()
  for (let at = 0; at < 30; at += 1) {
    kinds.add((await ask(PING)).kind)
    await clock.advance(7_000)
  }
  assert.deepEqual(kinds, new Set(['reply', 'silent']))
  await clock.advance(3_600_000)
  assert.deepEqual([cloud.node('n').row.fault, cloud.node('n').row.power_state], [null, 'power off'])
})

test('a switch that is down hides every BMC behind it, and what each became meanwhile shows when it is back', () => {
  const clock = virtualClock({ start: 0 })
  const nodes = [1, 1, 2].map((rack, at) => ({ name: `n${at}`, rack }))
  const { people, node } = simulatedCloud({ clock, random: seededRandom(1), nodes })
  const modes = () => nodes.map(({ name }) => node(name).bmc.mode)
  people.bmc('n1', 'stuck')
  people.switch('switch-rack-1', 'down')
  assert.deepEqual(modes(), ['silent', 'silent', 'ok'])
  people.bmc('n0', 'refusing')
  assert.deepEqual(modes(), ['silent', 'silent', 'ok'])
  people.switch('switch-rack-1', 'up')
  assert.deepEqual(modes(), ['refusing', 'stuck', 'ok'])
})
