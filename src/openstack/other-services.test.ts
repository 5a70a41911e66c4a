import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TransportError } from '../core/seams.ts'
import { givenCloud, NODE } from './given-cloud.test.ts'
import { neutronClient } from './neutron.ts'
import { OpenStackError } from './openstack-error.ts'
import { placementClient } from './placement.ts'
import { probeService } from './probe.ts'

const PORTS = 'GET neutron.test/v2.0/ports'
const port = (change: Record<string, unknown> = {}) => ({
  id: 'p1',
  device_id: 'i1',
  device_owner: 'compute:nova',
  mac_address: '52:54:00:00:00:01',
  'binding:host_id': NODE,
  ...change,
})

const failed = (promise: Promise<unknown>): Promise<OpenStackError> =>
  promise.then(
    () => assert.fail('answered'),
    (error: unknown) => (error instanceof OpenStackError ? error : assert.fail(String(error))),
  )

test('ports bound to the node or of its instance are listed once', async () => {
  const { session } = givenCloud({
    [PORTS]: (_request, url) => ({
      body: { ports: url.searchParams.has('device_id') ? [port(), port({ id: 'p2', 'binding:host_id': '' })] : [port()] },
    }),
  })
  assert.deepEqual(await neutronClient(session).boundPorts(NODE, ['i1']), [
    { id: 'p1', device_id: 'i1', device_owner: 'compute:nova', mac_address: '52:54:00:00:00:01', host_id: NODE },
    { id: 'p2', device_id: 'i1', device_owner: 'compute:nova', mac_address: '52:54:00:00:00:01', host_id: '' },
  ])
})

test('a Neutron that ignores the filter, or hides bindings, says nothing about a node', async () => {
  const foreign = givenCloud({ [PORTS]: { body: { ports: [port({ 'binding:host_id': 'another' })] } } }).session
  assert.match((await failed(neutronClient(foreign).boundPorts(NODE, []))).sentence, /did not apply the filter binding:host_id/)
  const { 'binding:host_id': _, ...blind } = port()
  // The filtered list is empty for such a credential; any other port shows that it is blind.
  const hidden = givenCloud({ [PORTS]: [{ body: { ports: [] } }, { body: { ports: [blind] } }] }).session
  assert.match((await failed(neutronClient(hidden).boundPorts(NODE, []))).sentence, /hides binding:host_id/)
  const clean = givenCloud({ [PORTS]: { body: { ports: [] } } }).session
  assert.deepEqual(await neutronClient(clean).boundPorts(NODE, ['i1']), [])
})

test("Placement's allocations and inventory are read, and no provider is told apart from no answer", async () => {
  const at = `GET placement.test/placement/resource_providers/${NODE}`
  const none = { status: 404, body: { errors: [{ status: 404, detail: `No resource provider with uuid ${NODE} found` }] } }
  const given = (routes: Parameters<typeof givenCloud>[0]) => placementClient(givenCloud(routes).session)
  assert.deepEqual(await given({ [`${at}/allocations`]: { body: { allocations: { i1: { resources: {} } } } } }).allocations(NODE), {
    kind: 'known',
    value: ['i1'],
  })
  assert.deepEqual(
    await given({ [`${at}/inventories`]: { body: { inventories: { CUSTOM_X: { total: 1, reserved: 1 } } } } }).inventory(NODE),
    {
      kind: 'known',
      value: [{ resource_class: 'CUSTOM_X', total: 1, reserved: 1 }],
    },
  )
  const odd = JSON.stringify({ allocations: {} }).replace('{}', '{"__proto__": {"resources": {}}}')
  assert.deepEqual(await given({ [`${at}/allocations`]: { body: odd } }).allocations(NODE), { kind: 'known', value: ['__proto__'] })
  const silent = given({ [`${at}/inventories`]: { body: { inventories: { CUSTOM_X: { total: 1 } } } } })
  assert.match((await failed(silent.inventory(NODE))).sentence, /CUSTOM_X.reserved: expected number/)
  assert.equal((await given({ [`${at}/allocations`]: none }).allocations(NODE)).kind, 'absent')
  assert.deepEqual(await given({ [`${at}/inventories`]: none }).inventory(NODE), { kind: 'known', value: [] })
  for (const body of ['<html>', {}, { allocations: ['i1'] }, { allocations: null }])
    assert.match((await failed(given({ [`${at}/allocations`]: { body } }).allocations(NODE))).sentence, /expected|JSON/i)
  assert.equal((await failed(given({ [`${at}/allocations`]: { status: 404, body: 'no such page' } }).allocations(NODE))).status, 404)
  assert.equal((await failed(given({ [`${at}/allocations`]: { status: 403 } }).allocations(NODE))).status, 403)
  const without = givenCloud({}, { regionName: 'R1', interface: 'internal' }).session
  assert.equal((await placementClient(without).inventory(NODE)).kind, 'absent')
})

