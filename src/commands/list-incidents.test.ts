/** Incidents as a person sees them: what is shared, who went first, what it cost. */
import assert from 'node:assert/strict'
import { scenario } from '../../test/sim-operator.ts'
import { HOUR, MINUTE } from '../core/policy.ts'
import { listIncidents } from './list-incidents.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const NODES = ['n1', 'n2', 'n3', 'n4']
const nodes = Array.from({ length: 40 }, (_, at) => ({ name: `n${at + 1}`, provision_state: 'active', rack: at < 4 ? 1 : at + 1 }))

scenario(
  'an incident has its key, its members and its canary while it is open, and what it cost when it is closed',
  { nodes },
  async (op) => {
    for (const name of NODES) op.people.fail(name, BLIP)
    await op.sweep()
    const [before] = await listIncidents(op.store, { cloud: null, closed: false })
    assert.deepEqual([before?.key, before?.canary, before?.healed, before?.resetsSpent], ['switch', null, 0, 0])
    await op.sweepUntil(() => op.resets() === 1, 10 * MINUTE)
    const [open] = await listIncidents(op.store, { cloud: null, closed: false })
    assert.deepEqual(open?.members.map(({ name }) => name).toSorted(), NODES)
    assert.ok(NODES.includes(open?.canary?.name ?? ''))
    assert.deepEqual([open?.canary?.result, open?.resetsSpent, open?.inFlight], [null, 1, 1])
    await op.sweepFor(2 * HOUR, MINUTE)
    assert.deepEqual(await listIncidents(op.store, { cloud: null, closed: false }), [])
    const [closed] = await listIncidents(op.store, { cloud: null, closed: true })
    assert.deepEqual([closed?.canary?.result, closed?.healed, closed?.resetsSpent], ['proven', 4, 4])
    assert.ok(closed?.closedAt !== null && closed?.members.every((member) => !member.open))
  },
)
