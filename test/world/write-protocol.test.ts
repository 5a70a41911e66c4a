/** The write protocol between observation and verb: whatever changes on the way, nothing is sent to a node that is not as it was decided on. */
import assert from 'node:assert/strict'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import { type Point, type SimOperator, scenario } from '../sim-operator.ts'

const NODE = 'node-1'
const home = (op: SimOperator) => () => op.node(NODE).row.provision_state === 'available'
const outcomeOf = async (op: SimOperator) =>
  (await op.store.attempts(op.key(NODE))).toReversed().map(({ act, outcome }) => `${act} ${outcome}`)

/** A node that is reset in the next sweep. */
async function ready(op: SimOperator): Promise<void> {
  op.people.fail(NODE, 'Failed to tear down: IPMI call failed: power status.')
  await op.sweep()
  await op.clock.advance(3 * MINUTE)
}

const CHANGES: Record<string, (op: SimOperator) => void> = {
  'becomes active again': (op) => Object.assign(op.node(NODE).row, { provision_state: 'active', instance_uuid: 'i-new' }),
  'gets a maintenance': (op) => op.people.setMaintenance(NODE, 'mine'),
  'gets a hold': (op) => op.people.setExtra(NODE, 'anneal_hold', 'mine'),
  'is protected': (op) => op.people.setProtected(NODE, true),
  'is retired': (op) => op.people.setRetired(NODE, true),
  'gets an instance': (op) => op.people.setInstance(NODE, 'i-new'),
  'gets another key in extra': (op) => op.people.setExtra(NODE, 'note', 'mine'),
  'fails anew': (op) => Object.assign(op.node(NODE).row, { provision_updated_at: '2026-03-01T03:30:00.000000+00:00' }),
}

for (const [what, change] of Object.entries(CHANGES)) {
  scenario(`a node that ${what} between observation and GET gets nothing`, {}, async (op) => {
    await ready(op)
    op.at('committed', () => change(op))
    await op.sweep()
    assert.deepEqual([op.sent(), await outcomeOf(op)], [[], ['reset not-sent']])
  })

  scenario(`a node that ${what} between GET and mark gets a mark and no verb`, {}, async (op) => {
    await ready(op)
    op.at('mark', () => change(op))
    await op.sweep()
    assert.deepEqual([op.sent(), await outcomeOf(op)], [['PATCH 200'], ['reset not-sent']])
    assert.equal(op.resets(), 0)
  })
}

scenario('the mark of a verb that was not sent is taken back, by its exact text', {}, async (op) => {
  op.people.setExtra(NODE, 'hammer_error_resets', ['2026-02-01T00:00:00Z'])
  await ready(op)
  op.at('mark', () => op.people.setProtected(NODE, true))
  await op.sweep()
  assert.equal((op.marks(NODE) as string[]).length, 2)
  op.people.setProtected(NODE, false)
  await op.sweepUntil(() => op.said(NODE).startsWith('act mark-owed'), 10 * MINUTE)
  assert.deepEqual(op.marks(NODE), ['2026-02-01T00:00:00Z'])
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.equal((op.marks(NODE) as string[]).length, 2)
})

scenario('an Ironic that takes seconds for each read is still sent a reset', {}, async (op) => {
  op.cloud.faults.set('ironic', { kind: 'latency', ms: 3 * SECOND, methods: ['GET'] })
  await ready(op)
  await op.sweep()
  assert.deepEqual([op.sent(), await outcomeOf(op)], [['PATCH 200', 'PUT 202'], ['reset accepted']])
})

scenario('a node that is locked before the GET gets nothing', {}, async (op) => {
  await ready(op)
  op.at('committed', () => void op.people.lock(NODE, MINUTE))
  await op.sweep()
  assert.deepEqual([op.sent(), await outcomeOf(op)], [[], ['reset not-sent']])
  await op.sweepUntil(home(op), 20 * MINUTE)
})

scenario('a node that is locked before the mark answers 409: no mark, no attempt', {}, async (op) => {
  await ready(op)
  op.at('mark', () => void op.people.lock(NODE, MINUTE))
  await op.sweep()
  assert.deepEqual([op.sent(), op.marks(NODE), await outcomeOf(op)], [['PATCH 409'], undefined, ['reset refused']])
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.equal((op.marks(NODE) as string[]).length, 1)
})

scenario('a node that is locked before the verb answers 409, and its mark is taken back', {}, async (op) => {
  await ready(op)
  op.at('verb', async () => {
    await op.clock.sleep(100)
    op.people.lock(NODE, MINUTE)
  })
  await op.sweep()
  assert.deepEqual([op.sent(), await outcomeOf(op)], [['PATCH 200', 'PUT 409'], ['reset refused']])
  await op.sweepUntil(() => Array.isArray(op.marks(NODE)) && (op.marks(NODE) as string[]).length === 0, 10 * MINUTE)
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.deepEqual(await outcomeOf(op), ['reset refused', 'unmark accepted', 'reset accepted'])
})

