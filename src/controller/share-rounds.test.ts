/** How often a cloud is polled that several replicas watch, by what each of them hears. The rounds are the real ones, on SQLite by a moved clock. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely } from 'kysely'
import { MINUTE, SECOND } from '../core/policy.ts'
import { seededIds, seededRandom } from '../simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../simulator/virtual-clock.ts'
import { roundsIn } from '../store/rounds.ts'
import type { Schema } from '../store/schema.ts'
import { sqliteDialect } from '../store/sqlite-dialect.ts'
import { IN_MEMORY, openSqliteFile } from '../store/sqlite-file.ts'
import { repeats } from './repeats.ts'
import { shareRounds } from './share-rounds.ts'

const SHORT = 15 * SECOND
const LONG = MINUTE
const START = Date.parse('2026-03-01T00:00:00Z')

/** `every`: how often it wants to poll by what it hears; `reaches`: whether Ironic answers it. */
type Replica = { every: number; reaches: boolean; stop(): void }
type Given = {
  clock: VirtualClock
  /** Begins to watch. `hears` false: without an ear at all. */
  replica(every?: number, o?: { hears?: boolean }): Replica
  /** When the cloud was polled, since the beginning, and by which of them; a poll that failed is none. */
  polls: { at: number; by: Replica }[]
  tries: { at: number; by: Replica }[]
}

async function given(body: (it: Given) => Promise<void>): Promise<void> {
  const clock = virtualClock({ start: START })
  const { database, file } = openSqliteFile(IN_MEMORY, START)
  // SQLite has one daemon and no such table; PostgreSQL's is this one.
  database.exec('create table rounds (cloud text, kind text, nextAt integer, firstAt integer, primary key (cloud, kind))')
  database.exec("insert into clouds (cloud, mode, policyHash, policyAt, policyRevision) values ('west', 'auto', '', 0, 0)")
  const db = new Kysely<Schema>({ dialect: sqliteDialect(database, file) })
  const random = seededRandom(1)
  const rounds = roundsIn({ db, clock, random, newId: seededIds(random), turns: null })
  const polls: Given['polls'] = []
  const tries: Given['tries'] = []
  const running: Promise<void>[] = []
  const stops: (() => void)[] = []
  const replica: Given['replica'] = (every = SHORT, { hears = true } = {}) => {
    const end = new AbortController()
    const it: Replica = { every, reaches: true, stop: () => end.abort() }
    const poll = async () => {
      tries.push({ at: clock.now() - START, by: it })
      await clock.sleep(200)
      if (it.reaches) polls.push({ at: clock.now() - START, by: it })
      return it.reaches
    }
    const world = { cloud: 'west', log: () => {}, seams: { clock }, store: { now: async () => clock.now() } }
    const shared = {
      world,
      rounds,
      looks: { poll, census: async () => true, standing: async () => true },
      log: repeats(clock, () => {}),
      ear: hears ? { pollMs: () => it.every, longestMs: LONG } : undefined,
      pace: { pollMs: SHORT, censusMs: 10 * MINUTE, censusAgainMs: MINUTE },
    }
    running.push(shareRounds(shared, end.signal))
    stops.push(it.stop)
    return it
  }
  await body({ clock, replica, polls, tries })
  for (const stop of stops) stop()
  await clock.run(Promise.all(running))
  await db.destroy()
}

/** Polls within the next `ms`. */
async function pollsIn({ clock, polls }: Given, ms: number): Promise<number> {
  const before = polls.length
  await clock.advance(ms)
  return polls.length - before
}

const about = (count: number, wanted: number): void => assert.ok(Math.abs(count - wanted) <= 1, `${count} polls, not some ${wanted}`)

/** The longest that nothing was polled, until now. */
function longestGap({ clock, polls }: Given): number {
  const times = [...polls.map(({ at }) => at), clock.now() - START]
  return Math.max(...times.slice(1).map((at, before) => at - (times[before] ?? 0)))
}

test('replicas that all hear poll the cloud together as seldom as one that hears alone', () =>
  given(async (it) => {
    for (let count = 0; count < 3; count += 1) it.replica(LONG)
    about(await pollsIn(it, 20 * MINUTE), 20)
    assert.ok(longestGap(it) <= LONG + 2 * SECOND, `${longestGap(it)} ms`)
  }))

test('one that is deaf among them is not hidden: the cloud is polled as often as it wants, until it is gone', () =>
  given(async (it) => {
    it.replica(LONG)
    const deaf = it.replica(SHORT)
    it.replica(LONG)
    about(await pollsIn(it, 5 * MINUTE), 20)
    deaf.stop()
    await it.clock.advance(MINUTE)
    about(await pollsIn(it, 20 * MINUTE), 20)
  }))

test('one that hears does not hide that the others do not: when it dies they go on as before', () =>
  given(async (it) => {
    const hearing = it.replica(LONG)
    it.replica(SHORT)
    await it.clock.advance(5 * MINUTE)
    hearing.stop()
    about(await pollsIn(it, 5 * MINUTE), 20)
    assert.ok(longestGap(it) <= SHORT + 2 * SECOND, `${longestGap(it)} ms`)
  }))

test('one whose ear falls silent in the midst of a long wait polls within a second, whoever polled last', () =>
  given(async (it) => {
    const [first, second] = [it.replica(LONG), it.replica(LONG)]
    await it.clock.advance(10 * MINUTE)
    for (const after of [20, 27, 34, 41, 48]) {
      const last = it.polls.at(-1)
      await it.clock.advanceTo(START + (last?.at ?? 0) + after * SECOND)
      const other = last?.by === first ? second : first
      other.every = SHORT
      await it.clock.advance(1_300)
      assert.notEqual(it.polls.at(-1), last)
      assert.equal(it.polls.at(-1)?.by, other)
      other.every = LONG
    }
  }))

test('a replica without an ear polls as often as ever', () =>
  given(async (it) => {
    it.replica(LONG)
    it.replica(SHORT, { hears: false })
    about(await pollsIn(it, 5 * MINUTE), 20)
  }))

for (const [how, every] of Object.entries({ 'and is deaf': SHORT, 'and hears': LONG }))
  test(`one that cannot reach Ironic ${how} keeps nobody from polling who can and hears`, () =>
    given(async (it) => {
      const away = it.replica(every)
      it.replica(LONG)
      await it.clock.advance(5 * MINUTE)
      away.reaches = false
      const before = it.tries.filter(({ by }) => by === away).length
      await it.clock.advance(20 * MINUTE)
      // Where it failed, the next poll is due after the short interval, whoever makes it.
      assert.ok(longestGap(it) <= LONG + SHORT + 2 * SECOND, `${longestGap(it)} ms`)
      const tries = it.tries.filter(({ by }) => by === away).length - before
      assert.ok(tries > 0, 'it tried no more')
      assert.ok(tries <= 81, `${tries} tries in 20 min`)
    }))

test('an Ironic that none of them reaches is asked every quarter of a minute by one of them', () =>
  given(async (it) => {
    const all = [it.replica(LONG), it.replica(LONG), it.replica(LONG)]
    await it.clock.advance(5 * MINUTE)
    for (const one of all) one.reaches = false
    await it.clock.advance(MINUTE)
    const before = it.tries.length
    await it.clock.advance(10 * MINUTE)
    const tries = it.tries.length - before
    assert.ok(tries >= 36 && tries <= 42, `${tries} tries in 10 min`)
  }))
