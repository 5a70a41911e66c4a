/**
 * Incidents, open or closed, newest first: what their members share, who went first, and what it has cost so far. It asks the database only.
 */
import { HOUR } from '../core/policy.ts'
import type { IncidentView } from '../store/reading.ts'
import type { Store } from '../store/store.ts'
import type { CaseMark } from './list-cases.ts'
import { seenBy, timeOrNull, type WhoSaw } from './node-report.ts'

export type ListedIncident = {
  id: string
  cloud: string
  /** What they share: `switch`, `conductor`, `service` and so on, and which one. */
  key: IncidentView['key']
  value: string
  openedAt: string | null
  closedAt: string | null
  members: { uuid: string; name: string | null; case: string; open: boolean }[]
  /** The node that went first; null while none has. */
  canary: { uuid: string; name: string | null; at: string | null; result: 'proven' | 'failed' | null } | null
  healed: number
  failed: number
  inFlight: number
  resetsSpent: number
  /** From each node's failure until its case closed, or until now. */
  nodeHours: number
  /** Who has seen it as it stands; null: nobody. */
  acknowledged: WhoSaw | null
}

export async function listIncidents(store: Store, wish: { cloud: string | null; closed: boolean }): Promise<ListedIncident[]> {
  const views = await store.incidents({ open: !wish.closed, ...(wish.cloud === null ? {} : { cloud: wish.cloud }) })
  return await Promise.all(views.map((view) => listedIncident(store, view)))
}

/** The same a page at a time. `next`: the last one of the page, where more come; else null. */
export async function pageOfIncidents(
  store: Store,
  { cloud, closed, limit, after }: { cloud: string | null; closed: boolean; limit: number; after: CaseMark | null },
): Promise<{ incidents: ListedIncident[]; next: CaseMark | null }> {
  const filter = { open: !closed, limit: limit + 1, ...(cloud === null ? {} : { cloud }), ...(after === null ? {} : { after }) }
  const views = await store.incidents(filter)
  const last = views.length > limit ? views[limit - 1] : undefined
  return {
    incidents: await Promise.all(views.slice(0, limit).map((view) => listedIncident(store, view))),
    next: last === undefined ? null : { openedAt: last.openedAt, id: last.id },
  }
}

async function listedIncident(store: Store, view: IncidentView): Promise<ListedIncident> {
  const { id, cloud, key, value, canary } = view
  const cases = await store.cases({ incidentId: id, limit: Math.max(1, view.members) })
  return {
    id,
    cloud,
    key,
    value,
    openedAt: timeOrNull(view.openedAt),
    closedAt: timeOrNull(view.closedAt),
    members: cases.map((one) => ({ uuid: one.uuid, name: one.name, case: one.id, open: one.closedAt === null })),
    canary: canary && { ...canary, at: timeOrNull(canary.at) },
    healed: view.proven,
    failed: view.failed,
    inFlight: view.inFlight,
    resetsSpent: view.cost.resets,
    nodeHours: Math.round((view.cost.nodeMs / HOUR) * 10) / 10,
    acknowledged: seenBy(view.acknowledged),
  }
}
