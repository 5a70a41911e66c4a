/**
 * Sums for metrics, each from one query. Those over the audit trail are of a stretch of it: the trail only grows, so a scrape reads what is
 * new and not all of it. What the sums are called, and since when they count, is http/metrics.ts.
 */
import { sql } from 'kysely'
import type { Cause, Decision } from '../core/decision.ts'
import { larger, type Queries, smaller } from './home.ts'

/** A stretch of the audit trail: the entries behind one id, up to another and with it. */
export type Stretch = { after: number; upTo: number }

/** `kind` is a decision's, or `outcome`, whose reason is `ACT:OUTCOME`. */
export type AuditTally = { cloud: string; kind: string; reason: string; count: number }

/** Decisions, as often as they changed or were an act, and outcomes of acts as they were first known. */
export async function auditTally(db: Queries, { after, upTo }: Stretch): Promise<AuditTally[]> {
  const rows = await db
    .selectFrom('audit')
    .select((eb) => ['cloud', 'kind', 'reason', eb.fn.countAll<number>().as('count')])
    .where('id', '>', after)
    .where('id', '<=', upTo)
    .where('kind', 'in', ['act', 'wait', 'leave', 'escalate', 'resolve', 'outcome'])
    .groupBy(['cloud', 'kind', 'reason'])
    .execute()
  return rows.map(({ cloud, kind, reason, count }) => ({ cloud: cloud ?? '', kind, reason: reason ?? '', count: Number(count) }))
}

export type CaseTally = { cloud: string; cause: Cause | null; state: string; count: number }

/** All cases by cause; `state` is `open`, or how they ended. */
export async function caseTally(db: Queries): Promise<CaseTally[]> {
  const rows = await db
    .selectFrom('cases')
    .select((eb) => [
      'cloud',
      'cause',
      eb
        .case()
        .when('closedAt', 'is', null)
        .then('open')
        .else(eb.fn.coalesce('result', sql.lit('moved')))
        .end()
        .as('state'),
      eb.fn.countAll<number>().as('count'),
    ])
    .groupBy(['cloud', 'cause', 'state'])
    .execute()
  return rows.map(({ cloud, cause, state, count }) => ({ cloud, cause, state, count: Number(count) }))
}

/** Cases that were closed as healed: how long it took from the failure until the proof, ms. */
export async function timesToHeal(db: Queries, { after, upTo }: Stretch): Promise<number[]> {
  const rows = await db
    .selectFrom('audit')
    .innerJoin('cases', 'cases.id', 'audit.caseId')
    .select(['audit.at', 'cases.failureAt', 'cases.openedAt'])
    .where('audit.id', '>', after)
    .where('audit.id', '<=', upTo)
    .where('audit.kind', '=', 'resolve')
    .where('audit.reason', '=', 'healed')
    .orderBy('audit.id')
    .execute()
  return rows.map(({ at, failureAt, openedAt }) => Math.max(0, at - Math.min(failureAt, openedAt)))
}

/**
 * Cases that were opened: how long it took from the failure until it was seen, ms. Without the backlog that a first pass finds, which was not waited for, and
 * without those whose node has failed again since: when it failed first is not known any more.
 */
export async function timesToSee(db: Queries, { after, upTo }: Stretch): Promise<number[]> {
  const rows = await db
    .selectFrom('audit')
    .innerJoin('cases', 'cases.id', 'audit.caseId')
    .innerJoin('clouds', 'clouds.cloud', 'cases.cloud')
    .select(['cases.failureAt', 'cases.openedAt'])
    .where('audit.id', '>', after)
    .where('audit.id', '<=', upTo)
    .where('audit.kind', '=', 'opened')
    .whereRef('cases.openedAt', '>', 'clouds.firstPassAt')
    .whereRef('cases.failureAt', '<=', 'cases.openedAt')
    .orderBy('audit.id')
    .execute()
  return rows.map(({ failureAt, openedAt }) => openedAt - failureAt)
}

