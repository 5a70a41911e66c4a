import assert from 'node:assert/strict'
import { test } from 'node:test'
import { siteNodes } from './cast.ts'
import { simulatedCloud } from './cloud.ts'
import { forVisitors } from './for-visitors.ts'
import { paced } from './paced.ts'
import { seededRandom } from './seeded.ts'
import { serveCloud } from './serve.ts'
import { virtualClock } from './virtual-clock.ts'

test('visitors see served addresses, and the cloud inside keeps its own', async () => {
  const clock = virtualClock({ start: 0 })
  const cloud = simulatedCloud({ nodes: siteNodes(9), random: seededRandom(1), clock, features: { keystone: false } })
  const served = await serveCloud(forVisitors(cloud), { host: '127.0.0.1', port: 0 })
  const pace = paced(clock, { speed: 100 })
  const show = async (name: string): Promise<string> => (await fetch(`${served.url}/baremetal/v1/nodes/${name}`)).text()
  const [ipmi, redfish] = [JSON.parse(await show('node-01')), JSON.parse(await show('node-04'))]
  assert.equal(ipmi.driver_info.ipmi_address, '127.0.0.1')
  assert.notEqual(ipmi.driver_info.ipmi_port, 623)
  assert.ok(String(ipmi.links[0].href).startsWith(served.url))
  const root = () => fetch(`${redfish.driver_info.redfish_address}/redfish/v1/`)
  assert.equal((await root()).status, 200)
  assert.equal(cloud.node('node-01').row.driver_info['ipmi_address'], '10.100.1.1')
  assert.equal(cloud.state.baseUrl, 'http://cloud.example')
  cloud.people.bmc('node-04', 'refusing')
  await assert.rejects(root())
  await pace.stop()
  await served.stop()
})
