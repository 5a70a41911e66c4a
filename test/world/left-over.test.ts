/** What a former tenant may have left on a node, at Neutron, Placement and Nova: who is told of it, with which command, and that it ends well. */
import assert from 'node:assert/strict'
import { explanationText } from '../../src/cli/explain.ts'
import { explainNode } from '../../src/commands/explain-node.ts'
import { HOUR, MINUTE } from '../../src/core/policy.ts'
import { type SimOperator, scenario } from '../sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const NOBODY = '7b1c2d3e-0000-4000-8000-000000000001'

const isAvailable = (op: SimOperator, name: string) => () => op.node(name).row.provision_state === 'available'
const allocationsOf = (op: SimOperator, name: string) => {
  const provider = op.cloud.state.providers.get(op.node(name).row.uuid)
  assert.ok(provider)
  return provider.allocations
}

scenario(
  'an orphaned allocation keeps a healed node unproven; a person is told after ten minutes, and it ends with the command',
  {},
  async (op) => {
    op.people.fail('node-1', BLIP)
    await op.sweepUntil(() => op.resets('node-1') === 1, HOUR)
    allocationsOf(op, 'node-1').add(NOBODY)
    await op.sweepUntil(isAvailable(op, 'node-1'), HOUR)
    await op.sweepFor(5 * MINUTE)
    assert.equal(op.said('node-1'), 'wait proof-pending')
    await op.sweepFor(10 * MINUTE)
    assert.equal(op.said('node-1'), 'escalate proof-pending')
    assert.match(op.message('node-1'), new RegExp(`\`openstack resource provider allocation delete ${NOBODY}\``))
    allocationsOf(op, 'node-1').delete(NOBODY)
    await op.sweepFor(40 * MINUTE, MINUTE)
    assert.equal(op.said('node-1'), 'resolve healed')
  },
)

scenario('an allocation of an orphan on a node in error keeps it from being reset until a person removes it', {}, async (op) => {
  op.people.fail('node-1', BLIP)
  allocationsOf(op, 'node-1').add(NOBODY)
  await op.sweepFor(HOUR, 5 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['leave instance-may-live', []])
  assert.match(op.message('node-1'), new RegExp(`allocation delete ${NOBODY}`))
  allocationsOf(op, 'node-1').delete(NOBODY)
  await op.sweepUntil(isAvailable(op, 'node-1'), HOUR)
})

scenario('a node whose provider Placement has lost is not proven until nova-compute has made it again', {}, async (op) => {
  const { uuid } = op.node('node-1').row
  const provider = op.cloud.state.providers.get(uuid)
  assert.ok(provider)
  op.people.fail('node-1', BLIP)
  op.cloud.state.providers.delete(uuid)
  await op.sweepUntil(isAvailable(op, 'node-1'), HOUR)
  await op.sweepFor(HOUR, 5 * MINUTE)
  assert.equal(op.said('node-1'), 'wait proof-pending')
  assert.match(op.message('node-1'), /Placement offers nothing of it: nova-compute /)
  op.cloud.state.providers.set(uuid, provider)
  await op.sweepFor(40 * MINUTE, MINUTE)
  assert.equal(op.said('node-1'), 'resolve healed')
})

scenario('an undead instance is asked about twice, five minutes apart, before the node is reset', {}, async (op) => {
  op.people.fail('node-1', BLIP)
  op.people.setInstance('node-1', NOBODY)
  await op.clock.advance(10 * MINUTE)
  await op.sweep()
  assert.equal(op.said('node-1'), 'wait waiting-for-nova')
  await op.sweepFor(4 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait waiting-for-nova', []])
  await op.sweepUntil(isAvailable(op, 'node-1'), HOUR)
  assert.equal(op.node('node-1').row.instance_uuid, null)
})

const lent = { blazar: { kind: 'chameleon' as const } }
scenario('explain shows who has the node by a lease, and the port that is still bound with the command that frees it', lent, async (op) => {
  op.people.lend('node-1', { from: op.clock.now() + HOUR, until: op.clock.now() + 2 * HOUR })
  op.people.fail('node-1', BLIP)
  const id = op.people.leavePort('node-1')
  await op.clock.advance(10 * MINUTE)
  await op.sweep()
  const explained = await explainNode(op.store, { cloud: 'sim', node: 'node-1', policyOf: () => op.world.policy })
  const text = explanationText(explained, { now: op.clock.now(), colour: false, width: null, isWatched: true })
  const proof = text.split('\n\n').find((part) => part.startsWith('Proof that users can launch on it, as of '))
  assert.ok(proof !== undefined, text)
  assert.ok(
    proof.includes(
      `  fails      ports            Neutron port ${id} is still bound to it: \`openstack port delete ${id}\` if its instance is gone`,
    ),
  )
  assert.match(proof, /^ {2}fails {6}provision state {2}It is error, not available\.$/m)
  assert.match(proof, /^ {2}holds {6}Nova {13}Nova has no server on it\.$/m)
  assert.match(
    text,
    /^Reservations in Blazar \(chameleon\), seen .*\n {2}Host .*\n {2}2026-03-01T.*: lease .*, PENDING, of project .*, user /m,
  )
})
