/** What a replay counts, and what it calls a difference. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW } from '../../test/given.ts'
import { recorded } from '../../test/recorded.ts'
import { HOUR, MINUTE } from '../core/policy.ts'
import type { Recorded } from '../core/recorded.ts'
import { type OtherPolicy, replaying } from './replay.ts'

function replayed(all: Recorded[], other: OtherPolicy = null) {
  const replay = replaying(other)
  for (const one of all) replay.take({ case: 'c-1a2b3c4d', recorded: one })
  return replay.result()
}

const reset = recorded()
const held = recorded({ words: { hold: { by: 'kim', why: 'mine', at: NOW, source: 'command' } } }, { now: NOW + MINUTE })

test('by the recorded policies all come out the same, and are counted by node and time', () => {
  const { differences, transitions, ...counts } = replayed([reset, held])
  assert.deepEqual([differences, transitions], [[], []])
  assert.deepEqual(counts, {
    decisions: 2,
    nodes: 1,
    from: new Date(NOW).toISOString(),
    to: new Date(NOW + MINUTE).toISOString(),
    acts: { was: 1, now: 1 },
    same: 2,
    otherwise: 0,
  })
})

test('by the recorded policy the slightest change is a difference: a word, a time, a plan, a cause', () => {
  const changed: [part: string, one: Recorded][] = [
    ['message', { ...reset, decision: { ...reset.decision, message: 'Another sentence.' } }],
    ['until', { ...held, decision: { ...held.decision, until: 1 } }],
    ['cause', { ...reset, cause: 'storage' }],
    ['plan', { ...reset, decision: { ...reset.decision, kind: 'act', act: 'reset', plan: { act: 'reset', number: 7 } } }],
  ]
  for (const [part, one] of changed)
    assert.deepEqual(
      replayed([one]).differences.map(({ differs }) => differs),
      [[part]],
    )
})

test('by another policy acts that become waits are counted by what they become; another next look alone is no other decision', () => {
  const slower: OtherPolicy = (_cloud, policy) => ({ ...policy, spacing: [2 * HOUR], jitter: 0, look: 2 * policy.look })
  const silent = recorded({ observation: { bmc: { kind: 'known', value: { kind: 'silent', detail: 'no pong', at: NOW } } } })
  const { transitions, acts, same, otherwise, differences } = replayed([reset, reset, held, silent], slower)
  assert.deepEqual(transitions, [
    {
      was: { kind: 'act', reason: 'bmc-answers', act: 'reset' },
      now: { kind: 'wait', reason: 'spacing', act: 'reset' },
      count: 2,
      nodes: 1,
    },
  ])
  assert.deepEqual([acts, same, otherwise, differences.length], [{ was: 2, now: 0 }, 1, 1, 2])
  assert.deepEqual([differences[0]?.name, differences[0]?.now.until], ['n1', new Date(NOW + HOUR).toISOString()])
})
