/** What nodes share: the keys of incidents and failure domains. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { given, observed } from '../../test/given.ts'
import { keysOf, networkOf, spread } from './keys.ts'
import { known, unknown } from './reading.ts'

const network = (host: string) => networkOf({ protocol: 'ipmi', host, port: 623 })
const { diagnosis } = given()

test('takes the /24 of an IPv4 BMC, the /64 of an IPv6 one, the domain of a named one', () => {
  assert.equal(network('10.0.3.17'), '10.0.3.0/24')
  assert.equal(network('2001:db8:0:7::17'), '2001:db8:0:7::/64')
  assert.equal(network('2001:DB8::1'), '2001:db8:0:0::/64')
  assert.equal(network('[2001:0db8:0000:0000:0000:0000:0000:0002]'), network('2001:db8::1'))
  assert.equal(network('n1.bmc.example.org'), 'bmc.example.org')
  assert.equal(network('n1'), 'n1')
})

test('ties a node to its switch, BMC network, rack, conductor and signature', () => {
  const o = observed({ traits: ['CUSTOM_GPU', 'CUSTOM_RACK_B12'] })
  assert.deepEqual(keysOf(o, diagnosis, false), {
    switch: 'leaf-1',
    'bmc-network': '10.0.3.0/24',
    rack: 'B12',
    conductor: 'cond-1',
    signature: 'ipmi-call-failed',
  })
})

test('names the service only where the cause is a service', () => {
  assert.equal(keysOf(observed(), { ...diagnosis, service: 'neutron' }, false).service, undefined)
  assert.equal(keysOf(observed(), { ...diagnosis, cause: 'api-unreachable', service: 'neutron' }, false).service, 'neutron')
})

test('has no key for what is not known', () => {
  const o = observed({ bmcAddress: null, conductor: null }, { links: unknown('403'), history: unknown('403') })
  assert.deepEqual(keysOf(o, null, false), {})
  assert.deepEqual(keysOf(observed({}, { node: unknown('503'), links: known([]) }), null, true), { backlog: 'first-pass' })
})

test('spreads texts evenly and always the same', () => {
  const all = Array.from({ length: 1000 }, (_, i) => spread(`node-${i} 1`))
  assert.ok(all.every((x) => x >= 0 && x < 1))
  assert.ok(Math.abs(all.reduce((a, b) => a + b) / 1000 - 0.5) < 0.05)
  assert.equal(spread('node-1 1'), all[1])
})
