/**
 * The daemon's body: polls, takes the census and works, for every cloud on its own, until told to stop. A cloud that hangs delays no other.
 */
import type { NodeKey } from '../core/seen.ts'
import type { CanaryWatch } from './canary.ts'
import { takeCensus } from './census.ts'
import type { CloudWorld } from './cloud-world.ts'
import type { Ear } from './hear.ts'
import { poll } from './poll.ts'
import type { Pass } from './reconcile.ts'
import { type Repeats, repeats } from './repeats.ts'
import { restUntil } from './rest-until.ts'
import { shareRounds } from './share-rounds.ts'
import { work } from './workers.ts'

export type RunOptions = {
  worlds: CloudWorld[]
  claimant: string
  /** So many for each cloud. */
  workers: number
  pollMs: number
  censusMs: number
  onPass: (key: NodeKey, pass: Pass) => void
  /** One for each cloud that has a canary. */
  canaries: readonly CanaryWatch[]
  /** One for each cloud whose notifications are heard. */
  ears?: readonly Ear[]
}

/** Resolves when the signal has aborted and everything in hand is finished. */
export async function run(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { worlds, claimant, workers } = options
  const rounds = new Map(worlds.map((world) => [world.cloud, firstRound(world)]))
  const onPass: RunOptions['onPass'] = (key, pass) => {
    options.onPass(key, pass)
    rounds.get(key.cloud)?.looked(key.uuid)
  }
  const watching = worlds.map((world) => watch(world, options, { signal, polled: (uuids) => rounds.get(world.cloud)?.polled(uuids) }))
  const working = worlds.map((world) => work({ world, claimant, size: workers, onPass }, signal))
  const canaries = options.canaries.map((canary) => watchCanary(canary, options, signal))
  const hearing = (options.ears ?? []).map((ear) => ear.run(signal))
  await Promise.all([...watching, ...canaries, ...hearing, ...working])
}

/**
 * Says when every node of the first poll has been looked at once: until then what is found is the backlog of an empty store, and from
 * then on it is news. A later start over the same store says it again, which changes nothing.
 */
function firstRound(world: CloudWorld) {
  let left: Set<string> | null = null
  const doneIfEmpty = () => {
    if (left === null || left.size > 0) return
    world.store.passDone(world.cloud).catch((error: unknown) => {
      // Said again at the next start; meanwhile new cases only count as backlog.
      world.log('warn', 'first round not noted', { cloud: world.cloud, error: error instanceof Error ? error.message : String(error) })
    })
  }
  return {
    polled: (uuids: readonly string[]) => {
      if (left !== null) return
      left = new Set(uuids)
      doneIfEmpty()
    },
    looked: (uuid: string) => {
      if (left?.delete(uuid) === true) doneIfEmpty()
    },
  }
}

/** While no round is under way; then it is looked at as often as failed nodes are. */
const CANARY_LOOK_MS = 60_000

async function watchCanary(canary: CanaryWatch, { worlds, pollMs }: RunOptions, signal: AbortSignal): Promise<void> {
  const world = worlds.find(({ cloud }) => cloud === canary.state().cloud)
  if (world === undefined) return
  const { clock } = world.seams
  const log = repeats(clock, world.log)
  while (!signal.aborted) {
    await orSay(world, { message: 'canary not looked at', log }, () => canary.look())
    const { node, trouble, isUnderWay } = canary.state()
    const said = { level: 'error', message: 'the canary is not healed', about: { cloud: world.cloud, node } } as const
    if (trouble === null) log.works(said)
    else log.failed(said, trouble)
    await clock.sleep(isUnderWay ? pollMs : CANARY_LOOK_MS, signal)
  }
}

/** A census that cannot be read to its end must not keep the polls, which find failed nodes, from going on. */
const CENSUS_AGAIN_MS = 60_000

/** The outer loop: an unreachable cloud is said and asked again at the next interval. */
async function orSay({ cloud }: CloudWorld, said: { message: string; log: Repeats }, work: () => Promise<unknown>): Promise<boolean> {
  const trouble = { level: 'warn', message: said.message, about: { cloud } } as const
  try {
    await work()
    said.log.works(trouble)
    return true
  } catch (error) {
    said.log.failed(trouble, error)
    return false
  }
}

