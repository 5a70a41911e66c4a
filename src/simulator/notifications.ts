/**
 * What Ironic says of itself on the message bus (`notification_level = info`, driver messagingv2): one message for each written change of a node, as
 * RabbitMQ would carry it. Announcements of what is only about to begin are left out but for `provision_set`; so is what a killed conductor never says.
 */
import type { NodeRow, SimNode, World } from './world.ts'

type Said = { object: string; event: string; priority: 'INFO' | 'ERROR' }
/** What a message is about and how it is announced, beside its body. */
export type About = { uuid: string; provision_state: string; event: string; priority: Said['priority'] }

/** From now on `hear` is called with the body of each message, in the turn in which the node is written, after whoever looked on before. */
export function notificationsOf(world: World, hear: (body: Uint8Array, about: About) => void): void {
  const before = new Map([...world.nodes.values()].map(({ row }) => [row.uuid, { ...row }]))
  const others = world.onWrite
  world.onWrite = (node: SimNode) => {
    others?.(node)
    const { row } = node
    const old = before.get(row.uuid)
    before.set(row.uuid, { ...row })
    const { uuid, provision_state } = row
    for (const said of old === undefined ? [] : whatIsSaid(old, row))
      hear(bodyOf(world, row, said), { uuid, provision_state, event: said.event, priority: said.priority })
  }
}

const info = (object: string, event: string): Said => ({ object, event, priority: 'INFO' })
const error = (object: string, event: string): Said => ({ object, event, priority: 'ERROR' })

const FAILED = ['error', 'clean failed', 'deploy failed', 'inspect failed', 'adopt failed', 'rescue failed']
const AT_REST = ['available', 'active', 'manageable', 'enroll']

function whatIsSaid(old: NodeRow, row: NodeRow): Said[] {
  if (old.provision_state !== row.provision_state) return [provisionSet(old.provision_state, row.provision_state)]
  // Power sync's maintenance and its recovery send nothing else (recorded).
  if (old.power_state !== row.power_state && old.maintenance !== row.maintenance) {
    return [info('NodeCorrectedPowerStatePayload', 'power_state_corrected.success')]
  }
  if (old.maintenance !== row.maintenance || old.maintenance_reason !== row.maintenance_reason) {
    return [info('NodePayload', 'maintenance_set.start'), info('NodePayload', 'maintenance_set.end')]
  }
  if (old.power_state !== row.power_state) return [info('NodeSetPowerStatePayload', 'power_set.end')]
  if (old.last_error !== row.last_error) {
    return row.last_error?.startsWith('Failed to change power state') ? [error('NodeSetPowerStatePayload', 'power_set.error')] : []
  }
  const isPatched = old.extra !== row.extra || old.instance_uuid !== row.instance_uuid || old.protected !== row.protected
  return isPatched ? [info('NodeCRUDPayload', 'update.start'), info('NodeCRUDPayload', 'update.end')] : []
}

function provisionSet(from: string, to: string): Said {
  const object = 'NodeSetProvisionStatePayload'
  if (FAILED.includes(to)) return error(object, 'provision_set.error')
  if (AT_REST.includes(to)) return info(object, 'provision_set.end')
  return info(object, AT_REST.includes(from) || FAILED.includes(from) ? 'provision_set.start' : 'provision_set.success')
}

/** What is said where the node has just come into the state in which the row has it, whether or not it is so. */
export const notificationOf = (world: World, row: NodeRow): Uint8Array => bodyOf(world, row, provisionSet('deleting', row.provision_state))

/** oslo wraps the message as text, and its time has no zone (recorded). */
function bodyOf(world: World, row: NodeRow, { object, event, priority }: Said): Uint8Array {
  const { driver_info: _secret, reservation: _left, ...data } = row
  const message = {
    message_id: `${row.uuid}-${world.clock.now()}`,
    publisher_id: 'ironic-conductor.conductor-1',
    event_type: `baremetal.node.${event}`,
    priority,
    payload: {
      'ironic_object.name': object,
      'ironic_object.namespace': 'ironic',
      'ironic_object.version': '1.17',
      'ironic_object.data': data,
    },
    timestamp: new Date(world.clock.now()).toISOString().replace('T', ' ').replace('Z', '000'),
  }
  return new TextEncoder().encode(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) }))
}
