/** A BMC that comes back, and one that does not: what is spent, what is waited for, and when a person gets the node. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE } from '../../src/core/policy.ts'
import { type SimOperator, type SimOptions, scenario } from '../sim-operator.ts'

/** Ironic's power sync as good as off: then nobody but Anneal notices a dead BMC. */
const NO_SYNC = { ironic: { powerSyncMs: 1000 * HOUR } }

async function failOnBmc(op: SimOperator, name = 'node-1'): Promise<void> {
  op.people.bmc(name, 'silent')
  op.people.undeploy(name)
  await op.clock.advance(20_000)
  assert.equal(op.node(name).row.provision_state, 'error')
}

scenario('a BMC that was away costs one reset and one mark, although its instance is long gone', {}, async (op) => {
  await failOnBmc(op)
  await op.sweepFor(3 * MINUTE)
  assert.deepEqual([op.node('node-1').row.instance_uuid, op.sent()], [null, []])
  op.people.bmc('node-1', 'ok')
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 15 * MINUTE)
  await op.sweepUntil(() => op.said('node-1') === 'resolve healed', 40 * MINUTE, 2 * MINUTE)
  assert.deepEqual(op.sent(), ['PATCH 200', 'PUT 202'])
  assert.ok(Array.isArray(op.marks('node-1')) && op.resets() === 1)
  const before = op.cloud.ledger.changes().length
  await op.sweep()
  assert.equal(op.cloud.ledger.changes().length, before)
})

scenario('an instance_uuid that a killed conductor left behind is reset once Nova has had its own try', {}, async (op) => {
  await op.clock.advance(MINUTE)
  op.people.undeploy('node-1')
  await op.clock.advance(1000)
  op.people.killConductor('conductor-1')
  await op.clock.advance(5 * MINUTE)
  op.people.startConductor('conductor-1')
  const { row } = op.node('node-1')
  assert.ok(row.provision_state === 'error' && row.instance_uuid !== null)
  await op.sweepFor(5 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait waiting-for-nova', []])
  await op.sweepUntil(() => row.provision_state === 'available', 20 * MINUTE)
  assert.deepEqual(op.sent(), ['PATCH 200', 'PUT 202'])
})

scenario('an instance_uuid that Nova does not know is believed gone after a second answer', {}, async (op) => {
  op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
  op.people.setInstance('node-1', '6f1c8a55-0000-4000-8000-000000000001')
  await op.sweepFor(4 * MINUTE)
  assert.equal(op.said('node-1'), 'wait waiting-for-nova')
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 15 * MINUTE)
  assert.equal(op.resets(), 1)
})

scenario("Ironic's own power failure is waited for, then told to a person, and nothing is written", {}, async (op) => {
  await failOnBmc(op)
  await op.sweepFor(10 * MINUTE)
  assert.equal(op.said('node-1'), 'wait power-failure')
  await op.sweepFor(24 * HOUR, HOUR)
  assert.deepEqual([op.said('node-1'), op.sent()], ['escalate power-failure', []])
  // Ironic's recovery lifts the maintenance and leaves the node healthy in error, with the text of its power sync.
  op.people.bmc('node-1', 'ok')
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 30 * MINUTE, MINUTE)
  assert.equal(op.resets(), 1)
})

scenario('a BMC that stays silent is quarantined after a day, and only a person brings the node back', NO_SYNC, async (op) => {
  await failOnBmc(op)
  await op.sweepFor(23 * HOUR, HOUR)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait bmc-silent', []])
  await op.sweepFor(2 * HOUR, HOUR)
  const { row } = op.node('node-1')
  const { id } = (await op.store.caseOf(op.key('node-1'))) ?? { id: '' }
  assert.ok(row.maintenance && row.maintenance_reason?.startsWith(`anneal:${id} bmc-unreachable: `), row.maintenance_reason ?? 'none')
  await op.sweepFor(30 * HOUR, 3 * HOUR)
  assert.deepEqual([op.said('node-1'), op.sent()], ['escalate quarantined', ['PUT 202']])

  op.people.bmc('node-1', 'ok')
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.equal(row.maintenance, true)
  await op.store.release(op.key('node-1'), { by: 'pat', why: 'new cable' })
  await op.sweepUntil(() => row.provision_state === 'available' && !row.maintenance, 30 * MINUTE, MINUTE)
  assert.equal(op.resets(), 1)
})

scenario('a quarantine that a person lifts before the next sweep looks stays lifted, and a person is told', NO_SYNC, async (op) => {
  await failOnBmc(op)
  const { row } = op.node('node-1')
  await op.sweepUntil(() => row.maintenance, 26 * HOUR, HOUR)
  op.people.clearMaintenance('node-1')
  await op.sweepFor(5 * HOUR, HOUR)
  assert.deepEqual([row.maintenance, op.said('node-1'), op.sent()], [false, 'escalate bmc-silent', ['PUT 202']])
  assert.match(op.message('node-1'), /Its quarantine was lifted before/)
})

