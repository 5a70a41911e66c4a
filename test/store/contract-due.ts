/** The due table and its claims. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, keyOf, pass, resolve, wait } from './given.ts'

const clouds = [CLOUD]

export function dueContract(open: Open): void {
  describe('due', () => {
    test(
      'gives a due node to one claimant only',
      on(open, async ({ store, again }) => {
        const other = await again()
        await store.wake([keyOf(1), keyOf(2), keyOf(3)])
        const taken = await Promise.all([
          store.claim({ claimant: 'a', limit: 2, clouds }),
          other.claim({ claimant: 'b', limit: 2, clouds }),
          store.claim({ claimant: 'c', limit: 2, clouds }),
        ])
        assert.deepEqual(
          taken
            .flat()
            .map((key) => key.uuid)
            .toSorted(),
          [1, 2, 3].map((n) => keyOf(n).uuid),
        )
      }),
    )

    test(
      'gives the node that is longest due first and leaves what is not due yet',
      on(open, async ({ store, clock }) => {
        await store.wake([keyOf(1)], BEGIN + 3000)
        await store.wake([keyOf(2)], BEGIN + 1000)
        await store.wake([keyOf(3)], BEGIN + 9000)
        clock.move(5000)
        assert.deepEqual(await store.claim({ claimant: 'a', limit: 9, clouds }), [keyOf(2), keyOf(1)])
      }),
    )

    test(
      'claims only in the clouds that were asked for',
      on(open, async ({ store }) => {
        await store.wake([keyOf(1, 'east')])
        assert.deepEqual(await store.claim({ claimant: 'a', limit: 9, clouds }), [])
        assert.deepEqual(await store.claim({ claimant: 'a', limit: 9, clouds: [] }), [])
        assert.deepEqual(await store.claim({ claimant: 'a', limit: 9, clouds: ['east'] }), [keyOf(1, 'east')])
      }),
    )

    test(
      'leaves what is due to those whose policy is in force, for a while',
      on(open, async ({ store, clock }) => {
        await store.enrol(CLOUD, { mode: 'auto', policyHash: 'in force' })
        await store.wake([keyOf(1), keyOf(2)])
        const claim = (policyHash: string | null) => store.claim({ claimant: 'a', limit: 1, clouds, policyHash })
        assert.deepEqual(await claim('another'), [])
        assert.deepEqual(await claim('in force'), [keyOf(1)])
        clock.move(14_999)
        assert.deepEqual(await claim('another'), [])
        clock.move(1)
        assert.deepEqual(await claim('another'), [keyOf(2)])
        await store.wake([keyOf(3)])
        assert.deepEqual(await claim('another'), [])
        assert.deepEqual(await claim(null), [keyOf(3)])
      }),
    )

    test(
      'lets a claim lapse 30 s after it was taken or renewed',
      on(open, async ({ store, clock }) => {
        await store.wake([keyOf(1)])
        await store.claim({ claimant: 'a', limit: 1, clouds })
        clock.move(29_000)
        assert.equal(await store.renew('a', keyOf(1)), true)
        clock.move(29_999)
        assert.deepEqual(await store.claim({ claimant: 'b', limit: 1, clouds }), [])
        clock.move(1)
        assert.deepEqual(await store.claim({ claimant: 'b', limit: 1, clouds }), [keyOf(1)])
        assert.equal(await store.renew('a', keyOf(1)), false)
      }),
    )

    test(
      'lets go of the claims of dead processes at once, and of nobody else’s',
      on(open, async ({ store }) => {
        await store.wake([keyOf(1), keyOf(2)])
        await store.claim({ claimant: 'run-1', limit: 1, clouds })
        await store.claim({ claimant: 'sweep-1', limit: 1, clouds })
        await store.unclaimAll('run-')
        assert.deepEqual(await store.claim({ claimant: 'run-2', limit: 9, clouds }), [keyOf(1)])
      }),
    )

    test(
      'does not let a claimant give back what is another one’s by now',
      on(open, async ({ store, clock }) => {
        await store.wake([keyOf(1)])
        await store.claim({ claimant: 'a', limit: 1, clouds })
        clock.move(30_000)
        await store.claim({ claimant: 'b', limit: 1, clouds })
        await store.unclaim('a', keyOf(1))
        assert.deepEqual(await store.claim({ claimant: 'c', limit: 1, clouds }), [])
        await store.unclaim('b', keyOf(1))
        assert.deepEqual(await store.claim({ claimant: 'c', limit: 1, clouds }), [keyOf(1)])
      }),
    )

    test(
      'claims one node out of turn, unless another claim on it stands',
      on(open, async ({ store, clock }) => {
        await store.wake([keyOf(1)], BEGIN + 60_000)
        assert.equal(await store.claimOne('a', keyOf(1)), true)
        assert.equal(await store.claimOne('b', keyOf(1)), false)
        assert.equal(await store.claimOne('b', keyOf(2)), true)
        clock.move(30_000)
        assert.equal(await store.claimOne('b', keyOf(1)), true)
      }),
    )

    test(
      'never delays a node by waking it',
      on(open, async ({ store }) => {
        await store.wake([keyOf(1)], BEGIN + 1000)
        await store.wake([keyOf(1)], BEGIN + 5000)
        assert.equal(await store.nextDue(clouds), BEGIN + 1000)
        await store.wake([keyOf(1)])
        assert.equal(await store.nextDue(clouds), BEGIN)
      }),
    )

    test(
      'says when the next claim is possible, counting claims that stand',
      on(open, async ({ store }) => {
        assert.equal(await store.nextDue(clouds), null)
        await store.wake([keyOf(1)])
        await store.claim({ claimant: 'a', limit: 1, clouds })
        assert.equal(await store.nextDue(clouds), BEGIN + 30_000)
        await store.wake([keyOf(2)], BEGIN + 7000)
        assert.equal(await store.nextDue(clouds), BEGIN + 7000)
      }),
    )

    test(
      'looks again at the time the decision names, and not at all after a resolve',
      on(open, async ({ store, clock }) => {
        await store.wake([keyOf(1)])
        await store.claim({ claimant: 'a', limit: 1, clouds })
        await pass(store, 1, wait(BEGIN + 90_000))
        await store.unclaim('a', keyOf(1))
        assert.equal(await store.nextDue(clouds), BEGIN + 90_000)
        clock.move(90_000)
        await pass(store, 1, resolve)
        assert.equal(await store.nextDue(clouds), null)
      }),
    )

    test(
      'looks again by the time that the pass names where the decision waits for longer',
      on(open, async ({ store, clock }) => {
        const next = async (until: number, lookBy: number | null) => {
          await pass(store, 1, wait(until), { lookBy })
          return await store.nextDue(clouds)
        }
        assert.equal(await next(BEGIN + 90_000, BEGIN + 15_000), BEGIN + 15_000)
        assert.equal(await next(BEGIN + 9_000, BEGIN + 15_000), BEGIN + 9_000)
        assert.equal(await next(BEGIN + 90_000, null), BEGIN + 90_000)
        clock.move(90_000)
        await pass(store, 1, resolve, { lookBy: BEGIN + 95_000 })
        assert.equal(await store.nextDue(clouds), null)
      }),
    )

    test(
      'keeps a wake that came while the pass was under way',
      on(open, async ({ store, clock }) => {
        await store.wake([keyOf(1)])
        await store.claim({ claimant: 'a', limit: 1, clouds })
        clock.move(1000)
        await store.wake([keyOf(1)])
        await pass(store, 1, resolve)
        await store.unclaim('a', keyOf(1))
        assert.deepEqual(await store.claim({ claimant: 'a', limit: 1, clouds }), [keyOf(1)])
        await pass(store, 1, wait(BEGIN + 90_000))
        await store.unclaim('a', keyOf(1))
        assert.equal(await store.nextDue(clouds), BEGIN + 90_000)
      }),
    )
  })
}
