/** Nodes that fail after the tear-down: stranded in cleaning, cleaning failed, retired, stuck in deleting. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { type SimOperator, scenario } from '../sim-operator.ts'

const NODE = 'node-1'
const state = (op: SimOperator) => op.node(NODE).row.provision_state
const home = (op: SimOperator) => () => state(op) === 'available'

/** A person's own undeploy during a Neutron outage, after a first one has failed: Ironic strands the node without a lock. */
async function strand(op: SimOperator): Promise<void> {
  op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
  op.cloud.faults.set('neutron', { kind: 'down' })
  await op.people.verb(NODE, 'deleted')
  await op.clock.advance(10 * SECOND)
  assert.deepEqual([state(op), op.node(NODE).row.reservation], ['cleaning', null])
}

scenario('a node stranded in cleaning is recovered after the outage, manage and provide in passes of their own', {}, async (op) => {
  await strand(op)
  await op.sweepFor(30 * MINUTE, 5 * MINUTE)
  assert.deepEqual([op.said(NODE), op.sent()], ['wait service-red', []])
  op.cloud.faults.clearAll()
  await op.sweepUntil(home(op), 40 * MINUTE)
  const steps = op.cloud.ledger.changes().map(({ body, status }) => `${JSON.stringify(body)} ${status}`)
  assert.deepEqual(steps, ['{"target":"manage"} 202', '{"target":"provide"} 202'])
  await op.sweepUntil(() => op.said(NODE) === 'resolve healed', HOUR, 2 * MINUTE)
})

scenario('a cleaning that failed in passing is tried once more, and only once', {}, async (op) => {
  op.people.cleaning(NODE, 'no-port')
  op.people.undeploy(NODE)
  await op.clock.advance(MINUTE)
  assert.equal(state(op), 'clean failed')
  await op.sweepFor(2 * HOUR, 2 * MINUTE)
  assert.deepEqual([op.sent(), state(op)], [['PUT 202', 'PUT 202'], 'clean failed'])
  assert.equal(op.decision(NODE).kind, 'escalate')
})

scenario('a cleaning that failed in passing comes home', {}, async (op) => {
  op.people.cleaning(NODE, 'no-port')
  op.people.undeploy(NODE)
  await op.clock.advance(MINUTE)
  op.people.cleaning(NODE, 'ok')
  await op.sweepUntil(home(op), HOUR)
})

scenario("Ironic's own maintenance after a failed clean step is a person's to clear", {}, async (op) => {
  op.people.cleaning(NODE, 'step-fails')
  op.people.undeploy(NODE)
  await op.clock.advance(5 * MINUTE)
  assert.equal(op.node(NODE).row.fault, 'clean failure')
  await op.sweepFor(3 * HOUR, 20 * MINUTE)
  assert.deepEqual([op.said(NODE), op.sent()], ['escalate other-fault', []])
})

scenario(
  'a retired node is reset only where cleaning is known to be on, and is healed in manageable',
  { policy: { automatedClean: 'on' } },
  async (op) => {
    op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
    op.people.setRetired(NODE, true)
    await op.sweepUntil(() => state(op) === 'manageable', HOUR)
    await op.sweepUntil(() => op.said(NODE) === 'resolve healed', HOUR, 5 * MINUTE)
    assert.equal(op.resets(), 1)
  },
)

scenario('a retired node that may not be cleaned is a person’s', {}, async (op) => {
  op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
  op.people.setRetired(NODE, true)
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said(NODE), op.sent()], ['escalate retired-uncleaned', []])
})

scenario(
  'a node stuck in deleting is told to a person, and healed once a conductor was restarted',
  { ironic: { conductors: ['conductor-1', 'conductor-2'] } },
  async (op) => {
    await op.clock.advance(MINUTE)
    op.people.undeploy(NODE)
    await op.clock.advance(SECOND)
    const holder = op.node(NODE).row.reservation ?? ''
    op.people.killConductor(holder)
    await op.sweepFor(30 * MINUTE, MINUTE)
    assert.deepEqual([op.said(NODE), op.sent()], ['escalate stuck-deleting', []])
    assert.match(op.message(NODE), /restart/)
    op.people.startConductor(holder)
    await op.sweepUntil(home(op), HOUR, MINUTE)
    assert.equal(op.resets(), 1)
  },
)

scenario('a node that somebody deploys while its case is open is launched, and gets nothing sent', {}, async (op) => {
  op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
  await op.sweep()
  await op.sweepUntil(home(op), 20 * MINUTE)
  await op.clock.advance(2 * MINUTE)
  const sent = op.sent().length
  const server = await op.clock.run(op.people.launch(NODE))
  assert.ok(server)
  await op.sweepFor(5 * MINUTE, MINUTE)
  assert.equal(op.sent().length, sent)
  const found = await op.store.caseOf(op.key(NODE))
  assert.equal(found?.result, 'launched')
})
