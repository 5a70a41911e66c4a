/**
 * Finds failed nodes: one filtered list per watched state, and a wake for every node that is new, has changed, or has an open case and
 * is in no list any more. It reads no node and decides nothing; an empty list is no news. Where a list cannot be read to its end, what was read
 * is taken in all the same: it may have shown a person's maintenance that Ironic lifts before the next poll.
 */
import { WATCHED_STATES } from '../core/ironic.ts'
import type { SeenNode } from '../core/seen.ts'
import type { CloudWorld } from './cloud-world.ts'

/** @returns the nodes in watched states, and how many were woken. Rejects with OpenStackError where a list could not be read. */
export async function poll(world: Pick<CloudWorld, 'cloud' | 'ironic' | 'store'>): Promise<{ nodes: SeenNode[]; woken: number }> {
  // A node that moved between two lists while they were read is in both: the last one seen stands.
  const found = new Map<string, SeenNode>()
  const read = await Promise.allSettled(
    WATCHED_STATES.map(async (state) => {
      for await (const page of world.ironic.pagesIn(state)) for (const node of page) found.set(node.uuid, node)
    }),
  )
  const nodes = [...found.values()]
  const changed = await world.store.seen(world.cloud, nodes, { complete: false })
  const failed = read.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const listed = new Set(nodes.map((node) => node.uuid))
  const missing = (await world.store.openCaseKeys(world.cloud)).filter((key) => !listed.has(key.uuid))
  await world.store.wakeMissing(missing)
  return { nodes, woken: changed.length + missing.length }
}
