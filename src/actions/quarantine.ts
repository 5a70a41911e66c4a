/**
 * The acts `quarantine` and `release`: maintenance with our own exact reason, and its end on a person's word. Nothing else of a node's
 * maintenance is ever written.
 */
import type { Intent } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import type { ObservedNode } from '../core/observation.ts'
import { observedNode } from '../openstack/ironic-node.ts'
import { type ActWorld, notSent, READ_LIVES_MS, readAsDecided, stopped } from './deciding-read.ts'
import { outcomeOfError } from './outcome.ts'

export async function quarantine(world: ActWorld, intent: Intent): Promise<Outcome> {
  const { text } = intent
  if (text === null) throw new Error(`intent ${intent.id} is a quarantine without a reason`)
  const read = await readAsDecided(world, intent)
  if ('reason' in read) return notSent(`Nothing was sent: ${read.reason}.`)
  const { node } = read
  const failed = node.provision_state === 'error' || node.provision_state === 'clean failed'
  if (!failed || node.instance_uuid !== null || node.maintenance || node.fault !== null)
    return notSent('Nothing was sent: it is not a free failed node any more.')
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Nothing was sent: ${stop}.`)
  return world.ironic.setMaintenance(intent.uuid, text, { sendBy: read.at + READ_LIVES_MS }).then(
    () =>
      readBack(world, intent, `maintenance on ${node.name ?? intent.uuid}`, (now) => now.maintenance && now.maintenance_reason === text),
    (error: unknown) => outcomeOfError(error, `maintenance on ${node.name ?? intent.uuid}`, 'none'),
  )
}

export async function release(world: ActWorld, intent: Intent): Promise<Outcome> {
  const { text } = intent
  const read = await readAsDecided(world, intent)
  if ('reason' in read) return notSent(`Nothing was sent: ${read.reason}.`)
  const { node } = read
  if (text === null || node.maintenance_reason !== text || node.fault !== null)
    return notSent('Nothing was sent: its maintenance is not exactly our own any more.')
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Nothing was sent: ${stop}.`)
  return world.ironic.clearMaintenance(intent.uuid, { sendBy: read.at + READ_LIVES_MS }).then(
    () => readBack(world, intent, `the end of maintenance on ${node.name ?? intent.uuid}`, (now) => !now.maintenance),
    (error: unknown) => outcomeOfError(error, `the end of maintenance on ${node.name ?? intent.uuid}`, 'none'),
  )
}

/** 202 says that the request was taken; only a read says that it stands. */
async function readBack(world: ActWorld, intent: Intent, what: string, holds: (node: ObservedNode) => boolean): Promise<Outcome> {
  return world.ironic.node(intent.uuid).then(
    (wire): Outcome =>
      wire !== null && holds(observedNode(wire))
        ? { kind: 'accepted', reason: `Ironic accepted ${what}.` }
        : { kind: 'unknown', reason: `Ironic accepted ${what}, but a read right after does not show it.` },
    (error: unknown): Outcome => ({ ...outcomeOfError(error, `${what}, read back`, undefined), kind: 'unknown' }),
  )
}
