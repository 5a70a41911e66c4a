/** When a node is kept from being reserved, when that ends and by whom it was ended, and what Blazar is asked to give back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, CASE, type Difference, given, NOW } from '../../test/given.ts'
import type { Attempt, HeldLease } from './case.ts'
import { decide } from './decide.ts'
import { judge } from './judged.ts'
import type { BlazarHostSeen, BlazarSeen } from './observation.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, type Policy, SECOND } from './policy.ts'
import { absent, known, unknown } from './reading.ts'
import { caseOfMark, shieldOver, updatedBy } from './shield.ts'

const naive = (ms: number): string => new Date(NOW + ms).toISOString().slice(0, -1)
/** When our shield was sent, and what Blazar wrote then. */
const AT = NOW - 20 * MINUTE
const SET = naive(SECOND - 20 * MINUTE)
const LENT: BlazarHostSeen = { id: 'h', reservable: true, disabled: false, updated_at: null }
const DISABLED: BlazarHostSeen = { id: 'h', reservable: false, disabled: true, updated_at: SET }
const sees = (seen: Partial<BlazarSeen> = {}) =>
  known<BlazarSeen>({ readAt: NOW, kind: 'chameleon', host: LENT, leases: [], total: 0, missing: [], ...seen })
const markOf = (id: string) => `{"v":1,"case":"${id}","kind":"blazar-disabled"}`
const part = { host_id: 'h', updated_at: null, keepMark: false, lease: null }
const shield = (difference: Partial<Attempt> = {}): Attempt =>
  attempt({
    act: 'shield',
    createdAt: AT,
    mark: null,
    markState: 'none',
    result: null,
    blazar: { ...part, updated_at: SET },
    ...difference,
  })
/** Its reply was lost and no read could tell what became of it. */
const lost = (difference: Partial<Attempt> = {}): Attempt =>
  shield({ outcome: 'unknown', markState: 'written', blazar: part, ...difference })
const unshield = (difference: Partial<Attempt> = {}): Attempt => shield({ act: 'unshield', createdAt: NOW - 10 * MINUTE, ...difference })
const ann = { by: 'ann', why: 'she looked', at: NOW }

type Given = Omit<Difference, 'policy'> & { blazar?: Partial<Policy['blazar']>; mode?: Policy['mode']; host?: BlazarHostSeen | null }
const inputOf = ({ blazar, mode = 'auto', host, observation, ...rest }: Given) =>
  given({
    ...rest,
    observation: { blazar: sees(host === undefined ? {} : { host }), ...observation },
    policy: { mode, blazar: { ...DEFAULT_POLICY.blazar, mode: 'chameleon', monitor: 'on', giveBack: true, ...blazar } },
  })
const decided = (difference: Given) => decide(inputOf(difference))
const said = (difference: Given) => {
  const { kind, reason } = decided(difference)
  return `${kind} ${reason}`
}
const planOf = (difference: Given) => {
  const decision = decided(difference)
  return decision.kind === 'act' ? decision.plan : decision.reason
}

test('a mark names its case, whatever blanks a person left in it; anything else is nothing of ours', () => {
  const named = (id: string, blanks = '') => caseOfMark(`{"case":${blanks}"${id}"}`)
  assert.deepEqual([caseOfMark(markOf(CASE)), named(CASE), named(CASE, '  ')], [CASE, CASE, CASE])
  assert.deepEqual(
    [caseOfMark(null), caseOfMark('mine'), named('c-0000tes'), named('c-0000test9'), named('c-0000TEST')],
    Array(5).fill(null),
  )
})

test('a failed node is taken out of Blazar before anything is sent to it', () => {
  const decision = decided({})
  assert.deepEqual(planOf({}), { act: 'shield', blazar: part })
  assert.equal(`${decision.kind} ${decision.reason}`, 'act shield-first')
  assert.equal(decision.message, "Blazar's host h is disabled meanwhile, so that nobody reserves a broken node.")
})

