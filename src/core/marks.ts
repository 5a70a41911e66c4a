/**
 * extra.hammer_error_resets: what its entries count for. The database is the truth of our own attempts; entries of others
 * (a person, the older script) count as attempts too. Nothing is written here.
 */
import type { Attempt, Memory } from './case.ts'
import type { Marks } from './observation.ts'
import { MINUTE, type Policy } from './policy.ts'
import { parseTime } from './when.ts'

export type Count = {
  /** Resets that count against the node's budget: ours and others'. */
  spent: number
  /** Youngest entry of somebody else; null where there is none. */
  foreignAt: number | null
  /** Entries more than 5 min in the future: reported, not counted. */
  future: string[]
}

/** Whether an attempt counts: a refused or not-sent one never does, an unsettled one does until it is settled. */
export const isSpent = (attempt: Attempt): boolean => attempt.outcome !== 'refused' && attempt.outcome !== 'not-sent'

/**
 * Attempts spent within the policy's window, and not before a person's release. A recovery's two steps share one number and
 * count once.
 */
export function countAttempts(input: { marks: Marks; attempts: Attempt[]; memory: Memory; policy: Policy; now: number }): Count {
  const { marks, attempts, memory, policy, now } = input
  const window = policy.resets.window === 'lifetime' ? 0 : now - policy.resets.window
  const since = Math.max(window, memory.releasedAt ?? 0)
  const ours = attempts.filter((a) => (a.act === 'reset' || a.step === 'manage') && isSpent(a) && a.createdAt >= since)
  const written = new Set(attempts.map((a) => a.mark))
  const foreign: number[] = []
  const future: string[] = []
  for (const text of marks.kind === 'list' ? marks.entries : []) {
    const at = parseTime(text)
    if (at === null || written.has(text)) continue
    if (at > now + 5 * MINUTE) future.push(text)
    else foreign.push(at)
  }
  return {
    spent: ours.length + foreign.filter((at) => at >= since).length,
    foreignAt: foreign.length > 0 ? Math.max(...foreign) : null,
    future,
  }
}
