/** What comes next for a self-canary, and when it speaks of trouble. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { given, NOW } from '../../test/given.ts'
import { type CanaryNode, type CanaryRound, canaryStep, canaryTrouble } from './canary.ts'
import { DAY, HOUR, MINUTE } from './policy.ts'

const PLAN = { node: 'canary', every: DAY, within: 2 * HOUR }
const OPEN: CanaryRound = { begunAt: NOW - HOUR, failedAt: null, healedAt: null, sent: null }
const node = (difference: Partial<CanaryNode> = {}): CanaryNode => {
  const { observation } = given({ node: { provision_state: 'available' } })
  if (observation.node.kind !== 'known') throw new Error('the node is given')
  return { ...observation.node.value, driver: 'fake-hardware', isAgreed: true, isBroken: false, ...difference }
}
const step = (of: Partial<CanaryNode>, round: CanaryRound | null = OPEN, notNow: string | null = null) =>
  canaryStep({ node: node(of), plan: PLAN, round, notNow, now: NOW })

test('a round leads from available over active and error back to available', () => {
  const failed = { ...OPEN, failedAt: NOW - MINUTE }
  assert.deepEqual(step({}, null), { kind: 'begin' })
  assert.deepEqual(step({}), { kind: 'send', step: 'deploy' })
  assert.deepEqual(step({ provision_state: 'active' }), { kind: 'send', step: 'tear-down' })
  assert.deepEqual(step({ provision_state: 'error', driver: 'ipmi', isBroken: true }), { kind: 'send', step: 'mend' })
  assert.equal(step({ provision_state: 'error' }, failed).kind, 'wait')
  assert.deepEqual(step({}, failed), { kind: 'healed' })
  assert.equal(step({}, { ...failed, healedAt: NOW }).kind, 'wait')
  assert.deepEqual(step({}, { ...failed, healedAt: NOW, begunAt: NOW - DAY }), { kind: 'begin' })
})

test("where Ironic's power sync was faster, the cause is taken away all the same; a person's maintenance stays untouched", () => {
  const found = { maintenance: true, driver: 'ipmi', isBroken: true }
  for (const provision_state of ['active', 'error'])
    assert.deepEqual(step({ ...found, provision_state, fault: 'power failure' }), { kind: 'send', step: 'mend' })
  assert.equal(step({ ...found, provision_state: 'error', fault: null }).kind, 'wait')
})

test('nothing is sent to a node with a machine, with somebody on it, that nobody marked for it, or that is protected', () => {
  for (const unfit of [
    { driver: 'ipmi' },
    { driver: 'redfish', provision_state: 'active' },
    { isAgreed: false },
    { instance_uuid: 'i' },
    { allocation_uuid: 'a' },
    { protected: true },
    { retired: true },
  ])
    for (const provision_state of ['available', 'active', 'error'])
      assert.equal(step({ provision_state, ...unfit }).kind, 'refuse', JSON.stringify(unfit))
  assert.equal(step({ provision_state: 'active' }, null).kind, 'refuse')
  assert.equal(step({ provision_state: 'active' }, { ...OPEN, healedAt: NOW }).kind, 'refuse')
})

test('it waits while a person or a conductor has the node, while other nodes fail, and before it tries the same again', () => {
  for (const busy of [{ maintenance: true }, { hold: 'pat' }, { reservation: 'cond-1' }, { provision_state: 'cleaning' }])
    assert.equal(step(busy).kind, 'wait', JSON.stringify(busy))
  assert.equal(step({}, null, 'other nodes have open cases.').kind, 'wait')
  assert.equal(step({}, { ...OPEN, sent: { step: 'deploy', at: NOW - 9 * MINUTE } }).kind, 'wait')
  assert.equal(step({}, { ...OPEN, sent: { step: 'deploy', at: NOW - 10 * MINUTE } }).kind, 'send')
  assert.equal(step({ provision_state: 'active' }, { ...OPEN, sent: { step: 'deploy', at: NOW } }).kind, 'send')
})

test('there is trouble when a round is not healed in time, and when none could be run', () => {
  const trouble = (round: CanaryRound | null, since: number) => canaryTrouble(PLAN, round, { since, now: NOW }) !== null
  const healed = (begunAt: number) => ({ ...OPEN, begunAt, failedAt: begunAt, healedAt: begunAt + HOUR })
  assert.deepEqual([trouble({ ...OPEN, begunAt: NOW - 2 * HOUR }, 0), trouble({ ...OPEN, begunAt: NOW - 2 * HOUR - 1 }, 0)], [false, true])
  assert.deepEqual([trouble(healed(NOW - DAY), 0), trouble(healed(NOW - DAY - 2 * HOUR - 1), 0)], [false, true])
  assert.deepEqual([trouble(null, NOW - DAY), trouble(null, NOW - DAY - 2 * HOUR - 1)], [false, true])
  // A process that was down for a week has its time to try.
  assert.equal(trouble(healed(NOW - 7 * DAY), NOW - MINUTE), false)
})
