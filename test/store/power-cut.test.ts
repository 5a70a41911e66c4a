/**
 * What a power cut leaves behind, played on copies of the files: the write-ahead log ends anywhere, in the middle of a frame, in zeros, with
 * a hole in it, or the cut comes in the middle of a checkpoint. That the disk is really asked to keep what it was given cannot be seen from
 * here: crash/power-cut.ts asks the kernel. And a disk that is full.
 */
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { Kysely, sql } from 'kysely'
import { framesOf } from '../../crash/wal.ts'
import { MINUTE } from '../../src/core/policy.ts'
import { deciding } from '../../src/store/deciding.ts'
import { type Home, lazily, type Queries, transaction } from '../../src/store/home.ts'
import { record } from '../../src/store/intents.ts'
import type { Schema } from '../../src/store/schema.ts'
import { sqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { openSqliteFile } from '../../src/store/sqlite-file.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { scenario } from '../sim-operator.ts'
import { BEGIN, CLOUD, handClock, keyOf, newId, pass, passIn, reset, resetOf, resolve, seeded, wait } from './given.ts'

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-power-'))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const open = (path: string, clock = handClock()): Promise<Store> => openStore({ path, clock, newId, random: seeded(1) })

/** Everything that is in it, as text; and that SQLite finds nothing wrong. */
function contentsOf(path: string): string {
  const database = new DatabaseSync(path)
  try {
    assert.deepEqual(Object.values(database.prepare('pragma integrity_check').get() ?? {}), ['ok'])
    assert.deepEqual(database.prepare('pragma foreign_key_check').all(), [])
    const tables = database.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name").all()
    return JSON.stringify(tables.map(({ name }) => [name, database.prepare(`select * from ${name}`).all()]))
  } finally {
    database.close()
  }
}

type Lived = {
  /** As it was before the history, checkpointed. */
  base: Buffer
  log: Buffer
  /** Contents after each commit; the first are the base's. */
  states: string[]
  /** Where each commit ends in the log. */
  ends: number[]
}

/** Passes, claims and records on a base that lies in the database file itself. */
async function lived(folder: string): Promise<Lived> {
  const path = join(folder, 'anneal.db')
  const before = await open(path)
  await before.enrol(CLOUD, { mode: 'auto', policyHash: 'p' })
  for (let n = 1; n <= 3; n++) await pass(before, n, wait(BEGIN))
  await before.close()
  const clock = handClock()
  const store = await open(path, clock)
  const base = readFileSync(path)
  const states = [contentsOf(path)]
  const steps = [
    () => store.claim({ claimant: 'a', limit: 2, clouds: [CLOUD] }),
    async () => void (await resetOf(store, 1)),
    () => store.unclaim('a', keyOf(1)),
    async () => store.record((await store.attempts(keyOf(1)))[0]?.id ?? '', { kind: 'accepted', reason: 'Ironic accepted it.' }),
    () => store.renew('a', keyOf(2)),
    async () => void (await resetOf(store, 2)),
    () => store.hold(keyOf(3), { by: 'kim', why: 'mine' }),
    () => store.wake([keyOf(3), keyOf(4)]),
    () => store.unclaimAll('a'),
    () => pass(store, 3, resolve),
  ]
  for (const step of steps) {
    clock.move(1_000)
    await step()
    states.push(contentsOf(path))
  }
  const log = readFileSync(`${path}-wal`)
  await store.close()
  const ends = framesOf(log)
    .filter(({ commits }) => commits)
    .map(({ to }) => to)
  assert.equal(ends.length, steps.length, 'each step is one commit')
  return { base, log, states, ends }
}

const copies = { made: 0 }

function found(folder: string, { base, log }: { base: Buffer; log: Buffer }): string {
  const path = join(folder, `copy-${++copies.made}.db`)
  writeFileSync(path, base)
  writeFileSync(`${path}-wal`, log)
  return contentsOf(path)
}

describe('after a power cut', () => {
  test('the database is what it was after one of its commits, the last one that is whole in the log, wherever the log ends', () =>
    inFolder(async (folder) => {
      const { base, log, states, ends } = await lived(folder)
      const cuts = framesOf(log).flatMap(({ from, to }) => [from, Math.floor((from + to) / 2)])
      for (const cut of [0, 31, ...cuts, log.length]) {
        const whole = ends.filter((end) => end <= cut).length
        assert.equal(found(folder, { base, log: log.subarray(0, cut) }), states[whole], `cut at ${cut} of ${log.length}`)
      }
    }))

  test('so it is where the rest of the log is zeros, or a part before its end never reached the disk', () =>
    inFolder(async (folder) => {
      const { base, log, states, ends } = await lived(folder)
      for (const { from, to } of framesOf(log)) {
        const whole = ends.filter((end) => end <= from).length
        if (ends.includes(from))
          assert.equal(found(folder, { base, log: Buffer.from(log).fill(0, from) }), states[whole], `zeros from ${from}`)
        assert.equal(found(folder, { base, log: Buffer.from(log).fill(0, from, to) }), states[whole], `a hole at ${from}`)
      }
    }))

  test('nothing is lost where it came in the middle of a checkpoint', () =>
    inFolder(async (folder) => {
      const { base, log, states } = await lived(folder)
      const after = readFileSync(join(folder, 'anneal.db'))
      const PAGE = 4096
      assert.ok(after.length > 4 * PAGE && !after.equals(base))
      for (let page = 0; page * PAGE < after.length; page++) {
        const first = Buffer.concat([after.subarray(0, page * PAGE), base.subarray(page * PAGE)])
        const last = Buffer.concat([base.subarray(0, page * PAGE), after.subarray(page * PAGE)])
        assert.equal(found(folder, { base: first, log }), states.at(-1), `the first ${page} pages were written`)
        if (page * PAGE <= base.length) assert.equal(found(folder, { base: last, log }), states.at(-1), `all but the first ${page} pages`)
      }
    }))

  scenario('a request that has left has its intent in the files', { file: true }, async (op) => {
    const NODE = 'node-1'
    op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
    await op.sweep()
    await op.clock.advance(3 * MINUTE)
    const seen: string[] = []
    for (const point of ['mark', 'verb'] as const) {
      op.at(point, () => {
        copyFileSync(op.path, `${op.path}.${point}`)
        copyFileSync(`${op.path}-wal`, `${op.path}.${point}-wal`)
        const copy = new DatabaseSync(`${op.path}.${point}`)
        const intents = copy.prepare('select act, outcome from attempts where uuid = ?').all(op.key(NODE).uuid)
        seen.push(`${point}: ${intents.map(({ act, outcome }) => `${act} ${outcome}`).join()}`)
        copy.close()
      })
    }
    await op.sweep()
    assert.deepEqual(seen, ['mark: reset null', 'verb: reset null'])
    assert.equal(op.resets(NODE), 1)
  })
})

/** The store's inside, on a database that the test may take by the hand. */
async function byHand(folder: string): Promise<{ home: Home; database: DatabaseSync; path: string }> {
  const path = join(folder, 'anneal.db')
  const { database, file } = openSqliteFile(path, BEGIN)
  const db = new Kysely<Schema>({ dialect: sqliteDialect(database, file) })
  return { home: { db, clock: handClock(), newId, random: seeded(1), turns: null }, database, path }
}

/** 2: each commit waits for the disk. 1: only checkpoints do. */
async function level(db: Queries): Promise<number | undefined> {
  const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db)
  return rows[0]?.synchronous
}

