/** A service that tear-down needs is away: it is named and waited for, nothing is spent, and then the nodes come home in order. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { acceptedResets, type SimOperator, scenario } from '../sim-operator.ts'

const active = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ name: `n${at + 1}`, provision_state: 'active', rack: 1 + (at % 20) }))
const names = (count: number) => active(count).map(({ name }) => name)
const home = (op: SimOperator, count: number) => names(count).every((name) => op.node(name).row.provision_state === 'available')

/** Tear-downs that fail on Neutron; Nova's own part of the delete works, so no port stays. */
async function failOnNeutron(op: SimOperator, count: number): Promise<void> {
  op.cloud.faults.set('neutron', { kind: '503' })
  for (const name of names(count)) {
    op.people.undeploy(name)
    await op.clock.advance(200)
  }
  await op.clock.advance(15 * SECOND)
}

/** What is bound to a node whose tear-down failed is Nova's to remove; here it does, as it does when Neutron fails Ironic alone. */
function unbind(op: SimOperator, name: string): void {
  const { uuid } = op.node(name).row
  for (const [id, port] of op.cloud.state.ports) if (port.host_id === uuid) op.cloud.state.ports.delete(id)
  for (const server of op.cloud.state.servers.values())
    if (server.node === uuid) Object.assign(server, { deleted: true, status: 'DELETED', port: null })
  op.cloud.state.providers.get(uuid)?.allocations.clear()
}

scenario(
  'Neutron down during tear-down is named and waited for; the node without a bound port is healed, the other is told',
  { nodes: active(2) },
  async (op) => {
    await failOnNeutron(op, 2)
    unbind(op, 'n1')
    await op.sweepFor(30 * MINUTE, MINUTE)
    assert.equal(op.said('n1'), 'wait service-red')
    assert.match(op.message('n1'), /neutron/i)
    assert.deepEqual(op.sent(), [])
    op.cloud.faults.clearAll()
    await op.sweepUntil(() => op.node('n1').row.provision_state === 'available', 20 * MINUTE)
    await op.sweepFor(15 * MINUTE, MINUTE)
    assert.equal(op.said('n2'), 'escalate dirty-port')
    assert.match(op.message('n2'), /`openstack port unset --host [0-9a-f-]{36}`/)
    assert.deepEqual([op.resets('n1'), op.resets('n2')], [1, 0])
  },
)

scenario('four nodes that failed on Neutron together are one incident with one canary', { nodes: active(60) }, async (op) => {
  await failOnNeutron(op, 4)
  for (const name of names(4)) unbind(op, name)
  await op.sweepFor(10 * MINUTE, MINUTE)
  assert.deepEqual(op.sent(), [])
  op.cloud.faults.clearAll()
  await op.sweepUntil(() => op.resets() > 0, 20 * MINUTE)
  const [incident, ...more] = await op.store.incidents({ open: true })
  assert.deepEqual([incident?.key, incident?.value, incident?.members, more.length], ['service', 'neutron', 4, 0])
  const canary = acceptedResets(op.cloud)[0]?.before?.uuid
  await op.sweepUntil(() => op.resets() > 1, HOUR)
  const first = [...op.cloud.state.nodes.values()].find((node) => node.row.uuid === canary)
  assert.equal(first?.row.provision_state, 'available')
  await op.sweepUntil(() => home(op, 4), HOUR)
  assert.equal(op.resets(), 4)
})

const ROOM = { inFlight: { classShare: 1, classMax: 25, cloudShare: 1, cloudMax: 25 } }
const QUICK = { cleaningMs: 70 * SECOND }

scenario(
  'forty nodes failing in one Neutron outage: no reset during it, one canary, then 2, 4, 8 at a time, and all come home',
  {
    nodes: active(50),
    keepReads: false,
    policy: ROOM,
    ironic: QUICK,
  },
  async (op) => {
    const failed = names(40)
    await failOnNeutron(op, 40)
    for (const name of failed) unbind(op, name)
    await op.sweepFor(20 * MINUTE, 5 * MINUTE)
    assert.deepEqual(op.sent(), [])
    op.cloud.faults.clearAll()
    const inState = (...states: string[]) => failed.filter((name) => states.includes(op.node(name).row.provision_state)).length
    const seen: { under: number; healed: number }[] = []
    const look = () => {
      seen.push({ under: inState('deleting', 'cleaning', 'clean wait'), healed: inState('available') })
      return home(op, 40)
    }
    await op.sweepUntil(look, 2 * HOUR, 45 * SECOND)
    assert.equal(op.resets(), 40)
    assert.deepEqual(
      seen.filter(({ healed, under }) => healed === 0 && under > 1),
      [],
      'one canary',
    )
    // Healed by the cloud's own state runs ahead of proven, never behind it.
    assert.deepEqual(
      seen.filter(({ healed, under }) => under > 2 ** Math.floor(Math.log2(healed + 1))),
      [],
      'the ramp',
    )
    assert.ok(
      seen.some(({ under }) => under >= 8),
      'it gathers way',
    )
  },
)

scenario('Keystone down: nothing can be asked, so nothing is sent; afterwards it goes on', {}, async (op) => {
  op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
  await op.sweep()
  op.cloud.faults.set('keystone', { kind: 'down' })
  op.cloud.state.checked.clear()
  op.cloud.state.tokens.clear()
  await assert.rejects(() => op.sweep())
  assert.deepEqual(op.sent(), [])
  op.cloud.faults.clearAll()
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 20 * MINUTE)
})

scenario('a service that fails Ironic alone, behind a green front, costs one canary in 45 minutes', { nodes: active(60) }, async (op) => {
  op.cloud.faults.set('neutron', { kind: '503', seenBy: 'conductors' })
  for (const name of names(6)) op.people.undeploy(name)
  await op.clock.advance(20 * SECOND)
  for (const name of names(6)) unbind(op, name)
  await op.sweepFor(44 * MINUTE, MINUTE)
  assert.ok(op.resets() <= 1, `${op.resets()} resets`)
})
