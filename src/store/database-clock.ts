/**
 * The clock of a database that several machines share: PostgreSQL's own, so that all of them mean the same by now. It is read with every turn
 * that a transaction takes; in between, monotonic time goes on from there: a wall clock that is set by an hour must not make claims that last
 * an hour. The clock of this machine is corrected by nobody here.
 */
import { sql } from 'kysely'
import type { Clock } from '../core/seams.ts'
import type { Queries } from './home.ts'
import { StoreError } from './store-error.ts'

export type DatabaseClock = Pick<Clock, 'now'> & {
  /** The database's clock was just read. @param now epoch ms */
  set(now: number): void
}

/** Not `now()`, which is when the transaction began and waited for its turn. */
export const CLOCK = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`

/** Claims live 30 s, and what was seen is dated by this machine (controller/reconcile.ts): so far apart, the two cannot be compared. */
const APART_MS = 5_000

/** Throws StoreError where this machine's clock is more than 5 s off. @param shown names the database */
export async function databaseClock(db: Queries, clock: Clock, shown: string): Promise<DatabaseClock> {
  const { rows } = await sql<{ now: number }>`select ${CLOCK} as now`.execute(db)
  let read = { now: rows[0]?.now ?? clock.now(), at: clock.monotonic() }
  const ahead = read.now - clock.now()
  if (Math.abs(ahead) > APART_MS) {
    const seconds = Math.round(Math.abs(ahead) / 1_000)
    const message = `The clock of this machine is ${seconds} s ${ahead > 0 ? 'behind' : 'ahead of'} that of the database ${shown}.`
    throw new StoreError(shown, message, 'Let both be set by NTP.', false)
  }
  return {
    now: () => Math.round(read.now + clock.monotonic() - read.at),
    set: (now) => {
      read = { now, at: clock.monotonic() }
    },
  }
}

/** For tests, which move a clock by hand. */
export const clockByHand = (clock: Clock): DatabaseClock => ({ now: clock.now, set: () => {} })
