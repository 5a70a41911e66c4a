/**
 * The part `notifications` of a cloud in anneal.yaml: the brokers at which Ironic's notifications are heard. What is written becomes the plan
 * that the controller works with. An address holds a password, so that nothing here quotes one.
 */
import { z } from 'zod'
import type { Broker } from './controller/broker.ts'
import type { HearingPlan } from './controller/hear.ts'

const ADDRESS = 'It must be an address such as amqps://user:password@rabbit1.example.org:5671/vhost, special characters percent-encoded.'
const LIST = 'It must be a list of addresses.'
const NAMES = 'It must be a list of names.'
const text = (sentence: string) =>
  z.string({ error: 'It must be a text.' }).min(1, { error: 'It must not be empty.' }).meta({ description: sentence })

/** @param poll the key of that name, whose kind is config-schema's */
export const notificationKeys = <P extends z.ZodType>(poll: P) => ({
  brokers: z
    .array(
      z.string({ error: ADDRESS }).refine((given) => addressOf(given) !== null, { error: ADDRESS }),
      { error: LIST },
    )
    .min(1, { error: 'It must name at least one broker.' })
    .meta({
      description:
        'Brokers of one cluster, tried one after the other: amqp:// or amqps://, with user and password by a variable or file:PATH, and the vhost (default /).',
    }),
  exchange: text("Ironic's control_exchange. Default: ironic.").exactOptional(),
  topics: z
    .array(z.string({ error: NAMES }).min(1, { error: NAMES }), { error: NAMES })
    .min(1, { error: 'It must name at least one topic.' })
    .meta({ description: "Ironic's versioned_notifications_topics. Default: [ironic_versioned_notifications]." })
    .exactOptional(),
  tls: z
    .strictObject({
      ca: text('Certificates, PEM, by which the brokers are believed; usually file:PATH. Default: those of this machine.').exactOptional(),
      cert: text('Certificate of our own, PEM, where the brokers want one; with key.').exactOptional(),
      key: text('Its private key, PEM, by file:PATH.').exactOptional(),
      verify: z
        .boolean({ error: 'It must be true or false.' })
        .meta({ description: 'false: any certificate is believed. Default: true.' })
        .exactOptional(),
    })
    .nullable()
    .meta({ description: 'How amqps:// is spoken.' })
    .exactOptional(),
  poll,
})

type Written = {
  brokers: string[]
  exchange?: string
  topics?: string[]
  tls?: { ca?: string; cert?: string; key?: string; verify?: boolean } | null
  poll?: number
}

export const DEFAULT_TOPICS = ['ironic_versioned_notifications']

/** null: nothing is heard, which is the default. @param poll how often is polled while notifications prove alive, where the file does not say, ms */
export function hearingPlanOf(written: Written | null | undefined, poll: number): HearingPlan | null {
  if (written == null) return null
  const tls = {
    ca: written.tls?.ca ?? null,
    cert: written.tls?.cert ?? null,
    key: written.tls?.key ?? null,
    verify: written.tls?.verify ?? true,
  }
  const brokers = written.brokers.flatMap((address): Broker[] => {
    const found = addressOf(address)
    if (found === null) return []
    const { isTls, ...broker } = found
    return [{ ...broker, tls: isTls ? tls : null }]
  })
  return { brokers, exchange: written.exchange ?? 'ironic', topics: written.topics ?? DEFAULT_TOPICS, poll: written.poll ?? poll }
}

/** RabbitMQ's own defaults where the address says nothing. An empty vhost is `/`, as oslo has it. */
function addressOf(given: string): (Omit<Broker, 'tls'> & { isTls: boolean }) | null {
  const url = URL.parse(given)
  if (url === null || !/^amqps?:$/.test(url.protocol) || url.hostname === '' || url.search !== '' || url.hash !== '') return null
  const [user, password, vhost] = [url.username || 'guest', url.password || 'guest', url.pathname.slice(1) || '/'].map(decoded)
  if (user == null || password == null || vhost == null) return null
  const isTls = url.protocol === 'amqps:'
  const port = url.port === '' ? (isTls ? 5671 : 5672) : Number(url.port)
  return { isTls, host: url.hostname.replace(/^\[|\]$/g, ''), port, user, password, vhost }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    // Knows: a % that begins nothing.
    return null
  }
}
