/** The verbs that the operator never sends but people do: where each leads, and where it is not taken. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from './answer.ts'
import type { CloudOptions } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

async function given(provision_state: string, ironic: CloudOptions['ironic'] = {}) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const version = ironic.version ?? '1.115'
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes: [{ name: 'n', provision_state }], ironic: { ...ironic, version } })
  const operator = await loggedIn(clock, cloud, { user: 'sys-member', version })
  const { row } = cloud.node('n')
  const verb = (target: string, more: object = {}) =>
    operator.ask('PUT', `baremetal/v1/nodes/${row.uuid}/states/provision`, { target, ...more })
  return { clock, cloud, row, verb }
}

test('manage on a new node asks its BMC: without an answer it is in enroll again, with the reason', async () => {
  const { clock, cloud, row, verb } = await given('enroll')
  cloud.people.bmc('n', 'silent')
  assert.equal((await verb('manage')).status, 202)
  assert.equal(row.provision_state, 'verifying')
  await clock.advance(1_000)
  assert.equal(row.provision_state, 'enroll')
  assert.match(row.last_error ?? '', /^Failed to get power state for node .*IPMI call failed/)
  cloud.people.bmc('n', 'ok')
  await verb('manage')
  await clock.advance(1_000)
  assert.deepEqual([row.provision_state, row.last_error, row.reservation], ['manageable', null, null])
})

test('adopt takes a node as active without deploying anything', async () => {
  const { clock, row, verb } = await given('manageable')
  assert.equal((await verb('adopt')).status, 202)
  await clock.advance(1_000)
  assert.deepEqual([row.provision_state, row.instance_uuid, row.reservation], ['active', null, null])
})

test('inspect and rescue are refused where the driver has no such interface', async () => {
  for (const [state, target] of [
    ['manageable', 'inspect'],
    ['active', 'rescue'],
  ] as const) {
    const { row, verb } = await given(state)
    const { status, json } = await verb(target)
    assert.equal(status, 400)
    assert.ok(String(within(json, 'error_message')).includes(`Driver ipmi does not support ${target}`))
    assert.deepEqual([row.provision_state, row.reservation], [state, null])
  }
})

test('abort leads to the failure of its kind, and to nothing on a waiting deployment below 1.110', async () => {
  const ends = {
    'clean wait': 'clean failed',
    'clean hold': 'clean failed',
    'inspect wait': 'inspect failed',
    'service wait': 'service failed',
    'wait call-back': 'deploy failed',
    'service failed': 'active',
  }
  for (const [state, end] of Object.entries(ends)) {
    const { clock, row, verb } = await given(state)
    assert.equal((await verb('abort')).status, 202, state)
    await clock.advance(10_000)
    assert.deepEqual([row.provision_state, row.reservation], [end, null])
  }
  assert.equal((await (await given('wait call-back', { version: '1.109' })).verb('abort')).status, 400)
})

test('unhold lets a held node go on to where it was going', async () => {
  for (const [state, end] of [
    ['clean hold', 'available'],
    ['deploy hold', 'active'],
    ['service hold', 'active'],
  ] as const) {
    const { clock, row, verb } = await given(state)
    assert.equal((await verb('unhold')).status, 202)
    await clock.advance(300_000)
    assert.equal(row.provision_state, end)
  }
  assert.equal((await (await given('clean hold', { version: '1.84' })).verb('unhold')).status, 406)
})

test('servicing takes the tenant’s node through servicing and gives it back', async () => {
  const { clock, row, verb } = await given('active')
  const instance = row.instance_uuid
  assert.equal((await verb('service')).status, 202)
  await clock.advance(3_000)
  assert.equal(row.provision_state, 'service wait')
  await clock.advance(300_000)
  assert.deepEqual([row.provision_state, row.instance_uuid], ['active', instance])
})
