/**
 * One node as every command and route shows it: state, case, diagnosis, decision and the outcome of the act that the decision
 * was. The shape is published (design, commands): keys are only ever added. Times are RFC 3339 with Z.
 */
import type { Acknowledgement } from '../core/acknowledged.ts'
import type { Act, BmcPlace, Cause, Decision, Diagnosis, Outcome, OutcomeKind, Reason, Transient } from '../core/decision.ts'
import { timeText } from '../core/when.ts'

export type NodeReport = {
  uuid: string
  name: string | null
  /** null: Ironic could not be asked and no listing has shown the node. */
  provision_state: string | null
  case: string | null
  diagnosis: { cause: Cause; transient: Transient; place: BmcPlace | null; evidence: string[] } | null
  /** null: nothing was ever decided about the node, because nothing was wrong with it. */
  decision: { kind: Decision['kind']; reason: string; message: string; act: Act | null; until: string | null } | null
  outcome: { kind: OutcomeKind; reason: string } | null
  /** Who has seen the case as it stands; null: nobody. */
  acknowledged: WhoSaw | null
}

export type WhoSaw = { by: string; why: string; at: string | null }

export const seenBy = (said: Acknowledgement | null): WhoSaw | null => said && { by: said.by, why: said.why, at: timeOrNull(said.at) }

type Parts = {
  uuid: string
  name: string | null
  provision_state: string | null
  case: { id: string } | null
  diagnosis: Diagnosis | null
  decision: { kind: Decision['kind']; reason: Reason | string; message: string; act: Act | null; until: number | null } | null
  outcome: Pick<Outcome, 'kind' | 'reason'> | null
  acknowledged: Acknowledgement | null
}

export function nodeReport(parts: Parts): NodeReport {
  const { uuid, name, provision_state, diagnosis, decision, outcome } = parts
  return {
    uuid,
    name,
    provision_state,
    case: parts.case?.id ?? null,
    diagnosis: diagnosis && {
      cause: diagnosis.cause,
      transient: diagnosis.transient,
      // A diagnosis that an older version stored names none.
      place: diagnosis.place ?? null,
      evidence: diagnosis.evidence,
    },
    decision: decision && {
      kind: decision.kind,
      reason: decision.reason,
      message: decision.message,
      act: decision.act,
      until: timeOrNull(decision.until),
    },
    outcome: outcome && { kind: outcome.kind, reason: outcome.reason },
    acknowledged: seenBy(parts.acknowledged),
  }
}

/** A person is needed: told so, asked for a yes, or left where only a person goes on; and none has seen it as it stands. */
export function needsPerson({ decision, acknowledged }: NodeReport): boolean {
  if (decision === null || acknowledged !== null) return false
  if (decision.kind === 'escalate') return true
  return (
    decision.reason === 'instance-may-live' ||
    decision.reason === 'quarantined' ||
    decision.reason === 'needs-approval' ||
    (decision.kind === 'act' && decision.act === 'quarantine')
  )
}

export const timeOrNull = (at: number | null): string | null => (at === null ? null : timeText(at))
