/**
 * Randomness from one number, so that a seed replays a history exactly. Not for secrets.
 */
import type { NewId, Random } from '../core/seams.ts'

/** Mulberry32: 32 bits of state, one multiplication round a draw; its quality is ample for faults and latencies. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')

/** UUIDs of version 4's shape, drawn from the seeded source. */
export function seededIds(random: Random): NewId {
  return () =>
    `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-${(8 + Math.floor(random() * 4)).toString(16)}${hex(random, 3)}-${hex(random, 12)}`
}

/** A whole number of milliseconds between the two bounds. */
export const between = (random: Random, low: number, high: number): number => low + Math.floor(random() * (high - low + 1))

export const pick = <T>(random: Random, from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)]
export const chance = (random: Random, probability: number): boolean => random() < probability
