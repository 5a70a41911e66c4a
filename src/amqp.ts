/**
 * The real road to a RabbitMQ: AMQP 0-9-1 over rabbitmq-client, one connection for each subscription. Beside the seams, because it needs sockets
 * of its own. It connects once; the client's own reconnecting is cut off, so that one place (controller/hear.ts) decides about another try.
 */
import { AMQPError, type Channel, Connection } from 'rabbitmq-client'
import { type Broker, BrokerError, brokerName, type LookAtQueues, type Subscribe } from './controller/broker.ts'

/** TCP and TLS; then login, exchange, queue and bindings together. */
const CONNECT_MS = 5_000
const SET_UP_MS = 15_000
/** The client looks twice in this time and gives a peer up that was silent for four looks: 25 s at most. */
const HEARTBEAT_S = 10
/** What a queue of ours may hold while this process stands still; then the oldest goes. A lost notification is found by the poll. */
const QUEUE_MAX = 10_000
/** How long a goodbye may take. */
const CLOSE_MS = 2_000

type Opened = { channel: Channel; lost: Promise<string>; close(): Promise<void> }

export const amqpSubscribe: Subscribe = async (broker, { exchange, keys, queue, prefetch }, { message, signal }) => {
  const setUp = async (channel: Channel): Promise<void> => {
    // Only looked for, never made: made with other properties than Ironic's own it would keep Ironic from sending, and from its RPC.
    await channel.exchangeDeclare({ exchange, passive: true })
    await channel.queueDeclare({
      queue,
      exclusive: true,
      autoDelete: true,
      durable: false,
      arguments: { 'x-max-length': QUEUE_MAX, 'x-overflow': 'drop-head' },
    })
    for (const routingKey of keys) await channel.queueBind({ queue, exchange, routingKey })
    await channel.basicQos({ prefetchCount: prefetch })
    await channel.basicConsume({ queue, exclusive: true, noAck: false }, ({ body, deliveryTag }) => {
      message(bytesOf(body)).then((isTaken) => {
        if (!channel.active) return
        if (isTaken) channel.basicAck({ deliveryTag })
        else channel.basicNack({ deliveryTag, requeue: false })
      })
    })
  }
  const opened = await open(broker, setUp, signal)
  const closed = opened.lost.then(async (why) => {
    await opened.close()
    return signal.aborted ? null : why
  })
  return { closed }
}

export const amqpLookAtQueues: LookAtQueues = async (broker, queues) => {
  const seen = []
  for (const queue of queues) {
    // A queue that is not there ends its channel: each has a connection of its own.
    const look = await open(broker, async (channel) => await channel.queueDeclare({ queue, passive: true })).catch((error: unknown) => {
      // Knows: what cannot be looked at is left out.
      if (error instanceof BrokerError) return null
      throw error
    })
    if (look === null) continue
    await look.close()
    seen.push({ queue, messages: look.value.messageCount, consumers: look.value.consumerCount })
  }
  return seen
}

/** Connects and does the set-up on a channel, or rejects with BrokerError and leaves nothing open. An abort counts as a loss, then as before. */
async function open<T>(broker: Broker, setUp: (channel: Channel) => Promise<T>, signal?: AbortSignal): Promise<Opened & { value: T }> {
  const { host, port, user, password, vhost, tls } = broker
  const connection = new Connection({
    hostname: host,
    port,
    username: user,
    password,
    vhost,
    tls: tls === null ? false : tlsOptions(tls),
    connectionName: 'anneal',
    connectionTimeout: CONNECT_MS,
    acquireTimeout: SET_UP_MS,
    heartbeat: HEARTBEAT_S,
    noDelay: true,
  })
  let lose: (error: unknown) => void = () => {}
  const lost = new Promise<unknown>((resolve) => {
    lose = resolve
  })
  connection.on('error', (error: unknown) => lose(error))
  const stop = (): void => lose(new Error('stopped'))
  signal?.addEventListener('abort', stop)
  lost.then(() => signal?.removeEventListener('abort', stop))
  const timer = setTimeout(() => lose(new Error(`not done after ${SET_UP_MS / 1_000} s`)), SET_UP_MS)
  const working = (async () => {
    const channel = await connection.acquire({ emitErrorsFromChannel: true })
    channel.on('error', (error: unknown) => lose(error))
    // In a turn of its own: what a request was answered with says more than that the channel is closed by it.
    channel.on('close', () => setImmediate(() => lose(new Error('the channel was closed'))))
    channel.on('basic.cancel', () => lose(new Error('the broker ended the consumer')))
    return { channel, value: await setUp(channel) }
  })()
  try {
    const failed = lost.then((error) => Promise.reject(error))
    const { channel, value } = await Promise.race([working, failed])
    return { channel, value, lost: lost.then((error) => reasonOf(error, broker)), close: () => goodbye(connection, channel) }
  } catch (error) {
    lose(error)
    connection.unsafeDestroy()
    throw new BrokerError(kindOf(error), `${brokerName(broker)}: ${reasonOf(error, broker)}`)
  } finally {
    clearTimeout(timer)
  }
}

const tlsOptions = ({ ca, cert, key, verify }: NonNullable<Broker['tls']>) => ({
  rejectUnauthorized: verify,
  ...(ca === null ? {} : { ca }),
  ...(cert === null ? {} : { cert }),
  ...(key === null ? {} : { key }),
})

/** Politely, so that the broker logs no lost connection; and at once where it does not answer. */
async function goodbye(connection: Connection, channel: Channel): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS)
  })
  const polite = channel.active && connection.ready ? channel.close().then(() => connection.close()) : Promise.resolve()
  await Promise.race([polite, late])
  clearTimeout(timer)
  connection.unsafeDestroy()
}

/** The client parses a body whose publisher said JSON and no encoding. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
}

const REFUSED = ['ACCESS_REFUSED', 'NOT_ALLOWED']

function kindOf(error: unknown): BrokerError['kind'] {
  if (!(error instanceof AMQPError)) return 'unreachable'
  if (REFUSED.includes(error.code)) return 'refused'
  if (error.code === 'NOT_FOUND') return 'no-exchange'
  return /TIMEOUT|CONN_CLOSE|CLOSING/.test(error.code) ? 'unreachable' : 'other'
}

/** One line for a person. What the broker says may quote what was sent to it. */
function reasonOf(error: unknown, { password }: Broker): string {
  const said = error instanceof Error ? error.message || error.name : String(error)
  // The client names the method that it is about, where it knows it.
  const text = said.replace(/^undefined: /, '')
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
  const line = (code === null || text.includes(code) ? text : `${text} (${code})`).replace(/\s+/g, ' ').slice(0, 300)
  return password.length < 4 ? line : line.replaceAll(password, '…')
}
