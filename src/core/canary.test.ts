/** What comes next for a self-canary, and when it speaks of trouble. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { given, NOW } from '../../test/given.ts'
import { type CanaryNode, type CanaryRound, canaryStep, canaryTrouble, canaryUnfit } from './canary.ts'
import { DAY, HOUR, MINUTE, SECOND } from './policy.ts'

const PLAN = { node: 'canary', every: DAY, within: 2 * HOUR }
const OPEN: CanaryRound = { begunAt: NOW - HOUR, failedAt: null, healedAt: null, sent: null }
const node = (difference: Partial<CanaryNode> = {}): CanaryNode => {
  const { observation } = given({ node: { provision_state: 'available' } })
  if (observation.node.kind !== 'known') throw new Error('the node is given')
  return { ...observation.node.value, driver: 'fake-hardware', isAgreed: true, isBroken: false, ...difference }
}
const step = (of: Partial<CanaryNode>, round: CanaryRound | null = OPEN, notNow: string | null = null) =>
  canaryStep({ node: node(of), plan: PLAN, round, notNow, now: NOW })

test('a round leads from available over active and error back to available', () => {
  const failed = { ...OPEN, failedAt: NOW - MINUTE }
  assert.deepEqual(step({}, null), { kind: 'begin' })
  assert.deepEqual(step({}), { kind: 'send', step: 'deploy' })
  assert.deepEqual(step({ provision_state: 'active' }), { kind: 'send', step: 'tear-down' })
  assert.deepEqual(step({ provision_state: 'error', driver: 'ipmi', isBroken: true }), { kind: 'send', step: 'mend' })
  assert.equal(step({ provision_state: 'error' }, failed).kind, 'wait')
  assert.deepEqual(step({}, failed), { kind: 'healed' })
  assert.equal(step({}, { ...failed, healedAt: NOW }).kind, 'wait')
  assert.deepEqual(step({}, { ...failed, healedAt: NOW, begunAt: NOW - DAY }), { kind: 'begin' })
})

test("where Ironic's power sync was faster, the cause is taken away all the same; a person's maintenance stays untouched", () => {
  const found = { maintenance: true, driver: 'ipmi', isBroken: true }
  for (const provision_state of ['active', 'error'])
    assert.deepEqual(step({ ...found, provision_state, fault: 'power failure' }), { kind: 'send', step: 'mend' })
  assert.equal(step({ ...found, provision_state: 'error', fault: null }).kind, 'wait')
})

test('nothing is sent to a node with a machine, with somebody on it, that nobody marked for it, or that is protected', () => {
  for (const unfit of [
    { driver: 'ipmi' },
    { driver: 'redfish', provision_state: 'active' },
    { isAgreed: false },
    { instance_uuid: 'i' },
    { allocation_uuid: 'a' },
    { protected: true },
    { retired: true },
  ])
    for (const provision_state of ['available', 'active', 'error'])
      assert.equal(step({ provision_state, ...unfit }).kind, 'refuse', JSON.stringify(unfit))
  assert.equal(step({ provision_state: 'active' }, null).kind, 'refuse')
  assert.equal(step({ provision_state: 'active' }, { ...OPEN, healedAt: NOW }).kind, 'refuse')
})

test('it waits while a person or a conductor has the node, while other nodes fail, and before it tries the same again', () => {
  for (const busy of [{ maintenance: true }, { hold: 'pat' }, { reservation: 'cond-1' }, { provision_state: 'cleaning' }])
    assert.equal(step(busy).kind, 'wait', JSON.stringify(busy))
  assert.equal(step({}, null, 'other nodes have open cases.').kind, 'wait')
  assert.equal(step({}, { ...OPEN, sent: { step: 'deploy', at: NOW - 9 * MINUTE } }).kind, 'wait')
  assert.equal(step({}, { ...OPEN, sent: { step: 'deploy', at: NOW - 10 * MINUTE } }).kind, 'send')
  assert.equal(step({ provision_state: 'active' }, { ...OPEN, sent: { step: 'deploy', at: NOW } }).kind, 'send')
})

test('there is trouble when a round is not healed in time, and when none could be run', () => {
  const trouble = (round: CanaryRound | null, since: number) => canaryTrouble(PLAN, round, { since, now: NOW }) !== null
  const healed = (begunAt: number) => ({ ...OPEN, begunAt, failedAt: begunAt, healedAt: begunAt + HOUR })
  assert.deepEqual([trouble({ ...OPEN, begunAt: NOW - 2 * HOUR }, 0), trouble({ ...OPEN, begunAt: NOW - 2 * HOUR - 1 }, 0)], [false, true])
  assert.deepEqual([trouble(healed(NOW - DAY), 0), trouble(healed(NOW - DAY - 2 * HOUR - 1), 0)], [false, true])
  assert.deepEqual([trouble(null, NOW - DAY), trouble(null, NOW - DAY - 2 * HOUR - 1)], [false, true])
  // A process that was down for a week has its time to try.
  assert.equal(trouble(healed(NOW - 7 * DAY), NOW - MINUTE), false)
})

test('a broken node is mended wherever it stands still, with a round or without, and not while it moves', () => {
  const broken = { driver: 'ipmi', isBroken: true }
  const mend = { kind: 'send', step: 'mend' }
  for (const round of [null, OPEN, { ...OPEN, failedAt: NOW }, { ...OPEN, healedAt: NOW, begunAt: NOW - DAY }]) {
    assert.deepEqual(step(broken, round), mend)
    assert.deepEqual(step({ ...broken, provision_state: 'error' }, round), mend)
  }
  const mending: CanaryRound = { ...OPEN, sent: { step: 'mend', at: NOW - 30 * SECOND } }
  for (const where of [{}, { provision_state: 'error' }, { maintenance: true, fault: 'power failure' }])
    assert.deepEqual(step({ ...broken, ...where }, mending), { kind: 'wait', message: 'mend was sent 30 s ago.' })
  assert.deepEqual(step({ ...broken, fault: 'power failure', provision_state: 'cleaning' }), { kind: 'wait', message: 'It is cleaning.' })
})

test('a wait says for what', () => {
  const waits = (of: Partial<CanaryNode>, message: string) => assert.deepEqual(step(of), { kind: 'wait', message })
  waits({ maintenance: true }, 'It is in maintenance.')
  waits({ maintenance: true, fault: 'power failure' }, 'It is in maintenance.')
  waits({ maintenance: true, driver: 'ipmi', isBroken: true }, 'It is in maintenance.')
  waits({ hold: '' }, 'It is held.')
  waits({ hold: 'pat', provision_state: 'error', driver: 'ipmi', isBroken: true }, 'It is held.')
  waits({ reservation: 'cond-1' }, 'A conductor is at work on it.')
  waits({ reservation: 'cond-1', provision_state: 'active' }, 'A conductor is at work on it.')
  // A person's hand is named before a conductor's, which ends by itself.
  waits({ maintenance: true, hold: 'pat', reservation: 'cond-1' }, 'It is in maintenance.')
  waits({ hold: 'pat', reservation: 'cond-1' }, 'It is held.')
  waits({ provision_state: 'error' }, 'It has failed and its cause is gone: it is healed like every other node.')
  waits({ provision_state: 'clean wait' }, 'It is clean wait.')
})

test('between rounds it says when the next one begins, and what a due one waits for', () => {
  const healed = (begunAt: number): CanaryRound => ({ ...OPEN, begunAt, failedAt: begunAt, healedAt: NOW - MINUTE })
  assert.deepEqual(step({}, healed(NOW - DAY + 1)), { kind: 'wait', message: 'The next round begins in 0 s.' })
  assert.deepEqual(step({}, healed(NOW - HOUR), 'Anneal is paused.'), { kind: 'wait', message: 'The next round begins in 23 h.' })
  const later = { kind: 'wait', message: 'A round is due and begins later: Anneal is paused.' }
  assert.deepEqual(step({}, healed(NOW - DAY), 'Anneal is paused.'), later)
  assert.deepEqual(step({}, null, 'Anneal is paused.'), later)
  // A round that is open goes on.
  assert.deepEqual(step({}, OPEN, 'Anneal is paused.'), { kind: 'send', step: 'deploy' })
})

test('what was sent is not sent again for ten minutes, and that is said', () => {
  const again = (at: number, of: Partial<CanaryNode> = {}) => step(of, { ...OPEN, sent: { step: 'deploy', at } })
  assert.deepEqual(again(NOW - 10 * MINUTE + 1), { kind: 'wait', message: 'deploy was sent 10 min ago.' })
  assert.deepEqual(again(NOW), { kind: 'wait', message: 'deploy was sent 0 s ago.' })
  assert.deepEqual(again(NOW - 10 * MINUTE), { kind: 'send', step: 'deploy' })
  assert.deepEqual(again(NOW, { provision_state: 'active' }), { kind: 'send', step: 'tear-down' })
})

test('a refusal says what a person must change, and first that nobody agreed', () => {
  const refuses = (of: Partial<CanaryNode>, message: string, round: CanaryRound | null = OPEN) =>
    assert.deepEqual(step(of, round), { kind: 'refuse', message })
  const unmarked = 'Its extra.anneal_canary is not true, so it is not touched: `openstack baremetal node set --extra anneal_canary=true`.'
  for (const where of [{}, { maintenance: true }, { hold: 'pat' }]) refuses({ isAgreed: false, ...where }, unmarked)
  refuses({ isAgreed: false, driver: 'ipmi', isBroken: true, protected: true }, unmarked)
  refuses({ driver: 'redfish' }, 'Its driver is redfish: only a fake-hardware node, which has no machine, is ever broken.')
  for (const taken of [{ instance_uuid: 'i' }, { allocation_uuid: 'a' }, { instance_uuid: 'i', driver: 'ipmi', isBroken: true }])
    refuses(taken, 'Somebody has an instance or an allocation on it.')
  for (const kept of [{ protected: true }, { retired: true }]) refuses(kept, 'It is protected or retired.')
  const used = 'It is active, and not by a round of the canary: somebody uses it.'
  for (const round of [null, { ...OPEN, healedAt: NOW }]) refuses({ provision_state: 'active' }, used, round)
  assert.equal(canaryUnfit(node()), null)
  assert.equal(canaryUnfit(node({ driver: 'ipmi', isBroken: true })), null)
})

test('trouble names the canary, for how long, and how long is allowed', () => {
  const trouble = (round: CanaryRound | null, since: number) => canaryTrouble(PLAN, round, { since, now: NOW })
  assert.equal(
    trouble({ ...OPEN, begunAt: NOW - 3 * HOUR }, NOW),
    'Canary canary was broken 3 h ago and is not healed; 2 h are allowed.',
    'whoever watches since a moment ago sees it as well',
  )
  const untried = 'Canary canary could not be tried for 1 d 3 h; a round is due every 1 d.'
  const healed = (begunAt: number) => ({ ...OPEN, begunAt, failedAt: begunAt, healedAt: begunAt + HOUR })
  assert.equal(trouble(null, NOW - 27 * HOUR), untried)
  assert.equal(trouble(healed(NOW - 27 * HOUR), 0), untried)
  assert.equal(trouble(healed(NOW - 7 * DAY), NOW - 27 * HOUR), untried)
  for (const begunAt of [26 * HOUR, 0]) assert.equal(trouble(healed(NOW - begunAt), 0), null)
  assert.equal(trouble(null, NOW - 26 * HOUR), null)
})
