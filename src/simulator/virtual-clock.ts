/**
 * A clock whose time moves only when it is told to. Everything the simulated cloud does later is an event here, and so is
 * every sleep of the code under test; firing them in order of time, then of scheduling, makes a whole history repeatable.
 * Before each event the microtasks drain (one setImmediate), so code reacts to one event before the next one happens.
 * It does not know the real time: `paced` (paced.ts) does.
 */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../core/seams.ts'

export type Cancel = () => void

export type VirtualClock = Clock & {
  /** Runs fn when virtual time reaches `time` (epoch ms, rounded up to a whole one; at once, in order, where that has passed). */
  at(time: number, fn: () => void): Cancel
  after(ms: number, fn: () => void): Cancel
  /** Time of the next event; null where nothing is scheduled. */
  next(): number | null
  /** Lets everything run that waits for nothing but the processor. */
  settle(): Promise<void>
  /** Settles, then fires the next event; false where there was none. */
  step(): Promise<boolean>
  advance(ms: number): Promise<void>
  advanceTo(time: number): Promise<void>
  /** Fires events until the promise settles, and gives its result. Gives up after `withinMs` of virtual time (default 1 day). */
  run<T>(promise: Promise<T>, withinMs?: number): Promise<T>
  /** Moves time on by `ms` without firing anything; never past the next event. A part of a millisecond counts the next time. For pacing. */
  drift(ms: number): void
  /** Called whenever an event is scheduled; one listener. For pacing. */
  onScheduled(listener: (() => void) | null): void
}

type Event = { time: number; order: number; fire: (() => void) | null }

const DAY_MS = 86_400_000

export function virtualClock(options: { start: number }): VirtualClock {
  const heap: Event[] = []
  let now = options.start
  let owed = 0
  let order = 0
  let scheduled: (() => void) | null = null

  const drop = (): void => {
    for (let top = heap[0]; top !== undefined && top.fire === null; top = heap[0]) pop(heap)
  }
  const clock: VirtualClock = {
    now: () => now,
    monotonic: () => now - options.start,
    sleep: (ms, signal) => sleep(clock, ms, signal),
    at(time, fn) {
      // Times are whole milliseconds everywhere, as on a real clock.
      const event: Event = { time: Math.ceil(Math.max(time, now)), order: order++, fire: fn }
      push(heap, event)
      scheduled?.()
      return () => {
        event.fire = null
      }
    },
    after: (ms, fn) => clock.at(now + ms, fn),
    next() {
      drop()
      return heap[0]?.time ?? null
    },
    async settle() {
      await setImmediate()
    },
    async step() {
      await clock.settle()
      drop()
      const event = pop(heap)
      if (event === undefined) return false
      now = Math.max(now, event.time)
      event.fire?.()
      return true
    },
    advance: (ms) => clock.advanceTo(now + ms),
    async advanceTo(time) {
      for (;;) {
        await clock.settle()
        const next = clock.next()
        if (next === null || next > time) break
        await clock.step()
      }
      now = Math.max(now, time)
      await clock.settle()
    },
    run: (promise, withinMs = DAY_MS) => run(clock, promise, withinMs),
    drift(ms) {
      owed += ms
      const whole = Math.floor(owed)
      owed -= whole
      const next = clock.next()
      now = Math.max(now, next === null ? now + whole : Math.min(now + whole, next))
    },
    onScheduled(listener) {
      scheduled = listener
    },
  }
  return clock
}

function sleep(clock: VirtualClock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const woken = (): void => {
      cancel()
      signal?.removeEventListener('abort', woken)
      resolve()
    }
    const cancel = clock.after(ms, woken)
    signal?.addEventListener('abort', woken)
  })
}

async function run<T>(clock: VirtualClock, promise: Promise<T>, withinMs: number): Promise<T> {
  const limit = clock.now() + withinMs
  let settled = false
  const mark = (): void => {
    settled = true
  }
  promise.then(mark, mark)
  for (;;) {
    await clock.settle()
    if (settled) return promise
    const next = clock.next()
    if (next === null || next > limit) throw new Error(`nothing within ${withinMs} ms of virtual time settles what is awaited`)
    await clock.step()
  }
}

const before = (a: Event, b: Event): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || !before(event, parent)) break
    heap[at] = parent
    at = above
  }
  heap[at] = event
}

function pop(heap: Event[]): Event | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return top
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    const rightFirst = left !== undefined && right !== undefined && before(right, left)
    const child = rightFirst ? right : left
    if (child === undefined || !before(child, last)) break
    heap[at] = child
    at = 2 * at + (rightFirst ? 2 : 1)
  }
  heap[at] = last
  return top
}
