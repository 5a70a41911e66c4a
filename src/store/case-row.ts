/**
 * A Case as a row of `cases` and back. Memory, diagnosis and decision are JSON; what is counted or filtered by stands beside them
 * in columns of its own.
 */
import type { Selectable } from 'kysely'
import type { Acknowledgement } from '../core/acknowledged.ts'
import type { Case } from '../core/case.ts'
import type { Keys } from '../core/fleet.ts'
import { type CaseTable, fromJson, fromJsonOrNull, toJsonOrNull } from './schema.ts'

export type CaseRow = Selectable<CaseTable>

export function caseOfRow(row: CaseRow): Case {
  return {
    id: row.id,
    cloud: row.cloud,
    uuid: row.uuid,
    name: row.name,
    openedAt: row.openedAt,
    closedAt: row.closedAt,
    result: row.result,
    memory: fromJson(row.memory),
    diagnosis: fromJsonOrNull(row.diagnosis),
    decision: fromJsonOrNull(row.decision),
  }
}

/** A case as commands and pages show it: with what it shares and where it belongs. */
export type CaseView = Case & {
  resource_class: string | null
  keys: Keys
  incidentId: string | null
  /** Who has seen it as it stands; null: nobody. */
  acknowledged: Acknowledgement | null
}

export const caseViewOfRow = (row: CaseRow, acknowledged: Acknowledgement | null): CaseView => ({
  acknowledged,
  ...caseOfRow(row),
  resource_class: row.resource_class,
  keys: fromJson(row.keys),
  incidentId: row.incidentId,
})

/** The columns that every pass writes. A case without a known failure failed when it was opened. */
export function caseColumns(c: Case): Omit<CaseTable, 'resource_class' | 'keys' | 'incidentId' | 'queuedNeed'> {
  return {
    id: c.id,
    cloud: c.cloud,
    uuid: c.uuid,
    name: c.name,
    openedAt: c.openedAt,
    closedAt: c.closedAt,
    result: c.result,
    failureAt: c.memory.failure?.at ?? c.openedAt,
    memory: JSON.stringify(c.memory),
    diagnosis: toJsonOrNull(c.diagnosis),
    decision: toJsonOrNull(c.decision),
    cause: c.diagnosis?.cause ?? null,
    transient: c.diagnosis?.transient ?? null,
    kind: c.decision?.kind ?? null,
    reason: c.decision?.reason ?? null,
  }
}
