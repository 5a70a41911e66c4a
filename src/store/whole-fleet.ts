/**
 * The whole fleet: its sums, each from one query however many nodes there are, and every node in the few columns that a picture of all of them
 * needs, a page at a time: 100,000 at once would be most of the memory there is. What is told of a node besides stands in reading.ts.
 */
import { type ExpressionBuilder, sql } from 'kysely'
import type { Decision } from '../core/decision.ts'
import type { Queries } from './home.ts'
import type { Schema } from './schema.ts'

/** By what it is told how a node stands. */
export type FleetStand = {
  cloud: string
  provision_state: string
  resource_class: string | null
  maintenance: boolean
  held: boolean
  /** The census no longer lists it. */
  missing: boolean
  /** Of the decision in force; null: none is. */
  kind: Decision['kind'] | null
  reason: string | null
}

/** `count` nodes of which all this is true. */
export type FleetSum = FleetStand & { count: number }
/** `since`: when the decision got this reason. */
export type FleetRow = FleetStand & { uuid: string; name: string | null; since: number | null }

const fleet = (db: Queries, cloud: string | null) =>
  db
    .selectFrom('nodes')
    .leftJoin('decisions', (join) => join.onRef('decisions.cloud', '=', 'nodes.cloud').onRef('decisions.uuid', '=', 'nodes.uuid'))
    .$if(cloud !== null, (query) => query.where('nodes.cloud', '=', cloud ?? ''))
    .select((eb) => [
      'nodes.cloud',
      'nodes.provision_state',
      'nodes.resource_class',
      'nodes.maintenance',
      nodeIsHeld(eb).as('held'),
      eb('nodes.missingSince', 'is not', null).as('missing'),
      'decisions.kind',
      'decisions.reason',
    ])

/** A hold of ours is in force. */
export const nodeIsHeld = (eb: ExpressionBuilder<Schema, 'nodes'>) =>
  eb.exists(
    eb
      .selectFrom('words')
      .select('words.id')
      .whereRef('words.cloud', '=', 'nodes.cloud')
      .whereRef('words.uuid', '=', 'nodes.uuid')
      .where('words.kind', '=', 'hold')
      .where('words.endedAt', 'is', null),
  )

/** The database has no booleans. */
const flags = ({ maintenance, held, missing }: { maintenance: unknown; held: unknown; missing: unknown }) => ({
  maintenance: Boolean(maintenance),
  held: Boolean(held),
  missing: Boolean(missing),
})

/** As few rows as there are kinds of nodes; the order says nothing. */
export async function fleetSums(db: Queries, cloud: string | null): Promise<FleetSum[]> {
  const rows = await fleet(db, cloud)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .groupBy(['nodes.cloud', 'provision_state', 'nodes.resource_class', 'maintenance', 'decisions.kind', 'decisions.reason'])
    .groupBy(sql.ref('held'))
    .groupBy(sql.ref('missing'))
    .execute()
  return rows.map((row) => ({ ...row, ...flags(row), count: Number(row.count) }))
}

/** Some 200 kB as JSON: whoever reads slowly has one of these waiting. */
const PAGE = 1_000

/**
 * By cloud and name, those without a name first; all of them. Pages are of different moments: a node that is renamed meanwhile may be in two of
 * them or in none.
 */
export async function* fleetRows(db: Queries, cloud: string | null): AsyncGenerator<FleetRow[]> {
  const all = cloud === null ? await db.selectFrom('clouds').select('cloud').orderBy('cloud').execute() : [{ cloud }]
  for (const one of all) {
    yield* pages((after) =>
      columns(db, one.cloud)
        .where('nodes.name', 'is', null)
        .where('nodes.uuid', '>', after?.uuid ?? '')
        .orderBy('nodes.uuid'),
    )
    yield* pages((after) =>
      columns(db, one.cloud)
        .where('nodes.name', 'is not', null)
        .$if(after !== null, (query) =>
          query.where(sql<boolean>`(${sql.ref('nodes.name')}, ${sql.ref('nodes.uuid')}) > (${after?.name}, ${after?.uuid})`),
        )
        .orderBy('nodes.name')
        .orderBy('nodes.uuid'),
    )
  }
}

const columns = (db: Queries, cloud: string) => fleet(db, cloud).select(['nodes.uuid', 'nodes.name', 'decisions.since'])

async function* pages(behind: (after: FleetRow | null) => ReturnType<typeof columns>): AsyncGenerator<FleetRow[]> {
  for (let after: FleetRow | null = null; ; ) {
    const rows = await behind(after).limit(PAGE).execute()
    const page: FleetRow[] = rows.map((row) => ({ ...row, ...flags(row) }))
    if (page.length > 0) yield page
    if (page.length < PAGE) return
    after = page.at(-1) ?? null
  }
}
