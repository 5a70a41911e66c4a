/**
 * Polls and censuses of a cloud that several replicas watch: one of them makes each round (store/rounds.ts), the others wait for the next. Which
 * one does not matter, so a replica that dies is missed for one poll, or for a minute of a census. How often is polled is for each to say by what
 * it hears itself: whoever finds the next poll due first makes it, so the cloud is polled as often as the replica that hears worst wants.
 */
import type { Seams } from '../core/seams.ts'
import type { Rounds } from '../store/rounds.ts'
import type { Store } from '../store/store.ts'
import type { CloudWorld } from './cloud-world.ts'
import type { Ear } from './hear.ts'
import type { Repeats } from './repeats.ts'
import { restUntil } from './rest-until.ts'
import type { Looks } from './run.ts'

/** A census of 100,000 nodes takes minutes: it says all the while that somebody is at it. */
const CENSUS_OWN_MS = 45_000
const KEEP_MS = 15_000
/** Nobody asks more often whose turn it is, however the clocks differ. */
const REST_MIN_MS = 50
/** A replica that could not poll lets those go first that perhaps can. */
const STAND_BACK_MS = 1_000

type World = Pick<CloudWorld, 'cloud' | 'log'> & { seams: Pick<Seams, 'clock'>; store: Pick<Store, 'now'> }
type Pace = { pollMs: number; censusMs: number; censusAgainMs: number }
/** `ear`: what this replica hears by; undefined where it hears nothing. */
type Shared = {
  world: World
  rounds: Rounds
  looks: Looks
  log: Repeats
  ear: Pick<Ear, 'pollMs' | 'longestMs'> | undefined
  pace: Pace
}

/** Resolves when the signal has aborted and a round that is under way is over. */
export async function shareRounds(shared: Shared, signal: AbortSignal): Promise<void> {
  const { world, looks, log, pace } = shared
  const { clock } = world.seams
  const trouble = { level: 'warn', message: 'no turns taken', about: { cloud: world.cloud } } as const
  const turns: Turns = { dueAt: Number.POSITIVE_INFINITY, hasFailed: false }
  while (!signal.aborted) {
    let censusIn = pace.pollMs
    await looks.standing()
    try {
      censusIn = await censusTurn(shared)
      await pollTurn(shared, turns)
      log.works(trouble)
    } catch (error) {
      // The outer loop: a database that is away for a while is said, and asked again.
      log.failed(trouble, error)
      turns.dueAt = Number.POSITIVE_INFINITY
    }
    const now = clock.monotonic()
    const askAt = now + Math.min(pace.pollMs, censusIn)
    await restUntil(clock, () => Math.max(now + REST_MIN_MS, Math.min(askAt, turns.dueAt + patience(shared, turns))), signal)
  }
}

/** `dueAt` (monotonic): when the next poll is due to whoever hears nothing. */
type Turns = { dueAt: number; hasFailed: boolean }

/** For how long a poll that is due may be left to others. */
function patience({ ear, pace }: Pick<Shared, 'ear' | 'pace'>, { hasFailed }: Turns): number {
  if (hasFailed) return STAND_BACK_MS
  return ear === undefined ? 0 : ear.pollMs() - pace.pollMs
}

/** Makes the poll where it is this replica's turn, and notes when the next one is due. */
async function pollTurn(shared: Shared, turns: Turns): Promise<void> {
  const { world, rounds, looks, ear, pace } = shared
  const { clock } = world.seams
  const { pollMs } = pace
  const round = { cloud: world.cloud, kind: 'poll' } as const
  const began = clock.monotonic()
  const dueAt = await rounds.begin(round, { ownMs: pollMs, everyMs: pollMs, patienceMs: patience(shared, turns) })
  if (dueAt !== null) {
    turns.dueAt = clock.monotonic() + dueAt - (await world.store.now())
    return
  }
  turns.dueAt = began + pollMs
  turns.hasFailed = !(await looks.poll())
  if (!turns.hasFailed) await rounds.polled(world.cloud)
  // Nothing was seen, so that nobody waits longer for the next one, however well it hears.
  else await rounds.end(round, turns.dueAt - clock.monotonic() - ((ear?.longestMs ?? pollMs) - pollMs))
}

/** In how many ms the next census is worth asking for. One that failed is due again soon. */
async function censusTurn({ world, rounds, looks, pace: { censusMs, censusAgainMs } }: Shared): Promise<number> {
  const { clock } = world.seams
  const round = { cloud: world.cloud, kind: 'census' } as const
  const began = clock.monotonic()
  const dueAt = await rounds.begin(round, { ownMs: Math.min(censusMs, CENSUS_OWN_MS), everyMs: censusMs, patienceMs: 0 })
  if (dueAt !== null) return dueAt - (await world.store.now())
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

async function keep(world: World, once: () => Promise<void>, signal: AbortSignal): Promise<void> {
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
