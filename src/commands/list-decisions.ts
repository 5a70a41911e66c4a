/**
 * The decisions in force and the audit trail, a page at a time, newest first. It asks the database only.
 */
import type { AuditEntry, AuditFilter } from '../store/audit.ts'
import type { DecisionFilter, DecisionView } from '../store/decisions.ts'
import type { Store } from '../store/store.ts'
import { timeOrNull } from './node-report.ts'

export type ListedDecision = Omit<DecisionView, 'caseId' | 'until' | 'since' | 'at'> & {
  case: string | null
  /** The next look; null: none. */
  until: string | null
  /** Since when it has had this reason, and when it was decided last. */
  since: string | null
  at: string | null
}

export type DecisionMark = NonNullable<DecisionFilter['after']>

export async function pageOfDecisions(
  store: Store,
  { limit, ...filter }: DecisionFilter & { limit: number },
): Promise<{ decisions: ListedDecision[]; next: DecisionMark | null }> {
  const views = await store.decisions({ ...filter, limit: limit + 1 })
  const last = views.length > limit ? views[limit - 1] : undefined
  return {
    decisions: views.slice(0, limit).map(listedDecision),
    next: last === undefined ? null : { since: last.since, cloud: last.cloud, uuid: last.uuid },
  }
}

const listedDecision = ({ caseId, until, since, at, ...rest }: DecisionView): ListedDecision => ({
  ...rest,
  case: caseId,
  until: timeOrNull(until),
  since: timeOrNull(since),
  at: timeOrNull(at),
})

export type ListedEntry = Omit<AuditEntry, 'at' | 'caseId'> & { at: string | null; case: string | null }

export async function pageOfAudit(
  store: Store,
  { limit, ...filter }: Omit<AuditFilter, 'after' | 'newestFirst'> & { limit: number },
): Promise<{ audit: ListedEntry[]; next: number | null }> {
  const entries = await store.audit({ ...filter, newestFirst: true, limit: limit + 1 })
  const last = entries.length > limit ? entries[limit - 1] : undefined
  return { audit: entries.slice(0, limit).map(listedEntry), next: last?.id ?? null }
}

export const listedEntry = ({ at, caseId, ...entry }: AuditEntry): ListedEntry => ({ ...entry, at: timeOrNull(at), case: caseId })
