/** The whole daemon with notifications: they make it see sooner, and nothing else; lost, doubled, late and false ones change no outcome. */
import assert from 'node:assert/strict'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import type { Transport } from '../../src/core/seams.ts'
import { seededRandom } from '../../src/simulator/seeded.ts'
import { chatter, earAt, type Road, saysTo } from '../ears.ts'
import { type FakeBroker, fakeBroker, unreachable } from '../fake-broker.ts'
import { type SimOperator, type SimOptions, scenario } from '../sim-operator.ts'

const NODE = 'node-1'
const BLIP = 'Failed to tear down: IPMI call failed: power status.'

const straight: Road = () => [0]

/** The daemon with an ear on the cloud; polls every `pollMs`, and every `stretched` while its notifications prove alive. */
function listening(op: SimOperator, o: { road?: Road; pollMs?: number; stretched?: number } = {}) {
  const { road = straight, pollMs = 15 * SECOND, stretched = MINUTE } = o
  const broker = fakeBroker()
  const it = earAt(op, broker, { pollMs, stretched })
  saysTo(op, [broker], road)
  return { broker, ear: it, stop: op.daemon({ pollMs, ears: [it] }) }
}

const caseAt = async (op: SimOperator): Promise<number> => (await op.store.caseOf(op.key(NODE)))?.openedAt ?? Number.POSITIVE_INFINITY
const failedAt = (op: SimOperator): number => Date.parse(op.node(NODE).row.provision_updated_at ?? '')
const SMALL = { nodes: 4 }

scenario('a failed tear-down is a case within a second of it, although the next poll is ten minutes away', SMALL, async (op) => {
  const { stop } = listening(op, { pollMs: 10 * MINUTE, stretched: 10 * MINUTE })
  await op.clock.advance(MINUTE)
  op.people.bmc(NODE, 'rejecting')
  op.people.undeploy(NODE)
  await op.clock.advance(20 * SECOND)
  assert.equal(op.node(NODE).row.provision_state, 'error')
  const after = (await caseAt(op)) - failedAt(op)
  await stop()
  assert.ok(after <= SECOND, `${after} ms`)
})

/** A node that fails and is healed; what Anneal sent and what became of it. */
async function story(op: SimOperator, road?: Road): Promise<{ sent: string[]; ended: string; after: number }> {
  const { stop } = road === undefined ? { stop: op.daemon() } : listening(op, { road })
  await op.clock.advance(20 * SECOND)
  op.people.fail(NODE, BLIP)
  const at = op.clock.now()
  await op.clock.advance(12 * MINUTE)
  await stop()
  return { sent: op.sent(NODE), ended: op.node(NODE).row.provision_state, after: (await caseAt(op)) - at }
}

const draw = seededRandom(7)
const ROADS: Record<string, Road | undefined> = {
  'without notifications': undefined,
  'with all of them': straight,
  'with none of them arriving': () => [],
  'with half of them lost, and the others three times': () => (draw() < 0.5 ? [] : [0, 40, 5 * SECOND]),
  'with all of them late and out of order': () => [draw() * 2 * MINUTE],
}

for (const [how, road] of Object.entries(ROADS)) {
  scenario(`the same story ${how} ends the same, and is seen within a poll`, SMALL, async (op) => {
    const { after, ...ended } = await story(op, road)
    assert.deepEqual(ended, { sent: ['PATCH 200', 'PUT 202'], ended: 'available' })
    assert.ok(after <= 16 * SECOND, `${after} ms`)
  })
}

scenario('what a message says of a node is not believed: a healthy one is looked at, and that is all', SMALL, async (op) => {
  const { broker, stop } = listening(op)
  await op.clock.advance(MINUTE)
  const lie = (provision_state: string) =>
    JSON.stringify({
      event_type: 'baremetal.node.provision_set.error',
      payload: {
        'ironic_object.data': { uuid: op.key(NODE).uuid, provision_state, maintenance: false, last_error: BLIP, instance_uuid: null },
      },
    })
  for (let times = 0; times < 10; times++) {
    void broker.publish(lie(times % 2 === 0 ? 'error' : 'clean failed'))
    await op.clock.advance(SECOND)
  }
  await op.clock.advance(5 * MINUTE)
  await stop()
  assert.deepEqual([op.said(NODE).split(' ')[0], op.sent(), await op.store.caseOf(op.key(NODE))], ['resolve', [], null])
})

/** Counts the polls: each lists the nodes in `error` once. */
function counting(): { options: SimOptions; polls: () => number } {
  let polls = 0
  const between = (transport: Transport): Transport => {
    return (request) => {
      if (/provision_state=error/.test(request.url)) polls += 1
      return transport(request)
    }
  }
  return { options: { nodes: 4, between }, polls: () => polls }
}

const alive = counting()
scenario(
  'a cloud whose notifications are heard is polled once a minute, and every 15 s as soon as the broker is gone',
  alive.options,
  async (op) => {
    const { broker, ear, stop } = listening(op)
    await op.clock.advance(20 * SECOND)
    chatter(op)
    await op.clock.advance(MINUTE)
    const before = alive.polls()
    await op.clock.advance(20 * MINUTE)
    const stretched = alive.polls() - before
    assert.ok(stretched >= 19 && stretched <= 22, `${stretched} polls in 20 min`)
    broker.away(unreachable)
    broker.drop('gone')
    await op.clock.advance(10 * MINUTE)
    const short = alive.polls() - before - stretched
    await stop()
    assert.equal(ear.state().isUp, false)
    assert.ok(short >= 39 && short <= 42, `${short} polls in 10 min`)
  },
)

const mute = counting()
scenario('a change that no notification announced brings the short polls back for ten minutes', mute.options, async (op) => {
  const { stop } = listening(op)
  await op.clock.advance(20 * SECOND)
  chatter(op)
  await op.clock.advance(5 * MINUTE)
  // Not through Ironic's own hands, so that nothing is announced.
  Object.assign(op.node(NODE).row, { provision_state: 'clean wait', provision_updated_at: '2026-03-01T03:07:00.000000+00:00' })
  await op.clock.advance(2 * MINUTE)
  const before = mute.polls()
  await op.clock.advance(8 * MINUTE)
  const distrusting = mute.polls() - before
  chatter(op)
  await op.clock.advance(5 * MINUTE)
  const again = mute.polls()
  await op.clock.advance(10 * MINUTE)
  const trusting = mute.polls() - again
  await stop()
  assert.ok(distrusting >= 31, `${distrusting} polls in 8 min`)
  assert.ok(trusting <= 12, `${trusting} polls in 10 min`)
})

scenario('a broker that comes and goes all the time changes nothing', SMALL, async (op) => {
  let held: FakeBroker | null = null
  const flap = (): void => {
    held?.drop('flapping')
    op.clock.after(7 * SECOND, flap)
  }
  op.clock.after(SECOND, flap)
  const { broker, stop } = listening(op)
  held = broker
  op.people.fail(NODE, BLIP)
  await op.clock.advance(12 * MINUTE)
  held = null
  await stop()
  assert.deepEqual([op.node(NODE).row.provision_state, op.resets()], ['available', 1])
})
