/**
 * What an Alertmanager's alerts are made of: the troubles that stand now, and which of them it was told to raise, so that they are ended
 * after a restart too. What becomes an alert is not decided here.
 */
import type { Acknowledgement } from '../core/acknowledged.ts'
import type { Memory } from '../core/case.ts'
import type { Act, Cause, Decision } from '../core/decision.ts'
import type { KeyKind } from '../core/fleet.ts'
import { isWell } from '../core/leases.ts'
import { acknowledgedCases, acknowledgedIncidents } from './acknowledging.ts'
import type { Queries } from './home.ts'
import { type AlertTable, fromJsonOrNull } from './schema.ts'

/** A decision in force, with what its case remembers of leases. */
export type StandingTrouble = {
  cloud: string
  uuid: string
  name: string | null
  caseId: string | null
  provision_state: string | null
  cause: Cause | null
  kind: Decision['kind']
  reason: string
  message: string
  act: Act | null
  since: number
  /** Who has seen it as it stands; null: nobody. */
  acknowledged: Acknowledgement | null
  /** Told of, and not over. */
  leases: { id: string; name: string | null; told: 'lease-on-failed-node' | 'lease-at-risk' | 'lease-lost' }[]
}

export type StandingIncident = {
  id: string
  cloud: string
  kind: KeyKind
  value: string
  openedAt: number
  open: number
  acknowledged: Acknowledgement | null
}

export async function standingTroubles(db: Queries): Promise<{ troubles: StandingTrouble[]; incidents: StandingIncident[] }> {
  const rows = await db
    .selectFrom('decisions')
    .leftJoin('cases', (join) =>
      join.onRef('cases.cloud', '=', 'decisions.cloud').onRef('cases.uuid', '=', 'decisions.uuid').on('cases.closedAt', 'is', null),
    )
    .leftJoin('nodes', (join) => join.onRef('nodes.cloud', '=', 'decisions.cloud').onRef('nodes.uuid', '=', 'decisions.uuid'))
    .select(['decisions.cloud', 'decisions.uuid', 'decisions.name', 'decisions.kind', 'decisions.reason', 'decisions.message'])
    .select(['decisions.act', 'decisions.since', 'cases.id as caseId', 'cases.cause', 'cases.memory'])
    .select(['nodes.provision_state', 'nodes.retired'])
    .orderBy('decisions.cloud')
    .orderBy('decisions.uuid')
    .execute()
  const acknowledged = await acknowledgedCases(
    db,
    rows.flatMap(({ caseId, kind, reason, cause }) => (caseId === null ? [] : [{ caseId, decision: { kind, reason }, cause }])),
  )
  const troubles = rows.map(({ memory, retired, ...row }) => {
    const isNodeWell = row.provision_state !== null && isWell({ provision_state: row.provision_state, retired: Boolean(retired) })
    const seen = acknowledged.get(row.caseId ?? '') ?? null
    return { ...row, acknowledged: seen, leases: leasesTold(fromJsonOrNull<Memory>(memory), isNodeWell) }
  })
  const incidents = await db
    .selectFrom('incidents')
    .innerJoin('cases', 'cases.incidentId', 'incidents.id')
    .select(['incidents.id', 'incidents.cloud', 'incidents.kind', 'incidents.value', 'incidents.openedAt'])
    .select(({ fn }) => [
      fn.count<number>('cases.id').filterWhere('cases.closedAt', 'is', null).as('open'),
      fn.count<number>('cases.id').as('members'),
    ])
    .where('incidents.closedAt', 'is', null)
    .groupBy('incidents.id')
    .orderBy('incidents.id')
    .execute()
  const counted = incidents.map(({ open, members, ...incident }) => ({ ...incident, open: Number(open), members: Number(members) }))
  const seen = await acknowledgedIncidents(db, counted)
  const standing = counted.filter(({ open }) => open > 0)
  return { troubles, incidents: standing.map(({ members: _members, ...one }) => ({ ...one, acknowledged: seen.get(one.id) ?? null })) }
}

/** The gravest word that holds of each lease: what was told of one on a node that is well again, or that is back, is over. */
function leasesTold(memory: Memory | null, isNodeWell: boolean): StandingTrouble['leases'] {
  const told = new Set(memory?.told ?? [])
  return (memory?.leases ?? []).flatMap(({ id, name, lostAt }): StandingTrouble['leases'] => {
    if (lostAt !== null) return told.has(`lease-lost ${id}`) ? [{ id, name, told: 'lease-lost' }] : []
    if (isNodeWell) return []
    if (told.has(`lease-on-failed-node ${id}`)) return [{ id, name, told: 'lease-on-failed-node' }]
    return told.has(`lease-at-risk ${id}`) ? [{ id, name, told: 'lease-at-risk' }] : []
  })
}

export type RaisedAlert = Omit<AlertTable, 'receiver'>

export async function raisedAlerts(db: Queries, receiver: string): Promise<RaisedAlert[]> {
  return await db.selectFrom('alerts').select(['id', 'body', 'since', 'sentAt']).where('receiver', '=', receiver).orderBy('id').execute()
}

/** Written before an alert is sent, so that one that a crash follows is ended some day; and again with each time it was sent. */
export async function noteAlerts(db: Queries, receiver: string, raised: readonly RaisedAlert[]): Promise<void> {
  for (const alert of raised)
    await db
      .insertInto('alerts')
      .values({ receiver, ...alert })
      .onConflict((conflict) => conflict.columns(['receiver', 'id']).doUpdateSet({ body: alert.body, sentAt: alert.sentAt }))
      .execute()
}

export async function forgetAlerts(db: Queries, receiver: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await db.deleteFrom('alerts').where('receiver', '=', receiver).where('id', '=', id).execute()
}
