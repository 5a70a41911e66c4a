/**
 * How much longer everything takes because the machine's cores are busy with something else: of the pretend cloud's process, which is in every
 * request's way, the time in which it ran or waited for a core by that in which it ran. Where a bound is of seconds it is stretched by
 * that; what must never happen is not. Linux tells it; elsewhere nothing is stretched.
 */
import { existsSync, readFileSync } from 'node:fs'

/** What the kernel says of a process so far, ms. */
export type CoreTime = { ran: number; waited: number }

/** A drill's own processes already wait for each other so long where there are two cores. */
const USUAL = 2
/** A bound of a minute says something as long as it is one of minutes. Under 37 by this count the worst take-over seen took 113 s. */
const MOST = 5
const WINDOW = 6
const EVERY_MS = 10_000
/** Of a process that hardly ran nothing can be told. */
const LEAST_MS = 200

/** By how much bounds are to be stretched, 1 at least and 5 at most: as it was in the worst minute. @param samples ten seconds apart */
export function stretchOf(samples: readonly CoreTime[]): number {
  const ratios = samples.flatMap((end, at) => {
    const begin = samples[at - WINDOW]
    if (begin === undefined) return []
    const [ran, waited] = [end.ran - begin.ran, end.waited - begin.waited]
    return ran < LEAST_MS ? [] : [(ran + waited) / ran]
  })
  return Math.min(MOST, Math.max(1, Math.max(0, ...ratios) / USUAL))
}

export type Slowness = { stretch(): number; stop(): void }

export function watchSlowness(pid: number): Slowness {
  const path = `/proc/${pid}/schedstat`
  const samples: CoreTime[] = []
  const look = (): void => {
    if (existsSync(path)) samples.push(coreTimeIn(readFileSync(path, 'utf8')))
  }
  look()
  const timer = setInterval(look, EVERY_MS)
  return { stretch: () => stretchOf(samples), stop: () => clearInterval(timer) }
}

/** Nanoseconds run and waited, and how often. */
export function coreTimeIn(text: string): CoreTime {
  const [ran = 0, waited = 0] = text.split(' ').map((ns) => Number(ns) / 1e6)
  return { ran, waited }
}
