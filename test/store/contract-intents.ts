/** Intents: whether they may be sent, what came of them, and the marks they owe. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Intent } from '../../src/core/case.ts'
import type { Outcome } from '../../src/core/decision.ts'
import type { Store } from '../../src/store/store.ts'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, keyOf, pass, resetOf } from './given.ts'

const SAID = { by: 'kim', why: 'a reason' }
const marked = (kind: Outcome['kind'], mark: 'none' | 'written' | 'maybe'): Outcome => ({ kind, reason: `It was ${kind}.`, mark })

async function unmarkOf(store: Store, mark: string): Promise<Intent> {
  const decision = {
    kind: 'act',
    reason: 'mark-owed',
    message: 'Takes it back.',
    until: BEGIN + 60_000,
    act: 'unmark',
    plan: { act: 'unmark', mark },
  } as const
  const intent = await pass(store, 1, decision)
  if (intent === null) throw new Error('an unmark makes an intent')
  return intent
}

export function intentContract(open: Open): void {
  describe('intents', () => {
    test(
      'may be sent while nothing was said against them and their deadline lies ahead',
      on(open, async ({ store, clock }) => {
        await store.enrol(CLOUD, { mode: 'auto', policyHash: 'a' })
        const { id } = await resetOf(store, 1)
        clock.move(20_000)
        assert.deepEqual(await store.intentInForce(id), { ok: true })
        clock.move(1)
        assert.deepEqual(await store.intentInForce(id), { ok: false, reason: 'its deadline has passed' })
      }),
    )

    const against: [string, (store: Store) => Promise<unknown>][] = [
      ['a hold on the node', (store) => store.hold(keyOf(1), SAID)],
      ['a pause of the cloud', (store) => store.pause(CLOUD, SAID)],
      ['a pause of all clouds', (store) => store.pause(null, SAID)],
      ['a pause that was taken back at once', async (store) => [await store.pause(null, SAID), await store.resume(null, SAID)]],
      ['another mode', (store) => store.enrol(CLOUD, { mode: 'observe', policyHash: 'a' })],
      ['another policy', (store) => store.enrol(CLOUD, { mode: 'auto', policyHash: 'b' })],
    ]
    for (const [what, say] of against) {
      test(
        `are void after ${what}, said in the same millisecond by another process`,
        on(open, async ({ store, again }) => {
          await store.enrol(CLOUD, { mode: 'auto', policyHash: 'a' })
          const { id } = await resetOf(store, 1)
          await say(await again())
          assert.equal((await store.intentInForce(id)).ok, false)
        }),
      )
    }

    test(
      'stand where a word was said about something else',
      on(open, async ({ store }) => {
        await store.enrol(CLOUD, { mode: 'auto', policyHash: 'a' })
        const { id } = await resetOf(store, 1)
        await store.hold(keyOf(2), SAID)
        await store.pause('east', SAID)
        await store.enrol(CLOUD, { mode: 'auto', policyHash: 'a' })
        assert.deepEqual(await store.intentInForce(id), { ok: true })
      }),
    )

    test(
      'are not sent twice: a settled one is not in force',
      on(open, async ({ store }) => {
        const { id } = await resetOf(store, 1)
        await store.record(id, marked('accepted', 'written'))
        assert.equal((await store.intentInForce(id)).ok, false)
        assert.equal((await store.intentInForce('none-such')).ok, false)
      }),
    )

    const cases: [Outcome, string, boolean][] = [
      [marked('accepted', 'written'), 'written', false],
      [marked('unknown', 'written'), 'written', false],
      [marked('unknown', 'maybe'), 'maybe', false],
      [marked('refused', 'written'), 'owed', true],
      [marked('not-sent', 'written'), 'owed', true],
      [marked('not-sent', 'maybe'), 'maybe', true],
      [marked('refused', 'none'), 'none', true],
      [{ kind: 'not-sent', reason: 'Late.' }, 'none', true],
    ]
    for (const [outcome, markState, isEnded] of cases) {
      test(
        `leave the mark ${markState} where the reset was ${outcome.kind} with the mark ${outcome.mark ?? 'not named'}`,
        on(open, async ({ store }) => {
          const { id } = await resetOf(store, 1)
          await store.record(id, outcome)
          const [attempt] = await store.attempts(keyOf(1))
          assert.deepEqual([attempt?.outcome, attempt?.markState, attempt?.endedAt], [outcome.kind, markState, isEnded ? BEGIN : null])
        }),
      )
    }

    test(
      'return the mark that an accepted unmark took back, and only that one',
      on(open, async ({ store, clock }) => {
        for (const _ of [1, 2]) {
          await store.record((await resetOf(store, 1)).id, marked('refused', 'written'))
          clock.move(1000)
        }
        const unmark = await unmarkOf(store, new Date(BEGIN).toISOString())
        await store.record(unmark.id, { kind: 'accepted', reason: 'Taken back.' })
        const states = (await store.attempts(keyOf(1))).map((attempt) => `${attempt.act} ${attempt.markState} ${attempt.endedAt !== null}`)
        assert.deepEqual(states, ['unmark none true', 'reset owed true', 'reset returned true'])
      }),
    )

    test(
      'return the mark too where a later read shows that the unmark happened',
      on(open, async ({ store }) => {
        await store.record((await resetOf(store, 1)).id, marked('refused', 'written'))
        const unmark = await unmarkOf(store, new Date(BEGIN).toISOString())
        await pass(
          store,
          1,
          { kind: 'wait', reason: 'spacing', message: 'Waits.', until: BEGIN + 1, act: null },
          { settled: [{ id: unmark.id, outcome: 'accepted' }] },
        )
        assert.deepEqual(
          (await store.attempts(keyOf(1))).map((attempt) => attempt.markState),
          ['none', 'returned'],
        )
      }),
    )

    test(
      'keep the outcome that a later pass settled, and put a late word into the audit trail alone',
      on(open, async ({ store }) => {
        const { id } = await resetOf(store, 1)
        const settled = [{ id, outcome: 'not-sent', outcomeReason: 'A later read shows that it did not happen.' } as const]
        await pass(store, 1, { kind: 'wait', reason: 'spacing', message: 'Waits.', until: BEGIN + 1, act: null }, { settled })
        await store.record(id, marked('unknown', 'written'))
        const [attempt] = await store.attempts(keyOf(1))
        assert.deepEqual([attempt?.outcome, attempt?.endedAt], ['not-sent', BEGIN])
        assert.match((await store.timeline(keyOf(1))).at(-1)?.message ?? '', /Too late/)
      }),
    )

    test(
      'count and hold a place again where Ironic took after all what a read had not shown',
      on(open, async ({ store }) => {
        const { id } = await resetOf(store, 1)
        const settled = [{ id, outcome: 'not-sent', outcomeReason: 'A later read shows that it did not happen.' } as const]
        await pass(store, 1, { kind: 'wait', reason: 'spacing', message: 'Waits.', until: BEGIN + 1, act: null }, { settled })
        await store.record(id, marked('accepted', 'written'))
        const [attempt] = await store.attempts(keyOf(1))
        assert.deepEqual([attempt?.outcome, attempt?.markState, attempt?.endedAt], ['accepted', 'written', null])
      }),
    )

    test(
      'slow the whole cloud for a minute where Ironic said that it is at its limit',
      on(open, async ({ store }) => {
        const { id } = await resetOf(store, 1)
        await store.record(id, { kind: 'refused', reason: 'concurrent action limit', slowCloud: true })
        const fleet = await store.deciding(CLOUD, (tx) => tx.fleet(keyOf(2), { keys: {}, resource_class: null, within: 1 }))
        assert.equal(fleet.slowUntil, BEGIN + 60_000)
      }),
    )
  })
}
