/**
 * What polls and censuses saw. A node's row is touched only where something in it changed, so that a quiet look at 100,000 nodes
 * writes nothing. A row is never deleted: a node that a complete listing lacks is marked missing, and its case stays open.
 */

import { WATCHED_STATES } from '../core/ironic.ts'
import { type NodeKey, type PersonMemory, rememberPerson, type SeenNode, WAKING_FIELDS } from '../core/seen.ts'
import { census, ensureCloud, noteClasses } from './clouds.ts'
import { wake, wakeIn } from './due.ts'
import { type Home, type Queries, statement, transaction } from './home.ts'
import { nodeRow, SEEN_FIELDS } from './node-row.ts'
import { fromJsonOrNull, type NodeTable, toJsonOrNull } from './schema.ts'
import { holdWhatIronicLifted } from './words.ts'

/** Rows a transaction: a deciding transaction waits for one of these at most, some milliseconds. */
const CHUNK = 500
/** Rows an insert: 24 columns each, and SQLite takes 32,766 parameters. */
const INSERT = 250

type Look = { cloud: string; now: number }

/**
 * Takes in a listing and wakes the nodes that it gives a reason to look at: new or changed in a waking field, and in a watched state
 * or with an open case; also nodes in a watched state that nobody is to look at (a lost wake). `complete` = a census.
 * Returns the keys of all nodes that are new or changed in a waking field.
 */
export async function seen(home: Home, o: { cloud: string; nodes: readonly SeenNode[]; complete: boolean }): Promise<NodeKey[]> {
  const { cloud, nodes } = o
  const changed: NodeKey[] = []
  const look = { cloud, now: home.clock.now() }
  await ensureCloud(home.db, cloud, look.now)
  for (let start = 0; start < nodes.length; start += CHUNK) {
    const chunk = nodes.slice(start, start + CHUNK)
    const uuids = await transaction(home, { cloud }, async (tx) => {
      const found = await takeIn(tx, home, { ...look, chunk })
      await wake(tx, keysIn(cloud, found.matters), look.now)
      return found.changed
    })
    changed.push(...keysIn(cloud, uuids))
  }
  if (o.complete) {
    await markMissing(home, look, new Set(nodes.map(({ uuid }) => uuid)))
    const sizes = Map.groupBy(nodes, (node) => node.resource_class ?? '')
    await transaction(home, { cloud }, (tx) => noteClasses(tx, cloud, new Map([...sizes].map(([name, members]) => [name, members.length]))))
  }
  return changed
}

const keysIn = (cloud: string, uuids: Iterable<string>): NodeKey[] => Array.from(uuids, (uuid) => ({ cloud, uuid }))

/**
 * A census, page by page as Ironic gives it. What is kept of all nodes is their uuids. Wakes come last: the first of a wave must not be
 * looked at before the others are known, nor before the size of the listing is judged. A crash before that costs wakes, which the poll mends.
 */
export async function takeInCensus(
  home: Home,
  cloud: string,
  pages: AsyncIterable<readonly SeenNode[]>,
): Promise<{ size: number; doubtful: string | null }> {
  const listed = new Set<string>()
  const classes = new Map<string, number>()
  const matters: string[] = []
  await ensureCloud(home.db, cloud, home.clock.now())
  for await (const page of pages) {
    const now = home.clock.now()
    for (let start = 0; start < page.length; start += CHUNK) {
      const chunk = page.slice(start, start + CHUNK)
      matters.push(...(await transaction(home, { cloud }, (tx) => takeIn(tx, home, { cloud, now, chunk }))).matters)
    }
    for (const { uuid, resource_class } of page) {
      listed.add(uuid)
      classes.set(resource_class ?? '', (classes.get(resource_class ?? '') ?? 0) + 1)
    }
  }
  const { doubtful } = await census(home, cloud, listed.size)
  const now = home.clock.now()
  await markMissing(home, { cloud, now }, listed)
  await transaction(home, { cloud }, (tx) => noteClasses(tx, cloud, classes))
  await wakeIn(home, keysIn(cloud, matters), now)
  return { size: listed.size, doubtful }
}

/** `matters`: nodes that the listing gives a reason to look at. */
type TakenIn = { changed: string[]; matters: Set<string> }

async function takeIn(tx: Queries, home: Home, look: Look & { chunk: readonly SeenNode[] }): Promise<TakenIn> {
  const { cloud, now, chunk } = look
  const uuids = chunk.map(({ uuid }) => uuid)
  const rows = await tx.selectFrom('nodes').selectAll().where('cloud', '=', cloud).where('uuid', 'in', uuids).execute()
  const before = new Map(rows.map((row) => [row.uuid, row]))
  const upserts: NodeTable[] = []
  const changed: string[] = []
  for (const node of chunk) {
    const old = before.get(node.uuid)
    const columns = nodeRow(node)
    const { person, liftedByIronic } = personAfter(old?.person ?? null, node, now)
    const isChanged = old === undefined || WAKING_FIELDS.some((field) => old[field] !== columns[field])
    if (isChanged) changed.push(node.uuid)
    const leftAt = isWatched(node) ? null : (old?.leftAt ?? null)
    const isTouched =
      isChanged ||
      old.missingSince !== null ||
      leftAt !== old.leftAt ||
      person !== old.person ||
      SEEN_FIELDS.some((field) => old[field] !== columns[field])
    if (isTouched) upserts.push({ ...columns, cloud, seenAt: now, missingSince: null, leftAt, person })
    if (liftedByIronic) await holdWhatIronicLifted(tx, { home, key: { cloud, uuid: node.uuid }, person: old?.person ?? null, now })
  }
  for (let start = 0; start < upserts.length; start += INSERT) await upsert(tx, upserts.slice(start, start + INSERT))
  return { changed, matters: await whatMatters(tx, { cloud, chunk, changed: new Set(changed) }) }
}

