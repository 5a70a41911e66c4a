/** An act whose answer was lost: whatever act it was, nothing changing goes to the node until a read may say what happened. */
import assert from 'node:assert/strict'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import { type SimOperator, scenario } from '../sim-operator.ts'

const NODE = 'node-1'
const THREE = ['2026-02-27T00:00:00Z', '2026-02-28T00:00:00Z', '2026-02-28T12:00:00Z']
const BLIP = 'Failed to tear down: IPMI call failed: power status.'

const outcomes = async (op: SimOperator) =>
  (await op.store.attempts(op.key(NODE))).toReversed().map(({ act, outcome }) => `${act} ${outcome}`)

scenario('a quarantine whose answer was lost is not sent again, and a read says that it stands', {}, async (op) => {
  op.people.setExtra(NODE, 'hammer_error_resets', THREE)
  op.people.fail(NODE, BLIP)
  op.cloud.faults.set('ironic', { kind: 'lost-reply', methods: ['PUT'], times: 1 })
  await op.sweep()
  assert.deepEqual(await outcomes(op), ['quarantine unknown'])
  await op.sweepFor(140 * SECOND, 20 * SECOND)
  assert.deepEqual(op.sent(), ['PUT lost'])
  await op.sweepFor(MINUTE, 20 * SECOND)
  assert.deepEqual([await outcomes(op), op.said(NODE)], [['quarantine accepted'], 'escalate quarantined'])
})

scenario('taking a mark back, with its answer lost before anything happened, is tried again after 150 s and not before', {}, async (op) => {
  op.people.fail(NODE, BLIP)
  await op.sweep()
  await op.clock.advance(3 * MINUTE)
  // The verb is refused, so that its mark is owed back.
  op.at('verb', () => void op.people.lock(NODE, 20 * SECOND))
  await op.sweep()
  await op.clock.advance(30 * SECOND)
  op.cloud.faults.set('ironic', { kind: 'hang', methods: ['PATCH'], times: 1 })
  await op.sweep()
  assert.deepEqual(await outcomes(op), ['reset refused', 'unmark unknown'])
  const sent = op.sent().length
  const lostAt = op.clock.now()
  await op.sweepUntil(() => op.sent().length > sent, 10 * MINUTE, 10 * SECOND)
  assert.ok(op.clock.now() - lostAt >= 150 * SECOND, `after ${(op.clock.now() - lostAt) / 1000} s`)
})

for (const [how, lose] of [
  ['accepted', (op: SimOperator) => op.at('verbed', () => op.people.remove(NODE))],
  ['never recorded', (op: SimOperator) => op.dieAt('verbed')],
] as const) {
  scenario(
    `a node that is removed from Ironic with a reset ${how} gives its place back after two hours`,
    { file: true, policy: { inFlight: { classShare: 0, classMax: 1, cloudShare: 0, cloudMax: 1 } } },
    async (op) => {
      op.people.fail(NODE, BLIP)
      await op.sweep()
      await op.clock.advance(3 * MINUTE)
      lose(op)
      void op.begin()
      await op.clock.advance(10 * SECOND)
      const next = await op.beside()
      if (op.cloud.state.names.has(NODE)) op.people.remove(NODE)
      const other = 'node-3'
      op.people.fail(other, BLIP)
      await next.sweepFor(100 * MINUTE, 5 * MINUTE)
      assert.match(next.said(other), /^wait fleet-budget/)
      await next.sweepUntil(() => op.node(other).row.provision_state === 'available', 40 * MINUTE, MINUTE)
      await next.sweepFor(25 * 60 * MINUTE, 30 * MINUTE)
      assert.deepEqual((await op.store.cases({ cloud: 'sim', open: true })).length, 0)
    },
  )
}
