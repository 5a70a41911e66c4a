/**
 * What the self-canary did, as entries of the audit trail: the round that is under way is read off them, so that any process goes on with it. A
 * step is on record before its request leaves. What the next step is stands in core/canary.ts.
 */
import type { CanaryRequest, CanaryRound } from '../core/canary.ts'
import type { NodeKey } from '../core/seen.ts'
import { type AuditEntry, appendAudit, OURSELVES, readAudit } from './audit.ts'
import { type Home, type Queries, transaction } from './home.ts'

const KIND = 'canary'
/** A round that hangs for a day and more adds one every ten minutes. */
const ENTRIES = 1_000

/** The node's newest round; null: none yet. */
export async function canaryRound(db: Queries, { cloud, uuid }: NodeKey): Promise<CanaryRound | null> {
  const entries = await readAudit(db, { cloud, uuid, kind: KIND, newestFirst: true, limit: ENTRIES })
  const begun = entries.find(({ reason }) => reason === 'begun')
  if (begun === undefined) return null
  const since = entries.slice(0, entries.indexOf(begun))
  const at = (what: string): number | null => since.find(({ reason }) => reason === what)?.at ?? null
  const sent = since.flatMap((entry) => requestOf(entry) ?? [])[0] ?? null
  return { begunAt: begun.at, failedAt: at('failed'), healedAt: at('healed'), sent }
}

function requestOf({ reason, at }: AuditEntry): CanaryRound['sent'] {
  return reason === 'deploy' || reason === 'tear-down' || reason === 'mend' ? { step: reason, at } : null
}

export type CanaryEvent = 'begun' | 'failed' | 'healed' | CanaryRequest

/**
 * Puts the event on record, unless the round has moved on since it was looked at: then another process was faster, and false comes
 * back.
 */
export async function noteCanary(
  home: Home,
  key: NodeKey,
  o: { event: CanaryEvent; seen: CanaryRound | null; message: string },
): Promise<boolean> {
  return await transaction(home, key, async (tx) => {
    if (JSON.stringify(await canaryRound(tx, key)) !== JSON.stringify(o.seen)) return false
    const at = home.clock.now()
    const { cloud, uuid } = key
    await appendAudit(tx, { at, cloud, uuid, by: OURSELVES, kind: KIND, reason: o.event, message: o.message })
    return true
  })
}