const isWatched = ({ provision_state }: SeenNode): boolean => WATCHED_STATES.some((state) => state === provision_state)

/** The remembered hand as stored. A look that shows the same again changes nothing, so that quiet polls write nothing. */
export function personAfter(
  stored: string | null,
  node: Parameters<typeof rememberPerson>[1],
  now: number,
): { person: string | null; liftedByIronic: boolean } {
  const before = fromJsonOrNull<PersonMemory>(stored)
  const { person, liftedByIronic } = rememberPerson(before, node, now)
  const isSame =
    before !== null && person !== null && before.maintenance_reason === person.maintenance_reason && before.fault === person.fault
  return { person: isSame ? stored : toJsonOrNull(person), liftedByIronic }
}

async function upsert(tx: Queries, rows: NodeTable[]): Promise<void> {
  await tx
    .insertInto('nodes')
    // PostgreSQL refuses a row that stands twice in one statement.
    .values([...new Map(rows.map((row) => [row.uuid, row])).values()])
    .onConflict((conflict) =>
      conflict.columns(['cloud', 'uuid']).doUpdateSet((eb) => ({
        ...Object.fromEntries(SEEN_FIELDS.map((field) => [field, eb.ref(`excluded.${field}`)])),
        seenAt: eb.ref('excluded.seenAt'),
        missingSince: null,
        leftAt: eb.ref('excluded.leftAt'),
        person: eb.ref('excluded.person'),
      })),
    )
    .execute()
}

async function whatMatters(
  tx: Queries,
  look: { cloud: string; chunk: readonly SeenNode[]; changed: ReadonlySet<string> },
): Promise<Set<string>> {
  const { cloud, changed } = look
  const watched = look.chunk.filter(isWatched).map(({ uuid }) => uuid)
  const wakes = new Set(watched.filter((uuid) => changed.has(uuid)))
  const unmoved = watched.filter((uuid) => !changed.has(uuid))
  if (unmoved.length > 0) {
    const due = await tx.selectFrom('due').select('uuid').where('cloud', '=', cloud).where('uuid', 'in', unmoved).execute()
    const expected = new Set(due.map(({ uuid }) => uuid))
    for (const uuid of unmoved) if (!expected.has(uuid)) wakes.add(uuid)
  }
  const elsewhere = [...changed].filter((uuid) => !wakes.has(uuid))
  if (elsewhere.length > 0) {
    const open = await tx
      .selectFrom('cases')
      .select('uuid')
      .where('cloud', '=', cloud)
      .where('closedAt', 'is', null)
      .where('uuid', 'in', elsewhere)
      .execute()
    for (const { uuid } of open) wakes.add(uuid)
  }
  return wakes
}

/** A census that lacks a node says nothing about the node: the row stays, with the time since when it is not listed. */
async function markMissing(home: Home, look: Look, listed: ReadonlySet<string>): Promise<void> {
  const { cloud, now } = look
  let last = ''
  for (;;) {
    const known = await home.db
      .selectFrom('nodes')
      .select(['uuid', 'missingSince'])
      .where('cloud', '=', cloud)
      .where('uuid', '>', last)
      .orderBy('uuid')
      .limit(CHUNK)
      .execute()
    const missing = known.filter(({ uuid, missingSince }) => missingSince === null && !listed.has(uuid)).map(({ uuid }) => uuid)
    if (missing.length > 0) {
      await statement(home, { cloud }, (db) =>
        db.updateTable('nodes').set({ missingSince: now }).where('cloud', '=', cloud).where('uuid', 'in', missing).execute(),
      )
    }
    if (known.length < CHUNK) return
    last = known.at(-1)?.uuid ?? last
  }
}

/**
 * Wakes nodes with an open case that have just left the polled lists: once each, since from then on the decision on them says when
 * they are looked at next. Returns how many were woken.
 */
export async function wakeMissing(home: Home, keys: readonly NodeKey[]): Promise<number> {
  const now = home.clock.now()
  let woken = 0
  for (const [cloud, ofCloud] of Map.groupBy(keys, (key) => key.cloud)) {
    for (let start = 0; start < ofCloud.length; start += CHUNK) {
      const uuids = ofCloud.slice(start, start + CHUNK).map(({ uuid }) => uuid)
      const left = await transaction(home, { cloud }, async (tx) => {
        const rows = await tx.selectFrom('nodes').select(['uuid', 'leftAt']).where('cloud', '=', cloud).where('uuid', 'in', uuids).execute()
        const settled = new Set(rows.filter((row) => row.leftAt !== null).map((row) => row.uuid))
        const leaving = uuids.filter((uuid) => !settled.has(uuid))
        if (leaving.length === 0) return leaving
        await tx.updateTable('nodes').set({ leftAt: now }).where('cloud', '=', cloud).where('uuid', 'in', leaving).execute()
        const newly = leaving.map((uuid) => ({ cloud, uuid }))
        await wake(tx, newly, now)
        return leaving
      })
      woken += left.length
    }
  }
  return woken
}

/** Nodes whose case is open: those that no polled list shows are looked at by themselves. */
export async function openCaseKeys(db: Queries, cloud: string): Promise<NodeKey[]> {
  return await db
    .selectFrom('cases')
    .select(['cloud', 'uuid'])
    .where('cloud', '=', cloud)
    .where('closedAt', 'is', null)
    .orderBy('openedAt')
    .orderBy('uuid')
    .execute()
}
