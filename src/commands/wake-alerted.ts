/**
 * What a site's own alerting has found: every node that an alert names is looked at now. A wake carries a key and nothing else, changes
 * nothing and is no person's word, so it stands in no audit trail; what an alert says of a node is not believed but looked at.
 */
import type { NodeKey } from '../core/seen.ts'
import type { Store } from '../store/store.ts'

/** What came of it. A name that several clouds have wakes each. `unknown`: alerts that name no node that is known here. */
export type Woken = { alerts: number; woken: number; unknown: number }

type Labels = Readonly<Record<string, string>>

/** Labels that exporters and rules give a node's uuid or name in, the plainest first. `instance` is the exporter's own address. */
const NODE_LABELS = ['node_uuid', 'uuid', 'id', 'node_id', 'node', 'node_name', 'name', 'hostname', 'host'] as const
const CLOUD_LABELS = ['cloud', 'cloud_name'] as const
/** Ironic's own bound on names. */
const NAME_MAX = 255

export async function wakeAlerted(store: Pick<Store, 'clouds' | 'findNodes' | 'wake'>, alerts: readonly Labels[]): Promise<Woken> {
  const clouds = (await store.clouds()).map(({ cloud }) => cloud)
  const keys = new Map<string, NodeKey>()
  let unknown = 0
  for (const labels of alerts) {
    const found = await nodesOf(store, labels, clouds)
    if (found.length === 0) unknown += 1
    for (const { cloud, uuid } of found) keys.set(`${cloud} ${uuid}`, { cloud, uuid })
  }
  await store.wake([...keys.values()])
  return { alerts: alerts.length, woken: keys.size, unknown }
}

/** By the first label that names a node; in the cloud that a label names, where it is one of ours, else in all. */
async function nodesOf(store: Pick<Store, 'findNodes'>, labels: Labels, clouds: readonly string[]): Promise<NodeKey[]> {
  const named = CLOUD_LABELS.map((label) => labels[label]).find((cloud) => cloud !== undefined && clouds.includes(cloud))
  for (const label of NODE_LABELS) {
    const value = labels[label]
    if (value === undefined || value === '' || value.length > NAME_MAX) continue
    const found = []
    // Cloud by cloud: that is how nodes are indexed.
    for (const cloud of named === undefined ? clouds : [named]) found.push(...(await store.findNodes(cloud, value)))
    if (found.length > 0) return found
  }
  return []
}