test("it is healed unshielded where the configuration, Blazar or an operator's hand says so", () => {
  const unshielded: Given[] = [
    { blazar: { mode: 'observe' } },
    { blazar: { monitor: 'off' } },
    { blazar: { monitor: 'unknown' } },
    { observation: { blazar: unknown('500') } },
    { observation: { blazar: sees({ kind: 'upstream' }) } },
    { observation: { blazar: sees({ kind: null }) } },
    { host: null },
    { host: { ...LENT, disabled: true } },
    { host: { ...LENT, disabled: null } },
  ]
  for (const one of unshielded) assert.equal(said(one), 'act bmc-answers', JSON.stringify(one))
  assert.equal(said({ mode: 'observe' }), 'wait observe-only')
  assert.equal(decided({ mode: 'observe' }).act, 'reset')
})

test('a shield that was set, or may have been, is not set again; one that never came about is', () => {
  assert.equal(said({ attempts: [shield()] }), 'act bmc-answers')
  assert.equal(said({ attempts: [lost()] }), 'act bmc-answers')
  for (const outcome of ['refused', 'not-sent'] as const)
    assert.equal(said({ attempts: [shield({ outcome, createdAt: NOW - 2 * HOUR })] }), 'act shield-first')
  assert.equal(said({ attempts: [attempt({ outcome: 'unknown' })] }), 'act shield-first')
  assert.equal(said({ attempts: [shield({ caseId: 'c-earlier0' })] }), 'act shield-first')
})

test("a shield that was refused lately keeps nothing waiting, and a person's retry is not about it", () => {
  const attempts = [shield({ outcome: 'refused', createdAt: NOW - 30 * SECOND })]
  assert.equal(said({ attempts }), 'act bmc-answers')
  assert.equal(decided({ attempts, words: { retry: { id: 'w-1', ...ann } } }).act, 'reset')
})

test('where acts are approved the shield is asked for, and after a no the healing goes on without it', () => {
  const asked = (difference: Given) => {
    const { kind, reason, act } = decided({ mode: 'approve', ...difference })
    return `${kind} ${reason} ${act}`
  }
  assert.equal(asked({}), 'wait needs-approval shield')
  const rejection = { id: 'w-1', act: 'shield', cause: 'bmc-unreachable', number: 0, digest: 'd0', ...ann } as const
  assert.equal(asked({ words: { rejection } }), 'wait needs-approval reset')
  assert.match(decided({ actsLeft: 0 }).message, /reset/i)
  assert.equal(decided({ actsLeft: 0 }).act, 'reset')
})

test("a mark is written over only where a shield of ours on this node wrote it, an earlier case's too", () => {
  const EARLIER = 'c-earlier0'
  const marked = (mark: string, ...attempts: Attempt[]) => said({ node: { shield: mark }, attempts })
  const ours = shield({ caseId: EARLIER })
  assert.equal(marked(markOf(EARLIER), ours), 'act shield-first')
  assert.equal(marked(markOf(EARLIER), attempt(), ours), 'act shield-first')
  assert.equal(marked('mine'), 'act bmc-answers')
  assert.equal(marked('mine', ours), 'act bmc-answers')
  assert.equal(marked(markOf(EARLIER)), 'act bmc-answers')
  assert.equal(marked(markOf(EARLIER), shield({ caseId: 'c-another0' })), 'act bmc-answers')
  assert.equal(marked(markOf(EARLIER), attempt({ caseId: EARLIER })), 'act bmc-answers')
})

test("a host's time is the shield's as its reply said, else where it lies between its sending and its deadline, 5 s either way", () => {
  const of = (host: Partial<BlazarHostSeen> | null, sent: Partial<Attempt> = {}) =>
    updatedBy(lost(sent), host === null ? null : { ...DISABLED, ...host })
  const at = (ms: number) => naive(AT - NOW + ms)
  assert.equal(of(null, { blazar: { ...part, updated_at: 'as it was' } }), 'as it was')
  assert.equal(of({}, { blazar: { ...part, updated_at: SET }, markState: 'maybe' }), null)
  // Its process died before it said that it had got as far as Blazar.
  assert.equal(of({}, { markState: 'none' }), null)
  // A look after it showed the host disabled at another time.
  assert.equal(of({}, { blazar: { ...part, isUnclear: true } }), null)
  for (const ms of [-5 * SECOND, 0, 25 * SECOND]) assert.equal(of({ updated_at: at(ms) }), at(ms))
  for (const ms of [-5 * SECOND - 1, 25 * SECOND + 1]) assert.equal(of({ updated_at: at(ms) }), null)
  const others = [null, { id: 'h2' }, { disabled: false }, { disabled: null }, { updated_at: null }, { updated_at: 'soon' }]
  for (const host of others) assert.equal(of(host), null, JSON.stringify(host))
  assert.equal(of({}, { blazar: null }), null)
})

