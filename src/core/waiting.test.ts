/** How long a case has waited in silence: over changes of the reason, over acts that come to nothing, and no longer than its last act. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, type Difference, given, NOW, service } from '../../test/given.ts'
import { EMPTY_MEMORY } from './case.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import { DAY, HOUR, MINUTE } from './policy.ts'
import { waitingAfter, waitOf } from './waiting.ts'

const wait: Decision = { kind: 'wait', reason: 'service-red', message: 'm', until: NOW, act: null }
const since = (waitingSince: number | null, decision: Decision) => waitingAfter({ ...EMPTY_MEMORY, waitingSince }, decision, NOW)

test('a case waits from its first wait on, whatever it waits for, until it is done with, told of, or in the hands of a person', () => {
  assert.equal(waitingAfter(EMPTY_MEMORY, wait, NOW), NOW)
  assert.equal(since(NOW - HOUR, { ...wait, reason: 'node-unreadable' }), NOW - HOUR)
  const escalate: Decision = { kind: 'escalate', reason: 'service-red', message: 'm', until: NOW, act: null }
  assert.equal(since(NOW - HOUR, { ...escalate, lasting: true }), NOW - HOUR)
  assert.equal(since(NOW - HOUR, escalate), null)
  assert.equal(since(NOW - HOUR, { ...escalate, kind: 'leave' }), null)
  for (const reason of ['paused', 'out-of-scope', 'held', 'observe-only', 'rejected'] as const)
    assert.equal(since(NOW - HOUR, { ...wait, reason }), null)
  const act: Decision = { kind: 'act', reason: 'bmc-answers', message: 'm', until: null, act: 'release', plan: { act: 'release' } }
  assert.deepEqual([since(NOW - HOUR, act), since(null, act), waitingAfter(EMPTY_MEMORY, act, NOW)], [NOW - HOUR, null, null])
})

test('the waits for a turn are one wait, by the name of the last of them', () => {
  assert.deepEqual(['canary-first', 'incident-ramp', 'fleet-budget'].map(waitOf), ['fleet-budget', 'fleet-budget', 'fleet-budget'])
  assert.equal(waitOf('service-red'), 'service-red')
})

const red: Difference = { observation: { services: { neutron: service('red', NOW) } } }
const said = (waited: number, difference: Difference = {}) => {
  const decision = decide(given({ ...red, ...difference, memory: { waitingSince: NOW - waited, ...difference.memory } }))
  return [`${decision.kind} ${decision.reason}`, decision.kind === 'escalate' && decision.lasting === true]
}

test('a person is told of a case that has waited a quarter longer than a day, now for this and now for that', () => {
  assert.deepEqual(said(30 * HOUR - 1), ['wait service-red', false])
  assert.deepEqual(said(30 * HOUR), ['escalate service-red', true])
  const message = decide(given({ ...red, memory: { waitingSince: NOW - 31 * HOUR } })).message
  assert.match(message, / It has waited for 1 d 7 h\.$/)
})

test('what was done counts, and what came to nothing does not', () => {
  const tried = (outcome: 'accepted' | 'unknown' | 'refused' | 'not-sent') =>
    said(40 * HOUR, { attempts: [attempt({ createdAt: NOW - HOUR, outcome, endedAt: NOW - HOUR, result: 'failed' })] })[0]
  assert.deepEqual([tried('accepted'), tried('unknown')], ['wait service-red', 'wait service-red'])
  assert.deepEqual([tried('refused'), tried('not-sent')], ['escalate service-red', 'escalate service-red'])
})

test('one reason has its own day all the same, and a wait that is a person’s word has none', () => {
  const inForce = { kind: 'wait', reason: 'service-red', message: 'm', act: null, until: NOW, since: NOW - DAY, at: NOW } as const
  assert.deepEqual(said(MINUTE, { inForce }), ['escalate service-red', true])
  const hold = { by: 'ann', why: 'mine', at: NOW, source: 'command' as const }
  assert.equal(said(9 * DAY, { words: { hold } })[0], 'wait held')
})
