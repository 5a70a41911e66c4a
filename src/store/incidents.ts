/**
 * Opens, joins and closes incidents: cases that share one cause. Whether there is one is core's judgement; here it only becomes
 * durable. An incident is closed by the commit with which its last open case closes or leaves,
 * and is never opened again; what it cost is said then.
 */
import { sql } from 'kysely'
import type { KeyKind } from '../core/fleet.ts'
import { HOUR } from '../core/policy.ts'
import { appendAudit, OURSELVES } from './audit.ts'
import { type Home, type Queries, shortId, smaller } from './home.ts'
import { postOfIncident } from './outbox.ts'

type Here = { tx: Queries; home: Home; cloud: string; now: number }
type Left = { caseId: string; uuid: string; id: string }

/** Opens an incident, or takes the open one of this key. The case joins it, and so do open cases of the key that are in none. */
export async function openIncident(here: Here, caseId: string, shared: { key: KeyKind; value: string; why: string }): Promise<void> {
  const { tx, home, cloud, now } = here
  const standing = await tx
    .selectFrom('incidents')
    .select('id')
    .where('cloud', '=', cloud)
    .where('kind', '=', shared.key)
    .where('value', '=', shared.value)
    .where('closedAt', 'is', null)
    .executeTakeFirst()
  if (standing !== undefined) return joinIncident(here, caseId, standing.id)
  const id = await shortId(
    'i',
    home.random,
    async (taken) => (await tx.selectFrom('incidents').select('id').where('id', '=', taken).executeTakeFirst()) !== undefined,
  )
  await tx.insertInto('incidents').values({ id, cloud, kind: shared.key, value: shared.value, openedAt: now, closedAt: null }).execute()
  const message = `Incident ${id} opened (${shared.key} ${shared.value}): ${shared.why}`
  await appendAudit(tx, { at: now, cloud, by: OURSELVES, kind: 'incident-opened', reason: id, message })
  await postOfIncident(tx, { cloud, id, kind: 'incident-opened', shared: `${shared.key} ${shared.value}`, message, now })
  await joinIncident(here, caseId, id)
  const others = await tx
    .selectFrom('cases')
    .innerJoin('case_keys', 'case_keys.caseId', 'cases.id')
    .select('cases.id')
    .where('case_keys.cloud', '=', cloud)
    .where('case_keys.kind', '=', shared.key)
    .where('case_keys.value', '=', shared.value)
    .where('cases.closedAt', 'is', null)
    .where('cases.incidentId', 'is', null)
    .execute()
  for (const other of others) await joinIncident(here, other.id, id)
}

/** Attempts that the case made since the incident opened count for it from now on; earlier ones stay on the account they are on. Nothing happens where it is closed. */
export async function joinIncident(here: Here, caseId: string, id: string): Promise<void> {
  const { tx } = here
  const incident = await tx
    .selectFrom('incidents')
    .select(['openedAt'])
    .where('id', '=', id)
    .where('closedAt', 'is', null)
    .executeTakeFirst()
  const member = await tx.selectFrom('cases').select(['uuid', 'incidentId']).where('id', '=', caseId).executeTakeFirst()
  if (incident === undefined || member === undefined || member.incidentId === id) return
  await tx.updateTable('cases').set({ incidentId: id }).where('id', '=', caseId).execute()
  await tx
    .updateTable('attempts')
    .set({ incidentId: id })
    .where('caseId', '=', caseId)
    .where('createdAt', '>=', incident.openedAt)
    .execute()
  if (member.incidentId === null) return
  await recordLeft(here, { caseId, uuid: member.uuid, id: member.incidentId }, `${id} explains its failure better.`)
  await closeIfOver(here, member.incidentId)
}

/** The case goes on by itself. What it tried stays on the incident's account. */
export async function leaveIncident(here: Here, left: Left): Promise<void> {
  await here.tx.updateTable('cases').set({ incidentId: null }).where('id', '=', left.caseId).execute()
  await recordLeft(here, left, 'what the others share does not explain it any more.')
  await closeIfOver(here, left.id)
}

async function recordLeft({ tx, cloud, now }: Here, { caseId, uuid, id }: Left, why: string): Promise<void> {
  const message = `It leaves incident ${id}: ${why}`
  await appendAudit(tx, { at: now, cloud, uuid, caseId, by: OURSELVES, kind: 'incident-left', reason: id, message })
}

/** Closes the incident when none of its cases is open any more. */
export async function closeIfOver(here: Here, id: string): Promise<void> {
  const { tx, cloud, now } = here
  const open = await tx.selectFrom('cases').select('id').where('incidentId', '=', id).where('closedAt', 'is', null).executeTakeFirst()
  if (open !== undefined) return
  const closed = await tx
    .updateTable('incidents')
    .set({ closedAt: now })
    .where('id', '=', id)
    .where('closedAt', 'is', null)
    .returning(['kind', 'value'])
    .executeTakeFirst()
  if (closed === undefined) return
  const cost = await costOf(tx, id, now)
  const message = `Incident ${id} is over: ${costText(cost)}.`
  await appendAudit(tx, { at: now, cloud, by: OURSELVES, kind: 'incident-closed', reason: id, message })
  await postOfIncident(tx, { cloud, id, kind: 'incident-closed', shared: `${closed.kind} ${closed.value}`, message, now })
}

export type Cost = { nodes: number; nodeMs: number; resets: number }

/** What an incident cost so far: nodes that were in it, the time from each one's failure until its case closed, and resets spent. */
export async function costOf(tx: Queries, id: string, now: number): Promise<Cost> {
  const cases = await tx
    .selectFrom('cases')
    .select(({ fn }) => [
      fn.count<number>('uuid').distinct().as('nodes'),
      fn
        .sum<number>(sql<number>`coalesce(${sql.ref('closedAt')}, ${now}) - ${smaller(sql.ref('failureAt'), sql.ref('openedAt'))}`)
        .as('ms'),
    ])
    .where('incidentId', '=', id)
    .executeTakeFirstOrThrow()
  const spent = await tx
    .selectFrom('attempts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('incidentId', '=', id)
    .where('act', 'in', ['reset', 'recover-cleaning'])
    .where((eb) => eb.or([eb('outcome', 'is', null), eb('outcome', 'in', ['accepted', 'unknown'])]))
    // A recovery's two steps are one attempt.
    .where((eb) => eb.or([eb('step', 'is', null), eb('step', '!=', 'provide')]))
    .executeTakeFirstOrThrow()
  return { nodes: Number(cases.nodes), nodeMs: Math.max(0, Number(cases.ms ?? 0)), resets: Number(spent.count) }
}

const costText = ({ nodes, nodeMs, resets }: Cost): string =>
  `${nodes} node${nodes === 1 ? '' : 's'}, ${(nodeMs / HOUR).toFixed(1)} node-hours lost, ${resets} reset${resets === 1 ? '' : 's'} spent`
