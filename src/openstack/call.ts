/**
 * One call to a service: sent once, its answer told apart from an error, its body checked. It knows nothing of tokens and
 * catalogs; session.ts puts those in.
 */
import type { z } from 'zod'
import type { HttpRequest, HttpResponse, Transport } from '../core/seams.ts'
import { TransportError } from '../core/seams.ts'
import type { CloudAccess } from './cloud-access.ts'
import { type Clean, faultOf, faultText, isOwnAnswer, OpenStackError, parsed, requestIdOf } from './openstack-error.ts'
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

/** `sendBy`: monotonic ms after which the request must not leave any more. */
export type Sending = { sendBy?: number }

/** An answer, and how its text is said to others: without what we sent as proof of ourselves, which a service may say back. */
export type Answer = HttpResponse & { clean: Clean }

/** Told of every request when it has ended; status null: without an answer. */
export type CountsCalls = (request: { service: ServiceType; method: string; status: number | null }) => void

/** Design, section 4: connect 5 s, answer 10 s. */
const CONNECT_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 10_000

/** A value as one segment of a path. Half a surrogate pair, which JSON may hold, is no character of an address. */
export const segment = (value: string): string => encodeURIComponent(value.toWellFormed())

/** Sends it to `url` and returns the answer; throws OpenStackError for none, and for a status from 300 on that it does not accept. */
export async function sendCall(
  to: { transport: Transport; access: CloudAccess; counted?: CountsCalls | undefined },
  call: Call,
  at: { url: string; headers: Record<string, string> },
): Promise<Answer> {
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
      to.counted?.({ service: call.service, method: call.method, status: null })
      // Knows: the seam rejects with TransportError only; it becomes the one error that clients throw.
      throw error instanceof TransportError ? unanswered(call, error.phase, error.message) : error
    })
  to.counted?.({ service: call.service, method: call.method, status: response.status })
  const answer = { ...response, clean: (text: string) => withoutSecrets(text, to.access, at.headers) }
  if (response.status < 300 || call.accept?.includes(response.status)) return answer
  throw refusal(call, answer)
}

/** Shorter ones would tear words apart, and protect nobody. */
const SECRET_MIN = 4

/** A text with what we sent as proof of ourselves cut out, however it was quoted: errors are logged and stored. */
function withoutSecrets(text: string, { auth }: CloudAccess, headers: Record<string, string>): string {
  const basic = headers['authorization']
  const sent = [auth.password, auth.application_credential_secret, auth.token, headers['x-auth-token'], basic, basic?.split(' ')[1]]
  return sent
    .flatMap((secret) => (secret == null || secret.length < SECRET_MIN ? [] : quoted(secret)))
    .reduce((rest, secret) => rest.replaceAll(secret, '(secret)'), text)
}

/** A secret as it stands in a text, in JSON (Python writes it in ASCII), in an address and in a page. */
function quoted(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const ascii = json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  return [...new Set([secret, json, ascii, encodeURIComponent(secret.toWellFormed()), html])].toSorted((a, b) => b.length - a.length)
}

/** The checked body of an answer; a wrong shape is an OpenStackError that names the first thing that is wrong. */
export function bodyOf<T>(call: Call, response: Answer, schema: z.ZodType<T>): T {
  const result = schema.safeParse(jsonOf(call, response))
  if (result.success) return result.data
  throw unreadable(call, response, response.clean(`The answer has not the expected shape: ${shapeOf(result.error)}.`))
}

export function jsonOf(call: Call, response: Answer): unknown {
  const body = parsed(response.text)
  if (body === undefined) throw unreadable(call, response, `The answer is not JSON: ${faultOf(response, response.clean).slice(0, 200)}`)
  return body
}

const about = (call: Call) => ({
  service: call.service,
  method: call.method,
  path: call.path,
  ...(call.path === TOKEN_PATH ? { kind: 'keystone' as const } : {}),
})

/** The error that an answer is whose status means one; also for a client that accepted a status and found it was not the one it meant. */
export function refusal(call: Call, response: Answer): OpenStackError {
  return new OpenStackError({
    ...about(call),
    status: response.status,
    phase: null,
    requestId: requestIdOf(response),
    sentence: faultOf(response, response.clean),
    text: faultText(response, response.clean),
    // Ironic's own errors are all `error_message`; JSON of another shape comes from a gateway in front of it, which may have lost the answer.
    ownAnswer: isOwnAnswer(response) && (call.service !== 'baremetal' || response.text.includes('"error_message"')),
  })
}

/** No answer, or not even a request. `kind` where it was for want of a token. */
export function unanswered(call: Call, phase: 'before' | 'after', text: string, kind?: 'keystone'): OpenStackError {
  return new OpenStackError({ ...about(call), status: null, phase, requestId: null, sentence: text, text, ...(kind ? { kind } : {}) })
}

/** After a write such an answer is as good as none: what the write did is not known. Making a token changes nothing. */
export function unreadable(call: Call, response: HttpResponse, sentence: string): OpenStackError {
  const isRead = call.method === 'GET' || call.path === TOKEN_PATH
  const how = isRead ? { status: response.status, phase: null } : { status: null, phase: 'after' as const }
  return new OpenStackError({ ...about(call), requestId: requestIdOf(response), sentence, text: sentence, ...how })
}

/** A write whose preparation failed was not sent, whatever became of the preparation. */
export function neverSent(call: Call, cause: OpenStackError): OpenStackError {
  const { requestId, text, kind, sentence } = cause
  return new OpenStackError({
    service: call.service,
    method: call.method,
    path: call.path,
    status: null,
    phase: 'before',
    requestId,
    sentence: `Not sent, because what it needs was not ready: ${sentence}`,
    text,
    ...(kind === null ? {} : { kind }),
  })
}
