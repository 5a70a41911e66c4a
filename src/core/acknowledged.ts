/**
 * Whether a person's "I have seen it" still holds: it names how what was seen stood, and is over as soon as that is another. It changes no
 * decision and opens nothing; it only says who need not be told again.
 */
import type { Cause, Decision } from './decision.ts'
import { waitOf } from './waiting.ts'

/** `stood`: how the case or incident stood when it was said. */
export type Acknowledgement = { by: string; why: string; at: number; stood: string }

/** A case is another one to people when its decision is of another kind or waits on something else, or its cause is another. */
export const standOfCase = (decision: { kind: Decision['kind']; reason: string }, cause: Cause | null): string =>
  `${decision.kind} ${waitOf(decision.reason)} ${cause ?? 'none'}`

/** An incident is another one to people when it has gained or lost a node. */
export const standOfIncident = (members: number): string => `${members} members`

/** null: nobody has, or it has changed since. */
export const stillAcknowledged = <Said extends Acknowledgement>(said: Said | null, stands: string): Said | null =>
  said !== null && said.stood === stands ? said : null
