/** What observations add up to over time; what could not be read adds nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, CASE, NOW, nova, observed, server, service } from '../../test/given.ts'
import { EMPTY_MEMORY, type Memory, spanOf } from './case.ts'
import type { BmcLook, Observation, ObservedNode } from './observation.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, SECOND } from './policy.ts'
import { known, unknown } from './reading.ts'
import { remember } from './remember.ts'

const NOBODY = { person: null, unseen: false, policy: DEFAULT_POLICY }

type Seen = [after: number, node: Partial<ObservedNode>, rest?: Partial<Observation>]

/** Folds looks into a memory; `after` is the time since NOW. */
function folded(seen: Seen[], before: Memory = EMPTY_MEMORY): Memory {
  return seen.reduce((memory, [after, node, rest]) => remember(memory, observed(node, { at: NOW + after, ...rest }), NOBODY).memory, before)
}
const bmc = (kind: BmcLook['kind'], after: number) => ({ bmc: known({ kind, detail: 'd', at: NOW + after }) })
const event = (difference: object) => ({
  uuid: 'h',
  created_at: ago(HOUR),
  severity: 'ERROR',
  event_type: 'unprovision',
  event: 'Failed to tear down: x',
  conductor: 'c',
  ...difference,
})

test('dates the failure by Ironic, and begins anew when the node fails again', () => {
  assert.equal(folded([[0, {}]]).failure?.at, NOW - HOUR)
  assert.equal(
    folded([
      [0, {}],
      [MINUTE, { provision_updated_at: ago(MINUTE) }],
    ]).failure?.at,
    NOW - MINUTE,
  )
  assert.equal(folded([[0, { provision_updated_at: null }]]).failure?.at, NOW)
})

test('begins anew where cleaning fails after an error, and with a repair that was stuck before anything was seen to fail', () => {
  const undated = { provision_updated_at: null }
  const failed = (node: Partial<ObservedNode>) => ({ ...undated, ...node })
  const memory = folded([
    [0, failed({})],
    [MINUTE, failed({ provision_state: 'clean failed' })],
  ])
  assert.deepEqual(memory.failure, { provision_state: 'clean failed', provision_updated_at: null, at: NOW + MINUTE })
  assert.equal(folded([[0, { provision_state: 'deleting' }]]).failure?.provision_state, 'deleting')
  assert.equal(
    folded([
      [0, {}],
      [MINUTE, { provision_state: 'clean failed', provision_updated_at: ago(MINUTE) }],
    ]).failure?.at,
    NOW - MINUTE,
  )
})

test('keeps the failure and its text while the node is under repair', () => {
  const memory = folded([
    [0, {}],
    [MINUTE, { provision_state: 'cleaning', last_error: null, provision_updated_at: ago(0) }],
  ])
  assert.equal(memory.failure?.at, NOW - HOUR)
  assert.match(memory.text?.text ?? '', /IPMI/)
})

test('keeps a text that Ironic erases later, but not over a new failure', () => {
  assert.match(
    folded([
      [0, {}],
      [MINUTE, { last_error: null }],
    ]).text?.text ?? '',
    /IPMI/,
  )
  assert.equal(
    folded([
      [0, {}],
      [MINUTE, { last_error: null, provision_updated_at: ago(0) }],
    ]).text,
    null,
  )
})

test('reads history before last_error, the failing step before the power sync, and nothing long past', () => {
  const history = (...events: object[]) => ({ history: known(events.map(event)) })
  assert.equal(folded([[0, {}, history({})]]).text?.source, 'history')
  const sync = { event_type: 'power', event: 'During sync_power_state, max retries exceeded', created_at: ago(MINUTE) }
  assert.equal(folded([[0, {}, history(sync, {})]]).text?.text, 'Failed to tear down: x')
  assert.match(folded([[0, {}, history(sync)]]).text?.text ?? '', /^During sync/)
  assert.equal(folded([[0, {}, history({ created_at: ago(2 * HOUR) })]]).text?.source, 'last_error')
  assert.equal(folded([[0, {}, history({ severity: 'INFO' })]]).text?.source, 'last_error')
  assert.equal(folded([[0, {}, history({ severity: null })]]).text?.source, 'history')
  assert.equal(folded([[0, {}, history({ created_at: ago(90 * MINUTE) })]]).text?.source, 'history')
  assert.equal(folded([[0, {}, history({ created_at: ago(90 * MINUTE + 1) })]]).text?.source, 'last_error')
  for (const event_type of ['power', 'UNKNOWN'])
    assert.equal(folded([[0, {}, history({ event_type, event: 'x', created_at: ago(MINUTE) }, {})]]).text?.text, 'Failed to tear down: x')
  const untyped = { ...sync, event_type: null }
  assert.equal(folded([[0, {}, history(untyped, {})]]).text?.text, 'Failed to tear down: x')
  const naming = { event: 'Failed to tear down: During sync_power_state', created_at: ago(MINUTE) }
  assert.equal(folded([[0, {}, history(naming, {})]]).text?.text, naming.event)
})

