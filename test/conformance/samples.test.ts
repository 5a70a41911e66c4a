/**
 * Recorded answers of a real Ironic and Keystone, replayed to our own clients and schemas: what was really answered can be read. Every
 * sample of answers under test/samples/ironic is replayed by something here or in src, and one that nothing names fails.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Transport } from '../../src/core/seams.ts'
import { readCloud } from '../../src/openstack/clouds-yaml.ts'
import { ironicClient } from '../../src/openstack/ironic.ts'
import { historyIn, historySchema } from '../../src/openstack/ironic-history.ts'
import { observedNode, wireNodeSchema } from '../../src/openstack/ironic-node.ts'
import { faultOf, isOwnAnswer, OpenStackError } from '../../src/openstack/openstack-error.ts'
import { openSession } from '../../src/openstack/session.ts'
import { endpointIn, tokenIn } from '../../src/openstack/token.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'test/samples/ironic')
const sample = (name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))

const Answers = z.array(z.object({ request: z.string(), status: z.number(), headers: z.record(z.string(), z.string()), body: z.unknown() }))
const answers = Answers.parse(sample('answers-to-every-request-of-the-client'))

/** Answers each request as it was answered once; the same request gets its answers in their order, and the last one again. */
function replay() {
  const left = structuredClone(answers)
  const transport: Transport = async ({ method, url }) => {
    const { pathname, search } = new URL(url)
    const at = left.findIndex(({ request }) => request === `${method} ${pathname}${search}`)
    const answer = left[at]
    if (answer === undefined) throw new Error(`never recorded: ${method} ${pathname}${search}`)
    if (left.filter(({ request }) => request === answer.request).length > 1) left.splice(at, 1)
    return { status: answer.status, headers: answer.headers, text: answer.body === null ? '' : JSON.stringify(answer.body) }
  }
  const environment = { OS_AUTH_TYPE: 'none', OS_ENDPOINT: 'http://ironic.test', OS_BAREMETAL_ENDPOINT_OVERRIDE: 'http://ironic.test' }
  const access = readCloud({ cloud: null, cwd: '/', readFile: () => null, environment })
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
  return ironicClient(openSession(access, { clock, transport }))
}

const NODE = 'ba6a249a-a614-87b8-a769-e175d7c002bf'

test('every read of the client is read from what Ironic really answered', async () => {
  const client = replay()
  assert.deepEqual(await client.versions(), { minimum: '1.1', maximum: '1.82', used: '1.82' })
  assert.ok((await client.nodesIn('error')).every((node) => node.provision_state === 'error'))
  assert.equal((await client.census()).length, 7)
  assert.equal((await client.node(NODE))?.uuid, NODE)
  assert.equal(await client.node('7d0b1c5e-0000-4000-8000-000000000000'), null)
  assert.equal((await client.history(NODE)).kind, 'known')
  assert.ok((await client.conductors()).every((conductor) => conductor.updated_at !== null))
  assert.deepEqual(await client.links(NODE), [{ switch_id: '0a:1b:2c:3d:4e:5f', switch_info: 'lab-switch-1', port_id: 'Ethernet1/1' }])
  assert.equal(await client.hasVolumeTargets(NODE), false)
})

test('every change of the client reads what Ironic really answered, and a refusal in its words', async () => {
  const client = replay()
  const marked = await client.patch(NODE, [{ op: 'add', path: '/extra/hammer_error_resets', value: ['2026-11-22T14:00:00Z'] }])
  const { marks } = observedNode(marked)
  assert.deepEqual(marks.kind === 'list' ? marks.entries : marks, ['2026-11-22T14:00:00Z'])
  await client.setMaintenance(NODE, 'x')
  await client.clearMaintenance(NODE)
  await assert.rejects(client.provision(NODE, 'provide'), (error) => {
    assert.ok(error instanceof OpenStackError)
    assert.deepEqual([error.status, error.ownAnswer], [400, true])
    assert.match(error.sentence, /^The requested action "provide" can not be performed on node/)
    return true
  })
})

test('a node recorded in any state is read, and none of its secrets goes with it', () => {
  const nodes = z.record(z.string(), z.unknown()).parse(sample('nodes-by-state'))
  const read = Object.values(nodes).map((node) => observedNode(wireNodeSchema.parse(node)))
  assert.deepEqual(
    read.map((node) => node.provision_state),
    ['available', 'active', 'deploy failed', 'error', 'inspect failed', 'clean failed'],
  )
  assert.doesNotMatch(JSON.stringify(read), /ipmi_password|image_checksum|\*{6}/)
  assert.equal(historyIn(historySchema.parse(sample('history-oldest-first'))).kind, 'known')
})

const Response = z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.unknown() })

test('each recorded token is read with its scope, its roles and the address of Ironic', () => {
  const read = ['token-system', 'token-project', 'token-appcred'].map((name) => {
    const { status, headers, body } = Response.parse(sample(name))
    const lower = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]))
    const token = tokenIn({ status, headers: lower, text: JSON.stringify(body) }, body, 0)
    assert.ok(typeof token !== 'string', String(token))
    const ironic = endpointIn(token.catalog, 'baremetal', { interface: 'public', regionName: 'RegionOne' })
    return { scope: token.scope, isMember: token.roles.includes('member'), lifeS: token.expiresAt / 1000, ironic }
  })
  const same = { isMember: true, lifeS: 3600, ironic: 'http://127.0.0.1:6385' }
  assert.deepEqual(read, [
    { scope: 'system', ...same },
    { scope: 'project admin', ...same },
    { scope: 'project lab', ...same },
  ])
})

test('the words of every recorded refusal are taken out of their wrapping, as the service’s own', () => {
  const refusals = z.record(z.string(), z.object({ status: z.number(), body: z.unknown() })).parse(sample('error-answers'))
  for (const [name, { status, body }] of Object.entries(refusals)) {
    const response = { status, headers: {}, text: JSON.stringify(body) }
    assert.ok(isOwnAnswer(response), name)
    assert.doesNotMatch(faultOf(response), /[{}]|faultstring|without a text/, name)
  }
})

test('no recorded sample lies about unread', () => {
  const sources = ['src', 'test'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.name.endsWith('.test.ts'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
  )
  const names = readdirSync(folder).map((name) => name.replace(/\.json$/, ''))
  assert.deepEqual(
    names.filter((name) => !sources.some((text) => text.includes(name))),
    [],
  )
})
