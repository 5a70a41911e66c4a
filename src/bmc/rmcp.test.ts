/** The RMCP exchanges against plain bytes: what counts as an answer, and what a BMC is said to do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DatagramAnswer, DatagramRequest } from '../core/seams.ts'
import {
  decodeAuthCapabilitiesReply,
  decodePresencePong,
  encodeAuthCapabilitiesRequest,
  encodePresencePing,
  lookAtIpmi,
  pingBmc,
} from './rmcp.ts'

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

const target = { host: '10.0.0.7', port: 623 }

const pongTo = (ping: Uint8Array): Uint8Array => {
  const pong = bytesOf('0600ff06 000011be 40 00 00 10 000011be 00000000 81 00 000000000000')
  pong[9] = ping[9] ?? 0
  return pong
}

const sum = (bytes: readonly number[]): number => -bytes.reduce((total, byte) => total + byte, 0) & 0xff

/** A reply to the request, built independently of the encoder under test. */
function capabilitiesReply(request: Uint8Array, data: readonly number[] = [0, 0x01, 0x97, 0x04, 0x03, 0, 0, 0, 0]): Uint8Array {
  const body = [0x20, request[18] ?? 0, 0x38, ...data]
  const message = [0x81, 0x1c, sum([0x81, 0x1c]), ...body, sum(body)]
  return Uint8Array.from([0x06, 0, 0xff, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, message.length, ...message])
}

const isPing = (request: DatagramRequest): boolean => request.payload[3] === 0x06

/** A BMC that answers as told; what it says passes the request's own filter, as a socket would apply it. */
function bmc(says: (request: DatagramRequest) => Uint8Array | Exclude<DatagramAnswer, { kind: 'reply' }>) {
  let elapsed = 0
  const clock = { now: () => 1000 + elapsed, monotonic: () => elapsed, sleep: async () => {} }
  const datagram = async (request: DatagramRequest): Promise<DatagramAnswer> => {
    const said = says(request)
    if (said instanceof Uint8Array && request.accepts(said)) return { kind: 'reply', payload: said }
    if (!(said instanceof Uint8Array) && said.kind !== 'silent') return said
    elapsed += request.timeoutMs
    return { kind: 'silent' }
  }
  return { clock, datagram, random: () => 0.5, elapsed: () => elapsed }
}

const silent = { kind: 'silent' } as const

test('the presence ping is the twelve bytes of the ASF specification', () => {
  assert.equal(hexOf(encodePresencePing(0x2a)), '0600ff06000011be802a0000')
})

test('the capabilities request is the bytes that ipmitool sends, with v2.0 data asked for and without', () => {
  assert.equal(hexOf(encodeAuthCapabilitiesRequest(0, '2.0')), '0600ff0700000000000000000009' + '2018c8' + '8100388e04b5')
  assert.equal(hexOf(encodeAuthCapabilitiesRequest(1, '1.5')), '0600ff0700000000000000000009' + '2018c8' + '8104380e0431')
})

test('a pong counts only for its own tag and with every fixed byte in place', () => {
  const pong = pongTo(encodePresencePing(9))
  assert.deepEqual(decodePresencePong(pong, 9), { ipmi: true })
  assert.equal(decodePresencePong(pong, 10), null)
  for (const at of [0, 3, 4, 5, 6, 7, 8, 9, 11]) {
    const broken = Uint8Array.from(pong)
    broken[at] = (broken[at] ?? 0) ^ 0x01
    assert.equal(decodePresencePong(broken, 9), null, `byte ${at}`)
  }
  for (let length = 0; length < pong.length; length++) assert.equal(decodePresencePong(pong.subarray(0, length), 9), null)
})

test('a capabilities reply with any single bit of its message turned over is not an answer', () => {
  const reply = capabilitiesReply(encodeAuthCapabilitiesRequest(5, '2.0'))
  assert.deepEqual(decodeAuthCapabilitiesReply(reply, 5), { kind: 'capabilities', versions: ['1.5', '2.0'] })
  assert.equal(decodeAuthCapabilitiesReply(reply, 6), null)
  for (let bit = 14 * 8; bit < reply.length * 8; bit++) {
    const broken = Uint8Array.from(reply)
    broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.equal(decodeAuthCapabilitiesReply(broken, 5), null, `bit ${bit}`)
  }
  for (let length = 0; length < reply.length; length++) assert.equal(decodeAuthCapabilitiesReply(reply.subarray(0, length), 5), null)
})

test('random bytes never throw and never read as an answer', () => {
  const anything = fc.uint8Array({ maxLength: 64 })
  const headed = anything.map((tail) => Uint8Array.from([0x06, 0, 0xff, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...tail]))
  fc.assert(
    fc.property(fc.oneof(anything, headed), fc.nat({ max: 63 }), (bytes, number) => {
      assert.equal(decodePresencePong(bytes, number), null)
      assert.equal(decodeAuthCapabilitiesReply(bytes, number), null)
    }),
    { numRuns: 3000 },
  )
})

