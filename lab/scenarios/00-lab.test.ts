/**
 * Proves the lab itself on a running one (`npm run lab:up`): its BMCs, its Ironic, the stubs, the fault proxy, and what it refuses.
 * Anneal plays no part here. The error texts are what Ironic 21.4.4 says.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { z } from 'zod'
import { call } from '../call.ts'
import { patchNode, provision, readHistory, readNode, setExtra, setMaintenance, setProtected, undeploy, waitNode } from '../ironic.ts'
import { bmc, bmcStatus, calm, deleteInstance, killConductor, restartIronic, script, setLock, waitForIronic } from '../lab.ts'
import { freshNode, uuidOf, vifOf } from '../nodes.ts'
import { addRule, changes, journal, release, setListening } from '../proxy-control.ts'
import { readSettings } from '../settings.ts'
import { neutronPorts, putServer, setStubs, stubJournal } from '../stubs-control.ts'

const IPMI_TEXT = 'Failed to tear down: IPMI call failed: power status.'
const Fields = z.record(z.string(), z.unknown())
const settings = readSettings()
const ask = (url: string, timeoutMs = 5000) => call({ method: 'GET', url, timeoutMs })
const throughProxy = (method: string, path: string, body?: unknown, timeoutMs = 5000) =>
  call({
    method,
    url: settings.proxy + path,
    headers: { 'x-openstack-ironic-api-version': '1.82' },
    timeoutMs,
    ...(body === undefined ? {} : { body }),
  })

before(async () => {
  assert.equal(settings.auth, 'noauth', 'this file wants the lab without Keystone: run lab/up.sh')
  await waitForIronic(10)
})
beforeEach(calm)
after(async () => {
  await calm()
  await restartIronic({ SYNC: 10 })
})

test('a stopped BMC makes tear-down fail with the recorded text, and the next tear-down succeeds once it is back', async () => {
  await freshNode('node-1')
  await bmc('stop', 1)
  assert.match(await bmcStatus(1), /stopped/)
  const failed = await deleteInstance('node-1')
  assert.equal(failed.provision_state, 'error')
  assert.equal(failed.last_error, IPMI_TEXT)
  assert.equal(failed.instance_uuid, null)
  assert.equal(failed.fault, null)
  assert.ok((await readHistory('node-1')).some((event) => event.event === IPMI_TEXT && event.event_type === 'unprovision'))
  await bmc('start', 1)
  assert.equal((await undeploy('node-1')).provision_state, 'available')
})

test('a frozen, a failing and a wrongly passworded BMC give the same text, a stuck one another', async () => {
  const damage = { 2: 'freeze', 3: 'fail', 4: 'badpass', 5: 'stuck' } as const
  const names = Object.keys(damage).map((n) => `node-${n}`)
  await Promise.all(names.map((name) => freshNode(name, { instance: true })))
  for (const [n, act] of Object.entries(damage)) await bmc(act, Number(n))
  const failed = await Promise.all(names.map((name) => deleteInstance(name)))
  assert.deepEqual(
    failed.map((node) => node.last_error),
    [IPMI_TEXT, IPMI_TEXT, IPMI_TEXT, 'Failed to tear down: Failed to set node power state to power off.'],
  )
})

test('power sync puts a node with a dead BMC into maintenance, recovery takes it out, and SYNC=0 turns sync off', async () => {
  await restartIronic({ SYNC: 2, RECOVER: 3 })
  await freshNode('node-6')
  await bmc('stop', 6)
  const lost = await waitNode('node-6', (node) => node.maintenance, 60)
  assert.equal(lost.fault, 'power failure')
  assert.equal(lost.power_state, null)
  await bmc('start', 6)
  await waitNode('node-6', (node) => !node.maintenance && node.power_state === 'power on', 30)
  await restartIronic({ SYNC: 0, RECOVER: 20 })
  assert.match(readFileSync(join(settings.state, 'ironic.conf'), 'utf8'), /sync_power_state_interval = 0\n/)
})

test('with Neutron down tear-down fails with the discovery text and leaves the port bound', async () => {
  const node = await freshNode('node-2', { instance: true, network_interface: 'flat' })
  await setStubs({ neutron: '503' })
  const failed = await deleteInstance('node-2', { port: 'left' })
  assert.equal(failed.provision_state, 'error')
  assert.match(failed.last_error ?? '', /^Failed to tear down: Unable to find a version discovery document at http:\/\/127\.0\.0\.1:\d+/)
  await setStubs({ neutron: 'ok' })
  assert.equal((await undeploy('node-2')).provision_state, 'available')
  const port = (await neutronPorts()).find((found) => found.id === vifOf(node))
  assert.equal(port?.['binding:host_id'], node.uuid)
})

test('with Neutron well tear-down unbinds the port', async () => {
  const node = await freshNode('node-2', { instance: true, network_interface: 'flat' })
  assert.equal((await undeploy('node-2')).provision_state, 'available')
  assert.equal((await neutronPorts()).find((found) => found.id === vifOf(node))?.['binding:host_id'], '')
})

test('a conductor killed in mid tear-down leaves the lock, then fails the node over and keeps its instance', async () => {
  const before = await freshNode('node-3')
  await bmc('freeze', 3)
  assert.equal(await provision('node-3', 'deleted'), 202)
  await waitNode('node-3', (node) => node.provision_state === 'deleting' && node.reservation !== null)
  await killConductor()
  await assert.rejects(readNode('node-3'))
  await bmc('thaw', 3)
  await restartIronic()
  const node = await waitNode('node-3', 'error')
  assert.match(node.last_error ?? '', /^The deleting state can't be resumed by conductor lab\. Moving to fail state\.$/)
  assert.equal(node.instance_uuid, before.instance_uuid)
  assert.equal((await undeploy('node-3')).provision_state, 'available')
})

test('locks, protection, maintenance and extra are set as a person or another tool would', async () => {
  await freshNode('node-3')
  await setProtected('node-3', true)
  assert.equal(await provision('node-3', 'deleted'), 403)
  await setProtected('node-3', false)
  await setLock('node-3', 'ghost')
  assert.equal((await readNode('node-3')).reservation, 'ghost')
  assert.equal(await provision('node-3', 'deleted'), 409)
  await setLock('node-3', null)
  await setMaintenance('node-3', 'cable check')
  await setExtra('node-3', 'anneal_hold', 'mine')
  const node = await patchNode('node-3', [{ op: 'add', path: '/extra/hammer_error_resets', value: [] }])
  assert.equal(node.maintenance_reason, 'cable check')
  assert.deepEqual(node.extra, { anneal_hold: 'mine', hammer_error_resets: [] })
})

test('a conductor really holds a lock while a slow fake node changes its power', async () => {
  await restartIronic({ SYNC: 0, FAKE_DELAY: 3 })
  await throughProxy('PUT', '/v1/nodes/fake-1/states/power', { target: 'rebooting' })
  await waitNode('fake-1', (node) => node.reservation === 'lab', 5)
  assert.equal(await provision('fake-1', 'deleted'), 409)
  await waitNode('fake-1', (node) => node.reservation === null, 20)
  await restartIronic({ SYNC: 0, FAKE_DELAY: 0 })
})

test('the proxy passes everything and its journal tells what reached Ironic', async () => {
  await freshNode('node-4')
  assert.equal((await throughProxy('GET', '/v1/nodes?provision_state=error&fields=uuid')).status, 200)
  const patched = await throughProxy('PATCH', '/v1/nodes/node-4', [{ op: 'add', path: '/extra/a', value: 1 }])
  assert.equal(patched.status, 200)
  assert.equal(patched.headers['x-openstack-ironic-api-maximum-version'], '1.82')
  const seen = await journal()
  assert.deepEqual(
    seen.map(({ method, path, status, reached }) => ({ method, path, status, reached })),
    [
      { method: 'GET', path: '/v1/nodes?provision_state=error&fields=uuid', status: 200, reached: true },
      { method: 'PATCH', path: '/v1/nodes/node-4', status: 200, reached: true },
    ],
  )
  assert.deepEqual(
    (await changes()).map((entry) => entry.body),
    [[{ op: 'add', path: '/extra/a', value: 1 }]],
  )
})

test('each rule of the proxy spoils as many requests as it says, and no others', async () => {
  const limit = { method: 'PUT', path: '/states/provision$', times: 1 } as const
  const put = () => throughProxy('PUT', '/v1/nodes/node-4/states/provision', { target: 'banana' }, 1000)
  await addRule({ ...limit, action: 'status', status: 500, body: { error_message: 'concurrent action limit' } })
  const spoiled = await put()
  assert.deepEqual([spoiled.status, spoiled.json], [500, { error_message: 'concurrent action limit' }])
  assert.equal((await put()).status, 400)

  await addRule({ ...limit, action: 'html502' })
  assert.match((await put()).text, /<h1>502 Bad Gateway<\/h1>/)
  await addRule({ ...limit, action: 'hang' })
  await assert.rejects(put(), /no answer within 1000 ms/)
  await addRule({ ...limit, action: 'close-before' })
  await assert.rejects(put(), /socket hang up|ECONNRESET/)
  assert.equal((await changes()).length, 1)

  await addRule({ ...limit, action: 'lost-reply' })
  await assert.rejects(put(), /socket hang up|ECONNRESET/)
  assert.equal((await changes()).length, 2)
  await addRule({ ...limit, action: 'delay', ms: 300 })
  assert.equal((await put()).status, 400)

  await addRule({ path: '/v1/nodes/node-4$', times: 1, action: 'redact' })
  const node = Fields.parse((await throughProxy('GET', '/v1/nodes/node-4')).json)
  assert.equal(node['last_error'], '** Value Redacted - Requires baremetal:node:get:last_error permission. **')
  await setListening(false)
  await assert.rejects(put(), /ECONNREFUSED/)
  await setListening(true)
  assert.equal((await put()).status, 400)
})

test('a held request goes on when released, and is never sent where its client died meanwhile', async () => {
  const change = (key: string, timeoutMs: number) =>
    throughProxy('PATCH', '/v1/nodes/node-4', [{ op: 'add', path: `/extra/${key}`, value: 1 }], timeoutMs)
  await freshNode('node-4')
  await addRule({ method: 'PATCH', path: '/v1/nodes/', times: 2, action: 'hold' })
  const patient = change('patient', 20_000)
  await assert.rejects(change('dead', 500), /no answer/)
  assert.equal(await release(), 2)
  assert.equal((await patient).status, 200)
  assert.deepEqual((await readNode('node-4')).extra, { patient: 1 })

  await addRule({ method: 'PATCH', path: '/v1/nodes/', times: 1, action: 'hold-reply' })
  const answered = change('late', 20_000)
  await waitNode('node-4', (node) => 'late' in node.extra, 10)
  assert.equal(await release(), 1)
  assert.equal((await answered).status, 200)
})

test('Nova shows servers of a node to an administrator only, with their last action', async () => {
  const node = await freshNode('node-5')
  const byNode = `${settings.nova}/servers/detail?all_tenants=1&node=${node.uuid}`
  const byId = `${settings.nova}/servers/${node.instance_uuid}`
  const Servers = (json: unknown) => Fields.parse(json)['servers']
  const listed = Servers((await ask(byNode)).json)
  assert.ok(Array.isArray(listed) && listed.length === 1)
  assert.equal(Fields.parse(Fields.parse((await ask(byId)).json)['server'])['OS-EXT-SRV-ATTR:hypervisor_hostname'], node.uuid)
  await setStubs({ nova: 'nonadmin' })
  assert.equal((await ask(byNode)).status, 403)
  assert.equal((await ask(byId)).status, 404)
  await setStubs({ nova: '503' })
  assert.equal((await ask(byId)).status, 503)
  await setStubs({ nova: 'hang' })
  await assert.rejects(ask(byId, 300), /no answer/)
  await setStubs({ nova: 'refused' })
  await assert.rejects(ask(byId), /ECONNREFUSED/)
  await setStubs({ nova: 'ok' })
  await deleteInstance('node-5')
  assert.equal((await ask(byId)).status, 404)
  assert.deepEqual(Servers((await ask(byNode)).json), [])
  assert.ok((await stubJournal()).every((entry) => entry.method === 'GET'))
})

test('Nova tells the last action of a server that is being deleted', async () => {
  const id = uuidOf('a server of its own')
  await putServer(id, {
    hypervisor_hostname: null,
    task_state: 'deleting',
    actions: [{ action: 'delete', start_time: '2026-11-22T14:00:00' }],
  })
  const { instanceActions } = Fields.parse((await ask(`${settings.nova}/servers/${id}/os-instance-actions`)).json)
  assert.ok(Array.isArray(instanceActions))
  assert.deepEqual([Fields.parse(instanceActions[0])['action'], Fields.parse(instanceActions[0])['instance_uuid']], ['delete', id])
  await putServer(id, null)
})

test("Placement's inventory is free only while the node is available, without maintenance and without an allocation", async () => {
  const reserved = async (uuid: string) => {
    const inventories = Fields.parse(
      Fields.parse((await ask(`${settings.placement}/resource_providers/${uuid}/inventories`)).json)['inventories'],
    )
    return Fields.parse(inventories['CUSTOM_BAREMETAL'])['reserved']
  }
  const { uuid } = await freshNode('node-6', { instance: true })
  assert.equal(await reserved(uuid), 1)
  await deleteInstance('node-6')
  assert.equal(await reserved(uuid), 0)
  await setMaintenance('node-6', 'x')
  assert.equal(await reserved(uuid), 1)
  await setMaintenance('node-6', null)
  assert.equal(await reserved(uuid), 0)
})

test('the lab refuses what it did not create', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'anneal-refuse-'))
  const refused = async (name: string, args: string[], env: Record<string, string>, line: RegExp) => {
    const ran = await script(name, args, env)
    assert.notEqual(ran.code, 0)
    assert.match(ran.stderr, line)
    assert.equal(ran.stderr.trim().split('\n').length, 1)
  }
  const foreign = join(dir, 'foreign')
  mkdirSync(foreign)
  writeFileSync(join(foreign, 'letter'), 'dear')
  await refused('up.sh', [], { LAB_DIR: foreign }, /is not empty and was not made by the lab/)
  assert.equal((await script('down.sh', ['wipe'], { LAB_DIR: foreign })).code, 0)
  assert.equal(readFileSync(join(foreign, 'letter'), 'utf8'), 'dear')

  const second = { LAB_DIR: join(dir, 'second'), PORT: String(settings.ports.ironic) }
  await refused('up.sh', [], second, /port \d+ is in use by a process that is not the lab's/)
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  mkdirSync(join(second.LAB_DIR, 'state', 'bmc1'), { recursive: true })
  writeFileSync(join(second.LAB_DIR, 'state', 'bmc1.pid'), `${process.pid} 1 ${boot}\n`)
  await refused('bmc.sh', ['stop', '1'], second, /names process \d+, which the lab did not start/)
  await refused('down.sh', [], second, /names process \d+, which the lab did not start/)
  await refused('ironic.sh', ['stop'], { LAB_DIR: join(dir, 'none') }, /there is no lab in/)
  rmSync(dir, { recursive: true })
})
