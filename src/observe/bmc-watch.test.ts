/** When a look at a BMC is taken anew, and when a silence is believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BmcAddress } from '../core/observation.ts'
import { type DatagramAnswer, TransportError } from '../core/seams.ts'
import { bmcWatch } from './bmc-watch.ts'

type Manner = 'refused' | 'silent' | 'no-route' | 'pong-only'

const ipmi = (host: string): BmcAddress => ({ protocol: 'ipmi', host, port: 623 })
const redfish = (host: string): BmcAddress => ({ protocol: 'redfish', host, port: 443 })

/** The message class of a presence ping; IPMI's is 7. */
const ASF = 6
/** Its tag comes back, and one that speaks IPMI sets bit 7 of the entities. */
const pongTo = (ping: Uint8Array): Uint8Array =>
  Uint8Array.from([6, 0, 0xff, ASF, 0, 0, 0x11, 0xbe, 0x40, ping[9] ?? 0, 0, 16, 0, 0, 0x11, 0xbe, 0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0, 0, 0])

/** BMCs by host: `refused` stands for every way of being reached. Time moves by hand, and by the waiting of a silent datagram. */
function world(given: { bmcs: Record<string, Manner>; candidates?: BmcAddress[] }) {
  let elapsed = 0
  const probed: { host: string; at: number }[] = []
  const clock = { now: () => 1_000_000 + elapsed, monotonic: () => elapsed, sleep: async () => {} }
  const datagram = async ({ host, payload }: { host: string; payload: Uint8Array }): Promise<DatagramAnswer> => {
    probed.push({ host, at: elapsed })
    const manner = given.bmcs[host] ?? 'silent'
    if (manner === 'pong-only') return payload[3] === ASF ? { kind: 'reply', payload: pongTo(payload) } : { kind: 'silent' }
    return manner === 'no-route' ? { kind: 'no-route', reason: 'ENETUNREACH' } : { kind: manner }
  }
  const transport = async () => Promise.reject(new TransportError('before', 'connect ECONNREFUSED'))
  const watch = bmcWatch({ seams: { clock, random: () => 0.3, datagram, transport }, candidates: () => given.candidates ?? [] })
  return { watch, advance: (ms: number) => (elapsed += ms), probed, bmcs: given.bmcs }
}

test('a silent BMC is not believed where there is no other BMC', async () => {
  const { watch } = world({ bmcs: {} })
  const look = await watch.look('lab', ipmi('10.0.0.1'))
  assert.ok(look.kind === 'unknown')
  assert.match(look.reason, /^no-route-from-here: .*no other BMC to compare with/)
})

test('a silent BMC is not believed where no other BMC answers', async () => {
  const { watch } = world({ bmcs: {}, candidates: [ipmi('10.0.0.1'), ipmi('10.0.0.2'), ipmi('10.0.0.3')] })
  const look = await watch.look('lab', ipmi('10.0.0.1'))
  assert.ok(look.kind === 'unknown')
  assert.match(look.reason, /^no-route-from-here: .*reached no other BMC/)
})

test('a silent BMC is believed where another one at least refuses, and the other is named', async () => {
  const { watch } = world({ bmcs: { '10.0.0.2': 'refused' }, candidates: [ipmi('10.0.0.1'), ipmi('10.0.0.2')] })
  const look = await watch.look('lab', ipmi('10.0.0.1'))
  assert.ok(look.kind === 'known' && look.value.kind === 'silent')
  assert.match(look.value.detail, /reaches the BMC at 10\.0\.0\.2/)
})

test('a BMC of another network is tried too, so that a dead rack is seen to be dead', async () => {
  const rack = Array.from({ length: 30 }, (_, n) => ipmi(`10.0.0.${n + 1}`))
  const { watch } = world({ bmcs: { '10.9.0.1': 'refused' }, candidates: [...rack, ipmi('10.9.0.1')] })
  const look = await watch.look('lab', ipmi('10.0.0.1'))
  assert.ok(look.kind === 'known' && look.value.kind === 'silent')
})

test('reaching BMCs over one protocol does not speak for the other', async () => {
  const { watch } = world({ bmcs: {}, candidates: [redfish('10.0.0.2')] })
  assert.equal((await watch.look('lab', redfish('10.0.0.2'))).kind, 'known')
  assert.equal((await watch.look('lab', ipmi('10.0.0.1'))).kind, 'unknown')
})