test('counts looks at a quiet BMC, and forgets them after one good look', () => {
  const silent = (after: number): Seen => [after, {}, bmc('silent', after)]
  const memory = folded([silent(0), silent(MINUTE), silent(HOUR)])
  assert.deepEqual(memory.looks, { kind: 'silent', count: 3, firstAt: NOW, lastAt: NOW + HOUR })
  assert.equal(folded([silent(0), [MINUTE, {}, bmc('answers', MINUTE)]]).looks, null)
  assert.equal(folded([silent(0), [MINUTE, {}, bmc('faulty', MINUTE)]]).looks, null)
  assert.equal(folded([silent(0), [MINUTE, {}, bmc('refusing', MINUTE)]]).looks?.count, 1)
})

test('a single gap between two looks counts for its share of the time at most, so a clock that jumps gives up no node', () => {
  const looks = (...afters: number[]) => folded(afters.map((after) => [after, {}, bmc('silent', after)])).looks
  const span = (...afters: number[]) => {
    const run = looks(...afters)
    return run === null ? null : spanOf(run)
  }
  assert.equal(span(0, MINUTE, 365 * DAY), 12 * HOUR + MINUTE)
  assert.equal(span(0, 10 * HOUR, 20 * HOUR, 30 * HOUR), 30 * HOUR)
  const refusing = folded([0, MINUTE, DAY].map((after) => [after, {}, bmc('refusing', after)])).looks
  assert.equal(refusing && spanOf(refusing), 31 * MINUTE)
  // A sweep once a day reaches the 24 h with its third look all the same.
  assert.equal(span(0, DAY, 2 * DAY), DAY)
})

test('does not count a cached look twice, nor one that could not be made', () => {
  assert.equal(
    folded([
      [0, {}, bmc('silent', 0)],
      [MINUTE, {}, bmc('silent', 0)],
    ]).looks?.count,
    1,
  )
  assert.equal(
    folded([
      [0, {}, bmc('silent', 0)],
      [MINUTE, {}, { bmc: unknown('no route') }],
    ]).looks?.count,
    1,
  )
})

test('remembers the run of good answers of a service, and breaks it at a bad one', () => {
  const neutron = (state: 'green' | 'red', after: number): Seen => [after, {}, { services: { neutron: service(state, NOW + after) } }]
  assert.deepEqual(folded([neutron('green', 0), neutron('green', 30 * SECOND)]).good.neutron, { firstAt: NOW, lastAt: NOW + 30 * SECOND })
  const broken = folded([neutron('green', 0), neutron('red', MINUTE), neutron('green', 2 * MINUTE)])
  assert.deepEqual(broken.good.neutron, { firstAt: NOW + 2 * MINUTE, lastAt: NOW + 2 * MINUTE })
  assert.equal(broken.badAt.neutron, NOW + MINUTE)
  const dark: Seen = [MINUTE, {}, { services: { neutron: unknown('403') } }]
  assert.equal(folded([neutron('green', 0), dark]).good.neutron?.lastAt, NOW)
})

test('remembers the last two times that a service went away, however often it was seen to be away', () => {
  const seen = (...states: ('green' | 'red')[]) =>
    folded(states.map((state, n): Seen => [n * MINUTE, {}, { services: { neutron: service(state, NOW + n * MINUTE) } }])).turnedBadAt
      .neutron
  assert.equal(seen('green', 'green'), undefined)
  assert.deepEqual(seen('red', 'red', 'green'), [NOW])
  assert.deepEqual(seen('green', 'red', 'green', 'red', 'red'), [NOW + 3 * MINUTE, NOW + MINUTE])
  assert.deepEqual(seen('red', 'green', 'red', 'green', 'red'), [NOW + 4 * MINUTE, NOW + 2 * MINUTE])
})

