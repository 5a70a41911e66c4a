/**
 * Axes of decide.exhaustive.test.ts: the BMC, the services, what was tried before, the fleet's pace, the mode, and all else that may stand in
 * the way. A variant says which acts are wrong from then on, from the promises alone.
 */
import { ago, attempt, incident, NOW, service } from '../../test/given.ts'
import { ALL_BUT_RELEASE, asIs, onNode, patch, REPAIRS, type Variant, vary } from './axes-node.test.ts'
import type { Attempt } from './case.ts'
import type { DecideInput } from './judged.ts'
import { DAY, HOUR, MINUTE, SECOND } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

const looked = (kind: 'silent' | 'refusing', count: number, over: number) => (input: DecideInput) => {
  input.observation.bmc = known({ kind, detail: 'three tries', at: NOW })
  if (input.case) input.case.memory.looks = { kind, count, firstAt: NOW - over, lastAt: NOW }
}
const blind = (input: DecideInput) => {
  input.observation.bmc = unknown('no-route-from-here')
}

export const BMCS: Variant[] = [
  asIs,
  vary('silent', ['reset', 'recover-cleaning'], looked('silent', 1, 0)),
  vary('silent for a day', ['reset', 'recover-cleaning'], looked('silent', 3, DAY)),
  vary('silent for a day, two looks', ['reset', 'recover-cleaning'], looked('silent', 2, DAY)),
  vary('silent, many looks, not a day', ['reset', 'recover-cleaning'], looked('silent', 99, DAY - 1)),
  vary('refusing', ['reset', 'recover-cleaning'], looked('refusing', 1, 0)),
  vary('refusing for an hour', ['reset', 'recover-cleaning'], looked('refusing', 3, HOUR)),
  vary('faulty', [], (input) => {
    input.observation.bmc = known({ kind: 'faulty', detail: '503', at: NOW })
  }),
  vary('not to be asked from here', [], blind),
  vary('not to be asked, but Ironic erased the error since', [], (input) => {
    blind(input)
    patch(input, { last_error: null })
    const text = 'IPMI call failed: power status.'
    if (input.case) input.case.memory.text = { text, source: 'history', at: ago(HOUR), provision_state: 'error' }
  }),
  vary('not to be asked, and tried once', [], (input) => {
    blind(input)
    input.attempts.push(attempt({ id: 'i-blind' }))
  }),
  vary('not to be asked, failed just now', [], (input) => {
    blind(input)
    patch(input, { provision_updated_at: ago(5 * MINUTE) })
    if (input.case?.memory.failure) input.case.memory.failure.at = NOW - 5 * MINUTE
  }),
]

const serviceIs =
  (name: 'neutron' | 'cinder', reading: DecideInput['observation']['services']['neutron'], pointed: boolean) => (input: DecideInput) => {
    if (reading === undefined) delete input.observation.services[name]
    else input.observation.services[name] = reading
    if (pointed) Object.assign(input.diagnosis, { cause: 'api-unreachable', service: name })
  }
const goodFor = (ms: number, bad: boolean, pointed: boolean) => (input: DecideInput) => {
  if (pointed) Object.assign(input.diagnosis, { cause: 'api-unreachable', service: 'neutron' })
  if (!input.case) return
  input.case.memory.good.neutron = { firstAt: NOW - ms, lastAt: NOW }
  if (bad) input.case.memory.badAt.neutron = NOW - HOUR
}

export const SERVICES: Variant[] = [
  asIs,
  vary('Neutron down', REPAIRS, serviceIs('neutron', service('red'), false)),
  vary('Neutron down and named', REPAIRS, serviceIs('neutron', service('red'), true)),
  vary('Neutron not known', [], serviceIs('neutron', unknown('403'), false)),
  vary('Neutron not known and named', REPAIRS, serviceIs('neutron', unknown('403'), true)),
  vary('Cinder named and not asked', REPAIRS, serviceIs('cinder', undefined, true)),
  vary('Cinder named and not at this cloud', [], serviceIs('cinder', absent('not in the catalog'), true)),
  vary('Cinder down and not needed', [], serviceIs('cinder', service('red'), false)),
  vary('Neutron good once after it was down', REPAIRS, goodFor(0, true, false)),
  vary('Neutron good twice, too close', REPAIRS, goodFor(30 * SECOND - 1, false, true)),
  vary('Neutron good twice', [], goodFor(30 * SECOND, true, true)),
]

const tried =
  (...attempts: Partial<Attempt>[]) =>
  (input: DecideInput) => {
    const marks = attempts.flatMap((difference, i) => {
      const one = attempt({ id: `i-${i}`, createdAt: NOW - (8 - i) * HOUR, number: i + 1, ...difference })
      input.attempts.push(one)
      return one.mark === null || one.markState === 'none' ? [] : [one.mark]
    })
    patch(input, { marks: { kind: 'list', entries: marks, total: marks.length } })
  }
