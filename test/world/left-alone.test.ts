/** What must be left alone, whatever its error looks like: a person's hand, somebody's instance, a cloud that does not tell. */
import assert from 'node:assert/strict'
import { poll } from '../../src/controller/poll.ts'
import { HOUR, MINUTE } from '../../src/core/policy.ts'
import type { Transport } from '../../src/core/seams.ts'
import { type SimOperator, scenario } from '../sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'

/** A node that failed ten minutes ago on a BMC that answers again: without the difference that a test makes it would be reset now. */
async function ready(op: SimOperator, name = 'node-1'): Promise<void> {
  op.people.fail(name, BLIP)
  await op.clock.advance(10 * MINUTE)
}

scenario("a person's maintenance", {}, async (op) => {
  await ready(op)
  op.people.setMaintenance('node-1', 'swapping a disk')
  await op.sweepFor(2 * HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['leave maintenance-by-person', []])
  op.people.clearMaintenance('node-1')
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 20 * MINUTE)
})

scenario("a person's maintenance that Ironic lifted together with its own fault stays a hold until unhold", {}, async (op) => {
  op.people.bmc('node-1', 'silent')
  op.people.undeploy('node-1')
  await op.clock.advance(10 * MINUTE)
  assert.equal(op.node('node-1').row.fault, 'power failure')
  op.people.setMaintenance('node-1', 'I am looking at it')
  await op.sweep()
  assert.equal(op.said('node-1'), 'leave maintenance-by-person')
  op.people.bmc('node-1', 'ok')
  await op.sweepFor(HOUR, 5 * MINUTE)
  assert.equal(op.node('node-1').row.maintenance, false)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait held', []])
  assert.equal(await op.store.unhold(op.key('node-1'), { by: 'pat', why: 'done' }), true)
  await op.sweepUntil(() => op.node('node-1').row.provision_state === 'available', 20 * MINUTE)
})

/** One of the five lists of a poll comes to nothing while `fails` says so. */
let fails = false
const oneListFails =
  (transport: Transport): Transport =>
  (request) =>
    fails && request.url.includes('provision_state=clean+failed')
      ? transport({ ...request, url: request.url.replace('/v1/nodes', '/v1/nothing') })
      : transport(request)

scenario('what one list of a poll showed of a person counts, although another could not be read', { between: oneListFails }, async (op) => {
  op.people.bmc('node-1', 'silent')
  op.people.undeploy('node-1')
  await op.clock.advance(10 * MINUTE)
  op.people.setMaintenance('node-1', 'I am looking at it')
  fails = true
  await assert.rejects(op.clock.run(poll(op.world)), /404/)
  fails = false
  op.people.bmc('node-1', 'ok')
  await op.clock.advance(10 * MINUTE)
  assert.equal(op.node('node-1').row.maintenance, false)
  await op.sweepFor(HOUR, 5 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait held', []])
})

scenario('a protected node', {}, async (op) => {
  await ready(op)
  op.people.setProtected('node-1', true)
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['escalate protected', []])
})

scenario('a locked node, until the lock is gone', {}, async (op) => {
  await ready(op)
  op.people.lock('node-1', 5 * MINUTE)
  await op.sweepFor(4 * MINUTE, MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait locked', []])
  await op.sweepUntil(() => op.resets() === 1, 5 * MINUTE)
})

scenario('a hold in extra of whatever value, and a hold by command', {}, async (op) => {
  for (const [at, value] of [true, 0, '', { by: 'pat' }].entries()) {
    await ready(op, `node-${at + 1}`)
    op.people.setExtra(`node-${at + 1}`, 'anneal_hold', value)
  }
  await ready(op, 'node-5')
  await op.store.hold(op.key('node-5'), { by: 'pat', why: 'firmware' })
  await op.sweepFor(HOUR, 20 * MINUTE)
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((n) => op.said(`node-${n}`)),
    Array.from({ length: 5 }, () => 'wait held'),
  )
  assert.deepEqual(op.sent(), [])
})

scenario('a node whose server still lives in Nova although Ironic forgot it', {}, async (op) => {
  const { row } = op.node('node-1')
  const server = op.cloud.state.servers.get(row.instance_uuid ?? '')
  assert.ok(server)
  row.instance_uuid = null
  op.people.fail('node-1', BLIP)
  await op.sweepFor(2 * HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent(), server.deleted], ['leave instance-may-live', [], false])
  assert.match(op.message('node-1'), new RegExp(server.id))
})

scenario('a node with an instance_uuid whose server lives in Nova, in whatever status', {}, async (op) => {
  for (const [at, status] of ['ACTIVE', 'SHUTOFF', 'SOFT_DELETED', 'UNKNOWN', 'ERROR'].entries()) {
    const name = ['node-1', 'node-2', 'node-3', 'node-6', 'node-7'][at] ?? ''
    const { row } = op.node(name)
    const instance = row.instance_uuid
    const server = op.cloud.state.servers.get(instance ?? '')
    assert.ok(server)
    server.status = status
    row.instance_uuid = null
    op.people.fail(name, BLIP)
    row.instance_uuid = instance
  }
  await op.sweepFor(HOUR, 10 * MINUTE)
  for (const name of ['node-1', 'node-2', 'node-3', 'node-6', 'node-7']) assert.equal(op.said(name), 'leave instance-may-live')
  assert.deepEqual(op.sent(), [])
})

