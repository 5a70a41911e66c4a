/**
 * What a BMC, or whoever answers for it, may send: datagrams and Redfish roots. A look is always one of the four words or unknown, and only a
 * datagram that is whole says that a BMC answers. Addresses come out of driver_info, which anybody may have typed.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { lookAtRedfish, serviceRootUrl } from '../../src/bmc/redfish.ts'
import {
  decodeAuthCapabilitiesReply,
  decodePresencePong,
  encodeAuthCapabilitiesRequest,
  encodePresencePing,
  lookAtIpmi,
} from '../../src/bmc/rmcp.ts'
import { networkOf } from '../../src/core/keys.ts'
import type { DatagramAnswer } from '../../src/core/seams.ts'
import { TransportError } from '../../src/core/seams.ts'
import { bmcAddress } from '../../src/openstack/bmc-address.ts'
import { fuzz } from './runs.ts'
import { spelt, strangeBody, strangeStatus, strangeText, strangeValue } from './strange.ts'

const clock = { now: () => 1_000_000, monotonic: () => 0, sleep: async () => {} }
const LOOKS = ['answers', 'faulty', 'refusing', 'silent']

/** IPMI 1.5 wrapper, no session: Get Channel Authentication Capabilities answered as a BMC of today does (ipmi_sim, recorded in rmcp.test.ts). */
function reply(sequence: number): number[] {
  const head = [0x81, 0x1c]
  const body = [0x20, sequence << 2, 0x38, 0x00, 0x01, 0x80, 0x04, 0x03, 0, 0, 0, 0]
  const sum = (span: number[]) => -span.reduce((all, byte) => all + byte, 0) & 0xff
  const message = [...head, sum(head), ...body, sum(body)]
  return [0x06, 0, 0xff, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, message.length, ...message]
}
const pong = (tag: number): number[] => [
  0x06,
  0,
  0xff,
  0x06,
  0,
  0,
  0x11,
  0xbe,
  0x40,
  tag,
  0,
  16,
  0,
  0,
  0x11,
  0xbe,
  0,
  0,
  0,
  0,
  0x81,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
]

