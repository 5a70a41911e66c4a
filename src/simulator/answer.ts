/**
 * A request as a service of the pretend cloud gets it, and what it can answer. Shared by all services; knows none of them.
 */
import type { HttpResponse } from '../core/seams.ts'
import type { Caller } from './world.ts'

export type Asked = {
  method: string
  /** Below the service's endpoint, `/v1/nodes`. */
  path: string
  segments: string[]
  query: URLSearchParams
  /** Header names in lower case. */
  headers: Record<string, string>
  body: unknown
  /** False: a body came that is no JSON; `body` is then undefined. */
  isReadable: boolean
  /** Null where no token came or none is needed yet. */
  caller: Caller | null
  /** Says in a sentence what the request changed, for the ledger. */
  effect: (sentence: string) => void
}

export type Reply = { status: number; headers?: Record<string, string>; json?: unknown; html?: string; plain?: string }

export type Service = (asked: Asked) => Reply | Promise<Reply>

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value of an object's key, whatever the object turns out to be. */
export const within = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined)

export function httpResponse(reply: Reply, requestId: string): HttpResponse {
  const type =
    reply.html !== undefined ? 'text/html; charset=UTF-8' : reply.plain !== undefined ? 'text/plain; charset=UTF-8' : 'application/json'
  const text = reply.html ?? reply.plain ?? (reply.json === undefined ? '' : JSON.stringify(reply.json))
  const headers: Record<string, string> = { 'openstack-request-id': `req-${requestId}`, ...reply.headers }
  if (text !== '') headers['content-type'] = type
  return { status: reply.status, headers, text }
}

/** keystonemiddleware's refusal, the same in front of every service. */
export const unauthorized = (baseUrl: string): Reply => ({
  status: 401,
  headers: { 'www-authenticate': `Keystone uri="${baseUrl}/identity"` },
  json: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
})

const TRY_LATER = 'The server is currently unavailable. Please try again at a later time.'
const KEYSTONE_AWAY = 'The Keystone service is temporarily unavailable.'

/**
 * What a service says when it cannot ask Keystone about a token it has not seen, without its own headers: HTML to whoever takes anything,
 * JSON to whoever asks for it, plain text to whoever says nothing (webob, WSGIHTTPException.generate_response).
 */
export function keystoneAway(accept: string | undefined): Reply {
  const words = `${TRY_LATER}<br /><br />\n${KEYSTONE_AWAY}\n\n`
  if (accept === undefined || accept === '') return { status: 503, plain: `503 Service Unavailable\n\n${TRY_LATER}\n\n ${KEYSTONE_AWAY}  ` }
  if (!/\*\/\*|text\/(html|\*)/.test(accept)) {
    return { status: 503, json: { message: words, code: '503 Service Unavailable', title: 'Service Unavailable' } }
  }
  const head = '<html>\n <head>\n  <title>503 Service Unavailable</title>\n </head>\n <body>\n  <h1>503 Service Unavailable</h1>\n'
  return { status: 503, html: `${head}  ${words}\n </body>\n</html>` }
}

export const isAdmin = (caller: Caller | null): boolean => caller === null || (caller.project !== null && caller.roles.includes('admin'))
