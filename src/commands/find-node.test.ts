/** Which node a person means, and what they are told when none or several fit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onFile } from '../../test/on-file.ts'
import { CLOUD, keyOf, seenNode } from '../../test/store/given.ts'
import { CommandError } from './command-error.ts'
import { findNode } from './find-node.ts'

const says = (kind: CommandError['kind'], words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CommandError, String(error))
  assert.equal(error.kind, kind)
  assert.match(`${error.message} ${error.fix}`, words)
  return true
}

test('a node is found by its name, and by its uuid in whatever case', () =>
  onFile(async ({ store }) => {
    await store.seen(CLOUD, [seenNode(1), seenNode(2)], { complete: true })
    assert.deepEqual(await findNode(store, { cloud: null, node: 'node-2' }), { ...keyOf(2), name: 'node-2' })
    assert.equal((await findNode(store, { cloud: CLOUD, node: keyOf(1).uuid.toUpperCase() })).name, 'node-1')
  }))

test('an unknown name is answered with the nearest one', () =>
  onFile(async ({ store }) => {
    await store.seen(CLOUD, [seenNode(1, { name: 'gpu-rack3-07' }), seenNode(2)], { complete: true })
    await assert.rejects(findNode(store, { cloud: null, node: 'gpu-rack3-70' }), says('not-found', /gpu-rack3-07/))
    await assert.rejects(findNode(store, { cloud: null, node: 'rack3' }), says('not-found', /gpu-rack3-07/))
  }))

test('a name longer than any is no name that is known', () =>
  onFile(async ({ store }) => {
    await store.seen(CLOUD, [seenNode(1)], { complete: true })
    await assert.rejects(findNode(store, { cloud: null, node: 'n'.repeat(60_000) }), says('not-found', /No known node/))
  }))

test('before the first listing a person is told to sweep', () =>
  onFile(async ({ store }) => {
    await assert.rejects(findNode(store, { cloud: null, node: 'node-1' }), says('not-found', /anneal sweep/))
  }))

test('one name in two clouds is answered with both uuids, and --os-cloud tells them apart', () =>
  onFile(async ({ store }) => {
    await store.seen('east', [seenNode(1, { name: 'twin' })], { complete: true })
    await store.seen('west', [seenNode(2, { name: 'twin' })], { complete: true })
    const both = new RegExp(`${keyOf(1).uuid} in east, ${keyOf(2).uuid} in west`)
    await assert.rejects(findNode(store, { cloud: null, node: 'twin' }), says('ambiguous', both))
    assert.equal((await findNode(store, { cloud: 'west', node: 'twin' })).uuid, keyOf(2).uuid)
  }))

test('one uuid in two clouds, which is one Ironic under two names, is told apart by the cloud alone', () =>
  onFile(async ({ store }) => {
    for (const cloud of ['east', 'west']) await store.seen(cloud, [seenNode(1)], { complete: true })
    await assert.rejects(
      findNode(store, { cloud: null, node: 'node-1' }),
      says('ambiguous', /2 nodes have this uuid.*Name the cloud with --os-cloud\.$/),
    )
  }))
