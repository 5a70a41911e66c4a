/**
 * Counts for status lines, metrics and the first page, each from one grouped query: how many nodes, what is open and why, what is
 * under way, what people have said.
 */
import type { Act, Cause, Decision, OutcomeKind } from '../core/decision.ts'
import type { Queries } from './home.ts'
import { type Pause, pausedBy } from './words.ts'

export type Counts = {
  /** Nodes that the last complete listing has, by provision_state. */
  nodes: { provision_state: string; count: number }[]
  /** Open cases by cause and by the decision on them. */
  open: { cause: Cause | null; kind: Decision['kind'] | null; reason: string | null; count: number }[]
  /** Closed cases by how they ended. */
  closed: { result: string | null; count: number }[]
  /** Acts by outcome; an unsettled one has outcome null. */
  acts: { act: Act; outcome: OutcomeKind | null; count: number }[]
  inFlight: number
  openIncidents: number
  held: number
  due: number
  paused: Pause | null
}

/** @param cloud null = all clouds together */
export async function counts(db: Queries, cloud: string | null, now: number): Promise<Counts> {
  const only = cloud ?? ''
  const nodes = await db
    .selectFrom('nodes')
    .select((eb) => ['provision_state', eb.fn.countAll<number>().as('count')])
    .where('missingSince', 'is', null)
    .$if(cloud !== null, (query) => query.where('cloud', '=', only))
    .groupBy('provision_state')
    .orderBy('provision_state')
    .execute()
  const open = await db
    .selectFrom('cases')
    .select((eb) => ['cause', 'kind', 'reason', eb.fn.countAll<number>().as('count')])
    .where('closedAt', 'is', null)
    .$if(cloud !== null, (query) => query.where('cloud', '=', only))
    .groupBy(['cause', 'kind', 'reason'])
    .orderBy('count', 'desc')
    .execute()
  const closed = await db
    .selectFrom('cases')
    .select((eb) => ['result', eb.fn.countAll<number>().as('count')])
    .where('closedAt', 'is not', null)
    .$if(cloud !== null, (query) => query.where('cloud', '=', only))
    .groupBy('result')
    .execute()
  const acts = await db
    .selectFrom('attempts')
    .select((eb) => ['act', 'outcome', eb.fn.countAll<number>().as('count')])
    .$if(cloud !== null, (query) => query.where('cloud', '=', only))
    .groupBy(['act', 'outcome'])
    .execute()
  return { nodes, open, closed, acts, ...(await single(db, cloud, now)), paused: await pausedBy(db, cloud) }
}

async function single(
  db: Queries,
  cloud: string | null,
  now: number,
): Promise<Pick<Counts, 'inFlight' | 'openIncidents' | 'held' | 'due'>> {
  const only = cloud ?? ''
  const inFlight = await db
    .selectFrom('attempts')
    .select((eb) => eb.fn.count<number>('uuid').distinct().as('count'))
    .where('endedAt', 'is', null)
    .where('act', 'in', ['reset', 'recover-cleaning'])
    .where((eb) => eb.or([eb('outcome', 'is', null), eb('outcome', 'in', ['accepted', 'unknown'])]))
    .$if(cloud !== null, (query) => query.where('cloud', '=', only))
    .executeTakeFirstOrThrow()
  const incidents = await db
    .selectFrom('incidents')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('closedAt', 'is', null)
    .$if(cloud !== null, (query) => query.where('cloud', '=', only))
    .executeTakeFirstOrThrow()
  const held = await db
    .selectFrom('words')
    .select((eb) => eb.fn.count<number>('uuid').distinct().as('count'))
    .where('kind', '=', 'hold')
    .where('endedAt', 'is', null)
    .$if(cloud !== null, (query) => query.where('cloud', '=', only))
    .executeTakeFirstOrThrow()
  const due = await db
    .selectFrom('due')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('dueAt', '<=', now)
    .$if(cloud !== null, (query) => query.where('cloud', '=', only))
    .executeTakeFirstOrThrow()
  return { inFlight: Number(inFlight.count), openIncidents: Number(incidents.count), held: Number(held.count), due: Number(due.count) }
}
