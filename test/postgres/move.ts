/** A whole site moves from SQLite to PostgreSQL and back: every row arrives, and the operator goes on where it was. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSite, writeSite } from '../../src/cli/site-file.ts'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import { type DatabasePlace, sqlitePlace } from '../../src/store/database-place.ts'
import { exportRows } from '../../src/store/move.ts'
import { asOfNow } from '../../src/store/records.ts'
import { openSqliteFile } from '../../src/store/sqlite-file.ts'
import { type Store, storeOver } from '../../src/store/store.ts'
import { brokenBy } from '../promises.ts'
import { type SimHome, type SimOperator, simOperator } from '../sim-operator.ts'
import { handClock, newId, seeded } from '../store/given.ts'
import type { Cluster } from './cluster.ts'
import { onDatabase } from './contract.ts'
import { simHome } from './sim-home.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const HEADER = { from: 'a database', by: '1.2.3', at: '2026-11-22T03:10:00.000Z' }

async function exported(place: DatabasePlace, file: string): Promise<string[]> {
  const db = await asOfNow(place)
  assert.ok(db)
  await writeSite(file, HEADER, exportRows(db))
  await db.destroy()
  return readFileSync(file, 'utf8').split('\n')
}

async function imported(store: Store, file: string): Promise<void> {
  const site = await readSite(file)
  await store.importRows(site.rows(), site.counts)
  await store.close()
}

const onFile = (path: string, seams = { clock: handClock(), newId, random: seeded(1) }) =>
  storeOver(openSqliteFile(path, seams.clock.now()), seams)

/** The operator has cases of all kinds: one under repair, one whose verb left as it died, one held, one not begun. */
async function inTheMiddle(op: SimOperator): Promise<void> {
  for (const name of ['node-1', 'node-2', 'node-3', 'node-4']) op.people.fail(name, BLIP)
  await op.store.hold(op.key('node-3'), { by: 'pat', why: 'a disk is on its way' })
  await op.sweep()
  await op.clock.advance(3 * MINUTE)
  op.dieAt('verbed')
  void op.begin()
  for (let at = 0; at < 30 && !op.died(); at += 1) await op.clock.advance(SECOND)
  assert.ok(op.died())
}

export function moveTests(cluster: Cluster, template: string): void {
  test('an operator that dies in the middle of its work goes on from SQLite on PostgreSQL, and from there on SQLite, with no second reset', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'anneal-move-'))
    const [first, last] = [sqlitePlace(join(folder, 'first.db')), sqlitePlace(join(folder, 'last.db'))]
    const { place } = await cluster.database(template)
    const postgres = simHome(place)
    const opens: SimHome['open'][] = [
      async ({ clock, newId: id, random }) => onFile(first.shown, { clock: { ...handClock(), ...clock }, newId: id, random }),
      postgres.open,
      async ({ clock, newId: id, random }) => onFile(last.shown, { clock: { ...handClock(), ...clock }, newId: id, random }),
    ]
    const op = await simOperator({ nodes: 12, home: { clock: postgres.clock, open: (seams) => (opens.shift() ?? postgres.open)(seams) } })
    try {
      await inTheMiddle(op)
      const before = await exported(first, join(folder, 'there.jsonl'))
      for (const part of ['["attempts",', '"outcome":null', '["words",', '["outbox",', '["observations",', '["due",'])
        assert.ok(
          before.some((line) => line.includes(part)),
          part,
        )
      await imported(await onDatabase(place)(), join(folder, 'there.jsonl'))
      assert.deepEqual(await exported(place, join(folder, 'here.jsonl')), before)

      const other = await op.beside()
      await other.sweepFor(4 * MINUTE)
      const working = await exported(place, join(folder, 'back.jsonl'))
      await imported(await onFile(last.shown), join(folder, 'back.jsonl'))
      assert.deepEqual(await exported(last, join(folder, 'again.jsonl')), working)

      const third = await op.beside()
      const names = ['node-1', 'node-2', 'node-4']
      await third.sweepUntil(() => names.every((name) => op.node(name).row.provision_state === 'available'), 90 * MINUTE)
      assert.deepEqual(
        names.map((name) => op.resets(name)),
        [1, 1, 1],
      )
      assert.equal(op.resets('node-3'), 0)
      assert.deepEqual(
        (await third.store.holds(null)).map(({ why }) => why),
        ['a disk is on its way'],
      )
      assert.deepEqual(brokenBy(op.cloud), [], 'promises')
    } finally {
      await op.close()
      rmSync(folder, { recursive: true })
    }
  })

  test('what is numbered goes on from there: the next entry of the trail is the next number', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'anneal-move-'))
    const file = sqlitePlace(join(folder, 'a.db'))
    const from = await onFile(file.shown)
    for (const why of ['one', 'two', 'three']) await from.pause('west', { by: 'pat', why })
    const newest = await from.newestAudit()
    await from.close()
    await exported(file, join(folder, 'a.jsonl'))
    const { place } = await cluster.database(template)
    await imported(await onDatabase(place)(), join(folder, 'a.jsonl'))
    const to = await onDatabase(place)()
    await to.resume('west', { by: 'pat', why: 'go on' })
    assert.equal(await to.newestAudit(), newest + 1)
    await to.close()
    rmSync(folder, { recursive: true })
  })
}
