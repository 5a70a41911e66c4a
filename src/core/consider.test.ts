/** What a pass hands on beside its decision. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, given, NOW } from '../../test/given.ts'
import type { Attempt, Case } from './case.ts'
import { consider } from './consider.ts'

test('holds a node whose maintenance Ironic lifted with its fault, as its case remembers it; a node without a case has none', () => {
  const { observation, case: openCase, attempts, words, policy, actsLeft, now } = given()
  const holds = (inCase: typeof openCase, fault: boolean) => {
    const person = { maintenance_reason: 'swap', seenAt: NOW, fault }
    const rest = { newCase: null, firstPass: false, overruled: false, person }
    return consider({ observation, case: inCase, attempts, words, policy, actsLeft, now, ...rest }).personHold
  }
  assert.deepEqual([holds(openCase, true), holds(openCase, false), holds(null, true)], [true, false, false])
})

test('a quarantine that was the last thing done for a case, and that no look has shown, was lifted meanwhile', () => {
  const { observation, words, policy, actsLeft, now } = given()
  const lifted = (decision: Partial<NonNullable<Case['decision']>> | null, ...attempts: Attempt[]) => {
    const inForce = {
      kind: 'act',
      reason: 'attempts-spent',
      message: 'm',
      act: 'quarantine',
      until: null,
      since: NOW,
      at: NOW,
      ...decision,
    } as const
    const openCase = given({ inForce: decision === null ? null : inForce }).case
    const rest = { newCase: null, firstPass: false, overruled: false, person: null }
    const { input } = consider({ observation, case: openCase, attempts, words, policy, actsLeft, now, ...rest })
    return input.case?.memory.liftedAt ?? null
  }
  const quarantine = attempt({ act: 'quarantine', mark: null, result: null })
  const anothers = { caseId: 'c-another0' }
  assert.equal(lifted({}, quarantine), observation.at)
  assert.equal(lifted({}, attempt(anothers), quarantine, attempt()), observation.at)
  assert.equal(lifted({}, attempt(), quarantine), null)
  assert.equal(lifted({}, { ...quarantine, ...anothers }), null)
  assert.equal(lifted({}, { ...quarantine, outcome: 'refused' }), null)
  assert.equal(lifted({}), null)
  assert.equal(lifted({ kind: 'wait', until: NOW }, quarantine), null)
  assert.equal(lifted({ act: 'reset' }, quarantine), null)
  assert.equal(lifted(null, quarantine), null)
})
