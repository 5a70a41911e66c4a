/** What a later read makes of attempts: crashes at every point of a reset, lost answers, results. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, CASE, decided, NOW, observed } from '../../test/given.ts'
import type { Attempt } from './case.ts'
import type { BlazarHostSeen, BlazarSeen, LeaseSeen, Observation, ObservedNode } from './observation.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, type Policy, SECOND } from './policy.ts'
import { absent, known, unknown } from './reading.ts'
import { afterSettling, settle, unseenSince } from './settle.ts'
import { updatedBy } from './shield.ts'

const MARK = '2026-11-02T11:50:00.000Z'
const marked = { marks: { kind: 'list' as const, entries: ['2026-10-01T00:00:00', MARK], total: 2 } }
const moved = { provision_state: 'deleting', provision_updated_at: ago(MINUTE), target_provision_state: 'available' }

/** A reset whose process died ten minutes ago, before it could record anything. */
const forgotten = (difference: Partial<Attempt> = {}) =>
  attempt({
    createdAt: NOW - 10 * MINUTE,
    mark: MARK,
    markState: 'none',
    outcome: null,
    settledAt: null,
    endedAt: null,
    result: null,
    ...difference,
  })

function settled(one: Attempt, node: Partial<ObservedNode>, now = NOW, seenAt = now): Attempt {
  const found = settle({ attempts: [one], o: observed(node, { at: seenAt }), policy: DEFAULT_POLICY, now })
  const [after] = afterSettling([one], found)
  assert.ok(after)
  return after
}
const said = (a: Attempt) => [a.outcome, a.markState, a.endedAt === null ? 'open' : 'ended', a.result]

test('a crash between the intent and the mark leaves nothing sent and nothing owed', () => {
  assert.deepEqual(said(settled(forgotten(), {})), ['not-sent', 'none', 'ended', null])
})

test('a crash between the mark and the verb leaves a mark owed', () => {
  assert.deepEqual(said(settled(forgotten(), marked)), ['not-sent', 'owed', 'ended', null])
})

test('a crash after the verb is an accepted reset that is under way', () => {
  assert.deepEqual(said(settled(forgotten(), { ...marked, ...moved })), ['accepted', 'written', 'open', null])
})

test('a reset whose mark was seen to stand counts although somebody has emptied the list since', () => {
  const lost = attempt({ createdAt: NOW - 10 * MINUTE, settledAt: NOW - 10 * MINUTE, outcome: 'unknown', endedAt: null, result: null })
  assert.deepEqual(said(settled(lost, moved)), ['accepted', 'written', 'open', null])
})

test('a node that somebody else moved is not our reset where our mark is missing', () => {
  assert.deepEqual(said(settled(forgotten(), moved)), ['not-sent', 'none', 'ended', null])
})

test('an intent without an outcome is settled only three minutes after its deadline', () => {
  const one = forgotten()
  const due = one.deadlineAt + 180 * SECOND
  assert.equal(settled(one, marked, due - 1).outcome, null)
  assert.equal(settled(one, marked, due).outcome, 'not-sent')
})

test('an unknown outcome is settled only after 150 seconds, in which Ironic may still deliver', () => {
  const lost = forgotten({ outcome: 'unknown', markState: 'maybe', settledAt: NOW })
  assert.deepEqual(said(settled(lost, marked, NOW + 150 * SECOND - 1)), ['unknown', 'maybe', 'open', null])
  assert.deepEqual(said(settled(lost, marked, NOW + 150 * SECOND)), ['not-sent', 'owed', 'ended', null])
  assert.deepEqual(said(settled(lost, { ...marked, ...moved }, NOW + 150 * SECOND)), ['accepted', 'written', 'open', null])
  const undated = forgotten({ outcome: 'unknown', settledAt: null, createdAt: NOW, deadlineAt: NOW + 20 * SECOND })
  assert.equal(settled(undated, marked, NOW + 30 * SECOND).outcome, 'unknown')
})

