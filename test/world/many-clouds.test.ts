/** Several clouds in one daemon: each on its own, so that one which hangs delays no other. */
import assert from 'node:assert/strict'
import { run } from '../../src/controller/run.ts'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import { type SimOperator, scenario, secondCloud } from '../sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const names = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `n${at + 1}` }))
const WORKERS = 4
const FAILED = 10 * WORKERS

/** From the failure of n1 until it is back, ms, with both clouds under one daemon. */
async function timeToHeal(op: SimOperator, other: SimOperator): Promise<number> {
  const stop = new AbortController()
  const options = {
    claimant: 'run-both',
    workers: WORKERS,
    pollMs: 15 * SECOND,
    censusMs: 10 * MINUTE,
    canaries: [],
    onPass: () => undefined,
  }
  const running = run({ ...options, worlds: [other.world, op.world] }, stop.signal)
  await op.clock.advance(MINUTE)
  op.people.fail('n1', BLIP)
  const began = op.clock.now()
  while (op.node('n1').row.provision_state !== 'available') {
    assert.ok(op.clock.now() - began < 30 * MINUTE, 'n1 is not healed')
    await op.clock.advance(SECOND)
  }
  const took = op.clock.now() - began
  stop.abort('the test is over')
  await op.clock.run(running)
  return took
}

for (const kind of ['hang', 'down', '503'] as const)
  scenario(
    `a cloud whose Ironic is ${kind}, with more failed nodes than there are workers, delays no other`,
    { nodes: names(3) },
    async (op) => {
      const other = await secondCloud(op, { nodes: names(FAILED) })
      for (const { name } of names(FAILED)) other.people.fail(name, BLIP)
      await other.sweep()
      // Its list is short and comes; what is asked of single nodes does not.
      other.cloud.faults.set('ironic', { kind })
      const beside = await timeToHeal(op, other)
      // With the cloud alone it is 261 s: spacing, a poll, a tear-down and two minutes of cleaning. With workers in common it was 292 s.
      assert.ok(beside <= 265 * SECOND, `${beside / SECOND} s`)
    },
  )
