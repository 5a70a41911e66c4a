/**
 * The clock of a database that several machines share: PostgreSQL's own, so that all of them mean the same by now. It is read with every turn
 * that a transaction takes; in between, the machine's clock goes on from there. The clock of this machine is corrected by nobody here.
 */
import { sql } from 'kysely'
import type { Clock } from '../core/seams.ts'
import type { Queries } from './home.ts'
import { StoreError } from './store-error.ts'

export type DatabaseClock = Pick<Clock, 'now'> & {
  /** Reads the database's clock once more. */
  read(db: Queries): Promise<void>
}

/** Claims live 30 s, and what was seen is dated by this machine (controller/reconcile.ts): so far apart, the two cannot be compared. */
const APART_MS = 5_000

/** Throws StoreError where this machine's clock is more than 5 s off. @param shown names the database */
export async function databaseClock(db: Queries, clock: Clock, shown: string): Promise<DatabaseClock> {
  let ahead = 0
  const read = async (from: Queries): Promise<void> => {
    const { rows } = await sql<{ now: number }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(from)
    ahead = (rows[0]?.now ?? clock.now()) - clock.now()
  }
  await read(db)
  if (Math.abs(ahead) > APART_MS) {
    const seconds = Math.round(Math.abs(ahead) / 1_000)
    const message = `The clock of this machine is ${seconds} s ${ahead > 0 ? 'behind' : 'ahead of'} that of the database ${shown}.`
    throw new StoreError(shown, message, 'Let both be set by NTP.', false)
  }
  return { now: () => clock.now() + ahead, read }
}

/** For tests, which move a clock by hand. */
export const clockByHand = (clock: Clock): DatabaseClock => ({ now: clock.now, read: async () => {} })