test('a look from before its time settles nothing, however late it is decided on, nor does one that a fast clock dates ahead', () => {
  const lost = forgotten({ outcome: 'unknown', markState: 'maybe', settledAt: NOW })
  const due = NOW + 150 * SECOND
  assert.equal(settled(lost, marked, due + 30 * SECOND, due - 1).outcome, 'unknown')
  assert.equal(settled(lost, marked, due - 1, due + 30 * SECOND).outcome, 'unknown')
  const one = forgotten()
  assert.equal(settled(one, marked, one.deadlineAt + 200 * SECOND, one.deadlineAt + 179 * SECOND).outcome, null)
  const begun = attempt({ createdAt: NOW - 149 * SECOND, settledAt: NOW - 149 * SECOND, outcome: 'accepted', endedAt: null, result: null })
  assert.equal(settled(begun, marked, NOW + 10 * SECOND, NOW).result, null)
})

test('nothing is settled while a conductor holds the node, or while the node is not shown', () => {
  assert.equal(settled(forgotten(), { ...marked, reservation: 'cond-1' }).outcome, null)
  assert.deepEqual(settle({ attempts: [forgotten()], o: observed({}, { node: unknown('503') }), policy: DEFAULT_POLICY, now: NOW }), [])
})

test('a conductor that tears down or cleans the node is the reset at work, so it holds back nothing', () => {
  assert.equal(settled(forgotten(), { ...marked, ...moved, reservation: 'cond-1' }).outcome, 'accepted')
})

test('a reset that was decided on nothing known is not taken for one that happened', () => {
  assert.deepEqual(said(settled(forgotten({ decided: null }), { ...marked, ...moved })), ['not-sent', 'owed', 'ended', null])
})

test('a quarantine happened where its words stand, a release where the maintenance is gone', () => {
  const act = (name: 'quarantine' | 'release') => forgotten({ act: name, mark: null })
  const ours = { maintenance: true, maintenance_reason: `anneal:${CASE} config: Look.` }
  assert.deepEqual(said(settled(act('quarantine'), ours)), ['accepted', 'none', 'ended', null])
  assert.deepEqual(said(settled(act('quarantine'), { maintenance: true, maintenance_reason: 'swap' })), ['not-sent', 'none', 'ended', null])
  assert.equal(settled(act('release'), {}).outcome, 'accepted')
  assert.equal(settled(act('release'), ours).outcome, 'not-sent')
})

test('an unmark happened where the mark is gone, and it leaves no mark of its own owed', () => {
  const unmark = forgotten({ act: 'unmark' })
  assert.deepEqual(said(settled(unmark, { marks: { kind: 'list', entries: [], total: 0 } })), ['accepted', 'none', 'ended', null])
  assert.deepEqual(said(settled(unmark, {})), ['accepted', 'none', 'ended', null])
  assert.deepEqual(said(settled(unmark, marked)), ['not-sent', 'none', 'ended', null])
})

test('an act that was done with its answer has no course to follow, wherever the node goes', () => {
  const home = { provision_state: 'active', provision_updated_at: ago(MINUTE) }
  for (const act of ['quarantine', 'release', 'unmark', 'shield', 'unshield', 'give-back'] as const) {
    const done = attempt({ act, result: null })
    assert.deepEqual(settle({ attempts: [done], o: observed(home), policy: DEFAULT_POLICY, now: NOW }), [])
  }
})

const running = attempt({ createdAt: NOW - HOUR, mark: MARK, endedAt: null, result: null })

test('a reset holds its place until the node leaves deleting, cleaning and clean wait', () => {
  for (const provision_state of ['deleting', 'cleaning', 'clean wait']) {
    assert.deepEqual(said(settled(running, { ...moved, provision_state })), ['accepted', 'written', 'open', null])
  }
  const home = { provision_state: 'available', provision_updated_at: ago(MINUTE) }
  assert.deepEqual(said(settled(running, home)), ['accepted', 'written', 'ended', 'proven'])
  assert.deepEqual(said(settled(running, { ...home, power_state: null })), ['accepted', 'written', 'ended', null])
})

test('a reset failed where the node is in error or clean failed again', () => {
  for (const provision_state of ['error', 'clean failed']) {
    assert.deepEqual(said(settled(running, { provision_state, provision_updated_at: ago(MINUTE) })), [
      'accepted',
      'written',
      'ended',
      'failed',
    ])
  }
})

test('a reset whose node never moved failed too, once Ironic can no longer deliver it', () => {
  const fresh = { ...running, createdAt: NOW - 150 * SECOND + 1 }
  assert.deepEqual(said(settled(fresh, {})), ['accepted', 'written', 'open', null])
  assert.deepEqual(said(settled({ ...running, createdAt: NOW - 150 * SECOND }, {})), ['accepted', 'written', 'ended', 'failed'])
  assert.deepEqual(said(settled(running, {})), ['accepted', 'written', 'ended', 'failed'])
})

