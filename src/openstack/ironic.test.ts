import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TransportError } from '../core/seams.ts'
import { givenCloud, NODE, sample } from './given-cloud.test.ts'
import { ironicClient } from './ironic.ts'
import { LIST_FIELDS } from './ironic-node.ts'
import { OpenStackError } from './openstack-error.ts'

const VERSION = 'x-openstack-ironic-api-version'
const node = JSON.parse(sample('node-active.json'))
const errors = JSON.parse(sample('error-answers.json'))
const PATH = `ironic.test/v1/nodes/${NODE}`

function given(routes: Parameters<typeof givenCloud>[0] = {}) {
  const cloud = givenCloud(routes)
  return { ...cloud, ironic: ironicClient(cloud.session) }
}

const failed = (promise: Promise<unknown>): Promise<OpenStackError> =>
  promise.then(
    () => assert.fail('answered'),
    (error: unknown) => (error instanceof OpenStackError ? error : assert.fail(String(error))),
  )

/** A whole row of a list. */
const row = (uuid: string) => ({
  ...Object.fromEntries(LIST_FIELDS.map((field) => [field, node[field]])),
  uuid,
  provision_state: 'error',
})
const A = '00000000-0000-4000-8000-00000000000a'

test('the highest version that both sides know is asked for once and sent with every request', async () => {
  const { ironic, sent } = given({ 'GET ironic.test/v1/conductors': { body: { conductors: [] } } })
  assert.deepEqual(await ironic.versions(), { minimum: '1.1', maximum: '1.82', used: '1.82' })
  await ironic.conductors()
  assert.equal(sent.at(-1)?.headers[VERSION], '1.82')
  assert.equal(sent.filter((request) => request.url.endsWith('/v1/')).length, 1)
  const newer = given({
    'GET ironic.test/v1/': {
      headers: { 'x-openstack-ironic-api-minimum-version': '1.1', 'x-openstack-ironic-api-maximum-version': '1.200' },
    },
  })
  assert.equal((await newer.ironic.versions()).used, '1.115')
})

test('an Ironic without node history is refused with the least version that serves', async () => {
  const { ironic } = given({ 'GET ironic.test/v1/': { body: { version: { min_version: '1.1', version: '1.69' } } } })
  assert.match((await failed(ironic.census())).sentence, /API 1\.69 is too old: at least 1\.78/)
  const page = given({ 'GET ironic.test/v1/': { body: '<html><body>hello</body></html>' } })
  assert.match((await failed(page.ironic.census())).sentence, /not the API of an Ironic/)
})

test('a version that Ironic no longer speaks is negotiated again by the next request', async () => {
  const { ironic, sent } = given({
    'GET ironic.test/v1/conductors': [{ status: 406, body: errors['too-new'].body }, { body: { conductors: [] } }],
  })
  assert.equal((await failed(ironic.conductors())).status, 406)
  await ironic.conductors()
  assert.equal(sent.filter((request) => request.url.endsWith('/v1/')).length, 2)
})

test('pages keep the filter and go on from the last row, whatever the next link says', async () => {
  const recorded = JSON.parse(sample('list-page-whose-next-lost-the-filter.json'))
  const first = { nodes: recorded.nodes.map((seen: { uuid: string }) => ({ ...row(seen.uuid), ...seen })), next: recorded.next }
  const { ironic, sent } = given({ 'GET ironic.test/v1/nodes': [{ body: first }, { body: { nodes: [row(A)] } }] })
  const nodes = await ironic.nodesIn('error')
  assert.deepEqual(
    nodes.map((seen) => seen.uuid),
    [...first.nodes.map((seen: { uuid: string }) => seen.uuid), A],
  )
  const query = new URL(sent.at(-1)?.url ?? '').searchParams
  assert.equal(query.get('provision_state'), 'error')
  assert.equal(query.get('marker'), first.nodes.at(-1).uuid)
  assert.equal(query.get('limit'), null)
  assert.match(query.get('fields') ?? '', /^uuid,.*conductor_group,shard$/)
  assert.doesNotMatch(query.get('fields') ?? '', /conductor,|updated_at,updated_at/)
})

