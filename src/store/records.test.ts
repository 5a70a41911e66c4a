/** Records are as of one moment, and reading them leaves everything as it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onFile } from '../../test/on-file.ts'
import { CLOUD, keyOf, seenNode } from '../../test/store/given.ts'
import { openRecords } from './records.ts'

test('what is written while somebody reads is not seen by them, and is written all the same', async () => {
  await onFile(async ({ store, path }) => {
    await store.seen(CLOUD, [seenNode(1)], { complete: true })
    const records = openRecords(path)
    assert.ok(records)
    assert.equal(await records.countNodes({ cloud: CLOUD }), 1)
    await store.seen(CLOUD, [seenNode(1), seenNode(2)], { complete: true })
    await store.hold(keyOf(2), { by: 'pat', why: 'meanwhile' })
    assert.equal(await records.countNodes({ cloud: CLOUD }), 1)
    await records.close()
    assert.equal(await store.countNodes({ cloud: CLOUD }), 2)
  })
})

test('where there is no file there are no records, and none is made', () => {
  assert.equal(openRecords('/no/such/folder/anneal.db'), null)
})
