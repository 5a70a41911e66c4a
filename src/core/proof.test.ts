/** What keeps a node from being proven healed, and what is said where it cannot be asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW, observed } from '../../test/given.ts'
import type { Observation, ObservedNode } from './observation.ts'
import { proofOf, proven } from './proof.ts'
import { absent, known, unknown } from './reading.ts'

const home = { provision_state: 'available' }
const port = { id: 'p', device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' }
const offered = (...reserved: number[]) => known(reserved.map((r) => ({ resource_class: 'R', total: 1, reserved: r })))

function lines(node: Partial<ObservedNode>, rest: Partial<Observation> = {}): string[] {
  const o = observed({ ...home, ...node }, rest)
  assert.ok(o.node.kind === 'known')
  const proof = proofOf(o, o.node.value)
  assert.equal(proven(o, o.node.value), !proof.some(({ verdict }) => verdict === 'fails'))
  return proof.map(({ verdict, sentence }) => `${verdict}: ${sentence}`)
}
const LAST = 'not asked: Blazar was not asked.'

test('nothing speaks against a node that is available, free, powered and offered', () => {
  assert.deepEqual(lines({}), [LAST])
})

test('names each thing that speaks against the node', () => {
  assert.deepEqual(lines({ provision_state: 'enroll' }), ['fails: It is enroll, not available.', LAST])
  assert.deepEqual(lines({ reservation: 'cond-1' }), ['fails: Conductor cond-1 holds its lock.', LAST])
  assert.deepEqual(lines({ maintenance: true }), ['fails: It is in maintenance.', LAST])
  for (const power_state of [null, 'error'])
    assert.deepEqual(lines({ power_state }), ['fails: Ironic does not know its power state.', LAST])
  const bmc = known({ kind: 'silent' as const, detail: 'three tries', at: NOW })
  assert.deepEqual(lines({}, { bmc }), ['fails: Its BMC is silent: three tries.', LAST])
  assert.deepEqual(lines({}, { ports: known([port]) }), ['fails: 1 Neutron port is still bound to it.', LAST])
  assert.deepEqual(lines({}, { ports: known([port, port]) }), ['fails: 2 Neutron ports are still bound to it.', LAST])
  assert.deepEqual(lines({}, { inventory: offered() }), ['fails: Placement offers nothing of it.', LAST])
  assert.deepEqual(lines({}, { inventory: offered(0, 1) }), ['fails: Placement still has it reserved.', LAST])
})

test('says what could not be asked', () => {
  assert.deepEqual(lines({}, { bmc: unknown('no route'), ports: unknown('403'), inventory: absent('no Placement') }), [
    'not asked: Whether its BMC answers is not known: no route.',
    'not asked: Bound ports are not known: 403.',
    "not asked: Placement's inventory is not known: no Placement.",
    LAST,
  ])
})

test('a retired node ends in manageable, which Placement offers to nobody', () => {
  const retired = { retired: true, provision_state: 'manageable' }
  const unoffered = 'not asked: It is retired, so Placement offers it to nobody.'
  assert.deepEqual(lines(retired, { inventory: offered(1) }), [unoffered, LAST])
  assert.deepEqual(lines({ ...retired, provision_state: 'available' }), ['fails: It is available, not manageable.', unoffered, LAST])
})
