/**
 * How the next life of the daemon is to end, drawn from the seed: at a moment of the clock, at a write to its database, or at a request of
 * a certain kind, in each case a little later, by microseconds or by milliseconds. Which life gets which plan is the same for a seed; where
 * in its work the daemon then is, is up to the machine.
 */
import { z } from 'zod'
import type { Random } from '../src/core/seams.ts'

const planSchema = z.discriminatedUnion('at', [
  /** So long after it was started. */
  z.object({ at: z.literal('time'), afterMs: z.number() }),
  /** When its write-ahead log changes, after this moment of its life. */
  z.object({ at: z.literal('write'), afterMs: z.number(), delayUs: z.number() }),
  /** At the nth request of this kind: as it arrives, when it has been served but not answered, or when its answer has left. */
  z.object({
    at: z.literal('request'),
    what: z.enum(['read', 'deciding-read', 'mark', 'act']),
    when: z.enum(['arrives', 'served', 'answered']),
    nth: z.number(),
    delayUs: z.number(),
  }),
])
export type Plan = z.infer<typeof planSchema>
export type RequestPlan = Extract<Plan, { at: 'request' }>
export const requestPlanSchema = planSchema.options[2]

/** By now a start has long been over and the first polls have been made. */
const YOUNG_MS = 2_500
/** Where what a plan waits for does not come, the life ends all the same. */
export const PATIENCE_MS = 4_000

const among = <const T>(random: Random, from: readonly [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0]

/** Mostly within the three milliseconds that a commit or a request takes. */
function delay(random: Random): number {
  const kind = random()
  if (kind < 0.3) return 0
  return Math.floor(random() * (kind < 0.85 ? 3_000 : 40_000))
}

/** @param hasLog there is a write-ahead log already, as there is from the second life on */
export function drawPlan(random: Random, hasLog: boolean): Plan {
  const kind = random()
  if (kind < 0.2 || (kind < 0.4 && !hasLog)) return { at: 'time', afterMs: Math.floor(random() * YOUNG_MS) }
  if (kind < 0.4) return { at: 'write', afterMs: Math.floor(random() * YOUNG_MS), delayUs: delay(random) }
  const what = among(random, ['read', 'deciding-read', 'deciding-read', 'mark', 'mark', 'act', 'act', 'act'])
  const when = among(random, ['arrives', 'served', 'answered', 'answered'])
  const nth = 1 + Math.floor(random() * (what === 'read' ? 400 : 4))
  return { at: 'request', what, when, nth, delayUs: delay(random) }
}