test('a reset without progress for two hours frees its place and counts as failed', () => {
  const old = { ...running, createdAt: NOW - 3 * HOUR }
  const since = (ms: number) => ({ ...moved, provision_updated_at: ago(ms) })
  assert.deepEqual(said(settled(old, since(2 * HOUR - 1))), ['accepted', 'written', 'open', null])
  assert.deepEqual(said(settled(old, since(2 * HOUR))), ['accepted', 'written', 'ended', 'failed'])
})

test('a reset stranded in cleaning frees its place for the recovery', () => {
  const stranded = { ...moved, provision_state: 'cleaning', provision_updated_at: ago(15 * MINUTE) }
  assert.deepEqual(said(settled(running, stranded)), ['accepted', 'written', 'ended', 'failed'])
  assert.equal(settled(running, { ...stranded, reservation: 'cond-1' }).endedAt, null)
})

test('only a cleaning is stranded, and only after fifteen minutes that are known to have passed', () => {
  const since = (provision_state: string, provision_updated_at: string | null, createdAt = NOW - HOUR) =>
    settled({ ...running, createdAt }, { ...moved, provision_state, provision_updated_at }).result
  assert.equal(since('cleaning', ago(15 * MINUTE - 1)), null)
  assert.equal(since('clean wait', ago(15 * MINUTE)), null)
  assert.equal(since('cleaning', null), null)
  assert.equal(since('cleaning', null, NOW - 2 * HOUR), 'failed')
})

test('the recovery of a stranded node has its 150 seconds in the cleaning that it was decided on', () => {
  const stranded = { provision_state: 'cleaning', provision_updated_at: ago(20 * MINUTE) }
  const manage = (createdAt: number) =>
    settled({ ...running, act: 'recover-cleaning', step: 'manage', decided: decided(stranded), createdAt }, stranded).result
  assert.equal(manage(NOW - 150 * SECOND + 1), null)
  assert.equal(manage(NOW - 150 * SECOND), 'failed')
})

test('an instance on the node proves the reset', () => {
  assert.equal(settled(running, { provision_state: 'active', provision_updated_at: ago(MINUTE) }).result, 'proven')
})

test('the first step of a recovery ends in manageable, without a result of its own yet', () => {
  const manage = {
    ...running,
    act: 'recover-cleaning' as const,
    step: 'manage' as const,
    decided: decided({ provision_state: 'clean failed' }),
  }
  assert.deepEqual(said(settled(manage, { provision_state: 'manageable', provision_updated_at: ago(MINUTE) })).slice(2), ['ended', null])
})

test('the first step of a recovery happened where the node has moved, although it leaves no mark', () => {
  const clean = { provision_state: 'clean failed', provision_updated_at: ago(2 * HOUR) }
  const manage = forgotten({ act: 'recover-cleaning', step: 'manage', mark: null, decided: decided(clean) })
  assert.deepEqual(said(settled(manage, { provision_state: 'manageable', provision_updated_at: ago(MINUTE) })), [
    'accepted',
    'none',
    'ended',
    null,
  ])
  assert.deepEqual(said(settled(manage, clean)), ['not-sent', 'none', 'ended', null])
})

test('a node has moved where its state or the time of its state has changed, one of them alone too', () => {
  const after = (node: Partial<ObservedNode>) => settled(running, { ...marked, ...node }, NOW).endedAt
  const forgot = (node: Partial<ObservedNode>) => settled(forgotten(), { ...marked, ...node }).outcome
  for (const node of [{ provision_state: 'clean failed' }, { provision_updated_at: ago(MINUTE) }]) {
    assert.equal(after(node), NOW)
    assert.equal(forgot(node), 'accepted')
  }
  const fresh = { ...running, createdAt: NOW - MINUTE }
  assert.equal(settled(fresh, {}).result, null)
  assert.equal(settled(fresh, { provision_state: 'clean failed' }).result, 'failed')
  assert.equal(settled(fresh, { provision_updated_at: ago(MINUTE) }).result, 'failed')
})

