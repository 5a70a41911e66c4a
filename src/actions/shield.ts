/**
 * The acts `shield` and `unshield`: a mark in extra.anneal_shield and `disabled` on Blazar's host, and both taken back. What an operator disabled is
 * never touched: the host is read right before, and only what still stands as this shield left it is undone.
 */
import type { BlazarPart, Intent } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import type { ObservedNode } from '../core/observation.ts'
import type { BlazarHost } from '../openstack/blazar.ts'
import type { PatchOperation } from '../openstack/ironic.ts'
import { observedNode } from '../openstack/ironic-node.ts'
import { type ActWorld, answered, movedOn, notSent, READ_LIVES_MS, readAsDecided, stopped } from './deciding-read.ts'
import { afterMark, lostMark, outcomeOfBlazar, outcomeOfError } from './outcome.ts'

const PATH = '/extra/anneal_shield'

export async function shield(world: ActWorld, intent: Intent): Promise<Outcome> {
  const { host_id } = partOf(intent)
  const first = await freeHost(world, intent, host_id)
  if ('reason' in first) return notSent(`Nothing was sent: ${first.reason}.`)
  const read = await readAsDecided(world, intent)
  if ('reason' in read) return notSent(`Nothing was sent: ${read.reason}.`)
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Nothing was sent: ${stop}.`)
  const at = new Date(world.clock.now()).toISOString()
  const prev = { disabled: false, reservable: first.host.reservable }
  const value = { v: 1, case: intent.caseId, kind: 'blazar-disabled', host_id, prev, at }
  const name = read.node.name ?? intent.uuid
  return world.ironic.patch(intent.uuid, [{ op: 'add', path: PATH, value }], { sendBy: read.at + READ_LIVES_MS }).then(
    (wire) => disable(world, intent, observedNode(wire)),
    // Whatever became of the mark, Blazar was sent nothing.
    (error: unknown) => lostMark(outcomeOfError(error, `the mark of a shield on ${name}`, undefined)),
  )
}

/** The mark is in Ironic: from here on a crash leaves something that says whose it is. */
async function disable(world: ActWorld, intent: Intent, reply: ObservedNode): Promise<Outcome> {
  const { host_id } = partOf(intent)
  const problem = movedOn(intent, reply)
  if (problem !== null) return notSent(`Blazar was sent nothing: the reply to the mark shows that ${problem}.`)
  // Whoever disabled it between the two reads did so for a reason of their own.
  const again = await freeHost(world, intent, host_id)
  if ('reason' in again) return notSent(`Blazar was sent nothing: ${again.reason}.`)
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Blazar was sent nothing: ${stop}.`)
  const what = `disabling host ${host_id}`
  return world.blazar.setDisabled(host_id, `anneal:${intent.caseId}`, { sendBy: again.at + READ_LIVES_MS }).then(
    ({ disabled, updated_at }): Outcome => {
      if (disabled === true && updated_at !== null) return { kind: 'accepted', reason: `Blazar accepted ${what}.`, updated_at }
      // The fork answers 200 and does nothing where its policy lets the caller change hosts but not this.
      return {
        kind: 'refused',
        reason: `Blazar answered ${what} well and did not do it: this credential needs the role of an administrator there.`,
      }
    },
    (error: unknown) => afterMark(outcomeOfBlazar(error, what)),
  )
}

type HostRead = { host: BlazarHost; at: number } | { reason: string }

/** The host as it stands, where it is this node's and nobody has disabled it; `at` monotonic. */
async function freeHost(world: ActWorld, intent: Intent, host_id: string): Promise<HostRead> {
  const { answer: host, since: at } = await answered(world.clock, world.blazar.host(host_id))
  if (host === null) return { reason: `Blazar has no host ${host_id} any more` }
  if (![host.hypervisor_hostname, host.uid].includes(intent.uuid)) return { reason: `Blazar's host ${host_id} is not this node's any more` }
  if (host.disabled !== false) return { reason: `Blazar's host ${host_id} is disabled already` }
  return { host, at }
}

export async function unshield(world: ActWorld, intent: Intent): Promise<Outcome> {
  const part = partOf(intent)
  const read = await readAsDecided(world, intent)
  if ('reason' in read) return notSent(`Nothing was sent: ${read.reason}.`)
  const enabled = await enable(world, intent, part)
  if (enabled.kind !== 'accepted' || part.keepMark) return enabled
  const marked = await readAsDecided(world, intent)
  if ('reason' in marked) return { kind: 'refused', reason: `${enabled.reason} The mark was left for later: ${marked.reason}.` }
  if (marked.node.shield === null) return enabled
  const stop = await stopped(world, intent)
  if (stop !== null) return { kind: 'refused', reason: `${enabled.reason} The mark was left for later: ${stop}.` }
  const remove: PatchOperation = { op: 'remove', path: PATH }
  return world.ironic.patch(intent.uuid, [remove], { sendBy: marked.at + READ_LIVES_MS }).then(
    (wire): Outcome => {
      const clash = observedNode(wire).extraOthers === intent.extraOthers ? '' : ' Another key of extra changed at the same time.'
      return { kind: 'accepted', reason: `${enabled.reason} Its mark was removed.${clash}` }
    },
    (error: unknown) => outcomeOfError(error, 'removing the mark of a shield', undefined),
  )
}

/** Compare and undo: what is disabled any other way than this shield left it stays. */
async function enable(world: ActWorld, intent: Intent, { host_id, updated_at }: BlazarPart): Promise<Outcome> {
  const { answer: host, since: at } = await answered(world.clock, world.blazar.host(host_id))
  const left = (why: string): Outcome => ({ kind: 'accepted', reason: `Blazar was sent nothing: ${why}.` })
  if (host === null) return left(`it has no host ${host_id} any more`)
  if (host.disabled === false) return left(`host ${host_id} is not disabled any more`)
  if (host.disabled === null)
    return { kind: 'not-sent', reason: `Nothing was sent: Blazar does not say whether host ${host_id} is disabled.` }
  if (updated_at === null || host.updated_at !== updated_at)
    return left(`host ${host_id} was changed by somebody else, so it stays disabled`)
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Nothing was sent: ${stop}.`)
  const what = `enabling host ${host_id}`
  return world.blazar.setDisabled(host_id, null, { sendBy: at + READ_LIVES_MS }).then(
    ({ disabled }): Outcome =>
      disabled === false
        ? { kind: 'accepted', reason: `Blazar accepted ${what}; its monitor makes it reservable.` }
        : { kind: 'refused', reason: `Blazar answered ${what} well and did not do it.` },
    (error: unknown) => outcomeOfBlazar(error, what),
  )
}

export function partOf({ id, act, blazar }: Intent): BlazarPart {
  if (blazar === null) throw new Error(`intent ${id} is of ${act} and says nothing of Blazar`)
  return blazar
}
