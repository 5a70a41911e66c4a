import assert from 'node:assert/strict'
import { test } from 'node:test'
import { givenCloud, NODE, OWN_PROJECT } from './given-cloud.test.ts'
import { novaClient } from './nova.ts'
import { OpenStackError } from './openstack-error.ts'

const LIST = 'GET nova.test/v2.1/servers/detail'
const SERVICES = 'GET nova.test/v2.1/os-services'
const HYPERVISOR = 'OS-EXT-SRV-ATTR:hypervisor_hostname'
const gone = { status: 404, body: { itemNotFound: { code: 404, message: 'Instance could not be found.' } } }
const up = { body: { services: [{ binary: 'nova-conductor', status: 'enabled', state: 'up' }] } }

const server = (change: Record<string, unknown> = {}) => ({
  id: 's1',
  status: 'ACTIVE',
  tenant_id: 'other-project',
  [HYPERVISOR]: NODE,
  'OS-EXT-STS:vm_state': 'active',
  'OS-EXT-STS:task_state': null,
  'OS-SRV-USG:launched_at': '2026-01-01T00:00:00.000000',
  ...change,
})
const listOf = (...servers: object[]) => ({ body: { servers } })
const actions = (...names: string[]) => ({
  body: { instanceActions: names.map((action, i) => ({ action, start_time: `2026-01-0${i + 1}T00:00:00.000000` })) },
})

const given = (routes: Parameters<typeof givenCloud>[0]) => {
  const cloud = givenCloud({ [SERVICES]: up, ...routes })
  return { ...cloud, nova: novaClient(cloud.session) }
}

const failed = (promise: Promise<unknown>): Promise<OpenStackError> =>
  promise.then(
    () => assert.fail('answered'),
    (error: unknown) => (error instanceof OpenStackError ? error : assert.fail(String(error))),
  )

test('servers on a node are those of exactly its name, each with its newest action', async () => {
  const { nova, sent } = given({
    [LIST]: listOf(
      server({ [HYPERVISOR]: NODE.toUpperCase() }),
      server({ id: 's2', [HYPERVISOR]: `${NODE}-2` }),
      // A list that is not filtered, because this token's Nova drops the filter, holds servers that are nowhere.
      server({ id: 's3', [HYPERVISOR]: null }),
    ),
    'GET nova.test/v2.1/servers/s1/os-instance-actions': actions('create', 'delete'),
  })
  assert.deepEqual(await nova.serversOn(NODE), [
    {
      id: 's1',
      status: 'ACTIVE',
      vm_state: 'active',
      task_state: null,
      launched_at: '2026-01-01T00:00:00.000000',
      lastAction: { action: 'delete', start_time: '2026-01-02T00:00:00.000000' },
    },
  ])
  const query = new URL(sent.find((request) => request.url.includes('/detail'))?.url ?? '').searchParams
  assert.deepEqual([query.get('all_tenants'), query.get('node')], ['1', NODE])
})

test('a list without the attributes of an administrator is no list', async () => {
  const { [HYPERVISOR]: _, ...blind } = server()
  assert.match((await failed(given({ [LIST]: listOf(blind) }).nova.serversOn(NODE))).sentence, /hides OS-EXT-SRV-ATTR/)
})

test('a list of the servers on a node that does not say where one of them is, is no list', async () => {
  for (const servers of [[server({ [HYPERVISOR]: null })], [server(), server({ id: 's2', [HYPERVISOR]: null })]]) {
    assert.match((await failed(given({ [LIST]: listOf(...servers) }).nova.serversOn(NODE))).sentence, /without saying where it is/)
  }
})

test('an answer about another server, or about its actions, says nothing', async () => {
  const one = 'GET nova.test/v2.1/servers/s1'
  const another = given({ [one]: { body: { server: server({ id: 's2' }) } } })
  assert.match((await failed(another.nova.server('s1'))).sentence, /answered about s2/)
  const start_time = '2026-01-01T00:00:00'
  const its = [{ action: 'delete', start_time, instance_uuid: 's2' }]
  const crossed = given({ [LIST]: listOf(server()), [`${one}/os-instance-actions`]: { body: { instanceActions: its } } })
  assert.match((await failed(crossed.nova.serversOn(NODE))).sentence, /actions are those of instance s2/)
  const found = given({ [LIST]: listOf(server()), [one]: { body: { server: server({ id: 's2' }) } } })
  assert.match((await failed(found.nova.positiveControl(NODE, null))).sentence, /answered about s2/)
})

