/**
 * One answer for everybody who asks the same thing within a short time: services, conductors and Nova's positive control are the
 * same for all nodes of a cloud, and a wave of failed nodes must not become a wave of requests. It keeps no failure: an ask
 * that threw is asked again by the next one.
 */
import type { Clock } from '../core/seams.ts'

/** Asks under a key, or shares the answer that is on its way or younger than the time it is kept for. */
export type SharedRead<T> = (key: string, ask: () => Promise<T>) => Promise<T>

/**
 * @param forMs how long an answer is kept, counted from when it came
 * @param keep false for an answer that only those may share who asked while it was on its way
 */
export function sharedRead<T>({
  clock,
  forMs,
  keep = () => true,
}: {
  clock: Clock
  forMs: number
  keep?: (answer: T) => boolean
}): SharedRead<T> {
  const kept = new Map<string, { answer: T; until: number }>()
  const asking = new Map<string, Promise<T>>()
  return (key, ask) => {
    const fresh = kept.get(key)
    if (fresh !== undefined && clock.monotonic() < fresh.until) return Promise.resolve(fresh.answer)
    const asked = asking.get(key)
    if (asked !== undefined) return asked
    const answer = ask()
      .then((got) => {
        const now = clock.monotonic()
        // All are kept for one span, so the oldest stand first; there may be a key for each switch of a large cloud.
        for (const [old, { until }] of kept) {
          if (until > now) break
          kept.delete(old)
        }
        kept.delete(key)
        if (keep(got)) kept.set(key, { answer: got, until: now + forMs })
        return got
      })
      .finally(() => asking.delete(key))
    asking.set(key, answer)
    return answer
  }
}
