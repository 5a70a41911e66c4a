/**
 * One message of oslo.messaging's notifications, as RabbitMQ delivers it, to what it says about an Ironic node; pure. Nothing of it but the
 * kind of event, the node's uuid and its state is taken over, and no error quotes it: the context of a message may hold a token.
 */
import { z } from 'zod'

/** Events of nodes that have a name of their own in figures; whatever else Ironic says of a node is `other`. */
export const NODE_EVENTS = [
  'provision_set',
  'power_set',
  'maintenance_set',
  'power_state_corrected',
  'update',
  'create',
  'delete',
  'console_set',
  'console_restore',
] as const
export type NodeEvent = (typeof NODE_EVENTS)[number] | 'other'

/** `provision_state` is what the message says; it tells whether a look is worth its requests, and is no base for a decision. */
export type NodeNotification = {
  kind: 'node'
  event: NodeEvent
  phase: 'start' | 'end' | 'success' | 'error'
  uuid: string
  provision_state: string | null
}

/** Why a message is put aside. */
export const ASIDES = ['huge', 'not-json', 'not-oslo', 'unknown-event', 'no-node', 'unknown-node'] as const
export type Aside = (typeof ASIDES)[number]

/** `beside`: of Ironic and of no interest, such as the events of ports. */
export type OsloMessage = NodeNotification | { kind: 'beside' } | { kind: 'aside'; why: Aside }

/** A node with 100 kB in `extra` makes some 150 kB; what is longer than this is no notification that anybody could want. */
const BYTES_MAX = 1024 * 1024

/** The driver messagingv2 wraps a message as text in an envelope; the older `messaging` sends it bare. */
const wrapped = z.object({ 'oslo.message': z.string() })
const bare = z.object({ event_type: z.string(), payload: z.unknown() })
const payload = z.object({
  'ironic_object.data': z.object({
    uuid: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    provision_state: z.string().max(64).nullish(),
  }),
})

const EVENT = /^baremetal\.([a-z_]+)\.([a-z_]+)(?:\.([a-z_]+))?$/
const PHASES = ['start', 'end', 'success', 'error'] as const

const aside = (why: Aside): OsloMessage => ({ kind: 'aside', why })

export function readOsloMessage(body: Uint8Array): OsloMessage {
  if (body.byteLength > BYTES_MAX) return aside('huge')
  const outer = jsonOf(new TextDecoder().decode(body))
  if (outer === undefined) return aside('not-json')
  const envelope = wrapped.safeParse(outer)
  const message = bare.safeParse(envelope.success ? jsonOf(envelope.data['oslo.message']) : outer)
  if (!message.success) return aside('not-oslo')
  const [, subject, name, last] = EVENT.exec(message.data.event_type) ?? []
  const phase = PHASES.find((known) => known === last)
  if (subject === undefined || name === undefined) return aside('unknown-event')
  if (subject !== 'node') return { kind: 'beside' }
  if (phase === undefined) return aside('unknown-event')
  const node = payload.safeParse(message.data.payload)
  if (!node.success) return aside('no-node')
  const { uuid, provision_state = null } = node.data['ironic_object.data']
  return { kind: 'node', event: NODE_EVENTS.find((known) => known === name) ?? 'other', phase, uuid, provision_state }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Knows: JSON has no undefined, so that it can stand for what is none.
    return undefined
  }
}
