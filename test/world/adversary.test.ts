/** What could go wrong between two of the operator's steps and is nobody's fault in the cloud: lost answers, standing still, two at work. */
import assert from 'node:assert/strict'
import { reconcile } from '../../src/controller/reconcile.ts'
import { HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { type SimOperator, scenario } from '../sim-operator.ts'

const NODE = 'node-1'
const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const SPENT = ['2026-02-27T00:00:00Z', '2026-02-28T00:00:00Z', '2026-02-28T12:00:00Z']
/** Ironic's power sync stays away, so that nothing but the operator touches the node. */
const STILL = { ironic: { powerSyncMs: 1e10 } }

const outcomes = async (op: SimOperator) =>
  (await op.store.attempts(op.key(NODE))).toReversed().map(({ act, outcome }) => `${act} ${outcome}`)

/** A node that is reset in the next sweep. */
async function ready(op: SimOperator): Promise<void> {
  op.people.fail(NODE, BLIP)
  await op.sweep()
  await op.clock.advance(3 * MINUTE)
}

scenario(
  'a quarantine whose answer never comes: nothing more is sent to the node for 150 s, then a read says what happened',
  STILL,
  async (op) => {
    op.people.setExtra(NODE, 'hammer_error_resets', SPENT)
    op.people.fail(NODE, BLIP)
    op.at('verb', () => op.cloud.faults.set('ironic', { kind: 'hang', times: 1, methods: ['PUT'] }))
    await op.sweep()
    assert.deepEqual(await outcomes(op), ['quarantine unknown'])
    await op.sweepFor(140 * SECOND, 20 * SECOND)
    assert.deepEqual([op.said(NODE), op.sent().length], ['wait outcome-unknown', 1])
    await op.sweepUntil(() => op.node(NODE).row.maintenance, 10 * MINUTE)
    assert.deepEqual(await outcomes(op), ['quarantine not-sent', 'quarantine accepted'])
  },
)

scenario('an unmark whose answer is lost: nothing more is sent to the node for 150 s, and the reset comes after', {}, async (op) => {
  await ready(op)
  op.at('verb', () => op.people.setProtected(NODE, true))
  await op.sweep()
  op.people.setProtected(NODE, false)
  op.at('mark', () => op.cloud.faults.set('ironic', { kind: 'lost-reply', times: 1, methods: ['PATCH'] }))
  await op.sweepUntil(() => op.sent().length === 3, 10 * MINUTE, 5 * SECOND)
  await op.sweepFor(140 * SECOND, 20 * SECOND)
  assert.deepEqual([op.said(NODE), op.sent().length], ['wait outcome-unknown', 3])
  await op.sweepUntil(() => op.node(NODE).row.provision_state === 'available', 20 * MINUTE)
  assert.equal((op.marks(NODE) as string[]).length, 1)
})

scenario("a process that stood still while the mark's reply lay in the socket sends no verb", {}, async (op) => {
  await ready(op)
  op.at('marked', () => op.stall(5 * SECOND))
  await op.sweep()
  assert.deepEqual([op.resets(), await outcomes(op)], [0, ['reset not-sent']])
})

scenario('an Ironic that takes seconds over the mark is no process that stood still', {}, async (op) => {
  await ready(op)
  op.at('mark', () => op.cloud.faults.set('ironic', { kind: 'latency', ms: 4 * SECOND, methods: ['PATCH'], times: 1 }))
  await op.sweep()
  assert.deepEqual([op.resets(), await outcomes(op)], [1, ['reset accepted']])
})

scenario('what was seen before the process stood still for minutes is looked at again before anything is decided', {}, async (op) => {
  await ready(op)
  op.at('observed', () => {
    op.stall(10 * MINUTE)
    op.people.setInstance(NODE, 'i-new')
  })
  await op.sweep()
  assert.deepEqual([op.sent(), await outcomes(op)], [[], []])
  assert.match(op.said(NODE), /^leave instance-may-live|^wait waiting-for-nova/)
})

scenario(
  'a pass that another one overtook decides on what is there now: a quarantine is not taken for lifted',
  { ...STILL, file: true },
  async (op) => {
    const other = await op.beside()
    op.people.setExtra(NODE, 'hammer_error_resets', SPENT)
    op.people.fail(NODE, BLIP)
    op.at('observed', async () => {
      for (let at = 0; at < 2; at += 1) {
        await reconcile(other.world, op.key(NODE))
        await op.clock.sleep(2 * SECOND)
      }
    })
    await op.sweep()
    await op.sweep()
    assert.equal(op.said(NODE), 'escalate quarantined')
    assert.equal((await op.store.caseOf(op.key(NODE)))?.memory.releasedAt, null)
    assert.deepEqual(op.sent(), ['PUT 202'])
  },
)

scenario('a process with another policy than the one in force only observes, and acts again when its own is back', {}, async (op) => {
  await ready(op)
  await op.store.enrol('sim', { mode: 'auto', policyHash: 'somebody else’s' })
  await op.sweepFor(5 * MINUTE, MINUTE)
  assert.deepEqual([op.said(NODE), op.sent()], ['wait observe-only', []])
  assert.match(op.message(NODE), /another .*policy/)
  await op.store.enrol('sim', { mode: 'auto', policyHash: JSON.stringify(op.world.policy) })
  await op.sweepUntil(() => op.resets() === 1, 5 * MINUTE)
})

scenario('driver_info that Ironic refuses for good: one try, its mark is taken back, and a person is told', {}, async (op) => {
  delete op.node(NODE).row.driver_info['ipmi_address']
  op.people.fail(NODE, 'Failed to tear down: Failed to unbind the tenant network.')
  await op.sweepFor(2 * HOUR, MINUTE)
  assert.equal(op.said(NODE), 'escalate needs-person')
  assert.deepEqual(op.sent(), ['PATCH 200', 'PUT 500', 'PATCH 200'])
  assert.deepEqual(op.marks(NODE), [])
})

scenario('an Ironic that refuses again and again is asked ever more seldom, and a person is told', {}, async (op) => {
  await ready(op)
  const refuse = () => {
    op.people.setProtected(NODE, true)
    op.at('verb', refuse)
  }
  op.at('verb', refuse)
  const kinds = new Set<string>()
  for (let at = 0; at < 8 * 30; at += 1) {
    op.people.setProtected(NODE, false)
    await op.sweep()
    kinds.add(op.said(NODE))
    await op.clock.advance(2 * MINUTE)
  }
  const tries = op.sent().filter((one) => one === 'PUT 403').length
  assert.ok(tries >= 5 && tries <= 24, `${tries} tries in 8 h`)
  assert.ok(kinds.has('escalate needs-person'), [...kinds].join(', '))
})

scenario('a pass that breaks comes back after a pause, not at once', {}, async (op) => {
  op.people.fail(NODE, BLIP)
  let looks = 0
  const { deciding } = op.world.store
  op.world.store.deciding = () => {
    looks += 1
    return Promise.reject(new Error('broken'))
  }
  const stop = op.daemon()
  await op.clock.advance(2 * MINUTE)
  op.world.store.deciding = deciding
  await stop()
  assert.ok(looks >= 1 && looks <= 30, `${looks} looks in 2 min`)
})

scenario('a person who edits the text of a quarantine has made it theirs: a release does not clear it', STILL, async (op) => {
  op.people.setExtra(NODE, 'hammer_error_resets', SPENT)
  op.people.fail(NODE, BLIP)
  await op.sweep()
  const ours = op.node(NODE).row.maintenance_reason ?? ''
  assert.match(ours, /^anneal:/)
  op.people.setMaintenance(NODE, `${ours} Vendor has it, do not touch.`)
  await op.sweep()
  await op.store.release(op.key(NODE), { by: 'pat', why: 'mended' })
  await op.sweepFor(10 * MINUTE, MINUTE)
  assert.equal(op.node(NODE).row.maintenance, true)
  assert.deepEqual(op.sent(), ['PUT 202'])
})

scenario('an unmark that met somebody else’s hand in the list is not taken for done: our mark goes in the end', {}, async (op) => {
  await ready(op)
  op.at('verb', () => op.people.setProtected(NODE, true))
  await op.sweep()
  op.people.setProtected(NODE, false)
  const [ours] = op.marks(NODE) as string[]
  op.at('mark', () => op.people.setExtra(NODE, 'hammer_error_resets', ['2026-02-01T00:00:00Z', ours]))
  await op.sweepUntil(() => op.said(NODE).startsWith('act mark-owed'), 10 * MINUTE, 5 * SECOND)
  assert.deepEqual(await outcomes(op), ['reset refused', 'unmark unknown'])
  await op.sweepUntil(() => Array.isArray(op.marks(NODE)) && !(op.marks(NODE) as string[]).includes(ours ?? ''), 20 * MINUTE)
})

scenario('a census that Ironic never answers does not keep the daemon from finding failed nodes', {}, async (op) => {
  const { takeCensus } = op.world.store
  op.world.store.takeCensus = () => Promise.reject(new Error('not in time'))
  const stop = op.daemon()
  await op.clock.advance(MINUTE)
  op.people.fail(NODE, BLIP)
  await op.clock.advance(MINUTE)
  op.world.store.takeCensus = takeCensus
  await stop()
  assert.equal(op.said(NODE), 'wait spacing')
})
