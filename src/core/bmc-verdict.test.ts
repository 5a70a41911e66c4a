/** Whose eyes a BMC was seen with: ours where this host reaches BMCs, else Ironic's, else nobody's yet. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, NOW, observed } from '../../test/given.ts'
import { bmcVerdict } from './bmc-verdict.ts'
import { EMPTY_MEMORY, type Memory } from './case.ts'
import type { BmcLook, Observation, ObservedNode } from './observation.ts'
import { DEFAULT_POLICY, HOUR, MINUTE } from './policy.ts'
import { known, unknown } from './reading.ts'

const IPMI = { text: 'IPMI call failed: power status.', source: 'history', at: ago(HOUR), provision_state: 'error' } as const
const failure = (ms: number) => ({ failure: { provision_state: 'error', provision_updated_at: ago(ms), at: NOW - ms } })
const blind = { bmc: unknown('no route') }
const syncing = (text: string) => {
  const event = { uuid: 'h', created_at: ago(2 * HOUR), severity: 'ERROR', event_type: null, conductor: null, event: text }
  return { ...blind, history: known([event]) }
}
const SYNC = 'During sync_power_state, max retries exceeded for node n1'

function verdict(memory: Partial<Memory>, rest: Partial<Observation> = blind, node: Partial<ObservedNode> = {}, policy = DEFAULT_POLICY) {
  const o = observed(node, rest)
  assert.ok(o.node.kind === 'known')
  return bmcVerdict({ o, node: o.node.value, memory: { ...EMPTY_MEMORY, ...memory }, policy, now: NOW })
}

test('says what the BMC did, in words that a person understands', () => {
  const seen = (kind: BmcLook['kind']) => verdict({}, { bmc: known({ kind, detail: 'ping', at: NOW }) })
  assert.deepEqual(seen('answers'), { kind: 'answers', sentence: 'The BMC answers now: ping.' })
  assert.deepEqual(seen('faulty'), { kind: 'faulty', sentence: 'The BMC answers, but wrongly: ping.' })
  assert.deepEqual(seen('refusing'), { kind: 'refusing', sentence: "The BMC's host is up but nobody listens on its port: ping." })
  assert.deepEqual(seen('silent'), { kind: 'silent', sentence: 'The BMC does not answer: ping.' })
  const hanging = verdict({}, { bmc: known({ kind: 'silent', detail: 'ping', at: NOW, hangs: true }) })
  assert.deepEqual(hanging, { kind: 'silent', sentence: 'The BMC hangs: ping.' })
})

test('takes an erased error for a good look of Ironic only where it was an error of the BMC, from history, and erased', () => {
  const erased = { last_error: null }
  assert.equal(verdict({ text: IPMI }, blind, erased).kind, 'seen-by-ironic')
  assert.equal(verdict({ text: { ...IPMI, text: 'HttpException: 503: Server Error' } }, blind, erased).kind, 'unknown')
  assert.equal(verdict({ text: null }, blind, erased).kind, 'unknown')
  assert.equal(verdict({ text: { ...IPMI, source: 'last_error' } }, blind, erased).kind, 'unknown')
  assert.equal(verdict({ text: IPMI }, blind, { last_error: IPMI.text }).kind, 'unknown')
  assert.equal(verdict({ text: IPMI }, blind, { ...erased, maintenance: true }).kind, 'unknown')
})

test('trusts a power sync that was seen to work, ten minutes after the failure, where it reports nothing', () => {
  const { kind, sentence } = verdict(failure(10 * MINUTE), syncing(SYNC))
  assert.deepEqual([kind, sentence], ['seen-by-ironic', "Ironic's power sync has had 10 min and reports no fault."])
  assert.equal(verdict(failure(10 * MINUTE - 1), syncing(SYNC)).kind, 'unknown')
  assert.equal(verdict(failure(HOUR), syncing(`Step x failed. ${SYNC}`)).kind, 'unknown')
  for (const node of [{ power_state: null }, { power_state: 'error' }, { fault: 'power failure' }])
    assert.equal(verdict(failure(HOUR), syncing(SYNC), node).kind, 'unknown')
})

test('says when the silence will mean something: ten minutes where Ironic syncs, else fifteen, then no more', () => {
  const until = (
    memory: Partial<Memory>,
    rest: Partial<Observation> = blind,
    node: Partial<ObservedNode> = {},
    policy = DEFAULT_POLICY,
  ) => {
    const said = verdict(memory, rest, node, policy)
    assert.ok(said.kind === 'unknown')
    return said.until
  }
  assert.equal(until(failure(MINUTE), syncing(SYNC)), NOW + 9 * MINUTE)
  assert.equal(until(failure(MINUTE), syncing(SYNC), { power_state: null }), NOW + 14 * MINUTE)
  assert.equal(until(failure(MINUTE)), NOW + 14 * MINUTE)
  assert.equal(until(failure(15 * MINUTE - 1)), NOW + 1)
  assert.equal(until(failure(15 * MINUTE)), null)
  assert.equal(until({}), NOW + 15 * MINUTE)
  // Where the last resort comes before the power sync can have noticed, nobody waits for it.
  const policy = { ...DEFAULT_POLICY, ironicEyes: HOUR }
  assert.equal(until(failure(20 * MINUTE), syncing(SYNC), {}, policy), null)
})
