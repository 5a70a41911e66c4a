import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DECIDING_FIELDS } from '../core/ironic.ts'
import { bmcAddress } from './bmc-address.ts'
import { NODE, sample } from './given-cloud.test.ts'
import { observedNode, redactedFields, wireNodeSchema } from './ironic-node.ts'

const recorded = JSON.parse(sample('node-active.json'))
const given = (change: Record<string, unknown> = {}) => wireNodeSchema.parse({ ...recorded, ...change })
const observed = (change: Record<string, unknown> = {}) => observedNode(given(change))

test('a recorded node becomes an observed one, and nothing of driver_info or instance_info goes with it', () => {
  const node = observed()
  assert.deepEqual([node.uuid, node.name, node.provision_state, node.conductor, node.driver], [NODE, 'node-1', 'active', 'lab', 'ipmi'])
  assert.deepEqual(node.bmcAddress, { protocol: 'ipmi', host: '127.0.0.1', port: 9001 })
  assert.deepEqual(node.marks, { kind: 'absent' })
  assert.equal(node.cleanStepSet, false)
  assert.doesNotMatch(JSON.stringify(node), /admin|\*\*\*\*\*\*|disk\.img|driver_info/)
  assert.deepEqual(redactedFields(given()), [])
})

test('what an older API does not have is null, and a node whose retirement was never said is not retired', () => {
  const { shard: _, ...older } = recorded
  assert.equal(observedNode(wireNodeSchema.parse(older)).shard, null)
  assert.equal(observed({ retired: null }).retired, false)
})

/** What a reset rests on: a field that is left out must never be read as one that is not set. */
const RESTED_ON = [...DECIDING_FIELDS, 'uuid', 'reservation', 'maintenance_reason', 'last_error', 'automated_clean', 'extra'] as const

test('a node is refused that leaves out, or has of another type, anything that a reset rests on', () => {
  for (const field of RESTED_ON) {
    const { [field]: _, ...less } = recorded
    assert.equal(wireNodeSchema.safeParse(less).success, false, `without ${field}`)
    for (const value of [7, [], field === 'extra' ? 'a text' : {}]) {
      assert.equal(wireNodeSchema.safeParse({ ...recorded, [field]: value }).success, false, `${field} is ${JSON.stringify(value)}`)
    }
  }
})

test('a dictionary may hold a key of any name, is no other text than a withheld one, and is not deeper than our own stack', () => {
  const extra: unknown = JSON.parse('{"__proto__": {"anneal_hold": 1}, "constructor": 2}')
  assert.equal(observed({ extra }).hold, null)
  assert.notEqual(observed({ extra }).extraOthers, observed({ extra: { constructor: 2 } }).extraOthers)
  assert.equal(wireNodeSchema.safeParse({ ...recorded, extra: 'anneal_hold' }).success, false)
  assert.equal(wireNodeSchema.safeParse({ ...recorded, extra: null }).success, false)
  const deep = JSON.parse(`{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`)
  assert.equal(wireNodeSchema.safeParse({ ...recorded, extra: deep }).success, false)
})

test('a node without its uuid or with maintenance that is no flag is refused', () => {
  for (const change of [{ uuid: null }, { maintenance: 'yes' }, { provision_state: 7 }]) {
    assert.equal(wireNodeSchema.safeParse({ ...recorded, ...change }).success, false)
  }
})

test('marks are a list, absent, or unreadable, and the newest hundred are kept as exact texts', () => {
  const marks = (value: unknown) => observed({ extra: { hammer_error_resets: value } }).marks
  assert.deepEqual(marks(['2026-01-01T00:00:00Z', 5]), { kind: 'list', entries: ['2026-01-01T00:00:00Z', '5'], total: 2 })
  assert.deepEqual(marks(null), { kind: 'unreadable', found: 'null' })
  assert.deepEqual(marks('once'), { kind: 'unreadable', found: 'a string' })
  const many = marks(Array.from({ length: 130 }, (_, i) => `${i}`))
  assert.ok(many.kind === 'list' && many.total === 130 && many.entries.length === 100 && many.entries.at(-1) === '129')
})

test('any value of anneal_hold holds', () => {
  assert.equal(observed().hold, null)
  for (const [value, text] of [
    ['vendor visit', 'vendor visit'],
    ['', ''],
    [null, 'null'],
    [false, 'false'],
    [{ by: 'x' }, '{"by":"x"}'],
  ]) {
    assert.equal(observed({ extra: { anneal_hold: value } }).hold, text)
  }
})

test('our own keys of extra leave the digest of the others as it was, and any other change moves it', () => {
  const others = (extra: unknown) => observed({ extra }).extraOthers
  const before = others({ rack: 'r1', nested: { a: 1, b: [2] } })
  assert.equal(others({ nested: { b: [2], a: 1 }, hammer_error_resets: ['t'], anneal_shield: 's', anneal_hold: 'h', rack: 'r1' }), before)
  assert.notEqual(others({ rack: 'r1', nested: { a: 1, b: [3] } }), before)
  assert.match(before, /^[0-9a-f]{16}$/)
})