describe('waiting for the disk', () => {
  test('claims do not, transactions do, whatever went on before or beside them', () =>
    inFolder(async (folder) => {
      const { home } = await byHand(folder)
      for (let time = 0; time < 3; time++) {
        assert.deepEqual([await lazily(home, level), await level(home.db), await transaction(home, 'messages', level)], [1, 2, 2])
      }
      await assert.rejects(
        lazily(home, () => Promise.reject(new Error('the claim failed'))),
        /the claim failed/,
      )
      assert.deepEqual([await level(home.db), await transaction(home, 'messages', level)], [2, 2])
      const beside = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? lazily(home, level) : transaction(home, 'messages', level)))
      assert.deepEqual(
        await Promise.all(beside),
        beside.map((_, at) => (at % 3 === 0 ? 1 : 2)),
      )
      // More statements than are kept prepared, so that the two that set the level are among those that were thrown away.
      for (let shape = 0; shape < 400; shape++) await sql.raw(`select ${shape}`).execute(home.db)
      assert.deepEqual([await lazily(home, level), await transaction(home, 'messages', level), await level(home.db)], [1, 2, 2])
      await home.db.destroy()
    }))

  test('a transaction does even where the end of a claim could not set the level back', () =>
    inFolder(async (folder) => {
      const { home, database } = await byHand(folder)
      database.exec('pragma synchronous = normal')
      assert.equal(await transaction(home, 'messages', level), 2)
      await home.db.destroy()
    }))

  test('another store of this process on the same file is not touched by a claim', () =>
    inFolder(async (folder) => {
      const one = await byHand(folder)
      const two = await byHand(folder)
      const both = [lazily(one.home, level), level(two.home.db), transaction(two.home, 'messages', level), lazily(one.home, level)]
      assert.deepEqual(await Promise.all(both), [1, 2, 2, 1])
      await Promise.all([one.home.db.destroy(), two.home.db.destroy()])
    }))
})

const isFull = (error: unknown): boolean => error instanceof StoreError && /disk is full/.test(error.message)

describe('a full disk', () => {
  test('takes back the whole decision, so that nothing is sent; once there is room the work goes on', () =>
    inFolder(async (folder) => {
      const { home, database, path } = await byHand(folder)
      await deciding(home, CLOUD, (tx) => passIn(tx, 1, wait(BEGIN)))
      const before = contentsOf(path)
      fill(database)
      // Longer than what still has room in the pages that there are.
      const long = { ...reset(BEGIN + MINUTE), message: 'x'.repeat(20_000) }
      await assert.rejects(
        deciding(home, CLOUD, (tx) => passIn(tx, 2, long)),
        isFull,
      )
      assert.equal(contentsOf(path), before)
      makeRoom(database)
      assert.notEqual(await deciding(home, CLOUD, (tx) => passIn(tx, 2, long)), null)
      await home.db.destroy()
    }))

  test('that keeps an outcome from being recorded leaves the intent open, as a crash does', () =>
    inFolder(async (folder) => {
      const { home, database } = await byHand(folder)
      const intent = await deciding(home, CLOUD, (tx) => passIn(tx, 1, reset(BEGIN + MINUTE)))
      assert.ok(intent)
      fill(database)
      const outcome = { kind: 'accepted', reason: 'x'.repeat(20_000) } as const
      await assert.rejects(record(home, intent.id, outcome), isFull)
      makeRoom(database)
      const outcomes = () => database.prepare('select outcome from attempts').all()
      assert.deepEqual(outcomes().map(Object.values), [[null]])
      await record(home, intent.id, outcome)
      assert.deepEqual(outcomes().map(Object.values), [['accepted']])
      await home.db.destroy()
    }))
})

/** No page more than it has; SQLite then answers as it does where the file cannot grow. */
const fill = (database: DatabaseSync): void => database.exec('pragma max_page_count = 1')
const makeRoom = (database: DatabaseSync): void => database.exec('pragma max_page_count = 1000000')
