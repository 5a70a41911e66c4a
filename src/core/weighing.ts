/**
 * What every weighing has before it: the draft of a diagnosis, which it changes, and all that it may look at. How evidence is worded where
 * several word it. What outweighs what is the order in `diagnose.ts`.
 */
import type { Attempt, Memory } from './case.ts'
import type { Cause, Diagnosis } from './decision.ts'
import type { Observation } from './observation.ts'
import type { Policy } from './policy.ts'
import type { TextReading } from './read-text.ts'

/** `said`: what the text says by itself, before anything else was weighed. `over`: what of the evidence says that the trouble is over. */
export type Draft = Omit<Diagnosis, 'evidence' | 'against'> & {
  evidence: string[]
  against: string[]
  said: TextReading | null
  over: string[]
}

/** It came back before: what says that it is over is outweighed. */
export function notOver(draft: Draft): void {
  draft.evidence = draft.evidence.filter((sentence) => !draft.over.includes(sentence))
  draft.against.push(...draft.over)
  draft.over = []
}

export function isOver(draft: Draft, sentence: string): void {
  draft.evidence.push(sentence)
  draft.over.push(sentence)
}

/** `attempts`: all on the node, newest first. */
export type Weighed = { o: Observation; memory: Memory; attempts: readonly Attempt[]; policy: Policy; now: number }

export type Weighing = { name: string; weigh: (draft: Draft, weighed: Weighed) => void }

/** The two causes of the runbook's third kind: which of them it is called changes with what the BMC does, the trouble does not. */
export const isBmcs = (cause: Cause): boolean => cause === 'bmc-unreachable' || cause === 'bmc-fault'

/** What speaks of the BMC speaks for such a cause, and for none yet; against every other. */
export const bmcSide = (draft: Draft): string[] => draft[isBmcs(draft.cause) || draft.cause === 'unknown' ? 'evidence' : 'against']

/** Resets that came back failed since a person last lifted a quarantine, newest first. */
export const failedResets = ({ attempts, memory }: Weighed): Attempt[] =>
  attempts.filter((a) => a.act === 'reset' && a.result === 'failed' && a.createdAt >= (memory.releasedAt ?? 0))

export const isSameTrouble = (a: Cause, b: Cause): boolean => a === b || (isBmcs(a) && isBmcs(b))

/** Long texts stay whole in the store; a sentence quotes the beginning. */
export const shorten = (text: string, max = 240): string => (text.length <= max ? text : `${text.slice(0, max - 3)}…`).replace(/\s+/g, ' ')

/** Ironic's own words for what its periodic power sync met (conductor/manager.py). */
export const POWER_SYNC = /^During sync_power_state/