const unsettled = { outcome: null, endedAt: null, result: null, settledAt: null, createdAt: NOW - 10 * SECOND } as const
const lost = { outcome: 'unknown', endedAt: null, result: null } as const
const retry = (input: DecideInput) => {
  input.words.retry = { id: 'w-2', by: 'ann', why: 'new cable', at: NOW }
}
const foreign = (text: string) => (input: DecideInput) => patch(input, { marks: { kind: 'list', entries: [text], total: 1 } })

export const ATTEMPTS: Variant[] = [
  asIs,
  vary('one failed', [], tried({})),
  vary('two failed', [], tried({}, {})),
  vary('three failed', [], tried({}, {}, {})),
  vary('three failed, retry', [], (input) => {
    tried({}, {}, {})(input)
    retry(input)
  }),
  vary('three failed long ago', [], tried({ createdAt: NOW - 8 * DAY }, { createdAt: NOW - 9 * DAY }, { createdAt: NOW - 10 * DAY })),
  vary('unsettled', 'all', tried(unsettled)),
  vary('unsettled, retry', 'all', (input) => {
    tried(unsettled)(input)
    retry(input)
  }),
  vary('unsettled for hours', 'all', tried({ ...unsettled, createdAt: NOW - 2 * HOUR })),
  vary('unknown a minute ago', 'all', tried({ ...lost, settledAt: NOW - MINUTE })),
  vary('unknown, never noted when', 'all', tried({ ...lost, settledAt: null })),
  vary('accepted, not seen to end', 'all', tried({ endedAt: null, result: null, createdAt: NOW - MINUTE })),
  vary('an unsettled unmark', 'all', tried({ ...unsettled, act: 'unmark', mark: null, markState: 'none' })),
  // A stranded cleaning is recovered before the mark is taken back: Ironic refuses every change of a node on its way.
  vary('refused, mark owed', ['reset'], tried({ outcome: 'refused', markState: 'owed', result: null })),
  vary(
    'refused three times',
    [],
    tried(
      { outcome: 'refused', markState: 'none' },
      { outcome: 'not-sent', markState: 'none' },
      { outcome: 'refused', markState: 'returned' },
    ),
  ),
  vary('another tool ten minutes ago', REPAIRS, foreign('2026-11-02T11:50:00')),
  vary('another tool in the near future', REPAIRS, foreign('2026-11-02T12:03:00Z')),
  vary('another tool in the far future', [], foreign('2027-01-01T00:00:00Z')),
  vary('another tool yesterday', [], foreign('2026-11-01 11:00:00.123456')),
  vary('three of another tool', [], (input) =>
    patch(input, { marks: { kind: 'list', entries: ['2026-11-02T01:00:00Z', '2026-11-02T02:00:00Z', '2026-11-02T03:00:00Z'], total: 3 } }),
  ),
]

/** Forbid what is paced; a quarantine is not, and neither is what a person asked for with `retry`. */
const paced = (name: string, set: (input: DecideInput) => void): Variant =>
  vary(name, [], (input) => {
    set(input)
    PACED.add(input)
  })
export const PACED = new WeakSet<DecideInput>()
const busy = (sums: Parameters<typeof incident>[0]) => (input: DecideInput) => {
  input.fleet.incidents.switch = incident(sums)
  input.fleet.related.switch = 20
}

export const PACINGS: Variant[] = [
  asIs,
  paced('this cloud has two under repair', (input) => Object.assign(input.fleet.inFlight, { cloud: 2 })),
  paced('its class has ten under repair', (input) => Object.assign(input.fleet.inFlight, { inClass: 10 })),
  paced('its switch is busy', (input) => Object.assign(input.fleet.inFlight, { byKey: { switch: 1 } })),
  paced('ten starts this hour', (input) => Object.assign(input.fleet, { startsLastHour: 10, oldestStartAt: NOW - 2 * HOUR })),
  paced('Ironic is at its limit', (input) => Object.assign(input.fleet, { slowUntil: NOW + SECOND })),
  paced('a canary is out', busy({ inFlight: 1 })),
  paced('a canary failed', busy({ last: { at: NOW - MINUTE, readings: 'bmc=silent', result: 'failed', isFailing: true } })),
  paced(
    'a canary failed long ago and nothing changed',
    busy({ last: { at: NOW - HOUR, readings: '', result: 'failed', isFailing: true } }),
  ),
  paced('one proven, two out', busy({ proven: 1, inFlight: 2 })),
  vary(
    'a canary failed long ago and the BMC came back',
    [],
    busy({ last: { at: NOW - HOUR, readings: 'bmc=silent', result: 'failed', isFailing: true } }),
  ),
  vary('one proven, one out', [], busy({ proven: 1, inFlight: 1 })),
  vary('this run may begin no more acts', 'all', (input) => Object.assign(input, { actsLeft: 0 })),
]

