/**
 * What an accepted provision verb sets going: the state change that its 202 promised and the worker behind it, up to the state that it
 * leads to. Whether a verb is accepted at all is decided before (ironic-provision.ts, ironic-states.ts).
 */
import { startCleaning, waitForAgent } from './ironic-cleaning.ts'
import type { Work } from './ironic-conductor.ts'
import { failState, releaseLock } from './ironic-conductor.ts'
import { recordError, write } from './ironic-node.ts'
import { powerTrouble, setPower } from './ironic-power.ts'
import { tearDown } from './ironic-teardown.ts'
import type { SimNode, World } from './world.ts'

export type Wanted = { verb: string /** Of `clean`, as they were sent. */; steps?: unknown }

/** The lock is taken already; it is the worker's to release. */
export function begin(world: World, work: Work, node: SimNode, { verb, steps }: Wanted): void {
  switch (verb) {
    case 'deleted':
      write(world, node, { provision_state: 'deleting', target_provision_state: 'available', last_error: null })
      void tearDown(world, work, node)
      return
    case 'manage':
      if (node.row.provision_state === 'enroll') return void verify(world, work, node)
      // A stranded `cleaning` keeps its last_error here, as `clean failed` does.
      write(world, node, { provision_state: 'manageable', target_provision_state: null })
      releaseLock(node)
      return
    case 'provide':
      write(world, node, { provision_state: 'cleaning', target_provision_state: 'available', last_error: null })
      void startCleaning(world, work, node, { within: 'do_node_clean' })
      return
    case 'clean':
      write(world, node, { provision_state: 'cleaning', target_provision_state: 'manageable', last_error: null })
      void startCleaning(world, work, node, { within: 'do_node_clean', steps })
      return
    case 'active':
    case 'rebuild':
      write(world, node, { provision_state: 'deploying', target_provision_state: 'active', last_error: null })
      void deploy(world, work, node)
      return
    case 'adopt':
      void passThrough(world, work, node, { through: 'adopting', to: 'active' })
      return
    case 'service':
      void service(world, work, node)
      return
    case 'abort':
      abort(world, work, node)
      return
    case 'unhold':
      unhold(world, work, node)
      return
    default:
      throw new Error(`nothing says what ${verb} sets going`)
  }
}

/** Half under the lock in `deploying`, half in `wait call-back`; a BMC that fails makes it `deploy failed`. */
async function deploy(world: World, work: Work, node: SimNode): Promise<void> {
  const trouble = await setPower(world, work, node, 'power on')
  if (trouble !== null) {
    failState(world, node, { to: 'deploy failed', text: `Failed to prepare to deploy: ${trouble}`, type: 'deploying', host: work.host })
    releaseLock(node)
    return
  }
  if (node.isFake) {
    write(world, node, { provision_state: 'active', target_provision_state: null })
    releaseLock(node)
    return
  }
  write(world, node, { provision_state: 'wait call-back' })
  releaseLock(node)
  await writeImage(world, work, node)
}

async function writeImage(world: World, work: Work, node: SimNode): Promise<void> {
  await work.pause(world.settings.ironic.deployMs)
  if (node.row.provision_state !== 'wait call-back') return
  node.row.driver_internal_info = { ...node.row.driver_internal_info, is_whole_disk_image: true }
  write(world, node, { provision_state: 'active', target_provision_state: null })
}

/** `manage` on a new node asks its BMC once; without an answer it goes back to `enroll`. */
async function verify(world: World, work: Work, node: SimNode): Promise<void> {
  write(world, node, { provision_state: 'verifying', target_provision_state: 'manageable', last_error: null })
  await work.pause(500)
  const trouble = powerTrouble(world, node)
  if (trouble === null) {
    write(world, node, { provision_state: 'manageable', target_provision_state: null, power_state: node.bmc.power })
  } else {
    const text = `Failed to get power state for node ${node.row.uuid}. Error: ${trouble}`
    failState(world, node, { to: 'enroll', text, type: 'verifying', host: work.host })
  }
  releaseLock(node)
}

async function passThrough(world: World, work: Work, node: SimNode, course: { through: string; to: string }): Promise<void> {
  write(world, node, { provision_state: course.through, target_provision_state: course.to, last_error: null })
  await work.pause(200)
  write(world, node, { provision_state: course.to, target_provision_state: null })
  releaseLock(node)
}

async function service(world: World, work: Work, node: SimNode): Promise<void> {
  write(world, node, { provision_state: 'servicing', target_provision_state: 'active', last_error: null })
  await work.pause(2_000)
  write(world, node, { provision_state: 'service wait' })
  releaseLock(node)
  await endService(world, work, node)
}

async function endService(world: World, work: Work, node: SimNode): Promise<void> {
  await work.pause(world.settings.ironic.cleaningMs)
  if (node.row.provision_state === 'service wait') write(world, node, { provision_state: 'active', target_provision_state: null })
}

/** From a waiting state to the failure of its kind; a servicing that had failed is given up, and the node is its tenant's again. */
const ABORTED: Record<string, { to: string; text: string; type: string }> = {
  'clean wait': { to: 'clean failed', text: 'By request, the clean operation was aborted', type: 'cleaning' },
  'clean hold': { to: 'clean failed', text: 'By request, the clean operation was aborted', type: 'cleaning' },
  'inspect wait': { to: 'inspect failed', text: 'Inspection was aborted by request.', type: 'inspecting' },
  'rescue wait': { to: 'rescue failed', text: 'By request, the rescue operation was aborted.', type: 'rescuing' },
  'service wait': { to: 'service failed', text: 'By request, the service operation was aborted', type: 'servicing' },
  'service hold': { to: 'service failed', text: 'By request, the service operation was aborted', type: 'servicing' },
  'wait call-back': { to: 'deploy failed', text: 'By request, the deployment operation was aborted', type: 'deploying' },
}

function abort(world: World, work: Work, node: SimNode): void {
  const ended = ABORTED[node.row.provision_state]
  if (ended === undefined) {
    write(world, node, { provision_state: 'active', target_provision_state: null })
    releaseLock(node)
    return
  }
  const { target_provision_state } = node.row
  write(world, node, { provision_state: ended.to, clean_step: {}, target_provision_state })
  recordError(world, node, { text: ended.text, type: ended.type, host: work.host })
  // Tearing it down switches the node off.
  void setPower(world, work, node, 'power off').then(() => releaseLock(node))
}

/** The agent, held at a step, goes on. */
function unhold(world: World, work: Work, node: SimNode): void {
  if (node.row.provision_state === 'clean hold') return void waitForAgent(world, work, node, { steps: [], at: -1 })
  const isService = node.row.provision_state === 'service hold'
  write(world, node, { provision_state: isService ? 'service wait' : 'wait call-back' })
  releaseLock(node)
  void (isService ? endService(world, work, node) : writeImage(world, work, node))
}
