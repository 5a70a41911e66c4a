/**
 * The pretend cloud as the measuring side has it: a child process that is asked. What it counted is told since it was asked last.
 */
import { z } from 'zod'
import { type Child, startChild } from './child.ts'

const whereSchema = z.object({ url: z.string(), authUrl: z.string(), user: z.string(), password: z.string(), failing: z.array(z.string()) })
const countsSchema = z.object({
  requests: z.number(),
  bytes: z.number(),
  polls: z.array(z.number()),
  looked: z.number(),
  verbs: z.array(z.tuple([z.string(), z.number()])),
  cpuMs: z.number(),
})

export type Counts = z.infer<typeof countsSchema>
export type PretendCloud = z.infer<typeof whereSchema> & {
  /** Makes those fail that can, but for so many of them; returns how many. */
  fail(but?: number): Promise<number>
  /** One of those fails at this moment. */
  failNext(): Promise<{ uuid: string; name: string }>
  counts(): Promise<Counts>
  /** Another operator begins: everything is counted anew. */
  fresh(): Promise<unknown>
  stop(): Promise<void>
}

/** @param oneIn one node in so many can fail */
export async function startCloud(nodes: number, oneIn = 100): Promise<PretendCloud> {
  const child: Child = startChild(new URL('cloud.ts', import.meta.url), [String(nodes), String(oneIn)])
  const where = await child.ask('where', whereSchema)
  return {
    ...where,
    fail: (but = 0) => child.ask('fail', z.number(), but),
    failNext: () => child.ask('failNext', z.object({ uuid: z.string(), name: z.string() })),
    counts: () => child.ask('counts', countsSchema),
    fresh: () => child.ask('fresh', z.unknown()),
    stop: child.stop,
  }
}
