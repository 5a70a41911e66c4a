/**
 * The act `reset`: the mark in extra.hammer_error_resets, then the verb `deleted`, two requests under one intent. The reply to the mark's
 * PATCH is the deciding read: Ironic answers it with the row as it stands under the node's lock. It waits for no effect.
 */
import type { Intent } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import type { ObservedNode } from '../core/observation.ts'
import type { PatchOperation } from '../openstack/ironic.ts'
import { observedNode } from '../openstack/ironic-node.ts'
import { type ActWorld, answered, movedOn, notSent, READ_LIVES_MS, readAsDecided, stopped } from './deciding-read.ts'
import { lostMark, outcomeOfError } from './outcome.ts'

/** The verb must leave within this of the reply that decided it; what remains in between is the race that Ironic leaves open. */
const REPLY_LIVES_MS = 2_000

export async function reset(world: ActWorld, intent: Intent): Promise<Outcome> {
  const { mark } = intent
  if (mark === null) throw new Error(`intent ${intent.id} is a reset without a mark`)
  const before = await readAsDecided(world, intent)
  if ('reason' in before) return notSent(`Nothing was sent: ${before.reason}.`)
  if (before.node.marks.kind === 'unreadable') return notSent('Nothing was sent: extra.hammer_error_resets is not a list.')
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Nothing was sent: ${stop}.`)
  const what = `the mark on ${before.node.name ?? intent.uuid}`
  const patched = world.ironic.patch(intent.uuid, [append(before.node, mark)], { sendBy: before.at + READ_LIVES_MS })
  return answered(world.clock, patched).then(
    ({ answer, since }) => afterMark(world, intent, { before: before.node, reply: observedNode(answer), at: since }),
    (error: unknown) => lostMark(outcomeOfError(error, what, 'none')),
  )
}

function append(node: ObservedNode, mark: string): PatchOperation {
  const path = '/extra/hammer_error_resets'
  return node.marks.kind === 'absent' ? { op: 'add', path, value: [mark] } : { op: 'add', path: `${path}/-`, value: mark }
}

async function afterMark(
  world: ActWorld,
  intent: Intent,
  seen: { before: ObservedNode; reply: ObservedNode; at: number },
): Promise<Outcome> {
  const { before, reply, at } = seen
  const name = reply.name ?? intent.uuid
  const problem = movedOn(intent, reply) ?? foreignLock(reply) ?? marksChanged(before, reply, intent.mark)
  if (problem !== null) return notSent(`The verb was not sent: the reply to the mark shows that ${problem}.`, 'written')
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`The verb was not sent: ${stop}.`, 'written')
  return world.ironic.provision(intent.uuid, 'deleted', { sendBy: at + REPLY_LIVES_MS }).then(
    (): Outcome => ({ kind: 'accepted', reason: `Ironic accepted deleted on ${name}.`, mark: 'written' }),
    (error: unknown) => outcomeOfError(error, `deleted on ${name}`, 'written'),
  )
}

/** The PATCH takes the lock itself, so its reply may show the node's own conductor as holder; any other holder is at work. */
const foreignLock = (node: ObservedNode): string | null =>
  node.reservation === null || node.reservation === node.conductor ? null : `conductor ${node.reservation} has locked it`

/** Parallel appends lose entries in Ironic (measured: 20 at once, 8 answered 200, 1 kept), so the reply is compared. */
function marksChanged(before: ObservedNode, reply: ObservedNode, mark: string | null): string | null {
  const had = before.marks.kind === 'list' ? before.marks : { entries: [], total: 0 }
  if (reply.marks.kind !== 'list') return 'extra.hammer_error_resets is not a list'
  const { entries, total } = reply.marks
  const expected = [...had.entries, mark].slice(-entries.length)
  const kept = total === had.total + 1 && JSON.stringify(entries) === JSON.stringify(expected)
  return kept ? null : 'somebody else wrote to extra.hammer_error_resets at the same time'
}
