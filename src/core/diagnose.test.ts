/** How the evidence around an error text changes what the text says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, NOW, observed, service } from '../../test/given.ts'
import { type Attempt, EMPTY_MEMORY, type Memory } from './case.ts'
import { diagnose, WEIGHINGS } from './diagnose.ts'
import type { BmcLook, HistoryEvent, Observation, ObservedNode } from './observation.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, type Policy } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

const IPMI = 'Failed to tear down: IPMI call failed: power status.'
const NEUTRON = 'Failed to tear down: HttpException: 503: Server Error for url: http://neutron:9696/v2.0/ports, Service Unavailable'
const text = (words: string): Partial<Memory> => ({ text: { text: words, source: 'last_error', at: null, provision_state: 'error' } })
const bmc = (kind: BmcLook['kind']) => ({ bmc: known({ kind, detail: 'd', at: NOW }) })

/** Ironic's history with this one event: then nothing is missing in it. */
const event = (words: string, difference: Partial<HistoryEvent> = {}): HistoryEvent => ({
  uuid: 'e-1',
  created_at: ago(HOUR),
  severity: 'ERROR',
  event_type: 'unprovision',
  event: words,
  conductor: 'cond-1',
  ...difference,
})
const inHistory = (words: string, difference: Partial<HistoryEvent> = {}) => ({
  memory: { text: { text: words, source: 'history' as const, at: ago(HOUR), provision_state: 'error' } },
  o: { history: known([event(words, difference)]) },
})

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