test('having reached a BMC speaks for the way there for five minutes', async () => {
  const { watch, advance, bmcs } = world({ bmcs: { '10.0.0.2': 'refused' }, candidates: [ipmi('10.0.0.2')] })
  await watch.look('lab', ipmi('10.0.0.1'))
  bmcs['10.0.0.2'] = 'silent'
  advance(4 * 60_000)
  assert.equal((await watch.look('lab', ipmi('10.0.0.1'))).kind, 'known')
  advance(61_000)
  assert.equal((await watch.look('lab', ipmi('10.0.0.1'))).kind, 'unknown')
})

test('a second look within five seconds is the first one with its age; after that it is a new one', async () => {
  const { watch, advance, bmcs } = world({ bmcs: { '10.0.0.1': 'refused' } })
  const first = await watch.look('lab', ipmi('10.0.0.1'))
  bmcs['10.0.0.1'] = 'no-route'
  advance(4_999)
  assert.deepEqual(await watch.look('other-cloud', ipmi('10.0.0.1')), first)
  advance(1)
  assert.equal((await watch.look('lab', ipmi('10.0.0.1'))).kind, 'unknown')
})

test('many who ask at once share one look, and a wave of silent nodes shares one calibration', async () => {
  const candidates = Array.from({ length: 100 }, (_, n) => ipmi(`10.1.0.${n + 1}`))
  const { watch, probed } = world({ bmcs: { '10.0.0.1': 'refused' }, candidates })
  await Promise.all(Array.from({ length: 20 }, () => watch.look('lab', ipmi('10.0.0.1'))))
  assert.equal(probed.length, 1)

  probed.length = 0
  await Promise.all(Array.from({ length: 20 }, (_, n) => watch.look('lab', ipmi(`10.2.0.${n + 1}`))))
  const calibrating = new Set(probed.filter(({ host }) => host.startsWith('10.1.')).map(({ host }) => host))
  assert.ok(calibrating.size <= 5, `${calibrating.size} BMCs were looked at for calibration`)
})

test('a BMC that hangs needs no calibration either: its answer to the ping came here', async () => {
  const { watch } = world({ bmcs: { '10.0.0.1': 'pong-only' } })
  const look = await watch.look('lab', ipmi('10.0.0.1'))
  assert.deepEqual(look.kind === 'known' && [look.value.kind, look.value.hangs], ['silent', true])
  // And it speaks for the way there, as one that refuses does.
  const { watch: other } = world({ bmcs: { '10.0.0.2': 'pong-only' }, candidates: [ipmi('10.0.0.2')] })
  assert.equal((await other.look('lab', ipmi('10.0.0.1'))).kind, 'known')
})

test('a refusing BMC and a missing route need no calibration', async () => {
  const { watch } = world({ bmcs: { '10.0.0.1': 'refused', '10.0.0.2': 'no-route' } })
  const refusing = await watch.look('lab', ipmi('10.0.0.1'))
  assert.ok(refusing.kind === 'known' && refusing.value.kind === 'refusing')
  assert.equal((await watch.look('lab', ipmi('10.0.0.2'))).kind, 'unknown')
})

test('tells how many others on the same network were looked at within five minutes, and how many it reached', async () => {
  const { watch, advance } = world({
    bmcs: { '10.0.0.2': 'refused', '10.0.0.3': 'refused', '10.0.0.4': 'no-route', '10.9.0.1': 'refused' },
  })
  assert.deepEqual(watch.around(ipmi('10.0.0.1')), { network: '10.0.0.0/24', looked: 0, reached: 0 })
  for (const host of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.9.0.1']) await watch.look('lab', ipmi(host))
  assert.deepEqual(watch.around(ipmi('10.0.0.1')), { network: '10.0.0.0/24', looked: 3, reached: 2 })
  advance(5 * 60_000)
  assert.deepEqual(watch.around(ipmi('10.0.0.1')), { network: '10.0.0.0/24', looked: 0, reached: 0 })
})

test('telling of the others looks at nobody', async () => {
  const { watch, probed } = world({ bmcs: {}, candidates: [ipmi('10.0.0.2')] })
  watch.around(ipmi('10.0.0.1'))
  assert.equal(probed.length, 0)
})
