/**
 * Workers claim what is due and take it through the pass. A claim lapses after 30 s and is renewed while its pass goes on, so a killed
 * worker's node is taken by another. On stop no new claim is made, what is in hand is finished, and unbegun claims are handed back.
 */
import type { NodeKey } from '../core/seen.ts'
import type { Replicas } from '../store/store.ts'
import type { CloudWorld } from './cloud-world.ts'
import { type Pass, reconcile } from './reconcile.ts'
import { type Repeats, repeats } from './repeats.ts'

/** A third of the claim's life, so that two renewals may fail. */
const RENEW_MS = 10_000
/** How long idle workers wait before the store is asked again; a person's word is seen within a second. */
const IDLE_MS = 500
/** What breaks a pass seldom mends itself within seconds, and a look at a node costs its cloud a dozen requests. */
const BROKEN_MS = 15_000
/** After the database failed: long enough not to flood the log, short enough to be at work again soon after it is mended. */
const STUMBLED_MS = 5_000

/** Of one cloud: where they were all clouds', a cloud that hangs would soon have all of them. */
export type WorkerPool = {
  world: CloudWorld
  claimant: string
  size: number
  onPass: (key: NodeKey, pass: Pass) => void
}

/** Runs until the signal aborts and everything in hand is finished. */
export async function work(pool: WorkerPool, signal: AbortSignal): Promise<void> {
  const { world } = pool
  const shared = { rest: sharedRest(pool, signal), said: repeats(world.seams.clock, world.log) }
  await Promise.all(Array.from({ length: pool.size }, () => worker(pool, shared, signal)))
}

/**
 * The rest of all idle workers: it ends when something is due. One reads for all of them; each trying a claim of its own would be most of
 * what an idle daemon does.
 */
function sharedRest({ world }: WorkerPool, signal: AbortSignal): () => Promise<void> {
  let resting: Promise<void> | null = null
  const untilDue = async (): Promise<void> => {
    while (!signal.aborted) {
      await (world.store.replicas === null ? world.seams.clock.sleep(IDLE_MS, signal) : untilHint(world, world.store.replicas, signal))
      const at = await world.store.nextDue([world.cloud])
      if (at !== null && at <= (await world.store.now())) return
    }
  }
  return () => {
    resting ??= untilDue().finally(() => {
      resting = null
    })
    return resting
  }
}

/** As long as without a hint, unless another process calls out meanwhile that it woke a node. */
function untilHint({ seams }: CloudWorld, { onWake }: Pick<Replicas, 'onWake'>, signal: AbortSignal): Promise<void> {
  const woken = new AbortController()
  onWake(() => woken.abort())
  return seams.clock.sleep(IDLE_MS, AbortSignal.any([signal, woken.signal]))
}

/** What all workers of a pool have in common. */
type Shared = { rest: () => Promise<void>; said: Repeats }

async function worker(pool: WorkerPool, shared: Shared, signal: AbortSignal): Promise<void> {
  const { world } = pool
  const stumbled = { level: 'error', message: 'worker stumbled', about: { cloud: world.cloud } } as const
  while (!signal.aborted) {
    try {
      const { cloud, policyHash } = world
      const [key] = await world.store.claim({ claimant: pool.claimant, limit: 1, clouds: [cloud], policyHash })
      if (key === undefined) await shared.rest()
      else await passOver(pool, { key, said: shared.said }, signal)
      shared.said.works(stumbled)
    } catch (error) {
      // The outer loop: a full disk or a database locked by a backup is said, and asked again; what was due stays due.
      shared.said.failed(stumbled, error)
      await world.seams.clock.sleep(STUMBLED_MS, signal)
    }
  }
}

async function passOver(pool: WorkerPool, { key, said }: { key: NodeKey; said: Repeats }, signal: AbortSignal): Promise<void> {
  const { world } = pool
  const done = new AbortController()
  const renewing = renewClaim(world, { claimant: pool.claimant, key }, done.signal)
  const trouble = { level: 'error', message: 'pass failed', about: key } as const
  try {
    pool.onPass(key, await reconcile(world, key))
    said.works(trouble)
  } catch (error) {
    // The outer loop: a pass that broke is logged and comes back; nothing of it was committed, or its intent is durable.
    said.failed(trouble, error)
    // The node is still due: it is kept from everybody for a moment, or one that breaks each pass would be read without end.
    await world.seams.clock.sleep(BROKEN_MS, signal)
  } finally {
    done.abort()
    await renewing
    await world.store.unclaim(pool.claimant, key)
  }
}

/** Keeps a claim until the signal aborts: a pass may take longer than a claim lives. */
export async function renewClaim(world: CloudWorld, held: { claimant: string; key: NodeKey }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await world.seams.clock.sleep(RENEW_MS, signal)
    if (signal.aborted) return
    try {
      await world.store.renew(held.claimant, held.key)
    } catch (error) {
      // A claim that is not renewed lapses, and another worker may look at the node too; the intent is what keeps acts apart.
      world.log('warn', 'claim not renewed', { ...held.key, error: error instanceof Error ? error.message : String(error) })
    }
  }
}
