/**
 * The five seams: everything outside the process that is not the database goes through one of them, so that a whole
 * history can be run again from one seed. The real ones stand in src/seams.ts, the simulated ones in src/simulator.
 * Nothing else in src may read the clock, draw randomness, make an id, or open a socket (test/tidy.test.ts holds this).
 */

/** Wall time is epoch milliseconds; monotonic time is milliseconds from an arbitrary start and never goes back. */
export type Clock = {
  now(): number
  monotonic(): number
  /** Resolves after ms, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** 256 bits that nobody can guess, as text that fits into a header (base64url). Its own kind of randomness: a seeded history draws none of it. */
export type NewSecret = () => string

/** A number in [0, 1). */
export type Random = () => number

/** A new unique id (UUIDv7 text in production). */
export type NewId = () => string

export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  url: string
  headers: Record<string, string>
  body?: string
  /** Connecting, and waiting for the complete answer once sent; milliseconds. */
  connectTimeoutMs: number
  answerTimeoutMs: number
  /** If the request has not begun to leave by this monotonic time, it must not leave at all (TransportError, phase 'before'). */
  sendBy?: number
  tls?: { ca?: string; verify: boolean }
}

/** Header names are lower case. */
export type HttpResponse = { status: number; headers: Record<string, string>; text: string }

/** Sends one request once: no redirect is followed, nothing is repeated. Rejects with TransportError only. */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>

/**
 * No answer. 'before': not a byte of the request left (refused, unresolved, TLS, too late), so nothing can have happened.
 * 'after': it may have arrived, so what it did is unknown. The message never holds a header, a body or a query secret.
 */
export class TransportError extends Error {
  override name = 'TransportError'
  readonly phase: 'before' | 'after'
  constructor(phase: 'before' | 'after', message: string) {
    super(message)
    this.phase = phase
  }
}

export type DatagramRequest = {
  host: string
  port: number
  payload: Uint8Array
  timeoutMs: number
  /** Datagrams for which this is false are ignored: a late answer to an earlier try must not count. */
  accepts: (payload: Uint8Array) => boolean
}

export type DatagramAnswer =
  | { kind: 'reply'; payload: Uint8Array }
  /** ICMP port unreachable: the host is up and nobody listens. */
  | { kind: 'refused' }
  | { kind: 'silent' }
  /** This host could not even send: no route, name not resolved. */
  | { kind: 'no-route'; reason: string }

/** Sends one datagram once and waits for one accepted answer. Never rejects. */
export type Datagram = (request: DatagramRequest) => Promise<DatagramAnswer>

export type Seams = { clock: Clock; random: Random; newId: NewId; transport: Transport; datagram: Datagram }