test('a proof that comes later does not move the end, and a node that somebody took on afterwards is no failure of ours', () => {
  const ended = { ...running, endedAt: NOW - 30 * MINUTE }
  const home = { provision_state: 'available', provision_updated_at: ago(40 * MINUTE) }
  const proof = settled(ended, home)
  assert.deepEqual([proof.endedAt, proof.result], [NOW - 30 * MINUTE, 'proven'])
  assert.deepEqual(settle({ attempts: [ended], o: observed({ ...home, power_state: null }), policy: DEFAULT_POLICY, now: NOW }), [])
  const cleaning = { provision_state: 'cleaning', provision_updated_at: ago(20 * MINUTE) }
  assert.deepEqual(settle({ attempts: [ended], o: observed(cleaning), policy: DEFAULT_POLICY, now: NOW }), [])
})

test('an unknown outcome whose case has ended it is settled no more', () => {
  const lost = forgotten({ outcome: 'unknown', markState: 'maybe', settledAt: NOW - HOUR, endedAt: NOW - HOUR })
  assert.deepEqual(settle({ attempts: [lost], o: observed(marked), policy: DEFAULT_POLICY, now: NOW }), [])
})

test('says by what an outcome was told, and settles each attempt by itself', () => {
  const [release, quarantine] = [forgotten({ id: 'i-1', act: 'release' }), forgotten({ id: 'i-2', act: 'quarantine' })]
  const found = settle({ attempts: [release, quarantine], o: observed({}), policy: DEFAULT_POLICY, now: NOW })
  assert.deepEqual(
    afterSettling([release, quarantine], found).map((a) => a.outcomeReason),
    ['A later read shows that the release happened.', 'A later read shows that the quarantine did not happen.'],
  )
})

test('what is settled stays settled', () => {
  const over = attempt({ mark: MARK })
  assert.deepEqual(settle({ attempts: [over], o: observed({ provision_state: 'available' }), policy: DEFAULT_POLICY, now: NOW }), [])
})

test('an attempt on a node that Ironic does not know any more ends after two hours, and on one that cannot be read after a day', () => {
  const on = (node: Observation['node'], one: Attempt, now: number) => {
    const [after] = afterSettling([one], settle({ attempts: [one], o: { ...observed(), node }, policy: DEFAULT_POLICY, now }))
    return after === undefined ? [] : said(after)
  }
  const gone = absent('Ironic answers 404')
  const open = (outcome: Attempt['outcome']) => forgotten({ outcome, createdAt: NOW, markState: 'written' })
  for (const outcome of [null, 'unknown', 'accepted'] as const) {
    assert.deepEqual(on(gone, open(outcome), NOW + 2 * HOUR - 1), [outcome, 'written', 'open', null])
    assert.deepEqual(on(gone, open(outcome), NOW + 2 * HOUR), [outcome ?? 'unknown', 'written', 'ended', 'failed'])
    assert.deepEqual(on(unknown('500'), open(outcome), NOW + DAY - 1), [outcome, 'written', 'open', null])
    assert.deepEqual(on(unknown('500'), open(outcome), NOW + DAY), [outcome ?? 'unknown', 'written', 'ended', 'failed'])
  }
  const [settled] = settle({ attempts: [open(null)], o: { ...observed(), node: gone }, policy: DEFAULT_POLICY, now: NOW + DAY })
  assert.equal(settled?.outcomeReason, 'Ironic does not show the node any more, so what became of it is not known.')
  const quarantine = forgotten({ act: 'quarantine', mark: null, createdAt: NOW })
  assert.deepEqual(on(gone, quarantine, NOW + 2 * HOUR), ['unknown', 'none', 'ended', null], 'an act without a course comes to nothing')
  const over = attempt({ endedAt: NOW, result: null })
  assert.deepEqual(settle({ attempts: [over], o: { ...observed(), node: gone }, policy: DEFAULT_POLICY, now: NOW + DAY }), [])
})

test('what nobody saw the end of holds its place as long as a repair may stand still, and never less than a read needs to settle it', () => {
  const from = (policy: Partial<Policy>) => NOW - unseenSince({ ...DEFAULT_POLICY, ...policy }, NOW)
  assert.equal(from({}), 2 * HOUR)
  assert.deepEqual([from({ progress: MINUTE }), from({ progress: 201 * SECOND })], [200 * SECOND, 201 * SECOND])
  assert.equal(from({ progress: MINUTE, unknownOutcome: 10 * MINUTE }), 10 * MINUTE + 20 * SECOND)
})

