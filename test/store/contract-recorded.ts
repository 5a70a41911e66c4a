/** What is kept of a decision so that it can be decided again, and how it is read. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { KeptDecision } from '../../src/store/observations.ts'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, keyOf, pass, passIn, reset, resetOf, wait } from './given.ts'

const LATER = wait(BEGIN + 60_000)
const DAY = 86_400_000
const who = (kept: KeptDecision[]): string[] => kept.map(({ observation, kind }) => `${observation.uuid.slice(-1)} ${kind}`)

export function recordedContract(open: Open): void {
  describe('recorded decisions', () => {
    test(
      'hold all that was decided on as it was loaded, and the decision, with the time of its transaction',
      on(open, async ({ store, clock }) => {
        const intent = await resetOf(store, 1)
        await store.record(intent.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        await store.hold(keyOf(1), { by: 'kim', why: 'mine' })
        clock.move(60_000)
        const loaded = await store.deciding(CLOUD, async (tx) => {
          const before = await tx.load(keyOf(1))
          await passIn(tx, 1, LATER)
          return before
        })
        const [first, second] = await store.recorded({})
        assert.deepEqual(first?.recorded?.grounds.case, null)
        assert.deepEqual(first?.recorded?.decision, reset(BEGIN + 60_000))
        const { grounds, ...rest } = second?.recorded ?? assert.fail('nothing was recorded')
        assert.deepEqual([rest.now, rest.decision, rest.policy, rest.cause], [BEGIN + 60_000, LATER, DEFAULT_POLICY, 'bmc-unreachable'])
        assert.deepEqual(rest.observation, second?.observation)
        assert.deepEqual(grounds.case, { ...loaded.case, diagnosis: null })
        assert.deepEqual(
          [grounds.attempts, grounds.words, grounds.person, grounds.firstPass],
          [loaded.attempts, loaded.words, loaded.person, true],
        )
        assert.deepEqual([grounds.attempts[0]?.id, grounds.words.hold?.by, grounds.fleet.inFlight.cloud], [intent.id, 'kim', 0])
      }),
    )

    test(
      'are kept where a decision changes and before each act, and not where it only lasts',
      on(open, async ({ store }) => {
        for (const decision of [LATER, LATER, reset(BEGIN + 60_000)]) await pass(store, 1, decision)
        assert.deepEqual(who(await store.recorded({})), ['1 wait', '1 act'])
      }),
    )

    test(
      'are rolled back with the rest',
      on(open, async ({ store }) => {
        const broken = store.deciding(CLOUD, async (tx) => {
          await passIn(tx, 1, LATER)
          throw new Error('a bug')
        })
        await assert.rejects(broken, /a bug/)
        assert.deepEqual(await store.recorded({}), [])
      }),
    )

    test(
      'each have the policy that decided, whatever it was changed to since',
      on(open, async ({ store, again }) => {
        const strict = { ...DEFAULT_POLICY, resets: { max: 1, window: 'lifetime' as const } }
        await pass(store, 1, LATER)
        await pass(await again(), 2, LATER, { policy: strict })
        await pass(store, 3, LATER)
        assert.deepEqual(
          (await store.recorded({})).map(({ recorded }) => recorded?.policy),
          [DEFAULT_POLICY, strict, DEFAULT_POLICY],
        )
      }),
    )

    test(
      'are found by cloud, node, case and time, oldest first, a page at a time',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER)
        clock.move(DAY)
        await pass(store, 2, LATER)
        const caseId = (await store.caseOf(keyOf(2)))?.id ?? ''
        assert.deepEqual(who(await store.recorded({ cloud: CLOUD })), ['1 wait', '2 wait'])
        assert.deepEqual(await store.recorded({ cloud: 'east' }), [])
        assert.deepEqual(who(await store.recorded(keyOf(1))), ['1 wait'])
        assert.deepEqual(who(await store.recorded({ caseId })), ['2 wait'])
        assert.deepEqual(who(await store.recorded({ since: BEGIN + 1 })), ['2 wait'])
        for (let n = 3; n <= 130; n++) await pass(store, n, LATER)
        const seqs: number[] = []
        for (let page = await store.recorded({}); page.length > 0; page = await store.recorded({ after: seqs.at(-1) ?? 0 }))
          seqs.push(...page.map(({ seq }) => seq))
        assert.equal(seqs.length, 130)
        assert.deepEqual(
          seqs,
          [...new Set(seqs)].toSorted((a, b) => a - b),
        )
      }),
    )

    test(
      'go with their observation after 90 days',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER)
        clock.move(90 * DAY + 1)
        await store.prune(await store.now())
        assert.deepEqual(await store.recorded({}), [])
      }),
    )
  })
}
