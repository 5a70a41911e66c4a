/** The operator dies at any point of a reset; a new one on the same database goes on, and the node is reset once more at most. */
import assert from 'node:assert/strict'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import { type Point, type SimOperator, scenario } from '../sim-operator.ts'

const NODE = 'node-1'

async function diesAt(op: SimOperator, point: Point): Promise<SimOperator> {
  op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
  await op.sweep()
  await op.clock.advance(3 * MINUTE)
  op.dieAt(point)
  void op.begin()
  await op.clock.advance(10 * SECOND)
  assert.equal(op.died(), true)
  return await op.beside()
}

/** What is accepted in all, and how many marks stand in the end. */
const POINTS: [Point, string, number, number][] = [
  ['committed', 'between intent and mark', 1, 1],
  ['marked', 'between mark and verb', 1, 1],
  ['verb', 'as the verb was about to leave', 1, 1],
  ['verbed', 'between verb and outcome', 1, 1],
]

for (const [point, when, resets, marks] of POINTS) {
  scenario(`killed ${when}: the node comes home with ${resets} reset and ${marks} mark`, { file: true }, async (op) => {
    const next = await diesAt(op, point)
    const accepted = op.resets()
    // Nobody knows whether the dead one's request still travels: nothing is sent until a read may settle it.
    await next.sweepFor(2 * MINUTE)
    assert.equal(op.resets(), accepted)
    await next.sweepUntil(() => op.node(NODE).row.provision_state === 'available', 30 * MINUTE)
    await next.sweepFor(5 * MINUTE)
    assert.deepEqual([op.resets(), (op.marks(NODE) as unknown[]).length], [resets, marks])
    const unsettled = (await op.store.attempts(op.key(NODE))).filter((attempt) => attempt.outcome === null)
    assert.deepEqual(unsettled, [])
  })
}

scenario('killed after a verb that failed the node again: the attempt counts', { file: true }, async (op) => {
  op.people.bmc(NODE, 'stuck')
  const next = await diesAt(op, 'verbed')
  await next.sweepFor(12 * MINUTE)
  const attempts = await op.store.attempts(op.key(NODE))
  assert.deepEqual(
    attempts.map(({ outcome, result }) => `${outcome} ${result}`),
    ['accepted failed'],
  )
  assert.equal(op.resets(), 1)
})

scenario(
  'killed between the writing of a quarantine and its outcome: it is not written twice',
  { file: true, ironic: { powerSyncMs: 1e10 } },
  async (op) => {
    op.people.setExtra(NODE, 'hammer_error_resets', ['2026-02-27T00:00:00Z', '2026-02-28T00:00:00Z', '2026-02-28T12:00:00Z'])
    op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
    op.dieAt('verbed')
    void op.begin()
    await op.clock.advance(10 * SECOND)
    const next = await op.beside()
    await next.sweepFor(20 * MINUTE, MINUTE)
    assert.equal(next.said(NODE), 'escalate quarantined')
    assert.deepEqual(op.sent(), ['PUT 202'])
  },
)

scenario('killed over and over, at every point: in the end the node is home, and the budget held', { file: true }, async (op) => {
  let one = await diesAt(op, 'committed')
  for (const point of ['mark', 'marked', 'verb', 'verbed'] as Point[]) {
    one.dieAt(point)
    for (let at = 0; at < 40 && !one.died(); at += 1) {
      void one.begin()
      await op.clock.advance(40 * SECOND)
    }
    one = await one.beside()
  }
  await one.sweepUntil(() => op.node(NODE).row.provision_state === 'available', 60 * MINUTE)
  assert.ok(op.resets() >= 1 && op.resets() <= 3)
})
