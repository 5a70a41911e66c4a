/**
 * What the verb `deleted` sets going, step by step and with the delays that were measured on a real Ironic: power off,
 * unbinding the tenant's port, forgetting the instance (on failure too), then cleaning. Nothing here answers requests.
 */

import { conductorTrouble } from './faults.ts'
import { startCleaning } from './ironic-cleaning.ts'
import type { Work } from './ironic-conductor.ts'
import { failState, releaseLock } from './ironic-conductor.ts'
import { write } from './ironic-node.ts'
import { setPower } from './ironic-power.ts'
import type { SimNode, World } from './world.ts'

/** Runs under the node's lock, which it releases; the state is already `deleting`. */
export async function tearDown(world: World, work: Work, node: SimNode): Promise<void> {
  await work.pause(70)
  const failure = (await setPower(world, work, node, 'power off')) ?? (await unbindTenant(world, work, node))
  if (failure !== null) {
    failState(world, node, { to: 'error', text: `Failed to tear down: ${failure}`, type: 'unprovision', host: work.host })
    // Between the state and the released lock lie 30 to 50 ms; in them Ironic forgets the instance, although it failed.
    await work.pause(50)
    forgetInstance(world, node)
    releaseLock(node)
    return
  }
  forgetInstance(world, node)
  write(world, node, { provision_state: 'cleaning', target_provision_state: 'available' })
  await work.pause(30)
  await startCleaning(world, work, node, { within: '_do_node_tear_down' })
}

/**
 * unconfigure_tenant_networks: only a VIF that Ironic still remembers is unbound. A VIF that a failed tear-down made it
 * forget stays bound in Neutron for ever, and this step then needs no Neutron at all.
 */
async function unbindTenant(world: World, work: Work, node: SimNode): Promise<string | null> {
  if (node.row.network_interface === 'noop' || node.vif === null) return null
  const trouble = conductorTrouble(world, 'keystone') ?? conductorTrouble(world, 'neutron')
  await work.pause(trouble?.afterMs ?? 80)
  if (trouble !== null) return trouble.text
  const port = world.ports.get(node.vif)
  if (port !== undefined) {
    port.host_id = ''
    port.profile = {}
  }
  return null
}

/** The `finally` of _do_node_tear_down: instance fields and the VIF record go, without any unbinding. */
function forgetInstance(world: World, node: SimNode): void {
  write(world, node, { instance_uuid: null, instance_info: {}, allocation_uuid: null })
  const { is_whole_disk_image: _, ...kept } = node.row.driver_internal_info
  node.row.driver_internal_info = kept
  node.vif = null
}
