/**
 * The real five seams: this machine's clocks, randomness and ids, HTTP over undici and UDP over node:dgram. The only file in
 * src that touches them; what they promise stands in core/seams.ts. It retries nothing, follows no redirect, and keeps no
 * state but open connections, so that `close` is all a clean exit needs.
 */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { type LookupAddress, lookup } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import type {
  Clock,
  Datagram,
  DatagramAnswer,
  DatagramRequest,
  HttpRequest,
  HttpResponse,
  NewSecret,
  Seams,
  Transport,
} from './core/seams.ts'
import { TransportError } from './core/seams.ts'

/** A census page of 1,000 detailed nodes is 3.2 MB (measured); twenty times that is not an answer but a fault. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** Shorter than the idle limits of uwsgi, eventlet and HAProxy, so that it is this side that lets go of an idle connection. */
const KEEP_ALIVE_MS = 4_000

/** undici's own limit on connecting; every request has a shorter one of its own that is kept by connectTimeoutMs. */
const CONNECT_LIMIT_MS = 30_000

/** The real world. Call `close` before the process ends: it lets requests in flight finish and drops idle connections. */
export function realSeams(): Seams & { close(): Promise<void> } {
  const { transport, close } = httpTransport(realClock)
  return { clock: realClock, random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48, newId, transport, datagram, close }
}

const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done)
    }),
}

export const newSecret: NewSecret = () => randomBytes(32).toString('base64url')

/** UUIDv7 (RFC 9562): 48 bits of epoch milliseconds, then random bits. node:crypto has it only in the newest releases of Node 24. */
function newId(): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function httpTransport(clock: Clock): { transport: Transport; close(): Promise<void> } {
  // One agent per set of TLS options: a connection made without verifying must never serve a request that wants it verified.
  const agents = new Map<string, Agent>()

  const agentFor = (tls: { ca?: string; verify: boolean }): Agent => {
    const key = `${tls.verify}\n${tls.ca ?? ''}`
    const existing = agents.get(key)
    if (existing) return existing
    const agent = new Agent({
      // One request at a time on a connection and as many connections as there are requests: nothing ever queues behind another.
      pipelining: 1,
      connections: null,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A server's own Keep-Alive hint does not lengthen it: what stands between may let go sooner than the server.
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: CONNECT_LIMIT_MS, rejectUnauthorized: tls.verify, ...(tls.ca === undefined ? {} : { ca: tls.ca }) },
    })
    agents.set(key, agent)
    return agent
  }

  const inFlight = new Set<Promise<unknown>>()
  return {
    transport: (request) => {
      const answer = sendRequest(agentFor(request.tls ?? { verify: true }), clock, request)
      const noted: Promise<boolean> = answer.then(
        () => inFlight.delete(noted),
        () => inFlight.delete(noted),
      )
      inFlight.add(noted)
      return answer
    },
    close: async () => {
      await Promise.all(inFlight)
      // Not agent.close(): that would wait for connections still being made for requests that were given up.
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
      agents.clear()
    },
  }
}

function sendRequest(agent: Agent, clock: Clock, request: HttpRequest): Promise<HttpResponse> {
  const url = URL.parse(request.url)
  if (url === null) return Promise.reject(new TransportError('before', `${request.method}: the address is not a URL`))
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(clock, request, { what: `${request.method} ${url.origin}${url.pathname}`, resolve, reject })
    agent.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
      },
      exchange,
    )
  })
}

