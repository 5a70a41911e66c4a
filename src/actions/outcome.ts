/**
 * What an answer to a changing request means. Nothing is ever sent twice: refused and not-sent come back in a later pass, unknown is
 * settled by a read. The table is measured (docs/facts.md): Ironic says the same status for different things, so the text decides.
 */
import { isAtLimit } from '../core/at-limit.ts'
import type { Outcome } from '../core/decision.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'

/** "Failed to validate power driver interface. Can not delete instance." and its kin: the node's driver_info is wrong. */
const POWER_VALIDATION = /validate power driver interface|power validation failed/i

/** @param what the request in words, e.g. "deleted on node-7" */
export function outcomeOfError(error: unknown, what: string, mark: Outcome['mark']): Outcome {
  if (!(error instanceof OpenStackError)) throw error
  const { status, sentence } = error
  const reason = `${what}: ${sentence}`
  const outcome = (kind: Outcome['kind'], more: Partial<Outcome> = {}): Outcome => ({ kind, reason, ...(mark ? { mark } : {}), ...more })
  if (error.phase === 'before' || error.kind === 'keystone') return outcome('not-sent')
  if (status === null) return outcome('unknown')
  // From the provision call 404 can mean that no live conductor serves the node's driver and group.
  if (status === 404) return outcome('unknown')
  // Anything below 400 is not Ironic's answer to a changing request: somebody between us answered for it.
  if (status < 400) return outcome('unknown')
  if (status < 500) return outcome('refused')
  if (isAtLimit(sentence)) return outcome('refused', { slowCloud: true })
  if (POWER_VALIDATION.test(sentence)) return outcome('refused', { cause: 'config' })
  // A 503 of Ironic's own (no worker, no live conductor) changed nothing; one of a proxy may have lost the answer.
  if (status === 503 && error.ownAnswer) return outcome('refused')
  return outcome('unknown')
}

/** Of the PATCH of a mark, behind which the act ended. */
export const lostMark = (outcome: Outcome): Outcome => (outcome.kind === 'unknown' ? { ...outcome, mark: 'maybe' } : outcome)

/** What was sent to Blazar after a mark that Ironic took: where no answer came, it may be what the host shows from then on. */
export const afterMark = (outcome: Outcome): Outcome => (outcome.kind === 'unknown' ? { ...outcome, mark: 'written' } : outcome)

/** What Blazar says with 500 although nothing was changed: taken or not reservable, or a lease that is being changed (facts of Blazar). */
const NOTHING_CHANGED = /^Not enough (hosts|resources) available|^Invalid lease status/

/** As outcomeOfError, of an answer of Blazar to a changing request. */
export function outcomeOfBlazar(error: unknown, what: string): Outcome {
  if (!(error instanceof OpenStackError)) throw error
  const { status, sentence, phase, kind, ownAnswer } = error
  const outcome = (of: Outcome['kind']): Outcome => ({ kind: of, reason: `${what}: ${sentence}` })
  if (phase === 'before' || kind === 'keystone') return outcome('not-sent')
  if (status === null || status < 400) return outcome('unknown')
  if (status < 500 && ownAnswer) return outcome('refused')
  return outcome(status === 500 && NOTHING_CHANGED.test(sentence) ? 'refused' : 'unknown')
}
