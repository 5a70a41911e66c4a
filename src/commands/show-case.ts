/**
 * One case with all that a person asks of it: the evidence for and against, what was tried, what happened in order. It asks the database
 * only and judges nothing again; the node as a whole is explain-node.ts, the archive for a ticket evidence-of-case.ts.
 */
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'
import { type ListedCase, listedCase } from './list-cases.ts'
import { timeOrNull } from './node-report.ts'
import { type ShownAttempt, shownAttempt } from './show-node.ts'

export type ShownCase = ListedCase & {
  evidence: string[]
  /** What speaks against the diagnosis. */
  against: string[]
  /** Since when the decision has had this reason. */
  since: string | null
  /** Oldest first; the newest 500. */
  timeline: { at: string | null; kind: string; by: string; message: string }[]
  /** Newest first. */
  attempts: ShownAttempt[]
}

const TIMELINE_MAX = 500

/** Throws CommandError where there is no such case. */
export async function showCase(store: Store, id: string): Promise<ShownCase> {
  const found = await store.caseById(id)
  if (found === null)
    throw new CommandError('not-found', {
      what: id,
      message: 'There is no case of this id.',
      fix: 'See `anneal cases`, open or `--closed`.',
    })
  const [attempts, timeline] = await Promise.all([
    store.attempts(found),
    store.audit({ cloud: found.cloud, caseId: id, newestFirst: true, limit: TIMELINE_MAX }),
  ])
  return {
    ...listedCase(found),
    evidence: found.diagnosis?.evidence ?? [],
    against: found.diagnosis?.against ?? [],
    since: timeOrNull(found.decision?.since ?? null),
    timeline: timeline.toReversed().map(({ at, kind, by, message }) => ({ at: timeOrNull(at), kind, by, message })),
    attempts: attempts.filter(({ caseId }) => caseId === id).map(shownAttempt),
  }
}
