/** How the evidence around an error text changes what the text says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, NOW, observed, service } from '../../test/given.ts'
import { type Attempt, EMPTY_MEMORY, type Memory } from './case.ts'
import { diagnose } from './diagnose.ts'
import type { BmcLook, Observation, ObservedNode } from './observation.ts'
import { DAY, DEFAULT_POLICY, HOUR } from './policy.ts'
import { known, unknown } from './reading.ts'

const IPMI = 'Failed to tear down: IPMI call failed: power status.'
const NEUTRON = 'Failed to tear down: HttpException: 503: Server Error for url: http://neutron:9696/v2.0/ports, Service Unavailable'
const text = (words: string): Partial<Memory> => ({ text: { text: words, source: 'last_error', at: null, provision_state: 'error' } })
const bmc = (kind: BmcLook['kind']) => ({ bmc: known({ kind, detail: 'd', at: NOW }) })

function diagnosed(given: { memory?: Partial<Memory>; attempts?: Attempt[]; o?: Partial<Observation>; node?: Partial<ObservedNode> }) {
  const memory = { ...EMPTY_MEMORY, ...given.memory }
  return diagnose({ o: observed(given.node, given.o), memory, attempts: given.attempts ?? [], policy: DEFAULT_POLICY, now: NOW })
}
const said = (given: Parameters<typeof diagnosed>[0]) => {
  const { cause, transient } = diagnosed(given)
  return `${cause} ${transient}`
}
const failed = (cause: Attempt['cause'], count: number, ageMs = HOUR) =>
  Array.from({ length: count }, (_, i) => attempt({ id: `i-${i}`, cause, createdAt: NOW - ageMs - i }))

test('calls an IPMI failure temporary once the BMC answers', () => {
  assert.equal(said({ memory: text(IPMI) }), 'bmc-unreachable yes')
  assert.equal(said({ memory: text(IPMI), o: bmc('silent') }), 'bmc-unreachable maybe')
  assert.equal(said({ memory: text(IPMI), o: bmc('faulty') }), 'bmc-fault maybe')
})

test('names the service that a text points at, and says when it answers again', () => {
  const { cause, service: named, evidence } = diagnosed({ memory: text(NEUTRON) })
  assert.deepEqual([cause, named], ['api-unreachable', 'neutron'])
  assert.ok(evidence.some((sentence) => /Neutron answers now/.test(sentence)))
})

test('where the text names no service, takes the one that tear-down needs and that was seen down since', () => {
  const nameless = text(
    'Failed to tear down: Unable to find a version discovery document at https://10.0.0.1:443, the service is unavailable',
  )
  assert.equal(diagnosed({ memory: nameless }).service, null)
  assert.equal(diagnosed({ memory: { ...nameless, badAt: { neutron: NOW - HOUR } } }).service, 'neutron')
  assert.equal(diagnosed({ memory: { ...nameless, badAt: { cinder: NOW - HOUR } } }).service, null)
})

test('without a text lets the BMC or a needed service name the cause', () => {
  assert.equal(said({}), 'unknown maybe')
  assert.equal(said({ o: bmc('silent') }), 'bmc-unreachable maybe')
  assert.equal(said({ o: { services: { neutron: service('red') } } }), 'api-unreachable yes')
  assert.equal(said({ o: { services: { cinder: service('red') } } }), 'unknown maybe')
  assert.equal(said({ o: { bmc: unknown('no route') }, node: { fault: 'power failure' } }), 'bmc-unreachable maybe')
})

test('speaks against the text where a silent BMC does not fit it', () => {
  const { cause, against } = diagnosed({ memory: text(NEUTRON), o: bmc('silent') })
  assert.equal(cause, 'api-unreachable')
  assert.equal(against.length, 1)
})

test('calls the same cause after three resets in the window an interface failure', () => {
  const memory = text(IPMI)
  assert.equal(said({ memory, attempts: failed('bmc-unreachable', 2) }), 'bmc-unreachable yes')
  assert.equal(said({ memory, attempts: failed('bmc-unreachable', 3) }), 'bmc-fault no')
  assert.equal(said({ memory, attempts: failed('agent', 3) }), 'bmc-unreachable yes')
  assert.equal(said({ memory, attempts: failed('bmc-unreachable', 3, 7 * DAY) }), 'bmc-unreachable yes')
  assert.equal(said({ memory: { ...memory, releasedAt: NOW }, attempts: failed('bmc-unreachable', 3) }), 'bmc-unreachable yes')
})

test('gives every diagnosis evidence in sentences', () => {
  for (const memory of [{}, text(IPMI), text(NEUTRON), text('x'.repeat(5000))]) {
    const { evidence } = diagnosed({ memory })
    assert.ok(evidence.length > 0)
    for (const sentence of evidence) assert.match(sentence, /^\S.{0,400}\.$/)
  }
})