export const EXTRAS: Variant[] = [
  asIs,
  onNode('protected', ALL_BUT_RELEASE, { protected: true }),
  onNode('retired', ['reset', 'recover-cleaning', 'quarantine'], { retired: true }),
  onNode('retired, cleaning off', ['reset', 'recover-cleaning', 'quarantine'], { retired: true, automated_clean: false }),
  onNode('retired, cleaning on', ['recover-cleaning'], { retired: true, automated_clean: true }),
  vary('redacted', 'all', (input) => input.observation.redacted.push('last_error')),
  onNode('marks not a list', REPAIRS, { marks: { kind: 'unreadable', found: 'a text' } }),
  vary('census doubtful', 'all', (input) =>
    Object.assign(input.fleet.census, { doubtful: 'Ironic listed 3 nodes although 200 are known.' }),
  ),
  vary('a port is bound', REPAIRS, (input) => {
    input.observation.ports = known([{ id: 'p-1', device_id: 'd', device_owner: 'compute:nova', mac_address: 'm', host_id: 'h' }])
  }),
  vary('a port has long been bound', REPAIRS, (input) => {
    input.observation.ports = known([{ id: 'p-1', device_id: 'd', device_owner: 'compute:nova', mac_address: 'm', host_id: 'h' }])
    if (input.case) input.case.memory.dirtySince = NOW - DAY
  }),
  vary('ports unreadable', REPAIRS, (input) => {
    input.observation.ports = unknown('403')
  }),
  vary('conductor dead', REPAIRS, (input) => {
    input.observation.conductor = known({ hostname: 'cond-1', alive: false })
  }),
  vary('conductor not known', REPAIRS, (input) => {
    input.observation.conductor = unknown('403')
  }),
  vary('out of scope by name', 'all', (input) => {
    input.policy.scope.name = ['gpu-*', 'n10']
  }),
  vary('out of scope by owner', 'all', (input) => {
    input.policy.scope.owner = ['physics']
  }),
  vary('no case', ['reset', 'quarantine', 'recover-cleaning', 'release'], (input) => {
    input.case = null
  }),
  vary('released before', [], (input) => {
    if (input.case) input.case.memory.releasedAt = NOW - 20 * HOUR
  }),
  vary('released just now', ['quarantine'], (input) => {
    if (input.case) input.case.memory.releasedAt = NOW - SECOND
  }),
  vary('credentials refused', [], (input) => Object.assign(input.diagnosis, { cause: 'bmc-fault', transient: 'no' })),
  vary('a setting is wrong', [], (input) => Object.assign(input.diagnosis, { cause: 'config', transient: 'maybe' })),
  vary('the switch', [], (input) => Object.assign(input.diagnosis, { cause: 'network-fabric', transient: 'maybe' })),
  vary('no text', [], (input) =>
    Object.assign(input.diagnosis, { cause: 'unknown', transient: 'maybe', evidence: [], signature: null, text: null }),
  ),
  vary('uncleaned is for a person', [], (input) => Object.assign(input.policy, { uncleaned: 'human', automatedClean: 'off' })),
]

const approved = (name: string, forbids: Variant['forbids'], change: Partial<NonNullable<DecideInput['words']['approval']>>): Variant =>
  vary(name, forbids, (input) => {
    input.policy.mode = 'approve'
    const number = input.attempts.filter((a) => a.act === 'reset' && a.outcome !== 'refused' && a.outcome !== 'not-sent').length + 1
    const base = {
      id: 'a-1',
      act: 'reset',
      cause: input.diagnosis.cause,
      number,
      digest: 'd0',
      by: 'ann',
      why: 'yes',
      at: NOW,
      expiresAt: NOW + DAY,
    } as const
    input.words.approval = { ...base, ...change }
  })

export const MODES: Variant[] = [
  asIs,
  vary('observe', 'all', (input) => {
    input.policy.mode = 'observe'
  }),
  vary('observe, though approved', 'all', (input) => {
    input.policy.mode = 'observe'
    const base = { id: 'a-1', cause: input.diagnosis.cause, digest: 'd0', by: 'ann', why: 'yes', at: NOW, expiresAt: NOW + DAY }
    input.words.approval = { ...base, act: 'quarantine', number: 0 }
  }),
  vary('approve, nobody has', REPAIRS, (input) => {
    input.policy.mode = 'approve'
  }),
  approved('approved reset', ['quarantine', 'recover-cleaning'], {}),
  approved('approved, for another state of the node', REPAIRS, { digest: 'd1' }),
  approved('approved, for another cause', REPAIRS, { cause: 'agent' }),
  approved('approved, for another attempt', REPAIRS, { number: 9 }),
  approved('approved, long ago', REPAIRS, { expiresAt: NOW }),
  approved('approved, another act', REPAIRS, { act: 'unshield' }),
  approved('approved quarantine', ['reset', 'recover-cleaning'], { act: 'quarantine', number: 0 }),
  vary('approve, and somebody said no to the reset', REPAIRS, (input) => {
    input.policy.mode = 'approve'
    const number = input.attempts.filter((a) => a.act === 'reset' && a.outcome !== 'refused' && a.outcome !== 'not-sent').length + 1
    input.words.rejection = { id: 'r-1', act: 'reset', cause: input.diagnosis.cause, number, digest: 'd0', by: 'ann', why: 'no', at: NOW }
  }),
]
