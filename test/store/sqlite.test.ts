/**
 * The store's contract on SQLite, and what only a file can do: be damaged, newer, read-only or full, be used by two processes, and
 * survive a process that is killed.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { openSnapshot } from '../../src/store/snapshot.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { type Opened, storeContract } from './contract.ts'
import { BEGIN, CLOUD, handClock, keyOf, newId, pass, resetOf, seeded, wait } from './given.ts'

/** Back to schema 4. */
const WITHOUT_DELIVERIES =
  'drop index words_acknowledged; alter table words drop column incidentId; alter table words drop column stood; drop table deliveries; drop table receivers; drop table alerts; drop index outbox_untaken; alter table outbox drop column caseId; alter table outbox drop column incidentId; alter table outbox drop column takenAt; delete from schema_version where version > 4'

async function openFile(): Promise<Opened> {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-store-'))
  const clock = handClock()
  const random = seeded(1)
  const opened: Store[] = []
  const again = async () => {
    const store = await openStore({ path: join(directory, 'sub', 'anneal.db'), clock, newId, random })
    opened.push(store)
    return store
  }
  const remove = async () => {
    for (const store of opened) await store.close()
    rmSync(directory, { recursive: true })
  }
  return { store: await again(), clock, again, remove }
}

storeContract('SQLite', openFile)

/** Runs the body in a directory of its own. */
async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-store-'))
  try {
    await body(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const open = (path: string) => openStore({ path, clock: handClock(), newId, random: seeded(1) })

/** The one clear sentence, which names the file. */
const says = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StoreError, String(error))
  assert.match(error.message, sentence)
  assert.notEqual(error.fix, '')
  assert.doesNotMatch(error.message, /\n/)
  return true
}