test('a well-formed reply reads the same whatever a BMC pads behind it', () => {
  fc.assert(
    fc.property(fc.nat({ max: 63 }), fc.uint8Array({ maxLength: 40 }), (number, padding) => {
      const reply = Uint8Array.from([...capabilitiesReply(encodeAuthCapabilitiesRequest(number, '2.0')), ...padding])
      assert.deepEqual(decodeAuthCapabilitiesReply(reply, number), { kind: 'capabilities', versions: ['1.5', '2.0'] })
    }),
    { numRuns: 300 },
  )
})

test('a BMC that tells its capabilities answers, and with which versions', async () => {
  const look = await lookAtIpmi(
    target,
    bmc((request) => capabilitiesReply(request.payload)),
  )
  assert.deepEqual(look, { kind: 'known', value: { kind: 'answers', detail: 'answers IPMI (version 1.5 and 2.0)', at: 1000 } })
})

test('a v1.5 BMC that refuses the v2.0 request is asked again and answers', async () => {
  const old = bmc((request) =>
    (request.payload[20] ?? 0) & 0x80
      ? capabilitiesReply(request.payload, [0xcc])
      : capabilitiesReply(request.payload, [0, 1, 0x17, 4, 0, 0, 0, 0, 0]),
  )
  const look = await lookAtIpmi(target, old)
  assert.deepEqual(look, { kind: 'known', value: { kind: 'answers', detail: 'answers IPMI (version 1.5)', at: 1000 } })
})

test('a BMC that refuses the v2.0 request and then says no more is faulty, not silent', async () => {
  const look = await lookAtIpmi(
    target,
    bmc((request) => ((request.payload[20] ?? 0) & 0x80 ? capabilitiesReply(request.payload, [0xc3]) : silent)),
  )
  assert.ok(look.kind === 'known' && look.value.kind === 'faulty')
  assert.match(look.value.detail, /completion code 0xc3/)
})

test('a BMC that only answers the presence ping is silent all the same, and hangs', async () => {
  const look = await lookAtIpmi(
    target,
    bmc((request) => (isPing(request) ? pongTo(request.payload) : silent)),
  )
  assert.ok(look.kind === 'known' && look.value.kind === 'silent')
  assert.match(look.value.detail, /presence ping but not/)
  assert.equal(look.value.hangs, true)
})

test('a pong that says that there is no IPMI is no sign of a hang', async () => {
  const withoutIpmi = (request: Uint8Array): Uint8Array => pongTo(request).with(20, 0x01)
  const look = await lookAtIpmi(
    target,
    bmc((request) => (isPing(request) ? withoutIpmi(request.payload) : silent)),
  )
  assert.ok(look.kind === 'known' && look.value.kind === 'faulty' && look.value.hangs === undefined)
  assert.match(look.value.detail, /no IPMI$/)
})

test('a BMC that answers only when asked again says so: that is all a look sees of lost datagrams', async () => {
  const lossy = (lost: number, answers: (request: DatagramRequest) => Uint8Array | typeof silent) => {
    let sent = 0
    return bmc((request) => (sent++ < lost ? silent : answers(request)))
  }
  const third = await lookAtIpmi(
    target,
    lossy(2, (request) => capabilitiesReply(request.payload)),
  )
  assert.ok(third.kind === 'known' && third.value.kind === 'answers')
  assert.equal(third.value.detail, 'answers IPMI (version 1.5 and 2.0), only to request 3 of 3: it is slow, or datagrams are lost')
  const pinged = await lookAtIpmi(
    target,
    lossy(3, (request) => (isPing(request) ? pongTo(request.payload) : capabilitiesReply(request.payload))),
  )
  assert.ok(pinged.kind === 'known' && pinged.value.kind === 'answers')
  assert.match(pinged.value.detail, /, only when asked again after 3 requests and a ping: it is slow, or datagrams are lost$/)
})

test('a closed port is refusing, a dead host silent after three tries of each, and no route is unknown', async () => {
  const refused = await lookAtIpmi(
    target,
    bmc(() => ({ kind: 'refused' })),
  )
  assert.ok(refused.kind === 'known' && refused.value.kind === 'refusing')

  const dead = bmc(() => silent)
  const look = await lookAtIpmi(target, dead)
  assert.ok(look.kind === 'known' && look.value.kind === 'silent')
  assert.equal(dead.elapsed(), 6000)

  const routeless = await lookAtIpmi(
    target,
    bmc(() => ({ kind: 'no-route', reason: 'ENETUNREACH' })),
  )
  assert.ok(routeless.kind === 'unknown')
  assert.match(routeless.reason, /^no-route-from-here/)
})

test('a late answer to an earlier try does not count for a later one', async () => {
  let previous: Uint8Array | null = null
  const late = bmc((request) => {
    const answer = previous === null ? silent : pongTo(previous)
    previous = request.payload
    return answer
  })
  assert.deepEqual(await pingBmc(target, late), { kind: 'silent' })
})
