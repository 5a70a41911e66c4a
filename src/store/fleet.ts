/**
 * The sums that budgets and incidents are judged by, each read from an index. No list of cases or nodes is ever loaded: the cost
 * of a decision must not grow with the fleet. What follows from the sums is core's business.
 */
import type { ExpressionBuilder } from 'kysely'
import type { Reason } from '../core/decision.ts'
import { DOMAIN_KINDS, type Fleet, type IncidentSums, isWide, KEY_KINDS, type KeyKind, type Keys, WIDE_KINDS } from '../core/fleet.ts'
import { HOUR } from '../core/policy.ts'
import type { NodeKey } from '../core/seen.ts'
import { invariant, type Queries } from './home.ts'
import { needierThan } from './leases.ts'
import type { Schema } from './schema.ts'
import { template } from './template.ts'

export type FleetAsked = {
  keys: Keys
  resource_class: string | null
  /** Failures at most so far, in ms, from this node's own (now, where it has none) are related to it, however late they are looked at. */
  within: number
  failedAt?: number
  /** How soon somebody needs the node (core/leases.ts); null: nobody is known to. */
  neededAt?: number | null
  /** What counts of an incident; all of it where nothing is said. */
  horizon?: Horizon
  /** Epoch ms: what was begun before and never seen to end holds no place any more. */
  unseenSince?: number
}
/** Epoch ms from which on they speak for or against a node: tries before the incident opened (null: none of them), tries since, and proofs. */
export type Horizon = { triesBefore: number | null; tries: number; proofs: number }
const EVERYTHING: Horizon = { triesBefore: null, tries: 0, proofs: 0 }
type Asked = FleetAsked & { key: NodeKey; now: number }
type Pair = { kind: KeyKind; value: string }

/** @param asked the node's own keys and class; `within` is the incident window in ms */
export async function fleetAround(tx: Queries, asked: Asked): Promise<Fleet> {
  const pairs = pairsOf(asked.keys)
  const { census, slowUntil } = await cloudSums(tx, asked)
  const open = await openIncidents(tx, { cloud: asked.key.cloud })
  const incidents = await incidentsOf(tx, { asked, pairs, open })
  const leftOver = isLeftOver(open, incidents)
  return {
    census,
    slowUntil,
    inFlight: await inFlight(tx, asked, pairs),
    ...(await starts(tx, asked)),
    related: await related(tx, asked, { pairs, leftOver }),
    openInClass: await openInClass(tx, asked, leftOver),
    incidents,
    needier: await needierThan(tx, { ...asked, neededAt: asked.neededAt ?? null }),
  }
}

export function pairsOf(keys: Keys): Pair[] {
  return KEY_KINDS.flatMap((kind) => {
    const value = keys[kind]
    return value === undefined ? [] : [{ kind, value }]
  })
}

const cloudRow = template((db, of: { cloud: string; resource_class: string }) =>
  db
    .selectFrom('clouds')
    .leftJoin('classes', (join) => join.onRef('classes.cloud', '=', 'clouds.cloud').on('classes.resource_class', '=', of.resource_class))
    .select(['clouds.believed', 'clouds.believedAt', 'clouds.doubtful', 'clouds.slowUntil', 'classes.believed as inClass'])
    .where('clouds.cloud', '=', of.cloud),
)

async function cloudSums(tx: Queries, asked: Asked): Promise<Pick<Fleet, 'census' | 'slowUntil'>> {
  const [row] = await cloudRow(tx, { cloud: asked.key.cloud, resource_class: asked.resource_class ?? '' })
  return {
    census: { total: row?.believed ?? 0, inClass: row?.inClass ?? 0, doubtful: row?.doubtful ?? null, at: row?.believedAt ?? null },
    slowUntil: row?.slowUntil ?? null,
  }
}

/**
 * A place is held by a reset or a recovery from its intent until the node left repair, unless it is known not to have happened. One whose end nobody
 * saw holds it no longer than `unseenSince` says: else a conductor that hangs on a node, whose lock lets nothing be settled, would keep it from all the others.
 */
