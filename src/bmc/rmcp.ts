/**
 * Asks a BMC over RMCP whether it is alive: the ASF presence ping and IPMI's Get Channel Authentication Capabilities, the two
 * exchanges that need no session. No session is ever opened here (a BMC has few), so an answer says "the BMC answers" and
 * nothing about credentials. Replies are hostile input: every length, checksum and number is checked, anything else is ignored.
 * Byte layouts: ASF 2.0 section 3.2.4, IPMI 2.0 revision 1.1 sections 13.1 to 13.8 and 22.13.
 */
import type { BmcLook } from '../core/observation.ts'
import { known, type Reading, unknown } from '../core/reading.ts'
import type { Seams } from '../core/seams.ts'

/** Design section 4: three datagrams, one second each. */
const TRIES = 3
const TRY_MS = 1000

const RMCP_VERSION = 0x06
/** Sequence number FF: the receiver sends no RMCP acknowledgement. */
const RMCP_NO_ACK = 0xff
const CLASS_ASF = 0x06
const CLASS_IPMI = 0x07
/** IANA enterprise number 4542, the ASF's own, big-endian. */
const ASF_IANA = [0x00, 0x00, 0x11, 0xbe]
const ASF_PING = 0x80
const ASF_PONG = 0x40

const BMC_ADDRESS = 0x20
/** The remote console's software id. */
const CONSOLE_ADDRESS = 0x81
const NETFN_APP_REQUEST = 0x06 << 2
const NETFN_APP_REPLY = 0x07 << 2
const GET_CHANNEL_AUTH_CAPABILITIES = 0x38
const THIS_CHANNEL = 0x0e
/** Bit 7 of the channel byte asks for IPMI v2.0 data; a v1.5 BMC may refuse it with a completion code. */
const WITH_V20_DATA = 0x80
const ADMINISTRATOR = 0x04

/** 12 bytes. `tag` is 0 to 254: FF means that no answer is wanted. */
export function encodePresencePing(tag: number): Uint8Array {
  return Uint8Array.from([RMCP_VERSION, 0, RMCP_NO_ACK, CLASS_ASF, ...ASF_IANA, ASF_PING, tag, 0, 0])
}

/** What a pong to the ping with this tag says; null for every other datagram. */
export function decodePresencePong(datagram: Uint8Array, tag: number): { ipmi: boolean } | null {
  if (datagram.length < 28) return null
  if (datagram[0] !== RMCP_VERSION || datagram[3] !== CLASS_ASF) return null
  if (ASF_IANA.some((byte, at) => datagram[4 + at] !== byte)) return null
  if (datagram[8] !== ASF_PONG || datagram[9] !== tag || datagram[11] !== 16) return null
  return { ipmi: ((datagram[20] ?? 0) & 0x80) !== 0 }
}

/** 23 bytes: a v1.5 wrapper without session around one message. `sequence` is 0 to 63. */
export function encodeAuthCapabilitiesRequest(sequence: number, version: '1.5' | '2.0'): Uint8Array {
  const channel = version === '2.0' ? THIS_CHANNEL | WITH_V20_DATA : THIS_CHANNEL
  const head = [BMC_ADDRESS, NETFN_APP_REQUEST]
  const body = [CONSOLE_ADDRESS, sequence << 2, GET_CHANNEL_AUTH_CAPABILITIES, channel, ADMINISTRATOR]
  const message = [...head, checksum(head), ...body, checksum(body)]
  return Uint8Array.from([RMCP_VERSION, 0, RMCP_NO_ACK, CLASS_IPMI, 0, 0, 0, 0, 0, 0, 0, 0, 0, message.length, ...message])
}

export type AuthCapabilities =
  | { kind: 'capabilities'; versions: ('1.5' | '2.0')[] }
  /** The BMC understood and said no: a completion code other than 0. */
  | { kind: 'refused'; completionCode: number }

/**
 * What the reply to the request with this sequence number says; null for every other datagram. Bytes after the announced
 * length are allowed, because IPMI 1.5 pads some lengths.
 */
export function decodeAuthCapabilitiesReply(datagram: Uint8Array, sequence: number): AuthCapabilities | null {
  if (datagram.length < 14 || datagram[0] !== RMCP_VERSION || datagram[3] !== CLASS_IPMI) return null
  // Another authentication type would be followed by a 16-byte code; outside a session there is none.
  if (datagram[4] !== 0) return null
  const length = datagram[13] ?? 0
  const message = datagram.subarray(14, 14 + length)
  if (message.length !== length || length < 8) return null
  if (!sumsToZero(message.subarray(0, 3)) || !sumsToZero(message.subarray(3))) return null
  const [to, netFn, , from, number, command, completionCode = 0xff, , authentication = 0, , extended = 0] = message
  if (to !== CONSOLE_ADDRESS || netFn !== NETFN_APP_REPLY || from !== BMC_ADDRESS) return null
  if ((number ?? 0) >> 2 !== sequence || command !== GET_CHANNEL_AUTH_CAPABILITIES) return null
  if (completionCode !== 0) return { kind: 'refused', completionCode }
  if (length < 16) return null
  // Without the extended byte (bit 7 of the types byte) the BMC predates IPMI v2.0.
  const speaks20 = (authentication & 0x80) !== 0 && (extended & 0x02) !== 0
  const speaks15 = (authentication & 0x80) === 0 || (extended & 0x01) !== 0
  return {
    kind: 'capabilities',
    versions: [...(speaks15 ? ['1.5' as const] : []), ...(speaks20 ? ['2.0' as const] : [])],
  }
}

