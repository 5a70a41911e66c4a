/** What only a server can do: refuse, be too old, be somebody else's, go away and come back, be asked by several at once. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type PostgresPlace, postgresPlace } from '../../src/store/database-place.ts'
import { SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { inPostgres } from '../../src/store/postgres-migrations.ts'
import { tooOld } from '../../src/store/postgres-pool.ts'
import { recordsAt } from '../../src/store/records.ts'
import { openPostgresStore, type Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { BEGIN, CLOUD, keyOf, newId, pass, resetOf, seeded, wait } from '../store/given.ts'
import { type Cluster, freePort, PASSWORD } from './cluster.ts'
import { onDatabase, openedFrom } from './contract.ts'

const realClock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => Promise.reject(new Error('nobody sleeps')) }
const open = (place: PostgresPlace, clock = realClock): Promise<Store> => openPostgresStore({ place, clock, newId, random: seeded(1) })

/** One clear line with something to do, and no password in it. */
const says = (sentence: RegExp, isConfiguration: boolean) => (error: unknown) => {
  assert.ok(error instanceof StoreError, String(error))
  assert.match(error.message, sentence)
  assert.doesNotMatch(`${error.message} ${error.fix} ${error.stack}`, new RegExp(`${PASSWORD}|wrong-word`))
  assert.doesNotMatch(error.message, /\n/)
  assert.deepEqual([error.fix === '', error.isConfiguration], [false, isConfiguration])
  return true
}

const at = (url: string): PostgresPlace => ({ kind: 'postgres', url, shown: new URL(url).host })

