/** A whole operator on a site with a Blazar: what it sees of leases, and that no Blazar, whatever it answers, keeps a node from being healed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlazarSeen } from '../../src/core/observation.ts'
import { DEFAULT_POLICY, HOUR, MINUTE } from '../../src/core/policy.ts'
import type { Reading } from '../../src/core/reading.ts'
import { type SimOperator, type SimOptions, scenario, simOperator } from '../sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'

/** As the operator kept it when it last decided about the node. */
async function seenOf(op: SimOperator, name: string): Promise<Reading<BlazarSeen>> {
  const kept = await op.store.lastObservation(op.key(name))
  return kept?.observation.blazar ?? assert.fail('no observation was kept')
}

const asked = (op: SimOperator): string[] =>
  op.cloud.ledger.entries
    .filter(({ service }) => service === 'blazar')
    .map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/, 'ID')}`)

const two: SimOptions = { nodes: [{ name: 'n1' }, { name: 'n2' }], fresh: true }

scenario(
  'leases, flags and kind are seen with the node, by reads alone, and without a lease nothing is asked but two lists',
  { ...two, blazar: { kind: 'chameleon', monitor: true } },
  async (op) => {
    const now = op.clock.now()
    op.people.lend('n1', { from: now + 2 * HOUR, until: now + 6 * HOUR })
    op.people.fail('n1', BLIP)
    op.people.fail('n2', BLIP)
    // The fork's monitor sees both in its next poll.
    await op.clock.advance(61_000)
    const before = asked(op).length
    await op.sweep()
    const n1 = await seenOf(op, 'n1')
    assert.ok(n1.kind === 'known')
    const [lease] = n1.value.leases
    assert.deepEqual([n1.value.kind, n1.value.host?.reservable, n1.value.host?.disabled, n1.value.total], ['chameleon', false, false, 1])
    assert.deepEqual(
      [lease?.start_date, lease?.status, lease?.project_id],
      ['2026-03-01T05:00:00.000000', 'PENDING', op.cloud.state.projects.get('lab')?.id],
    )
    const n2 = await seenOf(op, 'n2')
    assert.deepEqual(n2.kind === 'known' && n2.value.leases, [])
    assert.deepEqual(asked(op).slice(before).toSorted(), ['GET /v1/leases/ID', 'GET /v1/os-hosts', 'GET /v1/os-hosts/allocations'])
  },
)

scenario(
  'a healthy upstream Blazar goes on lending a node that is in error',
  { ...two, blazar: { kind: 'upstream', monitor: true } },
  async (op) => {
    op.people.fail('n1', BLIP)
    await op.clock.advance(2 * MINUTE)
    await op.sweep()
    const seen = await seenOf(op, 'n1')
    assert.deepEqual(seen.kind === 'known' && [seen.value.kind, seen.value.host], [
      'upstream',
      { id: '1', reservable: true, disabled: null, updated_at: null },
    ])
  },
)

scenario('a site without a Blazar has none in its observations, and one that is left out is not asked', two, async (op) => {
  op.people.fail('n1', BLIP)
  await op.sweep()
  assert.deepEqual(await seenOf(op, 'n1'), { kind: 'absent', reason: 'no Blazar in the catalog' })
})

const off = { ...two, blazar: { kind: 'chameleon' as const }, policy: { blazar: { ...DEFAULT_POLICY.blazar, mode: 'off' as const } } }
scenario('a Blazar that the configuration leaves out is not asked', off, async (op) => {
  op.people.fail('n1', BLIP)
  await op.sweep()
  assert.deepEqual([(await seenOf(op, 'n1')).kind, asked(op)], ['absent', []])
})

test('a node is healed as soon with a Blazar that hangs, fails or is away as with none', async () => {
  const healedAfter = async (spoil: (op: SimOperator) => void, options: SimOptions = {}): Promise<number> => {
    const op = await simOperator({ ...two, fresh: false, ...options })
    spoil(op)
    op.people.fail('n1', BLIP)
    const from = op.clock.now()
    await op.sweepUntil(() => op.resets('n1') > 0 && op.said('n1') === 'resolve healed', 3 * HOUR)
    await op.close()
    return op.clock.now() - from
  }
  const without = await healedAfter(() => {})
  const blazar = { blazar: { kind: 'chameleon' } } as const
  for (const kind of ['hang', 'down', '500', 'cut'] as const) {
    const took = await healedAfter((op) => op.cloud.faults.set('blazar', { kind }), blazar)
    assert.ok(Math.abs(took - without) <= 2 * MINUTE, `${kind}: ${took} ms, without Blazar ${without} ms`)
  }
})
