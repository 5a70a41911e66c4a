/**
 * What a broker is to us: where it is, and one subscription to it, as a function that is handed in, because it needs sockets of its own
 * (src/amqp.ts has the real one). Nothing is tried again here or there; hear.ts does that.
 */

export type Broker = {
  host: string
  port: number
  user: string
  password: string
  vhost: string
  /** null: in the clear. `ca`, `cert` and `key` are PEM; null: those of this machine, or none. */
  tls: { ca: string | null; cert: string | null; key: string | null; verify: boolean } | null
}

/** What is subscribed to: an exchange that must be there, by these routing keys, through a queue of this name that is ours alone. */
export type Subscribed = { exchange: string; keys: readonly string[]; queue: string; prefetch: number }

/** Takes one message; false puts it aside (rejected, so that a dead-letter policy of the site gets it). Never rejects. */
export type OnMessage = (body: Uint8Array) => Promise<boolean>

/**
 * Connects, and resolves once messages come. `closed` then resolves when the subscription is over: with why it was lost, or with null after the
 * signal aborted. Rejects with BrokerError only.
 */
export type Subscribe = (
  to: Broker,
  what: Subscribed,
  on: { message: OnMessage; signal: AbortSignal },
) => Promise<{ closed: Promise<string | null> }>

/** A queue that is somebody else's, as it stands. */
export type QueueSeen = { queue: string; messages: number; consumers: number }

/** Looks at queues without taking anything from them; those that cannot be looked at are left out. */
export type LookAtQueues = (at: Broker, queues: readonly string[]) => Promise<QueueSeen[]>

/** `refused`: login, vhost or a permission. The message holds no secret. */
export class BrokerError extends Error {
  override name = 'BrokerError'
  readonly kind: 'unreachable' | 'refused' | 'no-exchange' | 'other'
  constructor(kind: BrokerError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export const brokerName = ({ host, port }: Pick<Broker, 'host' | 'port'>): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
