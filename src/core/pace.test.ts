/** Spacing, canary and ramp, places, starts, approvals and `retry`: when a right act may be done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, type Difference, given, incident, NOW, service } from '../../test/given.ts'
import { decide } from './decide.ts'
import type { Reason } from './decision.ts'
import { placesIn, readingsOf } from './pace.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, SECOND } from './policy.ts'
import { known, unknown } from './reading.ts'

const said = (difference: Difference) => {
  const { kind, reason } = decide(given(difference))
  return `${kind} ${reason}`
}
const failedAt = (ms: number) => ({ failure: { provision_state: 'error', provision_updated_at: ago(ms), at: NOW - ms } })
const retry = { retry: { id: 'w-2', by: 'ann', why: 'new cable', at: NOW } }
const tried = (count: number) => Array.from({ length: count }, (_, i) => attempt({ id: `i-${i}`, createdAt: NOW - (9 - i) * HOUR }))
const shared = (sums: Parameters<typeof incident>[0], rest: NonNullable<Difference['fleet']> = {}): Difference => ({
  fleet: { incidents: { switch: incident(sums) }, related: { switch: 20 }, ...rest },
})

test('spaces resets 2, 15 and 45 minutes after the failure they answer', () => {
  for (const [number, minutes] of [2, 15, 45].entries()) {
    const attempts = tried(number)
    assert.equal(said({ attempts, memory: failedAt(minutes * MINUTE - 1) }), 'wait spacing')
    // The jitter adds up to a tenth.
    assert.equal(said({ attempts, memory: failedAt(minutes * 1.1 * MINUTE) }), 'act bmc-answers')
  }
})

test('a reset beyond the last spacing waits as long as that, and without any there is none', () => {
  const fourth = (ms: number, spacing = DEFAULT_POLICY.spacing) =>
    said({ attempts: tried(3), memory: failedAt(ms), policy: { spacing, resets: { max: 4, window: 7 * DAY } } })
  assert.equal(fourth(45 * MINUTE - 1), 'wait spacing')
  assert.equal(fourth(45 * 1.1 * MINUTE), 'act bmc-answers')
  assert.equal(fourth(0, []), 'act bmc-answers')
})

test('counts the spacing from the failure, not from when it was first seen', () => {
  const decision = decide(given({ memory: failedAt(MINUTE) }))
  assert.ok(decision.until !== null && decision.until >= NOW + MINUTE && decision.until <= NOW + 1.2 * MINUTE)
})

test('goes at the very time that it named', () => {
  const { until } = decide(given({ memory: failedAt(MINUTE) }))
  assert.ok(until !== null)
  assert.equal(decide(given({ memory: failedAt(MINUTE), now: until - 1 })).reason, 'spacing')
  assert.equal(decide(given({ memory: failedAt(MINUTE), now: until })).kind, 'act')
})

test('spreads nodes that failed together, the same way each time', () => {
  const untils = Array.from({ length: 50 }, (_, i) => decide(given({ node: { uuid: `node-${i}` }, memory: failedAt(0) })).until)
  assert.ok(new Set(untils).size > 40)
  assert.deepEqual(
    untils,
    Array.from({ length: 50 }, (_, i) => decide(given({ node: { uuid: `node-${i}` }, memory: failedAt(0) })).until),
  )
})

test('never resets a node whose failure is not dated', () => {
  assert.equal(said({ memory: { failure: null } }), 'wait spacing')
})

test('lets one canary go when three nodes failed with one key in the window', () => {
  const related = { fleet: { related: { switch: 3 } } }
  assert.equal(said(related), 'act bmc-answers')
  assert.equal(said({ fleet: { related: { switch: 3 }, inFlight: { cloud: 1 } } }), 'wait canary-first')
  assert.equal(said({ fleet: { related: { switch: 2 }, inFlight: { cloud: 1 } } }), 'act bmc-answers')
})

test('holds everyone back while the canary is out', () => {
  assert.equal(said(shared({ inFlight: 1 })), 'wait canary-first')
  assert.equal(said(shared({}, { inFlight: { byKey: { conductor: 1 } } })), 'wait canary-first')
  assert.equal(said(shared({})), 'act bmc-answers')
})

test('sends a second canary only after 45 minutes and a changed reading', () => {
  const same = readingsOf(given())
  const other = same.replace('bmc=answers', 'bmc=silent')
  assert.match(
    decide(given(shared({ last: { at: NOW - 2 * MINUTE, readings: other, result: null, isFailing: true } }))).message,
    /proof is awaited/,
  )
  assert.equal(said(shared({ last: { at: NOW - 44 * MINUTE, readings: other, result: 'failed', isFailing: true } })), 'wait canary-first')
  assert.equal(said(shared({ last: { at: NOW - 45 * MINUTE, readings: same, result: 'failed', isFailing: true } })), 'wait canary-first')
  assert.equal(said(shared({ last: { at: NOW - 45 * MINUTE, readings: other, result: 'failed', isFailing: true } })), 'act bmc-answers')
  assert.equal(said(shared({ last: { at: NOW - 45 * MINUTE, readings: other, result: null, isFailing: true } })), 'act bmc-answers')
})

test('is not held back by a first try whose node has no failure any more: a person mended it, or it is somebody’s', () => {
  const last = { at: NOW - 45 * MINUTE, readings: readingsOf(given()), result: 'failed' as const, isFailing: false }
  assert.equal(said(shared({ last })), 'act bmc-answers')
  assert.equal(said(shared({ last: { ...last, at: NOW - 44 * MINUTE } })), 'wait canary-first')
})

test('is no first try any more: what healed too long before this failure to be its proof', () => {
  const last = { at: NOW - 5 * MINUTE, readings: readingsOf(given()), result: 'proven' as const, isFailing: true }
  assert.equal(said(shared({ last })), 'act bmc-answers')
  assert.equal(said(shared({ last, inFlight: 1 })), 'wait canary-first')
})

test('a time to wait for that is further ahead than Ironic is ever given is from before the wall clock was set back', () => {
  assert.equal(said({ fleet: { slowUntil: NOW + 2 * DEFAULT_POLICY.slowCloud + 1 } }), 'act bmc-answers')
})

test('reads the changes off the BMC, the conductor and the services, in one order whatever the order of the readings', () => {
  const services = { neutron: service('red'), keystone: service('green'), cinder: unknown('403') }
  assert.equal(readingsOf(given({ observation: { services } })), 'bmc=answers conductor=true cinder=unknown keystone=green neutron=red')
  const dark = { services: {}, bmc: unknown('no route'), conductor: unknown('403') }
  assert.equal(readingsOf(given({ observation: dark })), 'bmc=unknown conductor=?')
})

test('takes a service that was seen down only before, or just when the first try began, for no change', () => {
  const last = { at: NOW - HOUR, readings: readingsOf(given()), result: 'failed' as const, isFailing: true }
  assert.equal(said({ ...shared({ last }), memory: { badAt: { neutron: NOW - HOUR } } }), 'wait canary-first')
  assert.equal(said({ ...shared({ last }), memory: { badAt: { neutron: NOW - HOUR + 1 } } }), 'act bmc-answers')
  const badAt = { keystone: NOW - 2 * HOUR, neutron: NOW - HOUR + 1 }
  assert.equal(said({ ...shared({ last }), memory: { badAt } }), 'act bmc-answers')
})

test('does not take another node with other services or another memory for a changed reading', () => {
  const last = {
    at: NOW - HOUR,
    readings: 'bmc=answers cinder=green conductor=true keystone=green',
    result: 'failed' as const,
    isFailing: true,
  }
  assert.equal(said(shared({ last })), 'wait canary-first')
  const memory = (ms: number) => ({ badAt: { neutron: NOW - ms } })
  assert.equal(said({ ...shared({ last }), memory: memory(2 * HOUR) }), 'wait canary-first')
  assert.equal(said({ ...shared({ last }), memory: memory(50 * MINUTE) }), 'act bmc-answers')
})

test('opens the ramp on proof: two, four, eight at a time', () => {
  for (const [proven, allowed] of [
    [1, 2],
    [2, 2],
    [3, 4],
    [6, 4],
    [7, 8],
  ] as const) {
    const fleet = { census: { total: 10_000, inClass: 10_000 } }
    assert.equal(said(shared({ proven, inFlight: allowed - 1 }, fleet)), 'act bmc-answers', `${proven} proven`)
    assert.equal(said(shared({ proven, inFlight: allowed }, fleet)), 'wait incident-ramp', `${proven} proven`)
  }
})

test('lets a proven incident replace starts and domains, but never the places in flight', () => {
  const sums = { proven: 31, inFlight: 2 }
  const census = { total: 10_000, inClass: 10_000 }
  assert.equal(said(shared(sums, { census, startsLastHour: 500, inFlight: { byKey: { switch: 2 } } })), 'act bmc-answers')
  assert.equal(said(shared(sums, { census, inFlight: { cloud: 25 } })), 'wait fleet-budget')
  assert.equal(said(shared(sums, { census, inFlight: { inClass: 25 } })), 'wait fleet-budget')
})

test('repairs one node at a time per switch, BMC network and rack', () => {
  for (const kind of ['switch', 'bmc-network', 'rack'] as const) {
    assert.equal(said({ keys: { [kind]: 'x' }, fleet: { inFlight: { byKey: { [kind]: 1 } } } }), 'wait fleet-budget')
  }
  assert.equal(said({ fleet: { inFlight: { byKey: { conductor: 1 } } } }), 'act bmc-answers')
})

test('keeps to the places per cloud and class: a share, a ceiling, and still one in a tiny pool', () => {
  const at = (total: number, inClass: number, cloud: number, ofClass: number) =>
    said({ fleet: { census: { total, inClass }, inFlight: { cloud, inClass: ofClass } } })
  assert.equal(at(4, 4, 0, 0), 'act bmc-answers')
  assert.equal(at(4, 4, 1, 1), 'wait fleet-budget')
  assert.equal(at(4, 1, 1, 0), 'act bmc-answers')
  assert.equal(at(4, 1, 2, 0), 'wait fleet-budget')
  assert.equal(at(1000, 1000, 9, 9), 'act bmc-answers')
  assert.equal(at(1000, 1000, 10, 9), 'wait fleet-budget')
  assert.equal(at(100_000, 100_000, 24, 24), 'act bmc-answers')
  assert.equal(at(100_000, 100_000, 25, 0), 'wait fleet-budget')
  assert.equal(at(100_000, 100_000, 0, 25), 'wait fleet-budget')
})

test('takes an unknown size of cloud or class for the smallest', () => {
  assert.equal(said({ fleet: { census: { total: 0, inClass: 0 }, inFlight: { cloud: 2 } } }), 'wait fleet-budget')
  assert.equal(said({ fleet: { census: { total: 0, inClass: 0 }, inFlight: { inClass: 1 } } }), 'wait fleet-budget')
  assert.equal(said({ fleet: { census: { total: 0, inClass: 0 }, startsLastHour: 10 } }), 'wait fleet-budget')
  assert.equal(said({ fleet: { census: { total: 0, inClass: 0 } } }), 'act bmc-answers')
})

test('begins at most ten resets an hour, or one in a hundred nodes', () => {
  assert.equal(said({ fleet: { startsLastHour: 9 } }), 'act bmc-answers')
  const decision = decide(given({ fleet: { startsLastHour: 10, oldestStartAt: NOW - 50 * MINUTE } }))
  assert.deepEqual([decision.reason, decision.until], ['fleet-budget', NOW + 10 * MINUTE])
  const until = (oldestStartAt: number | null) => decide(given({ fleet: { startsLastHour: 10, oldestStartAt } })).until
  assert.deepEqual([until(null), until(NOW - HOUR + SECOND)], [NOW + HOUR, NOW + MINUTE])
  assert.equal(said({ fleet: { startsLastHour: 29, census: { total: 3000 } } }), 'act bmc-answers')
  assert.equal(said({ fleet: { startsLastHour: 30, census: { total: 3000 } } }), 'wait fleet-budget')
})

test("waits with the whole cloud while Ironic is at its own limit, and stops at a sweep's", () => {
  assert.equal(said({ fleet: { slowUntil: NOW + 1 } }), 'wait fleet-budget')
  assert.equal(said({ fleet: { slowUntil: NOW } }), 'act bmc-answers')
  assert.equal(said({ fleet: { slowUntil: NOW + 2 * DEFAULT_POLICY.slowCloud } }), 'wait fleet-budget')
  assert.equal(said({ actsLeft: 0 }), 'wait fleet-budget')
  assert.equal(said({ actsLeft: 1 }), 'act bmc-answers')
})

test("lets a person's retry past spacing and pacing, but past no gate", () => {
  const crowded = { ...shared({ inFlight: 1 }, { inFlight: { cloud: 9, inClass: 9 }, startsLastHour: 99 }), words: retry }
  assert.equal(said({ ...crowded, memory: failedAt(0) }), 'act bmc-answers')
  assert.equal(said({ ...crowded, observation: { services: { neutron: service('red') } } }), 'wait service-red')
  assert.equal(said({ ...crowded, node: { maintenance: true } }), 'leave maintenance-by-person')
  assert.equal(said({ ...crowded, policy: { mode: 'observe' } }), 'wait observe-only')
})

test('says where another process put the mode in force', () => {
  const overruled = (value: boolean | undefined) => {
    const input = given({ policy: { mode: 'observe' } })
    return decide(value === undefined ? input : { ...input, overruled: value }).message
  }
  assert.match(overruled(true), /Another process put another mode or policy in force, so this one only observes\.$/)
  assert.match(overruled(false), /Mode is observe, so nothing is sent\.$/)
  assert.match(overruled(undefined), /Mode is observe, so nothing is sent\.$/)
})

test('looks again sooner than in fifteen seconds where the policy looks more often', () => {
  const until = (difference: Difference) => decide(given({ ...difference, policy: { look: 5000 } })).until
  assert.equal(until(shared({ inFlight: 1 })), NOW + 5000)
  assert.equal(until({ fleet: { inFlight: { byKey: { switch: 1 } } } }), NOW + 5000)
  assert.equal(until({ fleet: { inFlight: { cloud: 2 } } }), NOW + 5000)
})

test('observe names the act and sends nothing, approved or not', () => {
  const decision = decide(given({ policy: { mode: 'observe' } }))
  assert.deepEqual([decision.kind, decision.reason, decision.act], ['wait', 'observe-only', 'reset'])
  const approval = {
    id: 'a',
    act: 'quarantine',
    cause: 'bmc-fault',
    number: 0,
    digest: 'd0',
    by: 'ann',
    why: 'y',
    at: NOW,
    expiresAt: NOW + DAY,
  } as const
  const refused = { diagnosis: { cause: 'bmc-fault', transient: 'no' }, words: { approval } } as const
  assert.equal(said({ ...refused, policy: { mode: 'approve' } }), 'act credentials-refused')
  assert.equal(said({ ...refused, policy: { mode: 'observe' } }), 'wait observe-only')
})

test('approve needs an approval of exactly this act, cause, attempt and state', () => {
  const fits = {
    id: 'a',
    act: 'reset',
    cause: 'bmc-unreachable',
    number: 1,
    digest: 'd0',
    by: 'ann',
    why: 'y',
    at: NOW,
    expiresAt: NOW + DAY,
  } as const
  const approved = (change: Partial<NonNullable<ReturnType<typeof given>['words']['approval']>>) =>
    said({ policy: { mode: 'approve' }, words: { approval: { ...fits, ...change } } })
  assert.equal(said({ policy: { mode: 'approve' } }), 'wait needs-approval')
  assert.equal(approved({}), 'act bmc-answers')
  assert.equal(approved({ act: 'quarantine' }), 'wait needs-approval')
  assert.equal(approved({ cause: 'unknown' }), 'wait needs-approval')
  assert.equal(approved({ number: 2 }), 'wait needs-approval')
  assert.equal(approved({ digest: 'd1' }), 'wait needs-approval')
  assert.equal(approved({ expiresAt: NOW }), 'wait needs-approval')
})

const no = { id: 'r-1', act: 'reset', cause: 'bmc-unreachable', number: 1, digest: 'd0', by: 'ann', why: 'vendor comes', at: NOW } as const

test('a no is in force for exactly this act, cause, attempt and state, and opens nothing anywhere', () => {
  const rejected = (change: Partial<NonNullable<ReturnType<typeof given>['words']['rejection']>>, mode: 'approve' | 'auto' | 'observe') =>
    decide(given({ policy: { mode }, words: { rejection: { ...no, ...change } } }))
  const { kind, reason, message, act, until } = rejected({}, 'approve')
  assert.deepEqual([kind, reason, act, until], ['wait', 'rejected', 'reset', NOW + 10 * MINUTE])
  assert.match(message, /^The BMC answers now: .* ann said no: vendor comes\. It is not asked again until something changes\.$/)
  for (const change of [{ act: 'quarantine' }, { cause: 'unknown' }, { number: 2 }, { digest: 'd1' }] as const)
    assert.equal(rejected(change, 'approve').reason, 'needs-approval')
  assert.equal(rejected({}, 'observe').reason, 'observe-only')
  assert.equal(rejected({}, 'auto').kind, 'act')
  const approval = { ...no, expiresAt: NOW + HOUR }
  assert.equal(said({ policy: { mode: 'approve' }, words: { rejection: no, approval: { ...approval, digest: 'd1' } } }), 'wait rejected')
})

test('the places of a cloud are a share of it, at least two and at most so many', () => {
  const policy = { inFlight: { classShare: 0, classMax: 0, cloudShare: 0.01, cloudMax: 25 } }
  assert.deepEqual(
    [0, 60, 250, 399, 10_000].map((nodes) => placesIn(policy, nodes)),
    [2, 2, 2, 3, 25],
  )
})

test('an approval opens the mode gate alone', () => {
  const approval = {
    id: 'a',
    act: 'reset',
    cause: 'bmc-unreachable',
    number: 1,
    digest: 'd0',
    by: 'ann',
    why: 'y',
    at: NOW,
    expiresAt: NOW + DAY,
  } as const
  const approve = { policy: { mode: 'approve' as const }, words: { approval } }
  assert.equal(said({ ...approve, memory: failedAt(0) }), 'wait spacing')
  assert.equal(said({ ...approve, ...shared({ inFlight: 1 }) }), 'wait canary-first')
})

test('tells a person after a day of waiting on one reason, but not of what a person asked for', () => {
  const waiting = (reason: Reason, ms: number) => ({
    inForce: { kind: 'wait', reason, message: 'm', act: null, until: NOW, since: NOW - ms, at: NOW } as const,
  })
  const dead = { observation: { conductor: known({ hostname: 'c', alive: false }) } }
  assert.equal(said({ ...dead, ...waiting('conductor-dead', DAY - 1) }), 'wait conductor-dead')
  assert.equal(said({ ...dead, ...waiting('conductor-dead', DAY) }), 'escalate conductor-dead')
  assert.equal(said({ ...dead, ...waiting('spacing', DAY) }), 'wait conductor-dead')
  assert.equal(said({ node: { hold: 'x' }, ...waiting('held', 30 * DAY) }), 'wait held')
  assert.equal(said({ words: { pause: { by: 'ann', why: 'w', at: NOW } }, ...waiting('paused', 30 * DAY) }), 'wait paused')
  assert.equal(said({ policy: { mode: 'observe' }, ...waiting('observe-only', 30 * DAY) }), 'wait observe-only')
  const scope = { conductor_group: [], owner: [], shard: [], resource_class: [], name: ['n2'] }
  assert.equal(said({ policy: { scope }, ...waiting('out-of-scope', 30 * DAY) }), 'wait out-of-scope')
  assert.equal(said({ policy: { mode: 'approve' }, words: { rejection: no }, ...waiting('rejected', 30 * DAY) }), 'wait rejected')
  assert.equal(said({ policy: { mode: 'approve' }, ...waiting('needs-approval', DAY) }), 'escalate needs-approval')
})

test('sends nothing for a node without a case, since an intent names its case', () => {
  const decision = decide({ ...given({ words: retry }), case: null })
  assert.deepEqual([decision.kind, decision.reason, decision.act, decision.until], ['wait', 'bmc-answers', 'reset', NOW + MINUTE])
  assert.match(decision.message, / It waits for its case to be open\.$/)
  const asking = decide({ ...given({ words: retry, policy: { mode: 'approve' } }), case: null })
  assert.match(asking.message, /`anneal approve CASE` lets it\.$/)
})

const needier = (of: { cloud?: number; inClass?: number; byIncident?: Record<string, number> }) => ({
  needier: { cloud: 0, inClass: 0, byIncident: {}, ...of },
})
/** Kind and reason, whether others have what it waits for, and how many at a time, where somebody goes first. */
const queue = (difference: Difference) => {
  const decision = decide(given(difference))
  const end = /[^.;]*\. (?:A|\d+) nodes? with a lease .*$/.exec(decision.message)
  return [`${decision.kind} ${decision.reason}`, 'queued' in decision && decision.queued === true, end?.[0].trim() ?? null]
}
const FIRST = "A node with a lease on it before this one's goes first."
const GO = ['act bmc-answers', false, null]

