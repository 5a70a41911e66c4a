/**
 * Cleaning: from the end of a tear-down, from `provide` or from `clean` to where it leads, one step of the agent after the other, with the
 * ways it fails: Neutron away (the node is stranded), no cleaning port, an agent that never calls back, a step that fails or never ends.
 * Runs under the node's lock, but for the waiting in `clean wait`.
 */
import { isObject } from './answer.ts'
import { conductorTrouble } from './faults.ts'
import type { Work } from './ironic-conductor.ts'
import { failState, releaseLock, workOf } from './ironic-conductor.ts'
import { conductorOf, recordError, write } from './ironic-node.ts'
import { pythonText } from './ironic-patch.ts'
import { setPower } from './ironic-power.ts'
import type { SimNode, World } from './world.ts'

type Step = Record<string, unknown>

/** Automated cleaning by the agent's defaults, highest priority first: the quick erasing of metadata, then whole disks. */
const AUTOMATED: readonly Step[] = [
  { interface: 'deploy', step: 'erase_devices_metadata', priority: 99 },
  { interface: 'deploy', step: 'erase_devices', priority: 10 },
]

const isManual = (node: SimNode): boolean => node.row.target_provision_state === 'manageable'

/** Where it ends well: a retired node is not handed out again, and manual cleaning ends where it began. */
const goal = (node: SimNode): string => (node.row.retired || isManual(node) ? 'manageable' : 'available')

/** The state is already `cleaning`; `within` is the worker's name as Ironic's last resort prints it. */
export async function startCleaning(world: World, work: Work, node: SimNode, named: { within: string; steps?: unknown }): Promise<void> {
  if (!isManual(node) && (node.isFake || !(node.row.automated_clean ?? world.settings.ironic.automatedClean))) {
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
  const steps = Array.isArray(named.steps) ? named.steps.filter(isObject) : AUTOMATED
  await prepare(world, work, node, steps)
}

async function prepare(world: World, work: Work, node: SimNode, steps: readonly Step[]): Promise<void> {
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
  await waitForAgent(world, work, node, { steps, at: -1 })
}

/** Which of its steps the agent is at; -1: the ramdisk boots. */
type Course = { steps: readonly Step[]; at: number }

/** Into `clean wait` without the lock. The time that cleaning takes is shared out evenly over the booting and the steps. */
export async function waitForAgent(world: World, work: Work, node: SimNode, course: Course): Promise<void> {
  write(world, node, { provision_state: 'clean wait', clean_step: course.steps[course.at] ?? {} })
  await work.pause(40)
  releaseLock(node)
  const { cleaningMs, cleanCallbackTimeoutMs } = world.settings.ironic
  const { cleaning: will, row } = node
  const hangs = will === 'no-callback' || (will === 'step-hangs' && course.at >= 0)
  const waited = { course, hangs, fails: will === 'step-fails' && course.at >= 0, since: row.provision_updated_at }
  // Waiting belongs to no worker: the agent calls back, or a periodic task notices, on whichever conductor then lives.
  world.clock.after(hangs ? cleanCallbackTimeoutMs : cleaningMs / (course.steps.length + 1), () => void resume(world, node, waited))
}

type Waited = { course: Course; hangs: boolean; fails: boolean; since: string | null }

async function resume(world: World, node: SimNode, waited: Waited): Promise<void> {
  const { course, hangs } = waited
  const stillWaits = node.row.provision_state === 'clean wait' && node.row.provision_updated_at === waited.since
  if (!stillWaits) return
  const host = conductorOf(world, node.row)
  const conductor = host === null ? undefined : world.conductors.get(host)
  // In maintenance the call-back timeout is off; a locked node or a dead conductor is met again a minute later.
  if (conductor === undefined || !conductor.running || node.row.reservation !== null || (hangs && node.row.maintenance)) {
    world.clock.after(60_000, () => void resume(world, node, waited))
    return
  }
  node.row.reservation = conductor.host
  const work = workOf(world, conductor)
  if (hangs) return timeOut(world, work, node)
  write(world, node, { provision_state: 'cleaning' })
  await work.pause(500)
  if (waited.fails) return failStep(world, work, node)
  if (course.at + 1 < course.steps.length) return waitForAgent(world, work, node, { ...course, at: course.at + 1 })
  await finish(world, work, node)
}

async function finish(world: World, work: Work, node: SimNode): Promise<void> {
  const trouble = await setPower(world, work, node, 'power off')
  write(world, node, { clean_step: {} })
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
  const { clean_step } = node.row
  await work.pause(450)
  write(world, node, { provision_state: 'clean failed' })
  const text = `Timeout reached while cleaning the node. Please check if the ramdisk responsible for the cleaning is running on the node. Failed on step ${pythonText(clean_step)}.`
  takeOut(world, node)
  await work.pause(260)
  await setPower(world, work, node, 'power off')
  await work.pause(600)
  recordError(world, node, { text, type: 'cleaning', host: work.host })
  giveReason(world, node, text)
  await work.pause(40)
  releaseLock(node)
}

async function failStep(world: World, work: Work, node: SimNode): Promise<void> {
  const text = `Node ${node.row.uuid} failed step ${pythonText(node.row.clean_step)}: Agent returned error for clean step: Error performing clean step: command execution failed`
  takeOut(world, node)
  failState(world, node, { to: 'clean failed', text, type: 'cleaning', host: work.host })
  giveReason(world, node, text)
  await work.pause(40)
  releaseLock(node)
}

/** cleaning_error_handler: only where a step was under way does Ironic put the node into maintenance, with its own fault. */
function takeOut(world: World, node: SimNode): void {
  if (Object.keys(node.row.clean_step).length > 0) write(world, node, { maintenance: true, fault: 'clean failure', clean_step: {} })
}

/** A reason that stands there already is kept. */
function giveReason(world: World, node: SimNode, text: string): void {
  if (node.row.fault === 'clean failure' && node.row.maintenance_reason === null) write(world, node, { maintenance_reason: text })
}