/** How long nodes were lost between two moments, by the cause that their case has now. */
export async function lostNodeTime(db: Queries, from: number, to: number): Promise<{ cloud: string; cause: Cause | null; ms: number }[]> {
  const began = larger(smaller(sql.ref('failureAt'), sql.ref('openedAt')), sql`${from}`)
  const ended = smaller(sql`coalesce(${sql.ref('closedAt')}, ${to})`, sql`${to}`)
  const lost = sql<number>`sum(${larger(sql`${ended} - ${began}`, sql.lit(0))})`
  const rows = await db
    .selectFrom('cases')
    .select(['cloud', 'cause', lost.as('ms')])
    .where((eb) => eb.or([eb('closedAt', 'is', null), eb('closedAt', '>', from)]))
    .groupBy(['cloud', 'cause'])
    .execute()
  return rows.map(({ cloud, cause, ms }) => ({ cloud, cause, ms: Number(ms) }))
}

/** Nodes under repair: a reset or a recovery holds a place from its intent until the node left repair. Clouds without any are left out. */
export async function placesHeld(db: Queries): Promise<{ cloud: string; count: number }[]> {
  const rows = await db
    .selectFrom('attempts')
    .select((eb) => ['cloud', eb.fn.count<number>('uuid').distinct().as('count')])
    .where('endedAt', 'is', null)
    .where('act', 'in', ['reset', 'recover-cleaning'])
    .where((eb) => eb.or([eb('outcome', 'is', null), eb('outcome', 'in', ['accepted', 'unknown'])]))
    .groupBy('cloud')
    .execute()
  return rows.map(({ cloud, count }) => ({ cloud, count: Number(count) }))
}

/** Nodes by the decision in force on them. */
export type InForceTally = { cloud: string; kind: Decision['kind']; reason: string; count: number }

export async function inForceTally(db: Queries): Promise<InForceTally[]> {
  const rows = await db
    .selectFrom('decisions')
    .select((eb) => ['cloud', 'kind', 'reason', eb.fn.countAll<number>().as('count')])
    .groupBy(['cloud', 'kind', 'reason'])
    .execute()
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}

/** Open cases by the kind of their decision (null: none yet); `oldest`: when the first of them was opened, epoch ms. */
export async function openCaseTally(db: Queries): Promise<{ cloud: string; kind: Decision['kind'] | null; oldest: number }[]> {
  const rows = await db
    .selectFrom('cases')
    .select((eb) => ['cloud', 'kind', eb.fn.min<number>('openedAt').as('oldest')])
    .where('closedAt', 'is', null)
    .groupBy(['cloud', 'kind'])
    .execute()
  return rows.map((row) => ({ ...row, oldest: Number(row.oldest) }))
}

/** Messages that receivers have still to be told, and when the oldest of them was written, epoch ms. Receivers that wait for none are left out. */
export async function messagesWaiting(db: Queries): Promise<{ receiver: string; count: number; oldest: number }[]> {
  const rows = await db
    .selectFrom('deliveries')
    .innerJoin('outbox', 'outbox.id', 'deliveries.messageId')
    .select((eb) => ['receiver', eb.fn.countAll<number>().as('count'), eb.fn.min<number>('outbox.at').as('oldest')])
    .where('endedAt', 'is', null)
    .groupBy('receiver')
    .execute()
  return rows.map(({ receiver, count, oldest }) => ({ receiver, count: Number(count), oldest: Number(oldest) }))
}

/** Nodes in a failed state that nothing is decided on: nobody tends them. Clouds without any are left out. */
export async function unattendedNodes(db: Queries): Promise<{ cloud: string; count: number }[]> {
  const rows = await db
    .selectFrom('nodes')
    .leftJoin('decisions', (join) => join.onRef('decisions.cloud', '=', 'nodes.cloud').onRef('decisions.uuid', '=', 'nodes.uuid'))
    .select((eb) => ['nodes.cloud', eb.fn.countAll<number>().as('count')])
    .where('nodes.provision_state', 'in', ['error', 'clean failed'])
    .where('nodes.missingSince', 'is', null)
    .where('decisions.uuid', 'is', null)
    .groupBy('nodes.cloud')
    .execute()
  return rows.map(({ cloud, count }) => ({ cloud, count: Number(count) }))
}