test('remembers when Nova first and last said 404, for one instance and without an answer between', () => {
  const gone = (after: number, instance_uuid = 'x'): Seen => [after, { instance_uuid }, { tenant: nova({ byId: 'gone' }) }]
  const at = (memory: Memory) => memory.gone && [memory.gone.firstAt - NOW, memory.gone.lastAt - NOW]
  assert.deepEqual(at(folded([gone(0), gone(5 * MINUTE)])), [0, 5 * MINUTE])
  assert.deepEqual(at(folded([gone(0), gone(MINUTE, 'y')])), [MINUTE, MINUTE])
  const back: Seen = [MINUTE, { instance_uuid: 'x' }, { tenant: nova({ byId: server({ id: 'x' }) }) }]
  assert.deepEqual(at(folded([gone(0), back, gone(2 * MINUTE)])), [2 * MINUTE, 2 * MINUTE])
  const dark: Seen = [MINUTE, { instance_uuid: 'x' }, { tenant: unknown('503') }]
  assert.deepEqual(at(folded([gone(0), dark])), [0, 0])
  assert.equal(folded([gone(0), [MINUTE, {}]]).gone, null)
})

test('remembers since when the holder of a lock is dead', () => {
  const locked = (after: number, alive: boolean, reservation = 'c1'): Seen => [
    after,
    { reservation },
    { holder: known({ hostname: reservation, alive }) },
  ]
  assert.equal(folded([locked(0, true), locked(MINUTE, false), locked(HOUR, false)]).lock?.deadSince, NOW + MINUTE)
  assert.equal(folded([locked(0, false), locked(MINUTE, true)]).lock?.deadSince, null)
  assert.equal(folded([locked(0, false), locked(MINUTE, false, 'c2')]).lock?.deadSince, NOW + MINUTE)
  const dark: Seen = [MINUTE, { reservation: 'c1' }, { holder: unknown('403') }]
  assert.equal(folded([locked(0, false), dark]).lock?.deadSince, NOW)
  assert.equal(folded([locked(0, false), [MINUTE, {}]]).lock, null)
})