/** More than clocks are corrected by in ordinary running (design, write protocol: a replica that far off acts on nothing). */
const STEP_MS = 5_000

/**
 * A wall clock that was ahead has written times of the next look that lie far in the future; once it is set right, nobody would look until
 * then. Gives how far ahead of the monotonic clock the wall clock is now.
 */
async function afterStepBack({ cloud, store, seams, log }: CloudWorld, ahead: number): Promise<number> {
  const now = seams.clock.now() - seams.clock.monotonic()
  if (now < ahead - STEP_MS) {
    log('warn', 'the wall clock was set back: every open case is looked at again', { cloud, seconds: Math.round((ahead - now) / 1_000) })
    await store.wake(await store.openCaseKeys(cloud))
  }
  return now
}

/** Each pass asks for itself which policy is in force; here it is only said, once for each change. */
async function sayIfOverruled({ cloud, store, policyHash, log }: CloudWorld, saidBefore: boolean): Promise<boolean> {
  if (policyHash === null) return false
  const state = (await store.clouds()).find((one) => one.cloud === cloud)
  const overruled = state !== undefined && state.policyHash !== policyHash
  if (overruled && !saidBefore) log('warn', 'another process put another mode or policy in force: this one only observes', { cloud })
  if (!overruled && saidBefore) log('info', 'the mode and policy of this process are in force again', { cloud })
  return overruled
}

type Watching = { signal: AbortSignal; polled: (uuids: readonly string[]) => void }

/** What one cloud is looked at by, each by its own outer loop: true where it came to its end. */
export type Looks = {
  census(): Promise<boolean>
  poll(): Promise<boolean>
  /** Whether this process may act, which is said by each one, whoever polls. */
  standing(): Promise<boolean>
}

function looksAt(world: CloudWorld, { log, polled, ear }: { log: Repeats; polled: Watching['polled']; ear: Ear | undefined }): Looks {
  const { clock } = world.seams
  let saying = false
  let ahead = clock.now() - clock.monotonic()
  return {
    census: () =>
      orSay(world, { message: 'census failed', log }, async () => {
        const { doubtful } = await takeCensus(world)
        const doubt = { level: 'warn', message: 'census is doubtful', about: { cloud: world.cloud } } as const
        if (doubtful === null) log.works(doubt)
        else log.failed(doubt, doubtful)
      }),
    poll: () =>
      orSay(world, { message: 'poll failed', log }, async () => {
        ahead = await afterStepBack(world, ahead)
        saying = await sayIfOverruled(world, saying)
        const began = clock.monotonic()
        const { nodes } = await poll(world)
        polled(nodes.map(({ uuid }) => uuid))
        ear?.polled(nodes, began)
      }),
    standing: () =>
      orSay(world, { message: 'mode and policy in force not read', log }, async () => {
        saying = await sayIfOverruled(world, saying)
      }),
  }
}

async function watch(world: CloudWorld, options: RunOptions, { signal, polled }: Watching): Promise<void> {
  const { clock } = world.seams
  const { replicas } = world.store
  const log = repeats(clock, world.log)
  const ear = options.ears?.find(({ cloud }) => cloud === world.cloud)
  const looks = looksAt(world, { log, polled, ear })
  if (replicas !== null) {
    const pace = { ...options, censusAgainMs: CENSUS_AGAIN_MS }
    await shareRounds({ world, rounds: replicas.rounds, looks, log, ear, pace }, signal)
    return
  }
  // Monotonic time has an arbitrary start: the first census is due whatever it is.
  let censusDue = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    const began = clock.monotonic()
    if (began >= censusDue) censusDue = began + ((await looks.census()) ? options.censusMs : Math.min(options.censusMs, CENSUS_AGAIN_MS))
    const isPolled = await looks.poll()
    // A cloud that could not be polled is asked again as soon as one whose notifications are not heard.
    if (ear === undefined || !isPolled) await clock.sleep(Math.max(0, options.pollMs - (clock.monotonic() - began)), signal)
    else await restUntil(clock, () => Math.min(began + ear.pollMs(), censusDue), signal)
  }
}
