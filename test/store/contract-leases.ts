/** Which of the cases that wait for a place are needed sooner, what a case remembers of leases, and what an act did at Blazar. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type BlazarPart, EMPTY_MEMORY, type HeldLease } from '../../src/core/case.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { Fleet } from '../../src/core/fleet.ts'
import type { Notice } from '../../src/core/leases.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { Store } from '../../src/store/store.ts'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, keyOf, newCase, pass, resolve, wait } from './given.ts'

const MINUTE = 60_000
const LATER = BEGIN + 24 * 60 * MINUTE
const QUEUED: Decision = { ...wait(LATER), kind: 'wait', reason: 'fleet-budget', until: LATER, act: 'reset', queued: true }
const needier = async (store: Store, n: number, neededAt: number | null, resource_class = 'baremetal'): Promise<Fleet['needier']> =>
  (await store.deciding(CLOUD, (tx) => tx.fleet(keyOf(n), { keys: {}, resource_class, within: MINUTE, neededAt }))).needier
const NONE = { cloud: 0, inClass: 0, byIncident: {} }

const LEASE: HeldLease = {
  ...{ id: 'l', name: 'demo', status: 'PENDING', project_id: 'p', user_id: 'u', host_id: 'h', lostAt: null },
  ...{ start_date: '2026-11-22T05:00:00.000000', end_date: '2026-11-22T06:00:00.000000' },
  reservation: { id: 'r', min: 1, max: 1, hypervisor_properties: '', resource_properties: '' },
}
const PART: BlazarPart = { host_id: 'h', updated_at: null, keepMark: false, lease: null }
const SHIELD: Decision = {
  ...{ kind: 'act', reason: 'shield-first', message: 'Disables it.', until: LATER, act: 'shield' },
  plan: { act: 'shield', blazar: PART },
}
const NOTICE: Notice = { kind: 'lease-at-risk', lease: LEASE, message: 'It starts soon.' }

export function leaseContract(open: Open): void {
  describe('leases', () => {
    test(
      'whoever waits for a place and is needed sooner is counted, in the cloud and in the class',
      on(open, async ({ store }) => {
        await pass(store, 1, QUEUED, { neededAt: 0 })
        await pass(store, 2, QUEUED, { neededAt: LATER, resource_class: 'gpu' })
        await pass(store, 3, QUEUED, { neededAt: null })
        await pass(store, 4, wait(LATER), { neededAt: 0 })
        // Whoever has been told that it lasts changed nothing in the queue.
        await pass(store, 1, { ...QUEUED, kind: 'escalate', act: null }, { neededAt: 0 })
        assert.deepEqual(await needier(store, 9, null), { ...NONE, cloud: 2, inClass: 1 })
        assert.deepEqual(await needier(store, 9, LATER), { ...NONE, cloud: 1, inClass: 1 })
        assert.deepEqual([await needier(store, 9, 0), await needier(store, 1, 0)], [NONE, NONE])
      }),
    )

    test(
      'nobody is counted any more who has a place, has come home, or was not looked at for five minutes',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, QUEUED, { neededAt: 0 })
        await pass(store, 1, wait(LATER), { neededAt: 0 })
        await pass(store, 2, QUEUED, { neededAt: 0 })
        await pass(store, 2, resolve)
        assert.deepEqual(await needier(store, 9, null), NONE)
        await pass(store, 3, QUEUED, { neededAt: 0 })
        clock.move(5 * MINUTE)
        assert.equal((await needier(store, 9, null)).cloud, 1)
        clock.move(1)
        assert.deepEqual(await needier(store, 9, null), NONE)
      }),
    )

    test(
      'the leases that an open case remembers are told, those without a known reservation left out',
      on(open, async ({ store }) => {
        assert.deepEqual(await store.leasesHeld(keyOf(1)), [])
        const leases = [LEASE, { ...LEASE, id: 'withheld', reservation: null }]
        const remembering = { ...newCase(1, 'c-0000aaaa', BEGIN), memory: { ...EMPTY_MEMORY, leases } }
        await pass(store, 1, wait(LATER), { case: remembering })
        assert.deepEqual(await store.leasesHeld(keyOf(1)), [{ lease_id: 'l', reservation_id: 'r' }])
      }),
    )

    test(
      "a shield's outcome keeps when Blazar changed the host",
      on(open, async ({ store }) => {
        const intent = await pass(store, 1, SHIELD)
        assert.deepEqual(intent?.blazar, PART)
        await store.record(intent?.id ?? '', { kind: 'accepted', reason: 'Done.', updated_at: '2026-11-22 05:00:00.5' })
        assert.deepEqual((await store.attempts(keyOf(1)))[0]?.blazar, { ...PART, updated_at: '2026-11-22 05:00:00.5' })
      }),
    )

    test(
      'that a look showed its host disabled at another time is kept with a shield, and nothing else of it changes',
      on(open, async ({ store }) => {
        const { id } = (await pass(store, 1, SHIELD)) ?? assert.fail()
        await store.record(id, { kind: 'unknown', reason: 'No reply.', mark: 'written' })
        const [before] = await store.attempts(keyOf(1))
        const blazar: BlazarPart = { ...PART, isUnclear: true }
        await pass(store, 1, wait(LATER), { settled: [{ id, blazar }] })
        assert.deepEqual(await store.attempts(keyOf(1)), [{ ...before, blazar }])
      }),
    )

    test(
      'a notice is a message to operators and a line of the timeline, and one to the holder only where there is a text for that',
      on(open, async ({ store }) => {
        const kinds = async () => (await store.unsent(99)).map(({ kind }) => kind).filter((kind) => kind !== 'case-opened')
        await pass(store, 1, wait(LATER), { notices: [NOTICE] })
        assert.deepEqual(await kinds(), ['lease-at-risk'])
        const blazar = { ...DEFAULT_POLICY.blazar, tellHolder: 'Node {node} of {lease}.' }
        await pass(store, 2, wait(LATER), { notices: [NOTICE], policy: { ...DEFAULT_POLICY, blazar } })
        assert.deepEqual(await kinds(), ['lease-at-risk', 'lease-at-risk', 'to-holder'])
        const holder = (await store.unsent(99)).find(({ kind }) => kind === 'to-holder')
        assert.equal(holder?.body.message, 'Node node-2 of demo.')
        assert.equal(holder?.body.lease?.user_id, 'u')
        assert.ok((await store.timeline(keyOf(1))).some(({ message }) => message === 'It starts soon.'))
      }),
    )
  })
}
