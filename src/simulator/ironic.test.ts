/** Ironic's API: versions, refusals, locks, patches and rights, held against recorded answers. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { within } from './answer.ts'
import type { CloudOptions, NodeSpec } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import type { Answer } from './logged-in.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

const NODE_5 = '40261c14-7f54-5063-8cf4-91d70a3075d1'

async function given(
  nodes: NodeSpec[] = [{ name: 'node-5', uuid: NODE_5, provision_state: 'active' }],
  ironic: CloudOptions['ironic'] = {},
) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(3), nodes, ironic })
  const as = (user: string, scope?: string, version = '1.82') =>
    loggedIn(clock, cloud, { user, version, ...(scope === undefined ? {} : { scope }) })
  return { clock, cloud, as, operator: await as('sys-member') }
}

const says = (answer: Answer): unknown => {
  const inner: unknown = JSON.parse(String(within(answer.json, 'error_message')))
  return within(inner, 'faultstring') ?? within(inner, 'description')
}

type Refusal = { case: string; request: string; body: unknown; version: string; status: number; says: string }

const sample = (name: string): URL => new URL(`../../test/samples/ironic/${name}.json`, import.meta.url)

test('every recorded refusal comes with its status and its words', async () => {
  const refusals: Refusal[] = JSON.parse(readFileSync(sample('refusals'), 'utf8'))
  const { clock, cloud } = await given()
  for (const refusal of refusals) {
    const asking = await loggedIn(clock, cloud, { user: 'sys-member', version: refusal.version })
    const [method = '', path = ''] = refusal.request.split(' ')
    assert.ok(method === 'GET' || method === 'PUT' || method === 'PATCH')
    const answer = await asking.ask(method, `baremetal${path}`, refusal.body ?? undefined)
    assert.deepEqual(
      { case: refusal.case, status: answer.status, says: says(answer) },
      { case: refusal.case, status: refusal.status, says: refusal.says },
    )
  }
  assert.equal(refusals.length, 27)
})

test('a node shows exactly the recorded fields of 1.82, with its password masked', async () => {
  const { operator } = await given()
  const node = await operator.ask('GET', 'baremetal/v1/nodes/node-5')
  const recorded: string[] = JSON.parse(readFileSync(sample('node-fields-1.82'), 'utf8'))
  assert.deepEqual(Object.keys(node.json ?? {}).sort(), recorded.sort())
  assert.equal(within(within(node.json, 'driver_info'), 'ipmi_password'), '******')
  assert.equal(within(node.json, 'parent_node'), undefined)
  assert.equal(node.headers['x-openstack-ironic-api-maximum-version'], '1.82')
})

test('an old version lacks newer fields, a newer cloud shows them', async () => {
  const old = await given()
  const plain = await (await old.as('sys-member', undefined, '1.40')).ask('GET', 'baremetal/v1/nodes/node-5')
  assert.equal(Object.hasOwn(plain.json ?? {}, 'fault'), false)
  const recent = await given(undefined, { version: '1.111' })
  const rich = await (await recent.as('sys-member', undefined, '1.111')).ask('GET', 'baremetal/v1/nodes/node-5')
  assert.equal(within(rich.json, 'disable_power_off'), false)
  assert.equal(rich.headers['x-openstack-ironic-api-version'], '1.111')
})

test('a locked node answers provision and maintenance with 409 after the tries, a PATCH in a transition at once', async () => {
  const { clock, cloud, operator } = await given([{ name: 'node-5', uuid: NODE_5, provision_state: 'active' }, { name: 'other' }])
  const locked = `Node ${NODE_5} is locked by host conductor-1, please retry after the current operation is completed.`
  cloud.people.bmc('node-5', 'silent')
  assert.equal((await operator.ask('PUT', 'baremetal/v1/nodes/node-5/states/provision', { target: 'deleted' })).status, 202)
  const patched = await operator.ask('PATCH', 'baremetal/v1/nodes/node-5', [{ op: 'add', path: '/extra/x', value: 1 }])
  assert.deepEqual([patched.status, says(patched)], [409, 'Node node-5 can not be updated while a state transition is in progress.'])
  const again = await operator.ask('PUT', 'baremetal/v1/nodes/node-5/states/provision', { target: 'deleted' })
  assert.deepEqual([again.status, says(again)], [409, locked])
  const began = clock.now()
  const maintenance = await operator.ask('PUT', 'baremetal/v1/nodes/node-5/maintenance', { reason: 'x' })
  assert.deepEqual([maintenance.status, says(maintenance)], [409, locked])
  assert.ok(clock.now() - began > 2000 && clock.now() - began < 2300)
})

test('of eight deleted at once one is taken and seven are locked', async () => {
  const { clock, cloud, operator } = await given([{ name: 'n' }])
  cloud.people.fail('n', 'Failed to tear down: x')
  const all = Array.from({ length: 8 }, () => operator.send('PUT', 'baremetal/v1/nodes/n/states/provision', { target: 'deleted' }))
  const statuses = (await clock.run(Promise.all(all))).map((answer) => answer.status).sort()
  assert.deepEqual(statuses, [202, 409, 409, 409, 409, 409, 409, 409])
})

test('a PATCH answers the node as it stands under the lock', async () => {
  const { cloud, operator } = await given([{ name: 'n' }])
  cloud.people.fail('n', 'Failed to tear down: x')
  const mark = { op: 'add', path: '/extra/hammer_error_resets', value: ['2026-11-22T14:00:00Z'] }
  const { status, json } = await operator.ask('PATCH', 'baremetal/v1/nodes/n', [mark])
  assert.equal(status, 200)
  assert.deepEqual([within(json, 'provision_state'), within(json, 'reservation')], ['error', 'conductor-1'])
  assert.deepEqual(within(json, 'extra'), { hammer_error_resets: ['2026-11-22T14:00:00Z'] })
  assert.equal(cloud.node('n').row.reservation, null)
  const add = (value: string) => operator.ask('PATCH', 'baremetal/v1/nodes/n', [{ op: 'add', path: '/extra/hammer_error_resets/-', value }])
  await add('b')
  await operator.ask('PATCH', 'baremetal/v1/nodes/n', [{ op: 'remove', path: '/extra/hammer_error_resets/0' }])
  assert.deepEqual(cloud.node('n').row.extra, { hammer_error_resets: ['b'] })
})

test('parallel appends to one list lose entries: more answer 200 than are kept', async () => {
  const { clock, cloud, operator } = await given([{ name: 'n', extra: { list: [] } }])
  const all = Array.from({ length: 20 }, (_, at) =>
    operator.send('PATCH', 'baremetal/v1/nodes/n', [{ op: 'add', path: '/extra/list/-', value: `w${at}` }]),
  )
  const answers = await clock.run(Promise.all(all))
  const accepted = answers.filter((answer) => answer.status === 200).length
  const kept = cloud.node('n').row.extra['list']
  assert.ok(Array.isArray(kept) && kept.length < accepted, `${accepted} accepted, kept ${JSON.stringify(kept)}`)
  assert.ok(answers.some((answer) => answer.status === 409))
})

test('a protected node refuses deleted with 403, a missing address with 500 config, and both leave the lock free', async () => {
  const { cloud, operator } = await given([{ name: 'n', protected: true }, { name: 'm' }])
  for (const name of ['n', 'm']) cloud.people.fail(name, 'Failed to tear down: x')
  const refused = await operator.ask('PUT', 'baremetal/v1/nodes/n/states/provision', { target: 'deleted' })
  assert.equal(refused.status, 403)
  assert.match(String(says(refused)), /is protected and cannot be undeployed, rebuilt or deleted$/)
  delete cloud.node('m').row.driver_info['ipmi_address']
  const broken = await operator.ask('PUT', 'baremetal/v1/nodes/m/states/provision', { target: 'deleted' })
  assert.equal(broken.status, 500)
  assert.match(String(says(broken)), /^Failed to validate power driver interface/)
  assert.deepEqual([cloud.node('n').row.reservation, cloud.node('m').row.reservation], [null, null])
})

test('the concurrent action limit is 500 up to 2023.1 and 503 later, with one text', async () => {
  for (const [version, status] of [
    ['1.82', 500],
    ['1.90', 503],
  ] as const) {
    const { cloud, operator } = await given([{ name: 'n' }, { name: 'm' }], { version, maxConcurrentClean: 1 })
    for (const name of ['n', 'm']) cloud.people.fail(name, 'Failed to tear down: x')
    assert.equal((await operator.ask('PUT', 'baremetal/v1/nodes/n/states/provision', { target: 'deleted' })).status, 202)
    const second = await operator.ask('PUT', 'baremetal/v1/nodes/m/states/provision', { target: 'deleted' })
    assert.equal(second.status, status)
    assert.match(String(says(second)), /concurrent action limit for unprovisioning has been reached/)
  }
})

test('setting maintenance replaces the reason and keeps the fault, clearing wipes both', async () => {
  const { cloud, operator } = await given([{ name: 'n' }])
  const { row } = cloud.node('n')
  Object.assign(row, { maintenance: true, maintenance_reason: 'During sync_power_state', fault: 'power failure' })
  assert.equal((await operator.ask('PUT', 'baremetal/v1/nodes/n/maintenance', { reason: 'mine' })).status, 202)
  assert.deepEqual([row.maintenance_reason, row.fault], ['mine', 'power failure'])
  assert.equal((await operator.ask('DELETE', 'baremetal/v1/nodes/n/maintenance')).status, 202)
  assert.deepEqual([row.maintenance, row.maintenance_reason, row.fault], [false, null, null])
})

test('history has three forms, and is not there below 1.78', async () => {
  const { cloud, operator, as } = await given([{ name: 'n' }])
  cloud.people.fail('n', `Failed to tear down: ${'x'.repeat(400)}`)
  cloud.people.fail('n', 'Failed to tear down: y')
  const short = within((await operator.ask('GET', 'baremetal/v1/nodes/n/history')).json, 'history')
  const long = within((await operator.ask('GET', 'baremetal/v1/nodes/n/history?detail=true')).json, 'history')
  assert.ok(Array.isArray(short) && Array.isArray(long))
  assert.deepEqual(Object.keys(short[0]), ['uuid', 'created_at', 'severity', 'event', 'links'])
  assert.equal(String(within(short[0], 'event')).endsWith('...'), true)
  assert.equal(within(long[1], 'event'), 'Failed to tear down: y')
  assert.equal(within(long[0], 'event_type'), 'unprovision')
  const one = await operator.ask('GET', `baremetal/v1/nodes/n/history/${within(long[0], 'uuid')}`)
  assert.equal(within(one.json, 'conductor'), 'conductor-1')
  assert.equal((await operator.ask('GET', 'baremetal/v1/nodes/n/history/detail')).status, 404)
  assert.equal((await operator.ask('GET', 'baremetal/v1/nodes/n/history?sort_dir=desc')).status, 400)
  assert.equal((await (await as('sys-member', undefined, '1.77')).ask('GET', 'baremetal/v1/nodes/n/history')).status, 404)
})

test('Ironic keeps 300 events of a node and 4,096 characters of each', async () => {
  const { cloud, operator } = await given([{ name: 'n' }])
  for (let at = 0; at < 305; at += 1) cloud.people.fail('n', `Failed to tear down: ${at} ${'x'.repeat(5_000)}`)
  const kept = within((await operator.ask('GET', 'baremetal/v1/nodes/n/history?detail=true')).json, 'history')
  assert.ok(Array.isArray(kept))
  assert.deepEqual([kept.length, String(within(kept[0], 'event')).length], [300, 4096])
  assert.match(String(within(kept[0], 'event')), /^Failed to tear down: 5 x/)
  assert.equal(cloud.node('n').row.last_error?.length, 4096)
})

test('the newest history tells more of each entry, to those who ask in its version', async () => {
  const { cloud, as } = await given([{ name: 'n' }], { version: '1.115' })
  cloud.people.fail('n', 'Failed to tear down: y')
  const keys = async (version: string) => {
    const { json } = await (await as('sys-member', undefined, version)).ask('GET', 'baremetal/v1/nodes/n/history?detail=true')
    const entries = within(json, 'history')
    return Object.keys(Array.isArray(entries) ? entries[0] : {})
  }
  assert.equal((await keys('1.115')).length, (await keys('1.114')).length + 3)
})

test('what each user of the lab may do is what was measured', async () => {
  const { as } = await given([{ name: 'mine', owner: 'lab' }, { name: 'foreign' }])
  const measured: [string, string | undefined, number[], number][] = [
    ['sys-reader', undefined, [200, 403, 403, 200, 200], 2],
    ['sys-member', undefined, [200, 200, 400, 200, 200], 2],
    ['admin', 'admin', [200, 200, 400, 200, 200], 2],
    ['bm-admin', 'baremetal', [200, 200, 400, 200, 200], 2],
    ['bm-observer', 'baremetal', [200, 403, 403, 200, 200], 2],
    ['proj-member', 'lab', [404, 404, 404, 404, 403], 1],
    ['proj-reader', 'lab', [404, 404, 404, 404, 403], 1],
  ]
  for (const [user, scope, expected, listed] of measured) {
    const who = await as(user, scope)
    const answers = [
      await who.ask('GET', 'baremetal/v1/nodes/foreign'),
      await who.ask('PATCH', 'baremetal/v1/nodes/foreign', []),
      await who.ask('PUT', 'baremetal/v1/nodes/foreign/states/provision', { target: 'abort' }),
      await who.ask('GET', 'baremetal/v1/nodes/foreign/history'),
      await who.ask('GET', 'baremetal/v1/conductors'),
    ]
    assert.deepEqual([user, ...answers.map((answer) => answer.status)], [user, ...expected])
    const nodes = within((await who.ask('GET', 'baremetal/v1/nodes')).json, 'nodes')
    assert.equal(Array.isArray(nodes) && nodes.length, listed)
  }
})

test('a policy that withholds last_error leaves its literal in the field, in lists too', async () => {
  const { cloud, as } = await given([{ name: 'n' }])
  cloud.people.fail('n', 'Failed to tear down: x')
  const who = await as('redacted')
  const literal = '** Value Redacted - Requires baremetal:node:get:last_error permission. **'
  assert.equal(within((await who.ask('GET', 'baremetal/v1/nodes/n')).json, 'last_error'), literal)
  const listed = within((await who.ask('GET', 'baremetal/v1/nodes?fields=uuid,last_error')).json, 'nodes')
  assert.equal(Array.isArray(listed) && within(listed[0], 'last_error'), literal)
})
