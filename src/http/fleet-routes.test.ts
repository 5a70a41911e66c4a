/** The fleet's sums over HTTP: one with the list of every node, and as new as what was written last. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, served } from '../../test/http.ts'
import { CLOUD, keyOf, pass, seenNode, wait } from '../../test/store/given.ts'
import { SHAPES } from './shapes.ts'

test('the sums are those of the list, by cloud too', () =>
  served(async ({ app, store, clock }) => {
    const listed = [1, 2, 3].map((n) => seenNode(n, { provision_state: n === 1 ? 'error' : 'available' }))
    await store.seen(CLOUD, listed, { complete: true })
    await pass(store, 1, wait(clock.now() + 60_000))
    for (const query of ['', `?cloud=${CLOUD}`]) {
      const { sums } = SHAPES.fleet.parse((await get(app, `/api/v1/fleet${query}`)).body)
      const { nodes } = SHAPES.fleetNodes.parse((await get(app, `/api/v1/fleet/nodes${query}`)).body)
      assert.deepEqual(
        sums.map(({ count, reason }) => [count, reason]),
        [
          [2, null],
          [1, 'spacing'],
        ],
      )
      assert.deepEqual(
        nodes.map(({ name, reason, since }) => [name, reason, since !== null]),
        [
          ['node-1', 'spacing', true],
          ['node-2', null, false],
          ['node-3', null, false],
        ],
      )
    }
    assert.equal((await get(app, '/api/v1/fleet?cloud=nowhere')).status, 404)
  }))

test('sums are counted once for all who ask within a second, and anew as soon as anything was written', () => {
  let counted = 0
  let monotonic = 0
  return served(
    async ({ app, store }) => {
      await store.seen(CLOUD, [seenNode(1)], { complete: true })
      const held = async () => SHAPES.fleet.parse((await get(app, '/api/v1/fleet')).body).sums.map((sum) => sum.held)
      for (let time = 0; time < 5; time++) assert.deepEqual(await held(), [false])
      assert.equal(counted, 1)
      await store.hold(keyOf(1), { by: 'pat', why: 'vendor visit' })
      assert.deepEqual(await held(), [true])
      assert.equal(counted, 2)
      monotonic = 1_000
      await held()
      assert.equal(counted, 3)
    },
    (store) => ({
      clock: { now: () => 0, monotonic: () => monotonic, sleep: async () => undefined },
      store: {
        ...store,
        fleetSums: (cloud) => {
          counted += 1
          return store.fleetSums(cloud)
        },
      },
    }),
  )
})
