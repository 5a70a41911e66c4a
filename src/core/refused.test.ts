/** Acts that come to nothing again and again cost no attempt; they become seldom, and a person is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, type Difference, given, NOW } from '../../test/given.ts'
import type { Attempt } from './case.ts'
import { decide } from './decide.ts'
import { diagnose } from './diagnose.ts'
import { HOUR, MINUTE } from './policy.ts'

const said = (difference: Difference) => {
  const { kind, reason } = decide(given(difference))
  return `${kind} ${reason}`
}
/** So many in a row, newest first, a minute apart; the newest was settled `ago` before now. */
const run = (count: number, ago: number, difference: Partial<Attempt> = {}): Attempt[] =>
  Array.from({ length: count }, (_, at) => {
    const createdAt = NOW - ago - at * MINUTE
    return attempt({
      outcome: 'refused',
      outcomeReason: 'No.',
      markState: 'none',
      result: null,
      createdAt,
      settledAt: createdAt,
      ...difference,
    })
  })

test('waits 1, 2, 4, 8 and 16 minutes, then 30 each time, after acts that came to nothing', () => {
  for (const [count, minutes] of [
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 16],
    [6, 30],
    [9, 30],
  ] as const) {
    const { kind, until } = decide(given({ attempts: run(count, minutes * MINUTE - 1) }))
    assert.deepEqual([kind, until], [count < 5 ? 'wait' : 'escalate', NOW + 1], `${count} times`)
    assert.equal(said({ attempts: run(count, minutes * MINUTE) }), 'act bmc-answers', `${count} times`)
  }
})

test('tells a person at the fifth time running, with what was said last, and goes on trying', () => {
  const decision = decide(given({ attempts: run(5, MINUTE, { outcomeReason: 'deleted on n1: forbidden.' }) }))
  assert.deepEqual([decision.kind, decision.reason], ['escalate', 'needs-person'])
  assert.match(decision.message, /^5 tries in 5 min came to nothing\. deleted on n1: forbidden\./)
  assert.equal(said({ attempts: run(5, HOUR / 2) }), 'act bmc-answers')
})

test('begins anew after an act that happened, for a new failure, in another case, and on a person’s retry', () => {
  const happened = attempt({
    createdAt: NOW - 90_000,
    outcome: 'accepted',
    settledAt: NOW - 90_000,
    endedAt: NOW - 80_000,
    result: 'failed',
  })
  const spaced = { policy: { spacing: [0] } }
  assert.equal(said({ ...spaced, attempts: [...run(1, 70_000), happened, ...run(4, 100_000)] }), 'act bmc-answers')
  const failure = { provision_state: 'error', provision_updated_at: null, at: NOW - MINUTE }
  assert.equal(said({ ...spaced, attempts: run(4, 61_000), memory: { failure } }), 'act bmc-answers')
  assert.equal(said({ attempts: run(4, MINUTE, { caseId: 'c-another' }) }), 'act bmc-answers')
  const retry = { id: 'w', by: 'pat', why: 'now', at: NOW }
  assert.equal(said({ attempts: run(4, MINUTE), words: { retry } }), 'act bmc-answers')
})

test('counts what was not sent like what was refused, and only the same act since the failure', () => {
  const waits = (attempts: Attempt[], rest: Difference = {}) => said({ attempts, ...rest, policy: { spacing: [0] } })
  const unsent = run(1, 90_000, { outcome: 'not-sent' })
  assert.equal(waits([...unsent, ...run(1, 95_000)]), 'wait spacing')
  assert.equal(waits(unsent), 'act bmc-answers')
  assert.equal(waits(run(4, MINUTE, { act: 'unmark' })), 'act bmc-answers')
  const failure = (at: number) => ({ memory: { failure: { provision_state: 'error', provision_updated_at: null, at } } })
  assert.equal(waits(run(1, MINUTE - 1), failure(NOW - MINUTE + 1)), 'wait spacing')
  assert.equal(waits(run(1, MINUTE - 1), failure(NOW - MINUTE + 2)), 'act bmc-answers')
})

test('an act that happened last leaves nothing to wait for', () => {
  const happened = attempt({ createdAt: NOW - 40_000, settledAt: NOW - 40_000, endedAt: NOW - 30_000 })
  assert.equal(said({ policy: { spacing: [0] }, attempts: [happened, ...run(4, 50_000)] }), 'act bmc-answers')
})

test('leaves Ironic at its own limit to the slowing of the whole cloud', () => {
  assert.equal(
    said({ attempts: run(6, 1, { outcomeReason: 'The concurrent action limit for cleaning has been reached.' }) }),
    'act bmc-answers',
  )
})

test('power validation that Ironic refuses is the diagnosis of the newest reset, not of an older one', () => {
  const cause = (attempts: Attempt[]) => {
    const { observation, case: openCase, policy } = given()
    assert.ok(openCase)
    return diagnose({ o: observation, memory: openCase.memory, attempts, policy, now: NOW }).cause
  }
  const refused = run(1, MINUTE, { outcomeReason: 'deleted on n1: Failed to validate power driver interface. Can not delete instance.' })
  assert.equal(cause(refused), 'config')
  assert.notEqual(cause([attempt({ createdAt: NOW - 1000 }), ...refused]), 'config')
  assert.equal(cause([attempt({ act: 'unmark', createdAt: NOW - 1000 }), ...refused]), 'config')
  const text = 'deleted on n1: Failed to validate power driver interface.'
  assert.equal(cause(run(1, HOUR, { outcomeReason: text })), 'config')
  assert.notEqual(cause(run(1, HOUR + 1, { outcomeReason: text })), 'config')
  assert.notEqual(cause(run(1, MINUTE, { outcomeReason: text, act: 'unmark' })), 'config')
})

test('a try that is dated in the future, by a clock that was wrong then, holds nothing up', () => {
  assert.equal(said({ attempts: run(1, -365 * 24 * HOUR) }), said({ attempts: [] }))
})