test('the digest moves with every deciding field and with nothing else', () => {
  const { digest } = observed()
  assert.equal(observed({ last_error: 'x', power_state: 'power on', extra: { a: 1 } }).digest, digest)
  for (const change of [
    { provision_state: 'error' },
    { conductor: 'other' },
    { allocation_uuid: 'a' },
    { protected: true },
    { fault: 'power failure' },
  ]) {
    assert.notEqual(observed(change).digest, digest)
  }
})

test('values that Ironic withholds are named, also where it withholds a whole dictionary', () => {
  const withheld = (what: string) => `** Value Redacted - Requires baremetal:node:get:${what} permission. **`
  const wire = given({
    last_error: withheld('last_error'),
    reservation: withheld('reservation'),
    extra: '** Redacted - no **',
    driver_info: { content: '** Redacted **' },
  })
  assert.deepEqual(redactedFields(wire).toSorted(), ['driver_info', 'extra', 'last_error', 'reservation'])
  assert.equal(observedNode(wire).bmcAddress, null)
  assert.equal(observedNode(wire).marks.kind, 'unreadable')
})

test('where a BMC is follows from the power interface, else from the driver', () => {
  const at = (driver: string, power_interface: string | null, driver_info: Record<string, unknown>) =>
    bmcAddress({ driver, power_interface, driver_info })
  assert.deepEqual(at('ipmi', 'ipmitool', { ipmi_address: 'bmc-1.example', ipmi_port: '6230' }), {
    protocol: 'ipmi',
    host: 'bmc-1.example',
    port: 6230,
  })
  assert.deepEqual(at('ipmi', null, { ipmi_address: '10.0.0.1' }), { protocol: 'ipmi', host: '10.0.0.1', port: 623 })
  assert.deepEqual(at('redfish', 'redfish', { redfish_address: '10.0.0.2' }), { protocol: 'redfish', host: '10.0.0.2', port: 443 })
  assert.deepEqual(at('redfish', 'redfish', { redfish_address: 'http://10.0.0.2:8000/emulator/' }), {
    protocol: 'redfish',
    host: '10.0.0.2',
    port: 8000,
    scheme: 'http',
    path: '/emulator',
  })
  assert.deepEqual(at('redfish', 'redfish', { redfish_address: 'http://10.0.0.2' })?.port, 80)
  assert.deepEqual(at('redfish', 'redfish', { redfish_address: 'fd00::7' }), { protocol: 'redfish', host: 'fd00::7', port: 443 })
  assert.deepEqual(at('redfish', 'redfish', { redfish_address: 'https://[fd00::7]:8443' }), {
    protocol: 'redfish',
    host: 'fd00::7',
    port: 8443,
  })
  assert.deepEqual(at('redfish', 'ipmitool', { redfish_address: '10.0.0.2', ipmi_address: '10.0.0.3' })?.protocol, 'ipmi')
  assert.deepEqual(at('idrac', 'idrac-redfish', { redfish_address: '10.0.0.4' })?.protocol, 'redfish')
  assert.deepEqual(at('ilo5', 'ilo', { ilo_address: '10.0.0.5' }), { protocol: 'redfish', host: '10.0.0.5', port: 443 })
  assert.deepEqual(at('irmc', 'irmc', { irmc_address: '10.0.0.6' })?.port, 443)
  assert.deepEqual(at('irmc', 'ipmitool', { irmc_address: '10.0.0.6' }), { protocol: 'ipmi', host: '10.0.0.6', port: 623 })
  assert.equal(at('fake-hardware', 'fake', { ipmi_address: '10.0.0.1' }), null)
  assert.equal(at('ipmi', 'ipmitool', {}), null)
})

test('what is no name and no address is no BMC: it goes no further', () => {
  for (const host of [
    '',
    '[',
    '[]',
    'a\0b',
    'a b',
    'user:secret@10.0.0.1',
    '10.0.0.1/x',
    'bmc:623',
    '\u001b[31m',
    'x'.repeat(300),
    ':'.repeat(1_000_000),
    7,
    null,
    {},
  ]) {
    assert.equal(bmcAddress({ driver: 'ipmi', power_interface: 'ipmitool', driver_info: { ipmi_address: host } }), null, String(host))
    assert.equal(bmcAddress({ driver: 'ilo5', power_interface: 'ilo', driver_info: { ilo_address: host } }), null, String(host))
  }
  for (const redfish_address of ['*', 'https://*.example', 'https://'])
    assert.equal(bmcAddress({ driver: 'redfish', power_interface: null, driver_info: { redfish_address } }), null)
  const long = { redfish_address: `${':'.repeat(1_000_000)}x` }
  assert.equal(bmcAddress({ driver: 'redfish', power_interface: 'redfish', driver_info: long }), null)
})