test('an action without a time, or a server that does not say when it was launched, is not read as an old one', async () => {
  const path = 'GET nova.test/v2.1/servers/s1/os-instance-actions'
  const mixed = {
    body: {
      instanceActions: [
        { action: 'create', start_time: 'lately' },
        { action: 'delete', start_time: '2026-01-01T00:00:00' },
      ],
    },
  }
  assert.match((await failed(given({ [path]: mixed }).nova.lastAction('s1'))).sentence, /instanceActions.0.start_time: expected a time/)
  const { 'OS-SRV-USG:launched_at': _, ...less } = server({ status: 'ERROR' })
  const { nova } = given({ [LIST]: listOf(less), [path]: actions('delete') })
  assert.match((await failed(nova.serversOn(NODE))).sentence, /does not say when server s1 was launched/)
})

test("a server is gone only in Nova's own words", async () => {
  const path = 'GET nova.test/v2.1/servers/s1'
  assert.equal(await given({ [path]: gone }).nova.server('s1'), 'gone')
  assert.equal((await failed(given({ [path]: { status: 404, body: 'not here' } }).nova.server('s1'))).status, 404)
  assert.equal((await failed(given({ [path]: { status: 500 } }).nova.server('s1'))).status, 500)
})

test('a server of a cell that is down is shown as UNKNOWN and asked nothing more', async () => {
  const { nova, sent } = given({
    'GET nova.test/v2.1/servers/s1': { body: { server: { id: 's1', status: 'UNKNOWN', tenant_id: 'x', created: 't' } } },
  })
  assert.deepEqual(await nova.server('s1'), {
    id: 's1',
    status: 'UNKNOWN',
    vm_state: null,
    task_state: null,
    launched_at: null,
    lastAction: null,
  })
  assert.equal(sent.at(-1)?.headers['openstack-api-version'], 'compute 2.69')
})

test('the control passes when a server of another project is found by id', async () => {
  const own = server({ id: 's0', tenant_id: OWN_PROJECT })
  const { nova } = given({
    [LIST]: listOf(own, server({ id: 's9' }), server()),
    'GET nova.test/v2.1/servers/s9': gone,
    'GET nova.test/v2.1/servers/s1': { body: { server: server() } },
  })
  const control = await nova.positiveControl(NODE, null)
  assert.equal(control.passed, true)
  assert.match(control.sentence, /server s1 of another project by id/)
})

test('where there is no other project to find, the lists by node and by uuid stand in', async () => {
  const { nova, sent } = given({ [LIST]: listOf() })
  const control = await nova.positiveControl(NODE, 'i1')
  assert.equal(control.passed, true)
  const asked = sent.map((request) => new URL(request.url).searchParams).filter((query) => query.has('all_tenants'))
  assert.deepEqual(
    asked.map((query) => query.get('node') ?? query.get('uuid') ?? query.get('limit')),
    ['100', NODE, 'i1'],
  )
})

test('the control fails for a token that sees too little, and says why', async () => {
  const { [HYPERVISOR]: _, ...blind } = server({ tenant_id: OWN_PROJECT })
  const cases: [Parameters<typeof givenCloud>[0], RegExp][] = [
    [
      { [LIST]: { status: 403, body: { forbidden: { code: 403, message: "Policy doesn't allow it." } } } },
      /may not see other projects' servers: Policy/,
    ],
    [{ [LIST]: listOf(blind) }, /hides OS-EXT-SRV-ATTR/],
    // Nova 26 with a policy that lets a token list all projects' servers and show its own alone.
    [{ [LIST]: listOf(server({ id: 's9' })), 'GET nova.test/v2.1/servers/s9': gone }, /shows it none of 1 by id/],
    [{ [LIST]: listOf(), [SERVICES]: { status: 403 } }, /cannot be told from a token that sees its own project only/],
    [{ [SERVICES]: { body: { services: [{ binary: 'nova-compute', status: 'UNKNOWN' }] } } }, /cell of Nova cannot be reached/],
    [{ [SERVICES]: { body: { services: [{ binary: 'nova-conductor', status: 'enabled', state: 'down' }] } } }, /No nova-conductor is up/],
    [{ [SERVICES]: { body: { services: [] } }, [LIST]: listOf() }, /lists no service of its own/],
  ]
  for (const [routes, why] of cases) {
    const control = await given(routes).nova.positiveControl(NODE, null)
    assert.equal(control.passed, false)
    assert.match(control.sentence, why)
  }
})

test('a Nova that fails is not a failed control but an error', async () => {
  assert.equal((await failed(given({ [LIST]: { status: 503 } }).nova.positiveControl(NODE, null))).status, 503)
})

test('a Nova without os-services for this token is controlled by its servers alone', async () => {
  assert.equal((await given({ [LIST]: listOf(), [SERVICES]: { status: 404 } }).nova.positiveControl(NODE, null)).passed, true)
})
