/** How the evidence around an error text changes what the text says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, NOW, observed, service } from '../../test/given.ts'
import { type Attempt, EMPTY_MEMORY, type Memory } from './case.ts'
import { diagnose } from './diagnose.ts'
import type { BmcLook, Observation, ObservedNode } from './observation.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, type Policy } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

const IPMI = 'Failed to tear down: IPMI call failed: power status.'
const NEUTRON = 'Failed to tear down: HttpException: 503: Server Error for url: http://neutron:9696/v2.0/ports, Service Unavailable'
const text = (words: string): Partial<Memory> => ({ text: { text: words, source: 'last_error', at: null, provision_state: 'error' } })
const bmc = (kind: BmcLook['kind']) => ({ bmc: known({ kind, detail: 'd', at: NOW }) })

type Given = {
  memory?: Partial<Memory>
  attempts?: Attempt[]
  o?: Partial<Observation>
  node?: Partial<ObservedNode>
  policy?: Partial<Policy>
}
function diagnosed(given: Given) {
  const memory = { ...EMPTY_MEMORY, ...given.memory }
  const policy = { ...DEFAULT_POLICY, ...given.policy }
  return diagnose({ o: observed(given.node, given.o), memory, attempts: given.attempts ?? [], policy, now: NOW })
}
const said = (given: Given) => {
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

const quiet = { bmc: unknown('no route') }

test('says where a text was read, and what stands in place of one', () => {
  const evidence = (memory: Partial<Memory>, o: Partial<Observation> = quiet) => diagnosed({ memory, o }).evidence
  const from = (source: 'history' | 'last_error', at: string | null) => ({
    text: { text: 'Something new.', source, at, provision_state: 'error' },
  })
  assert.deepEqual(evidence(from('last_error', null)), ['last_error says: "Something new.".'])
  assert.deepEqual(evidence(from('history', '2026-11-02T11:00:00Z')), ['Ironic\'s history at 2026-11-02T11:00:00Z says: "Something new.".'])
  assert.deepEqual(evidence(from('history', null)), ['Ironic\'s history says: "Something new.".'])
  assert.deepEqual(diagnosed({ o: quiet }), {
    cause: 'unknown',
    transient: 'maybe',
    evidence: ['Ironic left no error text: last_error is empty and its history is empty.'],
    against: [],
    signature: null,
    service: null,
    text: null,
  })
  assert.deepEqual(evidence({}, { ...quiet, history: absent('API 1.40') }), [
    'Ironic left no error text: last_error is empty and its history is not readable (API 1.40).',
  ])
})

test('quotes the beginning of a long text, in one line', () => {
  const quoted = (words: string) => diagnosed({ memory: text(words), o: quiet }).evidence[0]
  assert.equal(quoted('a\n\n  b'), 'last_error says: "a b".')
  assert.equal(quoted('x'.repeat(240)), `last_error says: "${'x'.repeat(240)}".`)
  assert.equal(quoted('x'.repeat(241)), `last_error says: "${'x'.repeat(237)}…".`)
})

test('lets the first needed service that is down name the cause, and only where no text was read', () => {
  const red = { ...quiet, services: { neutron: service('red'), keystone: service('red') } }
  const without = diagnosed({ o: red })
  assert.deepEqual([without.cause, without.service], ['api-unreachable', 'neutron'])
  assert.deepEqual(without.evidence.slice(1), ['Neutron does not answer now: 503.', 'Keystone does not answer now: 503.'])
  assert.deepEqual(diagnosed({ memory: text('Something new.'), o: red }).cause, 'unknown')
})

test('a service that is down answers not, and one that was down names nothing where the cause is another', () => {
  const red = diagnosed({ memory: text(NEUTRON), o: { ...quiet, services: { neutron: service('red') } } })
  assert.deepEqual(red.evidence.slice(1), ['Neutron does not answer now: 503.'])
  const green = diagnosed({ memory: text(NEUTRON), o: quiet })
  assert.deepEqual(green.evidence.slice(1), ['Neutron answers now: the disruption is over as seen from here.'])
  assert.equal(diagnosed({ memory: { ...text(IPMI), badAt: { neutron: NOW - HOUR } } }).service, null)
})

const looks = (kind: 'silent' | 'refusing', count: number) => ({ looks: { kind, count, firstAt: NOW - MINUTE, lastAt: NOW } })
const REFUSED = 'Failed to tear down: IPMI call failed: power off.'

test('weighs what the BMC does for or against the cause that the text names', () => {
  const sides = (words: string | null, kind: BmcLook['kind'], memory: Partial<Memory> = {}) => {
    const { cause, transient, evidence, against } = diagnosed({
      memory: { ...(words === null ? {} : text(words)), ...memory },
      o: { ...bmc(kind), services: {} },
    })
    return [`${cause} ${transient}`, evidence.slice(1), against]
  }
  const answers = 'The BMC answers (d), so reaching it is not the trouble.'
  assert.deepEqual(sides(IPMI, 'answers'), ['bmc-unreachable yes', ['The BMC answers now (d): the disruption was temporary.'], []])
  assert.deepEqual(sides(REFUSED, 'answers'), ['bmc-fault maybe', [answers], []])
  assert.deepEqual(sides(NEUTRON, 'answers'), ['api-unreachable yes', [], [answers]])
  assert.deepEqual(sides(null, 'answers'), ['unknown maybe', [], [answers]])
  const faulty = 'The BMC answers, but wrongly: d.'
  assert.deepEqual(sides(IPMI, 'faulty'), ['bmc-fault maybe', [faulty], []])
  assert.deepEqual(sides(null, 'faulty'), ['bmc-fault maybe', [faulty], []])
  assert.deepEqual(sides(REFUSED, 'faulty'), ['bmc-fault maybe', [faulty], []])
  assert.deepEqual(sides(NEUTRON, 'faulty'), ['api-unreachable yes', [], [faulty]])
  assert.deepEqual(sides(null, 'silent'), ['bmc-unreachable maybe', ['The BMC does not answer.'], []])
  const since = 'since 2026-11-02T11:59:00.000Z'
  assert.deepEqual(sides(IPMI, 'silent', looks('silent', 1)), [
    'bmc-unreachable maybe',
    [`The BMC does not answer, 1 look in a row ${since}.`],
    [],
  ])
  assert.deepEqual(sides(NEUTRON, 'refusing', looks('refusing', 2)), [
    'api-unreachable yes',
    [],
    [`The BMC's host is up but nobody listens on its port, 2 looks in a row ${since}.`],
  ])
})

test("counts Ironic's own power failure as evidence, and as the cause where there is no other", () => {
  const failing = (memory: Partial<Memory>) => diagnosed({ memory, o: quiet, node: { fault: 'power failure' } })
  const sentence = "Ironic's own power sync gave up on the BMC and set fault 'power failure'."
  assert.deepEqual([failing({}).cause, failing({}).evidence.at(-1)], ['bmc-unreachable', sentence])
  assert.equal(failing(text(NEUTRON)).cause, 'api-unreachable')
})

test('takes only resets that came back failed with the same cause, in the window and since a release, for a pattern', () => {
  const memory = text('Timeout reached while waiting for callback for node a')
  const after = (attempts: Attempt[], rest: Given = {}) => said({ memory, o: quiet, attempts, ...rest })
  const three = failed('agent', 3)
  assert.equal(after(three), 'agent no')
  assert.equal(after(three.map((a) => ({ ...a, result: 'proven' as const }))), 'agent maybe')
  assert.equal(after(three.map((a) => ({ ...a, act: 'recover-cleaning' as const }))), 'agent maybe')
  const edge = three.map((a) => ({ ...a, createdAt: NOW - 7 * DAY }))
  assert.equal(after(edge), 'agent no')
  assert.equal(after(edge.map((a) => ({ ...a, createdAt: a.createdAt - 1 }))), 'agent maybe')
  assert.equal(after(three, { memory: { ...memory, releasedAt: NOW - HOUR } }), 'agent maybe')
  const lifetime = { resets: { max: 3, window: 'lifetime' as const } }
  const old = diagnosed({ memory, o: quiet, attempts: edge.map((a) => ({ ...a, createdAt: 1 })), policy: lifetime })
  assert.deepEqual([old.transient, old.evidence.at(-1)], ['no', 'The same cause came back after 3 resets.'])
  assert.equal(diagnosed({ memory, o: quiet, attempts: three }).evidence.at(-1), 'The same cause came back after 3 resets within 7 d.')
})

test('quotes what Ironic said when it refused the reset, before everything else', () => {
  const outcomeReason = 'deleted on n1: Failed to validate power driver interface.'
  const refused = attempt({ outcome: 'refused', outcomeReason, result: null })
  const { cause, transient, evidence } = diagnosed({ memory: text(IPMI), attempts: [refused] })
  assert.deepEqual([cause, transient, evidence[0]], ['config', 'no', `Ironic refused the reset: "${outcomeReason}".`])
  assert.equal(said({ memory: text(IPMI), attempts: [{ ...refused, outcomeReason: null }] }), 'bmc-unreachable yes')
})
