/** Lists of nodes: pages, filters, and the `next` link that forgets the filter. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { within } from './answer.ts'
import type { CloudOptions } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

async function given(count: number, ironic: CloudOptions['ironic'] = {}) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(5), nodes: count, ironic: { conductors: ['lab'], ...ironic } })
  const operator = await loggedIn(clock, cloud, { user: 'sys-reader' })
  const list = async (query: string) => {
    const { status, json, text } = await operator.ask('GET', `baremetal/v1/${query}`)
    const nodes = within(json, 'nodes')
    const uuids = Array.isArray(nodes) ? nodes.map((node) => String(within(node, 'uuid'))) : []
    return { status, uuids, nodes, next: within(json, 'next'), text }
  }
  return { cloud, list }
}

test('each recorded next link keeps and loses what Ironic keeps and loses', async () => {
  const links: { request: string; next: string }[] = JSON.parse(
    readFileSync(new URL('../../test/samples/ironic/next-links.json', import.meta.url), 'utf8'),
  )
  const { cloud, list } = await given(10)
  for (const node of cloud.state.nodes.values()) {
    Object.assign(node.row, { provision_state: 'error', maintenance: true, fault: 'power failure', driver: 'fake-hardware' })
    node.row.instance_uuid = node.row.uuid
  }
  const plain = (link: string): string => link.replace(/^.*\/v1\//, '').replace(/marker=[0-9a-f-]+/, 'marker=X')
  for (const { request, next } of links) {
    const answer = await list(request)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(plain(String(answer.next)), plain(next), request)
  }
})

test('following next out of a filtered list leads to healthy nodes; marker with the filter does not', async () => {
  const { cloud, list } = await given(20)
  const failed = ['node-2', 'node-9', 'node-15']
  for (const name of failed) cloud.people.fail(name, 'Failed to tear down: x')
  const first = await list('nodes?provision_state=error&limit=2&fields=uuid')
  assert.equal(first.uuids.length, 2)
  const followed = await list(String(first.next).replace(/^.*\/v1\//, ''))
  assert.notEqual(followed.uuids[0], cloud.node('node-15').row.uuid)
  const rest = await list(`nodes?provision_state=error&limit=2&fields=uuid&marker=${first.uuids[1]}`)
  assert.deepEqual(rest.uuids, [cloud.node('node-15').row.uuid])
  assert.equal(rest.next, undefined)
})

test('a marker that has left the filtered list still has its place in it', async () => {
  const { cloud, list } = await given(20)
  for (const name of ['node-2', 'node-9', 'node-15']) cloud.people.fail(name, 'Failed to tear down: x')
  const marker = cloud.node('node-9').row.uuid
  cloud.node('node-9').row.provision_state = 'deleting'
  assert.deepEqual((await list(`nodes?provision_state=error&marker=${marker}`)).uuids, [cloud.node('node-15').row.uuid])
})

test('a page never holds more than 1,000 nodes, whatever was asked', async () => {
  const { list } = await given(1019)
  const first = await list('nodes?limit=5000&fields=uuid')
  assert.equal(first.uuids.length, 1000)
  const second = await list(`nodes?fields=uuid&marker=${first.uuids.at(-1)}`)
  assert.equal(second.uuids.length, 19)
})

test('a site may have smaller pages than 1,000, and a list may lack nodes without any sign of it', async () => {
  const { cloud, list } = await given(10, { maxLimit: 4 })
  const first = await list('nodes?fields=uuid')
  const second = await list(`nodes?fields=uuid&marker=${first.uuids.at(-1)}`)
  assert.deepEqual([first.uuids.length, second.uuids.length, typeof first.next], [4, 4, 'string'])
  cloud.faults.lists = 'first-page'
  assert.deepEqual((await list(`nodes?fields=uuid&marker=${first.uuids.at(-1)}`)).uuids, [])
  cloud.faults.lists = 'half'
  assert.deepEqual((await list('nodes?provision_state=active&fields=uuid&limit=100')).uuids.length, 3)
  cloud.faults.lists = 'empty'
  const { status, uuids, next } = await list('nodes?fields=uuid')
  assert.deepEqual([status, uuids, next], [200, [], undefined])
})

test('filters combine, and wrong ones are refused in the recorded words', async () => {
  const { cloud, list } = await given(10)
  cloud.people.fail('node-1', 'Failed to tear down: x')
  cloud.people.fail('node-2', 'Failed to tear down: x')
  cloud.people.setMaintenance('node-2', 'disks')
  assert.deepEqual((await list('nodes?provision_state=error&maintenance=false')).uuids, [cloud.node('node-1').row.uuid])
  assert.equal((await list('nodes?conductor=lab&provision_state=error')).uuids.length, 2)
  assert.equal((await list('nodes?associated=true')).uuids.length, 4)
  const refused: [string, number, RegExp][] = [
    ['nodes?banana=1', 400, /Unexpected arguments: banana/],
    ['nodes?provision_state=banana', 400, /Provision state .*banana.* is not valid/],
    ['nodes?provision_state=error&provision_state=cleaning', 400, /Expected string for provision_state: \['error', 'cleaning'\]/],
    ['nodes?limit=0', 400, /Limit must be positive/],
    ['nodes?sort_key=extra', 400, /The sort_key value extra is an invalid field for sorting/],
    ['nodes?fields=uuid,conductor', 500, /type object 'Node' has no attribute 'conductor'/],
    ['nodes?fields=updated_at', 400, /Field updated_at is not a valid field\./],
    ['nodes?marker=nobody', 404, /Node nobody could not be found/],
  ]
  for (const [query, status, words] of refused) {
    const answer = await list(query)
    assert.equal(answer.status, status, query)
    assert.match(answer.text, words)
  }
})

test('sorted by provision_updated_at the newest failure comes first', async () => {
  const { cloud, list } = await given(5)
  await cloud.state.clock.advance(1000)
  cloud.people.fail('node-4', 'Failed to tear down: x')
  const answer = await list('nodes?sort_key=provision_updated_at&sort_dir=desc&limit=1&fields=uuid')
  assert.deepEqual(answer.uuids, [cloud.node('node-4').row.uuid])
})