/** A healed node, proven but for its soak, on which our shield may still stand. */
const home = ({ node, ...rest }: Given): Given => ({
  ...rest,
  node: { provision_state: 'available', provision_updated_at: ago(5 * MINUTE), shield: markOf(CASE), ...node },
})
const shielded = (difference: Given = {}): Given => home({ host: DISABLED, attempts: [shield()], ...difference })
const active = { provision_state: 'active', instance_uuid: 'i-1' }
const SOAK = 'wait soak'

test('the shield of a healed node is given back to the monitor before the case closes, also where its mark is gone', () => {
  const { kind, reason, message } = decided(shielded())
  assert.equal(`${kind} ${reason}: ${message}`, "act shield-over: Blazar's host h is given back to its monitor: the case is over.")
  assert.deepEqual(planOf(shielded()), { act: 'unshield', blazar: { ...part, updated_at: SET } })
  assert.deepEqual(planOf(shielded({ node: { shield: null } })), { act: 'unshield', blazar: { ...part, updated_at: SET } })
  assert.deepEqual(planOf(shielded({ observation: { blazar: unknown('500') } })), {
    act: 'unshield',
    blazar: { ...part, updated_at: SET },
  })
})

test('where only the mark is left, it alone is removed', () => {
  const only = { act: 'unshield', blazar: part }
  const elsewhere: Given[] = [
    { host: { ...DISABLED, reservable: true, disabled: false } },
    { host: { ...DISABLED, id: 'h2' } },
    { host: { ...DISABLED, updated_at: naive(-MINUTE) } },
    { host: null },
  ]
  for (const one of elsewhere) {
    assert.deepEqual(planOf(shielded(one)), only, JSON.stringify(one))
    assert.equal(decided(shielded(one)).message, 'The mark of the shield is removed: the case is over.')
    assert.equal(said(shielded({ ...one, node: { shield: null } })), SOAK)
    assert.equal(said(shielded({ ...one, node: active })), 'resolve launched')
  }
  const never = shield({ outcome: 'not-sent', blazar: part })
  assert.deepEqual(planOf(shielded({ host: LENT, attempts: [attempt(), never] })), only)
  assert.equal(said(shielded({ host: LENT, attempts: [attempt()] })), SOAK)
  assert.equal(said(shielded({ host: LENT, attempts: [never], node: { shield: markOf('c-another0') } })), SOAK)
  assert.equal(said(shielded({ attempts: [shield({ caseId: 'c-another0' })], node: { shield: null } })), SOAK)
})

test('a shield stands until an end of it was seen', () => {
  const what = (...attempts: Attempt[]) => {
    const decision = decided(shielded({ node: { shield: null }, attempts }))
    return `${decision.kind} ${decision.reason}`
  }
  const over = 'act shield-over'
  assert.equal(what(unshield(), shield()), SOAK)
  for (const outcome of ['unknown', 'refused', 'not-sent'] as const) assert.equal(what(unshield({ outcome }), shield()), over)
  assert.equal(what(attempt(), shield()), over)
  assert.equal(what(shield(), unshield({ createdAt: NOW - 30 * MINUTE })), over)
  assert.equal(what(lost()), over)
  // An operator's, in the same seconds.
  assert.equal(what(shield({ outcome: 'refused', blazar: part })), SOAK)
  const { message } = decided(shielded({ attempts: [shield({ outcome: 'refused', blazar: part })] }))
  assert.equal(message, 'The mark of the shield is removed: the case is over.')
})

