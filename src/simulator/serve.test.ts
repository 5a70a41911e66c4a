/** The cloud on real sockets of the loopback, with its time moved fast. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { test } from 'node:test'
import { within } from './answer.ts'
import { simulatedCloud } from './cloud.ts'
import { paced } from './paced.ts'
import { seededRandom } from './seeded.ts'
import { serveCloud } from './serve.ts'
import { virtualClock } from './virtual-clock.ts'

const PING = Uint8Array.of(0x06, 0, 0xff, 0x06, 0, 0, 0x11, 0xbe, 0x80, 42, 0, 0)

/** A connected socket hears ICMP's refusal as an error. */
function ping(host: string, port: number): Promise<'pong' | 'refused'> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const end = (what: 'pong' | 'refused'): void => {
      socket.close()
      resolve(what)
    }
    socket.on('error', () => end('refused'))
    socket.on('message', () => end('pong'))
    socket.connect(port, host, () => socket.send(PING))
  })
}

/** Sockets open and close a few turns of the event loop after the mode was changed. */
async function becomes(host: string, port: number, wanted: 'pong' | 'refused'): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) if ((await ping(host, port)) === wanted) return
  assert.fail(`the BMC never became ${wanted}`)
}

test('the served cloud speaks HTTP and UDP, names its own address in the catalog, and stops', async () => {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes: [{ name: 'n' }, { name: 'r', protocol: 'redfish' }] })
  const served = await serveCloud(cloud, { host: '127.0.0.1', port: 0 })
  const pace = paced(clock, { speed: 50 })
  const { authUrl, password } = cloud.credentials('sys-member')
  const identity = { methods: ['password'], password: { user: { name: 'sys-member', domain: { id: 'default' }, password } } }
  const login = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    body: JSON.stringify({ auth: { identity, scope: { system: { all: true } } } }),
  })
  assert.equal(login.status, 201)
  assert.ok((await login.text()).includes(`${served.url}/baremetal`))
  const headers = { 'x-auth-token': login.headers.get('x-subject-token') ?? '', 'x-openstack-ironic-api-version': '1.82' }
  const node: unknown = await (await fetch(`${served.url}/baremetal/v1/nodes/n`, { headers })).json()
  const address = within(node, 'driver_info')
  const [host, port] = [String(within(address, 'ipmi_address')), Number(within(address, 'ipmi_port'))]
  assert.equal(await ping(host, port), 'pong')
  cloud.people.bmc('n', 'refusing')
  await becomes(host, port, 'refused')
  cloud.people.bmc('n', 'ok')
  await becomes(host, port, 'pong')
  const root = await fetch(`${String(cloud.node('r').row.driver_info['redfish_address'])}/redfish/v1/`)
  assert.equal(root.status, 200)
  cloud.faults.set('ironic', { kind: 'down' })
  await assert.rejects(fetch(`${served.url}/baremetal/v1/nodes`, { headers }))
  await pace.stop()
  await served.stop()
  await assert.rejects(fetch(served.url))
})
