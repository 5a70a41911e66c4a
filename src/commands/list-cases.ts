/**
 * Cases, open or closed, newest first, with what each is about and how it stands or ended. It asks the database only.
 */
import type { CaseView } from '../store/case-row.ts'
import type { CaseFilter } from '../store/reading.ts'
import type { Store } from '../store/store.ts'
import { type NodeReport, seenBy, timeOrNull, type WhoSaw } from './node-report.ts'

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
  acknowledged: WhoSaw | null
}

type CasesWish = { cloud: string | null; closed: boolean } & Pick<CaseFilter, 'cause' | 'kind' | 'reason' | 'incidentId' | 'uuid'>

export async function listCases(store: Store, wish: CasesWish & { limit?: number }): Promise<ListedCase[]> {
  return (await store.cases(filterOf(wish))).map(listedCase)
}

/** The same a page at a time. `next`: the last one of the page, where more come; else null. */
export async function pageOfCases(
  store: Store,
  { limit, after, ...wish }: CasesWish & { limit: number; after: CaseMark | null },
): Promise<{ cases: ListedCase[]; next: CaseMark | null }> {
  const views = await store.cases({ ...filterOf(wish), limit: limit + 1, ...(after === null ? {} : { after }) })
  const last = views.length > limit ? views[limit - 1] : undefined
  return { cases: views.slice(0, limit).map(listedCase), next: last === undefined ? null : { openedAt: last.openedAt, id: last.id } }
}

export type CaseMark = NonNullable<CaseFilter['after']>

const filterOf = ({ cloud, closed, ...narrower }: CasesWish): CaseFilter => ({
  ...narrower,
  open: !closed,
  ...(cloud === null ? {} : { cloud }),
})

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
    acknowledged: seenBy(view.acknowledged),
  }
}
