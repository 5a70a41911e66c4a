/**
 * What an answer to a changing request means. Nothing is ever sent twice: refused and not-sent come back in a later pass, unknown is
 * settled by a read. The table is measured (docs/facts.md): Ironic says the same status for different things, so the text decides.
 */
import type { Outcome } from '../core/decision.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'

/** 500 before Ironic 23.1.0, 503 since (cba1066). */
const CONCURRENCY = /concurrent action limit/i
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
  if (status < 500) return outcome('refused')
  if (CONCURRENCY.test(sentence)) return outcome('refused', { slowCloud: true })
  if (POWER_VALIDATION.test(sentence)) return outcome('refused', { cause: 'config' })
  // A 503 of Ironic's own (no worker, no live conductor) changed nothing; one of a proxy may have lost the answer.
  if (status === 503 && error.ownAnswer) return outcome('refused')
  return outcome('unknown')
}
