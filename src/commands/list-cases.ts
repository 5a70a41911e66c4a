/**
 * Cases, open or closed, newest first, with what each is about and how it stands or ended. It asks the database only.
 */
import type { CaseView } from '../store/case-row.ts'
import type { Store } from '../store/store.ts'
import { type NodeReport, timeOrNull } from './node-report.ts'

export type ListedCase = {
  id: string
  cloud: string
  uuid: string
  name: string | null
  openedAt: string | null
  closedAt: string | null
  result: CaseView['result']
  /** What it shares with others, where there are others. */
  incident: string | null
  cause: string | null
  transient: string | null
  decision: NodeReport['decision']
}

export async function listCases(store: Store, wish: { cloud: string | null; closed: boolean; limit?: number }): Promise<ListedCase[]> {
  const views = await store.cases({
    open: !wish.closed,
    ...(wish.cloud === null ? {} : { cloud: wish.cloud }),
    ...(wish.limit === undefined ? {} : { limit: wish.limit }),
  })
  return views.map(listedCase)
}

export function listedCase(view: CaseView): ListedCase {
  const { id, cloud, uuid, name, diagnosis, decision } = view
  return {
    id,
    cloud,
    uuid,
    name,
    openedAt: timeOrNull(view.openedAt),
    closedAt: timeOrNull(view.closedAt),
    result: view.result,
    incident: view.incidentId,
    cause: diagnosis?.cause ?? null,
    transient: diagnosis?.transient ?? null,
    decision: decision && {
      kind: decision.kind,
      reason: decision.reason,
      message: decision.message,
      act: decision.act,
      until: timeOrNull(decision.until),
    },
  }
}
