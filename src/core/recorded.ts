/**
 * A recorded decision: one observation with everything else that was decided on, and what was decided. Plain data, so that the same pure
 * functions can decide again, by the same policy or by another one. The sums over the fleet are those of then.
 */
import { consider, decideOn, type Given } from './consider.ts'
import { opensCase } from './decide.ts'
import type { Cause, Decision } from './decision.ts'
import type { Fleet } from './fleet.ts'
import type { Observation } from './observation.ts'
import type { Policy } from './policy.ts'

/** What was decided on beside the observation, the policy and the time. Its fields are an allow-list, as the observation's are. */
export type Grounds = Omit<Given, 'observation' | 'policy' | 'now'> & { fleet: Fleet }

/** What it came to. */
export type Decided = { decision: Decision; cause: Cause }

export type Recorded = Decided & {
  /** On the database's clock. */
  now: number
  observation: Observation
  grounds: Grounds
  /** As this process was given it; `overruled` says whether it was only observed by. */
  policy: Policy
}

/** Field by field: what the caller's objects hold beyond it is not recorded. */
export function groundsOf(given: Given, fleet: Fleet): Grounds {
  const { newCase, attempts, words, person, firstPass, overruled, actsLeft } = given
  // The diagnosis of the pass before is made anew each time and never read.
  const openCase = given.case === null ? null : { ...given.case, diagnosis: null }
  return { case: openCase, newCase, attempts, words, person, firstPass, overruled, actsLeft, fleet }
}

/** For a case that only the other policy would have opened: no id was drawn. */
const NEVER_DRAWN = 'c-00000000'

/** Decides once more on what was recorded. @param policy another one than it was decided by */
export function decideAgain({ now, observation, grounds, policy: then }: Recorded, policy: Policy = then): Decided {
  const { fleet, ...given } = grounds
  const newCase = opensCase({ observation, policy, now }) ? (given.newCase ?? NEVER_DRAWN) : null
  const considered = consider({ ...given, newCase, observation, policy, now })
  return { decision: decideOn(considered, fleet), cause: considered.input.diagnosis.cause }
}
