/**
 * Acts that came to nothing several times running: Ironic refused them, or they did not leave. They cost no attempt, so nothing else would
 * bound them; here they are tried ever more seldom, and a person is told. They are never given up: what refuses may be mended unseen.
 */
import { isAtLimit } from './at-limit.ts'
import type { Acting, Decision } from './decision.ts'
import { escalate, type Judged, ownAttempts, wait } from './judged.ts'
import { spanText, timeText } from './when.ts'

/** Tried again after 1, 2, 4, 8, 16 looks, then each 30: a lock or a race is over by then, a missing permission is not. */
const LOOKS_MAX = 30
/** By the fifth time running half an hour has gone into it. */
const TELL_AFTER = 5

/** Null where the act may be tried now. The newest of an unbroken run says why; a new failure begins anew. */
export function refusedLately(j: Judged, acting: Acting): Decision | null {
  const since = j.memory.failure?.at ?? 0
  const same = ownAttempts(j).filter((a) => a.act === acting.act && a.createdAt >= since)
  const broken = same.findIndex((a) => a.outcome !== 'refused' && a.outcome !== 'not-sent')
  // Ironic at its own limit has slowed the whole cloud already.
  const run = (broken < 0 ? same : same.slice(0, broken)).filter((a) => !isAtLimit(a.outcomeReason))
  const [newest] = run
  if (newest === undefined) return null
  const looks = Math.min(2 ** (run.length - 1), LOOKS_MAX)
  const at = newest.settledAt ?? newest.createdAt
  // A wall clock that was ahead wrote it and was set back since: it would hold the node until that clock's time has come.
  if (at > j.now) return null
  const until = at + looks * j.policy.look
  if (j.now >= until) return null
  const why = `${newest.outcomeReason ?? `The last ${acting.act} came to nothing.`} Tried again after ${timeText(until)}.`
  if (run.length < TELL_AFTER) return wait('spacing', why, until, acting.act)
  const oldest = run.at(-1) ?? newest
  return escalate('needs-person', `${run.length} tries in ${spanText(j.now - oldest.createdAt)} came to nothing. ${why}`, until)
}