test('remembers a power state on its way without a lock, bound ports, and a proof, each since the first look', () => {
  const port = { id: 'p', device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' }
  const way = { target_power_state: 'power off' }
  assert.equal(
    folded([
      [0, way],
      [MINUTE, way],
    ]).powerTargetSince,
    NOW,
  )
  assert.equal(
    folded([
      [0, way],
      [MINUTE, { ...way, reservation: 'c' }],
    ]).powerTargetSince,
    null,
  )
  assert.equal(folded([[0, {}]]).powerTargetSince, null)
  const dirty = { ports: known([port]) }
  assert.equal(
    folded([
      [0, {}, dirty],
      [MINUTE, {}, { ports: unknown('503') }],
    ]).dirtySince,
    NOW,
  )
  assert.equal(
    folded([
      [0, {}, dirty],
      [MINUTE, {}],
    ]).dirtySince,
    null,
  )
  const home = { provision_state: 'available' }
  assert.equal(
    folded([
      [0, home],
      [MINUTE, home],
    ]).provenAt,
    NOW,
  )
  assert.equal(
    folded([
      [0, home],
      [MINUTE, { ...home, power_state: null }],
      [HOUR, home],
    ]).provenAt,
    NOW + HOUR,
  )
})

test('remembers since when something has been left on a node at home, over looks that could not tell', () => {
  const home = { provision_state: 'available' }
  const port = { id: 'p', device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' }
  const dirty = { ports: known([port]) }
  const since = (...looks: Seen[]) => folded(looks).leftSince
  // Before it is at home the others have had no reason to take anything away.
  assert.equal(since([0, {}, dirty]), null)
  assert.equal(since([0, {}, dirty], [MINUTE, home, dirty], [HOUR, home, { tenant: nova({}, known(['c'])) }]), NOW + MINUTE)
  assert.equal(since([0, home, dirty], [MINUTE, home, { ports: unknown('503') }], [HOUR, home, dirty]), NOW)
  assert.equal(since([0, home, { ports: unknown('503') }]), null)
  assert.equal(since([0, home, dirty], [MINUTE, home]), null)
  assert.equal(since([0, home, dirty], [MINUTE, {}, dirty]), null)
  assert.equal(since([0, { ...home, power_state: null }]), null)
})

const text = `anneal:${CASE} bmc-fault: Look at its BMC.`
const ours = { maintenance: true, maintenance_reason: text }

test('takes a quarantine lifted by hand for a release', () => {
  const memory = folded([
    [0, ours],
    [HOUR, {}],
  ])
  assert.deepEqual([memory.quarantine, memory.releasedAt], [null, NOW + HOUR])
})

test('takes only a maintenance with words of ours for a quarantine', () => {
  assert.deepEqual(folded([[0, ours]]).quarantine, { text, at: NOW, fault: false })
  assert.deepEqual(folded([[0, { ...ours, fault: 'power failure' }]]).quarantine, { text, at: NOW, fault: true })
  assert.equal(folded([[0, { ...ours, maintenance: false }]]).quarantine, null)
  assert.equal(folded([[0, { maintenance: true, maintenance_reason: 'swap' }]]).quarantine, null)
  assert.equal(folded([[0, { maintenance: true }]]).quarantine, null)
  const still = folded([
    [0, ours],
    [MINUTE, ours],
  ])
  assert.deepEqual(still.quarantine, { text, at: NOW, fault: false })
})

test("does not take Ironic's own recovery over a quarantine for a person's word", () => {
  const memory = folded([
    [0, ours],
    [MINUTE, { ...ours, fault: 'power failure' }],
    [HOUR, {}],
  ])
  assert.deepEqual([memory.quarantine, memory.releasedAt], [null, null])
})

test("keeps a person's maintenance that Ironic lifted with its fault, also where only a poll saw the fault", () => {
  const swap = { maintenance: true, maintenance_reason: 'swap' }
  const before = folded([[0, swap]])
  const lifted = (memory: Memory, person: Parameters<typeof remember>[2]['person']) =>
    remember(memory, observed({}, { at: NOW + HOUR }), { ...NOBODY, person }).liftedByIronic
  assert.equal(lifted(before, null), false)
  assert.equal(lifted(folded([[0, { ...swap, fault: 'power failure' }]]), null), true)
  assert.equal(lifted(before, { maintenance_reason: 'swap', seenAt: NOW, fault: true }), true)
  assert.equal(lifted(EMPTY_MEMORY, { maintenance_reason: 'swap', seenAt: NOW, fault: true }), true)
  assert.equal(lifted(EMPTY_MEMORY, { maintenance_reason: 'swap', seenAt: NOW, fault: false }), false)
})

test('remembers no leases of a node that never had one', () => {
  const host = { id: 'h', reservable: true, disabled: false, updated_at: null }
  const blazar = known({ readAt: NOW, kind: 'chameleon' as const, host, leases: [], total: 0, missing: [] })
  assert.ok(!('leases' in folded([[0, {}]])))
  assert.ok(!('leases' in folded([[0, {}, { blazar }]])))
})

test('a quarantine that no look saw is gone by nobody knows whose hand, or stands under whatever words', () => {
  const after = (node: Partial<ObservedNode>) =>
    remember(EMPTY_MEMORY, observed(node, { at: NOW + HOUR }), { ...NOBODY, unseen: true }).memory
  const gone = after({})
  assert.deepEqual([gone.quarantine, gone.releasedAt, gone.liftedAt], [null, null, NOW + HOUR])
  const ours = 'anneal:c-1 bmc-fault: Look.'
  assert.equal(after({ maintenance: true, maintenance_reason: ours }).quarantine?.text, ours)
  const taken = after({ maintenance: true, maintenance_reason: 'vendor comes' })
  assert.deepEqual([taken.quarantine, taken.liftedAt], [{ text: '', at: NOW + HOUR, fault: false }, undefined])
  assert.equal(remember(taken, observed({}, { at: NOW + 2 * HOUR }), NOBODY).memory.releasedAt, NOW + 2 * HOUR)
  assert.ok(!('liftedAt' in folded([[0, {}]])))
})

test('learns nothing from a node that Ironic did not show', () => {
  const before = folded([[0, {}, bmc('silent', 0)]])
  assert.deepEqual(remember(before, observed({}, { node: unknown('503') }), NOBODY), { memory: before, liftedByIronic: false })
})

test('keeps when a BMC stopped answering, and what was said of the failure before this one', () => {
  const looks = folded([
    [0, {}, bmc('answers', 0)],
    [MINUTE, {}, bmc('silent', MINUTE)],
    [2 * MINUTE, {}, { bmc: unknown('no route') }],
    [3 * MINUTE, {}, bmc('answers', 3 * MINUTE)],
  ])
  assert.deepEqual(looks.reach, { answered: true, since: NOW + 3 * MINUTE, lostAt: [NOW + MINUTE] })
  const first = { last_error: 'first' }
  assert.equal(folded([[0, first]]).earlier, undefined)
  const second = folded([
    [0, first],
    [MINUTE, { provision_updated_at: ago(MINUTE), last_error: 'second' }],
    [2 * MINUTE, { provision_updated_at: ago(MINUTE), last_error: null }],
  ])
  assert.deepEqual([second.earlier?.text, second.text?.text], ['first', 'second'])
})
