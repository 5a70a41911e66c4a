/**
 * The due table: which node is looked at next, and who is on it. It is the only queue. A claim is one holder's for 30 s and
 * lapses unrenewed; it spreads the work and is no lock: the deciding transaction and its intent are what keep two actors apart.
 *
 * A row is free (no claimant, or its claim has lapsed) or claimed. A wake that comes while a claim is held is kept in `wakeAt`,
 * so that the commit of the pass under way, which may have read the node before the wake, cannot push it into the future.
 */
import type { NodeKey } from '../core/seen.ts'
import { type Home, lazily, type Queries, statement } from './home.ts'
import { SCHEMA_VERSION } from './migrations.ts'
import { template } from './template.ts'

/** design.md section 3: long enough for one observation (30 s in all, renewed meanwhile), short enough to take over a dead worker's node. */
export const CLAIM_MS = 30_000

/**
 * Whoever goes by another policy than the one in force may send nothing: what is due is left this long to those who may, and who look twice
 * a second. As long as between two polls: after that nobody of them is there, or they have fallen behind. What a dead one had in hand (30 s)
 * is looked at within a minute all the same.
 */
const OTHERS_FIRST_MS = 15_000

/** Rows a statement: SQLite takes 32,766 parameters, and a row of `due` has 4. */
const CHUNK = 500

/** As `wake`, by itself: a commit of the same cloud must not come between what it reads of a wake and what it writes. */
export function wakeIn(home: Home, keys: readonly NodeKey[], at: number): Promise<void> {
  return statement(home, { clouds: keys.map(({ cloud }) => cloud) }, (db) => wake(db, keys, at))
}

/** Sets dueAt to the earlier of what it is and `at`; a node without a row gets one. Never delays. */
export async function wake(db: Queries, keys: readonly NodeKey[], at: number): Promise<void> {
  // PostgreSQL refuses a row that stands twice in one statement.
  const each = [...new Map(keys.map((key) => [`${key.uuid} ${key.cloud}`, key])).values()]
  for (let start = 0; start < each.length; start += CHUNK) {
    const rows = each
      .slice(start, start + CHUNK)
      .map(({ cloud, uuid }) => ({ cloud, uuid, dueAt: at, wakeAt: at, claimant: null, claimUntil: null }))
    await db
      .insertInto('due')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['cloud', 'uuid']).doUpdateSet((eb) => ({
          dueAt: eb.case().when('due.dueAt', '<', eb.ref('excluded.dueAt')).then(eb.ref('due.dueAt')).else(eb.ref('excluded.dueAt')).end(),
          wakeAt: eb
            .case()
            .when('due.wakeAt', '<', eb.ref('excluded.wakeAt'))
            .then(eb.ref('due.wakeAt'))
            .else(eb.ref('excluded.wakeAt'))
            .end(),
        })),
      )
      .execute()
  }
}

export type DueClaim = {
  claimant: string
  limit: number
  clouds: readonly string[]
  /** By which the claimant decides; without one it leaves nothing to others. */
  policyHash?: string | null
}

/** Takes up to `limit` due nodes of these clouds, those longest due first. One statement, so two claimants never get the same row. */
export async function claim(home: Home, o: DueClaim): Promise<NodeKey[]> {
  if (o.clouds.length === 0 || o.limit <= 0) return []
  const now = home.clock.now()
  const taken = await lazily(home, (db) => (home.turns === null ? claimHere : claimSkipping)(db, { ...o, now }))
  // RETURNING promises no order.
  taken.sort((a, b) => a.dueAt - b.dueAt || (a.uuid < b.uuid ? -1 : 1))
  return taken.map(({ cloud, uuid }) => ({ cloud, uuid }))
}

type Claiming = DueClaim & { now: number }

const claimedBy = ({ claimant, now }: Claiming) => ({ claimant, claimUntil: now + CLAIM_MS, wakeAt: null })

const freeRows = (db: Pick<Queries, 'selectFrom'>, { clouds, limit, now, policyHash = null }: Claiming) =>
  db
    .selectFrom('due as free')
    .select(['free.cloud', 'free.uuid'])
    .where('free.dueAt', '<=', now)
    .where('free.cloud', 'in', clouds)
    .where((inner) => inner.or([inner('free.claimant', 'is', null), inner('free.claimUntil', '<=', now)]))
    .$if(policyHash !== null, (rows) =>
      rows.where(({ eb, or, exists, selectFrom }) =>
        or([
          eb('free.dueAt', '<=', now - OTHERS_FIRST_MS),
          exists(
            selectFrom('clouds')
              .select('clouds.cloud')
              .whereRef('clouds.cloud', '=', 'free.cloud')
              .where('clouds.policyHash', '=', policyHash),
          ),
        ]),
      ),
    )
    .orderBy('free.dueAt')
    .orderBy('free.cloud')
    .orderBy('free.uuid')
    .limit(limit)

const claimHere = (db: Queries, o: Claiming) =>
  db
    .updateTable('due')
    .set(claimedBy(o))
    .where(({ eb, refTuple }) => eb(refTuple('cloud', 'uuid'), 'in', freeRows(db, o).$asTuple('cloud', 'uuid')))
    .returning(['cloud', 'uuid', 'dueAt'])
    .execute()

/**
 * On PostgreSQL many claim at once: each goes past what others are just taking. The rows are chosen once, whatever the plan. A replica that a
 * newer version has overtaken may decide on none, so it takes none from those who may.
 */