test('what Blazar said before the shield was set does not show it yet', () => {
  const read = (readAt: number, one: Partial<Attempt> = {}) =>
    said(shielded({ node: { shield: null }, attempts: [shield(one)], observation: { blazar: sees({ readAt }) } }))
  assert.deepEqual([read(AT + SECOND), read(AT + SECOND + 1)], ['act shield-over', SOAK])
  const deadline = AT + 20 * SECOND
  assert.deepEqual([read(deadline, { settledAt: null }), read(deadline + 1, { settledAt: null })], ['act shield-over', SOAK])
})

test("a host that is disabled and may be an operator's is left to a person as long as the mark says that it may be ours", () => {
  const unclear = (difference: Given = {}) =>
    shielded({ attempts: [lost()], host: { ...DISABLED, updated_at: naive(-MINUTE) }, ...difference })
  const message = (node: string) =>
    "Blazar's host h is disabled, and whether by Anneal or by an operator is not known. If nobody wants that: send Blazar PUT " +
    '/v1/os-hosts/h {"disabled": null}. If somebody does: `openstack baremetal node unset --extra anneal_shield ' +
    `${node}\`.`
  const told = (decision = decided(unclear())) => [decision.kind, decision.reason, decision.message, decision.until]
  assert.deepEqual(told(), ['escalate', 'shield-over', message('n1'), NOW + 10 * MINUTE])
  const nameless = inputOf(unclear({ node: { name: null } }))
  assert.equal(decide(nameless).message, message('0f2f8c1e-2a4b-4d1c-9a55-6d2f10b7a001'))
  assert.equal(said(unclear({ node: { shield: null } })), SOAK)
  const waiting = ['wait', 'shield-over', 'Blazar cannot be asked whether its host h is disabled.', NOW + MINUTE]
  for (const hidden of [{ observation: { blazar: unknown('500') } }, { host: { ...DISABLED, disabled: null, updated_at: null } }]) {
    assert.deepEqual(told(decided(unclear(hidden))), waiting)
    assert.equal(decided(unclear(hidden)).act, 'unshield')
  }
})

test('the shield of a node that somebody has ends at Blazar alone, and its mark stays', () => {
  const taken = (difference: Given = {}) => shielded({ ...difference, node: { ...active, ...difference.node } })
  assert.deepEqual(planOf(taken()), { act: 'unshield', blazar: { ...part, updated_at: SET, keepMark: true } })
  assert.equal(said(taken({ node: { protected: true } })), 'act shield-over')
  assert.equal(said(shielded({ node: { protected: true } })), 'escalate protected')
})

test("a person's hand or an open outcome comes before the end of a shield, and before nothing where none is left", () => {
  const words = { pause: ann }
  assert.equal(said(shielded({ words })), 'wait paused')
  assert.equal(said(shielded({ words, node: active })), 'wait paused')
  assert.equal(said(home({ words })), SOAK)
  const open = attempt({ outcome: 'unknown', settledAt: NOW - SECOND, result: null })
  assert.equal(said(shielded({ node: active, attempts: [open, shield()] })), 'wait outcome-unknown')
})

test('a quarantine is not ended on a node that somebody has, but its shield is', () => {
  const maintenance_reason = `anneal:${CASE} bmc-fault: Look at its BMC.`
  const released = (node: Given['node']) =>
    shielded({
      node: { ...node, maintenance: true, maintenance_reason },
      words: { release: { id: 'w-1', ...ann } },
      memory: { quarantine: { text: maintenance_reason, at: NOW - DAY, fault: false } },
    })
  assert.equal(said(released(active)), 'act shield-over')
  const input = inputOf(released({}))
  assert.ok(input.observation.node.kind === 'known' && input.case)
  const j = judge({ ...input, node: input.observation.node.value, memory: input.case.memory })
  assert.equal(shieldOver(j, { taken: false })?.reason, 'released-by-person')
})