test('weighs in the order in which later evidence outweighs earlier', () => {
  assert.deepEqual(
    WEIGHINGS.map(({ name }) => name),
    ['text', 'history', 'services', 'conductor', 'bmc', 'flapping', 'later-readings', 'pattern', 'last-reset', 'refusal', 'place'],
  )
})

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
  const { memory, o } = inHistory(NEUTRON)
  const { cause, against } = diagnosed({ memory, o: { ...o, ...bmc('silent') } })
  assert.equal(cause, 'api-unreachable')
  assert.deepEqual(against, ['The BMC does not answer (d).'])
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
    place: null,
    evidence: ['Ironic left no error text: last_error is empty and its history is empty.'],
    against: ['Whether its BMC answers could not be seen from here: no route.'],
    signature: null,
    service: null,
    text: null,
  })
  assert.deepEqual(evidence({}, { ...quiet, history: absent('API 1.40') }), [
    'Ironic left no error text: last_error is empty and its history is not readable (API 1.40).',
  ])
  assert.deepEqual(evidence({}, { ...quiet, history: known([event('of another time')]) }), [
    'Ironic left no error text: last_error is empty and its history holds nothing about this failure.',
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

test('a service that is down speaks against a cause that is not one', () => {
  const { memory, o } = inHistory(IPMI)
  const down = diagnosed({ memory, o: { ...o, ...quiet, services: { neutron: service('red') } } })
  assert.ok(down.against.includes('Neutron does not answer now: 503.'))
})

test('a service that is down answers not, and one that was down names nothing where the cause is another', () => {
  const red = diagnosed({ memory: text(NEUTRON), o: { ...quiet, services: { neutron: service('red') } } })
  assert.deepEqual(red.evidence.slice(1), ['Neutron does not answer now: 503.'])
  const green = diagnosed({ memory: { ...text(NEUTRON), badAt: { neutron: NOW - HOUR } }, o: quiet })
  assert.deepEqual(green.evidence.slice(1), ['Neutron answers now (200): the disruption is over as seen from here.'])
  assert.equal(diagnosed({ memory: { ...text(IPMI), badAt: { neutron: NOW - HOUR } } }).service, null)
})

const looks = (kind: 'silent' | 'refusing', count: number) => ({ looks: { kind, count, firstAt: NOW - MINUTE, lastAt: NOW } })
const REFUSED = 'Failed to tear down: IPMI call failed: power off.'

test('weighs what the BMC does for or against the cause that the text names', () => {
  const sides = (words: string | null, kind: BmcLook['kind'], memory: Partial<Memory> = {}) => {
    const { cause, transient, place, evidence, against } = diagnosed({
      memory: { ...(words === null ? {} : inHistory(words).memory), ...memory },
      node: { last_error: words },
      o: { ...bmc(kind), services: {}, ...(words === null ? {} : inHistory(words).o) },
    })
    return [`${cause} ${transient}`, evidence.slice(1, place === null ? undefined : -1), against]
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
  assert.deepEqual(sides(null, 'silent'), ['bmc-unreachable maybe', ['The BMC does not answer (d).'], []])
  const since = 'since 2026-11-02T11:59:00.000Z'
  assert.deepEqual(sides(IPMI, 'silent', looks('silent', 1)), [
    'bmc-unreachable maybe',
    ['The BMC does not answer (d), seen once at 2026-11-02T11:59:00.000Z: a second look comes before much is made of it.'],
    [],
  ])
  assert.deepEqual(sides(NEUTRON, 'refusing', looks('refusing', 2)), [
    'api-unreachable yes',
    [],
    [`The BMC's host is up but nobody listens on its port (d), 2 looks in a row ${since}.`],
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
  const oldest = Math.min(...three.map((a) => a.createdAt))
  assert.equal(after(three, { memory: { ...memory, releasedAt: oldest } }), 'agent no')
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

const weighed = (given: Given) => {
  const { evidence, against } = diagnosed(given)
  return { for: evidence.slice(1), against }
}

test('says what a history that bears the text out less means: switched off, not readable, erased, truncated', () => {
  const against = (memory: Partial<Memory>, history: Observation['history']) =>
    diagnosed({ memory: { failure: { provision_state: 'error', provision_updated_at: null, at: NOW - HOUR }, ...memory }, o: { history } })
      .against
  const alone = 'so last_error alone speaks, which the next event overwrites and newer releases erase.'
  const last = text(IPMI)
  assert.deepEqual(against(last, known([])), [`Ironic's history is empty (switched off with node_history, or erased), ${alone}`])
  assert.deepEqual(against(last, absent('API below 1.78')), [`This Ironic shows no history (API below 1.78), ${alone}`])
  assert.deepEqual(against(last, unknown('it answered 500')), [`Ironic's history cannot be read (it answered 500), ${alone}`])
  const old = event('another', { created_at: ago(9 * DAY) })
  assert.deepEqual(against(last, known([old])), [`Ironic's history holds no error about this failure, ${alone}`])
  const atOnce = event('another', { created_at: ago(HOUR) })
  assert.deepEqual(against(last, known([atOnce])), [`Ironic's history holds no error about this failure, ${alone}`])
  const after = event('another', { created_at: ago(MINUTE) })
  assert.deepEqual(against(last, known([after])), [
    `Ironic's history begins only at ${ago(MINUTE)}, after this failure (it is truncated at its limit), ${alone}`,
  ])
  const { memory, o } = inHistory(IPMI)
  assert.deepEqual(against(memory, o.history), [])
  for (const events of [[], [event('another')]])
    assert.deepEqual(against(memory, known(events)), [
      "Ironic's history does not hold this text any more (erased, or purged to its limit): it was kept when it was read.",
    ])
  assert.deepEqual(against(memory, unknown('it answered 500')), [
    "Ironic's history cannot be read (it answered 500) now: whether anything came after this text is not known.",
  ])
})

test("weighs Ironic's own later readings: a power sync that failed again, or one that read the power state", () => {
  const { memory, o } = inHistory(IPMI)
  const sync = event('During sync_power_state, max retries exceeded for node n.', { event_type: 'power', created_at: ago(MINUTE) })
  const again = `Ironic's power sync failed on the BMC after that, too, last at ${ago(MINUTE)}.`
  const later = (words: string, node: Partial<ObservedNode>, events: HistoryEvent[]) =>
    weighed({ ...inHistory(words), node, o: { ...quiet, services: {}, history: known([...events, event(words)]) } })
  assert.ok(later(IPMI, { last_error: IPMI }, [sync]).for.includes(again))
  assert.ok(later(NEUTRON, { last_error: NEUTRON }, [sync]).against.includes(again))
  const erased = /^Ironic has erased last_error since/
  const has = (sentences: string[]) => sentences.some((sentence) => erased.test(sentence))
  assert.ok(has(later(IPMI, { last_error: null }, []).for))
  assert.ok(has(later(IPMI, { last_error: null, provision_state: 'clean failed' }, []).for))
  assert.ok(!has(later(IPMI, { last_error: null }, [sync]).for))
  assert.ok(!has(later(IPMI, { last_error: IPMI }, []).for))
  assert.ok(!has(later(NEUTRON, { last_error: null }, []).for))
  assert.ok(!has(later(IPMI, { last_error: null, fault: 'power failure' }, []).for))
  assert.ok(!has(later(IPMI, { last_error: null, maintenance: true }, []).for))
  // What came before the failure says nothing about after it, nor does the text itself or one that only names the sync.
  const early = { ...sync, created_at: ago(2 * HOUR) }
  const naming = event(`Failed to tear down: ${sync.event}`, { created_at: ago(MINUTE) })
  const failedAgain = (sentences: string[]) => sentences.some((sentence) => /power sync failed/.test(sentence))
  for (const one of [early, naming]) assert.ok(!failedAgain(later(IPMI, { last_error: IPMI }, [one]).for))
  assert.ok(!failedAgain(later(sync.event, { last_error: sync.event }, []).for))
  // Where nothing has failed, there is no after.
  assert.ok(!failedAgain(diagnosed({ o: { ...quiet, history: known([sync]) } }).evidence))
  // A verb erases it, too.
  assert.ok(!has(later(IPMI, { last_error: null, provision_state: 'cleaning' }, []).for))
  assert.equal(said({ memory, o: { ...o, ...quiet } }), 'bmc-unreachable maybe')
})

test('a dead conductor explains a tear-down that stopped, and speaks against a BMC; one that took over is named', () => {
  const dead = known({ hostname: 'cond-1', alive: false })
  const explains = 'Its conductor cond-1 is not alive, which explains a tear-down that stopped.'
  const conductor = (words: string, seen: Observation['conductor']) => {
    const { memory, o } = inHistory(words)
    return weighed({ memory, node: { last_error: words }, o: { ...o, ...quiet, services: {}, conductor: seen } })
  }
  assert.deepEqual(conductor(NEUTRON, dead), { for: [explains], against: [] })
  assert.ok(conductor(IPMI, dead).against.includes(explains))
  assert.deepEqual(conductor(NEUTRON, known({ hostname: null, alive: false })).for, [
    'No living conductor manages it, which explains a tear-down that stopped.',
  ])
  assert.deepEqual(conductor(NEUTRON, known({ hostname: 'cond-2', alive: true })).for, [
    'It failed under the conductor cond-1 and cond-2 manages it now: a trouble on the side of cond-1 would be over.',
  ])
  const tookOver = known({ hostname: 'cond-2', alive: true })
  const history = known([event('Another failure.', { conductor: 'cond-3' }), event(NEUTRON)])
  assert.match(
    weighed({ ...inHistory(NEUTRON), o: { ...quiet, services: {}, history, conductor: tookOver } }).for.join(),
    /under .* cond-1 and/,
  )
  assert.deepEqual(weighed({ o: { ...quiet, services: {}, conductor: dead } }).for, [explains])
  assert.deepEqual(conductor(NEUTRON, unknown('it answered 500')).against, ['Whether its conductor lives is not known: it answered 500.'])
  assert.deepEqual(conductor(NEUTRON, absent('API 1.40')), { for: [], against: [] })
  assert.deepEqual(conductor(NEUTRON, known({ hostname: 'cond-1', alive: true })), { for: [], against: [] })
})

test('a service that answers here though the text names it may be out of reach of the conductor alone', () => {
  const { memory, o } = inHistory(NEUTRON)
  const seen = (rest: Given) => weighed({ memory, ...rest, o: { ...o, ...quiet, ...rest.o } })
  const answers = 'Neutron answers now (200) and was never seen down from here'
  assert.deepEqual(seen({}).for, [
    `${answers}: it was over before the first look, or the conductor cond-1 cannot reach it though this host can.`,
  ])
  for (const conductor of [unknown('it answered 500'), known({ hostname: null, alive: false })])
    assert.equal(
      seen({ o: { conductor } }).for[0],
      `${answers}: it was over before the first look, or its conductor cannot reach it though this host can.`,
    )
  const again = `${answers}, yet a reset failed on it again: the conductor cond-1 cannot reach it though this host can, or it fails at that call alone.`
  assert.ok(seen({ attempts: failed('api-unreachable', 1) }).against.includes(again))
  assert.ok(!seen({ attempts: failed('agent', 1) }).against.includes(again))
  const notAsked = seen({ o: { services: { neutron: unknown('neutron answered 403') } } })
  assert.deepEqual(notAsked, { for: [], against: ['Whether Neutron works now is not known: neutron answered 403.'] })
})

test('says what the last reset changed: the same again, with which text, or another cause now', () => {
  const failure = { provision_state: 'error', provision_updated_at: null, at: NOW - MINUTE }
  const earlier = (words: string) => ({ text: words, source: 'history' as const, at: ago(DAY), provision_state: 'error' })
  const { memory, o } = inHistory(IPMI)
  const after = (attempts: Attempt[], rest: Partial<Memory> = {}) => {
    const told = weighed({ memory: { ...memory, failure, ...rest }, attempts, node: { last_error: IPMI }, o: { ...o, ...quiet } })
    return [...told.for, ...told.against].filter((sentence) => sentence.startsWith('Reset '))
  }
  const [one] = failed('bmc-unreachable', 1)
  assert.ok(one)
  const reset = 'Reset 1 at 2026-11-02T11:00:00.000Z'
  assert.deepEqual(after([one]), [`${reset} changed nothing: the same cause came back.`])
  assert.deepEqual(after([one], { earlier: earlier(IPMI) }), [
    `${reset} changed nothing: the same cause came back with the same kind of text.`,
  ])
  assert.deepEqual(after([one], { earlier: earlier('IPMI call failed: power off.') }), [
    `${reset} changed nothing: the same cause came back; before it Ironic said: "IPMI call failed: power off.".`,
  ])
  assert.deepEqual(after([{ ...one, cause: 'api-unreachable' }]), [
    `${reset} was made for another cause, api-unreachable: either that is gone and this came after it, or one of the two readings is wrong.`,
  ])
  assert.deepEqual(after([{ ...one, cause: 'bmc-fault' }]).length, 1)
  assert.deepEqual(after([one], { releasedAt: NOW }), [])
  assert.deepEqual(after([one], { failure: { ...failure, at: one.createdAt - 1 } }), [])
})

test('calls a BMC that flaps a fault of the interface, up or down, and counts both names of it for the pattern', () => {
  const reach = (lost: number, answered: boolean) => ({
    answered,
    since: NOW,
    lostAt: Array.from({ length: lost }, (_, i) => NOW - (lost - i) * HOUR),
  })
  const { memory } = inHistory(IPMI)
  assert.equal(said({ memory: { ...memory, reach: reach(3, true) } }), 'bmc-fault maybe')
  assert.equal(said({ memory: { ...memory, reach: reach(2, true) } }), 'bmc-unreachable yes')
  assert.equal(said({ memory: { ...memory, reach: reach(3, false) }, o: bmc('silent') }), 'bmc-fault maybe')
  assert.equal(said({ memory: { ...text(NEUTRON), reach: reach(3, true) } }), 'api-unreachable yes')
  const flaps = 'The BMC flaps: it went from answering to not answering 3 times within a day, last at 2026-11-02T11:00:00.000Z.'
  assert.ok(diagnosed({ memory: { ...memory, reach: reach(3, true) } }).evidence.includes(flaps))
  assert.ok(diagnosed({ memory: { ...text(NEUTRON), reach: reach(3, true) } }).against.includes(flaps))
  const mixed = [...failed('bmc-unreachable', 2), attempt({ id: 'i-x', cause: 'bmc-fault', createdAt: NOW - 2 * HOUR })]
  assert.equal(said({ memory, attempts: mixed }), 'bmc-fault no')
})

test('what says that the trouble is over is not said after a reset that failed, and stands against it where the BMC flaps', () => {
  const over = 'The BMC answers now (d): the disruption was temporary.'
  const { memory, o } = inHistory(IPMI)
  const sides = (given: Given) => {
    const told = weighed({ memory, node: { last_error: IPMI }, ...given, o: { ...o, ...bmc('answers') } })
    return [told.for.includes(over), told.against.includes(over)]
  }
  assert.deepEqual(sides({}), [true, false])
  const came = (at: number) => ({ failure: { provision_state: 'error', provision_updated_at: null, at } })
  const again = { memory: { ...memory, ...came(NOW) }, attempts: failed('bmc-unreachable', 1) }
  assert.deepEqual(sides(again), [false, false])
  // A failure of before that reset, of another trouble or of long after it says nothing about what the reset did.
  assert.deepEqual(sides({ ...again, memory: { ...memory, ...came(NOW - HOUR - 1) } }), [true, false])
  assert.deepEqual(sides({ ...again, attempts: failed('agent', 1) }), [true, false])
  assert.deepEqual(sides({ ...again, attempts: failed('bmc-unreachable', 1, 2 * HOUR) }), [false, false])
  assert.deepEqual(sides({ ...again, attempts: failed('bmc-unreachable', 1, 2 * HOUR + 1) }), [true, false])
  assert.match(
    weighed({ ...again, o: { ...o, ...bmc('answers') } }).for.join(' '),
    /a wrong password, no free session and a path that loses datagrams/,
  )
  const lostAt = [NOW - HOUR, NOW - MINUTE, NOW]
  const flaps = { ...memory, reach: { answered: true, since: NOW, lostAt } }
  assert.deepEqual(sides({ memory: flaps }), [false, true])
  // It is said once, also where a pattern outweighs it a second time.
  const pattern = { memory: { ...flaps, ...came(NOW) }, attempts: failed('bmc-unreachable', 3, 3 * HOUR) }
  assert.deepEqual(diagnosed({ ...pattern, o: { ...o, ...bmc('answers') } }).against, [over])
})

test('says of a BMC that hangs that its network part answers, and that the BMC is the place', () => {
  const hanging = known({ kind: 'silent' as const, detail: 'answers the presence ping but not more', at: NOW, hangs: true as const })
  const { cause, place, evidence } = diagnosed({ memory: text(IPMI), o: { bmc: hanging } })
  assert.deepEqual([cause, place], ['bmc-fault', 'bmc'])
  assert.ok(evidence.includes('The BMC hangs: answers the presence ping but not more.'))
})

test('names a place in the evidence, and where none can be named says so against it', () => {
  const silentTwice = { ...inHistory(IPMI).memory, looks: { kind: 'silent' as const, count: 2, firstAt: NOW - MINUTE, lastAt: NOW } }
  const on = (reached: number) => known({ bmcs: { network: '10.0.3.0/24', looked: reached, reached }, shared: [] })
  const near = diagnosed({ memory: silentTwice, o: { ...bmc('silent'), peers: on(4) } })
  assert.equal(near.place, 'nic-or-cable')
  assert.match(near.evidence.at(-1) ?? '', /^Only this node: 4 other BMCs on 10\.0\.3\.0\/24 answer, /)
  const alone = diagnosed({ memory: silentTwice, o: { ...bmc('silent'), peers: on(0) } })
  assert.equal(alone.place, null)
  assert.match(alone.against.at(-1) ?? '', /^Whether it is only this BMC is not known/)
})

test('a BMC that answers here for long while Ironic holds on to its power failure has its credentials doubted', () => {
  const place = (node: Partial<ObservedNode>, answeredFor: number, answered = true) =>
    diagnosed({ memory: { ...text(IPMI), reach: { answered, since: NOW - answeredFor, lostAt: [] } }, node }).place
  assert.equal(place({ fault: 'power failure' }, HOUR), 'credentials')
  assert.equal(place({ fault: 'power failure' }, MINUTE), null)
  assert.equal(place({ fault: 'power failure' }, HOUR, false), null)
  assert.equal(place({ fault: null }, HOUR), null)
})

test('after a reset that failed, a BMC that does not answer is still told as that, and no other cause is told of its sessions', () => {
  const came = (at: number) => ({ failure: { provision_state: 'error', provision_updated_at: null, at } })
  const again = (words: string, kind: BmcLook['kind'], attempts = failed('bmc-unreachable', 1)) =>
    diagnosed({ memory: { ...text(words), ...came(NOW) }, attempts, o: bmc(kind) })
  const ofSessions = /without a session/
  assert.match(again(IPMI, 'answers').evidence.join(' '), ofSessions)
  assert.doesNotMatch(again(IPMI, 'silent').evidence.join(' '), ofSessions)
  assert.match(again(IPMI, 'silent').evidence.join(' '), /The BMC does not answer/)
  assert.doesNotMatch(again(NEUTRON, 'answers').evidence.join(' '), ofSessions)
  assert.equal(again(IPMI, 'answers').place, 'credentials')
  assert.equal(again(IPMI, 'answers', failed('agent', 1)).place, null)
  // The verb and the failure may bear one time.
  const at = { memory: { ...text(IPMI), ...came(NOW - HOUR) }, attempts: failed('bmc-unreachable', 1), o: bmc('answers') }
  assert.match(diagnosed(at).evidence.join(' '), ofSessions)
  assert.match(diagnosed(at).evidence.join(' '), /Reset 1 at \S+ changed nothing/)
})

test('a service that is well again stands against the cause once a pattern outweighs it', () => {
  const green = { services: { neutron: service('green') } }
  const sides = (count: number) => {
    const memory = { ...text(NEUTRON), badAt: { neutron: NOW - HOUR } }
    const { evidence, against } = diagnosed({ memory, attempts: failed('api-unreachable', count), o: green })
    const isSaid = (line: string) => /^Neutron answers now/.test(line)
    return [evidence.some(isSaid), against.some(isSaid)]
  }
  assert.deepEqual(
    [sides(2), sides(3)],
    [
      [true, false],
      [false, true],
    ],
  )
})

test('says of a fault of the BMC, too, that it could not be seen from here, and of flapping that it is the cause where there is none', () => {
  const fault = 'Failed to tear down: IPMI call failed: power status. Error: insufficient privilege level'
  const told = diagnosed({ memory: text(fault), o: { bmc: unknown('no route') } })
  assert.equal(told.cause, 'bmc-fault')
  assert.ok(told.against.includes('Whether its BMC answers could not be seen from here: no route.'))
  const lostAt = [NOW - HOUR, NOW - MINUTE, NOW]
  const flaps = { ...text('Something new.'), reach: { answered: true, since: NOW, lostAt } }
  assert.equal(said({ memory: flaps, o: bmc('answers') }), 'bmc-fault maybe')
  // Without a text there is nothing to compare with what stood there before.
  const earlier = { text: IPMI, source: 'last_error' as const, at: null, provision_state: 'error' }
  const bare = { failure: { provision_state: 'error', provision_updated_at: null, at: NOW }, earlier }
  const none = diagnosed({ memory: bare, attempts: failed('unknown', 1) }).evidence.join(' ')
  assert.match(none, /the same cause came back; before it Ironic said/)
})
