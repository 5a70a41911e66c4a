/**
 * One request to a receiver, once, and what its answer means. The next try is decided by the reader of the outbox.
 */
import { SECOND } from '../core/policy.ts'
import { type Clock, type HttpResponse, type Transport, TransportError } from '../core/seams.ts'
import { type Receiver, type Reply, withoutSecrets } from './receiver.ts'

/** Together the 10 s after which a receiver counts as hanging. */
const CONNECT_MS = 4 * SECOND
const ANSWER_MS = 6 * SECOND

type Sending = { transport: Transport; clock: Clock }
export type HttpReceiver = Exclude<Receiver, { kind: 'email' }>

export async function httpSend(
  { transport, clock }: Sending,
  receiver: HttpReceiver,
  { url, headers, body }: { url: string; headers: Record<string, string>; body: string },
): Promise<Reply> {
  const tls = { verify: receiver.verify, ...(receiver.ca === null ? {} : { ca: receiver.ca }) }
  const timeouts = { connectTimeoutMs: CONNECT_MS, answerTimeoutMs: ANSWER_MS }
  const type = { 'content-type': 'application/json', 'user-agent': 'anneal' }
  try {
    const response = await transport({ method: 'POST', url, headers: { ...type, ...headers }, body, ...timeouts, tls })
    return answerOf(response, receiver, clock.now())
  } catch (error) {
    // Knows: whatever became of the request, sending it again with the same key is right.
    if (!(error instanceof TransportError)) throw error
    return { kind: 'trouble', said: reasonOf(error, receiver), retryAfterMs: null }
  }
}

/** The transport names method and address first; the address is a secret. */
const reasonOf = (error: TransportError, receiver: Receiver): string =>
  withoutSecrets(error.message.replace(/^[A-Z]+ \S+: /, ''), receiver) || 'no answer'

function answerOf({ status, headers, text }: HttpResponse, receiver: Receiver, now: number): Reply {
  const words = withoutSecrets(text, receiver).slice(0, 80)
  const said = `answered ${status}${status < 300 || words === '' ? '' : `, ${words}`}`
  if (status >= 200 && status < 300) return { kind: 'sent', said }
  if (status === 429 || status === 408 || status >= 500)
    return { kind: 'trouble', said, retryAfterMs: patience(headers['retry-after'], now) }
  return { kind: 'refused', said }
}

/** Retry-After: seconds, or a date. */
function patience(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const ms = /^\d{1,6}$/.test(header) ? Number(header) * SECOND : Date.parse(header) - now
  return Number.isFinite(ms) && ms > 0 ? ms : null
}
