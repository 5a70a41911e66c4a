/**
 * Drives a virtual clock in real time, for the demo: it really waits between events, `speed` times faster than life.
 * Virtual time moves only during these waits, so slow code delays the pretend world instead of missing it.
 */
import type { VirtualClock } from './virtual-clock.ts'

/** Longest real wait before virtual time is moved on, so that `now()` never stands still for a person watching. */
const SLICE_MS = 20

export type Paced = { stop(): Promise<void> }

/** Starts at once; `stop` resolves when the last event that was due has been fired. */
export function paced(clock: VirtualClock, options: { speed: number }): Paced {
  let stopped = false
  let wake: (() => void) | null = null
  clock.onScheduled(() => wake?.())

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms)
      function done(): void {
        clearTimeout(timer)
        wake = null
        resolve()
      }
      wake = done
    })

  const loop = async (): Promise<void> => {
    while (!stopped) {
      await clock.settle()
      const next = clock.next()
      if (next !== null && next <= clock.now()) {
        await clock.step()
        continue
      }
      const gap = next === null ? SLICE_MS : (next - clock.now()) / options.speed
      const began = performance.now()
      await pause(Math.min(gap, SLICE_MS))
      // A timer may fire up to a millisecond early; without the floor the loop would spin on the remainder.
      const waited = Math.max(performance.now() - began, Math.min(gap, 0.05))
      clock.drift(waited * options.speed)
    }
    clock.onScheduled(null)
  }
  const running = loop()
  return {
    async stop() {
      stopped = true
      wake?.()
      await running
    },
  }
}
