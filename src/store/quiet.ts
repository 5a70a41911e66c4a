/**
 * Messages that nobody needs to be told any more, because a person has said that they have seen what they are about. What is already in a batch
 * goes out as it is, since a receiver may have it; what is for the holder of a lease, or about a lease, is nobody else's to quiet.
 */
import { doneWith } from './deliveries.ts'
import type { Queries } from './home.ts'

const ABOUT_CASES = ['case-opened', 'act', 'needs-approval', 'instance-may-live', 'escalate', 'resolve', 'incident-opened']

export async function quietMessages(tx: Queries, of: { caseId: string | null; incidentId: string | null }, now: number): Promise<void> {
  const about = of.caseId === null ? (['incidentId', of.incidentId] as const) : (['caseId', of.caseId] as const)
  const rows = await tx
    .selectFrom('outbox')
    .select(['id', 'takenAt'])
    .where(about[0], '=', about[1])
    .where('sentAt', 'is', null)
    .where('kind', 'in', ABOUT_CASES)
    .execute()
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return
  await tx.updateTable('outbox').set({ takenAt: now, sentAt: now }).where('id', 'in', ids).where('takenAt', 'is', null).execute()
  await tx
    .updateTable('deliveries')
    .set({ endedAt: now, result: 'acknowledged' })
    .where('messageId', 'in', ids)
    .where('batch', 'is', null)
    .where('endedAt', 'is', null)
    .execute()
  await doneWith(tx, ids, now)
}