const claimSkipping = (db: Queries, o: Claiming) =>
  db
    .with(
      (free) => free('free').materialized(),
      (only) =>
        freeRows(only, o)
          .where(({ not, exists, selectFrom }) =>
            not(exists(selectFrom('schema_version').select('version').where('version', '>', SCHEMA_VERSION))),
          )
          .forUpdate('free')
          .skipLocked(),
    )
    .updateTable('due')
    .from('free')
    .set(claimedBy(o))
    .whereRef('due.cloud', '=', 'free.cloud')
    .whereRef('due.uuid', '=', 'free.uuid')
    .returning(['due.cloud', 'due.uuid', 'due.dueAt'])
    .execute()

const claimRow = template((db, of: NodeKey & { claimant: string; now: number; claimUntil: number }) => {
  const { claimant, claimUntil } = of
  const claimed = { claimant, claimUntil, wakeAt: null }
  return db
    .insertInto('due')
    .values({ cloud: of.cloud, uuid: of.uuid, dueAt: of.now, ...claimed })
    .onConflict((conflict) =>
      conflict
        .columns(['cloud', 'uuid'])
        .doUpdateSet(claimed)
        .where((eb) => eb.or([eb('due.claimant', 'is', null), eb('due.claimUntil', '<=', of.now)])),
    )
    .returning('due.uuid')
})

/** Takes this node, due or not; false where another claim on it stands. For passes that do not wait for the node's turn. */
export async function claimOne(home: Home, claimant: string, key: NodeKey): Promise<boolean> {
  const now = home.clock.now()
  const claimed = await lazily(home, (db) => claimRow(db, { cloud: key.cloud, uuid: key.uuid, claimant, now, claimUntil: now + CLAIM_MS }))
  return claimed.length > 0
}

/** Another 30 s for a claim that still stands; false where it lapsed or the row is gone: the node may be somebody else's by now. */
export async function renew(home: Home, claimant: string, key: NodeKey): Promise<boolean> {
  const now = home.clock.now()
  const { numUpdatedRows } = await lazily(home, (db) =>
    db
      .updateTable('due')
      .set({ claimUntil: now + CLAIM_MS })
      .where('cloud', '=', key.cloud)
      .where('uuid', '=', key.uuid)
      .where('claimant', '=', claimant)
      .where('claimUntil', '>', now)
      .executeTakeFirstOrThrow(),
  )
  return numUpdatedRows > 0n
}

const letGo = template((db, of: NodeKey & { claimant: string }) =>
  db
    .updateTable('due')
    .set({ claimant: null, claimUntil: null })
    .where('cloud', '=', of.cloud)
    .where('uuid', '=', of.uuid)
    .where('claimant', '=', of.claimant),
)

/** Lets go of the node; dueAt stays what the commit made it. Nothing happens where the claim is not this claimant's any more. */
export async function unclaim(home: Home, claimant: string, key: NodeKey): Promise<void> {
  await lazily(home, (db) => letGo(db, { ...key, claimant }))
}

/**
 * Lets go of the claims of all whose name begins so, for whoever knows that their processes have ended: waiting for the claims to lapse
 * would keep the nodes that a dead process had in hand from its successor for half a minute.
 */
export async function unclaimAll(home: Home, claimants: string): Promise<void> {
  await lazily(home, (db) =>
    db.updateTable('due').set({ claimant: null, claimUntil: null }).where('claimant', 'like', `${claimants}%`).execute(),
  )
}

/** The next time at which something can be claimed (it may be past), or null where nothing is due at all. */
export async function nextDue(home: Home, clouds: readonly string[]): Promise<number | null> {
  if (clouds.length === 0) return null
  const free = await home.db
    .selectFrom('due')
    .select((eb) => eb.fn.min('dueAt').as('at'))
    .where('cloud', 'in', clouds)
    .where((eb) => eb.or([eb('claimant', 'is', null), eb('claimUntil', '<=', home.clock.now())]))
    .executeTakeFirst()
  const claimed = await home.db
    .selectFrom('due')
    .select((eb) =>
      eb.fn.min(eb.case().when('dueAt', '>', eb.ref('claimUntil')).then(eb.ref('dueAt')).else(eb.ref('claimUntil')).end()).as('at'),
    )
    .where('cloud', 'in', clouds)
    .where('claimant', 'is not', null)
    .where('claimUntil', '>', home.clock.now())
    .executeTakeFirst()
  const times = [free?.at, claimed?.at].filter((at) => typeof at === 'number')
  return times.length === 0 ? null : Math.min(...times)
}

const claimOn = template((db, key: NodeKey) =>
  db.selectFrom('due').select(['wakeAt', 'claimant']).where('cloud', '=', key.cloud).where('uuid', '=', key.uuid),
)

/**
 * The commit's word on when the node is looked at next; null = not at all. A wake since the claim was taken stands against it:
 * it knows something that this pass may not have seen.
 */
export async function setDue(db: Queries, key: NodeKey, until: number | null): Promise<void> {
  const [row] = await claimOn(db, key)
  const woken = row !== undefined && row.claimant !== null ? row.wakeAt : null
  const dueAt = woken === null ? until : until === null ? woken : Math.min(woken, until)
  if (dueAt === null) {
    if (row !== undefined) await db.deleteFrom('due').where('cloud', '=', key.cloud).where('uuid', '=', key.uuid).execute()
    return
  }
  await dueAgain(db, { cloud: key.cloud, uuid: key.uuid, dueAt, woken })
}

const dueAgain = template((db, { cloud, uuid, dueAt, woken }: NodeKey & { dueAt: number; woken: number | null }) =>
  db
    .insertInto('due')
    .values({ cloud, uuid, dueAt, wakeAt: null, claimant: null, claimUntil: null })
    .onConflict((conflict) => conflict.columns(['cloud', 'uuid']).doUpdateSet({ dueAt, wakeAt: woken })),
)