test('a list that cannot be read to its end throws instead of being short', async () => {
  const next = 'http://ironic.test/v1/nodes?marker=x'
  const again = given({ 'GET ironic.test/v1/nodes': { body: { nodes: [row(A)], next } } })
  assert.match((await failed(again.ironic.census())).sentence, /a came twice/)
  const empty = given({ 'GET ironic.test/v1/nodes': { body: { nodes: [], next } } })
  assert.match((await failed(empty.ironic.census())).sentence, /empty page/)
  const malformed = given({ 'GET ironic.test/v1/nodes': { body: { nodes: [row(A), { ...row(A), uuid: null }] } } })
  assert.match((await failed(malformed.ironic.census())).sentence, /nodes\.1\.uuid: expected string/)
  const cut = given({ 'GET ironic.test/v1/nodes': { body: '{"nodes": [' } })
  assert.match((await failed(cut.ironic.census())).sentence, /not JSON/)
})

test('a census gives a page a minute, a poll ten seconds', async () => {
  const { ironic, sent } = given({ 'GET ironic.test/v1/nodes': { body: { nodes: [] } } })
  assert.deepEqual(await ironic.census(), [])
  assert.equal(sent.at(-1)?.answerTimeoutMs, 60_000)
  await ironic.nodesIn('clean wait')
  assert.equal(sent.at(-1)?.answerTimeoutMs, 10_000)
  assert.match(sent.at(-1)?.url ?? '', /provision_state=clean(\+|%20)wait&/)
})

test("a node is gone only in Ironic's own words", async () => {
  const uuid = '00000000-0000-0000-0000-000000000000'
  const path = `GET ironic.test/v1/nodes/${uuid}`
  assert.equal(await given({ [path]: errors['unknown-node'] }).ironic.node(uuid), null)
  assert.equal((await failed(given({ [path]: errors['unknown-route'] }).ironic.node(uuid))).status, 404)
  assert.equal((await failed(given({ [path]: { status: 404, body: '<html><body>Not here</body></html>' } }).ironic.node(uuid))).status, 404)
  assert.equal((await given({ [`GET ${PATH}`]: { body: node } }).ironic.node(NODE))?.name, 'node-1')
})

test('history comes newest first and is unknown where it is withheld', async () => {
  const { ironic, sent } = given({ [`GET ${PATH}/history`]: { body: JSON.parse(sample('history-oldest-first.json')) } })
  const history = await ironic.history(NODE)
  assert.ok(history.kind === 'known')
  assert.deepEqual(
    history.value.map((event) => event.event_type),
    ['unprovision', 'UNKNOWN'],
  )
  assert.match(sent.at(-1)?.url ?? '', /history\?detail=true$/)
  const refused = await given({ [`GET ${PATH}/history`]: { status: 403 } }).ironic.history(NODE)
  assert.ok(refused.kind === 'unknown' && refused.reason.startsWith('redacted: '))
})

test('conductors, links and volume targets are read', async () => {
  const { ironic } = given({
    'GET ironic.test/v1/conductors': {
      body: { conductors: [{ hostname: 'c1', alive: false, conductor_group: '', updated_at: 't', drivers: [] }] },
    },
    'GET ironic.test/v1/ports/detail': {
      body: { ports: [{ uuid: 'p', local_link_connection: { switch_id: 's', port_id: '7', switch_info: '' } }, { uuid: 'q' }] },
    },
    'GET ironic.test/v1/volume/targets': { body: { targets: [] } },
  })
  assert.deepEqual(await ironic.conductors(), [{ hostname: 'c1', alive: false, conductor_group: '', updated_at: 't' }])
  assert.deepEqual(await ironic.links(NODE), [
    { switch_id: 's', switch_info: null, port_id: '7' },
    { switch_id: null, switch_info: null, port_id: null },
  ])
  assert.equal(await ironic.hasVolumeTargets(NODE), false)
})

