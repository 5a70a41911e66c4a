/** Cleaning step by step: what the node shows on the way, and what becomes of a step that fails or never ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CloudOptions } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

const MINUTE = 60_000

async function given(ironic: CloudOptions['ironic'] = {}) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes: [{ name: 'n', provision_state: 'manageable' }], ironic })
  const operator = await loggedIn(clock, cloud, { user: 'sys-member' })
  const { row } = cloud.node('n')
  const verb = (target: string, more: object = {}) =>
    operator.ask('PUT', `baremetal/v1/nodes/${row.uuid}/states/provision`, { target, ...more })
  /** Every pair of state and step on the way, looked at each 100 ms. */
  const course = async (ms: number) => {
    const seen: string[] = []
    for (let left = ms; left > 0; left -= 100) {
      const now = [row.provision_state, row.clean_step['step']].filter((word) => word !== undefined).join(' ')
      if (seen.at(-1) !== now) seen.push(now)
      await clock.advance(100)
    }
    return seen
  }
  return { clock, cloud, row, verb, course }
}

test('the agent is waited for at every step, the node shows which one, and in the end none is left', async () => {
  const { row, verb, course } = await given({ cleaningMs: 90_000 })
  assert.equal((await verb('provide')).status, 202)
  assert.deepEqual(await course(2 * MINUTE), [
    'cleaning',
    'clean wait',
    'cleaning',
    'clean wait erase_devices_metadata',
    'cleaning erase_devices_metadata',
    'clean wait erase_devices',
    'cleaning erase_devices',
    'available',
  ])
  assert.deepEqual([row.clean_step, row.reservation, row.maintenance], [{}, null, false])
})

test('a step that never ends is timed out with its name, and Ironic takes the node out with a fault of its own', async () => {
  const { cloud, row, verb, course } = await given({ cleanCallbackTimeoutMs: 10 * MINUTE })
  cloud.people.cleaning('n', 'step-hangs')
  await verb('provide')
  await course(12 * MINUTE)
  assert.match(
    row.last_error ?? '',
    /^Timeout reached while cleaning .* Failed on step \{'interface': 'deploy', 'step': 'erase_devices_metadata'/,
  )
  assert.deepEqual(
    [row.provision_state, row.target_provision_state, row.maintenance, row.fault, row.maintenance_reason, row.clean_step],
    ['clean failed', 'available', true, 'clean failure', row.last_error, {}],
  )
})

test('a reason that a person gave before is kept when a step fails', async () => {
  const { cloud, row, verb, course } = await given()
  cloud.people.cleaning('n', 'step-fails')
  await verb('provide')
  cloud.people.setMaintenance('n', 'I am here')
  await course(3 * MINUTE)
  assert.deepEqual([row.provision_state, row.fault, row.maintenance_reason], ['clean failed', 'clean failure', 'I am here'])
})

test('manual cleaning runs the given steps and ends where it began, with automated cleaning switched off too', async () => {
  const { row, verb, course } = await given({ automatedClean: false })
  assert.equal((await verb('clean')).status, 400)
  const clean_steps = [{ interface: 'deploy', step: 'burnin_disk' }]
  assert.equal((await verb('clean', { clean_steps })).status, 202)
  const seen = await course(3 * MINUTE)
  assert.ok(seen.includes('clean wait burnin_disk'), seen.join(', '))
  assert.deepEqual([seen.at(-1), row.target_provision_state], ['manageable', null])
})

test('in maintenance no waiting for an agent is timed out', async () => {
  const { cloud, row, verb, course } = await given({ cleanCallbackTimeoutMs: MINUTE })
  cloud.people.cleaning('n', 'no-callback')
  await verb('provide')
  cloud.people.setMaintenance('n', 'looking at the console')
  await course(5 * MINUTE)
  assert.equal(row.provision_state, 'clean wait')
  cloud.people.clearMaintenance('n')
  await course(2 * MINUTE)
  assert.equal(row.provision_state, 'clean failed')
})
