/** Tear-downs against broken BMCs and services, held against the recorded traces of a real Ironic 21.4.4. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { CloudOptions, NodeSpec } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'
import type { NodeRow } from './world.ts'

type Change = { t: number; http?: number } & Record<string, unknown>

const traces: Record<string, Change[]> = JSON.parse(
  readFileSync(new URL('../../test/samples/ironic/state-traces.json', import.meta.url), 'utf8'),
)

const FIELDS = ['provision_state', 'target_provision_state', 'power_state', 'target_power_state', 'last_error', 'reservation'] as const

async function given(node: NodeSpec, ironic: CloudOptions['ironic'] = {}) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({
    clock,
    random: seededRandom(1),
    nodes: [{ name: 'n', provision_state: 'active', ...node }],
    // Power sync far apart: the lab's traces have none in between.
    ironic: { conductors: ['lab'], powerSyncMs: 86_400_000, automatedClean: false, ...ironic },
  })
  const operator = await loggedIn(clock, cloud, { user: 'sys-member' })
  return { clock, cloud, operator, node: cloud.node('n') }
}

type Given = Awaited<ReturnType<typeof given>>

/** Sends the verb and notes every value that each field takes from then on, with the time of each change. */
async function traced({ clock, cloud, operator, node }: Given, verb: string, forMs: number) {
  const values: Record<string, unknown[]> = {}
  const times: Record<string, number> = {}
  const instance: (string | null)[] = [node.row.instance_uuid]
  const look = (began: number): void => {
    for (const field of FIELDS) {
      const seen = values[field] ?? []
      values[field] = seen
      if (seen.at(-1) === node.row[field] && seen.length > 0) continue
      seen.push(node.row[field])
      times[`${field}=${node.row[field]}`] = (clock.now() - began) / 1000
    }
    if (instance.at(-1) !== node.row.instance_uuid) instance.push(node.row.instance_uuid)
  }
  look(clock.now())
  const answer = operator.send('PUT', `baremetal/v1/nodes/${cloud.node('n').row.uuid}/states/provision`, { target: verb })
  const began = clock.now()
  while (clock.now() - began < forMs) {
    await clock.advance(5)
    look(began)
  }
  assert.equal((await answer).status, 202)
  return { values, times, instance }
}

/** The same per recorded field; addresses and uuids are the lab's own, and a value the lab's poll missed is no difference. */
function recorded(name: string, { cloud, node }: Given) {
  const trace = traces[name] ?? []
  const values: Record<string, unknown[]> = {}
  const times: Record<string, number> = {}
  const text = (value: unknown): unknown =>
    typeof value === 'string'
      ? value.replaceAll('http://127.0.0.1:9696', `${cloud.state.baseUrl}/network`).replaceAll('<uuid>', node.row.uuid)
      : value
  for (const entry of trace) {
    for (const field of FIELDS) {
      if (!(field in entry)) continue
      const seen = values[field] ?? []
      values[field] = seen
      if (seen.length > 0 && seen.at(-1) === text(entry[field])) continue
      seen.push(text(entry[field]))
      times[`${field}=${text(entry[field])}`] = entry.t
    }
  }
  return { values, times }
}

function assertAsRecorded(name: string, site: Given, seen: Awaited<ReturnType<typeof traced>>) {
  const lab = recorded(name, site)
  // Without cleaning steps `cleaning` lasts some 40 ms, which the lab's poll met only at times.
  const missed = lab.values['provision_state']?.includes('cleaning') === false
  const states = seen.values['provision_state']?.filter((state) => !missed || state !== 'cleaning')
  assert.deepEqual({ ...seen.values, provision_state: states }, lab.values)
  for (const [change, at] of Object.entries(lab.times)) {
    const here = seen.times[change] ?? Number.NaN
    assert.ok(Math.abs(here - at) < 0.35, `${name}: ${change} after ${here} s, recorded after ${at} s`)
  }
}

test('a tear-down against a BMC that refuses ends in error with the recorded texts and states in the recorded order', async () => {
  const site = await given({ network_interface: 'noop' })
  site.cloud.people.bmc('n', 'refusing')
  const seen = await traced(site, 'deleted', 8000)
  assertAsRecorded('BMC refusing', site, seen)
  assert.deepEqual(seen.instance.length, 2)
  assert.equal(site.node.row.instance_uuid, null)
  assert.deepEqual(site.node.row.instance_info, {})
  assert.deepEqual(
    site.node.history.map(({ event_type, event }) => [event_type, event]),
    [
      ['UNKNOWN', "Failed to change power state to 'power off': IPMI call failed: power status."],
      ['unprovision', 'Failed to tear down: IPMI call failed: power status.'],
    ],
  )
  site.cloud.people.bmc('n', 'ok')
  assertAsRecorded('BMC back', site, await traced(site, 'deleted', 4000))
})