export function serverTests(cluster: Cluster, template: string): void {
  describe('a PostgreSQL server', () => {
    test('that is not there is said to be silent', async () => {
      const port = await freePort()
      await assert.rejects(open(at(`postgres://op:wrong-word@127.0.0.1:${port}/anneal`)), says(/does not answer/, false))
    })

    test('on a host that nobody knows is a mistake in the address', () =>
      assert.rejects(open(at('postgres://op:wrong-word@nowhere.invalid/anneal')), (error) => {
        assert.ok(error instanceof StoreError)
        assert.match(error.message, /nobody knows|does not answer/)
        return true
      }))

    test('that speaks no TLS where TLS is wanted, or is to be trusted by a file that is not there, says so', async () => {
      const { place } = await cluster.database()
      const wanting = (query: string) => postgresPlace(`${place.url}?${query}`) ?? assert.fail()
      await assert.rejects(open(wanting('sslmode=require')), says(/speaks no TLS/, true))
      await assert.rejects(open(wanting('sslmode=verify-full&sslrootcert=/nope.pem')), says(/file cannot be read/, true))
    })

    test('that refuses the password says so', async () => {
      const { name } = await cluster.database()
      await assert.rejects(open(cluster.place(name, 'wrong-word')), says(/does not let this user in/, true))
    })

    test('without a database of this name says so', () => assert.rejects(open(cluster.place('no_such')), says(/does not exist/, true)))

    test('that is older than 15 is refused', () =>
      assert.match(tooOld(14, 'postgres://db/a').message, /PostgreSQL 14, and Anneal needs 15/))

    test('that does not wait for its disk is refused', async () => {
      const { name, place } = await cluster.database(template)
      await cluster.ask(name, `alter database ${name} set synchronous_commit = off`)
      await assert.rejects(open(place), says(/does not wait for its disk/, true))
    })

    test('with a database of a newer version or of another program is left as it is', async () => {
      const newer = await cluster.database(template)
      await cluster.ask(newer.name, 'insert into schema_version values (99, 0)')
      await assert.rejects(open(newer.place), says(/written by a newer anneal \(schema 99/, true))
      const other = await cluster.database()
      await cluster.ask(other.name, 'create table theirs (id int)')
      await assert.rejects(open(other.place), says(/belongs to another program/, true))
    })

    test('that a newer version brought up to date under a replica lets it decide nothing more', async () => {
      const { store, name, remove } = await openedFrom(cluster, template)
      const intent = await resetOf(store, 1)
      await cluster.ask(name, 'insert into schema_version values (99, 0)')
      await assert.rejects(pass(store, 2, wait(BEGIN + 1)), says(/written by a newer anneal \(schema 99/, true))
      await assert.rejects(store.record(intent.id, { kind: 'accepted', reason: 'late' }), StoreError)
      await remove()
    })

    test('whose rights are too few says so', async () => {
      const { name, place } = await cluster.database()
      await cluster.ask(name, `create role guest login password '${PASSWORD}'`)
      await assert.rejects(open({ ...place, url: place.url.replace('//anneal:', '//guest:') }), says(/too few rights/, true))
    })

    test('by whose clock this machine is far off is refused', async () => {
      const { place } = await cluster.database(template)
      const clock = { ...realClock, now: () => Date.now() + 60_000 }
      await assert.rejects(open(place, clock), says(/clock of this machine is 60 s ahead/, false))
    })

    test('whose clock is a little off gives the time all the same', async () => {
      const { place } = await cluster.database(template)
      const store = await open(place, { ...realClock, now: () => Date.now() + 3_000 })
      assert.ok(Math.abs((await store.now()) - Date.now()) < 1_000)
      await store.close()
    })

    test('is given its schema once by however many start at the same moment', async () => {
      const { name, place } = await cluster.database()
      const stores = await Promise.all([1, 2, 3, 4].map(() => open(place)))
      const { rows } = await cluster.ask(name, 'select version from schema_version order by version')
      assert.deepEqual(
        rows.map(({ version }) => Number(version)),
        Array.from({ length: SCHEMA_VERSION }, (_, at) => at + 1),
      )
      for (const store of stores) await store.close()
    })

    test('is read as of one moment, and not written', async () => {
      const { store, place, remove } = await openedFrom(cluster, template)
      await pass(store, 1, wait(BEGIN + 1))
      const records = await recordsAt(place)
      assert.equal((await records?.cases({}))?.length, 1)
      await pass(store, 2, wait(BEGIN + 1))
      assert.equal((await records?.cases({}))?.length, 1)
      await records?.close()
      assert.equal(await recordsAt((await cluster.database()).place), null)
      await remove()
    })

    test('keeps the audit trail as it was written', async () => {
      const { store, name, remove } = await openedFrom(cluster, template)
      await store.hold(keyOf(1), { by: 'pat', why: 'disks' })
      for (const change of ['delete from audit', "update audit set by = 'x'", 'truncate audit'])
        await assert.rejects(cluster.ask(name, change), /append-only/)
      await remove()
    })

    test('numbers entries of the trail as they are committed, whichever began first', async () => {
      const { store, again, remove } = await openedFrom(cluster, template)
      const other = await again()
      const slow = store.deciding('west', async (tx) => {
        await tx.now()
        await other.pause('east', { by: 'pat', why: 'first' })
      })
      await slow
      const clouds = ['a', 'b', 'c', 'd', 'e', 'f']
      const seen: number[] = []
      let isOver = false
      const reader = (async () => {
        while (!isOver) for (const { id } of await store.audit({ after: seen.at(-1) ?? 0 })) seen.push(id)
      })()
      for (let round = 0; round < 5; round++)
        await Promise.all(clouds.map((cloud, of) => (of % 2 === 0 ? store : other).pause(cloud, { by: 'pat', why: String(round) })))
      isOver = true
      await reader
      for (const { id } of await store.audit({ after: seen.at(-1) ?? 0 })) seen.push(id)
      assert.deepEqual(
        seen,
        (await store.audit({ limit: 500 })).map(({ id }) => id),
      )
      assert.equal(seen.length, 31)
      await remove()
    })

    test('gives each due node to one of many who claim at the same moment', async () => {
      const { store, again, remove } = await openedFrom(cluster, template)
      const stores = [store, await again(), await again()]
      const keys = Array.from({ length: 60 }, (_, n) => keyOf(n))
      await store.wake(keys)
      const claims = Array.from({ length: 30 }, (_, n) => stores[n % 3]?.claim({ claimant: `c${n}`, limit: 3, clouds: [CLOUD] }))
      const taken = (await Promise.all(claims)).flatMap((keysTaken) => (keysTaken ?? []).map(({ uuid }) => uuid))
      while (taken.length < keys.length) {
        const more = await store.claim({ claimant: 'rest', limit: 3, clouds: [CLOUD] })
        if (more.length === 0) break
        taken.push(...more.map(({ uuid }) => uuid))
      }
      assert.deepEqual([taken.length, new Set(taken).size], [60, 60])
      await remove()
    })

    test('calls out to the others that a node was woken', async () => {
      const { store, again, remove } = await openedFrom(cluster, template)
      const other = await again()
      const { promise, resolve } = Promise.withResolvers<void>()
      store.replicas?.onWake(resolve)
      while ((await store.replicas?.count()) === 0) await new Promise((next) => setTimeout(next, 10))
      await other.wake([keyOf(1)])
      await promise
      await remove()
    })

    test('takes a round whose next one is due at a fraction of a millisecond, as monotonic time has it', async () => {
      const { store, clock, remove } = await openedFrom(cluster, template)
      const round = { cloud: CLOUD, kind: 'census' } as const
      const begin = () => store.replicas?.rounds.begin(round, { ownMs: 1_000, everyMs: 10_000, patienceMs: 0 })
      assert.equal(await begin(), null)
      await store.replicas?.rounds.end(round, 2_000.4)
      assert.equal(await begin(), clock.now() + 2_000)
      await remove()
    })

    test('has claims of half a minute, though the clock of the machine is set by an hour meanwhile', async () => {
      const { name, place } = await cluster.database(template)
      let off = 0
      const store = await open(place, { ...realClock, now: () => Date.now() + off })
      await store.wake([keyOf(1)])
      off = 3_600_000
      assert.equal((await store.claim({ claimant: 'c', limit: 1, clouds: [CLOUD] })).length, 1)
      const { rows } = await cluster.ask(name, 'select "claimUntil" - extract(epoch from clock_timestamp()) * 1000 as left from due')
      assert.ok(Number(rows[0].left) < 31_000, `${rows[0].left} ms left`)
      await store.close()
    })

    test('holds text of any character', async () => {
      const { store, remove } = await openedFrom(cluster, template)
      await store.hold(keyOf(1), { by: 'pat', why: 'a\u0000b \u{1f600} \ud800' })
      assert.deepEqual(
        (await store.holds(CLOUD)).map(({ why }) => why),
        ['a\ufffdb \u{1f600} \ufffd'],
      )
      await remove()
    })
  })
  outageTests(cluster, template)
}

function outageTests(cluster: Cluster, template: string): void {
  describe('a PostgreSQL server that goes away', () => {
    test('is said to be lost, takes back what was not committed, and is worked on again when it is back', async () => {
      const { store, remove } = await openedFrom(cluster, template)
      await pass(store, 1, wait(BEGIN + 1))
      await assert.rejects(
        store.deciding(CLOUD, async (tx) => {
          await tx.load(keyOf(1))
          await cluster.stop('immediate')
          return await tx.load(keyOf(1))
        }),
        says(/was lost|does not answer|starting or stopping/, false),
      )
      await assert.rejects(store.cases({}), says(/was lost|does not answer/, false))
      await cluster.start()
      assert.equal((await store.cases({})).length, 1)
      assert.equal((await resetOf(store, 1)).act, 'reset')
      await remove()
    })

    test('between two questions takes no process along', async () => {
      const { store, remove } = await openedFrom(cluster, template)
      await Promise.all([store.cases({}), store.nodes({}), store.clouds()])
      store.replicas?.onWake(() => {})
      while ((await store.replicas?.count()) === 0) await new Promise((next) => setTimeout(next, 10))
      await cluster.stop('fast')
      await cluster.start()
      assert.deepEqual(await store.cases({}), [])
      store.replicas?.onWake(() => {})
      while ((await store.replicas?.count()) === 0) await new Promise((next) => setTimeout(next, 10))
      await remove()
    })

    test('as a commit is on its way leaves an intent whole or none at all, and nothing is sent on it', async () => {
      const { store, place, clock, remove } = await openedFrom(cluster, template)
      const deciding = resetOf(store, 1)
      const cut = cluster.stop('immediate')
      const made = await deciding.then(
        (intent) => intent.id,
        () => null,
      )
      await cut
      await cluster.start()
      const again = await onDatabase(place, clock)()
      const kept = await again.attempts(keyOf(1))
      if (made !== null) assert.deepEqual([kept.map(({ id }) => id), kept[0]?.outcome], [[made], null])
      else assert.ok(kept.length <= 1 && kept.every(({ outcome }) => outcome === null))
      await again.close()
      await remove()
    })
  })

  test('a step of the schema is the same in the words of either database', () => {
    assert.equal(
      inPostgres(
        'create table t (\n  id integer primary key autoincrement, caseId text not null, text text, at integer\n) strict, without rowid;',
      ),
      'create table t (\n  id bigint generated by default as identity primary key, "caseId" text collate "C" not null, text text collate "C", at bigint\n);',
    )
  })
}
