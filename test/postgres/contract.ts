/** The store's contract on PostgreSQL: each test on a database of its own, by a clock that is moved by hand. */
import { clockByHand } from '../../src/store/database-clock.ts'
import type { PostgresPlace } from '../../src/store/database-place.ts'
import { postgresStoreOver, type Store } from '../../src/store/store.ts'
import { type Opened, storeContract } from '../store/contract.ts'
import { handClock, newId, seeded } from '../store/given.ts'
import type { Cluster } from './cluster.ts'

/** The name of a database that has the schema and nothing in it. */
export async function templateOn(cluster: Cluster): Promise<string> {
  const { name, place } = await cluster.database()
  await (await onDatabase(place)()).close()
  return name
}

export const contractOnPostgres = (cluster: Cluster, template: string): void =>
  storeContract('PostgreSQL', () => openedFrom(cluster, template))

/** A database as the first of them, which has the schema already. */
export async function openedFrom(cluster: Cluster, template: string): Promise<Opened & { name: string; place: PostgresPlace }> {
  const { name, place } = await cluster.database(template)
  const clock = handClock()
  const opened: Store[] = []
  const open = onDatabase(place, clock)
  const again = async () => {
    const store = await open()
    opened.push(store)
    return store
  }
  const remove = async () => {
    for (const store of opened) await store.close()
  }
  return { store: await again(), clock, again, remove, name, place }
}

export function onDatabase(place: PostgresPlace, clock = handClock()): () => Promise<Store> {
  const random = seeded(1)
  return () => postgresStoreOver({ place, name: 'anneal test' }, { clock, newId, random, timeOf: async () => clockByHand(clock) })
}
