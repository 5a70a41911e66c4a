/**
 * How often somebody may try to log in: so many times in a while from one address, and for one user, whether it succeeds or not until it does.
 * It is kept in memory alone and within bounds; a restart forgets it.
 */
import { isIPv6 } from 'node:net'
import type { Clock } from '../core/seams.ts'

const WINDOW_MS = 5 * 60_000
/** A person mistypes a few times; an address may be that of a whole office. */
const OF_USER_MAX = 10
const OF_ADDRESS_MAX = 30
/** Some megabytes at most. The oldest are forgotten first; to fill it takes hundreds of addresses. */
const KEPT_MAX = 10_000
/** Each waits for Keystone; more would only wait for each other. */
const AT_ONCE_MAX = 8

export type LoginLimits = {
  /** Counts a try. How long to wait in ms where there were too many; null: go on, and call `done`. */
  begin(of: { address: string; user: string | null }): { waitMs: number } | { done: (succeeded: boolean) => void }
  /** Of addresses and users that are remembered: for tests of the bound. */
  size(): number
}

export function loginLimits(clock: Pick<Clock, 'monotonic'>): LoginLimits {
  const tries = new Map<string, { count: number; until: number }>()
  let atOnce = 0

  const counted = (key: string): { count: number; until: number } => {
    const now = clock.monotonic()
    const known = tries.get(key)
    if (known !== undefined && known.until > now) return known
    tries.delete(key)
    // All windows are equally long, so the first in the map is the one that ends first.
    for (const [other, { until }] of tries) {
      if (until > now && tries.size < KEPT_MAX) break
      tries.delete(other)
    }
    const begun = { count: 0, until: now + WINDOW_MS }
    tries.set(key, begun)
    return begun
  }

  return {
    size: () => tries.size,
    begin: ({ address, user }) => {
      const windows = [
        { window: counted(`address ${network(address)}`), max: OF_ADDRESS_MAX },
        ...(user === null ? [] : [{ window: counted(`user ${user.toLowerCase()}`), max: OF_USER_MAX }]),
      ]
      const over = windows.filter(({ window, max }) => window.count >= max).map(({ window }) => window.until - clock.monotonic())
      if (over.length > 0) return { waitMs: Math.max(...over) }
      if (atOnce >= AT_ONCE_MAX) return { waitMs: 1_000 }
      atOnce += 1
      for (const { window } of windows) window.count += 1
      return {
        done: (succeeded) => {
          atOnce -= 1
          if (succeeded) for (const { window } of windows) window.count = Math.max(0, window.count - 1)
        },
      }
    },
  }
}

/** Whoever has one address of IPv6 has a network of them. */
function network(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`
}
