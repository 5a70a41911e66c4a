/**
 * The act `quarantine`: maintenance with our own reason, after which only a person acts. Only where nobody's instance may be recorded on
 * the node; else a person is told and nothing is sent.
 */
import type { Decision, Reason } from './decision.ts'
import { QUARANTINE_PREFIX } from './ironic.ts'
import { escalate, go, type Judged } from './judged.ts'
import { permitted } from './pace.ts'

/** After a quarantine was lifted, by a person or by nobody knows whom, no new one comes before a new reset has failed. */
export function mayQuarantine(j: Judged): boolean {
  const { releasedAt, liftedAt } = j.memory
  const lifted = Math.max(releasedAt ?? Number.NEGATIVE_INFINITY, liftedAt ?? Number.NEGATIVE_INFINITY)
  return lifted === Number.NEGATIVE_INFINITY || j.attempts.some((a) => a.act === 'reset' && a.createdAt > lifted && a.result === 'failed')
}

const liftedBy = ({ memory: { releasedAt, liftedAt } }: Judged): string =>
  (liftedAt ?? 0) > (releasedAt ?? 0) ? 'Its quarantine was lifted' : 'A person released it'

/** It quotes what came from hardware and is shown on other people's terminals; half a character could not even be stored. */
const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')

/** @param todo what is wrong and what a person must do; it becomes the maintenance_reason. */
export function toQuarantine(j: Judged, reason: Reason, todo: string): Decision {
  const later = j.now + 10 * j.policy.look
  if (j.case === null) return escalate(reason, todo, later)
  if (j.node.instance_uuid !== null) return escalate(reason, `${todo} It is not quarantined because instance_uuid is set.`, later)
  if (!mayQuarantine(j))
    return escalate(reason, `${todo} ${liftedBy(j)} before, so it is not quarantined again until a new reset has failed.`, later)
  // Power off is the first thing that fails in tear-down, so the former tenant's system may still be running (design, marks).
  const running = j.node.power_state === 'power on' ? " The former tenant's system may still be running." : ''
  const text = oneLine(`${QUARANTINE_PREFIX}${j.case.id} ${j.diagnosis.cause}: ${todo}${running}`)
  return permitted(j, go(reason, todo, { act: 'quarantine', text }))
}