test('a service is green when it answers, red for no answer or its own failure, and unknown where it may not be asked', async () => {
  const look = async (routes: Parameters<typeof givenCloud>[0], name: Parameters<typeof probeService>[1] = 'neutron') => {
    const { session, clock } = givenCloud(routes)
    const reading = await probeService(session, name, clock)
    return reading.kind === 'known' ? reading.value.state : reading.kind
  }
  assert.equal(await look({ [PORTS]: { body: { ports: [] } } }), 'green')
  assert.equal(await look({ [PORTS]: { status: 503 } }), 'red')
  assert.equal(await look({ [PORTS]: { body: '<html><body>Back soon</body></html>' } }), 'red')
  assert.equal(await look({ [PORTS]: { body: { error: 'back soon' } } }), 'red')
  assert.equal(await look({ [PORTS]: new TransportError('before', 'connect ECONNREFUSED') }), 'red')
  assert.equal(await look({ [PORTS]: { status: 403 } }), 'unknown')
  assert.equal(await look({ [PORTS]: { status: 401 } }), 'unknown')
  assert.equal(await look({ [PORTS]: { status: 404 } }), 'unknown')
  assert.equal(await look({ 'GET cinder.test/v3/own-project/volumes': { body: { volumes: [] } } }, 'cinder'), 'green')
  assert.equal(await look({ 'GET glance.test/v2/images': { body: { images: [] } } }, 'glance'), 'green')
  assert.equal(await look({ 'GET nova.test/v2.1/servers': { body: { servers: [] } } }, 'nova'), 'green')
  assert.equal(await look({ 'GET placement.test/placement/': { body: { versions: [] } } }, 'placement'), 'green')
  assert.equal(await look({}, 'keystone'), 'green')
})

test('Keystone is asked afresh, and its failure makes the others unknown, not red', async () => {
  const { session, clock, sent } = givenCloud({ [PORTS]: { body: { ports: [] } } })
  await probeService(session, 'neutron', clock)
  await probeService(session, 'keystone', clock)
  assert.equal(sent.filter((request) => request.method === 'POST').length, 2)
  const down = givenCloud({ 'POST keystone.test/v3/auth/tokens': { status: 503 } })
  const keystone = await probeService(down.session, 'keystone', down.clock)
  assert.equal(keystone.kind === 'known' && keystone.value.state, 'red')
  assert.equal((await probeService(down.session, 'neutron', down.clock)).kind, 'unknown')
  const refused = givenCloud({ 'POST keystone.test/v3/auth/tokens': { status: 401 } })
  assert.equal((await probeService(refused.session, 'keystone', refused.clock)).kind, 'unknown')
})

test('a service that is not in the catalog is absent', async () => {
  const { session, clock } = givenCloud({}, { interface: 'internal' })
  assert.equal((await probeService(session, 'cinder', clock)).kind, 'absent')
  const bare = givenCloud({}, { authType: 'none' })
  assert.equal((await probeService(bare.session, 'keystone', bare.clock)).kind, 'absent')
  assert.equal((await probeService(bare.session, 'neutron', bare.clock)).kind, 'absent')
})