/** Two's complement, so that the span and its checksum sum to 0 modulo 256. */
const checksum = (span: readonly number[]): number => -span.reduce((sum, byte) => sum + byte, 0) & 0xff

const sumsToZero = (span: Uint8Array): boolean => (span.reduce((sum, byte) => sum + byte, 0) & 0xff) === 0

export type BmcTarget = { host: string; port: number }

/** What came of up to three tries of one exchange; `tries` were sent before one was answered. */
export type Exchanged<T> =
  | { kind: 'reply'; value: T; tries: number }
  | { kind: 'refused' }
  | { kind: 'silent' }
  | { kind: 'no-route'; reason: string }

type Exchange<T> = {
  /** How many numbers the exchange can carry: each try takes its own, so that a late answer to an earlier one does not count. */
  numbers: number
  encode: (number: number) => Uint8Array
  decode: (datagram: Uint8Array, number: number) => T | null
}

async function exchange<T>(target: BmcTarget, what: Exchange<T>, seams: Pick<Seams, 'datagram' | 'random'>): Promise<Exchanged<T>> {
  const first = Math.floor(seams.random() * what.numbers)
  for (let tried = 0; tried < TRIES; tried++) {
    const number = (first + tried) % what.numbers
    const accepts = (payload: Uint8Array): boolean => what.decode(payload, number) !== null
    const answer = await seams.datagram({ ...target, payload: what.encode(number), timeoutMs: TRY_MS, accepts })
    if (answer.kind === 'refused' || answer.kind === 'no-route') return answer
    const value = answer.kind === 'reply' ? what.decode(answer.payload, number) : null
    if (value !== null) return { kind: 'reply', value, tries: tried + 1 }
  }
  return { kind: 'silent' }
}

/** The ASF presence ping, 3 tries of 1 s. */
export function pingBmc(target: BmcTarget, seams: Pick<Seams, 'datagram' | 'random'>): Promise<Exchanged<{ ipmi: boolean }>> {
  return exchange(target, { numbers: 255, encode: encodePresencePing, decode: decodePresencePong }, seams)
}

/** Get Channel Authentication Capabilities of this channel, 3 tries of 1 s; once more without v2.0 data where that was refused. */
export async function askAuthCapabilities(
  target: BmcTarget,
  seams: Pick<Seams, 'datagram' | 'random'>,
): Promise<Exchanged<AuthCapabilities>> {
  const asked = (version: '1.5' | '2.0'): Promise<Exchanged<AuthCapabilities>> => {
    const encode = (sequence: number): Uint8Array => encodeAuthCapabilitiesRequest(sequence, version)
    return exchange(target, { numbers: 64, encode, decode: decodeAuthCapabilitiesReply }, seams)
  }
  const answer = await asked('2.0')
  if (answer.kind !== 'reply' || answer.value.kind !== 'refused') return answer
  const older = await asked('1.5')
  // It did answer a moment ago, so silence now is not the silence of a dead BMC.
  return older.kind === 'silent' ? answer : older
}

/** One that had to be asked again is the only sign of a lossy path that a look has: a session of many exchanges rarely comes through it. */
const unanswered = (tries: number): string =>
  tries === 1 ? '' : `, only to request ${tries} of ${TRIES}: it is slow, or datagrams are lost`

/**
 * What an IPMI BMC does when asked without a session; at most 9 s, 12 where it answers a ping alone. The capabilities are asked first, because their answer
 * settles it with one datagram; the ping only tells a half-dead BMC from a silent one. `silent` is not yet calibrated: see
 * observe/bmc-watch.ts. Unknown where this host could not even send.
 */
export async function lookAtIpmi(target: BmcTarget, seams: Pick<Seams, 'clock' | 'datagram' | 'random'>): Promise<Reading<BmcLook>> {
  const look = (kind: BmcLook['kind'], detail: string, hangs?: true): Reading<BmcLook> =>
    known({ kind, detail, at: seams.clock.now(), ...(hangs === true ? { hangs } : {}) })
  const said = (answer: AuthCapabilities, howLate: string): Reading<BmcLook> => {
    if (answer.kind === 'capabilities')
      return look('answers', `answers IPMI (version ${answer.versions.join(' and ') || 'not told'})${howLate}`)
    const code = `0x${answer.completionCode.toString(16).padStart(2, '0')}`
    return look('faulty', `answers the authentication capabilities request with completion code ${code}`)
  }
  const asked = await askAuthCapabilities(target, seams)
  if (asked.kind === 'reply') return said(asked.value, unanswered(asked.tries))
  // A path that loses datagrams is no hang: what lost all the requests and let a ping through may let a request through, too.
  const askOnceMore = async (): Promise<Reading<BmcLook>> => {
    const again = await askAuthCapabilities(target, seams)
    return again.kind === 'reply'
      ? said(again.value, `, only when asked again after ${TRIES} requests and a ping: it is slow, or datagrams are lost`)
      : look('silent', 'answers the presence ping but not the authentication capabilities request', true)
  }
  const settled = asked.kind === 'silent' ? await pingBmc(target, seams) : asked
  switch (settled.kind) {
    case 'reply':
      return settled.value.ipmi ? await askOnceMore() : look('faulty', 'answers the presence ping, in which it says that it speaks no IPMI')
    case 'refused':
      return look('refusing', `UDP port ${target.port} is closed, or a filter rejects`)
    case 'silent':
      return look(
        'silent',
        `no answer to ${TRIES} authentication capabilities requests and ${TRIES} presence pings of ${TRY_MS / 1000} s each`,
      )
    case 'no-route':
      return unknown(`no-route-from-here: there is no way from this host to the BMC (${settled.reason})`)
    default:
      return settled satisfies never
  }
}
