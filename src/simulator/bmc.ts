/**
 * BMCs as a stranger on the management network meets them: the two stateless datagrams of RMCP (presence ping, Get Channel
 * Authentication Capabilities) and Redfish's service root. Wrong passwords and stuck power do not show here: a BMC that
 * answers a stranger may still refuse its owner. Layouts: IPMI 2.0 sections 13.1.3, 13.2, 13.6, 13.8, 22.13.
 */
import type { DatagramAnswer, DatagramRequest } from '../core/seams.ts'
import type { Reply } from './answer.ts'
import type { Bmc, BmcMode, World } from './world.ts'

/** A slow BMC takes longer than one datagram's usual wait of a second. */
const SLOW_MS = 1500

export function setBmcMode(bmc: Bmc, mode: BmcMode, now: number): void {
  bmc.mode = mode
  bmc.wellUntil = mode === 'ok' ? null : (bmc.wellUntil ?? now)
  bmc.watch?.(mode)
}

/** A flapping BMC is up for so long, then silent for as long. */
const FLAP_MS = 20_000

/** What it is like at this moment: a flapping one is up or silent. */
export function modeAt(bmc: Bmc, now: number): Exclude<BmcMode, 'flapping'> {
  if (bmc.mode !== 'flapping') return bmc.mode
  return Math.floor(now / FLAP_MS) % 2 === 0 ? 'ok' : 'silent'
}

const ASF_IANA = [0x00, 0x00, 0x11, 0xbe]

/** What the BMC sends back; null where it has nothing to say to such a datagram. A hung one says nothing but that it is there. */
export function rmcpReply(payload: Uint8Array, mode: BmcMode = 'ok'): Uint8Array | null {
  if (payload.length < 12 || payload[0] !== 0x06) return null
  const isAsf = (payload[3] ?? 0) === 0x06
  if (isAsf) return payload[8] === 0x80 ? pong(payload[9] ?? 0) : null
  return payload[3] === 0x07 && mode !== 'hung' ? channelAuthentication(payload) : null
}

const pong = (tag: number): Uint8Array =>
  Uint8Array.of(0x06, 0x00, 0xff, 0x06, ...ASF_IANA, 0x40, tag, 0x00, 0x10, ...ASF_IANA, 0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0, 0, 0)

/** Two's complement, so that the span and its checksum add up to 0 modulo 256. */
const checksum = (bytes: number[]): number => -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff

function channelAuthentication(payload: Uint8Array): Uint8Array | null {
  // v1.5 session wrapper without authentication: type, sequence (4), session (4), length; then the message.
  if (payload[4] !== 0x00 || payload.length < 23) return null
  const message = payload.subarray(14)
  const [, netFnLun = 0, , requester = 0x81, sequence = 0, command] = message
  if (netFnLun >> 2 !== 0x06) return null
  const known = command === 0x38
  const capabilities = [0x01, 0x97, 0x04, 0x03, 0x00, 0x00, 0x00, 0x00]
  const head = [requester, (netFnLun + 4) & 0xff]
  const body = [0x20, sequence, command ?? 0, known ? 0x00 : 0xc1, ...(known ? capabilities : [])]
  const answer = [...head, checksum(head), ...body, checksum(body)]
  return Uint8Array.of(0x06, 0x00, 0xff, 0x07, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, answer.length, ...answer)
}

/** One datagram to a BMC's address, with virtual time. An address where nothing stands stays silent. */
export async function sendDatagram(world: World, request: DatagramRequest): Promise<DatagramAnswer> {
  const { clock, faults, random } = world
  if (faults.route === 'no-route') return { kind: 'no-route', reason: `no route to ${request.host}` }
  const bmc = world.bmcs.get(`${request.host}:${request.port}`)
  const silent = async (): Promise<DatagramAnswer> => {
    await clock.sleep(request.timeoutMs)
    return { kind: 'silent' }
  }
  const mode = bmc === undefined ? 'silent' : modeAt(bmc, clock.now())
  if (faults.route === 'swallowed' || bmc === undefined || mode === 'silent' || mode === 'frozen') return silent()
  const answerMs = mode === 'slow' ? SLOW_MS : 1 + Math.floor(random() * 3)
  if (mode === 'refusing' || bmc.protocol === 'redfish') {
    await clock.sleep(answerMs)
    return { kind: 'refused' }
  }
  const payload = rmcpReply(request.payload, mode)
  if (payload === null || !request.accepts(payload) || answerMs > request.timeoutMs) return silent()
  await clock.sleep(answerMs)
  return { kind: 'reply', payload }
}

/** Redfish without a login: the service root for everybody, everything else is a 401. */
export function redfish(bmc: Bmc, path: string): Reply {
  const error = (status: number, id: string, message: string): Reply => ({ status, json: { error: { code: id, message } } })
  if (bmc.mode === 'rejecting') return error(500, 'Base.1.6.InternalError', 'The request failed due to an internal service error.')
  if (path === '/redfish' || path === '/redfish/') return { status: 200, json: { v1: '/redfish/v1/' } }
  if (path !== '/redfish/v1/' && path !== '/redfish/v1') return error(401, 'Base.1.0.GeneralError', 'Authentication required.')
  const root = { '@odata.id': '/redfish/v1/', '@odata.type': '#ServiceRoot.v1_6_0.ServiceRoot', Id: 'RootService', Name: 'Root Service' }
  return { status: 200, json: { ...root, RedfishVersion: '1.6.0', Systems: { '@odata.id': '/redfish/v1/Systems' } } }
}
