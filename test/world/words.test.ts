/** A person's words: what they open, how often they work, and what they never open. */
import assert from 'node:assert/strict'
import { DAY, HOUR, MINUTE } from '../../src/core/policy.ts'
import { type SimOperator, scenario } from '../sim-operator.ts'

const NODE = 'node-1'
const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const PAT = { by: 'pat', why: 'looked at it' }
const APPROVE = { policy: { mode: 'approve' as const } }

async function approve(op: SimOperator): Promise<boolean> {
  const found = await op.store.caseOf(op.key(NODE))
  assert.ok(found)
  const { row } = op.node(NODE)
  assert.ok(row)
  const seen = await op.store.lastObservation(op.key(NODE))
  const node = seen?.observation.node
  assert.ok(node?.kind === 'known')
  return await op.store.approve(found.id, {
    ...PAT,
    act: 'reset',
    cause: found.diagnosis?.cause ?? 'unknown',
    number: 1,
    digest: node.value.digest,
  })
}

scenario('approve: nothing without a yes, and a yes works once', APPROVE, async (op) => {
  op.people.bmc(NODE, 'stuck')
  op.people.undeploy(NODE)
  await op.clock.advance(MINUTE)
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said(NODE), op.sent()], ['wait needs-approval', []])
  assert.equal(await approve(op), true)
  await op.sweep()
  assert.equal(op.resets(), 1)
  await op.sweepFor(2 * HOUR, 10 * MINUTE)
  assert.deepEqual([op.resets(), op.said(NODE)], [1, 'wait needs-approval'])
})

scenario('approve: void when the node is not what was approved any more', APPROVE, async (op) => {
  op.people.fail(NODE, BLIP)
  await op.sweepFor(10 * MINUTE, 5 * MINUTE)
  await approve(op)
  op.people.setRetired(NODE, true)
  op.people.setRetired(NODE, false)
  op.people.fail('node-2', BLIP)
  Object.assign(op.node(NODE).row, { provision_updated_at: new Date(op.clock.now() - 5 * MINUTE).toISOString() })
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.resets(), op.said(NODE)], [0, 'wait needs-approval'])
})

scenario('approve: opens the mode and no gate, and is out of date after a day', APPROVE, async (op) => {
  op.people.fail(NODE, BLIP)
  await op.sweepFor(10 * MINUTE, 5 * MINUTE)
  await approve(op)
  op.people.setExtra(NODE, 'anneal_hold', 'mine')
  await op.sweepFor(25 * HOUR, 5 * HOUR)
  assert.deepEqual([op.said(NODE), op.sent()], ['wait held', []])
  op.people.setExtra(NODE, 'anneal_hold', null)
  await op.sweepFor(HOUR, 20 * MINUTE)
  assert.deepEqual([op.said(NODE), op.sent()], ['wait needs-approval', []])
})

scenario('retry lifts the spacing, once, and no gate', {}, async (op) => {
  op.people.fail(NODE, BLIP)
  await op.sweep()
  assert.equal(op.said(NODE), 'wait spacing')
  op.people.setProtected(NODE, true)
  await op.store.retry(op.key(NODE), PAT)
  await op.sweep()
  assert.deepEqual([op.said(NODE), op.sent()], ['escalate protected', []])
  op.people.setProtected(NODE, false)
  await op.sweep()
  assert.equal(op.resets(), 1)
})

scenario(
  'retry lifts the count for one reset and no more',
  { ironic: { powerSyncMs: 1e10 }, policy: { mode: 'auto', resets: { max: 1, window: 7 * DAY } } },
  async (op) => {
    op.people.bmc(NODE, 'stuck')
    op.people.undeploy(NODE)
    await op.clock.advance(MINUTE)
    op.people.setInstance(NODE, null)
    await op.sweepUntil(() => op.node(NODE).row.maintenance, HOUR, MINUTE)
    assert.equal(op.resets(), 1)
    op.people.clearMaintenance(NODE)
    await op.sweep()
    await op.store.retry(op.key(NODE), PAT)
    await op.sweepFor(HOUR, MINUTE)
    assert.ok(op.resets() <= 3, `${op.resets()} resets`)
  },
)

scenario('pause stops everything at once, resume goes on', {}, async (op) => {
  op.people.fail(NODE, BLIP)
  await op.sweep()
  await op.store.pause(null, PAT)
  await op.sweepFor(30 * MINUTE, 5 * MINUTE)
  assert.deepEqual([op.said(NODE), op.sent()], ['wait paused', []])
  await op.store.resume(null, PAT)
  await op.sweep()
  assert.equal(op.resets(), 1)
})

scenario('a release of a maintenance that is a person’s clears nothing', {}, async (op) => {
  op.people.fail(NODE, BLIP)
  op.people.setMaintenance(NODE, 'mine')
  await op.sweep()
  await op.store.release(op.key(NODE), PAT)
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said(NODE), op.sent()], ['leave maintenance-by-person', []])
})

scenario(
  'a quarantine whose words a person changed is that person’s and is not released',
  { ironic: { powerSyncMs: 1e10 } },
  async (op) => {
    op.people.setExtra(NODE, 'hammer_error_resets', ['2026-02-27T00:00:00Z', '2026-02-28T00:00:00Z', '2026-02-28T12:00:00Z'])
    op.people.fail(NODE, BLIP)
    await op.sweepFor(10 * MINUTE, MINUTE)
    assert.equal(op.said(NODE), 'escalate quarantined')
    op.people.setMaintenance(NODE, `${op.node(NODE).row.maintenance_reason} (Kim: waiting for a part)`)
    await op.store.release(op.key(NODE), PAT)
    await op.sweepFor(HOUR, 10 * MINUTE)
    assert.deepEqual([op.node(NODE).row.maintenance, op.sent()], [true, ['PUT 202']])
  },
)
