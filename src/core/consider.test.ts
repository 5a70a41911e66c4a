/** What a pass hands on beside its decision. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { given, NOW } from '../../test/given.ts'
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
