/**
 * Cleaning: from the end of a tear-down or from `provide` to `available`, with the ways it fails: Neutron away (the node is
 * stranded), no cleaning port, an agent that never calls back, a step that fails. Runs under the node's lock.
 */
import { conductorTrouble } from './faults.ts'
import type { Work } from './ironic-conductor.ts'
import { failState, releaseLock, workOf } from './ironic-conductor.ts'
import { conductorOf, recordError, write } from './ironic-node.ts'
import { setPower } from './ironic-power.ts'
import type { SimNode, World } from './world.ts'

/** Where it ends well: a retired node is not handed out again. */
const goal = (node: SimNode): string => (node.row.retired ? 'manageable' : 'available')

/** The state is already `cleaning`; `within` is the worker's name as Ironic's last resort prints it. */
export async function startCleaning(world: World, work: Work, node: SimNode, named: { within: string }): Promise<void> {
  if (!(node.row.automated_clean ?? world.settings.ironic.automatedClean)) {
    // 'done' and not 'manage': without cleaning a retired node becomes available as well.
    write(world, node, { provision_state: 'available', target_provision_state: null })
    await work.pause(30)
    releaseLock(node)
    return
  }
  const trouble = conductorTrouble(world, 'keystone') ?? conductorTrouble(world, 'neutron')
  if (trouble !== null && node.row.network_interface !== 'noop') {
    // network.validate raises what the handler does not catch: nobody fails the node, so it stays in `cleaning`.
    await work.pause(trouble.afterMs)
    // Written by the last resort (task_manager._write_exception), which knows no history.
    write(world, node, { last_error: `Async execution of ${named.within} failed with error: ${trouble.text}` })
    releaseLock(node)
    return
  }
  await prepare(world, work, node)
}

async function prepare(world: World, work: Work, node: SimNode): Promise<void> {
  const { row } = node
  const fail = async (why: string): Promise<void> => {
    const text = `Failed to prepare node ${row.uuid} for cleaning: ${why}`
    failState(world, node, { to: 'clean failed', text, type: 'cleaning', host: work.host })
    await work.pause(30)
    releaseLock(node)
  }
  await work.pause(2450)
  if (node.cleaning === 'no-port') return fail(`Failed to create neutron ports for node's ${row.uuid} ports [Port(${node.port.address})].`)
  const trouble = await setPower(world, work, node, 'power on')
  if (trouble !== null) return fail(trouble)
  await work.pause(1000)
  write(world, node, { provision_state: 'clean wait' })
  await work.pause(40)
  releaseLock(node)
  const { cleaningMs, cleanCallbackTimeoutMs } = world.settings.ironic
  const will = node.cleaning
  const since = row.provision_updated_at
  const wait = will === 'no-callback' ? cleanCallbackTimeoutMs : cleaningMs
  // Waiting belongs to no worker: the agent calls back, or a periodic task notices, on whichever conductor then lives.
  world.clock.after(wait, () => void resume(world, node, { will, since }))
}

async function resume(world: World, node: SimNode, waited: { will: SimNode['cleaning']; since: string | null }): Promise<void> {
  const stillWaits = node.row.provision_state === 'clean wait' && node.row.provision_updated_at === waited.since
  if (!stillWaits) return
  const host = conductorOf(world, node.row)
  const conductor = host === null ? undefined : world.conductors.get(host)
  const timesOut = waited.will === 'no-callback'
  // In maintenance the call-back timeout is off; a locked node or a dead conductor is met again a minute later.
  if (conductor === undefined || !conductor.running || node.row.reservation !== null || (timesOut && node.row.maintenance)) {
    world.clock.after(60_000, () => void resume(world, node, waited))
    return
  }
  node.row.reservation = conductor.host
  const work = workOf(world, conductor)
  if (timesOut) return timeOut(world, work, node)
  write(world, node, { provision_state: 'cleaning' })
  await work.pause(500)
  if (waited.will === 'step-fails') return failStep(world, work, node)
  const trouble = await setPower(world, work, node, 'power off')
  if (trouble !== null) {
    failState(world, node, { to: 'clean failed', text: `Failed to tear down from cleaning: ${trouble}`, type: 'cleaning', host: work.host })
  } else {
    write(world, node, { provision_state: goal(node), target_provision_state: null })
  }
  await work.pause(30)
  releaseLock(node)
}

/** The text comes 3.1 s after the state: the node is powered off in between (recorded in clean-callback-timeout). */
async function timeOut(world: World, work: Work, node: SimNode): Promise<void> {
  await work.pause(450)
  write(world, node, { provision_state: 'clean failed' })
  await work.pause(260)
  await setPower(world, work, node, 'power off')
  await work.pause(600)
  const text =
    'Timeout reached while cleaning the node. Please check if the ramdisk responsible for the cleaning is running on the node. Failed on step {}.'
  recordError(world, node, { text, type: 'cleaning', host: work.host })
  await work.pause(40)
  releaseLock(node)
}

/** With a clean step set Ironic also puts the node into maintenance, with its own fault (cleaning_error_handler). */
async function failStep(world: World, work: Work, node: SimNode): Promise<void> {
  const step = { interface: 'deploy', step: 'erase_devices_metadata', priority: 99 }
  const text = `Node ${node.row.uuid} failed step {'interface': 'deploy', 'step': 'erase_devices_metadata', 'priority': 99}: Agent returned error for clean step: Error performing clean step: command execution failed`
  write(world, node, { clean_step: step, maintenance: true, maintenance_reason: text, fault: 'clean failure' })
  failState(world, node, { to: 'clean failed', text, type: 'cleaning', host: work.host })
  await work.pause(40)
  releaseLock(node)
}
