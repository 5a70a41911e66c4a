/** Listings: polls, censuses, and what is remembered of people's hands. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, keyOf, observation, pass, resolve, seenNode, wait } from './given.ts'

const clouds = [CLOUD]
const POLL = { complete: false }
const CENSUS = { complete: true }

export function seenContract(open: Open): void {
  describe('listings', () => {
    test(
      'returns new nodes and wakes only those in a watched state',
      on(open, async ({ store }) => {
        const changed = await store.seen(CLOUD, [seenNode(1), seenNode(2, { provision_state: 'error' })], CENSUS)
        assert.deepEqual(changed, [keyOf(1), keyOf(2)])
        assert.deepEqual(await store.claim({ claimant: 'a', limit: 9, clouds }), [keyOf(2)])
      }),
    )

    test(
      'returns nothing and writes no time for a node that is as it was',
      on(open, async ({ store, clock }) => {
        await store.seen(CLOUD, [seenNode(1)], CENSUS)
        clock.move(15_000)
        assert.deepEqual(await store.seen(CLOUD, [seenNode(1)], CENSUS), [])
        const [node] = await store.nodes({ cloud: CLOUD })
        assert.equal(node?.seenAt, BEGIN)
      }),
    )

    test(
      'keeps a new name without calling the node changed',
      on(open, async ({ store }) => {
        await store.seen(CLOUD, [seenNode(1)], CENSUS)
        assert.deepEqual(await store.seen(CLOUD, [seenNode(1, { name: 'renamed' })], CENSUS), [])
        assert.deepEqual(await store.findNodes(null, 'renamed'), [{ ...keyOf(1), name: 'renamed' }])
        assert.deepEqual(await store.findNodes(CLOUD, keyOf(1).uuid), [{ ...keyOf(1), name: 'renamed' }])
        assert.deepEqual(await store.findNodes('east', 'renamed'), [])
      }),
    )

    test(
      'tells nodes that are known from those with an open case, and from strangers and nodes of another cloud',
      on(open, async ({ store, clock }) => {
        await store.seen(CLOUD, [seenNode(1), seenNode(2), seenNode(3)], CENSUS)
        await store.seen('east', [seenNode(4)], CENSUS)
        await pass(store, 2, wait(clock.now() + 1000))
        await pass(store, 3, wait(clock.now() + 1000))
        await pass(store, 3, resolve)
        const uuids = [1, 2, 3, 4, 5].map((n) => keyOf(n).uuid)
        assert.deepEqual(Object.fromEntries(await store.nodeStandings(CLOUD, uuids)), {
          [keyOf(1).uuid]: 'known',
          [keyOf(2).uuid]: 'in-case',
          [keyOf(3).uuid]: 'known',
        })
        assert.equal((await store.nodeStandings(CLOUD, [])).size, 0)
      }),
    )

    test(
      'wakes a changed node of an open case whatever its state',
      on(open, async ({ store }) => {
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], POLL)
        await pass(store, 1, wait(BEGIN + 90_000))
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'active' })], CENSUS)
        assert.equal(await store.nextDue(clouds), BEGIN)
      }),
    )

    test(
      'shows a node that left the polled states as the last pass read it, and not as it was before the newest listing',
      on(open, async ({ store, clock }) => {
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'deleting' })], POLL)
        clock.move(5_000)
        const healed = observation(1, BEGIN + 5_000, { provision_state: 'available' })
        await pass(store, 1, wait(BEGIN + 90_000), { observation: healed })
        assert.equal((await store.nodes({ cloud: CLOUD }))[0]?.provision_state, 'available')
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], POLL)
        await pass(store, 1, wait(BEGIN + 90_000), { observation: observation(1, BEGIN + 4_000, { provision_state: 'available' }) })
        assert.equal((await store.nodes({ cloud: CLOUD }))[0]?.provision_state, 'error')
      }),
    )

    test(
      'finds again a node in a watched state whose wake was lost',
      on(open, async ({ store }) => {
        const failed = seenNode(1, { provision_state: 'error' })
        await store.seen(CLOUD, [failed], POLL)
        await pass(store, 1, resolve)
        assert.equal(await store.nextDue(clouds), null)
        assert.deepEqual(await store.seen(CLOUD, [failed], POLL), [])
        assert.deepEqual(await store.claim({ claimant: 'a', limit: 1, clouds }), [keyOf(1)])
      }),
    )

    test(
      'marks nodes missing from a census and never deletes them',
      on(open, async ({ store, clock }) => {
        await store.seen(CLOUD, [seenNode(1), seenNode(2)], CENSUS)
        clock.move(1000)
        await store.seen(CLOUD, [seenNode(2)], CENSUS)
        assert.deepEqual(
          (await store.nodes({ cloud: CLOUD })).map((node) => node.missingSince),
          [BEGIN + 1000, null],
        )
        await store.seen(CLOUD, [seenNode(1)], POLL)
        assert.deepEqual(
          (await store.nodes({ cloud: CLOUD })).map((node) => node.missingSince),
          [null, null],
        )
      }),
    )

    test(
      'wakes a case’s node once when it leaves the polled lists',
      on(open, async ({ store, clock }) => {
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], POLL)
        await pass(store, 1, wait(BEGIN + 90_000))
        clock.move(15_000)
        assert.deepEqual(await store.openCaseKeys(CLOUD), [keyOf(1)])
        assert.equal(await store.wakeMissing([keyOf(1)]), 1)
        assert.equal(await store.nextDue(clouds), BEGIN + 15_000)
        await pass(store, 1, wait(BEGIN + 90_000))
        assert.equal(await store.wakeMissing([keyOf(1)]), 0)
        assert.equal(await store.nextDue(clouds), BEGIN + 90_000)
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], POLL)
        assert.equal(await store.wakeMissing([keyOf(1)]), 1)
      }),
    )

    test(
      'holds a node whose maintenance by a person Ironic lifted together with its fault',
      on(open, async ({ store }) => {
        const byPerson = { maintenance: true, maintenance_reason: 'bad disk, waiting for parts' }
        await store.seen(CLOUD, [seenNode(1, byPerson)], CENSUS)
        await store.seen(CLOUD, [seenNode(1, { ...byPerson, fault: 'power failure' })], CENSUS)
        assert.deepEqual(await store.holds(CLOUD), [])
        await store.seen(CLOUD, [seenNode(1)], CENSUS)
        const [hold] = await store.holds(CLOUD)
        assert.equal(hold?.source, 'maintenance-lifted-by-ironic')
        assert.match(hold?.why ?? '', /bad disk, waiting for parts/)
        await store.unhold(keyOf(1), { by: 'kim', why: 'disk replaced' })
        await store.seen(CLOUD, [seenNode(1)], CENSUS)
        assert.deepEqual(await store.holds(CLOUD), [])
      }),
    )

    test(
      'does not hold a node whose maintenance the person lifted',
      on(open, async ({ store }) => {
        await store.seen(CLOUD, [seenNode(1, { maintenance: true, maintenance_reason: 'mine' })], CENSUS)
        await store.seen(CLOUD, [seenNode(1)], CENSUS)
        assert.deepEqual(await store.holds(CLOUD), [])
      }),
    )

    test(
      'shares the memory of a person’s hand between polls and passes',
      on(open, async ({ store, clock }) => {
        const byPerson = { maintenance: true, maintenance_reason: 'mine', fault: 'power failure' }
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], POLL)
        clock.move(1000)
        await pass(store, 1, wait(BEGIN + 90_000), { observation: observation(1, BEGIN + 1000, byPerson) })
        await store.deciding(CLOUD, async (tx) => assert.equal((await tx.load(keyOf(1))).person?.maintenance_reason, 'mine'))
        await pass(store, 1, wait(BEGIN + 90_000))
        assert.equal((await store.holds(CLOUD))[0]?.source, 'maintenance-lifted-by-ironic')
      }),
    )

    test(
      'doubts a census that shrank until it was counted three times 5 min apart, whichever comes first, listing or judgement',
      on(open, async ({ store, clock }) => {
        const all = Array.from({ length: 20 }, (_, n) => seenNode(n, { resource_class: n < 12 ? 'gpu' : 'compute' }))
        const size = async (resource_class: string) => {
          const sums = await store.deciding(CLOUD, (tx) => tx.fleet(keyOf(1), { keys: {}, resource_class, within: 1000 }))
          return [sums.census.total, sums.census.inClass, sums.census.doubtful === null]
        }
        await store.census(CLOUD, 20)
        await store.seen(CLOUD, all, CENSUS)
        assert.deepEqual(await size('gpu'), [20, 12, true])
        for (const last of [false, false, true]) {
          await store.seen(CLOUD, all.slice(0, 10), CENSUS)
          assert.equal((await store.census(CLOUD, 10)).doubtful === null, last)
          assert.deepEqual(await size('compute'), last ? [10, 0, true] : [20, 8, false])
          clock.move(5 * 60_000)
        }
        assert.deepEqual(await size('gpu'), [10, 10, true])
        await store.seen(CLOUD, [], CENSUS)
        assert.match((await store.census(CLOUD, 0)).doubtful ?? '', /no nodes at all/)
        assert.deepEqual(await size('gpu'), [10, 10, false])
      }),
    )
  })
}
