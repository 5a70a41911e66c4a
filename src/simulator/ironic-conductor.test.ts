/** Conductors that die and come back, and what the API says meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from './answer.ts'
import type { CloudOptions, NodeSpec } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

async function given(ironic: CloudOptions['ironic'] = {}, nodes: NodeSpec[] = [{ name: 'n', provision_state: 'active' }]) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes, ironic: { conductors: ['lab'], ...ironic } })
  const operator = await loggedIn(clock, cloud, { user: 'sys-member' })
  const verb = (target: string) => operator.ask('PUT', 'baremetal/v1/nodes/n/states/provision', { target })
  return { clock, cloud, operator, verb, row: cloud.node('n').row }
}

test('instance_uuid survives a conductor that was killed in mid tear-down, and the node is in error only after the restart', async () => {
  const { clock, cloud, verb, row } = await given()
  const instance = row.instance_uuid
  await verb('deleted')
  cloud.people.killConductor('lab')
  await clock.advance(3_000_000)
  assert.deepEqual([row.provision_state, row.reservation, row.instance_uuid], ['deleting', 'lab', instance])
  cloud.people.startConductor('lab')
  assert.deepEqual([row.provision_state, row.reservation, row.instance_uuid], ['error', null, instance])
  assert.notDeepEqual(row.instance_info, {})
  assert.equal(row.last_error, "The deleting state can't be resumed by conductor lab. Moving to fail state.")
  assert.equal(cloud.node('n').history.at(-1)?.event_type, 'transition')
  assert.equal((await verb('deleted')).status, 202)
  await clock.advance(300_000)
  assert.deepEqual([row.provision_state, row.instance_uuid], ['available', null])
})

test('a dead conductor is 500 while its heartbeat is fresh, then 503; reads stay 200 and name no conductor', async () => {
  const { clock, cloud, operator, verb, row } = await given()
  cloud.people.killConductor('lab')
  const early = await verb('deleted')
  assert.equal(early.status, 500)
  assert.match(early.text, /Unable to establish connection to http:\/\/lab:8089/)
  assert.equal(row.provision_state, 'active')
  await clock.advance(70_000)
  const late = await verb('deleted')
  assert.equal(late.status, 503)
  assert.match(late.text, /Resource temporarily unavailable, please retry\./)
  const conductors = within((await operator.ask('GET', 'baremetal/v1/conductors')).json, 'conductors')
  assert.equal(Array.isArray(conductors) && within(conductors[0], 'alive'), false)
  const node = await operator.ask('GET', 'baremetal/v1/nodes/n?fields=provision_state,conductor')
  assert.deepEqual([node.status, within(node.json, 'conductor')], [200, null])
  assert.equal((await verb('provide')).status, 400)
})

test('over messaging a dead conductor is no answer for 60 s', async () => {
  const { clock, cloud, verb } = await given({ rpc: 'messaging' })
  cloud.people.killConductor('lab')
  const began = clock.now()
  assert.equal((await verb('deleted')).status, 500)
  assert.ok(clock.now() - began >= 60_000)
})

test('another conductor frees the lock of a dead one and fails cleaning, but leaves deleting', async () => {
  const nodes = [
    { name: 'n', provision_state: 'active', automated_clean: true },
    { name: 'm', provision_state: 'active' },
  ]
  const { clock, cloud, operator } = await given({ conductors: ['a', 'b'] }, nodes)
  const hosts = ['n', 'm'].map((name) => cloud.node(name).row)
  for (const row of hosts) await operator.ask('PUT', `baremetal/v1/nodes/${row.uuid}/states/provision`, { target: 'deleted' })
  const [first, second] = hosts
  assert.notEqual(first?.reservation, second?.reservation)
  const dead = first?.reservation ?? ''
  cloud.people.killConductor(dead)
  await clock.advance(200_000)
  assert.deepEqual([first?.provision_state, first?.reservation], ['deleting', null])
  assert.equal(second?.provision_state, 'available')
})

test('a node whose conductor group has nobody left is 404, although the node is there', async () => {
  const { clock, cloud, operator } = await given(
    {
      conductors: [
        { host: 'a', group: '' },
        { host: 'b', group: 'rack-3' },
      ],
    },
    [{ name: 'n', provision_state: 'active', conductor_group: 'rack-3' }],
  )
  cloud.people.killConductor('b')
  await clock.advance(70_000)
  const answer = await operator.ask('PUT', 'baremetal/v1/nodes/n/states/provision', { target: 'deleted' })
  assert.equal(answer.status, 404)
  assert.match(answer.text, /No valid host was found/)
  assert.equal((await operator.ask('GET', 'baremetal/v1/nodes/n')).status, 200)
})
