/** What our dialect does that Kysely's own does not: limits that keep a statement prepared, and rows that are plain objects. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely, sql } from 'kysely'
import { sqliteDialect } from './sqlite-dialect.ts'

const opened = () => new Kysely<{ t: { a: number; b: string | null } }>({ dialect: sqliteDialect(new DatabaseSync(':memory:'), 'a test') })

test('a limit stands in the text, since SQLite would prepare the statement anew for each one that is bound', async () => {
  const db = opened()
  const query = db.selectFrom('t').selectAll().where('a', '>', 1).limit(3).offset(2).compile()
  assert.equal(query.sql, 'select * from "t" where "a" > ? limit 3 offset ?')
  assert.deepEqual(query.parameters, [1, 2])
  await db.destroy()
})

test('rows are plain objects with their columns in order, also those of a statement that writes', async () => {
  const db = opened()
  await sql`create table t (a integer, b text)`.execute(db)
  const inserted = await db
    .insertInto('t')
    .values([
      { a: 1, b: 'x' },
      { a: 2, b: null },
    ])
    .returning(['b', 'a'])
    .execute()
  assert.deepEqual(inserted, [
    { b: 'x', a: 1 },
    { b: null, a: 2 },
  ])
  assert.deepEqual(await db.selectFrom('t').selectAll().where('a', '=', 3).execute(), [])
  assert.equal((await db.updateTable('t').set({ b: 'y' }).executeTakeFirstOrThrow()).numUpdatedRows, 2n)
  await db.destroy()
})