const SET = '2026-11-02 11:50:01.000000'
const LENT = { id: 'h', reservable: true, disabled: false, updated_at: null }
const DISABLED = { id: 'h', reservable: false, disabled: true, updated_at: SET }
const sees = (seen: Partial<BlazarSeen> = {}): Observation['blazar'] =>
  known({ readAt: NOW, kind: 'chameleon', host: LENT, leases: [], total: 0, missing: [], ...seen })
const part = { host_id: 'h', updated_at: null, keepMark: false, lease: null }
const ours = { shield: `{"v":1,"case":"${CASE}"}` }
/** A shield whose process died ten minutes ago. */
const shield = (difference: Partial<Attempt> = {}) => forgotten({ act: 'shield', mark: null, blazar: part, ...difference })

function settledBy(blazar: Observation['blazar'], one: Attempt, node: Partial<ObservedNode> = {}): Attempt {
  const found = settle({ attempts: [one], o: observed(node, { blazar }), policy: DEFAULT_POLICY, now: NOW })
  return afterSettling([one], found)[0] ?? assert.fail()
}
const became = (a: Attempt) => [a.outcome, a.endedAt, a.outcomeReason]
const happened = (act: string) => ['accepted', NOW, `A later read shows that the ${act} happened.`]
const didNot = (act: string) => ['not-sent', NOW, `A later read shows that the ${act} did not happen.`]

test('what Blazar said before an act was sent settles nothing, whatever the wall clock says meanwhile', () => {
  const after = (readAt: number, one: Partial<Attempt> = {}) =>
    said(settledBy(sees({ readAt }), shield({ outcome: 'unknown', settledAt: NOW - 3 * MINUTE, ...one })))
  assert.deepEqual(after(NOW - 3 * MINUTE), ['unknown', 'none', 'open', null])
  assert.deepEqual(after(NOW - 3 * MINUTE + 1), ['not-sent', 'none', 'ended', null])
  const { deadlineAt } = shield()
  assert.deepEqual(after(deadlineAt, { outcome: null, settledAt: null }), [null, 'none', 'open', null])
  assert.deepEqual(after(deadlineAt + 1, { outcome: null, settledAt: null }), ['not-sent', 'none', 'ended', null])
})

test('where Blazar cannot be asked an act at it ends unknown, and the node is kept waiting no longer', () => {
  const reason = 'Blazar cannot be asked what became of the shield (500).'
  assert.deepEqual(became(settledBy(unknown('500'), shield())), ['unknown', NOW, reason])
})

test('a shield happened where its mark stands and its host was disabled while it was on its way', () => {
  const after = (host: BlazarHostSeen | null, node: Partial<ObservedNode> = ours, one: Partial<Attempt> = {}) =>
    became(settledBy(sees({ host }), shield({ outcome: 'unknown', markState: 'written', settledAt: NOW - 3 * MINUTE, ...one }), node))
  assert.deepEqual(after(DISABLED), happened('shield'))
  for (const host of [LENT, { ...DISABLED, disabled: null }, null]) assert.deepEqual(after(host), didNot('shield'))
  const later = { ...DISABLED, updated_at: '2026-11-02 11:55:00.000000' }
  const whose = "Blazar's host h is disabled, and whether by this act is not known."
  assert.deepEqual(after(later), ['unknown', NOW, whose])
  // Its process died before it said that it had got as far as Blazar: it may be an operator's who took over.
  assert.deepEqual(after(DISABLED, ours, { outcome: null, markState: 'none', settledAt: null }), ['unknown', NOW, whose])
  // Without its mark nothing was sent to Blazar.
  for (const host of [DISABLED, later]) {
    assert.deepEqual(after(host, {}), didNot('shield'))
    assert.deepEqual(after(host, { shield: '{"v":1,"case":"c-another0"}' }), didNot('shield'))
    assert.deepEqual(after(host, ours, { markState: 'maybe' }), didNot('shield'))
  }
})

