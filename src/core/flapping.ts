/**
 * Whether a BMC flaps: answers, stops, answers again. A single good look ends a silence and a reset may follow, so this changes nothing about
 * resets; it only says what the trouble is and where to look for it.
 */
import type { Observation } from './observation.ts'
import { DAY } from './policy.ts'

/** `since`: the first look of those that all found the same · `lostAt`: when a look found that it had stopped answering, oldest first. */
export type Reach = { answered: boolean; since: number; lostAt: number[] }

/** As many as the failures that the runbook calls an interface's: once is a disruption, twice may be somebody's work on the network. */
const TIMES = 3
/** A case is looked at for days, and what is days apart is not one trouble. */
const WITHIN = DAY
/** More would say the same. */
const KEPT = 10

/** The memory after one look; what could not be looked at changes nothing. An error is an answer, and one that hangs was reached: the line works. */
export function reachAfter(before: Reach | undefined, bmc: Observation['bmc']): Reach | undefined {
  if (bmc.kind !== 'known') return before
  const { kind, at, hangs } = bmc.value
  const answered = kind === 'answers' || kind === 'faulty' || hangs === true
  const lostAt = (before?.lostAt ?? []).filter((lost) => at - lost < WITHIN)
  const since = before?.answered === answered ? before.since : at
  return { answered, since, lostAt: before?.answered === true && !answered ? [...lostAt, at].slice(-KEPT) : lostAt }
}

/** How often it stopped answering within a day, where that is often enough to be called flapping; else null. */
export function flapsOf(reach: Reach | undefined, now: number): number | null {
  const lost = (reach?.lostAt ?? []).filter((at) => now - at < WITHIN).length
  return lost >= TIMES ? lost : null
}
