/**
 * The deciding read: what must be so on the node, and in the database, right before a changing request leaves. One file for all
 * acts, so that no act can have a weaker one. It sends only a GET.
 */
import type { Intent } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import { decidingRead, differences } from '../core/ironic.ts'
import type { ObservedNode } from '../core/observation.ts'
import type { Clock } from '../core/seams.ts'
import type { Ironic } from '../openstack/ironic.ts'
import { observedNode, type WireNode } from '../openstack/ironic-node.ts'

export type ActWorld = {
  ironic: Ironic
  clock: Clock
  /** Both clocks as they stood before the commit that made the intent durable. */
  committed: { wall: number; monotonic: number }
  /** Whether the database still holds the intent unsettled, in time, and nothing newer that speaks against it. */
  intentInForce: (id: string) => Promise<{ ok: true } | { ok: false; reason: string }>
}

/** An intent must leave within this of its commit (design of the write protocol). */
const DEADLINE_MS = 20_000
/** The two clocks may drift apart by this much before one of them must be wrong. */
const DRIFT_MS = 1_000
/** A GET older than this decides nothing. */
export const READ_LIVES_MS = 1_000

export const notSent = (reason: string, mark: Outcome['mark'] = 'none'): Outcome => ({ kind: 'not-sent', reason, mark })

/** Why nothing may leave any more; null where it may. Asked right before each changing request. */
export async function stopped(world: ActWorld, intent: Intent): Promise<string | null> {
  const force = await world.intentInForce(intent.id)
  if (!force.ok) return force.reason
  const wall = world.clock.now() - world.committed.wall
  const monotonic = world.clock.monotonic() - world.committed.monotonic
  if (Math.abs(wall - monotonic) > DRIFT_MS) return 'the wall clock jumped since the decision'
  if (monotonic > DEADLINE_MS || wall > DEADLINE_MS) return 'the decision is too old'
  return null
}

export type Read = { wire: WireNode; node: ObservedNode; at: number }

/** A fresh GET that shows what was decided on, or the reason why nothing is sent. */
export async function readAsDecided(world: ActWorld, intent: Intent): Promise<Read | { reason: string }> {
  const at = world.clock.monotonic()
  const wire = await world.ironic.node(intent.uuid)
  if (wire === null) return { reason: 'Ironic does not know the node any more' }
  const node = observedNode(wire)
  const reason = movedOn(intent, node) ?? (node.reservation === null ? null : `conductor ${node.reservation} has locked it`)
  return reason === null ? { wire, node, at } : { reason }
}

/** What has changed since the decision, as words for a person; null where nothing has. The lock is the caller's question. */
export function movedOn(intent: Intent, node: ObservedNode): string | null {
  const changed = differences(intent.decided, decidingRead(node))
  if (changed.length > 0) {
    const [field] = changed
    return `${changed.join(', ')} changed since the decision${field ? ` (${field} is ${node[field] ?? 'empty'} now)` : ''}`
  }
  if (node.hold !== null) return 'extra.anneal_hold was set since the decision'
  if (node.extraOthers !== intent.extraOthers) return 'another key of extra changed since the decision'
  return null
}