describe('a SQLite file', () => {
  test('is made with its directory, for its user alone', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'a', 'b', 'anneal.db')
      const store = await open(path)
      await store.wake([keyOf(1)])
      assert.deepEqual(
        [statSync(join(directory, 'a')).mode & 0o777, statSync(path).mode & 0o777, statSync(`${path}-wal`).mode & 0o777],
        [0o700, 0o600, 0o600],
      )
      await store.close()
    }))

  test('is written with a write-ahead log, and is whole after closing', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      const store = await open(path)
      await pass(store, 1, wait(BEGIN + 1000))
      await store.close()
      const raw = new DatabaseSync(path)
      assert.deepEqual({ ...raw.prepare('pragma journal_mode').get() }, { journal_mode: 'wal' })
      assert.deepEqual({ ...raw.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
      assert.deepEqual(raw.prepare('pragma foreign_key_check').all(), [])
      raw.close()
    }))

  test('of a newer version is refused and left untouched', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      await (await open(path)).close()
      const raw = new DatabaseSync(path)
      raw.exec('insert into schema_version (version, at) values (999, 0)')
      raw.close()
      const before = readFileSync(path)
      await assert.rejects(open(path), says(/newer anneal \(schema 999/))
      assert.ok(readFileSync(path).equals(before))
    }))

  test('of the version before decisions were recorded keeps what it holds, and records from then on', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      const before = await open(path)
      await pass(before, 1, wait(BEGIN + 1000))
      await before.close()
      const raw = new DatabaseSync(path)
      raw.exec(WITHOUT_DELIVERIES)
      raw.exec(
        'drop table tokens; drop table sessions; alter table observations drop column recorded; alter table observations drop column policyHash; drop table policies; drop index cases_queued; alter table cases drop column queuedNeed; alter table attempts drop column blazar; delete from schema_version where version > 1',
      )
      raw.close()
      assert.throws(() => openSnapshot(path), says(/older anneal \(schema 1\), which kept too little to decide again/))
      const store = await open(path)
      await pass(store, 2, wait(BEGIN + 1000))
      const kept = await store.recorded({})
      assert.deepEqual(
        kept.map(({ recorded }) => recorded?.decision.reason ?? 'too little'),
        ['too little', 'spacing'],
      )
      assert.equal((await store.lastObservation(keyOf(1)))?.reason, 'spacing')
      await store.close()
    }))

  test('of the version before anybody was told anything keeps its messages, and tells nobody of them any more', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      const before = await open(path)
      await pass(before, 1, wait(BEGIN + 1000))
      await before.close()
      const raw = new DatabaseSync(path)
      raw.exec(WITHOUT_DELIVERIES)
      raw.close()
      const store = await open(path)
      await pass(store, 2, wait(BEGIN + 1000))
      const told: (string | null)[] = []
      await store.takeMessages(({ body }) => {
        told.push(body.name)
        return ['ops']
      })
      assert.deepEqual([told, (await store.unsent(9)).length], [['node-2'], 1])
      await store.close()
    }))

  test('is looked into as it is: a backup without its log, one beside a store at work, one of another program', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      const store = await open(path)
      await pass(store, 1, wait(BEGIN + 1000))
      const reasons = async (file: string) => {
        const snapshot = openSnapshot(file)
        const kept = await snapshot.recorded({}).finally(() => snapshot.close())
        return kept.map(({ recorded }) => recorded?.decision.reason)
      }
      assert.deepEqual(await reasons(path), ['spacing'])
      await pass(store, 2, wait(BEGIN + 1000))
      assert.deepEqual(await reasons(path), ['spacing', 'spacing'])
      await store.close()
      const backup = join(directory, 'backup', 'of 100 % ?.db')
      mkdirSync(dirname(backup))
      copyFileSync(path, backup)
      const bytes = readFileSync(backup)
      assert.deepEqual(await reasons(backup), ['spacing', 'spacing'])
      assert.deepEqual([readdirSync(dirname(backup)), readFileSync(backup).equals(bytes)], [['of 100 % ?.db'], true])
      const other = join(directory, 'other.db')
      const raw = new DatabaseSync(other)
      raw.exec('create table songs (title text)')
      raw.close()
      assert.throws(() => openSnapshot(other), says(/belongs to another program/))
      writeFileSync(other, `SQLite format 3\0${'not really'.repeat(500)}`)
      assert.throws(() => openSnapshot(other), says(/is (damaged|not a SQLite database)/))
    }))

  test('of another program is refused and left untouched', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'other.db')
      const raw = new DatabaseSync(path)
      raw.exec('create table songs (title text)')
      raw.close()
      const before = readFileSync(path)
      await assert.rejects(open(path), says(/belongs to another program/))
      assert.ok(readFileSync(path).equals(before))
    }))

  test('that is no database, or a damaged one, is refused with one sentence', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'notes.db')
      writeFileSync(path, 'these are notes, and not a database at all\n'.repeat(200))
      await assert.rejects(open(path), says(/is not a SQLite database/))
      const damaged = join(directory, 'damaged.db')
      await (await open(damaged)).close()
      const bytes = readFileSync(damaged)
      writeFileSync(damaged, bytes.fill(0x5a, 100, 8192))
      await assert.rejects(open(damaged), says(/is damaged/))
    }))

  test('that is read-only is refused with one sentence, when it is opened or when it is first written to', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      await (await open(path)).close()
      // A write version above 2 makes SQLite treat the file as read-only (file format, offset 18), for root as well.
      const bytes = readFileSync(path)
      bytes[18] = 9
      writeFileSync(path, bytes)
      await assert.rejects(
        async () => {
          const store = await open(path)
          await store.wake([keyOf(1)]).finally(() => store.close())
        },
        says(/is read-only/),
      )
      if (process.getuid?.() === 0) return
      chmodSync(path, 0o400)
      await assert.rejects(open(path), says(/is read-only/))
    }))

  test('cannot stand where a directory or a file is in its way', () =>
    inDirectory(async (directory) => {
      await assert.rejects(open(directory), says(/is a directory/))
      writeFileSync(join(directory, 'file'), '')
      await assert.rejects(open(join(directory, 'file', 'anneal.db')), says(/a part of its path is a file/))
    }))

  test('refuses to change or delete what the audit trail says', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      const store = await open(path)
      await store.hold(keyOf(1), { by: 'kim', why: 'mine' })
      const raw = new DatabaseSync(path)
      assert.throws(() => raw.exec("update audit set message = 'nothing happened'"), /append-only/)
      assert.throws(() => raw.exec('delete from audit'), /append-only/)
      raw.close()
      assert.equal((await store.audit({})).length, 1)
      await store.close()
    }))

  test('keeps all of a commit and nothing of an open transaction when the process is killed', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-while-deciding.ts'), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      for await (const chunk of child.stdout) if (String(chunk).includes('inside')) child.kill('SIGKILL')
      const store = await open(path)
      assert.deepEqual(
        (await store.cases({})).map((view) => view.name),
        ['node-1'],
      )
      assert.deepEqual([(await store.attempts(keyOf(1))).length, (await store.attempts(keyOf(2))).length], [1, 0])
      await store.close()
    }))

  test('is worked on by several processes at once, from its very first opening', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'anneal.db')
      const run = promisify(execFile)
      const script = join(import.meta.dirname, 'many-passes.ts')
      await Promise.all([0, 100, 200].map((from) => run(process.execPath, [script, path, String(from)])))
      const store = await open(path)
      assert.equal((await store.cases({ open: true })).length, 60)
      assert.equal((await store.claim({ claimant: 'a', limit: 99, clouds: [CLOUD] })).length, 60)
      await store.close()
    }))

  test('in memory is every store’s own', async () => {
    const [one, two] = [await open(':memory:'), await open(':memory:')]
    await resetOf(one, 1)
    assert.equal((await two.attempts(keyOf(1))).length, 0)
    await Promise.all([one.close(), two.close()])
  })
})
