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

test('takes addresses of every form for what they are, and names that look like one for names', () => {
  assert.equal(network('10.20.30.40'), '10.20.30.0/24')
  assert.equal(network('bmc10.20.30.40'), '20.30.40')
  assert.equal(network('10.20.30.40.example.org'), '20.30.40.example.org')
  assert.equal(network('::1'), '0:0:0:0::/64')
  assert.equal(network('fe80::'), 'fe80:0:0:0::/64')
  assert.equal(network('1::5:6:7:8:9'), '1:0:0:5::/64')
  assert.equal(network('[2001:db8::1]'), '2001:db8:0:0::/64')
  // No address at all: it is not bent into one.
  assert.equal(network('bmc:17'), 'bmc:17::/64')
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

test('takes the first port that says where it hangs, by the name of the switch or else its address', () => {
  const link = (switch_id: string | null, switch_info: string | null) => ({ switch_id, switch_info, port_id: null })
  const switchOf = (...links: ReturnType<typeof link>[]) => keysOf(observed({}, { links: known(links) }), null, false).switch
  assert.equal(switchOf(link(null, null), link('aa:bb', 'leaf-2')), 'leaf-2')
  assert.equal(switchOf(link('aa:bb', null), link('cc:dd', 'leaf-2')), 'aa:bb')
  assert.equal(switchOf(link(null, 'leaf-3')), 'leaf-3')
  assert.equal(switchOf(link(null, null)), undefined)
  assert.equal(switchOf(link(null, '')), undefined)
})

test('takes the conductor that the newest event names where the node names none', () => {
  const event = { uuid: 'h', created_at: '2026-11-02T11:00:00Z', severity: null, event_type: null, event: 'x', conductor: 'cond-7' }
  const conductorOf = (conductor: string | null) => keysOf(observed({ conductor }, { history: known([event]) }), null, false).conductor
  assert.equal(conductorOf(null), 'cond-7')
  assert.equal(conductorOf('cond-1'), 'cond-1')
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
  // The published value of 32-bit FNV-1a for this text.
  assert.equal(spread('foobar'), 0xbf9cf968 / 2 ** 32)
})

test('takes the zone where no trait names a rack, and never for a rack of the same number', () => {
  const rack = (...traits: string[]) => keysOf(observed({ traits }), null, false).rack
  assert.equal(rack('CUSTOM_ZONE_2', 'CUSTOM_RACK_7'), '7')
  assert.equal(rack('CUSTOM_GPU', 'CUSTOM_ZONE_2'), 'zone 2')
  assert.equal(rack('CUSTOM_ZONE_'), undefined)
  assert.equal(rack('CUSTOM_GPU'), undefined)
})
