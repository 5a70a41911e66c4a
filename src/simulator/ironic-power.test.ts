/** Power sync and its recovery: what Ironic does by itself to a node whose BMC is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CloudOptions } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

function given(ironic: CloudOptions['ironic'] = {}) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes: [{ name: 'n' }], ironic })
  return { clock, cloud, row: cloud.node('n').row }
}

const MINUTE = 60_000

test('power sync takes over after 4 failed syncs and overwrites last_error and the reason with one text', async () => {
  const { clock, cloud, row } = given()
  cloud.people.fail('n', 'Failed to tear down: IPMI call failed: power status.')
  cloud.people.bmc('n', 'silent')
  await clock.advance(3 * MINUTE + 1000)
  assert.equal(row.maintenance, false)
  await clock.advance(MINUTE)
  const text = `During sync_power_state, max retries exceeded for node ${row.uuid}, node state None does not match expected state 'power off'. Updating DB state to 'None' Switching node to maintenance mode. Error: IPMI call failed: power status.`
  assert.deepEqual(
    [row.maintenance, row.fault, row.power_state, row.last_error, row.maintenance_reason],
    [true, 'power failure', null, text, text],
  )
  assert.equal(cloud.node('n').history.at(-1)?.event_type, 'monitoring')
})

test('recovery lifts the fault but leaves error and the text of the sync', async () => {
  const { clock, cloud, row } = given()
  cloud.people.fail('n', 'Failed to tear down: IPMI call failed: power status.')
  cloud.people.bmc('n', 'silent')
  await clock.advance(4 * MINUTE + 1000)
  cloud.people.bmc('n', 'ok')
  await clock.advance(5 * MINUTE)
  assert.deepEqual([row.maintenance, row.fault, row.maintenance_reason, row.power_state], [false, null, null, 'power off'])
  assert.equal(row.provision_state, 'error')
  assert.match(row.last_error ?? '', /^During sync_power_state/)
})

test('from 2025.2 on a successful sync erases last_error while the node stays in error, and history keeps it', async () => {
  for (const [version, erased] of [
    ['1.101', true],
    ['1.96', false],
  ] as const) {
    const { clock, cloud, row } = given({ version })
    cloud.people.fail('n', 'Failed to tear down: IPMI call failed: power status.')
    await clock.advance(MINUTE + 1000)
    assert.equal(row.last_error === null, erased)
    assert.equal(row.provision_state, 'error')
    assert.equal(cloud.node('n').history.length, 1)
  }
})

test('without history last_error is never erased, and nothing is written into one', async () => {
  const { clock, cloud, row } = given({ version: '1.111', history: false })
  cloud.people.fail('n', 'Failed to tear down: IPMI call failed: power status.')
  await clock.advance(5 * MINUTE)
  assert.match(row.last_error ?? '', /^Failed to tear down/)
  assert.equal(cloud.node('n').history.length, 0)
})

test("a person's maintenance suspends power sync and is never lifted", async () => {
  const { clock, cloud, row } = given()
  cloud.people.setMaintenance('n', 'new disks')
  cloud.people.bmc('n', 'silent')
  await clock.advance(60 * MINUTE)
  assert.deepEqual([row.maintenance_reason, row.fault, row.power_state], ['new disks', null, 'power off'])
})

test("a reason laid over Ironic's own maintenance evaporates with the fault", async () => {
  const { clock, cloud, row } = given()
  cloud.people.bmc('n', 'silent')
  await clock.advance(4 * MINUTE + 1000)
  cloud.people.setMaintenance('n', 'mine')
  assert.equal(row.fault, 'power failure')
  cloud.people.bmc('n', 'ok')
  await clock.advance(5 * MINUTE)
  assert.deepEqual([row.maintenance, row.maintenance_reason], [false, null])
})
