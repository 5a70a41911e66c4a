/**
 * One census and one pass over every failed node: the drop-in for a cron job. With `follow` it goes on until nothing is in flight. It works
 * beside a daemon on the same store: claims keep two passes off one node.
 */
import type { NodeKey, SeenNode } from '../core/seen.ts'
import { takeCensus } from './census.ts'
import type { CloudWorld } from './cloud-world.ts'
import { poll } from './poll.ts'
import { type Pass, reconcile } from './reconcile.ts'
import { renewClaim } from './workers.ts'

export type Sweep = {
  listed: number
  doubtful: string | null
  passes: Map<string, Pass>
  /** Nodes that another worker had in hand all the while. */
  skipped: NodeKey[]
  /** Nodes whose pass broke; nothing of it was committed, or its intent is durable. */
  failed: NodeKey[]
  /** False where follow ended with something still in flight. */
  finished: boolean
}

/** At most this long is followed; soak is not waited for (design, commands). */
const FOLLOW_MS = 2 * 3_600_000
const AT_ONCE = 8
/** A pass takes a second or two, and seldom as long as its longest request. */
const SKIPPED_TRIES = 5
const SKIPPED_MS = 2_000

export async function sweep(
  world: CloudWorld,
  options: { claimant: string; limit: number | null; follow: boolean; onPass: (pass: Pass) => void },
): Promise<Sweep> {
  const { size, doubtful } = await takeCensus(world)
  if (doubtful !== null) world.log('warn', 'census is doubtful', { cloud: world.cloud, listed: size, why: doubtful })
  const { nodes } = await poll(world)
  const open = await world.store.openCaseKeys(world.cloud)
  const keys = [...new Set([...nodes.map((node) => node.uuid), ...open.map((key) => key.uuid)])]
  const state: Sweep = { listed: size, doubtful, passes: new Map(), skipped: [], failed: [], finished: true }
  const allowance = { left: options.limit }
  const passOver = async (uuid: string): Promise<void> => {
    const key = { cloud: world.cloud, uuid }
    if (!(await world.store.claimOne(options.claimant, key))) {
      state.skipped.push(key)
      return
    }
    const done = new AbortController()
    const renewing = renewClaim(world, { claimant: options.claimant, key }, done.signal)
    try {
      const noted = (pass: Pass): Pass => {
        state.passes.set(uuid, pass)
        options.onPass(pass)
        return pass
      }
      const pass = noted(await reconcile(world, key, allowance))
      // A shield heals nothing: the node would wait for the next sweep, which a cron job may begin in an hour.
      if (pass.decision.act === 'shield' && pass.outcome !== null) noted(await reconcile(world, key, allowance))
    } catch (error) {
      // One node's broken pass ends no other's; it is said, and the sweep is incomplete.
      state.failed.push(key)
      world.log('error', 'pass failed', { cloud: world.cloud, uuid, error: error instanceof Error ? error.message : String(error) })
    } finally {
      done.abort()
      await renewing
      await world.store.unclaim(options.claimant, key)
    }
  }
  await inTurn(oldestFirst(keys, nodes), passOver)
  await lookAgainAtSkipped(world, state, passOver)
  await world.store.passDone(world.cloud)
  if (options.follow) state.finished = await follow(world, state, passOver)
  return state
}

/** The node that failed first goes first. */
function oldestFirst(uuids: string[], nodes: SeenNode[]): string[] {
  const failedAt = new Map(nodes.map((node) => [node.uuid, node.provision_updated_at ?? '']))
  return uuids.toSorted((a, b) => (failedAt.get(a) ?? '').localeCompare(failedAt.get(b) ?? '') || a.localeCompare(b))
}

async function inTurn(uuids: string[], passOver: (uuid: string) => Promise<void>): Promise<void> {
  const queue = [...uuids]
  const lane = async () => {
    for (let uuid = queue.shift(); uuid !== undefined; uuid = queue.shift()) await passOver(uuid)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

/** A daemon beside us has a node in hand for seconds: it is waited for before the sweep calls itself incomplete. */
async function lookAgainAtSkipped(world: CloudWorld, state: Sweep, passOver: (uuid: string) => Promise<void>): Promise<void> {
  for (let tries = 0; tries < SKIPPED_TRIES && state.skipped.length > 0; tries++) {
    await world.seams.clock.sleep(SKIPPED_MS)
    const again = state.skipped
    state.skipped = []
    await inTurn(
      again.map(({ uuid }) => uuid),
      passOver,
    )
  }
}

/** Looks again at what is due until nothing is in flight: no act, no transition and no proof pending. */
async function follow(world: CloudWorld, state: Sweep, passOver: (uuid: string) => Promise<void>): Promise<boolean> {
  const { clock } = world.seams
  const began = clock.monotonic()
  while (clock.monotonic() - began < FOLLOW_MS) {
    const moving = [...state.passes].filter(([, pass]) => underWay(pass))
    if (moving.length === 0) return true
    const now = clock.now()
    const next = Math.min(...moving.map(([, pass]) => pass.decision.until ?? now))
    await clock.sleep(Math.min(Math.max(1_000, next - now), 15_000))
    await pollOrSay(world)
    const again = [...state.skipped, ...state.failed].map(({ uuid }) => uuid)
    state.skipped = []
    state.failed = []
    const due = moving.filter(([, pass]) => (pass.decision.until ?? 0) <= clock.now()).map(([uuid]) => uuid)
    await inTurn([...new Set([...due, ...again])], passOver)
  }
  return false
}

/** A list that cannot be read for a moment does not end the waiting; passes read their nodes themselves. */
async function pollOrSay(world: CloudWorld): Promise<void> {
  try {
    await poll(world)
  } catch (error) {
    world.log('warn', 'poll failed', { cloud: world.cloud, error: error instanceof Error ? error.message : String(error) })
  }
}

/** What `--wait` waits for. Spacing, budgets and canaries are waits that end by themselves; a person, a hold or an outage may never. */
const FOLLOWED: readonly string[] = [
  'transition',
  'proof-pending',
  'outcome-unknown',
  'spacing',
  'canary-first',
  'incident-ramp',
  'fleet-budget',
  'service-red',
  'locked',
  'mark-owed',
  'lease-near',
]

const underWay = ({ decision }: Pass): boolean =>
  decision.kind === 'act' || (decision.kind === 'wait' && FOLLOWED.includes(decision.reason))
