/**
 * What cases of one cloud have in common, as rows: which began at about one time, and how many share a key. What that says about a node is
 * not decided here.
 */
import type { Cause } from '../core/decision.ts'
import type { KeyKind, Keys } from '../core/fleet.ts'
import type { Queries } from './home.ts'
import { fromJson } from './schema.ts'
import { template } from './template.ts'

export type BegunCase = {
  id: string
  uuid: string
  name: string | null
  resource_class: string | null
  /** When it began: its failure, or where that is a later one of the same case, when the case was opened. */
  beganAt: number
  cause: Cause | null
  keys: Keys
}

/** Cases that began in that time, both ends included, in order of it. */
export async function casesBegunBetween(
  db: Queries,
  { cloud, from, to }: { cloud: string; from: number; to: number },
): Promise<BegunCase[]> {
  const rows = await db
    .selectFrom('cases')
    .select(['id', 'uuid', 'name', 'resource_class', 'failureAt', 'openedAt', 'cause', 'keys'])
    .where('cloud', '=', cloud)
    .where((eb) =>
      eb.or([
        eb.and([eb('failureAt', '<=', eb.ref('openedAt')), eb('failureAt', '>=', from), eb('failureAt', '<=', to)]),
        eb.and([eb('failureAt', '>', eb.ref('openedAt')), eb('openedAt', '>=', from), eb('openedAt', '<=', to)]),
      ]),
    )
    .orderBy('openedAt')
    .orderBy('id')
    .execute()
  return rows
    .map(({ failureAt, openedAt, keys, ...row }) => ({ ...row, beganAt: Math.min(failureAt, openedAt), keys: fromJson<Keys>(keys) }))
    .toSorted((a, b) => a.beganAt - b.beganAt)
}

/** Nodes that ever had a case with this key, and how many of them have one open now; the node `besides` is not counted. */
export async function sharing(
  db: Queries,
  of: { cloud: string; kind: KeyKind; value: string; besides: string },
): Promise<{ nodes: number; open: number }> {
  const row = await db
    .selectFrom('case_keys')
    .leftJoin('cases', (join) =>
      join.onRef('cases.cloud', '=', 'case_keys.cloud').onRef('cases.uuid', '=', 'case_keys.uuid').on('cases.closedAt', 'is', null),
    )
    .select((eb) => [eb.fn.countAll<number>().as('nodes'), eb.fn.count<number>('cases.id').as('open')])
    .where('case_keys.cloud', '=', of.cloud)
    .where('case_keys.kind', '=', of.kind)
    .where('case_keys.value', '=', of.value)
    .where('case_keys.uuid', '!=', of.besides)
    .executeTakeFirstOrThrow()
  return { nodes: Number(row.nodes), open: Number(row.open) }
}

/** Both causes of the runbook's third kind; which of them a case has changes with what its BMC does. */
const BMC_CAUSES = ['bmc-unreachable', 'bmc-fault'] as const satisfies readonly Cause[]
/** A BMC network that is named by a domain may be a whole data centre; the newest failures are those that may belong together. */
const NEIGHBOURS_MAX = 1000

type Hanging = { cloud: string; kind: KeyKind; value: string }

const neighbours = template((db, of: Hanging) =>
  db
    .selectFrom('case_keys')
    .leftJoin('cases', (join) =>
      join
        .onRef('cases.cloud', '=', 'case_keys.cloud')
        .onRef('cases.uuid', '=', 'case_keys.uuid')
        .on('cases.closedAt', 'is', null)
        .on('cases.cause', 'in', BMC_CAUSES),
    )
    .select(['case_keys.uuid', 'cases.failureAt'])
    .where('case_keys.cloud', '=', of.cloud)
    .where('case_keys.kind', '=', of.kind)
    .where('case_keys.value', '=', of.value)
    .orderBy('case_keys.failureAt', 'desc')
    .limit(NEIGHBOURS_MAX),
)

/** Nodes ever on record there, and when the open case of each began where its cause is a BMC's; those that failed last first, at most 1000. */
export function neighboursOn(db: Queries, of: Hanging): Promise<{ uuid: string; failureAt: number | null }[]> {
  return neighbours(db, of)
}

/** Nodes of the cloud, or of one class of it, with an open case; the node `besides` is not counted. */
export async function openCases(db: Queries, of: { cloud: string; resource_class?: string; besides: string }): Promise<number> {
  const { resource_class } = of
  const row = await db
    .selectFrom('cases')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('cloud', '=', of.cloud)
    .where('closedAt', 'is', null)
    .where('uuid', '!=', of.besides)
    .$if(resource_class !== undefined, (query) => query.where('resource_class', '=', resource_class ?? ''))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}
