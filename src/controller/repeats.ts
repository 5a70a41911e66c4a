/**
 * The log of what goes wrong again and again: said at once when it begins or changes, then once an hour with how often it was, and once
 * when it is over. An outage of a night is a handful of lines and not one for each poll.
 */
import type { Clock } from '../core/seams.ts'
import type { Log } from './cloud-world.ts'

export type Repeats = {
  /** `about` tells this trouble from others with the same message. */
  failed(trouble: { level: 'warn' | 'error'; message: string; about: Record<string, string> }, error: unknown): void
  /** It works: says so where it did not before. */
  works(trouble: { message: string; about: Record<string, string> }): void
}

const AGAIN_MS = 3_600_000

type Said = { error: string; since: number; lastAt: number; times: number; unsaid: number }

export function repeats(clock: Pick<Clock, 'now' | 'monotonic'>, log: Log): Repeats {
  const before = new Map<string, Said>()
  const keyOf = ({ message, about }: { message: string; about: Record<string, string> }) => [message, ...Object.values(about)].join(' ')
  return {
    failed: (trouble, thrown) => {
      const error = thrown instanceof Error ? thrown.message : String(thrown)
      const key = keyOf(trouble)
      const now = clock.monotonic()
      const known = before.get(key)
      if (known === undefined || sameFor(known.error) !== sameFor(error)) {
        before.set(key, { error, since: known?.since ?? now, lastAt: now, times: (known?.times ?? 0) + 1, unsaid: 0 })
        log(trouble.level, trouble.message, { ...trouble.about, error })
        return
      }
      known.times += 1
      known.unsaid += 1
      if (now - known.lastAt < AGAIN_MS) return
      log(trouble.level, trouble.message, { ...trouble.about, error, times: known.unsaid, minutes: minutes(now - known.since) })
      Object.assign(known, { lastAt: now, unsaid: 0 })
    },
    works: (trouble) => {
      const key = keyOf(trouble)
      const known = before.get(key)
      if (known === undefined) return
      before.delete(key)
      const lasted = minutes(clock.monotonic() - known.since)
      log('info', `${trouble.message}: over`, { ...trouble.about, times: known.times, minutes: lasted })
    },
  }
}

const minutes = (ms: number): number => Math.round(ms / 60_000)

/** Numbers and ids of a request differ each time and say nothing new. */
const sameFor = (error: string): string => error.replaceAll(/[0-9a-f-]{8,}|\d+/gi, '#')