let isBlind = false
const oneNodeFails: NonNullable<SimOptions['between']> = (transport) => async (request) => {
  const answer = await transport(request)
  return isBlind && request.method === 'GET' && /\/v1\/nodes\/[0-9a-f-]{36}/.test(request.url)
    ? { ...answer, status: 503, body: '' }
    : answer
}

scenario('a node is told to a person although one look in twelve hours shows nothing', { between: oneNodeFails }, async (op) => {
  await failOnBmc(op)
  const said: string[] = []
  for (let night = 0; night < 3; night++) {
    await op.sweepFor(11 * HOUR, HOUR)
    said.push(op.said('node-1'))
    isBlind = true
    await op.sweepFor(HOUR, HOUR)
    said.push(op.said('node-1'))
    isBlind = false
  }
  const [waits, blind] = ['wait power-failure', 'wait node-unreadable']
  assert.deepEqual(said, [waits, blind, waits, blind, 'escalate power-failure', 'escalate node-unreadable'])
})

scenario(
  'a BMC that refuses is quarantined after an hour',
  { ...NO_SYNC, policy: { refusingBmc: { looks: 3, over: HOUR } } },
  async (op) => {
    await failOnBmc(op)
    op.people.bmc('node-1', 'refusing')
    await op.sweepFor(50 * MINUTE, 5 * MINUTE)
    assert.equal(op.said('node-1'), 'wait bmc-refusing')
    await op.sweepFor(20 * MINUTE, 5 * MINUTE)
    assert.match(op.node('node-1').row.maintenance_reason ?? '', /^anneal:/)
  },
)

scenario(
  'credentials that the BMC refuses are quarantined at once and never reset',
  { nodes: [{ name: 'r1', provision_state: 'active', protocol: 'redfish' }], ...NO_SYNC },
  async (op) => {
    op.people.bmc('r1', 'badpass')
    op.people.undeploy('r1')
    await op.clock.advance(20_000)
    await op.sweepFor(2 * MINUTE)
    assert.match(op.node('r1').row.maintenance_reason ?? '', /^anneal:c-\w{8} bmc-fault: .*credentials/)
    assert.equal(op.resets(), 0)
  },
)

scenario('three resets that did not heal it end in a quarantine, and a release gives a fresh budget', NO_SYNC, async (op) => {
  op.people.bmc('node-1', 'stuck')
  op.people.undeploy('node-1')
  await op.clock.advance(20_000)
  const { row } = op.node('node-1')
  await op.sweepUntil(() => row.maintenance, 3 * HOUR, MINUTE)
  assert.equal(op.resets(), 3)
  assert.match(row.maintenance_reason ?? '', /^anneal:c-\w{8} /)
  await op.sweepFor(6 * HOUR, HOUR)
  assert.equal(op.resets(), 3)

  await op.store.release(op.key('node-1'), { by: 'pat', why: 'looked at it' })
  await op.sweepUntil(() => op.resets() === 4, HOUR, MINUTE)
  assert.equal(row.maintenance, false)
  op.people.bmc('node-1', 'ok')
  await op.sweepUntil(() => row.provision_state === 'available', 2 * HOUR, MINUTE)
})

scenario('a quarantine lifted by hand is a person’s word: no second one before another reset has failed', NO_SYNC, async (op) => {
  await failOnBmc(op)
  await op.sweepFor(26 * HOUR, HOUR)
  assert.equal(op.said('node-1'), 'escalate quarantined')
  op.people.clearMaintenance('node-1')
  await op.sweepFor(30 * HOUR, HOUR)
  assert.equal(op.node('node-1').row.maintenance, false)
  op.people.bmc('node-1', 'ok')
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 30 * MINUTE, MINUTE)
})

for (const mode of ['frozen', 'silent'] as const) {
  scenario(
    `a Redfish BMC that is ${mode} is waited for, and one good look is enough to go on`,
    {
      nodes: [
        { name: 'r1', provision_state: 'active', protocol: 'redfish' },
        { name: 'r2', protocol: 'redfish' },
      ],
      ...NO_SYNC,
    },
    async (op) => {
      op.people.bmc('r1', mode)
      op.people.undeploy('r1')
      await op.clock.advance(20_000)
      await op.sweepFor(10 * MINUTE, MINUTE)
      assert.deepEqual([op.said('r1'), op.sent()], ['wait bmc-silent', []])
      op.people.bmc('r1', 'ok')
      await op.sweepUntil(() => op.node('r1').row.provision_state === 'available', 15 * MINUTE)
      assert.equal(op.resets(), 1)
    },
  )
}

scenario('a BMC that flaps costs three resets at most, and in the end its node is home or with a person', NO_SYNC, async (op) => {
  await failOnBmc(op)
  op.people.bmc('node-1', 'flapping')
  const { row } = op.node('node-1')
  await op.sweepFor(2 * HOUR, MINUTE)
  assert.ok(op.resets() >= 1 && op.resets() <= 3, `${op.resets()} resets`)
  const isHome = row.provision_state === 'available' && !row.maintenance
  assert.ok(isHome || row.maintenance_reason?.startsWith('anneal:') === true || op.said('node-1').startsWith('escalate'), op.said('node-1'))
})
