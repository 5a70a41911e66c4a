/**
 * Whether a daemon works on the database that a command is used on, and which one: beside a SQLite file its lock says so, on PostgreSQL the
 * server, which knows who listens.
 */
import { livingDaemon } from '../store/run-lock.ts'
import type { Place } from './place.ts'

/** `process 4711`, `one replica`, `3 replicas`; null where none lives. */
export async function daemonAt({ config: { database }, store }: Pick<Place, 'config' | 'store'>): Promise<string | null> {
  if (database.kind === 'sqlite') {
    const pid = livingDaemon(database.path)
    return pid === null ? null : `process ${pid}`
  }
  const count = (await store.replicas?.count()) ?? 0
  if (count === 0) return null
  return count === 1 ? 'one replica' : `${count} replicas`
}