function holdsPlace(eb: ExpressionBuilder<Schema, 'attempts'>, unseenSince: number) {
  return eb.and([
    eb('attempts.endedAt', 'is', null),
    eb('attempts.act', 'in', ['reset', 'recover-cleaning']),
    eb.or([
      eb('attempts.outcome', '=', 'accepted'),
      eb.and([
        eb.or([eb('attempts.outcome', 'is', null), eb('attempts.outcome', '=', 'unknown')]),
        eb('attempts.createdAt', '>=', unseenSince),
      ]),
    ]),
  ])
}

/** An attempt that may have happened: refusals and what never left use nothing up. */
function mayHaveHappened(eb: ExpressionBuilder<Schema, 'attempts'>) {
  return eb.or([eb('attempts.outcome', 'is', null), eb('attempts.outcome', 'in', ['accepted', 'unknown'])])
}

const placesHeld = template((db, of: { cloud: string; unseenSince: number }) =>
  db
    .selectFrom('attempts')
    .select(['uuid', 'resource_class'])
    .distinct()
    .where('cloud', '=', of.cloud)
    .where((eb) => holdsPlace(eb, of.unseenSince)),
)

/** Places of other nodes, counted by node: a recovery's two steps hold one place, and what a node holds itself is not in its way. */
async function inFlight(tx: Queries, asked: Asked, pairs: readonly Pair[]): Promise<Fleet['inFlight']> {
  const rows = await placesHeld(tx, { cloud: asked.key.cloud, unseenSince: asked.unseenSince ?? 0 })
  // These are as many as the budget allows at most, 25 by default, so they may be counted here.
  const others = rows.filter((row) => row.uuid !== asked.key.uuid)
  const nodes = new Set(others.map((row) => row.uuid))
  const inClass = new Set(others.filter((row) => row.resource_class === asked.resource_class).map((row) => row.uuid))
  const byKey = others.length === 0 ? {} : await inFlightByKey(tx, asked, pairs)
  return { cloud: nodes.size, inClass: inClass.size, byKey }
}

async function inFlightByKey(tx: Queries, { key, unseenSince = 0 }: Asked, pairs: readonly Pair[]): Promise<Fleet['inFlight']['byKey']> {
  if (pairs.length === 0) return {}
  const { cloud, uuid } = key
  const rows = await tx
    .selectFrom('attempts')
    .innerJoin('case_keys', 'case_keys.caseId', 'attempts.caseId')
    .select((eb) => ['case_keys.kind', eb.fn.count<number>('attempts.uuid').distinct().as('nodes')])
    .where('attempts.cloud', '=', cloud)
    .where('attempts.uuid', '!=', uuid)
    .where((eb) => holdsPlace(eb, unseenSince))
    .where((eb) => eb.or(pairs.map(({ kind, value }) => eb.and([eb('case_keys.kind', '=', kind), eb('case_keys.value', '=', value)]))))
    .groupBy('case_keys.kind')
    .execute()
  return Object.fromEntries(rows.map(({ kind, nodes }) => [kind, Number(nodes)]))
}

const startsSince = template((db, of: { cloud: string; since: number }) =>
  db
    .selectFrom('attempts')
    .select((eb) => [eb.fn.count<number>('attempts.id').as('count'), eb.fn.min('attempts.createdAt').as('oldest')])
    .where('attempts.cloud', '=', of.cloud)
    .where('attempts.act', '=', 'reset')
    .where('attempts.createdAt', '>', of.since)
    .where('attempts.incidentId', 'is', null)
    .where(mayHaveHappened),
)

async function starts(tx: Queries, asked: Asked): Promise<Pick<Fleet, 'startsLastHour' | 'oldestStartAt'>> {
  const [row] = await startsSince(tx, { cloud: asked.key.cloud, since: asked.now - HOUR })
  return { startsLastHour: Number(row?.count ?? 0), oldestStartAt: row?.oldest ?? null }
}

