/**
 * Neutron is stopped while tenants leave. Ironic forgets their VIFs and leaves the ports bound, as a real Neutron then shows them; the
 * command that Anneal names for such a port is run as it stands, by the real client.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type Desk, desk, type Running, startAnneal, untilWatching } from '../anneal.ts'
import { autoFor, QUICK } from '../fail-nodes.ts'
import { pause, readNode } from '../ironic.ts'
import { calm } from '../lab.ts'
import { uuidOf } from '../nodes.ts'
import { changes } from '../proxy-control.ts'
import { changesOf, explained, resetsOf, sweep } from '../reports.ts'
import { readSettings } from '../settings.ts'
import { boundTo, deletePort, type Port, readPort } from './real-neutron.ts'
import { dropServer, putServer } from './real-nova.ts'
import { offer } from './real-placement.ts'
import { cleared, deployed, leaves, service } from './tenant.ts'

/** Nova gets to the port of the first once Neutron is back, and never to the other's. */
const CLEAN = 'node-1'
const DIRTY = 'node-2'
const OTHER = { server: uuidOf('server-of-another-node'), node: uuidOf('node-6') }

let at: Desk
let daemon: Running
const ports: Record<string, Port | null> = {}
const texts: Record<string, string | null> = {}

before(async () => {
  assert.ok(readSettings().services, 'this file wants the lab with SERVICES=1 and AUTH=keystone')
  await calm()
  const tenants: [string, string][] = []
  for (const name of [CLEAN, DIRTY]) {
    const { id, port } = await deployed(name, 'flat')
    ports[name] = port
    tenants.push([name, id])
  }
  putServer(OTHER.server, OTHER.node)
  at = desk({ login: 'proj-admin', config: { ...autoFor(CLEAN, DIRTY), budgets: { ...QUICK, waitForNova: '20s' } } })
  await service('stop', 'neutron')
  for (const [name, id] of tenants) {
    const node = await leaves(name, id)
    texts[name] = node.last_error
    await offer(node.uuid, 0)
  }
  daemon = startAnneal(['run'], at)
  await untilWatching(daemon)
})
after(async () => {
  await daemon?.kill('SIGTERM')
  at?.clear()
  await service('start', 'neutron')
  dropServer(OTHER.server)
  for (const name of [CLEAN, DIRTY]) await cleared(name)
  await calm()
})

test('Ironic had bound the ports, and its text is that of the stand-in', () => {
  for (const name of [CLEAN, DIRTY]) {
    const port = ports[name]
    assert.deepEqual([port?.['binding:host_id'], port?.['binding:vif_type'], port?.status], [uuidOf(name), 'other', 'ACTIVE'])
    assert.match(texts[name] ?? '', /^Failed to tear down: Unable to find a version discovery document at http:\/\/127\.0\.0\.1:\d+,/)
  }
})

test('while Neutron is stopped a real Nova fails with it as soon as it has a server to show; both nodes wait for Neutron by name', async () => {
  for (const name of [CLEAN, DIRTY]) {
    const told = await explained(at, name, 'service-red', 60)
    // What Nova said stands among the checks of the proof.
    assert.match(JSON.stringify(told), /the compute service answered 500 .*ConnectFailure/)
    assert.equal(told.diagnosis?.cause, 'api-unreachable')
  }
  assert.deepEqual(await changes(), [])
})

test('where Nova has none to show, both wait for Neutron by name; nothing is sent', async () => {
  dropServer(OTHER.server)
  for (const name of [CLEAN, DIRTY]) {
    const told = await explained(at, name, 'service-red', 60)
    assert.equal(told.diagnosis?.cause, 'api-unreachable')
    assert.match(told.decision?.message ?? '', /^neutron, which tear-down needs, does not answer: no answer: /)
  }
  await pause(5000)
  assert.deepEqual(await changes(), [])
})

test('when Neutron is back, the node whose port Nova deleted is healed', async () => {
  await service('start', 'neutron')
  assert.equal((await boundTo(uuidOf(DIRTY))).length, 1)
  await deletePort(ports[CLEAN]?.id ?? '')
  assert.equal((await explained(at, CLEAN, 'healed', 120)).result, 'healed')
  assert.equal((await resetsOf(CLEAN)).length, 1)
})

test('a port left bound is escalated with a command; run as it stands it unbinds the port, and the node is healed', async () => {
  const id = ports[DIRTY]?.id ?? ''
  const told = await explained(at, DIRTY, ({ decision }) => decision?.kind === 'escalate', 60)
  assert.equal(told.decision?.reason, 'dirty-port')
  const command = /`(openstack port unset --host [0-9a-f-]{36})`/.exec(told.decision?.message ?? '')?.[1]
  assert.equal(command, `openstack port unset --host ${id}`)
  assert.equal((await sweep(at)).code, 2)
  assert.deepEqual(await changesOf(DIRTY), [])

  await promisify(execFile)('sh', ['-c', command ?? 'false'], { env: { ...process.env, ...at.env } })
  const port = await readPort(id)
  assert.deepEqual([port['binding:host_id'], port['binding:vif_type'], port.status], ['', 'unbound', 'DOWN'])
  // The daemon looks at an escalated node some minutes later, a sweep at once.
  await sweep(at)
  assert.equal((await explained(at, DIRTY, 'healed', 60)).result, 'healed')
  assert.equal((await readNode(DIRTY)).provision_state, 'available')
  assert.equal((await resetsOf(DIRTY)).length, 1)
})