test('a BMC whose power never changes has its own text', async () => {
  const site = await given({ network_interface: 'noop' })
  site.cloud.people.bmc('n', 'stuck')
  assertAsRecorded('BMC stuck', site, await traced(site, 'deleted', 8000))
})

test('a silent BMC, a wrong password and a rejecting one cannot be told apart by last_error', async () => {
  for (const mode of ['silent', 'badpass', 'rejecting'] as const) {
    const site = await given({})
    site.cloud.people.bmc('n', mode)
    await traced(site, 'deleted', 8000)
    assert.equal(site.node.row.last_error, 'Failed to tear down: IPMI call failed: power status.')
    assert.equal(site.node.row.maintenance, false)
    assert.equal(site.node.row.power_state, 'power on')
  }
})

test('during a Neutron outage the first tear-down forgets the VIF without unbinding it, and the second hides the dirty port', async () => {
  const site = await given({ network_interface: 'flat' })
  const port = site.node.vif ?? ''
  site.cloud.faults.set('neutron', { kind: 'down', seenBy: 'conductors' })
  assertAsRecorded('Neutron refused', site, await traced(site, 'deleted', 6000))
  assert.equal(site.node.vif, null)
  await traced(site, 'deleted', 3000)
  assert.equal(site.node.row.provision_state, 'available')
  assert.equal(site.cloud.state.ports.get(port)?.host_id, site.node.row.uuid)
})

test('the second deleted during a Neutron outage strands the node in cleaning when automated cleaning is on', async () => {
  const site = await given({ network_interface: 'flat' }, { automatedClean: true, cleaningMs: 10_000 })
  site.cloud.faults.set('neutron', { kind: '503' })
  await traced(site, 'deleted', 6000)
  assert.equal(site.node.row.provision_state, 'error')
  assertAsRecorded('Neutron still 503, automated cleaning', site, await traced(site, 'deleted', 3000))
  await site.clock.advance(1_800_000)
  assert.equal(site.node.row.provision_state, 'cleaning')
  assert.equal(site.node.row.reservation, null)

  site.cloud.faults.clearAll()
  const verb = (target: string) => site.operator.ask('PUT', 'baremetal/v1/nodes/n/states/provision', { target })
  assert.equal((await verb('deleted')).status, 400)
  assert.equal((await verb('manage')).status, 202)
  assert.equal(site.node.row.provision_state, 'manageable')
  assert.equal((await verb('provide')).status, 202)
  await site.clock.advance(60_000)
  assert.equal(site.node.row.provision_state, 'available')
})

test('an agent that never calls back fails the cleaning late, and the text later still', async () => {
  const site = await given({ provision_state: 'manageable' }, { automatedClean: true, cleanCallbackTimeoutMs: 33_370 })
  site.cloud.people.cleaning('n', 'no-callback')
  site.node.row.last_error = String(traces['agent never calls back']?.[0]?.['last_error'])
  const lab = recorded('agent never calls back', site)
  const seen = await traced(site, 'provide', 44_000)
  assert.deepEqual(seen.values, lab.values)
  const state = seen.times['provision_state=clean failed'] ?? 0
  const text = seen.times[`last_error=${site.node.row.last_error}`] ?? 0
  assert.ok(text - state > 2.5 && text - state < 3.5, `${text - state} s between state and text`)
  const row: NodeRow = site.node.row
  assert.deepEqual([row.maintenance, row.fault, row.target_provision_state], [false, null, 'available'])
})

test('a failing clean step puts the node into maintenance with a fault of its own', async () => {
  const { clock, cloud, node } = await given({ provision_state: 'manageable' }, { automatedClean: true })
  cloud.people.cleaning('n', 'step-fails')
  await clock.run(cloud.people.verb('n', 'provide'))
  await clock.advance(300_000)
  assert.deepEqual([node.row.provision_state, node.row.fault, node.row.maintenance], ['clean failed', 'clean failure', true])
})

test('a retired node ends as manageable with cleaning, and as available without', async () => {
  for (const automatedClean of [true, false]) {
    const { clock, cloud, node } = await given({ retired: true }, { automatedClean })
    await clock.run(cloud.people.verb('n', 'deleted'))
    await clock.advance(300_000)
    assert.equal(node.row.provision_state, automatedClean ? 'manageable' : 'available')
  }
})