/** This node's own failure counts once for each of its keys, stored already or not; other nodes once each, whatever became of their cases. */
async function related(
  tx: Queries,
  asked: Asked,
  { pairs, leftOver }: { pairs: readonly Pair[]; leftOver: boolean },
): Promise<Fleet['related']> {
  const { cloud, uuid } = asked.key
  const at = asked.failedAt ?? asked.now
  const found: Fleet['related'] = {}
  // One statement a key: with `or` between the keys SQLite gives up counting in the index.
  for (const { kind, value } of pairs) {
    const of = { cloud, uuid, kind, value, from: at - asked.within, to: at + asked.within }
    const [others] =
      kind === 'backlog' ? await othersFailed(tx, { cloud, uuid }) : await (leftOver && isWide(kind) ? unexplainedOf : othersOf)(tx, of)
    found[kind] = 1 + Number(others?.nodes ?? 0)
  }
  return found
}

/** Whether others' failures are explained by something that this node has no part in. */
const isLeftOver = (open: readonly { kind: KeyKind }[], own: Fleet['incidents']): boolean =>
  open.some(({ kind }) => !isWide(kind)) && Object.values(own).every(({ key }) => isWide(key))

type Around = { cloud: string; uuid: string; kind: KeyKind; value: string; from: number; to: number }

const unexplainedOf = template((db, of: Around) =>
  db
    .selectFrom('case_keys')
    .innerJoin('cases', 'cases.id', 'case_keys.caseId')
    .leftJoin('incidents', 'incidents.id', 'cases.incidentId')
    .select((eb) => eb.fn.countAll<number>().as('nodes'))
    .where('case_keys.cloud', '=', of.cloud)
    .where('case_keys.kind', '=', of.kind)
    .where('case_keys.value', '=', of.value)
    .where('case_keys.failureAt', '>=', of.from)
    .where('case_keys.failureAt', '<=', of.to)
    .where('case_keys.uuid', '!=', of.uuid)
    .where((eb) => eb.or([eb('incidents.id', 'is', null), eb('incidents.kind', 'in', WIDE_KINDS)])),
)

/** All of them, less the node itself: to compare each row with it takes as long again as to count them (measured). */
const othersOf = template((db, of: Around) => {
  const there = db
    .selectFrom('case_keys')
    .select((eb) => eb.fn.countAll<number>().as('nodes'))
    .where('cloud', '=', of.cloud)
    .where('kind', '=', of.kind)
    .where('value', '=', of.value)
    .where('failureAt', '>=', of.from)
    .where('failureAt', '<=', of.to)
  return db.selectNoFrom((eb) => eb(there, '-', there.where('uuid', '=', of.uuid)).as('nodes'))
})

/**
 * The backlog is what the first listing shows as failed, however long ago: the first of its nodes must wait for the others as much as the
 * last, and its failures lie far outside any window.
 */
const othersFailed = template((db, of: { cloud: string; uuid: string }) => {
  const failed = db
    .selectFrom('nodes')
    .select((eb) => eb.fn.countAll<number>().as('nodes'))
    .where('cloud', '=', of.cloud)
    .where('provision_state', 'in', ['error', 'clean failed'])
    .where('missingSince', 'is', null)
  return db.selectNoFrom((eb) => eb(failed, '-', failed.where('uuid', '=', of.uuid)).as('nodes'))
})

const openOf = (db: Queries, cloud: string) =>
  db
    .selectFrom('cases')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('cases.cloud', '=', cloud)
    .where('cases.closedAt', 'is', null)
const openInNamed = template((db, of: { cloud: string; resource_class: string }) =>
  openOf(db, of.cloud).where('resource_class', '=', of.resource_class),
)
const openInNone = template((db, of: { cloud: string }) => openOf(db, of.cloud).where('resource_class', 'is', null))

async function openInClass(tx: Queries, { key: { cloud }, resource_class }: Asked, leftOver: boolean): Promise<number> {
  const [row] = resource_class === null ? await openInNone(tx, { cloud }) : await openInNamed(tx, { cloud, resource_class })
  const [explained] = leftOver ? await explainedInClass(tx, { cloud, resource_class: resource_class ?? '' }) : []
  return Number(row?.count ?? 0) - Number(explained?.count ?? 0)
}

const explainedInClass = template((db, of: { cloud: string; resource_class: string }) =>
  openOf(db, of.cloud)
    .innerJoin('incidents', 'incidents.id', 'cases.incidentId')
    .where('incidents.kind', 'not in', WIDE_KINDS)
    .where((eb) => eb(eb.fn.coalesce('cases.resource_class', eb.val('')), '=', of.resource_class)),
)