test('a case that closes says what it leaves disabled, where nothing may be sent any more', () => {
  const closed = (difference: Given) => decided(shielded({ blazar: { mode: 'observe' }, node: active, ...difference })).message
  const launched = 'An instance runs on it (i-1): users can launch there.'
  const behind = `Blazar's host h is still disabled by Anneal: send Blazar PUT /v1/os-hosts/h {"disabled": null}.`
  assert.equal(closed({}), `${launched} ${behind}`)
  assert.equal(closed({ host: LENT }), launched)
  assert.equal(said(shielded({ blazar: { mode: 'observe' } })), SOAK)
})

test('a node that Ironic does not know any more is not let go of while our shield may stand at Blazar', () => {
  const inForce = { kind: 'wait', reason: 'node-gone', message: 'm', act: null, until: NOW, since: NOW - DAY, at: NOW } as const
  const gone = (difference: Given) => {
    const blazar = difference.observation?.blazar ?? sees({ host: DISABLED })
    return decided({ inForce, attempts: [shield()], ...difference, observation: { node: absent('404'), blazar } })
  }
  const left = (host: string) =>
    'Ironic does not know the node any more. ' +
    `Blazar's host ${host} is still disabled by Anneal: send Blazar PUT /v1/os-hosts/${host} {"disabled": null}.`
  const told = gone({})
  assert.deepEqual([told.kind, told.message, told.until], ['escalate', left('h'), NOW + 10 * MINUTE])
  // That the node is gone is believed after a day, and not before.
  assert.equal(gone({ inForce: { ...inForce, since: NOW - DAY + 1 } }).kind, 'wait')
  const unasked = { observation: { blazar: unknown('500') } }
  assert.equal(gone(unasked).message, left('h'))
  const whose = (host: string) =>
    'Ironic does not know the node any more. ' +
    `Blazar's host ${host} is disabled, and whether by Anneal or by an operator is not known. If nobody wants that: send Blazar PUT /v1/os-hosts/${host} {"disabled": null}.`
  assert.equal(gone({ ...unasked, attempts: [shield({ blazar: null })] }).message, whose('?'))
  const later = sees({ host: { ...DISABLED, updated_at: ago(HOUR) } })
  assert.equal(gone({ attempts: [lost()], observation: { blazar: later } }).message, whose('h'))
  const away: Given[] = [
    { attempts: [] },
    // Without an answer to its mark Blazar was sent nothing.
    { attempts: [lost({ markState: 'maybe' })] },
    { observation: { blazar: sees() } },
    { observation: { blazar: absent('no Blazar in the catalog') } },
  ]
  for (const one of away) assert.equal(gone(one).kind, 'resolve', JSON.stringify(one))
})

test('a node to whose host something was sent is proven only by what Blazar says afterwards', () => {
  const sent = (one: Attempt, readAt: number) => decided(home({ attempts: [one], observation: { blazar: sees({ readAt }) } }))
  const late = (settled: number) => unshield({ createdAt: settled - 5 * SECOND, settledAt: settled })
  const told = ({ kind, reason, message, until }: ReturnType<typeof sent>) => [`${kind} ${reason}`, message, (until ?? 0) - NOW]
  const waits = ['wait proof-pending', 'Blazar has not been looked at since it was sent something.']
  assert.deepEqual(told(sent(late(NOW - 10 * SECOND), NOW - 10 * SECOND)), [...waits, 51 * SECOND])
  assert.deepEqual(told(sent(late(NOW - 90 * SECOND), NOW - 2 * MINUTE)), [...waits, 5 * SECOND])
  assert.equal(sent(late(NOW - 10 * SECOND), NOW - 10 * SECOND + 1).reason, 'soak')
  const undated = unshield({ createdAt: NOW - MINUTE, settledAt: null })
  assert.deepEqual([sent(undated, NOW - MINUTE).reason, sent(undated, NOW - MINUTE + 1).reason], ['proof-pending', 'soak'])
  const before = (one: Partial<Attempt>) => sent({ ...late(NOW - 10 * SECOND), ...one }, NOW - MINUTE).reason
  assert.equal(before({ act: 'give-back' }), 'proof-pending')
  assert.equal(before({ act: 'reset', result: 'proven' }), 'soak')
  for (const outcome of ['refused', 'not-sent'] as const) assert.equal(before({ outcome }), 'soak')
  assert.equal(said(home({ attempts: [late(NOW - 10 * SECOND)], observation: { blazar: unknown('500') } })), SOAK)
})

