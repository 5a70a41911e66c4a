/** What counts against a node’s budget. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, NOW } from '../../test/given.ts'
import { type Attempt, EMPTY_MEMORY } from './case.ts'
import { countAttempts } from './marks.ts'
import type { Marks } from './observation.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE } from './policy.ts'

const counted = (entries: string[], attempts: Attempt[] = [], releasedAt: number | null = null) =>
  countAttempts({
    marks: { kind: 'list', entries, total: entries.length },
    attempts,
    memory: { ...EMPTY_MEMORY, releasedAt },
    policy: DEFAULT_POLICY,
    now: NOW,
  })

test('counts an attempt of ours once, whether or not its mark is seen', () => {
  const one = attempt()
  assert.equal(counted([one.mark ?? ''], [one]).spent, 1)
  assert.equal(counted([], [one]).spent, 1)
  assert.equal(counted([one.mark ?? ''], [one]).foreignAt, null)
})

test('counts entries of others in any form a date may have; without a zone it is UTC', () => {
  const entries = ['2026-11-02T08:00:00', '2026-11-02 09:00:00.123456', '2026-11-02T12:00:00+02:00', 'yesterday', '{"at":1}']
  const { spent, foreignAt } = counted(entries)
  assert.deepEqual([spent, foreignAt], [3, Date.parse('2026-11-02T10:00:00Z')])
})

test('reports entries of the future and does not count them', () => {
  const { spent, future } = counted([ago(-5 * MINUTE), ago(-5 * MINUTE - 1)])
  assert.deepEqual([spent, future.length], [1, 1])
})

test('counts within the window, and nothing from before a release', () => {
  assert.equal(counted([ago(7 * DAY), ago(7 * DAY + 1)]).spent, 1)
  const aged = (ms: number) => counted([], [attempt({ createdAt: NOW - ms })]).spent
  assert.deepEqual([aged(7 * DAY), aged(7 * DAY + 1)], [1, 0])
  assert.equal(counted([ago(3 * HOUR), ago(HOUR)], [attempt({ createdAt: NOW - 4 * HOUR })], NOW - 2 * HOUR).spent, 1)
})

test('counts what is unsettled or unknown, not what was refused or not sent', () => {
  const outcomes = (outcome: Attempt['outcome']) => counted([], [attempt({ outcome })]).spent
  assert.deepEqual([outcomes(null), outcomes('unknown'), outcomes('accepted'), outcomes('refused'), outcomes('not-sent')], [1, 1, 1, 0, 0])
})

test('counts the two steps of a recovery once, and acts that try nothing not at all', () => {
  const step = (name: 'manage' | 'provide') => attempt({ id: name, act: 'recover-cleaning', step: name, mark: null })
  assert.equal(counted([], [step('manage'), step('provide')]).spent, 1)
  assert.equal(counted([], [attempt({ act: 'quarantine', mark: null }), attempt({ act: 'unmark', mark: null })]).spent, 0)
})

test('finds nothing where the key is absent or no list', () => {
  for (const marks of [{ kind: 'absent' }, { kind: 'unreadable', found: 'null' }] satisfies Marks[]) {
    const { spent, foreignAt } = countAttempts({ marks, attempts: [], memory: EMPTY_MEMORY, policy: DEFAULT_POLICY, now: NOW })
    assert.deepEqual([spent, foreignAt], [0, null])
  }
})
