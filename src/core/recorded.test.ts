/** Deciding again: the same by the recorded policy, and by another one what that one would have said on what was seen then. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, CASE, NOW } from '../../test/given.ts'
import { recorded } from '../../test/recorded.ts'
import { DAY, HOUR, MINUTE } from './policy.ts'
import type { Decided } from './recorded.ts'
import { decideAgain } from './recorded.ts'

const said = ({ decision: { kind, reason, act } }: Decided) => `${kind} ${reason} ${act}`

test('by the recorded policy a decision comes out the same, also after it was written down and read', () => {
  const one = recorded()
  assert.equal(said(one), 'act bmc-answers reset')
  const { decision, cause } = one
  assert.deepEqual(decideAgain(JSON.parse(JSON.stringify(one))), { decision, cause })
})

test('a longer spacing makes a wait of a reset, until the time that this spacing gives it', () => {
  const one = recorded({ policy: { jitter: 0 } })
  const again = decideAgain(one, { ...one.policy, spacing: [2 * HOUR] })
  assert.equal(said(again), 'wait spacing reset')
  assert.equal(again.decision.until, NOW + HOUR)
})

test('fewer resets make a quarantine of a reset, named by its case', () => {
  const one = recorded({
    attempts: [attempt()],
    memory: { failure: { provision_state: 'error', provision_updated_at: ago(HOUR), at: NOW - HOUR } },
  })
  assert.equal(said(one), 'act bmc-answers reset')
  const again = decideAgain(one, { ...one.policy, resets: { max: 1, window: 7 * DAY } })
  assert.equal(said(again), 'act attempts-spent quarantine')
  assert.match(again.decision.kind === 'act' && again.decision.plan.act === 'quarantine' ? again.decision.plan.text : '', new RegExp(CASE))
})

test('a case that only the other policy opens is decided on as one, and the other way round', () => {
  const node = {
    provision_state: 'deleting',
    target_provision_state: 'available',
    provision_updated_at: ago(20 * MINUTE),
    last_error: null,
  }
  const patient = recorded({ node, policy: { stuck: HOUR } }, { case: null })
  assert.equal(said(patient), 'wait transition null')
  const again = decideAgain(patient, { ...patient.policy, stuck: 15 * MINUTE })
  assert.equal(said(again), 'escalate stuck-deleting null')
  const opened = recorded({ node }, { case: null, newCase: 'c-1a2b3c4d' })
  assert.equal(said(opened), 'escalate stuck-deleting null')
  assert.equal(said(decideAgain(opened, { ...opened.policy, stuck: HOUR })), 'wait transition null')
})

test('a case opened then is called as it was, one that only the other policy opens by a name that is never drawn', () => {
  const opened = recorded({ policy: { mode: 'approve' } }, { case: null, newCase: 'c-1a2b3c4d' })
  assert.match(opened.decision.message, /`anneal approve c-1a2b3c4d` lets it\.$/)
  assert.deepEqual(decideAgain(opened).decision, opened.decision)
  const again = decideAgain({ ...opened, grounds: { ...opened.grounds, newCase: null } })
  assert.match(again.decision.message, /`anneal approve c-00000000` lets it\.$/)
  const well = recorded({ node: { provision_state: 'available', last_error: null } }, { case: null })
  assert.equal(said(decideAgain(well)), 'resolve healed null')
})

test('who was overruled observes by any policy; a policy that observes anyway says only that', () => {
  const one = recorded({}, { overruled: true })
  assert.match(one.decision.message, /Another process put another mode or policy in force/)
  const message = (mode: 'auto' | 'observe') => decideAgain(one, { ...one.policy, mode }).decision.message
  assert.match(message('auto'), /Another process/)
  assert.match(message('observe'), /Mode is observe/)
})

test('the limit of a sweep, a person’s words and the fleet are those of then', () => {
  const limited = recorded({ actsLeft: 0 })
  assert.equal(said(decideAgain(limited, { ...limited.policy, jitter: 0 })), 'wait fleet-budget reset')
  const paused = recorded({ words: { pause: { by: 'kim', why: 'release day', at: NOW } } })
  assert.equal(said(decideAgain(paused)), 'wait paused null')
  const busy = recorded({ fleet: { inFlight: { cloud: 2, inClass: 0, byKey: {} } } })
  assert.equal(said(busy), 'wait fleet-budget reset')
  const wider = { ...busy.policy, inFlight: { ...busy.policy.inFlight, cloudShare: 0.05 } }
  assert.equal(said(decideAgain(busy, wider)), 'act bmc-answers reset')
})

test('the backlog of a first pass is one still, though the store has seen the cloud since', () => {
  const fleet = { related: { backlog: 3 }, inFlight: { cloud: 1, inClass: 0, byKey: {} } }
  const one = recorded({ fleet }, { firstPass: true })
  assert.equal(said(one), 'wait canary-first reset')
  assert.equal(said(recorded({ fleet }, { firstPass: false })), 'act bmc-answers reset')
  assert.equal(said(decideAgain(one)), 'wait canary-first reset')
})
