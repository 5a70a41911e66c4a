/** A recorded decision for tests that need no operator: what `given` builds, decided on, with only the difference that a test is about. */
import { consider, decideOn, type Given } from '../src/core/consider.ts'
import { groundsOf, type Recorded } from '../src/core/recorded.ts'
import { type Difference, given } from './given.ts'

export function recorded(difference: Difference = {}, more: Partial<Given> = {}): Recorded {
  const { observation, case: openCase, attempts, words, fleet, policy, actsLeft, now } = given(difference)
  const before: Given = {
    ...{ observation, case: openCase, newCase: null, attempts, words, person: null, firstPass: false, overruled: false },
    ...{ actsLeft, policy, now },
    ...more,
  }
  const considered = consider(before)
  return {
    now: before.now,
    observation: before.observation,
    grounds: groundsOf(before, fleet),
    policy: before.policy,
    decision: decideOn(considered, fleet),
    cause: considered.input.diagnosis.cause,
  }
}