scenario('a node that is protected between mark and verb answers 403, and its mark is taken back', {}, async (op) => {
  await ready(op)
  op.at('verb', () => op.people.setProtected(NODE, true))
  await op.sweep()
  assert.deepEqual(await outcomeOf(op), ['reset refused'])
  op.people.setProtected(NODE, false)
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.equal((op.marks(NODE) as string[]).length, 1)
})

scenario('a node that moved on by itself between mark and verb answers 400', {}, async (op) => {
  await ready(op)
  op.at('verb', () => void Object.assign(op.node(NODE).row, { provision_state: 'available' }))
  await op.sweep()
  assert.deepEqual([op.sent(), await outcomeOf(op)], [['PATCH 200', 'PUT 400'], ['reset refused']])
})

scenario('a lost reply of the mark: no verb, nothing more for 150 s, then the node goes on', {}, async (op) => {
  await ready(op)
  op.at('mark', () => op.cloud.faults.set('ironic', { kind: 'lost-reply', times: 1, methods: ['PATCH'] }))
  await op.sweep()
  assert.deepEqual([op.sent(), await outcomeOf(op)], [['PATCH lost'], ['reset unknown']])
  await op.sweepFor(140 * SECOND, 20 * SECOND)
  assert.deepEqual([op.said(NODE), op.sent().length], ['wait outcome-unknown', 1])
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.equal(op.resets(), 1)
  assert.equal((op.marks(NODE) as string[]).length, 1)
})

scenario('a lost reply of a verb that Ironic took: seen by a later read, not sent again', {}, async (op) => {
  await ready(op)
  op.at('verb', () => op.cloud.faults.set('ironic', { kind: 'lost-reply', times: 1, methods: ['PUT'] }))
  await op.sweep()
  assert.deepEqual(await outcomeOf(op), ['reset unknown'])
  await op.sweepUntil(home(op), 20 * MINUTE)
  await op.sweepFor(10 * MINUTE)
  assert.deepEqual([op.resets(), await outcomeOf(op)], [1, ['reset accepted']])
})

scenario('a verb that hangs and never arrived: nothing for 150 s, its mark is taken back, then one reset', {}, async (op) => {
  await ready(op)
  op.at('verb', () => op.cloud.faults.set('ironic', { kind: 'hang', times: 1, methods: ['PUT'] }))
  await op.sweep()
  const sent = op.sent().length
  await op.sweepFor(140 * SECOND, 20 * SECOND)
  assert.equal(op.sent().length, sent)
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.deepEqual(await outcomeOf(op), ['reset not-sent', 'unmark accepted', 'reset accepted'])
})

scenario('a token that ends between mark and verb: 401 is a refusal, and the next pass has a fresh one', {}, async (op) => {
  await ready(op)
  op.at('verb', () => op.cloud.state.tokens.clear())
  await op.sweep()
  assert.deepEqual([op.sent(), await outcomeOf(op)], [['PATCH 200', 'PUT 401'], ['reset refused']])
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.equal((op.marks(NODE) as string[]).length, 1)
})

scenario(
  'Ironic at its concurrent action limit slows the whole cloud and costs no attempt',
  { ironic: { maxConcurrentClean: 0 } },
  async (op) => {
    await ready(op)
    await op.sweep()
    assert.deepEqual([op.sent(), await outcomeOf(op)], [['PATCH 200', 'PUT 500'], ['reset refused']])
    await op.sweep()
    await op.clock.advance(5 * SECOND)
    await op.sweep()
    assert.equal(op.said(NODE), 'wait fleet-budget')
    op.cloud.state.settings.ironic.maxConcurrentClean = 50
    await op.sweepUntil(home(op), 20 * MINUTE)
    assert.equal((op.marks(NODE) as string[]).length, 1)
  },
)

for (const [rpc, outcome] of [
  ['json-rpc', 'reset unknown'],
  ['messaging', 'reset unknown'],
] as const) {
  scenario(`a conductor that dies between mark and verb (${rpc}) leaves the outcome unknown`, { ironic: { rpc } }, async (op) => {
    await ready(op)
    op.at('verb', () => op.people.killConductor('conductor-1'))
    await op.sweep()
    assert.deepEqual(await outcomeOf(op), [outcome])
    await op.sweepFor(5 * MINUTE, MINUTE)
    assert.equal(op.resets(), 0)
    op.people.startConductor('conductor-1')
    await op.sweepUntil(home(op), 30 * MINUTE)
  })
}

