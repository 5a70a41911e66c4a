/**
 * Where a request comes from, and by which address it was asked: as the connection says, and as X-Forwarded-* says where the other end of the
 * connection is one of our own proxies. From anybody else those headers are words like any other, and are not read.
 */
import type { FastifyRequest } from 'fastify'

export type Sender = {
  address: string
  /** As in the browser's address bar, lower case; null: no Host came along. */
  origin: string | null
  isSecure: boolean
}

export function senderOf({ socket, headers }: Pick<FastifyRequest, 'socket' | 'headers'>, isProxy: (address: string) => boolean): Sender {
  const peer = plain(socket.remoteAddress ?? '')
  if (!isProxy(peer)) return { address: peer, ...asked('http', headers.host) }
  // Each proxy adds the one it was asked by, so the last that is no proxy of ours is the first that nobody could make up.
  const before = parts(headers['x-forwarded-for']).map(plain)
  const address = before.findLast((one) => !isProxy(one)) ?? before[0] ?? peer
  const proto = parts(headers['x-forwarded-proto']).at(-1)?.toLowerCase() === 'https' ? 'https' : 'http'
  return { address, ...asked(proto, parts(headers['x-forwarded-host']).at(-1) ?? headers.host) }
}

const asked = (proto: 'http' | 'https', host: string | undefined) => ({
  origin: host === undefined ? null : `${proto}://${host.toLowerCase()}`,
  isSecure: proto === 'https',
})

const parts = (header: string | string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap((text) => text.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** A socket that listens for both families tells IPv4 addresses as IPv6 ones. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')