test('a mark and a verb after it are two requests, each with 65 s to answer and its time to leave', async () => {
  const { ironic, sent } = given({
    [`PATCH ${PATH}`]: { body: node },
    [`PUT ${PATH}/states/provision`]: { status: 202 },
    [`GET ${PATH}`]: { body: node },
  })
  await ironic.node(NODE)
  const before = sent.length
  await ironic.patch(NODE, [{ op: 'add', path: '/extra/hammer_error_resets', value: ['t'] }], { sendBy: 1000 })
  await ironic.provision(NODE, 'deleted', { sendBy: 2000 })
  const [mark, verb, ...more] = sent.slice(before)
  assert.equal(more.length, 0)
  assert.deepEqual(
    [mark?.method, mark?.sendBy, mark?.answerTimeoutMs, mark?.body],
    ['PATCH', 1000, 65_000, '[{"op":"add","path":"/extra/hammer_error_resets","value":["t"]}]'],
  )
  assert.deepEqual([verb?.method, verb?.sendBy, verb?.body], ['PUT', 2000, '{"target":"deleted"}'])
})

test('maintenance is set with its reason and cleared without a body', async () => {
  const { ironic, sent } = given({ [`PUT ${PATH}/maintenance`]: { status: 202 }, [`DELETE ${PATH}/maintenance`]: { status: 202 } })
  await ironic.setMaintenance(NODE, 'anneal:c-1 bmc-fault: look')
  assert.equal(sent.at(-1)?.body, '{"reason":"anneal:c-1 bmc-fault: look"}')
  await ironic.clearMaintenance(NODE)
  assert.equal(sent.at(-1)?.body, undefined)
})

test('a write whose token or version could not be had was not sent, whatever became of that', async () => {
  for (const route of ['POST keystone.test/v3/auth/tokens', 'GET ironic.test/v1/']) {
    for (const answer of [{ status: 503 }, new TransportError('after', 'reset')]) {
      const { ironic, sent } = given({ [route]: answer })
      const error = await failed(ironic.provision(NODE, 'deleted'))
      assert.deepEqual([error.phase, error.status, error.method], ['before', null, 'PUT'])
      assert.ok(sent.every((request) => request.method !== 'PUT'))
    }
  }
})

test('a good status that is not Ironic’s 202 leaves open what an order did', async () => {
  for (const status of [200, 204]) {
    const { ironic } = given({ [`PUT ${PATH}/states/provision`]: { status, body: '<html>Please log in</html>' } })
    const error = await failed(ironic.provision(NODE, 'deleted'))
    assert.deepEqual([error.phase, error.status], ['after', null])
  }
})

test('an answer to a write that cannot be read leaves open what the write did', async () => {
  const { ironic } = given({ [`PATCH ${PATH}`]: { body: { uuid: NODE } } })
  const error = await failed(ironic.patch(NODE, []))
  assert.deepEqual([error.phase, error.status], ['after', null])
  assert.match(error.sentence, /provision_state: expected string/)
})

test('a refusal keeps its status, its words and whose they are', async () => {
  const { ironic } = given({
    [`PUT ${PATH}/states/provision`]: [errors['concurrency-limit'], { status: 503, body: '<html><body>Bad gateway</body></html>' }],
  })
  const limit = await failed(ironic.provision(NODE, 'deleted'))
  assert.deepEqual([limit.status, limit.ownAnswer], [500, true])
  assert.match(limit.text, /concurrent action limit/)
  assert.equal((await failed(ironic.provision(NODE, 'deleted'))).ownAnswer, false)
})

test('an answer about another node than was asked about is none', async () => {
  const other = { ...node, uuid: A, name: 'node-9' }
  const read = await failed(given({ [`GET ${PATH}`]: { body: other } }).ironic.node(NODE))
  assert.match(read.sentence, /answered about 00000000-0000-4000-8000-00000000000a/)
  const written = await failed(given({ [`PATCH ${PATH}`]: { body: other } }).ironic.patch(NODE, []))
  assert.deepEqual([written.status, written.phase], [null, 'after'])
})

test('half a character in a name is no reason to break', async () => {
  const gone = { status: 404, body: { error_message: { faultstring: 'Node could not be found.' } } }
  const { ironic } = given({ 'GET ironic.test/v1/nodes/%EF%BF%BD': gone })
  assert.equal((await failed(ironic.node('\ud800'))).status, 404)
})