const RESERVATION = { id: 'r', min: 1, max: 1, hypervisor_properties: '', resource_properties: '' }
const lease = (from: number, until: number, difference: Partial<HeldLease> = {}): HeldLease => ({
  ...{ id: 'l', name: 'demo', status: 'PENDING', project_id: 'p', user_id: 'u', host_id: 'h', lostAt: null },
  ...{ start_date: naive(from), end_date: naive(until), reservation: RESERVATION, ...difference },
})
const taken = (difference: Partial<HeldLease> = {}) => lease(HOUR, 3 * HOUR, { lostAt: NOW - MINUTE, ...difference })

/** A healed node from which Blazar took these leases. */
const bereft = (difference: Given = {}, seen: Partial<BlazarSeen> = {}, leases = [taken()]): Given => {
  const missing = leases.map(({ id }) => ({ lease_id: id, reservation_id: 'r', status: 'PENDING', hosts: [] }))
  const observation = { blazar: sees({ missing, ...seen }), ...difference.observation }
  return home({ memory: { leases }, ...difference, node: { shield: null, ...difference.node }, observation })
}
const GIVES = 'act lease-lost'

test('a pending lease that Blazar took from the node gets it back once it is healed', () => {
  const blazar = { ...part, lease: { id: 'l', reservation: RESERVATION } }
  assert.deepEqual(planOf(bereft()), { act: 'give-back', blazar })
  assert.equal(
    decided(bereft()).message,
    'Blazar took this node from lease "demo" (l, project p, user u, 2026-11-02T13:00:00.000Z to 2026-11-02T15:00:00.000Z) ' +
      'while it was broken, and gave it no other; it gets the node back.',
  )
  const second = [taken({ id: 'l2', lostAt: null }), taken()]
  assert.deepEqual(planOf(bereft({}, {}, second)), { act: 'give-back', blazar })
  // One whose terms were never seen hides no other.
  assert.deepEqual(planOf(bereft({}, {}, [taken({ id: 'l2', reservation: null }), taken()])), { act: 'give-back', blazar })
})

test('nothing is given back where the configuration, Blazar or the lease does not say that it may', () => {
  const kept: Given[] = [
    bereft({ blazar: { giveBack: false } }),
    bereft({ blazar: { giveBack: DEFAULT_POLICY.blazar.giveBack } }),
    bereft({ blazar: { mode: 'observe' } }),
    bereft({ observation: { blazar: unknown('500') } }),
    bereft({}, { kind: 'upstream' }),
    bereft({}, { kind: null }),
    bereft({}, { host: null }),
    bereft({ blazar: { monitor: 'unknown' } }, { host: { ...LENT, reservable: false } }),
    bereft({}, { host: { ...LENT, reservable: null } }),
    bereft({}, {}, []),
    bereft({}, {}, [taken({ reservation: null })]),
    bereft({}, {}, [taken({ lostAt: null })]),
    bereft({}, {}, [taken({ start_date: null })]),
    bereft({}, {}, [taken({ end_date: null })]),
  ]
  for (const one of kept) assert.equal(said(one), SOAK, JSON.stringify(one))
  assert.equal(said(bereft({ words: { pause: ann } })), 'wait paused')
  assert.equal(said(bereft({ mode: 'observe' })), 'wait observe-only')
})

test('a lease that has been given back by this case is not given back again', () => {
  const given = (id: string, difference: Partial<Attempt> = {}) =>
    attempt({ act: 'give-back', mark: null, blazar: { ...part, lease: { id, reservation: RESERVATION } }, ...difference })
  assert.equal(said(bereft({ attempts: [attempt(), given('l')] })), SOAK)
  assert.equal(said(bereft({ attempts: [attempt(), given('l2')] })), GIVES)
  assert.equal(said(bereft({ attempts: [given('l', { outcome: 'refused' })] })), GIVES)
  assert.equal(said(bereft({ attempts: [given('l', { caseId: 'c-earlier0' })] })), GIVES)
})

