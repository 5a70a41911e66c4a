/**
 * What people have said and what they are asked: holds and approvals in force, and cases that wait for a yes. It asks the database only;
 * words are said in words.ts and approve-case.ts.
 */
import type { Store } from '../store/store.ts'
import { type ListedCase, listCases } from './list-cases.ts'
import { timeOrNull } from './node-report.ts'

export type ListedHold = {
  cloud: string
  uuid: string
  name: string | null
  by: string
  why: string
  at: string | null
  source: 'command' | 'maintenance-lifted-by-ironic'
}

/** Oldest first. */
export async function listHolds(store: Store, cloud: string | null): Promise<ListedHold[]> {
  const listed: ListedHold[] = []
  for (const hold of await store.holds(cloud)) {
    const [found] = await store.findNodes(hold.cloud, hold.uuid)
    const { uuid, by, why, source } = hold
    listed.push({ cloud: hold.cloud, uuid, name: found?.name ?? null, by, why, at: timeOrNull(hold.at), source })
  }
  return listed
}

export type ListedApproval = {
  cloud: string
  uuid: string
  case: string | null
  act: string
  cause: string
  number: number
  by: string
  why: string
  at: string | null
  expiresAt: string | null
}

/** `waiting`: cases that wait for a person's yes, newest first. `given`: what was said and is not used yet, oldest first. */
export async function listApprovals(store: Store, cloud: string | null): Promise<{ waiting: ListedCase[]; given: ListedApproval[] }> {
  const given = await store.approvals(cloud)
  return {
    waiting: await listCases(store, { cloud, closed: false, reason: 'needs-approval' }),
    given: given.map(({ caseId, at, expiresAt, cloud: of, uuid, act, cause, number, by, why }) => ({
      cloud: of,
      uuid,
      case: caseId,
      act,
      cause,
      number,
      by,
      why,
      at: timeOrNull(at),
      expiresAt: timeOrNull(expiresAt),
    })),
  }
}
