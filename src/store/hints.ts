/**
 * Hears when somebody woke a node: PostgreSQL calls it out to all who listen. It is a hint only, to be at work sooner. Nothing depends on it:
 * whoever listens asks the database now and then all the same, so a connection that is lost is made again when it is asked for next.
 */
import { sql } from 'kysely'
import pg from 'pg'
import type { Queries } from './home.ts'
import { clientOptions, type PoolWish } from './postgres-pool.ts'

export type Hints = {
  /** From now on this is called, in place of what was to be called before. */
  onWake(woken: () => void): void
  close(): Promise<void>
}

/** By this name the others are counted who listen (`countListeners`): the daemons, and nobody else. */
const LISTENER = 'anneal run'

export function hintsFrom({ place }: PoolWish): Hints {
  let listener: pg.Client | null = null
  let isClosed = false
  let woken = () => {}
  const listen = (): void => {
    const client = new pg.Client(clientOptions({ place, name: LISTENER }))
    listener = client
    const drop = (): void => {
      if (listener === client) listener = null
    }
    client.on('notification', () => woken())
    client.on('error', drop)
    client.on('end', drop)
    client
      .connect()
      .then(() => client.query('listen anneal_due'))
      .catch(() => {
        // Not reached now: tried again when it is asked for next. What is wrong is said by those who ask for more than hints.
        drop()
        return client.end()
      })
      // Nor can one that was never there be closed.
      .catch(() => undefined)
  }
  return {
    onWake: (next) => {
      woken = next
      if (listener === null && !isClosed) listen()
    },
    close: async () => {
      isClosed = true
      await listener?.end()
    },
  }
}

/** How many daemons listen on this database. */
export async function countListeners(db: Queries): Promise<number> {
  const asked = sql<{
    count: number
  }>`select count(*) as count from pg_stat_activity where datname = current_database() and application_name = ${LISTENER}`
  const { rows } = await asked.execute(db)
  return rows[0]?.count ?? 0
}