/** They are few, however many nodes are in them. */
const openIncidents = template((db, of: { cloud: string }) =>
  db.selectFrom('incidents').selectAll().where('cloud', '=', of.cloud).where('closedAt', 'is', null),
)
const incidentOfCase = template((db, of: { cloud: string; uuid: string }) =>
  db
    .selectFrom('cases')
    .select('incidentId')
    .where('cloud', '=', of.cloud)
    .where('uuid', '=', of.uuid)
    .where('closedAt', 'is', null)
    .where('incidentId', 'is not', null),
)

/** Open incidents of this node's keys, and the one its case belongs to even where the key cannot be read just now. */
async function incidentsOf(
  tx: Queries,
  { asked, pairs, open }: { asked: Asked; pairs: readonly Pair[]; open: Awaited<ReturnType<typeof openIncidents>> },
): Promise<Fleet['incidents']> {
  if (open.length === 0) return {}
  const { key, horizon = EVERYTHING, unseenSince = 0 } = asked
  const [own] = await incidentOfCase(tx, key)
  const mine = new Map<KeyKind, string>(pairs.map(({ kind, value }) => [kind, value]))
  const rows = open.filter((row) => mine.get(row.kind) === row.value || row.id === own?.incidentId)
  const found: Fleet['incidents'] = {}
  for (const row of rows) {
    // Two of one kind (the switch of today and the one it belonged to): the incident of today's key is the one to join.
    if (found[row.kind] !== undefined && mine.get(row.kind) !== row.value) continue
    const { id, kind, value, openedAt } = row
    found[kind] = {
      id,
      key: kind,
      value,
      openedAt,
      isOwn: id === own?.incidentId,
      ...(await incidentSums(tx, row, { ...horizon, unseenSince })),
    }
  }
  return found
}

const membersOf = template((db, of: { id: string }) =>
  db
    .selectFrom('cases')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('incidentId', '=', of.id),
)

const attemptSums = template((db, of: { id: string; unseenSince: number }) =>
  db
    .selectFrom('attempts')
    .select((eb) => [
      eb.fn
        .count<number>(eb.case().when(holdsPlace(eb, of.unseenSince)).then(eb.ref('uuid')).end())
        .distinct()
        .as('inFlight'),
      eb.fn
        .count<number>(eb.case().when('result', '=', 'failed').then(eb.ref('uuid')).end())
        .distinct()
        .as('failed'),
    ])
    .where('incidentId', '=', of.id)
    .where('act', 'in', ['reset', 'recover-cleaning']),
)

type IncidentKey = { id: string; cloud: string; kind: KeyKind; value: string; openedAt: number }

const casesOfKey = (eb: ExpressionBuilder<Schema, 'attempts'>, { cloud, kind, value }: IncidentKey) =>
  eb.selectFrom('case_keys').select('caseId').where('cloud', '=', cloud).where('kind', '=', kind).where('value', '=', value)

/**
 * A node of the same key that healed since is proof, too, whichever incident its case belongs to: they have the same switch in common. The first
 * step of a recovery proves nothing: where a retired node is well with it, nothing was torn down or cleaned.
 */
const provenSince = template((db, of: IncidentKey & { since: number }) =>
  db
    .selectFrom('attempts')
    .select((eb) => eb.fn.count<number>('attempts.uuid').distinct().as('count'))
    .where('attempts.cloud', '=', of.cloud)
    .where('attempts.act', 'in', ['reset', 'recover-cleaning'])
    .where('attempts.createdAt', '>=', of.openedAt)
    .where('attempts.result', '=', 'proven')
    .where('attempts.endedAt', '>=', of.since)
    .where((eb) => eb.or([eb('attempts.step', 'is', null), eb('attempts.step', '!=', 'manage')]))
    .where((eb) => eb.or([eb('attempts.incidentId', '=', of.id), eb('attempts.caseId', 'in', casesOfKey(eb, of))])),
)

type Tried = { closedAt: number | null; reason: string | null; step: string | null; provision_state: string | null }

/** Home, or in the hands of a person who took it. */
const NOT_FAILED: readonly (string | null)[] = ['available', 'active', 'manageable']

