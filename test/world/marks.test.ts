/** Whatever stands in extra.hammer_error_resets: it is counted where it can be read, and never destroyed. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE } from '../../src/core/policy.ts'
import { type SimOperator, scenario } from '../sim-operator.ts'

const NODE = 'node-1'
const NO_SYNC = { ironic: { powerSyncMs: 1e10 } }

async function failWith(op: SimOperator, marks: unknown): Promise<void> {
  op.node(NODE).row.extra = { ...op.node(NODE).row.extra, hammer_error_resets: marks, site: { rack: 7 } }
  op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
  await op.sweepFor(20 * MINUTE, MINUTE)
}

for (const odd of ['2026-02-28T00:00:00Z', null, 3, { a: 1 }, true]) {
  scenario(`${JSON.stringify(odd)} in place of a list: no reset, and it stays as it is`, {}, async (op) => {
    await failWith(op, odd)
    assert.deepEqual([op.said(NODE), op.sent(), op.marks(NODE)], ['escalate marks-unreadable', [], odd])
  })
}

scenario('nine entries of last year do not count', {}, async (op) => {
  const old = Array.from({ length: 9 }, (_, at) => `2025-02-0${at + 1}T00:00:00`)
  await failWith(op, old)
  assert.deepEqual([op.resets(), (op.marks(NODE) as string[]).slice(0, 9)], [1, old])
})

scenario(
  'nine entries of last year do count where the site wants the runbook to the letter',
  { ...NO_SYNC, policy: { resets: { max: 3, window: 'lifetime' } } },
  async (op) => {
    await failWith(
      op,
      Array.from({ length: 9 }, (_, at) => `2025-02-0${at + 1}T00:00:00`),
    )
    assert.deepEqual([op.resets(), op.said(NODE)], [0, 'escalate quarantined'])
    assert.match(op.node(NODE).row.maintenance_reason ?? '', /9 resets/)
  },
)

scenario('three entries of this week leave no attempt: quarantine', NO_SYNC, async (op) => {
  await failWith(op, ['2026-02-26T00:00:00+00:00', '2026-02-27T01:00:00+01:00', '2026-02-28T00:00:00'])
  assert.deepEqual([op.resets(), op.said(NODE)], [0, 'escalate quarantined'])
})

scenario('dates in 2099 are reported and not counted', NO_SYNC, async (op) => {
  await failWith(op, ['2099-01-01T00:00:00Z', '2099-01-02T00:00:00Z', '2099-01-03T00:00:00Z'])
  assert.deepEqual([op.resets(), op.node(NODE).row.maintenance], [1, false])
})

scenario('entries that are no dates stay and do not count', {}, async (op) => {
  const odd = ['yesterday', 7, null, { at: 'noon' }, '']
  await failWith(op, odd)
  assert.deepEqual([op.resets(), (op.marks(NODE) as unknown[]).slice(0, 5)], [1, odd])
})

scenario('ten thousand entries are appended to like any other list', {}, async (op) => {
  await failWith(
    op,
    Array.from({ length: 10_000 }, (_, at) => new Date(Date.parse('2020-01-01T00:00:00Z') + at * HOUR).toISOString()),
  )
  assert.deepEqual([op.resets(), (op.marks(NODE) as unknown[]).length], [1, 10_001])
  assert.deepEqual(op.node(NODE).row.extra['site'], { rack: 7 })
})
