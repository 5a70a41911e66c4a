/**
 * Polls and censuses of a cloud that several replicas watch: one of them makes each round (store/rounds.ts), the others wait for the next. Which
 * one does not matter, so a replica that dies is missed for one poll, or for a minute of a census.
 */
import type { Rounds } from '../store/rounds.ts'
import type { CloudWorld } from './cloud-world.ts'
import type { Repeats } from './repeats.ts'
import type { Looks } from './run.ts'

/** A census of 100,000 nodes takes minutes: it says all the while that somebody is at it. */
const CENSUS_OWN_MS = 45_000
const KEEP_MS = 15_000
/** Nobody asks more often whose turn it is, however the clocks differ. */
const REST_MIN_MS = 50
/** Whoever could not poll asks later than the others the next time: it may be cut off from a cloud that they reach. */
const YIELD_MS = 1_000

type Shared = { world: CloudWorld; rounds: Rounds; looks: Looks; log: Repeats }
type Pace = { pollMs: number; censusMs: number; censusAgainMs: number }

/** Resolves when the signal has aborted and a round that is under way is over. */
export async function shareRounds(shared: Shared, pace: Pace, signal: AbortSignal): Promise<void> {
  const { world, looks, log } = shared
  const trouble = { level: 'warn', message: 'no turns taken', about: { cloud: world.cloud } } as const
  while (!signal.aborted) {
    let rest = pace.pollMs
    await looks.standing()
    try {
      rest = Math.min(rest, await censusTurn(shared, pace), await pollTurn(shared, pace))
      log.works(trouble)
    } catch (error) {
      // The outer loop: a database that is away for a while is said, and asked again.
      log.failed(trouble, error)
    }
    await world.seams.clock.sleep(Math.max(REST_MIN_MS, rest), signal)
  }
}

/** In how many ms the next poll is worth asking for. */
async function pollTurn({ world, rounds, looks }: Shared, { pollMs }: Pace): Promise<number> {
  const round = { cloud: world.cloud, kind: 'poll' } as const
  const began = world.seams.clock.monotonic()
  const nextAt = await rounds.begin(round, { ownMs: pollMs, everyMs: pollMs })
  if (nextAt !== null) return nextAt - (await world.store.now())
  const isTaken = await looks.poll()
  if (isTaken) await rounds.polled(world.cloud)
  return pollMs - (world.seams.clock.monotonic() - began) + (isTaken ? 0 : YIELD_MS)
}

/** The same for the census. One that failed is due again soon. */
async function censusTurn({ world, rounds, looks }: Shared, { censusMs, censusAgainMs }: Pace): Promise<number> {
  const { clock } = world.seams
  const round = { cloud: world.cloud, kind: 'census' } as const
  const began = clock.monotonic()
  const nextAt = await rounds.begin(round, { ownMs: Math.min(censusMs, CENSUS_OWN_MS), everyMs: censusMs })
  if (nextAt !== null) return nextAt - (await world.store.now())
  const done = new AbortController()
  const keeping = keep(world, () => rounds.keep(round, CENSUS_OWN_MS), done.signal)
  const isTaken = await looks.census()
  done.abort()
  await keeping
  const everyMs = isTaken ? censusMs : Math.min(censusMs, censusAgainMs)
  const leftMs = Math.max(0, everyMs - (clock.monotonic() - began))
  await rounds.end(round, leftMs)
  return leftMs
}

async function keep(world: CloudWorld, once: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await world.seams.clock.sleep(KEEP_MS, signal)
    if (signal.aborted) return
    try {
      await once()
    } catch (error) {
      // Another replica may take a census meanwhile, too: that costs requests, and nothing else.
      world.log('warn', 'census not kept', { cloud: world.cloud, error: error instanceof Error ? error.message : String(error) })
    }
  }
}
