/**
 * Counts all nodes with the few fields that scope, budgets and domains need. A census that shrank is doubtful and starts nothing until it
 * is believed (core/seen.ts); its rows are kept either way, since what it does show is true.
 */
import type { CloudWorld } from './cloud-world.ts'

export async function takeCensus(
  world: Pick<CloudWorld, 'cloud' | 'ironic' | 'store'>,
): Promise<{ size: number; doubtful: string | null }> {
  return await world.store.takeCensus(world.cloud, world.ironic.censusPages())
}
