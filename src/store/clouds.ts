/**
 * One row a cloud: whose policy is in force, whether its first pass is over, what its census is worth, and until when Ironic asked
 * for patience. Sizes of resource classes stand beside it, so that a budget never has to count nodes.
 */
import type { Mode } from '../core/policy.ts'
import { type CensusBelief, judgeCensus } from '../core/seen.ts'
import { appendAudit, OURSELVES } from './audit.ts'
import { type Home, type Queries, transaction } from './home.ts'
import { fromJsonOrNull, toJsonOrNull } from './schema.ts'
import { type Said, wakeOpenCases } from './words.ts'

export type CloudState = {
  cloud: string
  mode: Mode
  policyHash: string
  policyAt: number
  firstPassAt: number | null
  census: { believed: number | null; at: number | null; doubtful: string | null }
  slowUntil: number | null
}

/** The cloud's row, made if need be: a person may hold a node before a daemon has ever looked at its cloud. */
export async function ensureCloud(db: Queries, cloud: string, now: number): Promise<void> {
  await db
    .insertInto('clouds')
    .values({
      cloud,
      mode: 'observe',
      policyHash: '',
      policyAt: now,
      policyRevision: 0,
      firstPassAt: null,
      believed: null,
      believedAt: null,
      challenger: null,
      doubtful: null,
      listedSize: null,
      slowUntil: null,
    })
    .onConflict((conflict) => conflict.column('cloud').doNothing())
    .execute()
}

/** Puts a mode and a policy in force. A change moves `policyAt` to now and voids intents that were decided before it. */
export function enrol(home: Home, cloud: string, o: { mode: Mode; policyHash: string }): Promise<void> {
  return transaction(home, { cloud }, async (tx) => {
    const now = home.clock.now()
    await ensureCloud(tx, cloud, now)
    const { numUpdatedRows } = await tx
      .updateTable('clouds')
      .set((eb) => ({ mode: o.mode, policyHash: o.policyHash, policyAt: now, policyRevision: eb('policyRevision', '+', 1) }))
      .where('cloud', '=', cloud)
      .where((eb) => eb.or([eb('mode', '!=', o.mode), eb('policyHash', '!=', o.policyHash)]))
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return
    const message = `Mode ${o.mode} and policy ${o.policyHash} are in force on ${cloud}.`
    await appendAudit(tx, { at: now, cloud, by: OURSELVES, kind: 'policy', message })
  })
}

/** Every failed node of the cloud has been looked at once: from here on a new case is no longer part of the backlog found at first. */
export async function passFinished(home: Home, cloud: string): Promise<void> {
  const now = home.clock.now()
  await ensureCloud(home.db, cloud, now)
  await home.db.updateTable('clouds').set({ firstPassAt: now }).where('cloud', '=', cloud).where('firstPassAt', 'is', null).execute()
}

/** Judges a census of `size` nodes against what is believed (judgeCensus in core/seen.ts) and remembers the answer. */
export function census(home: Home, cloud: string, size: number): Promise<{ doubtful: string | null }> {
  return transaction(home, { cloud }, async (tx) => {
    const now = home.clock.now()
    await ensureCloud(tx, cloud, now)
    const row = await tx.selectFrom('clouds').selectAll().where('cloud', '=', cloud).executeTakeFirstOrThrow()
    const before: CensusBelief = {
      believed: row.believed,
      at: row.believedAt,
      challenger: fromJsonOrNull<NonNullable<CensusBelief['challenger']>>(row.challenger),
    }
    const { belief, doubtful } = judgeCensus(before, size, now)
    await tx
      .updateTable('clouds')
      .set({ believed: belief.believed, believedAt: belief.at, challenger: toJsonOrNull(belief.challenger), doubtful })
      .where('cloud', '=', cloud)
      .execute()
    if (doubtful !== row.doubtful) {
      const message = doubtful ?? `The census of ${cloud} is believed again: ${size} nodes.`
      if (doubtful !== null || row.doubtful !== null) await appendAudit(tx, { at: now, cloud, by: OURSELVES, kind: 'census', message })
    }
    await believeClasses(tx, cloud)
    return { doubtful }
  })
}

/** What a person's word about a census came to. */
export type Believing = { kind: 'believed'; size: number; was: number } | { kind: 'not-doubtful' } | { kind: 'empty' }

/**
 * A person says that the nodes which the last census counted are all there are. An empty one is never believed, not even then: no fleet is
 * looked after that has no nodes.
 */
export function believeSize(home: Home, cloud: string, said: Said): Promise<Believing> {
  return transaction(home, { cloud }, async (tx): Promise<Believing> => {
    const now = home.clock.now()
    const row = await tx.selectFrom('clouds').select(['believed', 'doubtful', 'listedSize']).where('cloud', '=', cloud).executeTakeFirst()
    if (row === undefined || row.doubtful === null) return { kind: 'not-doubtful' }
    const size = row.listedSize ?? 0
    if (size === 0) return { kind: 'empty' }
    const was = row.believed ?? 0
    await tx
      .updateTable('clouds')
      .set({ believed: size, believedAt: now, challenger: null, doubtful: null })
      .where('cloud', '=', cloud)
      .execute()
    await believeClasses(tx, cloud)
    const message = `The census of ${cloud} is believed: ${size} nodes instead of ${was}. ${said.why}`
    await appendAudit(tx, { at: now, cloud, by: said.by, kind: 'census', message })
    await wakeOpenCases(tx, cloud, now)
    return { kind: 'believed', size, was }
  })
}

/**
 * Notes the class sizes of a complete listing. They count for budgets once a census of that size is believed, in whichever order
 * the listing and the judgement of its size arrive. @param sizes by resource_class, '' for none
 */
export async function noteClasses(db: Queries, cloud: string, sizes: ReadonlyMap<string, number>): Promise<void> {
  await db.updateTable('classes').set({ listed: 0 }).where('cloud', '=', cloud).execute()
  let size = 0
  for (const [resource_class, listed] of sizes) {
    size += listed
    await db
      .insertInto('classes')
      .values({ cloud, resource_class, listed, believed: 0 })
      .onConflict((conflict) => conflict.columns(['cloud', 'resource_class']).doUpdateSet({ listed }))
      .execute()
  }
  await db.updateTable('clouds').set({ listedSize: size }).where('cloud', '=', cloud).execute()
  await believeClasses(db, cloud)
}

async function believeClasses(db: Queries, cloud: string): Promise<void> {
  await db
    .updateTable('classes')
    .set((eb) => ({ believed: eb.ref('listed') }))
    .where('cloud', '=', cloud)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('clouds').select('clouds.cloud').where('clouds.cloud', '=', cloud).whereRef('clouds.believed', '=', 'clouds.listedSize'),
      ),
    )
    .execute()
}

/** Ironic said that it is at its limit: nothing starts in this cloud until then. */
export async function slowDown(db: Queries, { cloud, now, until }: { cloud: string; now: number; until: number }): Promise<void> {
  await ensureCloud(db, cloud, now)
  await db.updateTable('clouds').set({ slowUntil: until }).where('cloud', '=', cloud).execute()
}

/** All enrolled clouds, by name. */
export async function clouds(db: Queries): Promise<CloudState[]> {
  const rows = await db.selectFrom('clouds').selectAll().orderBy('cloud').execute()
  return rows.map((row) => ({
    cloud: row.cloud,
    mode: row.mode,
    policyHash: row.policyHash,
    policyAt: row.policyAt,
    firstPassAt: row.firstPassAt,
    census: { believed: row.believed, at: row.believedAt, doubtful: row.doubtful },
    slowUntil: row.slowUntil,
  }))
}
