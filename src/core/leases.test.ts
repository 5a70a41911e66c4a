/** What leases mean for a node, from one observation after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CASE, given, NOW } from '../../test/given.ts'
import type { Memory } from './case.ts'
import { consider } from './consider.ts'
import { decide } from './decide.ts'
import { holderText, isBereft, isRunning, leasesAfter, leaseText, neededAt, noticesOf } from './leases.ts'
import type { BlazarSeen, LeaseSeen, MissingLease, ObservedNode } from './observation.ts'
import { DEFAULT_POLICY, HOUR, MINUTE, type Policy } from './policy.ts'
import { known, unknown } from './reading.ts'

const naive = (ms: number): string => `${new Date(NOW + ms).toISOString().slice(0, -1)}000`
const lease = (id: string, from: number, until: number, more: Partial<LeaseSeen> = {}): LeaseSeen => ({
  ...{ id, name: `of ${id}`, start_date: naive(from), end_date: naive(until), status: 'PENDING', project_id: 'p', user_id: 'u' },
  reservation: { id: `r-${id}`, min: 1, max: 1, hypervisor_properties: '', resource_properties: '' },
  ...more,
})
const seen = (leases: LeaseSeen[], more: Partial<BlazarSeen> = {}) => {
  const host = { id: 'h', reservable: false, disabled: false, updated_at: null }
  return known<BlazarSeen>({ readAt: NOW, kind: 'chameleon', host, leases, total: leases.length, missing: [], ...more })
}
const at = (ms: number, leases: LeaseSeen[], more: Partial<BlazarSeen> = {}) => ({ at: NOW + ms, blazar: seen(leases, more) })

test('a node is needed now while a lease runs, else when the next one starts; one without dates, and none, are nobody', () => {
  const nothing = { memory: {}, policy: DEFAULT_POLICY, now: NOW }
  const need = (...leases: LeaseSeen[]) => neededAt({ observation: { blazar: seen(leases) }, ...nothing })
  assert.equal(need(lease('b', 2 * HOUR, 3 * HOUR), lease('a', HOUR, 2 * HOUR)), NOW + HOUR)
  assert.equal(need(lease('b', 2 * HOUR, 3 * HOUR), lease('a', -HOUR, HOUR)), 0)
  assert.equal(need(lease('over', -2 * HOUR, -HOUR)), null)
  assert.equal(need(lease('over', -2 * HOUR, 0)), null)
  assert.equal(need(lease('endless', HOUR, 0, { end_date: null })), NOW + HOUR)
  assert.equal(need(lease('a', 0, 0, { start_date: null, end_date: null })), null)
  assert.equal(neededAt({ observation: { blazar: unknown('500') }, ...nothing }), null)
})

test('a lease runs from its very start until its end, and one without an end goes on', () => {
  const runs = (from: number, until: number, more: Partial<LeaseSeen> = {}) => isRunning(lease('a', from, until, more), NOW)
  assert.deepEqual([runs(0, HOUR), runs(1, HOUR)], [true, false])
  assert.deepEqual([runs(-HOUR, 1), runs(-HOUR, 0)], [true, false])
  assert.deepEqual([runs(-HOUR, 0, { end_date: null }), runs(0, HOUR, { start_date: null })], [true, false])
})

test('a pending lease that lost its node needs it where it would be given back, and only there', () => {
  const gives = { mode: 'chameleon', giveBack: true } as const
  const stripped = { lease_id: 'a', reservation_id: 'r-a', status: 'PENDING', hosts: [] }
  const held = { ...lease('a', HOUR, 3 * HOUR), host_id: 'h', lostAt: NOW - MINUTE }
  const need = (of: { blazar?: Partial<Policy['blazar']>; missing?: MissingLease[]; memory?: Pick<Memory, 'leases'> }) => {
    const { blazar = {}, missing = [stripped], memory = { leases: [held] } } = of
    return neededAt({
      observation: { blazar: seen([lease('b', 4 * HOUR, 5 * HOUR)], { missing }) },
      memory,
      policy: { blazar: { ...DEFAULT_POLICY.blazar, ...gives, ...blazar } },
      now: NOW,
    })
  }
  assert.equal(need({}), NOW + HOUR)
  const notWaiting = {
    'nothing is given back': need({ blazar: { giveBack: false } }),
    'Blazar is only observed': need({ blazar: { mode: 'observe' } }),
    'it has another node': need({ missing: [{ ...stripped, hosts: ['h2'] }] }),
    'it failed': need({ missing: [{ ...stripped, status: 'ERROR' }] }),
    'nothing is known of it': need({ missing: [{ ...stripped, lease_id: 'other' }] }),
    'it was on another host': need({ memory: { leases: [{ ...held, host_id: 'h9' }] } }),
    'it has begun': need({ memory: { leases: [{ ...held, start_date: naive(0) }] } }),
    'it was not taken': need({ memory: { leases: [{ ...held, lostAt: null }] } }),
    'none is remembered': need({ memory: {} }),
  }
  for (const [why, at] of Object.entries(notWaiting)) assert.equal(at, NOW + 4 * HOUR, why)
  assert.equal(isBereft(held, { observation: { blazar: unknown('500') }, now: NOW }), false)
})

test('a lease that Blazar takes from the node is remembered as it was, until it is over', () => {
  const before = leasesAfter([], at(0, [lease('a', HOUR, 3 * HOUR)]))
  const after = leasesAfter(before, at(MINUTE, []))
  assert.deepEqual(after, [{ ...lease('a', HOUR, 3 * HOUR), host_id: 'h', lostAt: NOW + MINUTE }])
  assert.equal(leasesAfter(after, at(5 * MINUTE, []))[0]?.lostAt, NOW + MINUTE)
  assert.equal(leasesAfter(after, at(5 * MINUTE, [lease('a', HOUR, 3 * HOUR)]))[0]?.lostAt, null)
  assert.equal(leasesAfter(before, at(MINUTE, [], { host: null }))[0]?.lostAt, NOW + MINUTE)
  assert.deepEqual(leasesAfter(after, at(3 * HOUR, [])), [])
})

test('each lease is remembered once, whichever others there are', () => {
  const both = [lease('a', HOUR, 3 * HOUR), lease('b', 4 * HOUR, 5 * HOUR)]
  const before = leasesAfter([], at(0, both))
  assert.deepEqual(
    leasesAfter(before, at(MINUTE, both)),
    both.map((one) => ({ ...one, host_id: 'h', lostAt: null })),
  )
  assert.deepEqual(
    leasesAfter(before, at(MINUTE, both.slice(1))).map(({ id, lostAt }) => [id, lostAt]),
    [
      ['b', null],
      ['a', NOW + MINUTE],
    ],
  )
})

test('one that is not among the few that were read is not lost, and a Blazar that said nothing changes nothing', () => {
  const before = leasesAfter([], at(0, [lease('a', HOUR, 3 * HOUR)]))
  assert.equal(leasesAfter(before, at(MINUTE, [lease('b', 2 * HOUR, 3 * HOUR)], { total: 9 }))[1]?.lostAt, null)
  assert.deepEqual(leasesAfter(before, { at: NOW, blazar: unknown('500') }), before)
})

type Told = { missing?: MissingLease[]; node?: Partial<ObservedNode>; before?: string[]; lost?: boolean }
const told = (leases: LeaseSeen[], { missing = [], node = {}, before = [], lost = false }: Told = {}) => {
  const input = given({ node })
  const o = { ...input.observation, blazar: seen(lost ? [] : leases, { missing }) }
  const held = leases.map((one) => ({ ...one, host_id: 'h', lostAt: lost ? NOW : null }))
  const memory = { ...(input.case?.memory ?? assert.fail()), leases: held, told: before }
  return noticesOf(memory, { o, policy: DEFAULT_POLICY, now: NOW })
}
const kinds = (...args: Parameters<typeof told>) => told(...args).notices.map(({ kind }) => kind)
const messages = (...args: Parameters<typeof told>) => told(...args).notices.map(({ message }) => message)

test('a failed node with a lease that runs, or starts within the time of warning, is told once for each lease', () => {
  assert.deepEqual(kinds([lease('a', -HOUR, HOUR)]), ['lease-on-failed-node'])
  assert.deepEqual(kinds([lease('a', 90 * MINUTE, 3 * HOUR)]), ['lease-at-risk'])
  assert.deepEqual(kinds([lease('a', 91 * MINUTE, 3 * HOUR)]), [])
  assert.deepEqual(kinds([lease('a', 0, HOUR, { start_date: null })]), [])
  // It ended between the read and the decision.
  assert.deepEqual(kinds([lease('a', -HOUR, 0)]), [])
  assert.deepEqual(kinds([lease('a', 0, 0)]), [])
  const once = told([lease('a', HOUR, 3 * HOUR)])
  assert.deepEqual(once.told, ['lease-at-risk a'])
  assert.deepEqual(
    once.notices.map(({ lease: { id, host_id } }) => [id, host_id]),
    [['a', 'h']],
  )
  const again = told([lease('a', HOUR, 3 * HOUR), lease('b', -HOUR, HOUR)], { before: once.told })
  assert.deepEqual(again.told, ['lease-at-risk a', 'lease-on-failed-node b'])
  assert.equal(again.notices.length, 1)
})

test('says which lease it is, what became of the node, and how long there is', () => {
  const dates = (from: number, until: number) => `${new Date(NOW + from).toISOString()} to ${new Date(NOW + until).toISOString()}`
  assert.deepEqual(messages([lease('a', HOUR, 3 * HOUR)]), [
    `lease "of a" (a, project p, user u, ${dates(HOUR, 3 * HOUR)}) starts in 1 h on node n1, which is error.`,
  ])
  assert.deepEqual(messages([lease('a', -HOUR, HOUR)], { node: { name: null, provision_state: 'clean failed' } }), [
    `Node 0f2f8c1e-2a4b-4d1c-9a55-6d2f10b7a001 is clean failed while lease "of a" (a, project p, user u, ${dates(-HOUR, HOUR)}) runs on it.`,
  ])
})

test('nothing is told of a node that its lease can have: somebody has it, or it is where a healed node ends', () => {
  const runs = (provision_state: string, retired = false) => kinds([lease('a', -HOUR, HOUR)], { node: { provision_state, retired } })
  assert.deepEqual([runs('available'), runs('active'), runs('manageable', true)], [[], [], []])
  for (const kind of [runs('manageable'), runs('available', true)]) assert.deepEqual(kind, ['lease-on-failed-node'])
})

test('what was told is remembered while its lease is, also of a node that could not be read', () => {
  const before = ['lease-at-risk a', 'lease-at-risk over', 'lease-lost b']
  const both = [lease('a', HOUR, 3 * HOUR), lease('b', 4 * HOUR, 5 * HOUR)]
  assert.deepEqual(told(both, { before, lost: true }), { notices: [], told: ['lease-at-risk a', 'lease-lost b'] })
  const { observation, case: open, policy } = given({ observation: { node: unknown('timeout') } })
  const memory = { ...(open ?? assert.fail()).memory, leases: leasesAfter([], at(0, [lease('a', -HOUR, HOUR)])), told: before }
  assert.deepEqual(noticesOf(memory, { o: observation, policy, now: NOW }), { notices: [], told: ['lease-at-risk a'] })
})

test('what Blazar took is told, with where the lease went; what its holder ended is not', () => {
  const gone = (status: string | null, hosts: string[] = []): MissingLease => ({ lease_id: 'a', reservation_id: 'r-a', status, hosts })
  const one = lease('a', HOUR, 3 * HOUR)
  const taken = (...missing: MissingLease[]) => messages([one], { lost: true, missing })
  const from = `Blazar took node n1 from ${leaseText(one)}`
  assert.deepEqual(taken(gone('PENDING')), [`${from} and has no node in its place.`])
  assert.deepEqual(taken(gone('ACTIVE')), [`${from} and has no node in its place.`])
  assert.deepEqual(taken(gone('PENDING', ['h2', 'h3'])), [`${from} and has Blazar's host h2, h3 instead.`])
  assert.deepEqual([taken(gone('gone')), taken(gone(null)), taken()], [[], [], []])
  assert.deepEqual(taken({ ...gone('PENDING'), lease_id: 'other' }, gone('gone')), [])
  const back = told([one], { before: ['lease-lost a'], node: { provision_state: 'available' } })
  assert.deepEqual(
    back.notices.map(({ kind, message }) => [kind, message]),
    [['lease-back', `${leaseText(one)} has node n1 again.`]],
  )
  assert.deepEqual(kinds([one], { before: back.told }), [])
})

test('a lease is named by what Blazar said of it, and by its id alone where that is all', () => {
  const named = (more: Partial<LeaseSeen>) => leaseText(lease('a', HOUR, 2 * HOUR, more))
  const dates = '2026-11-02T13:00:00.000Z to 2026-11-02T14:00:00.000Z'
  assert.equal(named({}), `lease "of a" (a, project p, user u, ${dates})`)
  assert.equal(named({ name: null }), `lease a (project p, user u, ${dates})`)
  assert.equal(named({ project_id: null, end_date: null }), 'lease "of a" (a, user u)')
  assert.equal(named({ user_id: null, start_date: null }), 'lease "of a" (a, project p)')
  assert.equal(named({ name: null, project_id: null, user_id: null, start_date: null, end_date: null }), 'lease a')
})

test("the holder's text has what Blazar said, and a question mark for the rest", () => {
  const text = holderText('{node} {lease} {start} {end} {cause} {user}', {
    lease: lease('a', HOUR, 0, { end_date: null }),
    node: 'n1',
    cause: 'unknown',
  })
  assert.equal(text, 'n1 of a 2026-11-02T13:00:00.000Z ? unknown {user}')
  const nameless = lease('a', HOUR, 2 * HOUR, { name: null, start_date: null })
  assert.equal(
    holderText('{lease} {lease} {start} {end}', { lease: nameless, node: 'n1', cause: 'unknown' }),
    'a a ? 2026-11-02T14:00:00.000Z',
  )
})

test('a wait becomes an escalation after two hours while a lease runs, and after a day without one', () => {
  const waiting = (leases: LeaseSeen[], since: number) => {
    const input = given({ observation: { blazar: seen(leases), bmc: unknown('no-route-from-here') } })
    input.observation.conductor = known({ hostname: 'cond-1', alive: false })
    if (input.case) input.case.decision = { ...decide(input), since: NOW - since, at: NOW - MINUTE }
    return decide(input).kind
  }
  assert.equal(waiting([lease('a', -HOUR, HOUR)], 2 * HOUR), 'escalate')
  assert.equal(waiting([lease('a', -HOUR, HOUR)], 2 * HOUR - 1), 'wait')
  assert.equal(waiting([lease('a', HOUR, 2 * HOUR)], 2 * HOUR), 'wait')
})

test('a lease is told of once over all passes, and anew where it was over and goes on after all', () => {
  let inCase = given().case
  const pass = (ms: number, ...leases: LeaseSeen[]) => {
    const now = NOW + ms
    const { observation, words, policy } = given({ observation: { at: now, blazar: seen(leases) } })
    const rest = { newCase: null, attempts: [], words, person: null, firstPass: false, overruled: false, actsLeft: null, policy, now }
    const { notices, input } = consider({ observation, case: inCase, ...rest })
    inCase = input.case
    return notices.map(({ kind }) => kind)
  }
  const runs = lease('a', -HOUR, HOUR)
  assert.deepEqual([pass(0, runs), pass(MINUTE, runs)], [['lease-on-failed-node'], []])
  assert.deepEqual([pass(HOUR, runs), pass(HOUR + MINUTE, lease('a', -HOUR, 3 * HOUR))], [[], ['lease-on-failed-node']])
})

test('without a case nothing is remembered and nobody is told', () => {
  const { observation, words, policy } = given({ observation: { blazar: seen([lease('a', -HOUR, HOUR)]) } })
  const rest = { newCase: null, attempts: [], words, person: null, firstPass: false, overruled: false, actsLeft: null, policy, now: NOW }
  assert.deepEqual(consider({ observation, case: null, ...rest }).notices, [])
  assert.equal(consider({ observation, case: null, ...rest, newCase: CASE }).notices.length, 1)
})