test('a free place is kept for a node that somebody needs sooner, and the wait says that others have it', () => {
  const inCloud = (inFlight: number, cloud: number) => queue({ fleet: { inFlight: { cloud: inFlight }, ...needier({ cloud }) } })
  assert.deepEqual(inCloud(1, 1), ['wait fleet-budget', true, `2 at a time in this cloud. ${FIRST}`])
  assert.deepEqual([inCloud(0, 1), inCloud(1, 0)], [GO, GO])
  const inClass = (inFlight: number, before: number) =>
    queue({ fleet: { inFlight: { inClass: inFlight }, ...needier({ inClass: before }) } })
  const plural = "10 at a time. 2 nodes with a lease on it before this one's go first."
  assert.deepEqual(inClass(8, 2), ['wait fleet-budget', true, plural])
  assert.deepEqual([inClass(7, 2), inClass(9, 0)], [GO, GO])
  assert.deepEqual(queue({ fleet: { inFlight: { cloud: 2 } } }), ['wait fleet-budget', true, null])
})

test('the last starts of an hour are kept for them, too', () => {
  const starts = (startsLastHour: number, cloud: number) =>
    queue({ fleet: { startsLastHour, census: { total: 1000 }, ...needier({ cloud }) } })
  assert.deepEqual(starts(9, 1), ['wait fleet-budget', true, `10 resets an hour. ${FIRST}`])
  assert.deepEqual([starts(8, 1), starts(9, 0)], [GO, GO])
  assert.deepEqual(starts(10, 1), ['wait fleet-budget', true, null])
})

