/**
 * A tenant's coming and going on a lab with real services: what a deployment leaves with Nova, Placement and Neutron, and what Nova does
 * when the tenant deletes. Ironic's part is Ironic's own.
 */
import { ironic, type LabNode, waitNode } from '../ironic.ts'
import { bmc, script } from '../lab.ts'
import { freshNode, instanceOf, numberOf, uuidOf } from '../nodes.ts'
import type { Peer } from './ask.ts'
import { attachPort, deletePortsOf, type Port, tenantNetwork } from './real-neutron.ts'
import { dropServer, markDeleted, markDeleting, putServer } from './real-nova.ts'
import { allocate, freeConsumer, offer, removeProvider } from './real-placement.ts'

/** A node made anew with an instance that all three services know; `port` null where its network interface is noop. */
export async function deployed(
  name: string,
  network_interface: 'noop' | 'flat' = 'noop',
): Promise<{ node: LabNode; id: string; port: Port | null }> {
  const uuid = uuidOf(name)
  await cleared(name)
  const node = await freshNode(name, { instance: true, network_interface })
  const id = node.instance_uuid
  if (id === null) throw new Error(`${name} has no instance`)
  putServer(id, uuid)
  await offer(uuid, 0)
  await allocate(uuid, id)
  // nova-compute reserves what is in use or not available, and frees it with its next period.
  await offer(uuid, 1)
  return { node, id, port: network_interface === 'flat' ? await attachPort(node) : null }
}

/**
 * The tenant deletes: Nova notes it and has Ironic tear down. Once Ironic shows no instance any more, Nova has forgotten the server and
 * freed the allocation; ports are left to the test. Returns the node at rest.
 */
export async function leaves(name: string, id: string): Promise<LabNode> {
  markDeleting(id)
  const { status, text } = await ironic('PUT', `/v1/nodes/${name}/states/provision`, { target: 'deleted' })
  if (status !== 202) throw new Error(`${name}: deleted was answered ${status} ${text}`)
  const rest = await waitNode(name, (node) => node.reservation === null && ['error', 'available'].includes(node.provision_state))
  markDeleted(id)
  await freeConsumer(id)
  return rest
}

/** Failed as most nodes fail: the BMC did not do as it was told while the tenant left, and does again now. */
export async function failedTearDown(name: string, network_interface: 'noop' | 'flat' = 'noop') {
  const tenant = await deployed(name, network_interface)
  await bmc('fail', numberOf(name))
  const node = await leaves(name, tenant.id)
  await bmc('unfail', numberOf(name))
  return { ...tenant, node }
}

/** None of the three knows anything of the node or of its instance any more; Ironic's part is left as it is. */
export async function cleared(name: string): Promise<void> {
  const uuid = uuidOf(name)
  dropServer(instanceOf(name))
  await deletePortsOf(uuid, instanceOf(name))
  await removeProvider(uuid)
}

/** Ends or starts the process of a service. */
export async function service(act: 'stop' | 'start', peer: Peer): Promise<void> {
  const ran = await script('services.sh', [act, peer])
  if (ran.code !== 0) throw new Error(`services.sh ${act} ${peer}: ${ran.stderr}`)
  if (act === 'start' && peer === 'neutron') await tenantNetwork()
}
