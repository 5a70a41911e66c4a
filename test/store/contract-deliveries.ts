/** Who has been told what: messages taken in, batches and their keys, tries, and what is given up. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Notice } from '../../src/core/leases.ts'
import { DEFAULT_POLICY, HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import type { Store } from '../../src/store/store.ts'
import { type Open, on } from './contract.ts'
import { BEGIN, keyOf, pass, reset, resolve, wait } from './given.ts'

const LATER = wait(BEGIN + HOUR)
const toAll = (store: Store, ...names: string[]) => store.takeMessages(() => names)

const lease = (id: string, user_id: string): Notice['lease'] => ({
  id,
  name: id,
  status: 'ACTIVE',
  project_id: 'p',
  user_id,
  start_date: '2026-11-22T03:00:00Z',
  end_date: '2026-11-23T03:00:00Z',
  reservation: null,
  host_id: '1',
  lostAt: null,
})

export function deliveryContract(open: Open): void {
  describe('deliveries', () => {
    test(
      'tell each receiver once, and a message is done with when the last one has it',
      on(open, async ({ store }) => {
        await pass(store, 1, LATER)
        assert.deepEqual([await toAll(store, 'a', 'b'), await toAll(store, 'a', 'b')], [1, 0])
        const batch = await store.nextBatch('a', 'me')
        assert.deepEqual([batch?.messages.map(({ kind }) => kind), batch?.messages[0]?.body.name], [['case-opened'], 'node-1'])
        await store.recordTry(batch ?? assert.fail(), { kind: 'sent' })
        assert.deepEqual([await store.nextBatch('a', 'me'), (await store.unsent(9)).length], [null, 1])
        await store.recordTry((await store.nextBatch('b', 'me')) ?? assert.fail(), { kind: 'sent' })
        assert.deepEqual([await store.unsent(9), await store.receiversWaiting()], [[], []])
      }),
    )

    test(
      'of a message that nobody wants are done with at once',
      on(open, async ({ store }) => {
        await pass(store, 1, LATER)
        await toAll(store)
        assert.deepEqual([await store.unsent(9), await toAll(store, 'configured later')], [[], 0])
      }),
    )

    test(
      'of what a person has seen are not told any more, but what may be under way, is about a lease or happens later is',
      on(open, async ({ store, clock }) => {
        const notices: Notice[] = [{ kind: 'lease-at-risk', lease: lease('l1', 'u1'), message: 'It may not be well.' }]
        await pass(store, 1, LATER)
        await toAll(store, 'a', 'b')
        const underWay = (await store.nextBatch('a', 'me')) ?? assert.fail()
        await pass(store, 1, { kind: 'escalate', reason: 'bmc-silent', message: 'Silent.', until: null, act: null }, { notices })
        const id = (await store.caseOf(keyOf(1)))?.id ?? ''
        assert.equal(await store.acknowledge({ kind: 'case', id, by: 'pat', why: 'seen', stood: 'x' }), true)
        await store.recordTry(underWay, { kind: 'sent' })
        await toAll(store, 'a', 'b')
        clock.move(2 * MINUTE)
        const kinds = async (receiver: string) => {
          const batch = (await store.nextBatch(receiver, 'me')) ?? assert.fail()
          await store.recordTry(batch, { kind: 'sent' })
          return batch.messages.map(({ kind }) => kind)
        }
        assert.deepEqual([await kinds('a'), await kinds('b')], [['lease-at-risk'], ['lease-at-risk']])
        assert.deepEqual(await store.unsent(9), [])
        await pass(store, 1, resolve)
        await toAll(store, 'a', 'b')
        clock.move(2 * MINUTE)
        assert.deepEqual([await kinds('a'), await kinds('b')], [['resolve'], ['resolve']])
        assert.equal(await store.acknowledge({ kind: 'case', id, by: 'pat', why: 'late', stood: 'x' }), false)
      }),
    )

    test(
      'of one case go out as one, the next ones a minute later',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, reset(BEGIN + HOUR))
        await toAll(store, 'a')
        const first = (await store.nextBatch('a', 'me')) ?? assert.fail()
        assert.deepEqual(
          first.messages.map(({ kind }) => kind),
          ['case-opened', 'act'],
        )
        await store.recordTry(first, { kind: 'sent' })
        await pass(store, 1, resolve)
        await pass(store, 2, LATER)
        await toAll(store, 'a')
        const other = (await store.nextBatch('a', 'me')) ?? assert.fail()
        assert.equal(other.messages[0]?.body.name, 'node-2')
        await store.recordTry(other, { kind: 'sent' })
        assert.equal(await store.nextBatch('a', 'me'), null)
        clock.move(MINUTE)
        assert.equal((await store.nextBatch('a', 'me'))?.messages[0]?.kind, 'resolve')
      }),
    )

    test(
      'of one incident go out as one, cases that joined it later with them',
      on(open, async ({ store }) => {
        await pass(store, 1, LATER, { keys: { switch: 'sw' } })
        await pass(store, 2, LATER, { keys: { switch: 'sw' }, incident: { open: { key: 'switch', value: 'sw', why: 'Both hang there.' } } })
        await pass(store, 3, LATER)
        await toAll(store, 'a')
        const batch = (await store.nextBatch('a', 'me')) ?? assert.fail()
        assert.match(batch.about, /^i-/)
        assert.deepEqual(batch.messages.map(({ kind, body }) => [kind, body.name]).toSorted(), [
          ['case-opened', 'node-1'],
          ['case-opened', 'node-2'],
          ['incident-opened', null],
        ])
      }),
    )

    test(
      'keep holders of different leases apart',
      on(open, async ({ store }) => {
        const policy = { ...DEFAULT_POLICY, blazar: { ...DEFAULT_POLICY.blazar, tellHolder: 'Your {node} failed.' } }
        const notices = [lease('one', 'ann'), lease('two', 'bob')].map(
          (held): Notice => ({
            kind: 'lease-on-failed-node',
            lease: held,
            message: 'It failed.',
          }),
        )
        await pass(store, 1, LATER, { notices, policy })
        await store.takeMessages(({ kind }) => (kind === 'to-holder' ? ['mail'] : []))
        const first = (await store.nextBatch('mail', 'me')) ?? assert.fail()
        await store.recordTry(first, { kind: 'sent' })
        const batches = [first, await store.nextBatch('mail', 'me')]
        assert.deepEqual(
          batches.map((batch) => batch?.messages.map(({ body }) => body.lease?.user_id)),
          [['ann'], ['bob']],
        )
      }),
    )

    test(
      'keep key and messages through tries and whoever tries, and let what is new about it wait',
      on(open, async ({ store, clock, again }) => {
        await pass(store, 1, LATER)
        await toAll(store, 'a')
        const first = (await store.nextBatch('a', 'dead')) ?? assert.fail()
        await pass(store, 1, reset(BEGIN + HOUR))
        await toAll(store, 'a')
        const next = await again()
        assert.equal(await next.nextBatch('a', 'me'), null)
        clock.move(MINUTE)
        const second = (await next.nextBatch('a', 'me')) ?? assert.fail()
        assert.deepEqual([second.key, second.messages], [first.key, first.messages])
        await next.recordTry(second, { kind: 'refused', retryAt: BEGIN + 2 * MINUTE })
        assert.equal(await next.nextBatch('a', 'me'), null)
        clock.move(MINUTE)
        const third = (await next.nextBatch('a', 'me')) ?? assert.fail()
        assert.deepEqual([third.key, third.tries, third.messages.length], [first.key, 1, 1])
      }),
    )

    test(
      'are claimed by one process at a time, and are free when it is known to be dead',
      on(open, async ({ store }) => {
        await pass(store, 1, LATER)
        await toAll(store, 'a')
        const held = await store.nextBatch('a', 'run-1')
        assert.equal(await store.nextBatch('a', 'sweep-1'), null)
        await store.unclaimAll('run-')
        assert.equal((await store.nextBatch('a', 'sweep-1'))?.key, held?.key)
      }),
    )

    test(
      'rest as a whole while the receiver is in trouble, and what is fresh goes first after that',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER)
        await toAll(store, 'a')
        const failed = (await store.nextBatch('a', 'me')) ?? assert.fail()
        await store.recordTry(failed, { kind: 'trouble', retryAt: BEGIN + 10 * SECOND })
        await pass(store, 2, LATER)
        await toAll(store, 'a')
        assert.equal(await store.nextBatch('a', 'me'), null)
        clock.move(10 * SECOND)
        const fresh = (await store.nextBatch('a', 'me')) ?? assert.fail()
        assert.deepEqual([fresh.messages[0]?.body.name, fresh.failures], ['node-2', 1])
        await store.recordTry(fresh, { kind: 'sent' })
        const again = (await store.nextBatch('a', 'me')) ?? assert.fail()
        assert.deepEqual([again.key, again.failures], [failed.key, 0])
      }),
    )

    test(
      'are not held up by a wall clock that was far ahead and is set back',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER)
        await toAll(store, 'a')
        clock.move(365 * 24 * HOUR)
        const ahead = (await store.nextBatch('a', 'me')) ?? assert.fail()
        await store.recordTry(ahead, { kind: 'trouble', retryAt: (await store.now()) + MINUTE })
        clock.move(-365 * 24 * HOUR)
        const again = (await store.nextBatch('a', 'other')) ?? assert.fail()
        assert.equal(again.key, ahead.key)
        clock.move(365 * 24 * HOUR)
        await store.recordTry(again, { kind: 'sent' })
        clock.move(-365 * 24 * HOUR)
        await pass(store, 1, reset(BEGIN + HOUR))
        await toAll(store, 'a')
        assert.equal((await store.nextBatch('a', 'other'))?.messages[0]?.kind, 'act')
      }),
    )

    test(
      'are given up when they are too old, for a receiver that is configured no more too, and the trail says so',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER)
        await toAll(store, 'a', 'gone')
        await store.recordTry((await store.nextBatch('a', 'me')) ?? assert.fail(), { kind: 'trouble', retryAt: BEGIN + HOUR })
        clock.move(HOUR)
        assert.deepEqual(await store.giveUpDeliveries(BEGIN), new Map())
        assert.deepEqual([...(await store.giveUpDeliveries(BEGIN + 1))].toSorted(), [
          ['a', 1],
          ['gone', 1],
        ])
        assert.deepEqual([await store.unsent(9), await store.nextBatch('a', 'me')], [[], null])
        assert.deepEqual(
          (await store.audit({ kind: 'not-told' })).map(({ message }) => message),
          [
            'a was not told of case-opened from 2026-11-22T03:10:00.000Z: given up after 1 try.',
            'gone was not told of case-opened from 2026-11-22T03:10:00.000Z: given up after 0 tries.',
          ],
        )
      }),
    )

    test(
      'of messages go with them after 90 days',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER)
        await toAll(store, 'a')
        await store.recordTry((await store.nextBatch('a', 'me')) ?? assert.fail(), { kind: 'sent' })
        clock.move(91 * 24 * HOUR)
        while ((await store.prune(await store.now())) > 0);
        assert.deepEqual(await store.receiversWaiting(), [])
      }),
    )
  })
}
