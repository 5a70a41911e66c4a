/** A person's words: what they are said about, that saying them twice changes nothing, and that they are written down with who and why. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onFile } from '../../test/on-file.ts'
import { CLOUD, keyOf, pass, seenNode, wait } from '../../test/store/given.ts'
import { CommandError } from './command-error.ts'
import { holdNode, pauseClouds, releaseNode, resumeClouds, retryNode, unholdNode } from './words.ts'

const PAT = { by: 'pat', why: 'vendor visit' }
const conflict = (error: unknown) => error instanceof CommandError && error.kind === 'conflict'

test('a hold is in force at once, is written with who and why, and is said only once', () =>
  onFile(async ({ store }) => {
    await store.seen(CLOUD, [seenNode(1)], { complete: true })
    assert.equal((await holdNode(store, { cloud: null, node: 'node-1', ...PAT })).changed, true)
    assert.equal((await holdNode(store, { cloud: null, node: keyOf(1).uuid, ...PAT })).changed, false)
    assert.deepEqual(
      (await store.holds(CLOUD)).map(({ by, why }) => ({ by, why })),
      [PAT],
    )
    assert.deepEqual(
      (await store.audit({ kind: 'hold' })).map(({ by, message }) => [by, message]),
      [['pat', 'Held: vendor visit']],
    )
  }))

test('unhold ends a hold, and says where there was none', () =>
  onFile(async ({ store }) => {
    await store.seen(CLOUD, [seenNode(1)], { complete: true })
    await holdNode(store, { cloud: null, node: 'node-1', ...PAT })
    assert.equal((await unholdNode(store, { cloud: null, node: 'node-1', ...PAT })).changed, true)
    assert.deepEqual(await store.holds(CLOUD), [])
    const again = await unholdNode(store, { cloud: null, node: 'node-1', ...PAT })
    assert.deepEqual([again.changed, again.message], [false, 'node-1 was not held.'])
  }))

test('a retry of a node with nothing to retry is refused, and serves no failure of later', () =>
  onFile(async ({ store, clock }) => {
    await store.seen(CLOUD, [seenNode(1)], { complete: true })
    await assert.rejects(retryNode(store, { cloud: null, node: 'node-1', ...PAT }), conflict)
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    await pass(store, 1, wait(clock.now() + 60_000))
    await retryNode(store, { cloud: null, node: 'node-1', ...PAT })
    const words = await store.deciding(CLOUD, async (tx) => (await tx.load(keyOf(1))).words)
    assert.equal(words.retry?.by, 'pat')
  }))

test('a retry or a release that is said again with the same reason changes nothing, and is written once', () =>
  onFile(async ({ store }) => {
    const ours = { maintenance: true, maintenance_reason: 'anneal:c-00000000 bmc-fault: look at it' }
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' }), seenNode(2, ours)], { complete: true })
    for (const [say, node, kind] of [
      [retryNode, 'node-1', 'retry'],
      [releaseNode, 'node-2', 'release'],
    ] as const) {
      const said = []
      for (const word of [PAT, PAT, { ...PAT, by: 'kim' }, { ...PAT, why: 'another reason' }])
        said.push((await say(store, { cloud: null, node, ...word })).changed)
      assert.deepEqual(said, [true, false, false, true])
      assert.equal((await store.audit({ kind })).length, 2)
    }
  }))

test("a release is for Anneal's own quarantine; a person's maintenance is refused", () =>
  onFile(async ({ store }) => {
    const ours = { maintenance: true, maintenance_reason: 'anneal:c-00000000 bmc-fault: look at it' }
    const theirs = { maintenance: true, maintenance_reason: 'swapping a disk' }
    await store.seen(CLOUD, [seenNode(1, ours), seenNode(2, theirs), seenNode(3)], { complete: true })
    assert.equal((await releaseNode(store, { cloud: null, node: 'node-1', ...PAT })).changed, true)
    for (const node of ['node-2', 'node-3']) await assert.rejects(releaseNode(store, { cloud: null, node, ...PAT }), conflict)
  }))

test('pause and resume are words of one scope each, and resume says what still stands', () =>
  onFile(async ({ store }) => {
    await store.enrol('west', { mode: 'auto', policyHash: 'h' })
    assert.equal((await pauseClouds(store, { cloud: null, ...PAT })).changed, true)
    assert.equal((await pauseClouds(store, { cloud: null, ...PAT })).changed, false)
    const none = await resumeClouds(store, { cloud: 'west', ...PAT })
    assert.equal(none.changed, false)
    assert.match(none.message, /Still paused: all clouds, by pat/)
    await pauseClouds(store, { cloud: 'west', ...PAT })
    const all = await resumeClouds(store, { cloud: null, ...PAT })
    assert.equal(all.changed, true)
    assert.match(all.message, /Still paused: west, by pat/)
    assert.equal((await store.pausedBy('west'))?.cloud, 'west')
  }))
