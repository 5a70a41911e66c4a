/**
 * Whose turn it is to poll a cloud or to take its census, where several replicas work on one PostgreSQL: a round is begun by one of them, and
 * the next one by whoever is there when it is due. A replica that dies has begun its last round; nobody waits for it longer than that round was
 * its own. SQLite has one daemon, and none of this but in the simulation.
 */
import { type Home, transaction } from './home.ts'

export type Round = { cloud: string; kind: 'poll' | 'census' }

type Claim = { ownMs: number; everyMs: number; patienceMs: number }

/** All times are epoch ms of the database's clock. */
export type Rounds = {
  /**
   * Takes the round for `ownMs`, where it has been due for `patienceMs`. Returns null where it is ours now, else when it is due to whoever has no
   * patience. @param everyMs from one to the next
   */
  begin(round: Round, o: Claim): Promise<number | null>
  /** The round goes on: it stays ours for so long from now. */
  keep(round: Round, ownMs: number): Promise<void>
  /** The next one is due in so long; less than nothing: to those with so much patience, too. */
  end(round: Round, nextMs: number): Promise<void>
  /** A poll was taken in. Says that the first round is done when all that the first poll found has been looked at, by whichever replica. */
  polled(cloud: string): Promise<void>
}

/** Their table on SQLite, where it is no part of the schema. */
export const ROUNDS = `create table rounds (
  cloud text not null, kind text not null, nextAt integer not null, firstAt integer, primary key (cloud, kind)
) strict`

/** A round that lies further ahead than anybody put it was put there by a clock that has been set back since. */
const FAR_MS = 120_000

export const roundsIn = (home: Home): Rounds => ({
  begin: (round, o) => begin(home, round, o),
  keep: (round, ownMs) => put(home, round, ownMs),
  end: (round, nextMs) => put(home, round, nextMs),
  polled: (cloud) => polled(home, cloud),
})

/** In the cloud's turn, which a replica that a newer version has overtaken does not get: it would keep the round from those that can make it. */
function begin(home: Home, round: Round, { ownMs, everyMs, patienceMs }: Claim): Promise<number | null> {
  return transaction(home, { cloud: round.cloud }, async (tx) => {
    const now = home.clock.now()
    const nextAt = now + ownMs
    const taken = await tx
      .insertInto('rounds')
      .values({ ...round, nextAt, firstAt: null })
      .onConflict((conflict) =>
        conflict
          .columns(['cloud', 'kind'])
          .doUpdateSet({ nextAt })
          .where((eb) => eb.or([eb('rounds.nextAt', '<=', now - patienceMs), eb('rounds.nextAt', '>', now + everyMs + FAR_MS)])),
      )
      .returning('nextAt')
      .executeTakeFirst()
    if (taken !== undefined) return null
    const standing = await tx
      .selectFrom('rounds')
      .select('nextAt')
      .where('cloud', '=', round.cloud)
      .where('kind', '=', round.kind)
      .executeTakeFirst()
    return standing?.nextAt ?? now
  })
}

async function put({ db, clock }: Home, { cloud, kind }: Round, ms: number): Promise<void> {
  await db
    .updateTable('rounds')
    // Monotonic time has fractions, and the column has none.
    .set({ nextAt: Math.round(clock.now() + ms) })
    .where('cloud', '=', cloud)
    .where('kind', '=', kind)
    .execute()
}

/** What the first poll woke is due since then at the latest, until it has been looked at. */
function polled(home: Home, cloud: string): Promise<void> {
  return transaction(home, { cloud }, async (tx) => {
    const now = home.clock.now()
    const state = await tx.selectFrom('clouds').select('firstPassAt').where('cloud', '=', cloud).executeTakeFirstOrThrow()
    if (state.firstPassAt !== null) return
    const round = tx.selectFrom('rounds').select('firstAt').where('cloud', '=', cloud).where('kind', '=', 'poll')
    const firstAt = (await round.executeTakeFirst())?.firstAt ?? now
    await tx.updateTable('rounds').set({ firstAt }).where('cloud', '=', cloud).where('kind', '=', 'poll').execute()
    const left = await tx.selectFrom('due').select('uuid').where('cloud', '=', cloud).where('dueAt', '<=', firstAt).executeTakeFirst()
    if (left === undefined) await tx.updateTable('clouds').set({ firstPassAt: now }).where('cloud', '=', cloud).execute()
  })
}
