/** What leases mean for a node, from one observation after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CASE, given, NOW } from '../../test/given.ts'
import type { HeldLease } from './case.ts'
import { consider } from './consider.ts'
import { decide } from './decide.ts'
import { holderText, leasesAfter, neededAt, noticesOf } from './leases.ts'
import type { BlazarSeen, LeaseSeen, MissingLease } from './observation.ts'
import { DEFAULT_POLICY, HOUR, MINUTE } from './policy.ts'
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
  assert.equal(need(lease('a', 0, 0, { start_date: null, end_date: null })), null)
  assert.equal(neededAt({ observation: { blazar: unknown('500') }, ...nothing }), null)
})

test('a pending lease that lost its node needs it where it would be given back, and only there', () => {
  const need = (giveBack: boolean, missing: Partial<MissingLease> = {}, of: Partial<HeldLease> = {}) => {
    const held = { ...lease('a', HOUR, 3 * HOUR), host_id: 'h', lostAt: NOW - MINUTE, ...of }
    const stripped = { lease_id: 'a', reservation_id: 'r-a', status: 'PENDING', hosts: [], ...missing }
    return neededAt({
      observation: { blazar: seen([lease('b', 4 * HOUR, 5 * HOUR)], { missing: [stripped] }) },
      memory: { leases: [held] },
      policy: { blazar: { ...DEFAULT_POLICY.blazar, mode: 'chameleon', giveBack } },
      now: NOW,
    })
  }
  assert.equal(need(true), NOW + HOUR)
  const later = NOW + 4 * HOUR
  assert.deepEqual([need(false), need(true, { hosts: ['h2'] }), need(true, { status: 'ERROR' })], [later, later, later])
  assert.deepEqual([need(true, {}, { host_id: 'h9' }), need(true, {}, { start_date: naive(0) })], [later, later])
})

test('a lease that Blazar takes from the node is remembered as it was, until it is over', () => {
  const before = leasesAfter([], at(0, [lease('a', HOUR, 3 * HOUR)]))
  const after = leasesAfter(before, at(MINUTE, []))
  assert.deepEqual(after, [{ ...lease('a', HOUR, 3 * HOUR), host_id: 'h', lostAt: NOW + MINUTE }])
  assert.equal(leasesAfter(after, at(5 * MINUTE, []))[0]?.lostAt, NOW + MINUTE)
  assert.equal(leasesAfter(after, at(5 * MINUTE, [lease('a', HOUR, 3 * HOUR)]))[0]?.lostAt, null)
  assert.deepEqual(leasesAfter(after, at(3 * HOUR, [])), [])
})

test('one that is not among the few that were read is not lost, and a Blazar that said nothing changes nothing', () => {
  const before = leasesAfter([], at(0, [lease('a', HOUR, 3 * HOUR)]))
  assert.equal(leasesAfter(before, at(MINUTE, [lease('b', 2 * HOUR, 3 * HOUR)], { total: 9 }))[1]?.lostAt, null)
  assert.deepEqual(leasesAfter(before, { at: NOW, blazar: unknown('500') }), before)
})

const told = (leases: LeaseSeen[], more: { missing?: MissingLease[]; state?: string; before?: string[]; lost?: boolean } = {}) => {
  const { missing = [], state = 'error', before = [], lost = false } = more
  const input = given({ node: { provision_state: state, name: 'n1' } })
  const o = { ...input.observation, blazar: seen(lost ? [] : leases, { missing }) }
  const held = leases.map((one) => ({ ...one, host_id: 'h', lostAt: lost ? NOW : null }))
  const memory = { ...(input.case?.memory ?? assert.fail()), leases: held, told: before }
  return noticesOf(memory, { o, policy: DEFAULT_POLICY, now: NOW })
}
const kinds = (...args: Parameters<typeof told>) => told(...args).notices.map(({ kind }) => kind)

test('a failed node with a lease that runs, or starts within the time of warning, is told once for each lease', () => {
  assert.deepEqual(kinds([lease('a', -HOUR, HOUR)]), ['lease-on-failed-node'])
  assert.deepEqual(kinds([lease('a', 90 * MINUTE, 3 * HOUR)]), ['lease-at-risk'])
  assert.deepEqual(kinds([lease('a', 91 * MINUTE, 3 * HOUR)]), [])
  assert.deepEqual(kinds([lease('a', 0, HOUR, { start_date: null })]), [])
  assert.deepEqual(kinds([lease('a', HOUR, 3 * HOUR)], { state: 'available' }), [])
  const once = told([lease('a', HOUR, 3 * HOUR)])
  assert.deepEqual(kinds([lease('a', HOUR, 3 * HOUR)], { before: once.told }), [])
  assert.match(
    once.notices[0]?.message ?? '',
    /^lease "of a" \(a, project p, user u, 2026-11-02T13:00:00.000Z to .*\) starts in 1 h on node n1/,
  )
})

test('what Blazar took is told, with where the lease went; what its holder ended is not', () => {
  const gone = (status: string | null, hosts: string[] = []): MissingLease[] => [{ lease_id: 'a', reservation_id: 'r-a', status, hosts }]
  const taken = (missing: MissingLease[]) =>
    told([lease('a', HOUR, 3 * HOUR)], { lost: true, missing }).notices.map(({ message }) => message)
  assert.match(
    taken(gone('PENDING'))[0] ?? '',
    /^Blazar took node n1 from lease "of a" .* and has no node in its place\.$|no node in its place/,
  )
  assert.match(taken(gone('PENDING', ['h2']))[0] ?? '', /host h2 instead/)
  assert.deepEqual([taken(gone('gone')), taken(gone(null)), taken([])], [[], [], []])
  assert.deepEqual(kinds([lease('a', HOUR, 3 * HOUR)], { before: ['lease-lost a'], state: 'available' }), ['lease-back'])
})

test("the holder's text has what Blazar said, and a question mark for the rest", () => {
  const text = holderText('{node} {lease} {start} {end} {cause} {user}', {
    lease: lease('a', HOUR, 0, { end_date: null }),
    node: 'n1',
    cause: 'unknown',
  })
  assert.equal(text, 'n1 of a 2026-11-02T13:00:00.000Z ? unknown {user}')
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

test('without a case nothing is remembered and nobody is told', () => {
  const { observation, words, policy } = given({ observation: { blazar: seen([lease('a', -HOUR, HOUR)]) } })
  const rest = { newCase: null, attempts: [], words, person: null, firstPass: false, overruled: false, actsLeft: null, policy, now: NOW }
  assert.deepEqual(consider({ observation, case: null, ...rest }).notices, [])
  assert.equal(consider({ observation, case: null, ...rest, newCase: CASE }).notices.length, 1)
})
