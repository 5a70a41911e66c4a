/**
 * Every node of the fleet in a few words, for a picture of all of them at once: state, class, and what is in force. It asks the database
 * only. What is told of a single node is list-nodes.ts and explain-node.ts.
 */
import type { Store } from '../store/store.ts'
import { timeOrNull } from './node-report.ts'

export type FleetNode = {
  cloud: string
  uuid: string
  name: string | null
  provision_state: string
  resource_class: string | null
  maintenance: boolean
  held: boolean
  /** The census no longer lists it. */
  missing: boolean
  /** Of the decision in force; null: none is. */
  kind: 'act' | 'wait' | 'leave' | 'escalate' | 'resolve' | null
  reason: string | null
  /** Since when the decision has had this reason. */
  since: string | null
}

/** By cloud and name; all of them. */
export async function listFleet(store: Store, cloud: string | null): Promise<FleetNode[]> {
  const views = await store.nodes(cloud === null ? {} : { cloud })
  return views.map((view) => ({
    cloud: view.cloud,
    uuid: view.uuid,
    name: view.name,
    provision_state: view.provision_state,
    resource_class: view.resource_class,
    maintenance: view.maintenance,
    held: view.held,
    missing: view.missingSince !== null,
    kind: view.decision?.kind ?? null,
    reason: view.decision?.reason ?? null,
    since: timeOrNull(view.decision?.since ?? null),
  }))
}
