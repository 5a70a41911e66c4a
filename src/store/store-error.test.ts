import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { StoreError, storeErrorOf } from './store-error.ts'

const errorOf = (work: () => void): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

test('says a full disk in one sentence that names the file', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('pragma max_page_count = 3')
  const full = errorOf(() => database.exec('create table t (x); insert into t values (zeroblob(100000))'))
  const error = storeErrorOf(full, '/var/lib/anneal.db')
  assert.ok(error instanceof StoreError)
  assert.equal(error.message, 'The database /var/lib/anneal.db cannot grow because the disk is full.')
  const system = storeErrorOf(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }), '/var/lib/anneal.db')
  assert.deepEqual(system, error)
})

test('passes on what means a bug of ours', () => {
  const database = new DatabaseSync(':memory:')
  const broken = errorOf(() => database.exec('select * from nowhere'))
  assert.equal(storeErrorOf(broken, 'x'), broken)
})
