/**
 * Waits for a turn (pace.ts). Which of them a node waits on changes with each place that others take or give back, so whoever asks how long
 * a node has waited, or has been told that it does, takes them for one.
 */
import type { Reason } from './decision.ts'

const FOR_A_TURN: readonly string[] = ['canary-first', 'incident-ramp', 'fleet-budget'] satisfies Reason[]

export const isForTurn = (reason: string): boolean => FOR_A_TURN.includes(reason)

/** The wait that goes on with the reason: its own, or the one for a turn, which is called by the last of them. */
export const waitOf = (reason: string): string => (isForTurn(reason) ? 'fleet-budget' : reason)
