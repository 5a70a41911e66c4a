/** The rows for `deleting`, `cleaning`, `clean wait` and `clean failed`, and which states open a case. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, type Difference, given, NOW, nova, observed, server } from '../../test/given.ts'
import type { Attempt } from './case.ts'
import { decide, opensCase } from './decide.ts'
import { DEFAULT_POLICY, HOUR, MINUTE } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

const said = (difference: Difference) => {
  const { kind, reason } = decide(given(difference))
  return `${kind} ${reason}`
}
const retry = { retry: { id: 'w-2', by: 'ann', why: 'new image', at: NOW } }
const cleanFailed = { provision_state: 'clean failed', target_provision_state: 'available' }
const stranded = {
  provision_state: 'cleaning',
  target_provision_state: 'available',
  last_error: 'Async execution of _do_node_tear_down failed with error: HttpException: 503',
  provision_updated_at: ago(15 * MINUTE),
}
const recovery = attempt({ act: 'recover-cleaning', step: 'manage', mark: null, markState: 'none' })

test('row 23: waits while a conductor tears down', () => {
  assert.equal(said({ node: { provision_state: 'deleting', reservation: 'cond-1' } }), 'wait transition')
})

test('row 23: tells a person when our own reset has shown no progress for two hours', () => {
  const running = (ms: number) => attempt({ createdAt: NOW - ms, endedAt: null, result: null })
  const node = (ms: number) => ({ provision_state: 'clean wait', provision_updated_at: ago(ms) })
  assert.equal(said({ node: node(2 * HOUR), attempts: [running(2 * HOUR + MINUTE)] }), 'escalate no-progress')
  assert.equal(said({ node: node(2 * HOUR - 1), attempts: [running(2 * HOUR + MINUTE)] }), 'wait transition')
  assert.equal(said({ node: node(2 * HOUR) }), 'wait transition')
})

test('row 23: goes on telling once the reset was counted as failed, for an act of this case that is as old', () => {
  const node = { provision_state: 'clean wait', provision_updated_at: ago(3 * HOUR) }
  const counted = (difference: Partial<Attempt>) => said({ node, attempts: [attempt({ createdAt: NOW - 3 * HOUR, ...difference })] })
  assert.equal(counted({}), 'escalate no-progress')
  assert.equal(counted({ createdAt: NOW - 2 * HOUR }), 'escalate no-progress')
  assert.equal(counted({ createdAt: NOW - 2 * HOUR + 1 }), 'wait transition')
  assert.equal(counted({ createdAt: NOW - 2 * HOUR + 1, endedAt: null, result: null }), 'wait transition')
  assert.equal(counted({ createdAt: NOW - 2 * HOUR, endedAt: null, result: null }), 'escalate no-progress')
  assert.equal(counted({ result: 'proven' }), 'wait transition')
  assert.equal(counted({ result: null }), 'wait transition')
  assert.equal(counted({ caseId: 'c-earlier0' }), 'wait transition')
})

test('row 23: names the act that shows no progress, not a newer one that is over', () => {
  const node = { provision_state: 'clean wait', provision_updated_at: ago(3 * HOUR) }
  const quarantine = attempt({ id: 'i-2', act: 'quarantine', createdAt: NOW - MINUTE, endedAt: NOW - MINUTE, result: null })
  const reset = attempt({ createdAt: NOW - 3 * HOUR, endedAt: null, result: null })
  const decision = decide(given({ node, attempts: [quarantine, reset] }))
  assert.match(decision.message, /since our reset: /)
  const recovered = attempt({ id: 'i-3', act: 'recover-cleaning', step: 'manage', createdAt: NOW - HOUR })
  assert.equal(said({ node, attempts: [recovered, attempt({ createdAt: NOW - 3 * HOUR })] }), 'escalate no-progress')
})

test('row 24: asks for a restart where a node is deleting without a lock for fifteen minutes', () => {
  const node = (ms: number) => ({ provision_state: 'deleting', target_provision_state: 'available', provision_updated_at: ago(ms) })
  assert.equal(said({ node: node(15 * MINUTE - 1) }), 'wait transition')
  assert.equal(said({ node: node(15 * MINUTE) }), 'escalate stuck-deleting')
})

test('rows 24 and 32: asks for a restart where the holder of the lock is dead for ten minutes', () => {
  for (const provision_state of ['deleting', 'cleaning']) {
    const node = { provision_state, reservation: 'cond-2' }
    const lock = { holder: 'cond-2', since: NOW - HOUR, deadSince: NOW - 10 * MINUTE }
    assert.equal(said({ node, memory: { lock } }), 'escalate stuck-lock')
    assert.equal(said({ node, memory: { lock: { ...lock, deadSince: NOW - MINUTE } } }), 'wait transition')
  }
})

test('row 25: recovers a cleaning that failed for a passing reason, once', () => {
  const decision = decide(given({ node: cleanFailed }))
  assert.deepEqual(decision.kind === 'act' && decision.plan, { act: 'recover-cleaning', number: 1, step: 'manage' })
  assert.equal(said({ node: cleanFailed, attempts: [recovery] }), 'escalate cleaning-failed')
  assert.equal(said({ node: cleanFailed, attempts: [recovery], words: retry }), 'act cleaning-failed')
  assert.equal(said({ node: cleanFailed, attempts: [{ ...recovery, outcome: 'refused' }] }), 'act cleaning-failed')
  assert.equal(said({ node: cleanFailed, attempts: [{ ...recovery, caseId: 'c-earlier0' }] }), 'act cleaning-failed')
})

test("row 25: tries once more after a person's release, and again on a person's retry", () => {
  const after = (releasedAt: number, words = {}) => said({ node: cleanFailed, attempts: [recovery], memory: { releasedAt }, words })
  assert.equal(after(NOW - 3 * HOUR), 'escalate cleaning-failed')
  assert.equal(after(NOW - 3 * HOUR + 1), 'act cleaning-failed')
  assert.equal(said({ node: cleanFailed, attempts: [{ ...recovery, outcome: 'not-sent' }] }), 'act cleaning-failed')
  assert.equal(said({ node: cleanFailed, attempts: [attempt()] }), 'act cleaning-failed')
})

test('row 25: leaves a retired node, which Ironic would not provide, to a person', () => {
  assert.equal(said({ node: { ...cleanFailed, retired: true, automated_clean: true } }), 'escalate cleaning-failed')
})

test('row 25: waits for a BMC that does not answer, and never while an instance may live', () => {
  const bmc = known({ kind: 'silent' as const, detail: 'three tries', at: NOW })
  assert.equal(said({ node: cleanFailed, observation: { bmc } }), 'wait bmc-silent')
  assert.equal(said({ node: cleanFailed, observation: { tenant: nova({ byNode: [server()] }) } }), 'leave instance-may-live')
})

test('a recovery is an attempt: it is not begun when three are spent', () => {
  const spent = [1, 2, 3].map((number) => attempt({ id: `i-${number}`, number, createdAt: NOW - (9 - number) * HOUR }))
  assert.equal(said({ node: cleanFailed, attempts: spent }), 'escalate attempts-spent')
  assert.equal(said({ node: cleanFailed, attempts: spent.slice(1) }), 'act cleaning-failed')
  assert.equal(said({ node: cleanFailed, attempts: spent, words: retry }), 'act cleaning-failed')
})

test("row 26: never clears Ironic's own maintenance", () => {
  const node = { ...cleanFailed, maintenance: true, maintenance_reason: 'Timeout reached while cleaning', fault: 'clean failure' }
  assert.equal(said({ node }), 'escalate other-fault')
})

test('row 27: leaves storage, settings and what will not pass to a person', () => {
  assert.equal(said({ node: cleanFailed, diagnosis: { cause: 'storage', transient: 'yes' } }), 'escalate needs-person')
  assert.equal(said({ node: cleanFailed, diagnosis: { cause: 'config', transient: 'maybe' } }), 'escalate needs-person')
  assert.equal(said({ node: cleanFailed, diagnosis: { cause: 'agent', transient: 'no' } }), 'escalate needs-person')
  assert.equal(said({ node: cleanFailed, diagnosis: { cause: 'agent', transient: 'no' }, words: retry }), 'act cleaning-failed')
})

test('row 28: leaves a cleaning that a person asked for, or whose target is not known, to that person', () => {
  assert.equal(said({ node: { ...cleanFailed, target_provision_state: 'manageable' } }), 'escalate cleaning-by-person')
  assert.equal(said({ node: { ...cleanFailed, target_provision_state: null } }), 'escalate cleaning-by-person')
})

test('row 29: asks whose instance it is where cleaning failed with instance_uuid set', () => {
  const memory = { gone: { instance_uuid: 'x', firstAt: NOW - HOUR, lastAt: NOW } }
  const observation = { tenant: nova({ byId: 'gone' }) }
  assert.equal(said({ node: { ...cleanFailed, instance_uuid: 'x' }, observation, memory }), 'escalate cleaning-failed')
})

test('rows 30 and 31: waits for a clean wait, unless it is in maintenance, where Ironic ends nothing', () => {
  const node = { provision_state: 'clean wait', target_provision_state: 'available' }
  assert.equal(said({ node }), 'wait transition')
  assert.equal(said({ node: { ...node, maintenance: true, maintenance_reason: 'swap' } }), 'leave maintenance-by-person')
  const fault = { maintenance: true, maintenance_reason: 'Step x failed', fault: 'clean failure' }
  assert.equal(said({ node: { ...node, ...fault } }), 'escalate other-fault')
})

test('row 41: a mark that is owed waits, since Ironic refuses every change of a node on its way', () => {
  const owed = attempt({ outcome: 'refused', markState: 'owed', result: null })
  const marks = { kind: 'list' as const, entries: [owed.mark ?? ''], total: 1 }
  assert.equal(said({ node: { ...stranded, marks }, attempts: [owed] }), 'act stranded-cleaning')
})

test('row 41: recovers a node stranded in cleaning for fifteen minutes, once', () => {
  assert.equal(said({ node: stranded }), 'act stranded-cleaning')
  assert.equal(said({ node: { ...stranded, provision_updated_at: ago(15 * MINUTE - 1) } }), 'wait transition')
  assert.equal(said({ node: { ...stranded, reservation: 'cond-1' } }), 'wait transition')
  assert.equal(said({ node: stranded, attempts: [recovery] }), 'escalate cleaning-failed')
})

test("row 41: leaves it to a person without Ironic's own text, with an instance, retired, or with another target", () => {
  assert.equal(said({ node: { ...stranded, last_error: null } }), 'escalate stranded-cleaning')
  assert.equal(said({ node: { ...stranded, last_error: `A step said: ${stranded.last_error}` } }), 'escalate stranded-cleaning')
  assert.equal(said({ node: { ...stranded, instance_uuid: 'x' } }), 'escalate stranded-cleaning')
  assert.equal(said({ node: { ...stranded, retired: true, automated_clean: true } }), 'escalate stranded-cleaning')
  assert.equal(said({ node: { ...stranded, target_provision_state: 'manageable' } }), 'escalate stranded-cleaning')
})

test('row 41: passes the gates first, a dead conductor among them', () => {
  const conductor = known({ hostname: 'cond-1', alive: false })
  assert.equal(said({ node: stranded, observation: { conductor } }), 'wait conductor-dead')
})

test('opens a case for error and clean failed, and for deleting and cleaning only when they are stuck', () => {
  const opens = (node: Parameters<typeof observed>[0], rest: Parameters<typeof observed>[1] = {}) =>
    opensCase({ observation: observed(node, rest), policy: DEFAULT_POLICY, now: NOW })
  assert.ok(opens({}))
  assert.ok(opens({ provision_state: 'clean failed' }))
  assert.ok(!opens({}, { node: unknown('503') }))
  assert.ok(!opens({}, { node: absent('404') }))
  assert.ok(opens(stranded))
  assert.ok(!opens({ ...stranded, provision_updated_at: ago(15 * MINUTE - 1) }))
  assert.ok(!opens({ ...stranded, reservation: 'cond-1' }, { holder: known({ hostname: 'cond-1', alive: true }) }))
  assert.ok(opens({ provision_state: 'deleting', reservation: 'cond-1' }, { holder: known({ hostname: 'cond-1', alive: false }) }))
  for (const provision_state of ['clean wait', 'available', 'active', 'deploy failed', 'manageable']) assert.ok(!opens({ provision_state }))
})
