/** A cell of Nova that nobody reaches: its servers are missing from every list that is filtered, and stubs in the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from './answer.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

async function given() {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const nodes = ['a', 'b'].map((name) => ({ name, provision_state: 'active' }))
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes, novaCells: 2 })
  const asked = async (path: string, version: string) => {
    const headers = { 'openstack-api-version': `compute ${version}` }
    const admin = await loggedIn(clock, cloud, { user: 'admin', scope: 'admin', headers })
    return admin.ask('GET', `compute/v2.1/${path}`)
  }
  const list = async (path: string, version: string, key: string): Promise<unknown[]> => {
    const found = within((await asked(path, version)).json, key)
    return Array.isArray(found) ? found : []
  }
  const servers = async (query: string, version: string) => {
    const found = await list(`servers/detail?${query}`, version, 'servers')
    return found.map((one) => [within(one, 'id'), within(one, 'status')])
  }
  const [here, there] = ['a', 'b'].map((name) => cloud.node(name).row.instance_uuid)
  cloud.people.cell('cell2', 'down')
  return { cloud, asked, servers, list, here, there, uuid: cloud.node('b').row.uuid }
}

test('an unfiltered list has stubs from 2.69 on and nothing before; a filter or a page leaves them out for everybody', async () => {
  const { cloud, servers, here, there, uuid } = await given()
  assert.deepEqual(await servers('all_tenants=1', '2.68'), [[here, 'ACTIVE']])
  assert.deepEqual(await servers('all_tenants=1', '2.69'), [
    [here, 'ACTIVE'],
    [there, 'UNKNOWN'],
  ])
  assert.deepEqual(await servers(`all_tenants=1&node=${uuid}`, '2.69'), [])
  assert.deepEqual(await servers('all_tenants=1&limit=100', '2.69'), [[here, 'ACTIVE']])
  cloud.people.cell('cell2', 'up')
  assert.deepEqual(await servers(`all_tenants=1&node=${uuid}`, '2.1'), [[there, 'ACTIVE']])
})

test('one of its servers is a stub by id from 2.69 on, and before that, like its actions, a 500', async () => {
  const { asked, there } = await given()
  const stub = await asked(`servers/${there}`, '2.69')
  assert.deepEqual([stub.status, within(within(stub.json, 'server'), 'status')], [200, 'UNKNOWN'])
  assert.equal((await asked(`servers/${there}`, '2.1')).status, 500)
  assert.equal((await asked(`servers/${there}/os-instance-actions`, '2.69')).status, 500)
})

test('its compute service is UNKNOWN from 2.69 on, and its conductor is not listed', async () => {
  const { list } = await given()
  const told = async (version: string) =>
    (await list('os-services', version, 'services')).map(
      (one) => `${within(one, 'binary')} ${within(one, 'host')} ${within(one, 'status')}`,
    )
  assert.ok((await told('2.69')).includes('nova-compute compute-2 UNKNOWN'))
  for (const version of ['2.69', '2.1']) assert.ok(!(await told(version)).some((line) => line.startsWith('nova-conductor conductor-cell2')))
  assert.ok(!(await told('2.1')).some((line) => line.includes('compute-2')))
})