/**
 * One request from dispatch to answer. It settles once. undici calls onRequestStart in the same turn in which it writes to
 * the socket, so that call is the line between 'before' and 'after': aborting in it means that not a byte leaves.
 */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly clock: Clock
  private readonly request: HttpRequest
  private readonly to: { what: string; resolve: (response: HttpResponse) => void; reject: (error: TransportError) => void }
  private timer: NodeJS.Timeout
  private phase: 'before' | 'after' = 'before'
  private settled = false
  private controller: Dispatcher.DispatchController | null = null
  private status = 0
  private headers: Record<string, string> = {}
  private chunks: Buffer[] = []
  private bytes = 0

  constructor(clock: Clock, request: HttpRequest, to: Exchange['to']) {
    this.clock = clock
    this.request = request
    this.to = to
    const ms = request.connectTimeoutMs
    this.timer = setTimeout(() => this.fail(`no connection within ${ms} ms`), ms)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Already failed (connect timeout), or undici offers the request a second time after losing the connection: it must not leave.
    const { sendBy, answerTimeoutMs } = this.request
    const again = this.settled || this.phase === 'after'
    if (again || (sendBy !== undefined && this.clock.monotonic() > sendBy)) {
      const reason = again ? 'the request is not sent a second time' : 'too late to be sent'
      this.fail(reason)
      controller.abort(new Error(reason))
      return
    }
    this.phase = 'after'
    this.controller = controller
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.fail(`no complete answer within ${answerTimeoutMs} ms`), answerTimeoutMs)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    this.status = status
    this.headers = Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
      ),
    )
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.length
    if (this.bytes > ANSWER_BYTES_MAX) this.fail(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`)
    else this.chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.settled) return
    this.settle()
    const response = { status: this.status, headers: this.headers, text: Buffer.concat(this.chunks).toString('utf8') }
    // undici frees the connection one turn after the answer; two turns later a verb that follows its mark finds it ready.
    setImmediate(() => setImmediate(() => this.to.resolve(response)))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(reasonOf(error))
  }

  private fail(reason: string): void {
    if (this.settled) return
    this.settle()
    this.chunks = []
    this.to.reject(new TransportError(this.phase, `${this.to.what}: ${reason}`))
    this.controller?.abort(new Error(reason))
  }

  private settle(): void {
    this.settled = true
    clearTimeout(this.timer)
  }
}

/** One line for a person. undici and node put addresses and codes into it, never a header or a body. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map((inner) => (inner instanceof Error ? reasonOf(inner) : 'failed')))].join('; ')
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  const text = error.message === '' ? error.name : error.message.replace(/\s+/g, ' ').slice(0, 200)
  return code === null || text.includes(code) ? text : `${text} (${code})`
}

const datagram: Datagram = (request) =>
  new Promise((resolve) => {
    if (!Number.isInteger(request.port) || request.port < 1 || request.port > 65535) {
      return resolve({ kind: 'no-route', reason: `${request.port} is not a port` })
    }
    // node:dns throws at a NUL and finds null for nothing; from a callback that would end the process.
    if (request.host === '' || request.host.includes('\0')) return resolve({ kind: 'no-route', reason: 'there is no such host name' })
    const family = isIP(request.host)
    if (family !== 0) return exchangeDatagram(request, { address: request.host, family }, resolve)
    const timer = setTimeout(() => resolve({ kind: 'no-route', reason: `${request.host} was not resolved in time` }), request.timeoutMs)
    lookup(request.host, (error, address, found) => {
      clearTimeout(timer)
      if (error) return resolve({ kind: 'no-route', reason: `${request.host}: ${error.code ?? error.message}` })
      exchangeDatagram(request, { address, family: found }, resolve)
    })
  })

/** A connected socket, because only that one is told of ICMP port unreachable (ECONNREFUSED). */
function exchangeDatagram(request: DatagramRequest, to: LookupAddress, resolve: (answer: DatagramAnswer) => void): void {
  const socket = createSocket(to.family === 6 ? 'udp6' : 'udp4')
  let open = true
  const end = (answer: DatagramAnswer) => {
    if (!open) return
    open = false
    clearTimeout(timer)
    socket.close()
    resolve(answer)
  }
  const failed = (error: Error) => {
    const refused = 'code' in error && error.code === 'ECONNREFUSED'
    end(refused ? { kind: 'refused' } : { kind: 'no-route', reason: reasonOf(error) })
  }
  const timer = setTimeout(() => end({ kind: 'silent' }), request.timeoutMs)
  socket.on('error', failed)
  socket.on('message', (payload) => {
    if (open && request.accepts(payload)) end({ kind: 'reply', payload })
  })
  socket.on('connect', () => {
    if (!open) return
    socket.send(request.payload, (error) => {
      if (error) failed(error)
    })
  })
  socket.connect(request.port, to.address)
}
