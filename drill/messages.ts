/**
 * What may become of a message on its way from Ironic to whoever hears it; pure. In the plain way it is delivered at once and once; the rest is
 * what docs/listening.md says may change when something is seen, and never what is done.
 */
import { z } from 'zod'
import type { Random } from '../src/core/seams.ts'
import { between } from '../src/simulator/seeded.ts'

/** Ironic's control_exchange. */
export const EXCHANGE = 'ironic'

export const WAYS = ['lost', 'doubled', 'reordered', 'false'] as const
export type Way = (typeof WAYS)[number] | 'plain'

/** After how many ms each of its copies is published; none: it is lost. */
export function copiesOf(way: Way, random: Random): number[] {
  switch (way) {
    case 'lost':
      return []
    case 'doubled':
      return [0, between(random, 0, LATE_MS)]
    case 'reordered':
      return [between(random, 0, LATE_MS)]
    case 'false':
    case 'plain':
      return [0]
    default:
      return way satisfies never
  }
}

/** So late that others about the same node overtake it: a reset and its cleaning take this cloud some three seconds. */
const LATE_MS = 4_000

const envelope = z.looseObject({ 'oslo.message': z.string() })
const message = z.looseObject({ payload: z.looseObject({ 'ironic_object.data': z.looseObject({ provision_state: z.string() }) }) })

/** The same message, with its node in `error` whatever state it is in. */
export function falsified(body: Uint8Array): Uint8Array {
  const outer = envelope.parse(JSON.parse(new TextDecoder().decode(body)))
  const inner = message.parse(JSON.parse(outer['oslo.message']))
  inner.payload['ironic_object.data'].provision_state = 'error'
  return new TextEncoder().encode(JSON.stringify({ ...outer, 'oslo.message': JSON.stringify(inner) }))
}