scenario('a node that Ironic allocated to somebody without Nova', {}, async (op) => {
  await ready(op)
  op.node('node-1').row.allocation_uuid = '6f1c8a55-0000-4000-8000-000000000001'
  op.people.setInstance('node-1', '6f1c8a55-0000-4000-8000-000000000002')
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['leave instance-may-live', []])
})

scenario('a node whose Placement allocation nobody explains', {}, async (op) => {
  await ready(op)
  op.cloud.state.providers.get(op.key('node-1').uuid)?.allocations.add('6f1c8a55-0000-4000-8000-000000000003')
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['leave instance-may-live', []])
})

for (const kind of ['down', '503', '500', 'hang'] as const) {
  scenario(`a node about which Nova cannot be asked (${kind})`, {}, async (op) => {
    await ready(op)
    op.cloud.faults.set('nova', { kind })
    await op.sweepFor(30 * MINUTE, 10 * MINUTE)
    assert.deepEqual([op.said('node-1'), op.sent()], ['wait nova-unreadable', []])
    op.cloud.faults.clearAll()
    await op.sweepUntil(() => op.resets() === 1, 10 * MINUTE)
  })
}

scenario('a node about which Nova is asked with a token that is no administrator’s', { servicesUser: 'proj-member' }, async (op) => {
  await ready(op)
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait nova-unreadable', []])
})

scenario(
  'a node of a cloud without Nova, unless the site says that none places instances there',
  { features: { nova: false }, nodes: [{ name: 's1' }] },
  async (op) => {
    await ready(op, 's1')
    await op.sweepFor(HOUR, 10 * MINUTE)
    assert.deepEqual([op.said('s1'), op.sent()], ['wait nova-unreadable', []])
    const alone = await op.beside({ policy: { standalone: true } })
    await alone.sweepUntil(() => op.resets() === 1, 10 * MINUTE)
  },
)

scenario(
  'a node outside the configured scope, and all nodes while paused',
  { policy: { scope: { conductor_group: [], owner: [], shard: [], resource_class: [], name: ['node-2', 'rack-*'] } } },
  async (op) => {
    await ready(op, 'node-1')
    await ready(op, 'node-2')
    await op.store.pause('sim', { by: 'pat', why: 'maintenance window' })
    await op.sweepFor(20 * MINUTE, 10 * MINUTE)
    assert.deepEqual([op.said('node-1'), op.said('node-2'), op.sent()], ['wait paused', 'wait paused', []])
    await op.store.resume('sim', { by: 'pat', why: 'over' })
    await op.sweepUntil(() => op.resets('node-2') === 1, 10 * MINUTE)
    assert.equal(op.said('node-1'), 'wait out-of-scope')
  },
)

scenario('everything, in mode observe: it says what it would do and sends only reads', { policy: { mode: 'observe' } }, async (op) => {
  await ready(op, 'node-1')
  op.people.fail('node-2', 'Failed to tear down: Failed to set node power state to power off.')
  op.people.bmc('node-3', 'silent')
  op.people.fail('node-3', BLIP)
  await op.sweepFor(30 * HOUR, 2 * HOUR)
  assert.equal(op.said('node-1'), 'wait observe-only')
  assert.equal(op.decision('node-1').act, 'reset')
  assert.deepEqual(op.sent(), [])
})

scenario('a node that another tool is at work on', {}, async (op) => {
  await ready(op)
  op.people.setExtra('node-1', 'hammer_error_resets', [new Date(op.clock.now()).toISOString()])
  await op.sweepFor(50 * MINUTE, 10 * MINUTE)
  assert.deepEqual([op.said('node-1'), op.sent()], ['wait foreign-writer', []])
  await op.sweepUntil(() => op.resets() === 1, 30 * MINUTE)
  assert.equal((op.marks('node-1') as unknown[]).length, 2)
})

scenario('a node whose server lives in a cell of Nova that is down, so that no list shows it', { novaCells: 2 }, async (op) => {
  const { row } = op.node('node-2')
  // Its instance is forgotten in Ironic and lives on in Nova, in the cell of every second node.
  op.people.bmc('node-2', 'stuck')
  await op.clock.run(op.people.verb('node-2', 'deleted'))
  await op.clock.advance(10 * 1_000)
  op.people.bmc('node-2', 'ok')
  assert.deepEqual([row.provision_state, row.instance_uuid], ['error', null])
  op.people.cell('cell2', 'down')
  // Without Placement's allocation nothing but the cell itself tells.
  op.cloud.state.providers.get(row.uuid)?.allocations.clear()
  await op.sweepFor(HOUR, 10 * MINUTE)
  assert.deepEqual([op.said('node-2'), op.sent()], ['wait nova-unreadable', []])
  assert.match(op.message('node-2'), /cell/)
  op.people.cell('cell2', 'up')
  await op.sweepFor(20 * MINUTE, 5 * MINUTE)
  assert.deepEqual([op.said('node-2'), op.sent()], ['leave instance-may-live', []])
})
