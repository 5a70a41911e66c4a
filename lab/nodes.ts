/**
 * Makes the lab's nodes: enrols them, brings them to `active` by adopting, and gives Nova, Neutron and Placement what a real
 * deployment would have left there. `node-N` has an ipmi_sim BMC, `fake-N` is fake-hardware. Knows nothing of what scenarios do.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ironic, LabNode, must, patchNode, pause, readNode, waitNode } from './ironic.ts'
import { readSettings } from './settings.ts'
import { putAllocations, putPort, putServer } from './stubs-control.ts'

const Vifs = z.object({ vifs: z.array(z.object({ id: z.string() })) })

export type NodeWish = {
  /** With an instance, a Nova server and its allocation; odd numbers by default. */
  instance?: boolean
  /** 'flat' has one VIF on the Neutron stub; by default as NEUTRON says. */
  network_interface?: string
  /** 'available' leaves the node free. */
  state?: 'active' | 'available'
  resource_class?: string
  /** A ramdisk's URL; by default one that answers, so that cleaning gets as far as `clean wait`. */
  ramdisk?: string
  /** Its BMC is in the BMC network of its own (bmc.sh inside) and not on loopback. */
  inside?: boolean
  /** Its BMC has a /24 of the loopback to itself (bmc.sh apart): no failure domain is shared by it. */
  apart?: boolean
  /** The switch of its port; all nodes hang on one by default, and then share a failure domain. */
  switch_info?: string
}

