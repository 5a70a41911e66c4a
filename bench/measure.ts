/**
 * What is measured, as plain data, and the small arithmetic over several runs. Medians, because machines are shared: one slow run is the
 * neighbour's, and one fast run is luck.
 */
import { z } from 'zod'

export const costSchema = z.object({
  count: z.number(),
  wallMs: z.number(),
  busyMs: z.number(),
  ownMs: z.number(),
  cpuMs: z.number(),
  requests: z.number(),
  bytes: z.number(),
})
/** busyMs: the event loop was not waiting (stolen time included); ownMs: processor time of the main thread; cpuMs: of all threads. */
export type Cost = z.infer<typeof costSchema>

/** NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2
}

/** Field by field. */
export function medianCost(runs: readonly Cost[]): Cost {
  const of = (field: keyof Cost) => median(runs.map((run) => run[field]))
  return {
    count: of('count'),
    wallMs: of('wallMs'),
    busyMs: of('busyMs'),
    ownMs: of('ownMs'),
    cpuMs: of('cpuMs'),
    requests: of('requests'),
    bytes: of('bytes'),
  }
}
