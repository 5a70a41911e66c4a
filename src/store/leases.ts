/**
 * What open cases know of leases: those that one remembers, and how many of those that wait for a place have a node that somebody needs sooner.
 * What a lease means is not decided here.
 */
import type { Memory } from '../core/case.ts'
import type { Fleet } from '../core/fleet.ts'
import { MINUTE } from '../core/policy.ts'
import type { NodeKey } from '../core/seen.ts'
import type { Queries } from './home.ts'
import { fromJson } from './schema.ts'
import { template } from './template.ts'

const memoryOf = template((db, key: NodeKey) =>
  db.selectFrom('cases').select('memory').where('cloud', '=', key.cloud).where('uuid', '=', key.uuid).where('closedAt', 'is', null),
)

/** Those whose reservation is known: of the others nothing could be looked for. */
export async function leasesHeld(db: Queries, key: NodeKey): Promise<{ lease_id: string; reservation_id: string }[]> {
  const [row] = await memoryOf(db, key)
  const leases = row === undefined ? [] : (fromJson<Memory>(row.memory).leases ?? [])
  return leases.flatMap(({ id, reservation }) => (reservation === null ? [] : [{ lease_id: id, reservation_id: reservation.id }]))
}

/** A node that nobody has looked at for so long keeps no place free for itself: whoever should look at it may be gone. */
const LOOKED_AT_MS = 5 * MINUTE

const before = template((db, of: { cloud: string; uuid: string; neededAt: number; since: number }) =>
  db
    .selectFrom('cases')
    .innerJoin('decisions', (join) => join.onRef('decisions.cloud', '=', 'cases.cloud').onRef('decisions.uuid', '=', 'cases.uuid'))
    .select(['cases.resource_class', 'cases.incidentId'])
    .where('cases.cloud', '=', of.cloud)
    .where('cases.queuedNeed', '<', of.neededAt)
    .where('cases.closedAt', 'is', null)
    .where('cases.uuid', '!=', of.uuid)
    .where('decisions.at', '>=', of.since),
)

/** Of the cases that wait for a place, those whose node is needed before this one. They have leases, so they are few. */
export async function needierThan(
  tx: Queries,
  of: { key: NodeKey; resource_class: string | null; neededAt: number | null; now: number },
): Promise<Fleet['needier']> {
  const { cloud, uuid } = of.key
  const rows = await before(tx, { cloud, uuid, neededAt: of.neededAt ?? Number.MAX_SAFE_INTEGER, since: of.now - LOOKED_AT_MS })
  const byIncident: Record<string, number> = {}
  for (const { incidentId } of rows) if (incidentId !== null) byIncident[incidentId] = (byIncident[incidentId] ?? 0) + 1
  return { cloud: rows.length, inClass: rows.filter((row) => row.resource_class === of.resource_class).length, byIncident }
}