test('a shield whose reply was lost is never taken for a later change of its host once a look showed it disabled at another time', () => {
  const later = { ...DISABLED, updated_at: '2026-11-02 11:55:00.000000' }
  const open = { outcome: 'unknown', markState: 'written', settledAt: NOW - 3 * MINUTE } as const
  const after = (seen: Observation['blazar'], one: Partial<Attempt> = {}) => settledBy(seen, shield({ ...open, ...one }), ours)
  const unclear = { ...part, isUnclear: true }
  const kept = after(sees({ host: later }))
  assert.deepEqual(kept.blazar, unclear)
  const { markState, createdAt, deadlineAt } = kept
  assert.equal(updatedBy({ markState, createdAt, deadlineAt, blazar: part }, DISABLED), SET)
  assert.equal(updatedBy(kept, DISABLED), null)
  // Also where Blazar could first be asked after the shield had ended, and before it has.
  const ended = { endedAt: NOW - MINUTE, settledAt: NOW - MINUTE }
  assert.deepEqual(after(sees({ host: later }), ended).blazar, unclear)
  assert.deepEqual(after(sees({ host: later }), { settledAt: NOW - SECOND }).blazar, unclear)
  assert.deepEqual(after(sees({ host: DISABLED }), { settledAt: NOW - SECOND }).blazar, part)
  const shown = [{ ...later, id: 'h2' }, { ...later, disabled: null }, { ...later, disabled: false }, null, DISABLED]
  for (const host of shown) assert.deepEqual(after(sees({ host })).blazar, part, JSON.stringify(host))
  assert.deepEqual(after(unknown('500')).blazar, part)
  assert.deepEqual(after(sees({ host: later, readAt: NOW - MINUTE }), ended).blazar, part)
  for (const outcome of ['accepted', 'refused', 'not-sent'] as const)
    assert.deepEqual(after(sees({ host: later }), { ...ended, outcome }).blazar, part)
  const known = { ...part, updated_at: SET }
  assert.deepEqual(after(sees({ host: later }), { ...ended, blazar: known }).blazar, known)
  assert.deepEqual(after(sees({ host: later }), { ...ended, act: 'unshield' }).blazar, part)
  const again = settle({ attempts: [kept], o: observed(ours, { blazar: sees({ host: later }) }), policy: DEFAULT_POLICY, now: NOW })
  assert.deepEqual(again, [])
})

test('an unshield happened where the host is not disabled and the mark is gone, but for one that is to stay', () => {
  const after = (host: BlazarHostSeen | null, node: Partial<ObservedNode>, keepMark = false) =>
    became(settledBy(sees({ host }), shield({ act: 'unshield', blazar: { ...part, keepMark } }), node))
  assert.deepEqual(after(LENT, {}), happened('unshield'))
  assert.deepEqual(after(null, {}), happened('unshield'))
  assert.deepEqual(after(LENT, { shield: '{"v":1,"case":"c-another0"}' }), happened('unshield'))
  assert.deepEqual(after(LENT, ours), didNot('unshield'))
  assert.deepEqual(after(LENT, ours, true), happened('unshield'))
  assert.deepEqual(after(DISABLED, {}), didNot('unshield'))
  assert.deepEqual(after(DISABLED, ours, true), didNot('unshield'))
  // Withheld is not seen.
  assert.deepEqual(after({ ...LENT, disabled: null }, ours, true), didNot('unshield'))
  // An operator disabled it meanwhile.
  assert.deepEqual(after({ ...DISABLED, updated_at: '2026-11-02 11:55:00.000000' }, ours), didNot('unshield'))
})

test('a give-back happened where Blazar has its lease on the node again, whatever else stands there', () => {
  const reservation = { id: 'r', min: 1, max: 1, hypervisor_properties: '', resource_properties: '' }
  const lease = (id: string): LeaseSeen => ({
    ...{ id, name: null, start_date: null, end_date: null, status: null, project_id: null, user_id: null },
    reservation,
  })
  const after = (leases: LeaseSeen[], host: BlazarHostSeen = LENT, node: Partial<ObservedNode> = {}) =>
    became(settledBy(sees({ host, leases }), shield({ act: 'give-back', blazar: { ...part, lease: { id: 'l', reservation } } }), node))
  assert.deepEqual(after([lease('other'), lease('l')]), happened('give-back'))
  assert.deepEqual(after([lease('l')], { ...DISABLED, updated_at: null }, ours), happened('give-back'))
  assert.deepEqual(after([lease('other')]), didNot('give-back'))
  assert.deepEqual(after([]), didNot('give-back'))
})