const byte = fc.nat(255)
/** Anything; a whole reply with some bytes changed; or one that is cut off. */
const datagram = (whole: number[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.array(fc.tuple(fc.nat(whole.length - 1), byte), { minLength: 1, maxLength: 4 }).map((changes) => {
      const bytes = [...whole]
      for (const [at, value] of changes) bytes[at] = value
      return Uint8Array.from(bytes)
    }),
    fc.nat(whole.length).map((length) => Uint8Array.from(whole.slice(0, length))),
    fc.array(byte, { maxLength: 2_000 }).map((more) => Uint8Array.from([...whole, ...more])),
  )

fuzz(
  'a datagram is read whole or not at all',
  fc.tuple(datagram(reply(7)), datagram(pong(7)), fc.nat(63)),
  { runs: 1_500 },
  ([ipmi, asf, sequence]) => {
    const capabilities = decodeAuthCapabilitiesReply(ipmi, sequence)
    if (capabilities !== null) {
      assert.equal(ipmi[4], 0, 'a session')
      const message = ipmi.subarray(14, 14 + (ipmi[13] ?? 0))
      const sums = [message.subarray(0, 3), message.subarray(3)].map((span) => span.reduce((all, one) => all + one, 0) & 0xff)
      assert.deepEqual([message.length, sums], [ipmi[13], [0, 0]])
      assert.equal((message[4] ?? 0) >> 2, sequence)
    }
    const presence = decodePresencePong(asf, sequence)
    if (presence !== null) assert.equal(asf[9], sequence)
  },
)

fuzz(
  'whatever a BMC sends, a look is one of the four words or unknown',
  fc.record({
    answers: fc.array(
      fc.oneof<fc.Arbitrary<DatagramAnswer>[]>(
        datagram(reply(7)).map((payload) => ({ kind: 'reply', payload })),
        fc.constantFrom<DatagramAnswer>({ kind: 'silent' }, { kind: 'refused' }, { kind: 'no-route', reason: 'ENETUNREACH' }),
      ),
      { minLength: 1, maxLength: 12 },
    ),
    random: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
  }),
  { runs: 300 },
  async ({ answers, random }) => {
    let at = 0
    const sent: Uint8Array[] = []
    const seams = {
      clock,
      random: () => random,
      datagram: async ({
        payload,
        accepts,
      }: {
        payload: Uint8Array
        accepts: (payload: Uint8Array) => boolean
      }): Promise<DatagramAnswer> => {
        sent.push(payload)
        const answer = answers[at++ % answers.length] ?? { kind: 'silent' }
        return answer.kind === 'reply' && !accepts(answer.payload) ? { kind: 'silent' } : answer
      },
    }
    const look = await lookAtIpmi({ host: '10.0.0.1', port: 623 }, seams)
    if (look.kind === 'known') assert.ok(LOOKS.includes(look.value.kind))
    else assert.match(look.reason, /^no-route-from-here/)
    // Stateless questions only, whatever was answered.
    for (const payload of sent) {
      const isPing = payload.length === 12 && payload[8] === 0x80
      assert.ok(isPing || (payload.length === 23 && payload[19] === 0x38 && payload[4] === 0), payload.toString())
    }
    assert.ok(sent.length <= 9, `${sent.length} datagrams`)
  },
)

fuzz(
  'whatever a web server answers for a Redfish root, a look is one of the four words or unknown',
  fc.oneof(
    fc.tuple(strangeStatus, strangeBody),
    fc.tuple(
      fc.constant(200),
      fc.tuple(strangeValue, strangeValue).map(([version, id]) => JSON.stringify({ RedfishVersion: version, '@odata.id': id })),
    ),
    fc
      .constantFrom('connect ECONNREFUSED', 'no answer within 10000 ms', 'getaddrinfo ENOTFOUND', 'socket hang up')
      .map((why) => new TransportError('before', why)),
  ),
  { runs: 300 },
  async (answer) => {
    const transport = async () => {
      if (answer instanceof TransportError) throw answer
      return { status: answer[0], headers: {}, text: spelt(answer[1]) }
    }
    const look = await lookAtRedfish({ host: '10.0.0.1', port: 443 }, { clock, transport })
    if (look.kind === 'known') assert.ok(LOOKS.includes(look.value.kind) && look.value.detail.length < 400)
    if (look.kind === 'known' && look.value.kind === 'answers' && Array.isArray(answer) && answer[0] === 200)
      assert.match(spelt(answer[1]), /"(RedfishVersion|@odata\.id)"/)
  },
)

const KEYS = [
  'ipmi_address',
  'ipmi_port',
  'redfish_address',
  'ilo_address',
  'client_port',
  'irmc_address',
  'irmc_port',
  'drac_address',
  'drac_port',
]

fuzz(
  'an address out of driver_info is a host and a port and nothing else, or there is none',
  fc.record({
    driver: fc.oneof(fc.constantFrom('ipmi', 'redfish', 'idrac', 'ilo5', 'irmc', 'fake-hardware'), strangeText),
    power_interface: fc.oneof(fc.constantFrom('ipmitool', 'redfish', 'ilo', 'irmc', 'idrac-wsman', null), strangeText),
    driver_info: fc.dictionary(
      fc.constantFrom(...KEYS),
      fc.oneof(
        strangeValue,
        fc.constantFrom(
          '10.0.0.1',
          '[fd00::7]',
          'http://u:hunter2@bmc:8000/x?token=hunter2#f',
          'https://bmc',
          'ftp://bmc',
          '[',
          '::',
          'bmc:99999',
        ),
      ),
    ),
  }),
  { runs: 1_000 },
  ({ driver, power_interface, driver_info }) => {
    const address = bmcAddress({ driver: spelt(driver), power_interface, driver_info: JSON.parse(spelt(JSON.stringify(driver_info))) })
    if (address === null) return
    assert.match(address.host, /^[\p{L}\p{N}._:%-]{1,253}$/u)
    assert.ok(Number.isInteger(address.port) && address.port > 0 && address.port < 65_536)
    assert.doesNotMatch(JSON.stringify(address), /hunter2/)
    assert.ok(networkOf(address).length > 0)
    if (address.protocol === 'redfish' && !address.host.includes('%'))
      assert.ok(URL.canParse(serviceRootUrl(address)), serviceRootUrl(address))
  },
)

fuzz('what is sent to a BMC is as long as the standard says', fc.tuple(fc.nat(254), fc.nat(63)), { runs: 50 }, ([tag, sequence]) => {
  assert.equal(encodePresencePing(tag).length, 12)
  for (const version of ['1.5', '2.0'] as const) assert.equal(encodeAuthCapabilitiesRequest(sequence, version).length, 23)
})
