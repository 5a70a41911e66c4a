/**
 * The cloud's clock where the operator is a real process: real time, so that both have one calendar and a judge's two seconds are two
 * seconds. (paced.ts moves the calendar faster than life, which suits an operator on the same clock only.) Whatever takes longer than the
 * road does is the cloud's own work and is shortened.
 */
import { type VirtualClock, virtualClock } from '../src/simulator/virtual-clock.ts'

/** Latencies of the simulated cloud lie below, its work above. */
const ROAD_MS = 100

/** @param quicker by how much the cloud's own work is quicker than in life */
export function liveClock(quicker: number): VirtualClock {
  const began = performance.now()
  const in_ = (ms: number, fn: () => void) => {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  }
  const shortened = (ms: number): number => (ms < ROAD_MS ? ms : ms / quicker)
  return {
    // Stepping it is nobody's business here: time passes by itself.
    ...virtualClock({ start: Date.now() }),
    now: () => Date.now(),
    monotonic: () => performance.now() - began,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const done = (): void => {
          cancel()
          signal?.removeEventListener('abort', done)
          resolve()
        }
        const cancel = in_(shortened(ms), done)
        signal?.addEventListener('abort', done)
      }),
    at: (time, fn) => in_(Math.max(0, time - Date.now()), fn),
    after: (ms, fn) => in_(shortened(ms), fn),
  }
}
