/**
 * The daemon's body: polls, takes the census and works, for every cloud on its own, until told to stop. A cloud that hangs delays no other.
 */
import type { NodeKey } from '../core/seen.ts'
import { census } from './census.ts'
import type { CloudWorld } from './cloud-world.ts'
import { poll } from './poll.ts'
import type { Pass } from './reconcile.ts'
import { work } from './workers.ts'

export type RunOptions = {
  worlds: CloudWorld[]
  claimant: string
  workers: number
  pollMs: number
  censusMs: number
  onPass: (key: NodeKey, pass: Pass) => void
}

/** Resolves when the signal has aborted and everything in hand is finished. */
export async function run(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { worlds, claimant, workers, onPass } = options
  const watching = worlds.map((world) => watch(world, options, signal))
  const pool = { worlds: new Map(worlds.map((world) => [world.cloud, world])), claimant, size: workers, onPass }
  await Promise.all([...watching, work(pool, signal)])
}

async function watch(world: CloudWorld, options: RunOptions, signal: AbortSignal): Promise<void> {
  const { clock } = world.seams
  let censusDue = 0
  while (!signal.aborted) {
    const began = clock.monotonic()
    try {
      if (began >= censusDue) {
        await census(world)
        censusDue = began + options.censusMs
      }
      await poll(world)
    } catch (error) {
      // The outer loop: an unreachable cloud is said and asked again at the next interval.
      world.log('warn', 'poll failed', { cloud: world.cloud, error: error instanceof Error ? error.message : String(error) })
    }
    await clock.sleep(Math.max(0, options.pollMs - (clock.monotonic() - began)), signal)
  }
}