/** Removed, so that nobody will see it again; or, as far as anybody knows, somebody's: nothing more is tried on it that could show a change. */
const OUT_OF_REACH: readonly (string | null)[] = ['node-gone', 'instance-may-live'] satisfies Reason[]

/**
 * A case stays open on a node that came home into a person's maintenance: then nobody knows whether it is well, but it has not failed. No more has
 * one that was only taken to `manageable`, the first step of a recovery, which has tried nothing yet; and one out of reach will show nothing more.
 */
const isFailing = ({ closedAt, reason, step, provision_state }: Tried): boolean =>
  closedAt === null && !OUT_OF_REACH.includes(reason) && step !== 'manage' && !NOT_FAILED.includes(provision_state)

const tries = (db: Queries, { cloud, since }: { cloud: string; since: number }) =>
  db
    .selectFrom('attempts')
    .innerJoin('cases', 'cases.id', 'attempts.caseId')
    .leftJoin('nodes', (join) => join.onRef('nodes.cloud', '=', 'attempts.cloud').onRef('nodes.uuid', '=', 'attempts.uuid'))
    .select(['attempts.createdAt', 'attempts.readings', 'attempts.result', 'attempts.step'])
    .select(['cases.closedAt', 'cases.reason', 'nodes.provision_state'])
    .where('attempts.cloud', '=', cloud)
    .where('attempts.act', 'in', ['reset', 'recover-cleaning'])
    .where('attempts.createdAt', '>=', since)
    .where(mayHaveHappened)
    .orderBy('attempts.seq', 'desc')
    .limit(1)

const lastOfMembers = template((db, of: IncidentKey & { since: number }) => tries(db, of).where('attempts.incidentId', '=', of.id))

/** Keys of one thing or service: a try on another node of it was a try for all. A conductor or a text in common is not enough for that. */
const TRIED_FOR_ALL: readonly KeyKind[] = ['service', ...DOMAIN_KINDS]

const lastUnhealed = template((db, of: IncidentKey & { since: number }) =>
  tries(db, of)
    .where('attempts.createdAt', '<', of.openedAt)
    .where((eb) => eb.or([eb('attempts.result', 'is', null), eb('attempts.result', '!=', 'proven')]))
    .where((eb) => eb('attempts.caseId', 'in', casesOfKey(eb, of))),
)

async function lastTry(tx: Queries, of: IncidentKey, { triesBefore, tries: since }: Horizon): Promise<IncidentSums['last']> {
  const [own] = await lastOfMembers(tx, { ...of, since })
  // One of its own is later than any before it.
  const isAsked = own === undefined && triesBefore !== null && triesBefore < of.openedAt && TRIED_FOR_ALL.includes(of.kind)
  const [before] = isAsked ? await lastUnhealed(tx, { ...of, since: triesBefore }) : []
  const last = own ?? before
  if (last === undefined) return null
  // A retired node that is well once it is `manageable` has proven nothing to the others.
  const result = last.step === 'manage' ? null : last.result
  return { at: last.createdAt, readings: last.readings, result, isFailing: isFailing(last) }
}

/** What became of an incident's members since it opened, counted by node, as far as it speaks for or against another of them. */
export async function incidentSums(
  tx: Queries,
  { id, cloud, kind, value, openedAt }: IncidentKey,
  horizon: Horizon & { unseenSince: number } = { ...EVERYTHING, unseenSince: 0 },
): Promise<Pick<IncidentSums, 'members' | 'inFlight' | 'proven' | 'failed' | 'last'>> {
  const [members] = await membersOf(tx, { id })
  const [sums] = await attemptSums(tx, { id, unseenSince: horizon.unseenSince })
  const [proven] = await provenSince(tx, { id, cloud, kind, value, openedAt, since: horizon.proofs })
  invariant(members !== undefined && sums !== undefined && proven !== undefined, `The sums of incident ${id} are missing.`)
  return {
    members: Number(members.count),
    inFlight: Number(sums.inFlight),
    proven: Number(proven.count),
    failed: Number(sums.failed),
    last: await lastTry(tx, { id, cloud, kind, value, openedAt }, horizon),
  }
}
