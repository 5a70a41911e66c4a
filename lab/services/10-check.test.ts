/**
 * `anneal check` on a cloud whose Keystone, Neutron, Placement and Nova are all real: what it finds in the catalog and what it says of each.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { anneal, type Desk, desk } from '../anneal.ts'
import { calm } from '../lab.ts'
import { readSettings } from '../settings.ts'
import { cleared, deployed, service } from './tenant.ts'

const Checked = z.object({ checks: z.array(z.looseObject({ name: z.string(), verdict: z.string(), message: z.string() })) })

let at: Desk
let server: string

async function check(on: Desk): Promise<Record<string, string>> {
  const ran = await anneal(['check', '-o', 'json'], on)
  const { checks } = Checked.parse(ran.json)
  return Object.fromEntries(checks.map(({ name, verdict, message }) => [name, `${verdict}: ${message}`]))
}

before(async () => {
  assert.ok(readSettings().services, 'this file wants the lab with SERVICES=1 and AUTH=keystone')
  await calm()
  for (const name of ['node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6']) await cleared(name)
  at = desk({ login: 'proj-admin' })
})
after(async () => {
  await service('start', 'neutron')
  await service('start', 'placement')
  await cleared('node-1')
  at.clear()
})

test('with no server anywhere it says that there was none to be shown, and that Placement has no provider', async () => {
  const said = await check(at)
  assert.match(said['nova'] ?? '', /^pass: Nova has no server of another project to find/)
  assert.equal(said['neutron'], 'pass: answers, and shows bindings of ports')
  assert.equal(said['placement'], 'pass: Placement has no resource provider for the node')
})

test('with a server of another project it names that server, and shows allocations', async () => {
  server = (await deployed('node-1', 'flat')).id
  const ran = await anneal(['check'], at)
  assert.equal(ran.code, 0, ran.stdout)
  const said = await check(at)
  assert.equal(said['nova'], `pass: Nova shows this token server ${server} of another project by id`)
  assert.equal(said['neutron'], 'pass: answers, and shows bindings of ports')
})

test('a token of a project member is refused by each of the three in its own words', async () => {
  const member = desk({ login: 'proj-member' })
  const said = await check(member)
  member.clear()
  assert.match(said['nova'] ?? '', /^fail: .*get_all_tenants/)
  assert.match(said['placement'] ?? '', /^fail: /)
})

test('a service that is stopped is named with its address', async () => {
  await service('stop', 'placement')
  await service('stop', 'neutron')
  const said = await check(at)
  assert.match(said['placement'] ?? '', /^warn: .*ECONNREFUSED|^warn: .*refused/i)
  assert.match(said['neutron'] ?? '', /^warn: .*ECONNREFUSED|^warn: .*refused/i)
  // A real Nova asks Neutron for the security groups of each server that it shows.
  assert.match(said['nova'] ?? '', /^warn: .*500/)
})
