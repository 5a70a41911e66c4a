/**
 * Who may ask at all: this machine, and no page of another site that happens to be open on it. A foreign Origin or Host ends here with
 * 403, whatever was asked. There is no login yet: the configuration lets the server listen on the loopback only.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpRefusal } from './refusal.ts'

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

/** Why this one may not ask; null: it may. */
export function refusalOf(request: FastifyRequest): HttpRefusal | null {
  const { host } = request.headers
  if (!isLoopback(host)) return foreign('host', 'The Host header does not name this machine, as when a foreign name was made to lead here.')
  const { origin } = request.headers
  // Exactly the address that was asked: another port of this machine is another site, too.
  if (origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`)
    return foreign('origin', 'A page of another site asks, and only our own may.')
  return isSentByAnotherSite(request) ? foreign('sec-fetch-site', 'A page of another site asks, and only our own may.') : null
}

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i
const isLoopback = (host: string | undefined): boolean => host !== undefined && LOOPBACK_NAME.test(host)

/** What a browser says of itself. To follow a link to us is no asking: nobody but the person reads the answer. */
function isSentByAnotherSite({ method, headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  return !(method === 'GET' && headers['sec-fetch-mode'] === 'navigate')
}

const foreign = (what: string, message: string): HttpRefusal =>
  new HttpRefusal(403, { what, message, fix: 'Ask 127.0.0.1, localhost or [::1] itself, from a program or from our own page.' })
