/**
 * How long a receiver, or a message that it did not want, is left alone after so many tries in a row that came to nothing.
 *
 *     tries   1    2     3     4     5      6      7       from 8 on
 *     wait    5 s  10 s  20 s  40 s  1:20   2:40   5:20    10 min      of which the last third is drawn at random
 */
import { HOUR, MINUTE, SECOND } from '../core/policy.ts'
import type { Random } from '../core/seams.ts'

const FIRST = 5 * SECOND
const LONGEST = 10 * MINUTE
/** A receiver that asks for more patience than this is asked again all the same. */
const PATIENCE_MAX = HOUR

/** @param tries including the one that has just failed @param asked what the receiver itself asked for (Retry-After), ms */
export function backoff(tries: number, random: Random, asked: number | null = null): number {
  const full = Math.min(FIRST * 2 ** Math.min(tries - 1, 20), LONGEST)
  const own = full * (2 / 3 + random() / 3)
  return Math.round(asked === null ? own : Math.max(own, Math.min(asked, PATIENCE_MAX)))
}