test('within an incident the canary and the places of the ramp are kept for them, and another incident’s are not', () => {
  const census = { total: 10_000, inClass: 10_000 }
  const part = (sums: Parameters<typeof incident>[0], byIncident: Record<string, number>) =>
    queue(shared(sums, { census, ...needier({ byIncident }) }))
  const canary = `one node goes first and the others wait for its outcome. ${FIRST}`
  assert.deepEqual(part({}, { 'inc-1': 1 }), ['wait canary-first', true, canary])
  assert.deepEqual(part({ inFlight: 1 }, {}), ['wait canary-first', true, null])
  const ramp = `1 healed, 1 under way, 2 at a time for now. ${FIRST}`
  assert.deepEqual(part({ proven: 1, inFlight: 1 }, { 'inc-1': 1 }), ['wait incident-ramp', true, ramp])
  assert.deepEqual(part({ proven: 1, inFlight: 2 }, {}), ['wait incident-ramp', true, null])
  assert.deepEqual([part({}, { 'inc-2': 1 }), part({ proven: 1, inFlight: 1 }, { 'inc-2': 1 })], [GO, GO])
})

test('of many that wait for a place each looks seldom, but one with a lease as soon as ever', () => {
  const host = { id: 'h', reservable: false, disabled: false, updated_at: null }
  const none = { status: 'ACTIVE', project_id: null, user_id: null, name: null, reservation: null }
  const runs = { ...none, id: 'l', start_date: '2026-11-02 11:00:00', end_date: '2026-11-02 15:00:00' }
  const blazar = known({ readAt: NOW, kind: 'chameleon' as const, host, leases: [runs], total: 1, missing: [] })
  const fleet = { openInClass: 1000, inFlight: { cloud: 2 } }
  assert.equal(decide(given({ fleet })).until, NOW + 300 * SECOND)
  assert.equal(decide(given({ fleet, observation: { blazar } })).until, NOW + 15 * SECOND)
})

test('a wait for its turn is one wait, whichever turn it is: after a day a person is told', () => {
  const since = (reason: Reason, ms: number): Difference => ({
    ...shared({ inFlight: 1 }),
    inForce: { kind: 'wait', reason, message: 'm', act: null, until: NOW, since: NOW - ms, at: NOW },
  })
  for (const reason of ['canary-first', 'incident-ramp', 'fleet-budget'] as const) {
    assert.equal(said(since(reason, DAY - 1)), 'wait canary-first')
    assert.equal(said(since(reason, DAY)), 'escalate canary-first')
  }
  assert.equal(said(since('spacing', DAY)), 'wait canary-first')
  assert.equal(said({ ...since('canary-first', DAY), memory: failedAt(0) }), 'wait spacing')
  const told = decide(given(since('incident-ramp', DAY)))
  assert.match(told.message, /wait for its outcome\. It has waited for its turn for 1 d\.$/)
  // Whoever is needed later goes on letting it go first.
  assert.deepEqual([queue(since('incident-ramp', DAY))[1], told.act], [true, null])
})
