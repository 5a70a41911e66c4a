/** More than one at work: sweeps at the same time, a sweep beside the daemon, two operators on one database, two clouds in one store. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { acceptedResets, type SimOperator, scenario, secondCloud } from '../sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const many = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: `n${at + 1}`,
    provision_state: 'active',
    rack: at + 1,
    resource_class: `class-${at % 4}`,
  }))

/** Failures that have nothing in common, so that every one of them may be reset on its own. */
async function failAll(op: SimOperator, count: number): Promise<string[]> {
  const names = many(count).map(({ name }) => name)
  for (const name of names) op.people.fail(name, BLIP)
  return names
}

/** Nodes between an accepted verb and `available`, counted as each verb was accepted. */
function mostAtOnce(op: SimOperator): number {
  const verbs = acceptedResets(op.cloud)
  return Math.max(0, ...verbs.map((verb) => verbs.filter((other) => other.at <= verb.at && verb.at - other.at < 120 * SECOND).length))
}

scenario(
  'two operators on one database at once, with many nodes: none is reset twice, and the budget of the cloud holds',
  {
    file: true,
    nodes: many(16),
    policy: { incident: { cases: 99, within: MINUTE, classShare: 2, secondCanary: 45 * MINUTE }, starts: { min: 99, share: 1 } },
  },
  async (op) => {
    const names = await failAll(op, 8)
    const other = await op.beside()
    await op.clock.advance(4 * MINUTE)
    const home = () => names.every((name) => op.node(name).row.provision_state === 'available')
    for (let at = 0; at < 60 && !home(); at += 1) {
      await op.clock.run(Promise.all([op.begin(), other.begin()]))
      await op.clock.advance(20 * SECOND)
    }
    assert.ok(home(), `${op.resets()} resets`)
    for (const name of names) assert.equal(op.resets(name), 1, name)
    assert.ok(mostAtOnce(op) <= 2, `${mostAtOnce(op)} at once`)
  },
)

scenario('two sweeps at the same moment reset a node once', { file: true }, async (op) => {
  op.people.fail('node-1', BLIP)
  const other = await op.beside()
  await op.sweep()
  await op.clock.advance(3 * MINUTE)
  const [one, two] = await op.clock.run(Promise.all([op.begin(), other.begin()]))
  assert.equal(one.passes.size + two.passes.size + one.skipped.length + two.skipped.length, 2)
  await op.clock.advance(10 * SECOND)
  assert.equal(op.resets(), 1)
})

scenario('a sweep beside the daemon on the same database: one reset', { file: true, seed: 3 }, async (op) => {
  op.people.fail('node-1', BLIP)
  const stop = op.daemon()
  const sweeper = await op.beside()
  for (let at = 0; at < 20; at += 1) {
    await sweeper.sweep()
    await op.clock.advance(20 * SECOND)
  }
  await stop()
  assert.deepEqual([op.resets(), op.node('node-1').row.provision_state], [1, 'available'])
})

scenario('the daemon alone finds, heals and proves a node', { policy: { soak: 5 * MINUTE } }, async (op) => {
  const stop = op.daemon()
  await op.clock.advance(20 * SECOND)
  op.people.bmc('node-1', 'silent')
  op.people.undeploy('node-1')
  await op.clock.advance(3 * MINUTE)
  assert.equal(op.said('node-1'), 'wait bmc-silent')
  op.people.bmc('node-1', 'ok')
  await op.clock.advance(15 * MINUTE)
  await stop()
  assert.deepEqual([op.resets(), op.said('node-1')], [1, 'resolve healed'])
})

scenario('a script that appends to the same list all the while: its entries stay, and the budget counts them', { seed: 5 }, async (op) => {
  op.people.bmc('node-1', 'stuck')
  op.people.undeploy('node-1')
  await op.clock.advance(20 * SECOND)
  const script = () => {
    const list = op.marks('node-1')
    op.people.setExtra('node-1', 'hammer_error_resets', [
      ...(Array.isArray(list) ? list : []),
      new Date(op.clock.now()).toISOString().replace('Z', ''),
    ])
  }
  for (let hour = 0; hour < 6; hour += 1) {
    script()
    await op.sweepFor(HOUR + 5 * MINUTE, 5 * MINUTE)
  }
  assert.ok(op.resets() <= 2, `${op.resets()} resets beside the script's`)
  assert.match(op.node('node-1').row.maintenance_reason ?? '', /^anneal:/)
})

scenario(
  'two clouds that have a node of the same uuid are two nodes',
  { nodes: [{ uuid: '11111111-1111-4111-8111-111111111111', name: 'a1' }] },
  async (op) => {
    const other = await secondCloud(op, { nodes: [{ uuid: '11111111-1111-4111-8111-111111111111', name: 'b1' }] })
    op.people.fail('a1', BLIP)
    await op.sweep()
    await other.sweep()
    await op.store.hold(other.key('b1'), { by: 'pat', why: 'the other one' })
    await op.clock.advance(3 * MINUTE)
    await op.sweepUntil(() => op.node('a1').row.provision_state === 'available', 15 * MINUTE)
    assert.equal(op.resets(), 1)
    assert.deepEqual(other.sent(), [])
    assert.equal((await op.store.cases({ cloud: 'other' })).length, 0)
  },
)

scenario('a sweep with a limit begins no more acts than that, the longest failed first', { nodes: many(8) }, async (op) => {
  for (const name of ['n3', 'n1']) {
    op.people.fail(name, BLIP)
    await op.clock.advance(MINUTE)
  }
  await op.sweep()
  await op.clock.advance(10 * MINUTE)
  await op.sweep(0)
  assert.deepEqual(op.sent(), [])
  await op.sweep(1)
  assert.deepEqual([op.resets('n3'), op.resets('n1')], [1, 0])
})
