/** What people say: in force, used up, audited, and a wake for what it is about. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Words } from '../../src/core/case.ts'
import type { Store } from '../../src/store/store.ts'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, keyOf, pass, resolve, wait } from './given.ts'

const HOUR = 3_600_000
const SAID = { by: 'kim', why: 'a reason' }
const LATER = wait(BEGIN + 48 * HOUR)

const words = (store: Store, n: number): Promise<Words> => store.deciding(CLOUD, async (tx) => (await tx.load(keyOf(n))).words)

export function wordContract(open: Open): void {
  describe('words', () => {
    test(
      'hold a node until unhold, wake it and name who said so',
      on(open, async ({ store }) => {
        await store.hold(keyOf(1), SAID)
        assert.equal(await store.nextDue([CLOUD]), BEGIN)
        assert.deepEqual((await words(store, 1)).hold, { ...SAID, at: BEGIN, source: 'command' })
        assert.equal((await words(store, 2)).hold, null)
        assert.equal(await store.unhold(keyOf(1), { by: 'lee', why: 'done' }), true)
        assert.equal(await store.unhold(keyOf(1), { by: 'lee', why: 'done' }), false)
        assert.equal((await words(store, 1)).hold, null)
        const said = (await store.audit({ uuid: keyOf(1).uuid })).map(({ by, kind, message }) => [by, kind, message])
        assert.deepEqual(said, [
          ['kim', 'hold', 'Held: a reason'],
          ['lee', 'unhold', 'No longer held: done'],
        ])
      }),
    )

    test(
      'pause one cloud or all, and wake every open case there',
      on(open, async ({ store }) => {
        await pass(store, 1, LATER)
        await pass(store, 2, LATER)
        await store.pause('east', SAID)
        assert.equal(await store.pausedBy(CLOUD), null)
        assert.equal(await store.nextDue([CLOUD]), BEGIN + 48 * HOUR)
        await store.pause(null, SAID)
        assert.deepEqual(await store.pausedBy(CLOUD), { cloud: null, ...SAID, at: BEGIN })
        assert.equal((await store.claim({ claimant: 'a', limit: 9, clouds: [CLOUD] })).length, 2)
        assert.equal((await words(store, 1)).pause?.by, 'kim')
        assert.equal(await store.resume(CLOUD, SAID), false)
        assert.equal(await store.resume(null, SAID), true)
        assert.equal(await store.pausedBy(CLOUD), null)
        assert.notEqual(await store.pausedBy('east'), null)
      }),
    )

    test(
      'approve one act for 24 h, and work once',
      on(open, async ({ store, clock }) => {
        const yes = { act: 'reset', cause: 'bmc-unreachable', number: 1, digest: 'digest', ...SAID } as const
        assert.equal(await store.approve('c-00000000', yes), false)
        await pass(store, 1, LATER)
        const caseId = (await store.caseOf(keyOf(1)))?.id ?? ''
        assert.equal(await store.approve(caseId, yes), true)
        assert.equal(await store.nextDue([CLOUD]), BEGIN)
        const approval = (await words(store, 1)).approval
        assert.deepEqual([approval?.digest, approval?.number, approval?.expiresAt], ['digest', 1, BEGIN + 24 * HOUR])
        await pass(store, 1, LATER, { used: { approvalId: approval?.id ?? null, retryId: null, releaseId: null } })
        assert.equal((await words(store, 1)).approval, null)
        await store.approve(caseId, yes)
        clock.move(24 * HOUR)
        assert.equal((await words(store, 1)).approval, null)
        await pass(store, 1, resolve)
        assert.equal(await store.approve(caseId, yes), false)
      }),
    )

    test(
      'retry and release once each, the newer word in place of the older',
      on(open, async ({ store }) => {
        await pass(store, 1, LATER)
        await store.retry(keyOf(1), SAID)
        await store.retry(keyOf(1), { by: 'lee', why: 'again' })
        await store.release(keyOf(1), SAID)
        const { retry, release } = await words(store, 1)
        assert.deepEqual([retry?.by, release?.by], ['lee', 'kim'])
        await pass(store, 1, LATER, { used: { approvalId: null, retryId: retry?.id ?? null, releaseId: null } })
        assert.deepEqual([(await words(store, 1)).retry, (await words(store, 1)).release?.by], [null, 'kim'])
      }),
    )
  })
}
