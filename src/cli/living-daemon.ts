/**
 * Whether a daemon works on the database that a command is used on, and which one: beside a SQLite file its lock says so, on PostgreSQL the
 * server, which knows who listens.
 */
import type { DatabasePlace } from '../store/database-place.ts'
import { livingDaemon } from '../store/run-lock.ts'

/** `process 4711`, `one replica`, `3 replicas`; null where none lives. @param replicas counts those that listen on PostgreSQL */
export async function daemonAt(database: DatabasePlace, replicas: () => Promise<number>): Promise<string | null> {
  if (database.kind === 'sqlite') {
    const pid = livingDaemon(database.path)
    return pid === null ? null : `process ${pid}`
  }
  const count = await replicas()
  if (count === 0) return null
  return count === 1 ? 'one replica' : `${count} replicas`
}
