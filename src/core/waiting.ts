/**
 * How long a case has waited without a word to people, and which waits are one wait to them. Nothing is decided here but when a wait has
 * been silent for too long.
 */
import type { Attempt, Memory } from './case.ts'
import type { Decision, Reason } from './decision.ts'

const FOR_A_TURN: readonly string[] = ['canary-first', 'incident-ramp', 'fleet-budget'] satisfies Reason[]

/** Whether it waits for a turn (pace.ts). Which of them it is changes with each place that others take or give back. */
export const isForTurn = (reason: string): boolean => FOR_A_TURN.includes(reason)

/** The wait that goes on with the reason: its own, or the one for a turn, which is called by the last of them. */
export const waitOf = (reason: string): string => (isForTurn(reason) ? 'fleet-budget' : reason)

/** A person's own word may stand as long as that person likes; of these a day's silence says nothing. */
const PATIENT: readonly string[] = ['paused', 'out-of-scope', 'held', 'observe-only', 'rejected']

/** Whether it is a wait that may last too long. */
export const isSilent = ({ kind, reason }: Pick<Decision, 'kind' | 'reason'>): boolean => kind === 'wait' && !PATIENT.includes(reason)

/** Since when the case waits, after this decision; null where it does not. An act that is begun may come to nothing, so it ends no wait yet. */
export function waitingAfter({ waitingSince }: Memory, decision: Decision, now: number): number | null {
  if (isSilent(decision) || (decision.kind === 'escalate' && decision.lasting === true)) return waitingSince ?? now
  return decision.kind === 'act' ? (waitingSince ?? null) : null
}

/** Since when nothing was done for the case and nobody told of it, epoch ms. @param own its attempts */
export function silentSince({ waitingSince }: Memory, own: readonly Attempt[], now: number): number {
  const done = own.filter(({ outcome }) => outcome === 'accepted' || outcome === 'unknown').map(({ createdAt }) => createdAt)
  return Math.max(waitingSince ?? now, ...done)
}
