/** Nova, Neutron and Placement around a node: who sees what, and what stays behind when a delete goes wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from './answer.ts'
import type { CloudOptions, NodeSpec } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

async function given(options: Partial<CloudOptions> = {}, node: NodeSpec = {}) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({
    clock,
    random: seededRandom(1),
    nodes: [{ name: 'n', provision_state: 'active', ...node }],
    ironic: { conductors: ['lab'], cleaningMs: 10_000 },
    ...options,
  })
  const admin = await loggedIn(clock, cloud, { user: 'admin', scope: 'admin' })
  const { row } = cloud.node('n')
  const server = cloud.state.servers.get(row.instance_uuid ?? '')
  const list = async (who: typeof admin, query: string, key = 'servers') => {
    const found = within((await who.ask('GET', query)).json, key)
    return Array.isArray(found) ? found : []
  }
  return { clock, cloud, admin, row, server, list }
}

test('an admin finds the server of another project by node and by id, a member of it only by id and without its place', async () => {
  const { clock, cloud, admin, row, server, list } = await given()
  const byNode = await list(admin, `compute/v2.1/servers/detail?all_tenants=1&node=${row.uuid}`)
  assert.equal(within(byNode[0], 'id'), server?.id)
  assert.equal(within(byNode[0], 'OS-EXT-SRV-ATTR:hypervisor_hostname'), row.uuid)
  const member = await loggedIn(clock, cloud, { user: 'proj-member', scope: 'lab' })
  assert.equal((await member.ask('GET', 'compute/v2.1/servers/detail?all_tenants=1')).status, 403)
  const own = within((await member.ask('GET', `compute/v2.1/servers/${server?.id}`)).json, 'server')
  assert.equal(within(own, 'OS-EXT-SRV-ATTR:hypervisor_hostname'), undefined)
  assert.equal(within(own, 'status'), 'ACTIVE')
  // The filter by node is an admin's; for others it is dropped without a word.
  assert.equal((await list(member, 'compute/v2.1/servers/detail?node=nowhere')).length, 1)
  const stranger = await loggedIn(clock, cloud, { user: 'bm-admin', scope: 'baremetal' })
  assert.equal((await stranger.ask('GET', `compute/v2.1/servers/${server?.id}`)).status, 404)
  const system = await loggedIn(clock, cloud, { user: 'sys-member' })
  assert.equal((await system.ask('GET', 'compute/v2.1/servers/detail')).status, 403)
})

test('a delete against a dead BMC succeeds in Nova, while the node is in error and still powered on', async () => {
  const { clock, cloud, admin, row, server, list } = await given()
  cloud.people.bmc('n', 'silent')
  cloud.people.undeploy('n')
  await clock.advance(20_000)
  assert.deepEqual([row.provision_state, row.instance_uuid], ['error', null])
  assert.equal((await admin.ask('GET', `compute/v2.1/servers/${server?.id}`)).status, 404)
  assert.equal((await list(admin, `compute/v2.1/servers/detail?all_tenants=1&node=${row.uuid}`)).length, 0)
  // Its actions are told to those only who ask with microversion 2.21 or a later one.
  assert.equal((await admin.ask('GET', `compute/v2.1/servers/${server?.id}/os-instance-actions`)).status, 404)
  const newer = await loggedIn(clock, cloud, { user: 'admin', scope: 'admin', headers: { 'openstack-api-version': 'compute 2.21' } })
  const actions = await list(newer, `compute/v2.1/servers/${server?.id}/os-instance-actions`, 'instanceActions')
  assert.deepEqual(
    actions.map((one) => within(one, 'action')),
    ['delete', 'create'],
  )
  assert.equal(cloud.node('n').bmc.power, 'power on')
  assert.equal((await list(admin, `network/v2.0/ports?binding:host_id=${row.uuid}`, 'ports')).length, 0)
})

test('a delete whose conductor dies ends in ERROR after two minutes, with delete as its last action', async () => {
  const { clock, cloud, row, server } = await given()
  cloud.people.undeploy('n')
  await clock.advance(1000)
  cloud.people.killConductor('lab')
  await clock.advance(130_000)
  assert.equal(row.provision_state, 'deleting')
  assert.deepEqual([server?.status, server?.task_state, server?.actions.at(-1)?.action], ['ERROR', null, 'delete'])
})

test('a delete during a Neutron outage leaves a bound port and a server in ERROR', async () => {
  const { clock, cloud, admin, row, server, list } = await given()
  cloud.faults.set('neutron', { kind: '503' })
  cloud.people.undeploy('n')
  await clock.advance(60_000)
  assert.deepEqual([row.provision_state, row.instance_uuid, server?.status], ['error', null, 'ERROR'])
  cloud.faults.clearAll()
  const ports = await list(admin, `network/v2.0/ports?binding:host_id=${row.uuid}`, 'ports')
  assert.deepEqual(
    ports.map((port) => within(port, 'device_id')),
    [server?.id],
  )
})

test('while nobody reaches Neutron, Nova shows no server: 500 by id and in every list of details that has one', async () => {
  const { clock, cloud, admin, row, server } = await given()
  const path = 'compute/v2.1/servers'
  const detail = `${path}/detail?all_tenants=1`
  const asked = async (...paths: string[]) => await Promise.all(paths.map(async (one) => (await admin.ask('GET', one)).status))
  const shows = () => asked(`${path}/${server?.id}`, detail)
  cloud.faults.set('neutron', { kind: 'down' })
  assert.deepEqual((await admin.ask('GET', `${path}/${server?.id}`)).json, {
    computeFault: {
      code: 500,
      message:
        "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.\n<class 'keystoneauth1.exceptions.connection.ConnectFailure'>",
    },
  })
  assert.deepEqual(await shows(), [500, 500])
  assert.deepEqual(await asked(`${path}/${cloud.state.newId()}`, `${detail}&node=nowhere`), [404, 200])
  assert.deepEqual(await asked(`${path}?all_tenants=1`, `${path}/${server?.id}/os-instance-actions`), [200, 200])
  const stranger = await loggedIn(clock, cloud, { user: 'bm-admin', scope: 'baremetal' })
  assert.equal((await stranger.ask('GET', `${path}/${server?.id}`)).status, 404)
  assert.deepEqual([...cloud.faults.counts], [])
  for (const seenBy of ['clients', 'conductors'] as const) {
    cloud.faults.set('neutron', { kind: 'down', seenBy })
    assert.deepEqual(await shows(), [200, 200], seenBy)
  }
  for (const some of [{ share: 0.5 }, { times: 3 }, { methods: ['PUT'] }]) {
    cloud.faults.set('neutron', { kind: 'down', ...some })
    assert.deepEqual(await shows(), [200, 200], Object.keys(some).join())
  }
  cloud.faults.set('neutron', { kind: 'latency' })
  assert.deepEqual(await shows(), [200, 200])
  cloud.faults.set('neutron', { kind: 'down' })
  cloud.people.undeploy('n')
  await clock.advance(60_000)
  assert.deepEqual([row.provision_state, server?.status], ['error', 'ERROR'])
  cloud.faults.clearAll()
  assert.deepEqual(await shows(), [200, 200])
})

test('Nova does without a Neutron that the cloud has not got', async () => {
  const { cloud, admin, server } = await given({ features: { neutron: false } })
  cloud.faults.set('neutron', { kind: 'down' })
  assert.equal((await admin.ask('GET', `compute/v2.1/servers/${server?.id}`)).status, 200)
})

test("a healed node stays reserved until Nova's next period, and then a user can launch on it", async () => {
  const { clock, cloud, admin, row } = await given()
  cloud.people.undeploy('n')
  const reserved = async (): Promise<unknown> => {
    const { json } = await admin.ask('GET', `placement/resource_providers/${row.uuid}/inventories`)
    return within(within(within(json, 'inventories'), 'CUSTOM_BAREMETAL'), 'reserved')
  }
  while (row.provision_state !== 'available') await clock.advance(100)
  assert.equal(await reserved(), 1)
  assert.equal(await clock.run(cloud.people.launch('n')), null)
  await clock.advance(60_000)
  assert.equal(await reserved(), 0)
  const server = await clock.run(cloud.people.launch('n'))
  assert.deepEqual([server?.status, row.provision_state, row.instance_uuid], ['ACTIVE', 'active', server?.id])
  const { json } = await admin.ask('GET', `placement/resource_providers/${row.uuid}/allocations`)
  assert.deepEqual(Object.keys(within(json, 'allocations') ?? {}), [server?.id])
})

test('a standalone tenant is known to Ironic alone, by an allocation', async () => {
  const { clock, cloud, row } = await given({ features: { nova: false, placement: false } })
  assert.equal(cloud.state.servers.size, 0)
  assert.notEqual(row.allocation_uuid, null)
  cloud.people.undeploy('n')
  await clock.advance(60_000)
  assert.deepEqual([row.provision_state, row.allocation_uuid], ['available', null])
})

test('a service that the cloud has not got is in no catalog and answers nobody', async () => {
  const { admin } = await given({ features: { nova: false } })
  await assert.rejects(admin.ask('GET', 'compute/v2.1/servers/detail'), /connection refused/)
})