/** A name's own uuid: the same in every lab, so that samples and tests may name it. Layout of RFC 9562, version 8. */
export function uuidOf(name: string): string {
  const hex = createHash('sha256').update(`anneal-lab/${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const numberOf = (name: string) => Number(name.slice(name.indexOf('-') + 1))
const isFake = (name: string) => name.startsWith('fake-')

/** Creates a node where it is missing, brings one that is free to what is wished, and leaves any other state alone. */
export async function enrolNode(name: string, wish: NodeWish = {}): Promise<LabNode> {
  const instance = wish.instance ?? numberOf(name) % 2 === 1
  if ((await ironic('GET', `/v1/nodes/${uuidOf(name)}`)).status === 404) await create(name, wish)
  let node = await readNode(name)
  const wanted = wish.state ?? 'active'
  if (node.provision_state === wanted && wanted === 'available') return node
  if (node.provision_state === 'enroll' || node.provision_state === 'available') node = await move(name, 'manage', 'manageable')
  if (node.provision_state === 'manageable' && wanted === 'available') node = await move(name, 'provide', 'available')
  if (node.provision_state === 'manageable') node = await adopt(name, instance)
  if (node.provision_state === 'active') await surround(node)
  return node
}

/**
 * The node as if it had just been made: taken out of Ironic whatever its state, with its history, and enrolled again. Its BMC must
 * answer. This is how a scenario starts without knowing what the last one left.
 */
export async function freshNode(name: string, wish: NodeWish = {}): Promise<LabNode> {
  const path = `/v1/nodes/${uuidOf(name)}`
  const found = await ironic('GET', path)
  if (found.status !== 404) {
    const node = LabNode.parse(found.json)
    if (node.protected) await patchNode(name, [{ op: 'replace', path: '/protected', value: false }])
    // Maintenance opens deletion for every state, and for a node with an instance once that is taken away.
    await must('PUT', `${path}/maintenance`, { reason: 'the lab makes this node anew' })
    if (node.instance_uuid !== null) await patchNode(name, [{ op: 'remove', path: '/instance_uuid' }])
    await remove(path)
    await forget(node)
  }
  return enrolNode(name, wish)
}

/**
 * Nodes deleted side by side: on sqlite Ironic now and then answers one of them 400 with another one's "not to be locked on release", and
 * has deleted it or not.
 */
async function remove(path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { status, text } = await ironic('DELETE', path)
    if (status < 400 || status === 404) return
    const isMoment = status === 409 || /found not to be locked on release/.test(text)
    if (tries === 50 || !isMoment) throw new Error(`DELETE ${path}: ${status} ${text}`)
    await pause(200)
  }
}

async function forget(node: LabNode): Promise<void> {
  if (readSettings().services) return
  await putAllocations(node.uuid, [])
  await putPort(vifOf(node), null)
  for (const id of [node.instance_uuid, instanceOf(node.name ?? '')]) if (id !== null) await putServer(id, null)
}

/** The instance that a node gets in the lab; a deleted one of the same id may still be known to the Nova stub. */
export const instanceOf = (name: string) => uuidOf(`instance-of-${name}`)

async function move(name: string, verb: string, state: string): Promise<LabNode> {
  await must('PUT', `/v1/nodes/${name}/states/provision`, { target: verb })
  return waitNode(name, state)
}

async function create(name: string, wish: NodeWish): Promise<void> {
  const settings = readSettings()
  const ramdisk = wish.ramdisk ?? `${settings.stubsControl}/k`
  const common = {
    uuid: uuidOf(name),
    name,
    resource_class: wish.resource_class ?? 'baremetal',
    network_interface: isFake(name) ? 'noop' : (wish.network_interface ?? settings.network_interface),
    properties: { cpus: 16, memory_mb: 65536, local_gb: 500, cpu_arch: 'x86_64' },
  }
  const ipmi = {
    driver: 'ipmi',
    deploy_interface: 'direct',
    boot_interface: 'pxe',
    driver_info: {
      ipmi_address: bmcAddress(numberOf(name), wish),
      ipmi_port: wish.inside ? 623 : settings.ports.bmcBase + numberOf(name),
      ipmi_username: 'admin',
      ipmi_password: 'secret',
      // ipmi_sim speaks cipher suite 3 only; trying others first would cost ipmitool a second a command.
      ipmi_cipher_suite: 3,
      deploy_kernel: ramdisk,
      deploy_ramdisk: ramdisk,
    },
  }
  await must('POST', '/v1/nodes', { ...common, ...(isFake(name) ? { driver: 'fake-hardware' } : ipmi) })
  const tail = numberOf(name).toString(16).padStart(4, '0')
  const address = `52:54:0${isFake(name) ? 1 : 0}:00:${tail.slice(0, 2)}:${tail.slice(2)}`
  const local_link_connection = {
    switch_id: '0a:1b:2c:3d:4e:5f',
    port_id: `Ethernet1/${numberOf(name)}`,
    switch_info: wish.switch_info ?? 'lab-switch-1',
  }
  await must('POST', '/v1/ports', { node_uuid: uuidOf(name), address, local_link_connection })
}

function bmcAddress(n: number, { inside, apart }: NodeWish): string {
  if (inside === true) return `${readSettings().bmcNet}.${100 + n}`
  return apart === true ? `127.0.${n}.1` : '127.0.0.1'
}

/** Adopting makes a node `active` without deploying it; with the instance's marks it looks as Nova would have left it. */
async function adopt(name: string, instance: boolean): Promise<LabNode> {
  const instance_info = {
    image_source: 'http://127.0.0.1/disk.img',
    image_checksum: 'd41d8cd98f00b204e9800998ecf8427e',
    image_type: 'whole-disk',
    root_gb: 10,
    display_name: `inst-${name}`,
    nova_host_id: 'compute-1',
  }
  await patchNode(name, [
    { op: 'add', path: '/instance_info', value: instance_info },
    ...(instance ? [{ op: 'add' as const, path: '/instance_uuid', value: instanceOf(name) }] : []),
  ])
  const node = await move(name, 'adopt', 'active')
  if (node.power_state === 'power on') return node
  await must('PUT', `/v1/nodes/${name}/states/power`, { target: 'power on' })
  return waitNode(name, (now) => now.power_state === 'power on' && now.reservation === null)
}

export const vifOf = (node: LabNode) => uuidOf(`vif-of-${node.name}`)

/** What the stubs hold of an active node; put back after they were restarted, too. Real services are told by services/tenant.ts. */
async function surround(node: LabNode): Promise<void> {
  if (readSettings().services) return
  const launched_at = node.provision_updated_at?.slice(0, 19) ?? null
  if (node.instance_uuid !== null) {
    const actions = [{ action: 'create', start_time: launched_at ?? '2026-01-01T00:00:00' }]
    await putServer(node.instance_uuid, { name: `inst-${node.name}`, hypervisor_hostname: node.uuid, launched_at, actions })
    await putAllocations(node.uuid, [node.instance_uuid])
  }
  if (node.network_interface !== 'flat') return
  const { vifs } = Vifs.parse(await must('GET', `/v1/nodes/${node.uuid}/vifs`))
  const device = { device_id: node.instance_uuid ?? '', device_owner: 'compute:nova', 'binding:host_id': node.uuid }
  await putPort(vifOf(node), device)
  if (!vifs.some((vif) => vif.id === vifOf(node))) await must('POST', `/v1/nodes/${node.uuid}/vifs`, { id: vifOf(node) })
}
