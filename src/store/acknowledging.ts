/**
 * "I have seen it": a person's word on a case or an incident. It is written with how that stood, audited, and ends what is still to be told of it
 * as it was; it wakes nothing, since nothing is decided by it. Whether it still holds is core/acknowledged.ts.
 */
import { sql } from 'kysely'
import { type Acknowledgement, standOfCase, standOfIncident, stillAcknowledged } from '../core/acknowledged.ts'
import type { Cause, Decision } from '../core/decision.ts'
import { appendAudit } from './audit.ts'
import { type Home, type Queries, transaction } from './home.ts'
import { quietMessages } from './quiet.ts'
import type { Said } from './words.ts'

export type Acknowledging = { kind: 'case' | 'incident'; id: string; stood: string }

/** False where no case or incident of this id is open. */
export function acknowledge(home: Home, said: Said & Acknowledging): Promise<boolean> {
  const scope = said.kind === 'case' ? { caseId: said.id } : { cloud: null }
  return transaction(home, scope, async (tx) => {
    const at = home.clock.now()
    const { kind, id, stood, by, why } = said
    const found = kind === 'case' ? await openCase(tx, id) : await openIncidentOf(tx, id)
    if (found === undefined) return false
    const { cloud, uuid } = found
    const of = kind === 'case' ? { caseId: id, incidentId: null } : { caseId: null, incidentId: id }
    await tx
      .updateTable('words')
      .set({ endedAt: at })
      .where('kind', '=', 'acknowledgement')
      .where(kind === 'case' ? 'caseId' : 'incidentId', '=', id)
      .where('endedAt', 'is', null)
      .execute()
    const unsaid = { endedAt: null, expiresAt: null, act: null, cause: null, number: null, digest: null, source: 'command' } as const
    await tx
      .insertInto('words')
      .values({ ...unsaid, ...of, id: home.newId(), kind: 'acknowledgement', cloud, uuid, by, why, at, stood })
      .execute()
    await appendAudit(tx, { at, cloud, uuid, caseId: of.caseId, by, kind: 'acknowledge', message: `Seen ${kind} ${id} (${stood}): ${why}` })
    await quietMessages(tx, of, at)
    return true
  })
}

const openCase = (tx: Queries, id: string) =>
  tx.selectFrom('cases').select(['cloud', 'uuid']).where('id', '=', id).where('closedAt', 'is', null).executeTakeFirst()

async function openIncidentOf(tx: Queries, id: string): Promise<{ cloud: string; uuid: null } | undefined> {
  const row = await tx.selectFrom('incidents').select('cloud').where('id', '=', id).where('closedAt', 'is', null).executeTakeFirst()
  return row && { cloud: row.cloud, uuid: null }
}

/** What people have said that they have seen, by the id of the case or incident; of all of them where no id is given. */
async function saidOf(db: Queries, id: string | null): Promise<Map<string, Acknowledgement>> {
  const rows = await db
    .selectFrom('words')
    .select(['caseId', 'incidentId', 'by', 'why', 'at', 'stood'])
    // As a literal: SQLite uses a partial index only where it sees that it fits.
    .where('kind', '=', sql.lit('acknowledgement'))
    .where('endedAt', 'is', null)
    .$if(id !== null, (query) => query.where((eb) => eb.or([eb('caseId', '=', id), eb('incidentId', '=', id)])))
    .orderBy('seq')
    .execute()
  return new Map(rows.map(({ caseId, incidentId, stood, ...said }) => [caseId ?? incidentId ?? '', { ...said, stood: stood ?? '' }]))
}

type Standing = { caseId: string; decision: { kind: Decision['kind']; reason: string } | null; cause: Cause | null }

/** By the case's id, for those whose acknowledgement still holds. */
export async function acknowledgedCases(db: Queries, cases: readonly Standing[]): Promise<Map<string, Acknowledgement>> {
  if (cases.length === 0) return new Map()
  const said = await saidOf(db, cases.length === 1 ? (cases[0]?.caseId ?? '') : null)
  return new Map(
    cases.flatMap(({ caseId, decision, cause }) => {
      const still = decision === null ? null : stillAcknowledged(said.get(caseId) ?? null, standOfCase(decision, cause))
      return still === null ? [] : [[caseId, still] as const]
    }),
  )
}

/** By the incident's id; `members`: how many cases it has had. */
export async function acknowledgedIncidents(
  db: Queries,
  incidents: readonly { id: string; members: number }[],
): Promise<Map<string, Acknowledgement>> {
  if (incidents.length === 0) return new Map()
  const said = await saidOf(db, null)
  return new Map(
    incidents.flatMap(({ id, members }) => {
      const still = stillAcknowledged(said.get(id) ?? null, standOfIncident(members))
      return still === null ? [] : [[id, still] as const]
    }),
  )
}
