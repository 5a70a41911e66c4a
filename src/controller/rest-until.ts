/**
 * Rests until a time that may yet come nearer, as the next poll does when notifications fall silent. It knows nothing of why.
 */
import type { Clock } from '../core/seams.ts'

/** How soon it is seen that the time has come nearer. */
const TICK_MS = 1_000

/** @param until monotonic, asked again at each tick */
export async function restUntil(clock: Clock, until: () => number, signal: AbortSignal): Promise<void> {
  for (let rest = until() - clock.monotonic(); rest > 0 && !signal.aborted; rest = until() - clock.monotonic())
    await clock.sleep(Math.min(rest, TICK_MS), signal)
}
