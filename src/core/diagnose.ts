/**
 * Names the cause of a failure from evidence. Each weighing looks at one kind of it, says in sentences what speaks for the cause and what
 * against it, and may change the cause. It decides nothing.
 */
import type { Diagnosis } from './decision.ts'
import { weighBmc, weighFlapping, weighPlace } from './weigh-bmc.ts'
import { weighConductor, weighHistory, weighLater, weighRefusal, weighText } from './weigh-ironic.ts'
import { weighLastReset, weighPattern } from './weigh-past.ts'
import { weighServices } from './weigh-services.ts'
import type { Draft, Weighed, Weighing } from './weighing.ts'

/** Later ones outweigh earlier ones. The table in docs/diagnosis.md has the same names in the same order, and says why (a test holds them together). */
export const WEIGHINGS: readonly Weighing[] = [
  { name: 'text', weigh: weighText },
  { name: 'history', weigh: weighHistory },
  { name: 'services', weigh: weighServices },
  { name: 'conductor', weigh: weighConductor },
  { name: 'bmc', weigh: weighBmc },
  { name: 'flapping', weigh: weighFlapping },
  { name: 'later-readings', weigh: weighLater },
  { name: 'pattern', weigh: weighPattern },
  { name: 'last-reset', weigh: weighLastReset },
  { name: 'refusal', weigh: weighRefusal },
  { name: 'place', weigh: weighPlace },
]

export function diagnose(weighed: Weighed): Diagnosis {
  const draft: Draft = {
    cause: 'unknown',
    transient: 'maybe',
    place: null,
    evidence: [],
    against: [],
    signature: null,
    service: null,
    text: null,
    said: null,
    over: [],
  }
  for (const { weigh } of WEIGHINGS) weigh(draft, weighed)
  const { said: _said, over: _over, ...diagnosis } = draft
  return diagnosis
}
