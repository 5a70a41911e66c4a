/**
 * One census and one pass over every failed node: the drop-in for a cron job. With `follow` it goes on until nothing is in flight. It works
 * beside a daemon on the same store: claims keep two passes off one node.
 */
import type { NodeKey, SeenNode } from '../core/seen.ts'
import { census } from './census.ts'
import type { CloudWorld } from './cloud-world.ts'
import { poll } from './poll.ts'
import { type Pass, reconcile } from './reconcile.ts'

export type Sweep = {
  listed: number
  doubtful: string | null
  passes: Map<string, Pass>
  /** Nodes that another worker had in hand all the while. */
  skipped: NodeKey[]
  /** False where follow ended with something still in flight. */
  finished: boolean
}

/** At most this long is followed; soak is not waited for (design, commands). */
const FOLLOW_MS = 2 * 3_600_000
const AT_ONCE = 8

export async function sweep(world: CloudWorld, options: { claimant: string; limit: number | null; follow: boolean; onPass: (pass: Pass) => void }): Promise<Sweep> {
  const { size, doubtful } = await census(world)
  const { nodes } = await poll(world)
  const open = await world.store.openCaseKeys(world.cloud)
  const keys = [...new Set([...nodes.map((node) => node.uuid), ...open.map((key) => key.uuid)])]
  const state: Sweep = { listed: size, doubtful, passes: new Map(), skipped: [], finished: true }
  let acts = 0
  const actsLeft = () => (options.limit === null ? null : Math.max(0, options.limit - acts))
  const passOver = async (uuid: string): Promise<void> => {
    const key = { cloud: world.cloud, uuid }
    if (!(await world.store.claimOne(options.claimant, key))) {
      state.skipped.push(key)
      return
    }
    const pass = await reconcile(world, key, actsLeft).finally(() => world.store.unclaim(options.claimant, key))
    if (pass.decision.kind === 'act') acts += 1
    state.passes.set(uuid, pass)
    options.onPass(pass)
  }
  await inTurn(oldestFirst(keys, nodes), passOver)
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
    await poll(world)
    state.skipped.length = 0
    const due = moving.filter(([, pass]) => (pass.decision.until ?? 0) <= clock.now())
    await inTurn(due.map(([uuid]) => uuid), passOver)
  }
  return false
}

/** What `--wait` waits for. Spacing, budgets and canaries are waits that end by themselves; a person, a hold or an outage may never. */
const FOLLOWED: readonly string[] = ['transition', 'proof-pending', 'outcome-unknown', 'spacing', 'canary-first', 'incident-ramp', 'fleet-budget', 'service-red', 'locked', 'mark-owed']

const underWay = ({ decision }: Pass): boolean => decision.kind === 'act' || (decision.kind === 'wait' && FOLLOWED.includes(decision.reason))
