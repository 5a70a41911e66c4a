/**
 * A SeenNode as a row of `nodes` and back. Ironic's words stay as they are; only booleans change their form.
 */
import type { Selectable } from 'kysely'
import type { NodeKey, SeenNode } from '../core/seen.ts'
import { flag, type NodeTable } from './schema.ts'
import { template } from './template.ts'

/** Every field of SeenNode; the columns that a listing may change. */
export const SEEN_FIELDS = [
  'name',
  'provision_state',
  'provision_updated_at',
  'target_provision_state',
  'power_state',
  'target_power_state',
  'maintenance',
  'maintenance_reason',
  'fault',
  'instance_uuid',
  'reservation',
  'protected',
  'retired',
  'owner',
  'lessee',
  'resource_class',
  'conductor_group',
  'shard',
] as const satisfies readonly Exclude<keyof SeenNode, 'uuid'>[]

type SeenColumns = Omit<NodeTable, 'cloud' | 'seenAt' | 'missingSince' | 'leftAt' | 'person'>

/** Field by field: what the caller's object holds beyond a SeenNode does not reach the database. */
export function nodeRow(node: SeenNode): SeenColumns {
  return {
    uuid: node.uuid,
    name: node.name,
    provision_state: node.provision_state,
    provision_updated_at: node.provision_updated_at,
    target_provision_state: node.target_provision_state,
    power_state: node.power_state,
    target_power_state: node.target_power_state,
    maintenance: flag(node.maintenance),
    maintenance_reason: node.maintenance_reason,
    fault: node.fault,
    instance_uuid: node.instance_uuid,
    reservation: node.reservation,
    protected: flag(node.protected),
    retired: flag(node.retired),
    owner: node.owner,
    lessee: node.lessee,
    resource_class: node.resource_class,
    conductor_group: node.conductor_group,
    shard: node.shard,
  }
}

/** The node's row, in a list that is empty where no listing has had the node. */
export const rowOfNode = template((db, key: NodeKey) =>
  db.selectFrom('nodes').selectAll().where('cloud', '=', key.cloud).where('uuid', '=', key.uuid),
)

export function seenNode(row: Selectable<NodeTable>): SeenNode {
  const { cloud: _cloud, seenAt: _seenAt, missingSince: _missingSince, leftAt: _leftAt, person: _person, ...fields } = row
  return { ...fields, maintenance: row.maintenance === 1, protected: row.protected === 1, retired: row.retired === 1 }
}
