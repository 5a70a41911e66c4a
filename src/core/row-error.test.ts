/** The rows of the decision table for a node in `error`, one test per row, at the edges of its numbers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, CASE, type Difference, given, NOW, nova, server } from '../../test/given.ts'
import type { Attempt } from './case.ts'
import { decide } from './decide.ts'
import { DAY, HOUR, MINUTE } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

const said = (difference: Difference) => {
  const { kind, reason } = decide(given(difference))
  return `${kind} ${reason}`
}
const look = (kind: 'answers' | 'faulty' | 'silent' | 'refusing') => ({ bmc: known({ kind, detail: 'three tries', at: NOW }) })
const blind = { bmc: unknown('no-route-from-here') }
const failedAt = (ms: number) => ({ failure: { provision_state: 'error', provision_updated_at: ago(ms), at: NOW - ms } })
const failed = (count: number, difference: Partial<Attempt> = {}) =>
  Array.from({ length: count }, (_, i) => attempt({ id: `i-${i}`, createdAt: NOW - (9 - i) * HOUR, number: i + 1, ...difference }))
const retry = { retry: { id: 'w-2', by: 'ann', why: 'new cable', at: NOW } }

test('row 1: resets a node whose BMC answers again', () => {
  assert.equal(said({}), 'act bmc-answers')
})

test('row 1: trusts Ironic, which erases the error when it has read the BMC again', () => {
  const text = { text: 'IPMI call failed: power status.', source: 'history', at: ago(HOUR), provision_state: 'error' } as const
  assert.equal(said({ observation: blind, node: { last_error: null }, memory: { text } }), 'act bmc-seen-by-ironic')
})

test('row 1: trusts a power sync that was seen to work and has had ten minutes', () => {
  const event = { uuid: 'h', created_at: ago(2 * HOUR), severity: 'ERROR', event_type: null, conductor: null }
  const history = known([{ ...event, event: 'During sync_power_state, max retries exceeded for node' }])
  const observation = { ...blind, history }
  assert.equal(said({ observation, memory: failedAt(10 * MINUTE) }), 'act bmc-seen-by-ironic')
  assert.equal(said({ observation, memory: failedAt(10 * MINUTE - 1) }), 'wait bmc-unknown')
  assert.equal(said({ observation: blind, memory: failedAt(10 * MINUTE) }), 'wait bmc-unknown')
  assert.equal(said({ observation, node: { power_state: null }, memory: failedAt(12 * MINUTE) }), 'wait bmc-unknown')
})

test('row 2: spends no reset on a BMC that does not answer', () => {
  assert.equal(said({ observation: look('silent') }), 'wait bmc-silent')
  assert.equal(said({ observation: look('refusing') }), 'wait bmc-refusing')
  assert.equal(said({ observation: look('silent'), words: retry }), 'wait bmc-silent')
})

test('row 2: quarantines a silent BMC after three looks over a day, a refusing one after three over an hour', () => {
  const run = (kind: 'silent' | 'refusing', count: number, over: number) => ({
    observation: look(kind),
    memory: { looks: { kind, count, firstAt: NOW - over, lastAt: NOW } },
  })
  assert.equal(said(run('silent', 3, DAY - 1)), 'wait bmc-silent')
  assert.equal(said(run('silent', 2, DAY)), 'wait bmc-silent')
  assert.equal(said(run('silent', 3, DAY)), 'act bmc-silent')
  assert.equal(said(run('refusing', 3, HOUR - 1)), 'wait bmc-refusing')
  assert.equal(said(run('refusing', 2, HOUR)), 'wait bmc-refusing')
  assert.equal(said(run('refusing', 3, HOUR)), 'act bmc-refusing')
})

test('what a quarantine quotes of hardware is one plain line', () => {
  const said = 'HTTP 401\u001b[2J\u0000 refused\r\n \ud800 for good'
  const decision = decide(given({ diagnosis: { cause: 'bmc-fault', transient: 'no', evidence: [said] } }))
  assert.ok(decision.kind === 'act' && decision.plan.act === 'quarantine')
  assert.match(decision.plan.text, /HTTP 401\[2J refused \ufffd for good/)
})

test('row 2: looks at a quiet BMC each minute, after ten looks as seldom as the looks of a quarantine allow', () => {
  const nextLook = (count: number, over: number) => {
    const looks = { kind: 'silent' as const, count, firstAt: NOW - MINUTE, lastAt: NOW }
    const until = decide(given({ observation: look('silent'), memory: { looks }, policy: { silentBmc: { looks: 3, over } } })).until
    return until === null ? null : (until - NOW) / MINUTE
  }
  assert.deepEqual([nextLook(1, DAY), nextLook(9, DAY), nextLook(10, DAY), nextLook(50, DAY)], [1, 1, 10, 10])
  assert.equal(nextLook(10, HOUR / 2), 5)
  assert.equal(nextLook(10, 3 * MINUTE), 1)
})

test('a quarantine says what to look at first where a place is likelier', () => {
  const looks = { kind: 'silent' as const, count: 3, firstAt: NOW - 2 * DAY, lastAt: NOW }
  const todo = (difference: Difference) => decide(given(difference)).message
  const refuses = { cause: 'bmc-fault', transient: 'no' } as const
  assert.match(
    todo({ diagnosis: { ...refuses, place: 'nic-or-cable' } }),
    /Look at the BMC's cable, NIC and switch port first, then at the BMC\.$/,
  )
  for (const place of ['credentials', 'bmc', null] as const)
    assert.match(todo({ diagnosis: { ...refuses, place } }), /Correct the credentials, the licence or the BMC\.$/)
  const silent = { observation: look('silent'), memory: { looks } }
  assert.match(todo({ ...silent, diagnosis: { place: 'switch' } }), /said the same\. Look at the management switch first/)
  assert.match(todo({ ...silent, diagnosis: { place: null } }), /said the same\. Look at the BMC, its NIC, cable and switch port\.$/)
  assert.match(
    todo({ attempts: failed(3), diagnosis: { place: 'credentials' } }),
    /did not heal it\. Look at the BMC's credentials, its sessions and its licence first/,
  )
})

test('row 2: writes into the quarantine whose it is, why, and that the former system may be running', () => {
  const memory = { looks: { kind: 'silent' as const, count: 3, firstAt: NOW - DAY, lastAt: NOW } }
  const decision = decide(given({ observation: look('silent'), memory, node: { power_state: 'power on' } }))
  assert.ok(decision.kind === 'act' && decision.plan.act === 'quarantine')
  assert.ok(decision.plan.text.startsWith(`anneal:${CASE} bmc-unreachable: `))
  assert.match(decision.plan.text, /may still be running\.$/)
  const off = decide(given({ observation: look('silent'), memory, node: { power_state: 'power off' } }))
  assert.ok(off.kind === 'act' && off.plan.act === 'quarantine')
  assert.ok(off.plan.text.endsWith('switch port.'))
})

test('row 3: resets when the services answer again', () => {
  const diagnosis = { cause: 'api-unreachable', service: 'neutron' } as const
  assert.equal(said({ diagnosis }), 'act services-green')
  assert.equal(said({ diagnosis, observation: blind }), 'act services-green')
})

test('row 5: resets what a BMC answered wrongly, as long as it may pass', () => {
  assert.equal(said({ diagnosis: { cause: 'bmc-fault', transient: 'maybe' }, observation: look('faulty') }), 'act cause-may-pass')
})

test('row 6: quarantines at once where the BMC refuses credentials', () => {
  assert.equal(said({ diagnosis: { cause: 'bmc-fault', transient: 'no' } }), 'act credentials-refused')
})

test('row 7: quarantines after three resets in seven days, whatever the cause', () => {
  assert.equal(said({ attempts: failed(2) }), 'act bmc-answers')
  assert.equal(said({ attempts: failed(3) }), 'act attempts-spent')
  assert.equal(said({ attempts: failed(3), diagnosis: { cause: 'agent' } }), 'act attempts-spent')
  assert.equal(said({ attempts: failed(3, { createdAt: NOW - 7 * DAY - 1 }) }), 'act bmc-answers')
  const lifetime = { resets: { max: 3, window: 'lifetime' as const } }
  assert.equal(said({ attempts: failed(3, { createdAt: NOW - 100 * DAY }), policy: lifetime }), 'act attempts-spent')
})

test('row 7: counts marks of others, and attempts whose outcome is not known', () => {
  const entries = [ago(5 * HOUR), ago(4 * HOUR), ago(3 * HOUR)]
  assert.equal(said({ node: { marks: { kind: 'list', entries, total: 3 } } }), 'act attempts-spent')
  assert.equal(said({ attempts: failed(3, { outcome: 'unknown' }) }), 'act attempts-spent')
  assert.equal(said({ attempts: failed(3, { outcome: 'refused', markState: 'none' }) }), 'act bmc-answers')
  assert.equal(said({ attempts: failed(3, { outcome: 'not-sent', markState: 'none' }) }), 'act bmc-answers')
})

test('row 7: tells a person instead where instance_uuid is set', () => {
  const memory = { gone: { instance_uuid: 'x', firstAt: NOW - HOUR, lastAt: NOW } }
  const node = { instance_uuid: 'x' }
  const observation = { tenant: nova({ byId: 'gone' }) }
  assert.equal(said({ attempts: failed(3), node, memory, observation }), 'escalate attempts-spent')
})

test('counts nothing from before a release, and quarantines again only after a new reset failed', () => {
  const memory = { releasedAt: NOW - 30 * MINUTE }
  assert.equal(said({ attempts: failed(3), memory }), 'act bmc-answers')
  const refusing = { diagnosis: { cause: 'bmc-fault', transient: 'no' } } as const
  assert.equal(said({ ...refusing, attempts: failed(3), memory }), 'escalate credentials-refused')
  const again = attempt({ id: 'i-9', createdAt: NOW - 20 * MINUTE })
  assert.equal(said({ ...refusing, attempts: [...failed(3), again], memory }), 'act credentials-refused')
  assert.equal(said({ ...refusing, attempts: [...failed(3), { ...again, result: null }], memory }), 'escalate credentials-refused')
  const recovery = { ...again, act: 'recover-cleaning' as const, step: 'provide' as const }
  assert.equal(said({ ...refusing, attempts: [...failed(3), recovery], memory }), 'escalate credentials-refused')
  const atOnce = attempt({ id: 'i-9', createdAt: NOW - 30 * MINUTE })
  assert.equal(said({ ...refusing, attempts: [...failed(3), atOnce], memory }), 'escalate credentials-refused')
})

test('lets a person try once more, past the count and past what the old text says', () => {
  assert.equal(said({ attempts: failed(3), words: retry }), 'act bmc-answers')
  assert.equal(said({ diagnosis: { cause: 'bmc-fault', transient: 'no' }, words: retry }), 'act bmc-answers')
  assert.equal(said({ diagnosis: { cause: 'config', transient: 'no' }, words: retry }), 'act bmc-answers')
})

test('row 8: without a text resets only where the BMC answers', () => {
  const diagnosis = { cause: 'unknown', transient: 'maybe', text: null, signature: null } as const
  assert.equal(said({ diagnosis }), 'act bmc-answers')
  assert.equal(said({ diagnosis, observation: look('silent') }), 'wait bmc-silent')
})

test('row 8: where nobody can tell, one reset after fifteen minutes and then a person', () => {
  assert.equal(said({ observation: blind, memory: failedAt(15 * MINUTE - 1) }), 'wait bmc-unknown')
  assert.equal(said({ observation: blind, memory: failedAt(17 * MINUTE) }), 'act last-resort')
  assert.equal(said({ observation: blind, attempts: failed(1) }), 'escalate bmc-unknown')
  assert.equal(said({ observation: blind, attempts: failed(1), words: retry }), 'act last-resort')
  assert.equal(said({ observation: { bmc: absent('no BMC') }, memory: failedAt(17 * MINUTE) }), 'act last-resort')
})

test('row 8: asks for a good look at the BMC only where the BMC may be the cause', () => {
  const early = { observation: blind, memory: failedAt(10 * MINUTE) }
  for (const cause of ['bmc-unreachable', 'bmc-fault', 'unknown'] as const)
    assert.equal(said({ ...early, diagnosis: { cause, transient: 'maybe' } }), 'wait bmc-unknown')
  for (const cause of ['agent', 'storage'] as const) assert.equal(said({ ...early, diagnosis: { cause } }), 'act last-resort')
})

test('row 8: counts only a reset of this case that was sent since a release as the one that tells', () => {
  const after = (difference: Partial<Attempt>, memory = {}) => said({ observation: blind, attempts: [attempt(difference)], memory })
  assert.equal(after({}), 'escalate bmc-unknown')
  assert.equal(after({ caseId: 'c-earlier0' }), 'act last-resort')
  assert.equal(after({ outcome: 'refused', markState: 'none' }), 'act last-resort')
  assert.equal(after({ act: 'unmark' }), 'act last-resort')
  assert.equal(after({}, { releasedAt: NOW - 3 * HOUR }), 'escalate bmc-unknown')
  assert.equal(after({}, { releasedAt: NOW - 3 * HOUR + 1 }), 'act last-resort')
})

test('row 9: resets once for the fabric, whatever the text says of a second try', () => {
  assert.equal(said({ diagnosis: { cause: 'network-fabric', transient: 'no' } }), 'act bmc-answers')
})

test('row 9: counts a reset for the fabric of this case, sent since a release, and lets a person try again', () => {
  const diagnosis = { cause: 'network-fabric', transient: 'maybe' } as const
  const after = (difference: Partial<Attempt>, rest: Difference = {}) =>
    said({ diagnosis, attempts: [attempt({ cause: 'network-fabric', ...difference })], ...rest })
  assert.equal(after({}), 'escalate needs-person')
  assert.equal(after({}, { words: retry }), 'act bmc-answers')
  assert.equal(after({}, { diagnosis: { cause: 'agent' } }), 'act bmc-answers')
  assert.equal(after({ outcome: 'not-sent', markState: 'none' }), 'act bmc-answers')
  assert.equal(after({ act: 'unmark' }), 'act bmc-answers')
  assert.equal(after({}, { memory: { releasedAt: NOW - 3 * HOUR } }), 'escalate needs-person')
  assert.equal(after({}, { memory: { releasedAt: NOW - 3 * HOUR + 1 } }), 'act bmc-answers')
})

test('row 9: resets once for the fabric, then tells a person', () => {
  const diagnosis = { cause: 'network-fabric', transient: 'maybe' } as const
  assert.equal(said({ diagnosis }), 'act bmc-answers')
  assert.equal(said({ diagnosis, attempts: failed(1, { cause: 'network-fabric' }) }), 'escalate needs-person')
  assert.equal(said({ diagnosis, attempts: failed(1, { cause: 'agent' }) }), 'act bmc-answers')
})

test('row 10: resets what storage may get over and leaves the rest to a person', () => {
  assert.equal(said({ diagnosis: { cause: 'storage', transient: 'yes' } }), 'act bmc-answers')
  assert.equal(said({ diagnosis: { cause: 'storage', transient: 'no' } }), 'escalate needs-person')
})

test('row 11: leaves every wrong setting to a person, sure or not', () => {
  assert.equal(said({ diagnosis: { cause: 'config', transient: 'no' } }), 'escalate needs-person')
  assert.equal(said({ diagnosis: { cause: 'config', transient: 'maybe' } }), 'escalate needs-person')
})

const X = 'aaaaaaaa-0000-4000-8000-000000000001'
const deleting = { lastAction: { action: 'delete', start_time: ago(HOUR) } }

test('row 13: resets an undead node after the second 404, five minutes after the first', () => {
  const observation = { tenant: nova({ byId: 'gone' }) }
  const gone = (ms: number) => ({ gone: { instance_uuid: X, firstAt: NOW - ms, lastAt: NOW } })
  assert.equal(said({ node: { instance_uuid: X }, observation, memory: gone(0) }), 'wait waiting-for-nova')
  assert.equal(said({ node: { instance_uuid: X }, observation, memory: gone(5 * MINUTE - 1) }), 'wait waiting-for-nova')
  assert.equal(said({ node: { instance_uuid: X }, observation, memory: gone(5 * MINUTE) }), 'act bmc-answers')
  const held = { tenant: nova({ byId: 'gone' }, known([X])) }
  assert.equal(said({ node: { instance_uuid: X }, observation: held, memory: gone(HOUR) }), 'leave instance-may-live')
  const allocated = { instance_uuid: X, allocation_uuid: X }
  assert.equal(said({ node: allocated, observation, memory: gone(HOUR) }), 'leave instance-may-live')
})

test('row 13: says that Nova is asked a second time, and afterwards that it was asked twice', () => {
  const message = (ms: number) => {
    const gone = { instance_uuid: X, firstAt: NOW - ms, lastAt: NOW }
    return decide(given({ node: { instance_uuid: X }, observation: { tenant: nova({ byId: 'gone' }) }, memory: { gone } })).message
  }
  assert.equal(message(0), `Nova does not know instance ${X}; it is asked a second time before that is believed.`)
  assert.match(
    message(5 * MINUTE),
    new RegExp(`Nova does not know instance ${X}, asked twice by a token that sees other projects' servers`),
  )
})

test("row 14: waits ten minutes for Nova's second try, then resets", () => {
  const dying = { tenant: nova({ byId: server({ id: X, task_state: 'deleting', ...deleting }) }) }
  const dead = { tenant: nova({ byId: server({ id: X, status: 'DELETED', ...deleting }) }) }
  const early = failedAt(10 * MINUTE - 1)
  assert.equal(said({ node: { instance_uuid: X }, observation: dying, memory: early }), 'wait waiting-for-nova')
  assert.equal(said({ node: { instance_uuid: X }, observation: dead, memory: early }), 'wait waiting-for-nova')
  assert.equal(said({ node: { instance_uuid: X }, observation: dying, memory: failedAt(10 * MINUTE) }), 'act bmc-answers')
})

test('row 15: tells the owner to delete once more where Nova failed deleting', () => {
  const observation = { tenant: nova({ byId: server({ id: X, status: 'ERROR', ...deleting }) }) }
  const decision = decide(given({ node: { instance_uuid: X }, observation, memory: failedAt(5 * MINUTE) }))
  assert.match(decision.message, /delete it once more in Nova/)
  assert.equal(said({ node: { instance_uuid: X }, observation }), 'act bmc-answers')
})

test('row 21: resets where the operator does not clean, unless the policy says that is for a person', () => {
  assert.equal(said({ node: { automated_clean: false } }), 'act bmc-answers')
  assert.equal(said({ node: { automated_clean: false }, policy: { uncleaned: 'human' } }), 'escalate uncleaned')
  assert.equal(said({ policy: { uncleaned: 'human', automatedClean: 'off' } }), 'escalate uncleaned')
  assert.equal(said({ policy: { uncleaned: 'human', automatedClean: 'on' } }), 'act bmc-answers')
  assert.equal(said({ node: { automated_clean: true }, policy: { uncleaned: 'human', automatedClean: 'off' } }), 'act bmc-answers')
  assert.equal(said({ node: { automated_clean: false }, policy: { uncleaned: 'human' }, words: retry }), 'act bmc-answers')
})
