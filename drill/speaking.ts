/**
 * What the pretend cloud says of itself, published to the broker as Ironic does through oslo.messaging: a topic exchange that is not durable,
 * made anew on each connection, and a routing key for each priority. What is said while there is no connection is lost, where an Ironic would hold it
 * back; so is what reaches no queue. Which failures of nodes nobody could hear of is remembered.
 */
import { type Channel, Connection } from 'rabbitmq-client'
import { z } from 'zod'
import type { Random } from '../src/core/seams.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import { type About, notificationsOf } from '../src/simulator/notifications.ts'
import { copiesOf, EXCHANGE, falsified, type Way } from './messages.ts'

const TOPIC = 'ironic_versioned_notifications'

export type Said = { said: number; published: number; unsaid: number; unrouted: number; bent: number }
/** A node that failed, and nobody was told. */
export type Unheard = { at: number; uuid: string }

export type Speaking = {
  counts: Said
  unheard: Unheard[]
  way: Way
  /** True once the broker has answered that the exchange is there; false where it did not in time. */
  isThere(withinMs: number): Promise<boolean>
  stop(): void
}

/** It gives a silent broker up after two of them. */
const HEARTBEAT_S = 5
const AGAIN_MS = { retryLow: 200, retryHigh: 1_000 }
const CONNECT_MS = 3_000
const LOOK_MS = 200

export function speakingFor(cloud: SimulatedCloud, { url, random }: { url: string; random: Random }): Speaking {
  const connection = new Connection({ url, ...AGAIN_MS, connectionTimeout: CONNECT_MS, heartbeat: HEARTBEAT_S, noDelay: true })
  // A broker that goes away is what this is about.
  connection.on('error', () => {})
  let channel: Channel | null = null
  const speaking: Speaking = {
    counts: { said: 0, published: 0, unsaid: 0, unrouted: 0, bent: 0 },
    unheard: [],
    way: 'plain',
    isThere: async (withinMs) => {
      for (const until = Date.now() + withinMs; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) {
        const answers = channel === null ? false : await within(makeExchange(channel), CONNECT_MS)
        if (answers) return true
      }
      return false
    },
    stop: () => connection.unsafeDestroy(),
  }
  connection.on('connection', () => {
    openChannel(connection, speaking).then(
      (opened) => {
        channel = opened
      },
      // Knows: lost again before it was open; the next connection opens one.
      () => undefined,
    )
  })
  notificationsOf(cloud.state, (body, about) => {
    const { counts, way, unheard } = speaking
    counts.said += 1
    const copies = copiesOf(way, random)
    if (copies.length !== 1 || copies[0] !== 0 || way === 'false') counts.bent += 1
    if (copies.length === 0) noteUnheard(unheard, about)
    for (const ms of copies) {
      const at = Date.now()
      const publish = (): void => send(channel, speaking, { body: way === 'false' ? falsified(body) : body, about, at })
      if (ms === 0) publish()
      else setTimeout(publish, ms)
    }
  })
  return speaking
}

async function openChannel(connection: Connection, { counts, unheard }: Speaking): Promise<Channel> {
  const channel = await connection.acquire()
  await makeExchange(channel)
  channel.on('basic.return', ({ messageId }) => {
    counts.unrouted += 1
    const failed = failedSchema.safeParse(JSON.parse(messageId ?? 'null'))
    if (failed.success) unheard.push(failed.data)
  })
  return channel
}

/** As oslo makes it. */
const makeExchange = (channel: Channel): Promise<void> =>
  channel.exchangeDeclare({ exchange: EXCHANGE, type: 'topic', durable: false, autoDelete: false })

const failedSchema = z.object({ at: z.number(), uuid: z.string() })
const isFailure = ({ event, provision_state }: About): boolean => event === 'provision_set.error' && provision_state === 'error'

function noteUnheard(unheard: Unheard[], about: About, at = Date.now()): void {
  if (isFailure(about)) unheard.push({ at, uuid: about.uuid })
}

type Sending = { body: Uint8Array; about: About; at: number }

/** `mandatory`: the broker gives back what no queue takes. */
function send(channel: Channel | null, { counts, unheard }: Speaking, { body, about, at }: Sending): void {
  const unsaid = (): void => {
    counts.unsaid += 1
    noteUnheard(unheard, about, at)
  }
  if (channel === null || !channel.active) {
    unsaid()
    return
  }
  const routingKey = `${TOPIC}.${about.priority.toLowerCase()}`
  const what = isFailure(about) ? { at, uuid: about.uuid } : null
  const envelope = { exchange: EXCHANGE, routingKey, contentType: 'application/json', contentEncoding: 'utf-8', mandatory: true }
  channel.basicPublish({ ...envelope, messageId: JSON.stringify(what) }, Buffer.from(body)).then(() => {
    counts.published += 1
  }, unsaid)
}

/** Whether it came to its end well, and in time. */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const done = work.then(
    () => true,
    () => false,
  )
  const is = await Promise.race([done, late])
  clearTimeout(timer)
  return is
}