scenario('a 503 without any conductor is a refusal of Ironic’s own; a 503 of a proxy is not known', {}, async (op) => {
  await ready(op)
  op.at('verb', () => {
    op.people.killConductor('conductor-1')
    Object.assign(op.cloud.state.conductors.get('conductor-1') ?? {}, { killedAt: op.clock.now() - 5 * MINUTE })
  })
  await op.sweep()
  assert.deepEqual([op.sent().at(-1), await outcomeOf(op)], ['PUT 503', ['reset refused']])
})

scenario('a 503 from between is unknown', {}, async (op) => {
  await ready(op)
  op.at('verb', () => op.cloud.faults.set('ironic', { kind: '503', times: 1, methods: ['PUT'] }))
  await op.sweep()
  assert.deepEqual(await outcomeOf(op), ['reset unknown'])
})

scenario(
  'a 404 of the verb may mean that no conductor serves the group: unknown',
  { ironic: { conductors: ['conductor-1', { host: 'conductor-2', group: 'other' }] } },
  async (op) => {
    await ready(op)
    op.at('verb', () => {
      op.people.killConductor('conductor-1')
      Object.assign(op.cloud.state.conductors.get('conductor-1') ?? {}, { killedAt: op.clock.now() - 5 * MINUTE })
    })
    await op.sweep()
    assert.deepEqual([op.sent().at(-1), await outcomeOf(op)], ['PUT 404', ['reset unknown']])
  },
)

scenario('Keystone down between mark and verb: the verb goes out with the token in hand or not at all', {}, async (op) => {
  await ready(op)
  op.at('marked', () => {
    op.cloud.faults.set('keystone', { kind: 'down' })
    op.cloud.state.checked.clear()
  })
  await op.sweep()
  const [outcome] = await outcomeOf(op)
  assert.ok(outcome === 'reset refused' || outcome === 'reset unknown', outcome)
  assert.equal(op.resets(), 0)
  op.cloud.faults.clearAll()
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.equal((op.marks(NODE) as string[]).length, 1)
})

for (const jump of [-30 * SECOND, 30 * SECOND, 5 * MINUTE]) {
  for (const point of ['committed', 'marked'] as Point[]) {
    scenario(`a wall clock that jumps by ${jump / SECOND} s after the decision (${point}): the verb is not sent`, {}, async (op) => {
      await ready(op)
      op.at(point, () => op.jump(jump))
      await op.sweep()
      assert.deepEqual([op.resets(), await outcomeOf(op)], [0, ['reset not-sent']])
    })
  }
}

const WORDS: Record<string, (op: SimOperator) => Promise<unknown>> = {
  pause: (op) => op.store.pause('sim', { by: 'pat', why: 'stop' }),
  'pause of all clouds': (op) => op.store.pause(null, { by: 'pat', why: 'stop' }),
  hold: (op) => op.store.hold(op.key(NODE), { by: 'pat', why: 'stop' }),
  'mode observe': (op) => op.store.enrol('sim', { mode: 'observe', policyHash: 'observe' }),
}
for (const [word, say] of Object.entries(WORDS)) {
  for (const point of ['committed', 'mark', 'marked'] as Point[]) {
    scenario(`${word} said between commit and verb (${point}) stops the verb`, {}, async (op) => {
      await ready(op)
      op.at(point, async () => {
        await say(op)
      })
      await op.sweep()
      assert.deepEqual([op.resets(), await outcomeOf(op)], [0, ['reset not-sent']])
    })
  }
}

scenario('a mark whose answer takes too long is no deciding read any more', {}, async (op) => {
  await ready(op)
  op.at('marked', () => op.clock.sleep(25 * SECOND))
  await op.sweep()
  assert.deepEqual([op.sent(), await outcomeOf(op)], [['PATCH 200'], ['reset not-sent']])
})

scenario('somebody who appends to the list at the same time stops the verb, and nobody’s entry is lost by us', {}, async (op) => {
  op.people.setExtra(NODE, 'hammer_error_resets', ['2026-02-01T00:00:00Z'])
  await ready(op)
  op.at('mark', () => op.people.setExtra(NODE, 'hammer_error_resets', ['2026-02-01T00:00:00Z', '2026-02-02T00:00:00Z']))
  await op.sweep()
  assert.deepEqual([op.resets(), await outcomeOf(op)], [0, ['reset not-sent']])
  await op.sweepUntil(home(op), 20 * MINUTE)
  assert.deepEqual((op.marks(NODE) as string[]).slice(0, 2), ['2026-02-01T00:00:00Z', '2026-02-02T00:00:00Z'])
  assert.equal((op.marks(NODE) as string[]).length, 3)
})
