/**
 * The self-canary over the simulated cloud: broken on a schedule, found and healed by the same passes as every node, and said to be in trouble
 * where that does not happen. Nothing but a node without a machine is ever broken.
 */
import assert from 'node:assert/strict'
import { type CanaryWatch, canaryWatch } from '../../src/controller/canary.ts'
import { DAY, HOUR, MINUTE } from '../../src/core/policy.ts'
import { type SimOperator, type SimOptions, scenario } from '../sim-operator.ts'

const PLAN = { node: 'canary', every: DAY, within: 2 * HOUR }
const CANARY = { name: 'canary', fake: true, resource_class: 'canary', extra: { anneal_canary: true } }
const site = (more: Partial<SimOptions> = {}): SimOptions => ({
  nodes: [CANARY, { name: 'n1' }, { name: 'n2', provision_state: 'active' }],
  policy: { mode: 'auto' },
  ...more,
})

/** A look at the canary and a sweep, each minute. */
async function until(op: SimOperator, canary: CanaryWatch, isSo: () => boolean, withinMs: number): Promise<void> {
  const end = op.clock.now() + withinMs
  while (!isSo()) {
    assert.ok(op.clock.now() < end, `still not so after ${withinMs / MINUTE} min: ${canary.state().message}`)
    await op.clock.run(canary.look())
    await op.sweep()
    await op.clock.advance(MINUTE)
  }
}
const sent = (op: SimOperator): string[] =>
  op.cloud.ledger.changes().map(({ method, path, body, status }) => {
    const target = typeof body === 'object' && body !== null && 'target' in body ? ` ${String(body.target)}` : ''
    return `${method} ${path.split('?')[0]?.split('/').slice(4).join('/')}${target} ${status}`
  })
const all = (op: SimOperator): string[] => [...new Set(op.cloud.ledger.changes().map(({ path }) => path.split(/[/?]/)[3] ?? ''))]

scenario('a canary is deployed, broken, found, diagnosed, reset and proven, once a day', site(), async (op) => {
  const canary = canaryWatch(op.world, PLAN)
  await until(op, canary, () => canary.state().healedAt !== null, 2 * HOUR)
  assert.deepEqual(sent(op), [
    'PATCH  200',
    'PUT states/provision active 202',
    'PATCH  200',
    'PUT states/provision deleted 202',
    'PATCH  200',
    // From here on it is a pass, as for every node.
    'PATCH  200',
    'PUT states/provision deleted 202',
  ])
  assert.deepEqual(all(op), [op.node('canary').row.uuid])
  const { driver, driver_info, network_interface, provision_state } = op.node('canary').row
  assert.deepEqual(
    { driver, driver_info, network_interface, provision_state },
    {
      ...{ driver: 'fake-hardware', driver_info: {}, network_interface: 'noop', provision_state: 'available' },
    },
  )
  const [closed] = await op.store.cases({ cloud: op.world.cloud, limit: 1 })
  assert.deepEqual([closed?.result, closed?.diagnosis?.cause], ['healed', 'bmc-unreachable'])
  assert.equal(canary.state().trouble, null)
  const before = sent(op).length
  await until(op, canary, () => sent(op).length > before, DAY)
})

scenario('what is not healed in time is trouble, until it is', site(), async (op) => {
  const canary = canaryWatch(op.world, PLAN)
  await until(op, canary, () => op.node('canary').row.provision_state === 'error', HOUR)
  await op.store.hold(op.key('canary'), { by: 'pat', why: 'to see the alarm' })
  await until(op, canary, () => canary.state().trouble !== null, 3 * HOUR)
  assert.match(canary.state().trouble ?? '', /^Canary canary was broken 2 h 1 min ago and is not healed; 2 h are allowed\.$/)
  await op.store.unhold(op.key('canary'), { by: 'pat', why: 'seen' })
  await until(op, canary, () => canary.state().healedAt !== null, 2 * HOUR)
  assert.equal(canary.state().trouble, null)
})

for (const [why, wrong] of [
  ['with a machine', { ...CANARY, fake: false }],
  ['that nobody marked for it', { ...CANARY, extra: {} }],
  ['that somebody has', { ...CANARY, provision_state: 'active' }],
] as const)
  scenario(`a node ${why} is sent nothing, and that is said`, site({ nodes: [wrong, { name: 'n1' }] }), async (op) => {
    const canary = canaryWatch(op.world, PLAN)
    await op.clock.run(canary.look())
    await op.clock.advance(DAY + 3 * HOUR)
    await op.clock.run(canary.look())
    assert.deepEqual(sent(op), [])
    assert.match(canary.state().trouble ?? '', /could not be tried/)
  })

for (const mode of ['observe', 'approve'] as const)
  scenario(`in mode ${mode} no round begins`, site({ policy: { mode } }), async (op) => {
    const canary = canaryWatch(op.world, PLAN)
    for (let at = 0; at < 5; at += 1) {
      await op.clock.run(canary.look())
      await op.clock.advance(MINUTE)
    }
    assert.deepEqual(sent(op), [])
    assert.match(canary.state().message, new RegExp(`The mode is ${mode}`))
  })

scenario('while other nodes fail no round begins, and two processes begin one', site(), async (op) => {
  const [one, two] = [canaryWatch(op.world, PLAN), canaryWatch(op.world, PLAN)]
  op.people.fail('n1', 'Failed to tear down: IPMI call failed: power status.')
  await op.sweep()
  await op.clock.run(one.look())
  assert.match(one.state().message, /begins later: other nodes have open cases/)
  await op.sweepUntil(() => op.said('n1') === 'resolve healed', 2 * HOUR)
  const before = sent(op).length
  for (let at = 0; at < 3; at += 1) {
    await op.clock.run(Promise.all([one.look(), two.look()]))
    await op.clock.advance(MINUTE)
  }
  assert.deepEqual(
    sent(op)
      .slice(before)
      .filter((line) => line.startsWith('PUT')),
    ['PUT states/provision active 202', 'PUT states/provision deleted 202'],
  )
})
