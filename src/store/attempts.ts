/**
 * Reads attempts: an intent and what came of it. They are the ledger of our own acts and are never pruned; how they are written stands
 * in intents.ts (the intent, its outcome) and commit.ts (what a later pass found out).
 */
import type { Selectable } from 'kysely'
import type { Attempt } from '../core/case.ts'
import type { NodeKey } from '../core/seen.ts'
import type { Queries } from './home.ts'
import { type AttemptTable, fromJson, fromJsonOrNull } from './schema.ts'
import { template } from './template.ts'

/** Far more than any window can hold; older ones are read by nobody. */
export const ATTEMPTS_MAX = 200

const rowsOn = template((db, key: NodeKey) =>
  db
    .selectFrom('attempts')
    .selectAll()
    .where('cloud', '=', key.cloud)
    .where('uuid', '=', key.uuid)
    .orderBy('seq', 'desc')
    .limit(ATTEMPTS_MAX),
)

/** All attempts on the node, of whatever case, newest first, at most 200. */
export async function attemptsOn(db: Queries, key: NodeKey): Promise<Attempt[]> {
  return (await rowsOn(db, key)).map(attemptOfRow)
}

function attemptOfRow(row: Selectable<AttemptTable>): Attempt {
  return {
    id: row.id,
    caseId: row.caseId,
    act: row.act,
    number: row.number,
    cause: row.cause,
    createdAt: row.createdAt,
    deadlineAt: row.deadlineAt,
    mark: row.mark,
    decided: fromJson(row.decided),
    markState: row.markState,
    step: row.step,
    outcome: row.outcome,
    outcomeReason: row.outcomeReason,
    settledAt: row.settledAt,
    endedAt: row.endedAt,
    result: row.result,
    readings: row.readings,
    blazar: fromJsonOrNull(row.blazar),
  }
}
