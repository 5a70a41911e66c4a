/**
 * A node in `deleting`, `cleaning` or `clean wait`: rows 23, 24, 30 to 32 and 41. Nothing is sent to one that moves; one that is stranded in
 * `cleaning` without a lock is recovered once; one stuck in `deleting` needs a conductor's restart, which is a person's.
 */
import type { Decision } from './decision.ts'
import { BEFORE_ACT } from './gates.ts'
import { escalate, first, type Judged, wait } from './judged.ts'
import { toRecoverCleaning } from './row-clean-failed.ts'
import { parseTime, spanText } from './when.ts'

/** What Ironic leaves when a tear-down raised outside its handler (measured: three times out of three during a Neutron outage). */
const STRANDED = /^Async execution of .* failed with error/

export function inRepairRow(j: Judged): Decision {
  const { node, policy, now } = j
  const age = now - (parseTime(node.provision_updated_at) ?? now)
  const idle = node.reservation === null && age >= policy.stuck
  if (node.provision_state === 'deleting' && idle) {
    return escalate(
      'stuck-deleting',
      `It has been deleting for ${spanText(age)} and no conductor works on it: restart its conductor (${node.conductor ?? 'none is mapped to it'}). Never set the state in the database.`,
      now + 10 * policy.look,
    )
  }
  if (node.provision_state === 'cleaning' && idle) return stranded(j, age)
  const ours = j.attempts.find(
    (a) => a.endedAt === null || (a.result === 'failed' && now - a.createdAt >= policy.progress && a.caseId === j.case?.id),
  )
  if (ours && now - ours.createdAt >= policy.progress && age >= policy.progress) {
    return escalate(
      'no-progress',
      `It has been ${node.provision_state} for ${spanText(age)} since our ${ours.act}: look at its console and its conductor's log.`,
      now + 10 * policy.look,
    )
  }
  return wait(
    'transition',
    `It is ${node.provision_state}${node.reservation ? ` (conductor ${node.reservation})` : ''}.`,
    now + Math.min(policy.look, 15_000),
  )
}

function stranded(j: Judged, age: number): Decision {
  const { node } = j
  const text = node.last_error ?? ''
  // A retired node ends in manageable (Ironic refuses `provide`): the first step would make it look cleaned. Another target is somebody's
  // own cleaning.
  const ours = node.instance_uuid === null && !node.retired && node.target_provision_state === 'available'
  if (!STRANDED.test(text) || !ours) {
    return escalate(
      'stranded-cleaning',
      `It has been cleaning for ${spanText(age)} and no conductor works on it${text ? `; last_error: ${text.slice(0, 160)}` : ''}.`,
      j.now + 10 * j.policy.look,
    )
  }
  return (
    first(j, BEFORE_ACT) ??
    toRecoverCleaning(j, `It was stranded in cleaning ${spanText(age)} ago, which a tear-down during an outage does.`)
  )
}
