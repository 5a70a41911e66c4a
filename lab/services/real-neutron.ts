/**
 * What a tenant's deployment leaves in a real Neutron: a network, and a port that Ironic binds to its node. The agent that
 * networking-baremetal wants alive before it binds anything speaks over a message bus; here its row is written, as it would write it.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { type LabNode, must } from '../ironic.ts'
import { readSettings } from '../settings.ts'
import { mustAsk } from './ask.ts'

const PHYSICAL = 'lab'
const Ids = z.array(z.object({ id: z.string() }))
const Port = z.looseObject({ id: z.string(), status: z.string(), 'binding:host_id': z.string(), 'binding:vif_type': z.string() })
export type Port = z.infer<typeof Port>

/** The tenants' network; made where there is none yet. Asking for it also wakes a Neutron that has just been started (see README.md). */
export async function tenantNetwork(): Promise<string> {
  const { networks } = z.object({ networks: Ids }).parse(await mustAsk('neutron', 'GET', '/v2.0/networks?name=tenants&fields=id'))
  if (networks[0] !== undefined) return networks[0].id
  const network = { name: 'tenants', 'provider:network_type': 'flat', 'provider:physical_network': PHYSICAL }
  const made = await mustAsk('neutron', 'POST', '/v2.0/networks', { network })
  return z.object({ network: z.object({ id: z.string() }) }).parse(made).network.id
}

function writeAgent(host: string): void {
  const db = new DatabaseSync(join(readSettings().state, 'services', 'neutron.sqlite'), { timeout: 10_000 })
  const columns = 'id, agent_type, binary, topic, host, created_at, started_at, heartbeat_timestamp, configurations'
  const configurations = JSON.stringify({ bridge_mappings: { [PHYSICAL]: '' }, log_agent_heartbeats: false })
  const at = new Date().toISOString().slice(0, 19).replace('T', ' ')
  const row = [randomUUID(), 'Baremetal Node', 'ironic-neutron-agent', 'N/A', host, at, at, at, configurations]
  db.prepare(`insert or ignore into agents (${columns}) values (${row.map(() => '?').join(', ')})`).run(...row)
  db.close()
}

/** A tenant's port for the node's instance, attached by Ironic, which binds it to the node. */
export async function attachPort(node: LabNode): Promise<Port> {
  writeAgent(node.uuid)
  const port = {
    network_id: await tenantNetwork(),
    device_id: node.instance_uuid ?? '',
    device_owner: 'compute:nova',
    'binding:vnic_type': 'baremetal',
  }
  const made = z.object({ port: Port }).parse(await mustAsk('neutron', 'POST', '/v2.0/ports', { port }))
  await must('POST', `/v1/nodes/${node.uuid}/vifs`, { id: made.port.id })
  return readPort(made.port.id)
}

export const readPort = async (id: string): Promise<Port> =>
  z.object({ port: Port }).parse(await mustAsk('neutron', 'GET', `/v2.0/ports/${id}`)).port

const portsWith = async (filter: string): Promise<Port[]> =>
  z.object({ ports: z.array(Port) }).parse(await mustAsk('neutron', 'GET', `/v2.0/ports?${filter}`)).ports

export const boundTo = (uuid: string): Promise<Port[]> => portsWith(`binding:host_id=${uuid}`)

/** What Nova does with a port that it made, once its server is gone. */
export async function deletePort(id: string): Promise<void> {
  await mustAsk('neutron', 'DELETE', `/v2.0/ports/${id}`)
}

/** Bound or not: an unbound one keeps the node's MAC address, and with it the next one on this network cannot be attached. */
export async function deletePortsOf(uuid: string, instance: string): Promise<void> {
  const found = [...(await boundTo(uuid)), ...(await portsWith(`device_id=${instance}`))]
  for (const id of new Set(found.map((port) => port.id))) await deletePort(id)
}
