/**
 * Who may ask at all: no page of another site that happens to be open in a browser, and where no login is needed this machine alone. A foreign
 * Origin or Host ends here with 403, whatever was asked. Who somebody is, and what they may, is caller.ts.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpRefusal } from './refusal.ts'
import { senderOf } from './sender.ts'
import type { Login } from './world.ts'

const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
}

/** On every answer, refusals too. */
export const secure = (reply: FastifyReply): FastifyReply => reply.headers(HEADERS)

/** Why this one may not ask; null: it may. @param login null: none is needed */
export function refusalOf(request: FastifyRequest, login: Login | null): HttpRefusal | null {
  // With a login a foreign name that leads here gains nothing: the browser has no cookie of ours for it.
  if (login === null && !isLoopback(request.headers.host))
    return foreign('host', 'The Host header does not name this machine, as when a foreign name was made to lead here.')
  const { origin } = request.headers
  // Exactly the address that was asked: another port of this machine is another site, too.
  const asked = senderOf(request, login?.isProxy ?? nobody)
  if (asked.origin === null) return foreign('host', 'There is no Host header.')
  if (origin !== undefined && origin.toLowerCase() !== asked.origin)
    return foreign('origin', 'A page of another site asks, and only our own may; or a proxy that server.trustedProxies does not name.')
  return isSentByAnotherSite(request) ? foreign('sec-fetch-site', 'A page of another site asks, and only our own may.') : null
}

const nobody = (): boolean => false
const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i
const isLoopback = (host: string | undefined): boolean => host !== undefined && LOOPBACK_NAME.test(host)

/** What a browser says of itself. To follow a link to us is no asking: nobody but the person reads the answer. */
function isSentByAnotherSite({ method, headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  return !(method === 'GET' && headers['sec-fetch-mode'] === 'navigate')
}

const foreign = (what: string, message: string): HttpRefusal =>
  new HttpRefusal(403, { what, message, fix: 'Ask by the address where it listens, from a program or from our own page.' })
