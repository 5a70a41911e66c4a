/**
 * The whole fleet: how many nodes stand how, and every node in a few words for a picture of all of them at once. It asks the database only.
 * What is told of a single node is list-nodes.ts and explain-node.ts.
 */
import type { Store } from '../store/store.ts'
import type { FleetRow, FleetSum } from '../store/whole-fleet.ts'
import { timeOrNull } from './node-report.ts'

export type FleetNode = Omit<FleetRow, 'since'> & {
  /** Since when the decision has had this reason. */
  since: string | null
}

/** By cloud and state, then as it comes. */
export async function sumFleet(store: Store, cloud: string | null): Promise<FleetSum[]> {
  const keyOf = (sum: FleetSum): string => JSON.stringify([sum.cloud, sum.provision_state, sum.resource_class, sum.kind, sum.reason])
  return (await store.fleetSums(cloud)).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** By cloud and name; all of them, a page at a time. */
export async function* listFleet(store: Store, cloud: string | null): AsyncGenerator<FleetNode[]> {
  for await (const page of store.fleetRows(cloud)) yield page.map((row) => ({ ...row, since: timeOrNull(row.since) }))
}
