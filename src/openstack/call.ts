/**
 * One call to a service: sent once, its answer told apart from an error, its body checked. It knows nothing of tokens and
 * catalogs; session.ts puts those in.
 */
import type { z } from 'zod'
import type { HttpRequest, HttpResponse, Transport } from '../core/seams.ts'
import { TransportError } from '../core/seams.ts'
import type { CloudAccess } from './cloud-access.ts'
import { faultOf, faultText, isOwnAnswer, OpenStackError, parsed, requestIdOf } from './openstack-error.ts'
import type { ServiceType } from './service-type.ts'
import { shapeOf, TOKEN_PATH } from './token.ts'

export type Call = {
  service: ServiceType
  method: HttpRequest['method']
  /** Below the service's root (service-type.ts); segments that are not ours must be encoded. */
  path: string
  query?: [string, string][]
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: unknown
  /** Statuses of 300 and above that are returned instead of thrown. */
  accept?: number[]
  connectTimeoutMs?: number
  answerTimeoutMs?: number
  /** Monotonic ms after which it must not leave any more. */
  sendBy?: number
}

/** Design, section 4: connect 5 s, answer 10 s. */
const CONNECT_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 10_000

/** Sends it to `url` and returns the answer; throws OpenStackError for none, and for a status from 300 on that it does not accept. */
export async function sendCall(
  to: { transport: Transport; access: CloudAccess },
  call: Call,
  at: { url: string; headers: Record<string, string> },
) {
  const { verify, cacert } = to.access
  const response = await to
    .transport({
      method: call.method,
      url: at.url,
      headers: {
        accept: 'application/json',
        'user-agent': 'anneal',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
        ...at.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      connectTimeoutMs: call.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      answerTimeoutMs: call.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
      ...(call.sendBy === undefined ? {} : { sendBy: call.sendBy }),
      tls: { verify, ...(cacert === null ? {} : { ca: cacert }) },
    })
    .catch((error: unknown) => {
      // Knows: the seam rejects with TransportError only; it becomes the one error that clients throw.
      throw error instanceof TransportError ? unanswered(call, error.phase, error.message) : error
    })
  if (response.status < 300 || call.accept?.includes(response.status)) return response
  throw refusal(call, { ...response, text: withoutSecrets(response.text, to.access, at.headers) })
}

/** Shorter ones would tear words apart, and protect nobody. */
const SECRET_MIN = 4

/** An error's text with what we sent as proof of ourselves cut out: a service may say back what it disliked, and errors are logged and stored. */
function withoutSecrets(text: string, { auth }: CloudAccess, headers: Record<string, string>): string {
  const sent = [auth.password, auth.application_credential_secret, auth.token, headers['x-auth-token'], headers['authorization']]
  return sent.reduce<string>(
    (rest, secret) => (secret == null || secret.length < SECRET_MIN ? rest : rest.replaceAll(secret, '(secret)')),
    text,
  )
}

/** The checked body of an answer; a wrong shape is an OpenStackError that names the first thing that is wrong. */
export function bodyOf<T>(call: Call, response: HttpResponse, schema: z.ZodType<T>): T {
  const result = schema.safeParse(jsonOf(call, response))
  if (result.success) return result.data
  throw unreadable(call, response, `The answer has not the expected shape: ${shapeOf(result.error)}.`)
}

export function jsonOf(call: Call, response: HttpResponse): unknown {
  const body = parsed(response.text)
  if (body === undefined) throw unreadable(call, response, `The answer is not JSON: ${faultOf(response).slice(0, 200)}`)
  return body
}

const about = (call: Call) => ({
  service: call.service,
  method: call.method,
  path: call.path,
  ...(call.path === TOKEN_PATH ? { kind: 'keystone' as const } : {}),
})

/** The error that an answer is whose status means one; also for a client that accepted a status and found it was not the one it meant. */
export function refusal(call: Call, response: HttpResponse): OpenStackError {
  return new OpenStackError({
    ...about(call),
    status: response.status,
    phase: null,
    requestId: requestIdOf(response),
    sentence: faultOf(response),
    text: faultText(response),
    // Ironic's own errors are all `error_message`; JSON of another shape comes from a gateway in front of it, which may have lost the answer.
    ownAnswer: isOwnAnswer(response) && (call.service !== 'baremetal' || response.text.includes('"error_message"')),
  })
}

/** No answer, or not even a request. `kind` where it was for want of a token. */
export function unanswered(call: Call, phase: 'before' | 'after', text: string, kind?: 'keystone'): OpenStackError {
  const sentence = text.replace(/\s+/g, ' ').slice(0, 300)
  return new OpenStackError({ ...about(call), status: null, phase, requestId: null, sentence, text, ...(kind ? { kind } : {}) })
}

/** After a write such an answer is as good as none: what the write did is not known. Making a token changes nothing. */
export function unreadable(call: Call, response: HttpResponse, sentence: string): OpenStackError {
  const isRead = call.method === 'GET' || call.path === TOKEN_PATH
  const how = isRead ? { status: response.status, phase: null } : { status: null, phase: 'after' as const }
  return new OpenStackError({ ...about(call), requestId: requestIdOf(response), sentence, text: sentence, ...how })
}