test('a lease gets the node only where nobody else has it for any of that time, as far as all that is there is known', () => {
  const beside = (...others: HeldLease[]) => said(bereft({}, { leases: others, total: others.length }))
  const [before, after] = [lease(0, HOUR), lease(3 * HOUR, 4 * HOUR)]
  assert.equal(beside(before, after), GIVES)
  assert.equal(beside({ ...before, start_date: null }, { ...after, end_date: null }), GIVES)
  assert.equal(said(bereft({}, { leases: [before], total: 2 })), SOAK)
  assert.equal(beside(before, lease(2 * HOUR, 4 * HOUR)), SOAK)
  for (const other of [lease(0, HOUR + 1), lease(3 * HOUR - 1, 4 * HOUR), lease(90 * MINUTE, 2 * HOUR), lease(0, 5 * HOUR)])
    assert.equal(beside(other), SOAK)
  assert.equal(beside({ ...lease(0, 2 * HOUR), start_date: null }), SOAK)
  assert.equal(beside({ ...lease(2 * HOUR, 4 * HOUR), end_date: null }), SOAK)
})

/** A node stranded in cleaning whose recovery leads through manageable. */
const stranded = (seen: Partial<BlazarSeen>, difference: Given = {}): Given => ({
  ...difference,
  node: {
    ...{ provision_state: 'cleaning', target_provision_state: 'available', provision_updated_at: ago(15 * MINUTE) },
    last_error: 'Async execution of _do_node_tear_down failed with error: HttpException: 503',
    ...difference.node,
  },
  observation: { blazar: sees(seen), ...difference.observation },
})
const starting = (ms: number | null) => ({ ...lease(ms ?? 0, 3 * HOUR), ...(ms === null ? { start_date: null } : {}) })

test('a recovery that would cost a lease its node waits until the lease has begun', () => {
  const near = (...starts: (number | null)[]) => decided(stranded({ leases: starts.map(starting), total: starts.length }))
  const { kind, reason, message, until, act } = near(-HOUR, 20 * MINUTE, 30 * MINUTE)
  assert.deepEqual([kind, reason, until, act], ['wait', 'lease-near', NOW + 20 * MINUTE, 'recover-cleaning'])
  assert.equal(
    message,
    'Its recovery leads through manageable, where Blazar would take the node from lease "demo" (l, project p, user u, ' +
      '2026-11-02T12:20:00.000Z to 2026-11-02T15:00:00.000Z); it waits until that has begun (2026-11-02T12:20:00.000Z).',
  )
  assert.deepEqual([near(1).reason, near(HOUR).reason], ['lease-near', 'lease-near'])
  for (const start of [0, HOUR + 1, null]) assert.equal(near(start).reason, 'stranded-cleaning')
})

test("it waits for no lease that Blazar's monitor would not take, nor for any on a person's retry", () => {
  const soon = { leases: [starting(20 * MINUTE)], total: 1 }
  assert.equal(said(stranded(soon, { blazar: { monitor: 'unknown' } })), 'wait lease-near')
  const free: Given[] = [
    stranded(soon, { words: { retry: { id: 'w-1', ...ann } } }),
    stranded(soon, { blazar: { monitor: 'off' } }),
    stranded(soon, { observation: { blazar: unknown('500') } }),
    stranded({ ...soon, kind: 'upstream' }),
    stranded({ ...soon, host: null }),
    stranded({ ...soon, host: { ...LENT, reservable: false } }),
    stranded({ ...soon, host: { ...LENT, reservable: null } }),
  ]
  for (const one of free) assert.equal(said(one), 'act stranded-cleaning', JSON.stringify(one))
  const failed = stranded(soon, { blazar: { monitor: 'unknown' }, node: { provision_state: 'clean failed', last_error: 'x' } })
  assert.equal(said(failed), 'act cleaning-failed')
})
