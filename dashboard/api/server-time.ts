/**
 * The daemon's time. Countdowns are by its clock, not by this machine's: a laptop's may be wrong, and a demo's runs many times as fast. The
 * pace is measured from two answers; nothing is assumed of it.
 */
import { useSyncExternalStore } from 'react'
import type { Answers } from './answers.ts'
import { ask } from './ask.ts'

type Sample = { server: number; here: number }

/** Ten times an hour is enough for a clock that goes like ours; one that does not is measured at the beginning. */
const MEASURE_AFTER_MS = [0, 500, 2_500, 10_000]
const MEASURE_EVERY_MS = 60_000
/** Below this a difference of pace is the network's. */
const PACE_NOISE = 0.2
const TICK_MS = 1_000
/** Where seconds fly, a countdown by leaps tells nothing. */
const QUICK_TICK_MS = 200

let first: Sample | null = null
let last: Sample | null = null
let pace = 1
export let version = ''

async function measure(): Promise<void> {
  const asked = performance.now()
  const about: Answers['about'] = await ask<'about'>('/api/v1/about')
  const here = (asked + performance.now()) / 2
  if (about.now === null) return
  const sample = { server: Date.parse(about.now), here }
  version = about.version
  const span = first === null ? 0 : sample.here - first.here
  if (first !== null && last !== null && span > 300) {
    const measured = (sample.server - last.server) / (sample.here - last.here)
    pace = Math.abs(measured - 1) < PACE_NOISE ? 1 : measured
  }
  first ??= sample
  last = sample
  told()
}

/**
 * Begins to measure; what fails is measured again later.
 * @returns ends it
 */
export function startClock(): () => void {
  const again = (): void => void measure().catch(() => undefined) // Knows: the next one comes; until then it is this machine's time.
  const timers = MEASURE_AFTER_MS.map((after) => setTimeout(again, after))
  const interval = setInterval(again, MEASURE_EVERY_MS)
  tick()
  return () => {
    for (const timer of [...timers, ticking]) clearTimeout(timer)
    clearInterval(interval)
  }
}

export const serverNow = (): number => (last === null ? Date.now() : last.server + (performance.now() - last.here) * pace)
export const isQuickened = (): boolean => pace > 2

const listeners = new Set<() => void>()
let ticked = serverNow()
function told(): void {
  ticked = serverNow()
  for (const listener of listeners) listener()
}
let ticking: ReturnType<typeof setTimeout> | undefined
function tick(): void {
  told()
  ticking = setTimeout(tick, isQuickened() ? QUICK_TICK_MS : TICK_MS)
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The daemon's now, anew each second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => ticked)
