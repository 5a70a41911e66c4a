/**
 * The deciding read: what must be so on the node, and in the database, right before a changing request leaves. One file for all
 * acts, so that no act can have a weaker one. It sends only a GET.
 */
import { type Intent, SENT_WITHIN } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import { decidingRead, differences } from '../core/ironic.ts'
import type { ObservedNode } from '../core/observation.ts'
import type { Clock } from '../core/seams.ts'
import type { Blazar } from '../openstack/blazar.ts'
import type { Ironic } from '../openstack/ironic.ts'
import { observedNode, type WireNode } from '../openstack/ironic-node.ts'

export type ActWorld = {
  ironic: Ironic
  blazar: Pick<Blazar, 'host' | 'allocations' | 'lease' | 'setDisabled' | 'reserveAgain'>
  clock: Clock
  /** Both clocks as they stood before the commit that made the intent durable. */
  committed: { wall: number; monotonic: number }
  /** Whether the database still holds the intent unsettled, in time, and nothing newer that speaks against it. */
  intentInForce: (id: string) => Promise<{ ok: true } | { ok: false; reason: string }>
}

/** The two clocks may drift apart by this much before one of them must be wrong. */
const DRIFT_MS = 1_000
/** A GET older than this decides nothing. */
export const READ_LIVES_MS = 1_000
/** How often it is noted that this process is awake while it waits for an answer. */
const TURN_MS = 250

export const notSent = (reason: string, mark: Outcome['mark'] = 'none'): Outcome => ({ kind: 'not-sent', reason, mark })

/** Why nothing may leave any more; null where it may. Asked right before each changing request. */
export async function stopped(world: ActWorld, intent: Intent): Promise<string | null> {
  const force = await world.intentInForce(intent.id)
  if (!force.ok) return force.reason
  const wall = world.clock.now() - world.committed.wall
  const monotonic = world.clock.monotonic() - world.committed.monotonic
  if (Math.abs(wall - monotonic) > DRIFT_MS) return 'the wall clock jumped since the decision'
  if (monotonic > SENT_WITHIN || wall > SENT_WITHIN) return 'the decision is too old'
  return null
}

/**
 * Waits for an answer that something is decided on, and says since when (monotonic ms) it can have been there at the earliest. A process
 * that stands still (a database locked for seconds, a stopped machine) finds the answer in its socket long after it came.
 */
export async function answered<T>(clock: Clock, asked: Promise<T>): Promise<{ answer: T; since: number }> {
  const over = new AbortController()
  let awake = clock.monotonic()
  let longest = 0
  const note = (): void => {
    const now = clock.monotonic()
    longest = Math.max(longest, now - awake)
    awake = now
  }
  const noting = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await clock.sleep(TURN_MS, over.signal)
      note()
    }
  }
  void noting()
  try {
    const answer = await asked
    note()
    return { answer, since: awake - longest }
  } finally {
    over.abort('it was answered')
  }
}

/** `at`: when the answer can have come at the earliest, monotonic. */
export type Read = { wire: WireNode; node: ObservedNode; at: number }

/** A fresh GET that shows what was decided on, or the reason why nothing is sent. */
export async function readAsDecided(world: ActWorld, intent: Intent): Promise<Read | { reason: string }> {
  // From the answer on, as with a mark's reply: counted from the question, an Ironic that takes seconds for a read would never be sent anything.
  const { answer: wire, since: at } = await answered(world.clock, world.ironic.node(intent.uuid))
  if (wire === null) return { reason: 'Ironic does not know the node any more' }
  const node = observedNode(wire)
  const reason = movedOn(intent, node) ?? (node.reservation === null ? null : `conductor ${node.reservation} has locked it`)
  return reason === null ? { wire, node, at } : { reason }
}

/** What has changed since the decision, as words for a person; null where nothing has. The lock is the caller's question. */
export function movedOn(intent: Intent, node: ObservedNode): string | null {
  if (node.uuid !== intent.uuid) return `the answer is about ${node.uuid}`
  const changed = differences(intent.decided, decidingRead(node))
  if (changed.length > 0) {
    const [field] = changed
    return `${changed.join(', ')} changed since the decision${field ? ` (${field} is ${node[field] ?? 'empty'} now)` : ''}`
  }
  if (node.hold !== null) return 'extra.anneal_hold was set since the decision'
  if (node.extraOthers !== intent.extraOthers) return 'another key of extra changed since the decision'
  return null
}
