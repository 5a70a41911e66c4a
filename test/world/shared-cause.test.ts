/** Many nodes at once: a backlog found in an empty store, a rack of silent BMCs, a dead conductor, a census that shrinks. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { acceptedResets, type SimOperator, scenario } from '../sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const nodes = (count: number, rackOf = (at: number) => at + 1) =>
  Array.from({ length: count }, (_, at) => ({
    name: `n${at + 1}`,
    provision_state: 'active',
    rack: rackOf(at),
    switch: `leaf-${rackOf(at)}`,
  }))
const allHome = (op: SimOperator, names: string[]) => names.every((name) => op.node(name).row.provision_state === 'available')

scenario(
  'failures of last month found in an empty store are one backlog: one canary before the others',
  { nodes: nodes(40), fresh: true },
  async (op) => {
    const names = ['n1', 'n2', 'n3', 'n4', 'n5']
    for (const name of names) {
      op.people.fail(name, BLIP)
      await op.clock.advance(7 * HOUR)
    }
    await op.sweep()
    const [incident, ...more] = await op.store.incidents({ open: true })
    assert.deepEqual([incident?.key, incident?.members, more.length], ['backlog', 5, 0])
    assert.equal(op.resets(), 1)
    await op.sweepUntil(() => op.resets() > 1, 30 * MINUTE)
    const first = acceptedResets(op.cloud)[0]?.before?.uuid ?? ''
    assert.equal(op.cloud.state.nodes.get(first)?.row.provision_state, 'available')
    await op.sweepUntil(() => allHome(op, names), HOUR)
    assert.equal(op.resets(), 5)
  },
)

scenario('two old failures in an empty store are no backlog', { nodes: nodes(40), fresh: true }, async (op) => {
  for (const name of ['n1', 'n2']) {
    op.people.fail(name, BLIP)
    await op.clock.advance(7 * HOUR)
  }
  await op.sweep()
  assert.equal((await op.store.incidents({})).length, 0)
})

scenario(
  'a rack whose BMCs fall silent is one incident; nothing is spent on it, and it comes home after one canary',
  {
    nodes: nodes(30, (at) => (at < 6 ? 1 : 10 + at)),
    ironic: { powerSyncMs: 1e10 },
  },
  async (op) => {
    const names = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']
    for (const name of names) {
      op.people.bmc(name, 'silent')
      op.people.undeploy(name)
    }
    await op.sweepFor(3 * HOUR, 15 * MINUTE)
    const [incident, ...more] = await op.store.incidents({ open: true })
    assert.deepEqual([incident?.key, incident?.value, incident?.members, more.length], ['switch', 'leaf-1', 6, 0])
    assert.deepEqual(op.sent(), [])
    for (const name of names) op.people.bmc(name, 'ok')
    await op.sweepUntil(() => allHome(op, names), HOUR)
    assert.equal(op.resets(), 6)
    const [one, two] = acceptedResets(op.cloud)
    assert.ok(one && two && two.at - one.at > 120 * SECOND, 'the second waited for the canary')
  },
)

scenario(
  'a first try that failed, and on whose node somebody is by then, holds the others back for 45 minutes, and no longer',
  { nodes: nodes(30, (at) => (at < 6 ? 1 : 10 + at)), ironic: { powerSyncMs: 1e10 } },
  async (op) => {
    const names = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']
    let first = ''
    for (const name of names) op.people.fail(name, BLIP)
    op.at('verb', () => {
      first = names.find((name) => op.marks(name) !== undefined) ?? ''
      op.people.bmc(first, 'rejecting')
    })
    await op.sweepUntil(() => first !== '' && op.node(first).row.provision_state === 'error', 15 * MINUTE, MINUTE)
    op.node(first).row.allocation_uuid = op.cloud.state.newId()
    await op.sweepUntil(() => first !== '' && op.said(first) === 'leave instance-may-live', 15 * MINUTE)
    const triedAt = op.clock.now()
    assert.equal(op.node(first).row.provision_state, 'error')
    const others = names.filter((name) => name !== first)
    await op.sweepUntil(() => op.resets() > 1, 2 * HOUR, MINUTE)
    const waited = op.clock.now() - triedAt
    assert.ok(waited > 43 * MINUTE && waited < 56 * MINUTE, `${waited / MINUTE} min`)
    await op.sweepUntil(() => allHome(op, others), 2 * HOUR)
    assert.deepEqual([op.said(first), op.resets(first)], ['leave instance-may-live', 1])
  },
)

scenario('this host without a route to any BMC believes no silence, and goes by what Ironic sees', { nodes: nodes(6) }, async (op) => {
  op.cloud.faults.route = 'swallowed'
  op.people.fail('n1', BLIP)
  await op.sweepFor(12 * MINUTE, 4 * MINUTE)
  assert.deepEqual([op.said('n1'), op.sent()], ['wait bmc-unknown', []])
  await op.sweepUntil(() => allHome(op, ['n1']), 30 * MINUTE, MINUTE)
  assert.equal(op.resets(), 1)
})

scenario('a conductor that is dead is named, and nothing is sent to its nodes until one lives', {}, async (op) => {
  op.people.fail('node-1', BLIP)
  op.people.killConductor('conductor-1')
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait conductor-dead', []])
  op.people.startConductor('conductor-1')
  await op.sweepUntil(() => allHome(op, ['node-1']), 20 * MINUTE)
})

scenario('a lock of a dead conductor, with none alive to free it, is told to a person after ten minutes', {}, async (op) => {
  op.people.fail('node-1', BLIP)
  op.people.lock('node-1', 24 * HOUR)
  op.people.killConductor('conductor-1')
  await op.sweepFor(9 * MINUTE, MINUTE)
  assert.equal(op.said('node-1'), 'wait locked')
  await op.sweepFor(4 * MINUTE, MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['escalate stuck-lock', []])
})

scenario('a census that shrinks starts nothing until it is believed; an empty one never is', { nodes: nodes(20) }, async (op) => {
  op.people.fail('n1', BLIP)
  await op.sweep()
  for (let at = 10; at <= 20; at += 1) op.people.remove(`n${at}`)
  await op.clock.advance(5 * MINUTE)
  const doubtful = await op.sweep()
  assert.match(doubtful.doubtful ?? '', /9 nodes although 20 are known/)
  assert.deepEqual([op.said('n1'), op.sent()], ['wait census-doubtful', []])
  await op.sweepUntil(() => op.resets() === 1, 30 * MINUTE, 2 * MINUTE)
  for (const { row } of [...op.cloud.state.nodes.values()]) if (row.name !== null) op.people.remove(row.name)
  for (let at = 0; at < 6; at += 1) {
    assert.match((await op.sweep()).doubtful ?? '', /no nodes at all/)
    await op.clock.advance(6 * MINUTE)
  }
})
