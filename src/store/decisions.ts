/**
 * The decisions in force, one a node at most, as lists of them show them. They are written by commit.ts; what was decided before stands in
 * the audit trail.
 */
import { sql } from 'kysely'
import type { Decision } from '../core/decision.ts'
import type { Queries } from './home.ts'
import type { DecisionTable } from './schema.ts'

export type DecisionView = DecisionTable

export type DecisionFilter = {
  cloud?: string
  kind?: Decision['kind']
  reason?: string
  limit?: number
  /** The last one of the page before. */
  after?: { since: number; cloud: string; uuid: string }
}

/** Those first whose reason is the newest; 500 unless told. */
export async function decisionsInForce(db: Queries, filter: DecisionFilter): Promise<DecisionView[]> {
  const { cloud, kind, reason, after } = filter
  return await db
    .selectFrom('decisions')
    .selectAll()
    .$if(cloud !== undefined, (query) => query.where('cloud', '=', cloud ?? ''))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? 'wait'))
    .$if(reason !== undefined, (query) => query.where('reason', '=', reason ?? ''))
    .$call((query) =>
      after === undefined
        ? query
        : query.where(
            sql<boolean>`(${sql.ref('since')}, ${after.cloud}, ${after.uuid}) < (${after.since}, ${sql.ref('cloud')}, ${sql.ref('uuid')})`,
          ),
    )
    .orderBy('since', 'desc')
    .orderBy('cloud')
    .orderBy('uuid')
    .limit(filter.limit ?? 500)
    .execute()
}
