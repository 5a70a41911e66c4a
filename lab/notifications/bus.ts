/**
 * Somebody else at the lab's RabbitMQ: a reader with a queue of its own, a publisher of whatever it is given, and a look at Ironic's own queues. As
 * the user `lab`, who may do everything.
 */
import { type Channel, Connection } from 'rabbitmq-client'
import { readSettings } from '../settings.ts'

const EXCHANGE = 'ironic'
export const TOPIC = 'ironic_versioned_notifications'

export type Bus = {
  /** Everything that the reader got since it was opened, as text. */
  read: string[]
  publish(body: string | Uint8Array, o?: { exchange?: string; key?: string }): Promise<void>
  /** Makes a topic exchange as oslo would. */
  makeExchange(name: string): Promise<void>
  removeExchange(name: string): Promise<void>
  hasExchange(name: string): Promise<boolean>
  /** Messages and consumers of a queue; null where there is none. */
  queue(name: string): Promise<{ messages: number; consumers: number } | null>
  close(): Promise<void>
}

/** The broker must be up. */
export async function bus(): Promise<Bus> {
  const connection = new Connection({ hostname: '127.0.0.1', port: readSettings().ports.amqp, username: 'lab', password: 'lab' })
  // A broker that is killed under it is what some scenarios are about.
  connection.on('error', () => {})
  const channel = await connection.acquire({ emitErrorsFromChannel: true })
  const read: string[] = []
  // As oslo makes it; a broker that was killed has it no more until Ironic speaks again.
  await channel.exchangeDeclare({ exchange: EXCHANGE, type: 'topic', durable: false, autoDelete: false })
  const { queue } = await channel.queueDeclare({ queue: '', exclusive: true })
  await channel.queueBind({ queue, exchange: EXCHANGE, routingKey: `${TOPIC}.#` })
  await channel.basicConsume({ queue, noAck: true }, ({ body }) => void read.push(String(body)))
  return {
    read,
    publish: async (body, { exchange = EXCHANGE, key = `${TOPIC}.info` } = {}) => {
      const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body)
      await channel.basicPublish({ exchange, routingKey: key, contentType: 'application/json', contentEncoding: 'utf-8' }, bytes)
    },
    makeExchange: async (exchange) => await channel.exchangeDeclare({ exchange, type: 'topic', durable: false, autoDelete: false }),
    removeExchange: async (exchange) => await channel.exchangeDelete({ exchange }),
    hasExchange: async (exchange) => (await lookAt(connection, (one) => one.exchangeDeclare({ exchange, passive: true }))) !== null,
    queue: async (name) => {
      const found = await lookAt(connection, (one) => one.queueDeclare({ queue: name, passive: true }))
      return found === null ? null : { messages: found.value.messageCount, consumers: found.value.consumerCount }
    },
    close: async () => {
      if (connection.ready) await channel.close()
      connection.unsafeDestroy()
    },
  }
}

/** On a channel of its own, which ends with an error where the thing is not there or is locked: then null. */
async function lookAt<T>(connection: Connection, look: (channel: Channel) => Promise<T>): Promise<{ value: T } | null> {
  const channel = await connection.acquire({ emitErrorsFromChannel: true })
  channel.on('error', () => {})
  try {
    return { value: await look(channel) }
  } catch {
    // Knows: that is how a broker says no.
    return null
  } finally {
    await channel.close()
  }
}
