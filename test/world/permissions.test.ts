/** Credentials that see or may do too little: it is said, and nothing is done on half a view. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE } from '../../src/core/policy.ts'
import { type SimOperator, scenario } from '../sim-operator.ts'

const NODE = 'node-1'

async function failed(op: SimOperator): Promise<void> {
  op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
  await op.sweepFor(20 * MINUTE, 5 * MINUTE)
}

scenario(
  'a user from whom Ironic withholds last_error does nothing and says what is missing',
  { user: 'redacted', servicesUser: 'admin' },
  async (op) => {
    await failed(op)
    assert.deepEqual([op.said(NODE), op.sent()], ['escalate redacted', []])
    assert.match(op.message(NODE), /last_error/)
  },
)

scenario(
  'a system reader is refused, no mark is left, and no attempt is spent',
  { user: 'sys-reader', servicesUser: 'admin' },
  async (op) => {
    await failed(op)
    assert.deepEqual([new Set(op.sent()), op.marks(NODE)], [new Set(['PATCH 403']), undefined])
    const attempts = await op.store.attempts(op.key(NODE))
    assert.deepEqual(new Set(attempts.map(({ outcome, markState }) => `${outcome} ${markState}`)), new Set(['refused none']))
  },
)

scenario(
  'a system member for Ironic and an administrator for Nova are enough',
  { user: 'sys-member', servicesUser: 'admin' },
  async (op) => {
    await failed(op)
    assert.equal(op.resets(), 1)
  },
)

scenario('baremetal_admin on its project is enough for Ironic', { user: 'bm-admin', servicesUser: 'admin' }, async (op) => {
  await failed(op)
  assert.equal(op.resets(), 1)
})

scenario(
  'a member of a project sees its own nodes only and touches no other',
  { user: 'proj-member', servicesUser: 'admin' },
  async (op) => {
    await failed(op)
    assert.deepEqual(op.sent(), [])
  },
)

scenario(
  'observe over everything at once sends nothing but reads',
  { policy: { mode: 'observe' }, ironic: { powerSyncMs: 1e10 } },
  async (op) => {
    op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
    op.people.bmc('node-2', 'silent')
    op.people.undeploy('node-2')
    op.people.cleaning('node-3', 'no-port')
    op.people.undeploy('node-3')
    op.people.setExtra('node-6', 'hammer_error_resets', ['2026-02-27T00:00:00Z', '2026-02-28T00:00:00Z', '2026-02-28T12:00:00Z'])
    op.people.fail('node-6', 'Failed to tear down: IPMI call failed: power status.')
    await op.sweepFor(26 * HOUR, HOUR)
    assert.deepEqual(op.sent(), [])
    const acts = ['node-1', 'node-2', 'node-3', 'node-6'].map((name) => op.decision(name).act)
    assert.deepEqual(acts, ['reset', 'quarantine', 'recover-cleaning', 'quarantine'])
  },
)
