/** Mode approve from end to end: what waits, what a yes lets through, and what it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onFile } from '../../test/on-file.ts'
import { scenario } from '../../test/sim-operator.ts'
import { CLOUD, keyOf, observation, pass, seenNode, wait } from '../../test/store/given.ts'
import type { Decision } from '../core/decision.ts'
import { DEFAULT_POLICY, HOUR, MINUTE } from '../core/policy.ts'
import { approveCase, rejectCase } from './approve-case.ts'
import { CommandError } from './command-error.ts'

const yes = (caseId: string) => ({ caseId, by: 'pat', why: 'looked at it', policyOf: () => DEFAULT_POLICY })
const refused = (kind: CommandError['kind'], words: RegExp) => (error: unknown) =>
  error instanceof CommandError && error.kind === kind && words.test(`${error.message} ${error.fix}`)
const asks = (until: number): Decision => ({ kind: 'wait', reason: 'needs-approval', message: 'Waits for a yes.', until, act: 'reset' })

scenario('nothing is sent before the yes, and one reset after it', { policy: { mode: 'approve' } }, async (op) => {
  op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
  await op.sweepFor(10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait needs-approval', []])
  const openCase = await op.store.caseOf(op.key('node-1'))
  await approveCase(op.store, yes(openCase?.id ?? ''))
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 10 * MINUTE)
  assert.deepEqual([op.resets(), op.sent()], [1, ['PATCH 200', 'PUT 202']])
})

scenario('a no is not asked about again, until the node is another; a yes after it counts', { policy: { mode: 'approve' } }, async (op) => {
  op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
  await op.sweepFor(10 * MINUTE)
  const id = (await op.store.caseOf(op.key('node-1')))?.id ?? ''
  assert.equal((await rejectCase(op.store, yes(id))).changed, true)
  await op.sweepFor(26 * HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait rejected', []])
  assert.equal((await rejectCase(op.store, yes(id))).changed, false)
  op.node('node-1').row.owner = 'another project'
  await op.sweepFor(30 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait needs-approval', []])
  await rejectCase(op.store, yes(id))
  await op.sweepFor(MINUTE)
  await approveCase(op.store, yes(id))
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 10 * MINUTE)
  assert.equal(op.resets(), 1)
})

scenario('a no takes back a yes that is not used yet', { policy: { mode: 'approve' } }, async (op) => {
  op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
  await op.sweepFor(10 * MINUTE)
  const id = (await op.store.caseOf(op.key('node-1')))?.id ?? ''
  await approveCase(op.store, yes(id))
  await rejectCase(op.store, yes(id))
  await op.sweepFor(HOUR)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait rejected', []])
})

scenario('a second failure needs a yes of its own', { policy: { mode: 'approve' } }, async (op) => {
  op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
  await op.sweepFor(10 * MINUTE)
  op.people.bmc('node-1', 'rejecting')
  await approveCase(op.store, yes((await op.store.caseOf(op.key('node-1')))?.id ?? ''))
  await op.sweepFor(2 * HOUR, MINUTE)
  assert.equal(op.resets(), 1)
})

test('a case that waits for nobody, a closed one and an unknown one are refused with what to do', () =>
  onFile(async ({ store, clock }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    await pass(store, 1, wait(clock.now() + 60_000))
    const openCase = await store.caseOf(keyOf(1))
    assert.ok(openCase !== null)
    await assert.rejects(approveCase(store, yes(openCase.id)), refused('conflict', /does not wait for approval.*anneal explain node-1/))
    await assert.rejects(approveCase(store, yes('c-xxxxxxxx')), refused('not-found', /anneal cases/))
    await assert.rejects(rejectCase(store, yes(openCase.id)), refused('conflict', /does not wait for approval.*anneal explain node-1/))
    await assert.rejects(rejectCase(store, yes('c-xxxxxxxx')), refused('not-found', /anneal cases/))
    await assert.rejects(approveCase(store, yes('node-1')), refused('not-found', new RegExp(openCase.id)))
    // With a node of that name in another cloud too, no case is offered: it might be the wrong one.
    await store.seen('elsewhere', [seenNode(1)], { complete: true })
    await assert.rejects(approveCase(store, yes('node-1')), refused('not-found', /anneal cases/))
  }))

test('a yes names the node as it was looked at last, although the decision has stayed the same', () =>
  onFile(async ({ store, clock }) => {
    await pass(store, 1, asks(clock.now() + 60_000))
    const seen = observation(1, clock.now(), { conductor: 'conductor-2', digest: 'moved' })
    await pass(store, 1, asks(clock.now() + 60_000), { observation: seen, digest: 'moved' })
    await approveCase(store, yes((await store.caseOf(keyOf(1)))?.id ?? ''))
    const words = await store.deciding(CLOUD, async (tx) => (await tx.load(keyOf(1))).words)
    assert.deepEqual([words.approval?.digest, words.approval?.number, words.approval?.act], ['moved', 1, 'reset'])
  }))
