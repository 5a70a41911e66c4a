/** The judges themselves, tried on a careless operator: each breach is seen, and what is right is let pass. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Intent } from '../core/case.ts'
import type { Act } from '../core/decision.ts'
import { decidingRead } from '../core/ironic.ts'
import { DEFAULT_POLICY } from '../core/policy.ts'
import type { HttpRequest } from '../core/seams.ts'
import { type SimulatedCloud, simulatedCloud } from './cloud.ts'
import { briefOf } from './delivery.ts'
import { type Judges, judgesOver, type Sender } from './judges.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'
import type { BmcMode } from './world.ts'

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const BLIP = 'Failed to tear down: IPMI call failed: power status.'

type Careless = {
  cloud: SimulatedCloud
  judges: Judges
  by: Sender
  /** The node that requests are about: at first one that failed a minute ago; its tenant is gone. */
  uuid: string
  intent(act: Act): Intent
  send(method: HttpRequest['method'], path: string, body?: unknown): Promise<number>
  mark(intent: Intent): Promise<number>
  reset(): Promise<number>
  wait(ms: number): Promise<void>
  broken(): string[]
}

async function given({ mode = 'auto' }: Partial<Sender> = {}): Promise<Careless> {
  const clock = virtualClock({ start: Date.parse('2026-03-01T03:00:00Z') })
  const cloud = simulatedCloud({ nodes: 10, random: seededRandom(1), clock, features: { keystone: false } })
  const judges = judgesOver(cloud.state, { wall: clock.now, policy: DEFAULT_POLICY })
  const by: Sender = { name: 'careless', mode }
  const node = cloud.node('node-1')
  const { uuid } = node.row
  cloud.people.fail(uuid, BLIP)
  // The first reset may follow after two.
  await clock.advance(3 * MINUTE)
  let count = 0
  const careless: Careless = {
    cloud,
    judges,
    by,
    uuid,
    intent: (act) => {
      count += 1
      const { uuid } = careless
      const mark = new Date(clock.now()).toISOString()
      const decided = decidingRead(briefOf(cloud.state, cloud.node(uuid)))
      const rest = {
        caseId: 'c-1',
        number: 1,
        cause: 'unknown',
        digest: '',
        extraOthers: '',
        text: null,
        step: null,
        blazar: null,
      } as const
      const intent: Intent = {
        id: `i-${count}`,
        cloud: 'sim',
        uuid,
        act,
        decided,
        mark,
        createdAt: clock.now(),
        deadlineAt: clock.now(),
        ...rest,
      }
      judges.committed(intent, careless.by)
      return intent
    },
    send: async (method, path, body) => {
      judges.sender = careless.by
      const answer = cloud.transport({
        method,
        url: `${cloud.state.baseUrl}/baremetal/v1/nodes/${careless.uuid}${path}`,
        headers: { 'x-openstack-ironic-api-version': '1.82', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        connectTimeoutMs: 5_000,
        answerTimeoutMs: 10_000,
      })
      judges.sender = null
      // Knows: a lost answer is what some of these tests are about.
      return await clock.run(
        answer.then(
          ({ status }) => status,
          () => 0,
        ),
      )
    },
    mark: (intent) => careless.send('PATCH', '', [{ op: 'add', path: '/extra/hammer_error_resets', value: [intent.mark] }]),
    reset: () => careless.send('PUT', '/states/provision', { target: 'deleted' }),
    wait: (ms) => clock.advance(ms),
    broken: () => [...new Set(judges.broken.map(({ promise }) => promise))],
  }
  return careless
}

const breach = (name: string, expected: string[], act: (on: Careless) => Promise<unknown>, by: Partial<Sender> = {}) =>
  test(name, async () => {
    const on = await given(by)
    await act(on)
    assert.deepEqual(on.broken(), expected, JSON.stringify(on.judges.broken))
  })

breach('a reset by the book breaks nothing', [], async (on) => {
  await on.mark(on.intent('reset'))
  assert.equal(await on.reset(), 202)
})

breach('a verb without a mark before it breaks S1', ['S1'], async (on) => {
  on.intent('reset')
  await on.reset()
})

breach('a verb more than two seconds after the reply to its mark breaks S1', ['S1'], async (on) => {
  await on.mark(on.intent('reset'))
  await on.wait(3 * SECOND)
  await on.reset()
})

breach('a verb although the reply to its mark showed something else than was decided on breaks S1', ['S1'], async (on) => {
  const intent = on.intent('reset')
  on.cloud.people.setRetired(on.uuid, true)
  await on.mark(intent)
  await on.reset()
})

breach('a verb to a node on which a server may live breaks S2', ['S2'], async (on) => {
  const [server] = [...on.cloud.state.servers.values()].filter(({ node }) => node === on.uuid)
  assert.ok(server)
  server.deleted = false
  await on.mark(on.intent('reset'))
  await on.reset()
})

breach('so does one right after the older script has written its mark, which says nothing of who lives there', ['S2'], async (on) => {
  const [server] = [...on.cloud.state.servers.values()].filter(({ node }) => node === on.uuid)
  assert.ok(server)
  server.deleted = false
  await on.mark(on.intent('reset'))
  on.judges.hand(on.uuid, 'other')
  await on.reset()
})

breach('one to a node that somebody handed to a tenant while the request was on its way breaks nothing', [], async (on) => {
  const [server] = [...on.cloud.state.servers.values()].filter(({ node }) => node === on.uuid)
  assert.ok(server)
  await on.mark(on.intent('reset'))
  server.deleted = false
  on.judges.hand(on.uuid, 'moved')
  await on.reset()
})

breach("somebody's key of extra a moment before does not excuse a request under a person's maintenance", ['S3'], async (on) => {
  on.cloud.people.setMaintenance(on.uuid, 'new mainboard')
  on.judges.hand(on.uuid, 'maintenance')
  await on.wait(MINUTE)
  on.judges.hand(on.uuid, 'other')
  await on.mark(on.intent('reset'))
})

breach("a request under a person's maintenance breaks S3", ['S3'], async (on) => {
  on.cloud.people.setMaintenance(on.uuid, 'new mainboard')
  on.judges.hand(on.uuid, 'maintenance')
  await on.wait(MINUTE)
  await on.mark(on.intent('reset'))
})

breach('a maintenance that a person sets while the request is on its way breaks nothing', [], async (on) => {
  const intent = on.intent('reset')
  await on.mark(intent)
  on.cloud.people.setMaintenance(on.uuid, 'new mainboard')
  on.judges.hand(on.uuid, 'maintenance')
  await on.reset()
})

breach('however long that way is', [], async (on) => {
  on.cloud.faults.set('ironic', { kind: 'latency', ms: 5 * SECOND, times: 1 })
  const sending = on.mark(on.intent('reset'))
  on.cloud.people.setMaintenance(on.uuid, 'new mainboard')
  on.judges.hand(on.uuid, 'maintenance')
  await sending
})

breach('a mark in spite of a maintenance that a read has just shown breaks S3', ['S3'], async (on) => {
  const intent = on.intent('reset')
  on.cloud.people.setMaintenance(on.uuid, 'new mainboard')
  on.judges.hand(on.uuid, 'maintenance')
  await on.send('GET', '')
  await on.mark(intent)
})

breach('a request to a node whose maintenance Ironic took away and no person breaks S3', ['S3'], async (on) => {
  on.cloud.people.setMaintenance(on.uuid, 'new mainboard')
  on.judges.hand(on.uuid, 'maintenance')
  await on.send('GET', '')
  on.cloud.people.clearMaintenance(on.uuid)
  await on.wait(MINUTE)
  await on.mark(on.intent('reset'))
})

breach('a request to a node that a person holds, by word or by key, breaks S3', ['S3'], async (on) => {
  on.judges.said({ kind: 'hold', uuid: on.uuid })
  await on.mark(on.intent('reset'))
})

breach('the end of a quarantine without a word of a person breaks S3', ['S3'], async (on) => {
  on.cloud.people.setMaintenance(on.uuid, 'anneal:c-1 unknown: Look.')
  on.intent('release')
  await on.send('DELETE', '/maintenance')
})

breach('a second intent within 150 s of a request without an answer breaks S4', ['S4'], async (on) => {
  on.cloud.faults.set('ironic', { kind: 'lost-reply', times: 1 })
  assert.equal(await on.mark(on.intent('reset')), 0)
  await on.wait(100 * SECOND)
  await on.mark(on.intent('reset'))
})

breach('so does one after an answered request whose sender died before writing that down', ['S4'], async (on) => {
  const intent = on.intent('reset')
  await on.mark(intent)
  on.judges.died(new Set([intent.id]))
  await on.wait(100 * SECOND)
  await on.mark(on.intent('reset'))
})

breach('one after 150 s breaks nothing', [], async (on) => {
  on.cloud.faults.set('ironic', { kind: 'lost-reply', times: 1 })
  await on.mark(on.intent('reset'))
  await on.wait(151 * SECOND)
  await on.mark(on.intent('reset'))
})

breach('nor does one sooner, where the clock that its sender goes by was set forward between decision and request', [], async (on) => {
  on.cloud.faults.set('ironic', { kind: 'lost-reply', times: 1 })
  const intent = on.intent('reset')
  on.judges.noteTime(3 * MINUTE)
  await on.mark(intent)
  await on.wait(76 * SECOND)
  await on.mark(on.intent('reset'))
})

breach('a second intent soon after one whose sender died before its answer came breaks S4', ['S4'], async (on) => {
  await on.mark(on.intent('reset'))
  on.by.diedAt = on.cloud.state.clock.now()
  await on.wait(100 * SECOND)
  await on.mark(on.intent('reset'))
})

breach('a verb that is sent twice under one intent breaks S5, answered or not', ['S5'], async (on) => {
  on.cloud.faults.set('ironic', { kind: 'no-worker', times: 1 })
  await on.mark(on.intent('reset'))
  assert.equal(await on.reset(), 503)
  assert.equal(await on.reset(), 202)
})

breach('a request that no intent is for breaks S5', ['S5'], (on) => on.send('PUT', '/maintenance', { reason: 'anneal:c-1 unknown: Look.' }))

/** As many as the policy allows: reset, and failed again an hour ago each time. */
async function allSpent(on: Careless): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    await on.mark(on.intent('reset'))
    await on.reset()
    await on.wait(30 * MINUTE)
    on.cloud.people.fail(on.uuid, BLIP)
    await on.wait(HOUR)
  }
}

breach('the fourth reset of a node within a week breaks S6', ['S6'], async (on) => {
  await allSpent(on)
  assert.deepEqual(on.broken(), [])
  await on.mark(on.intent('reset'))
  await on.reset()
})

breach('one more for which a person asked breaks nothing, and the next one after it breaks S6', ['S6'], async (on) => {
  await allSpent(on)
  on.judges.said({ kind: 'retry', uuid: on.uuid })
  await on.wait(SECOND)
  for (const expected of [[], ['S6']]) {
    await on.mark(on.intent('reset'))
    await on.reset()
    assert.deepEqual(on.broken(), expected)
    await on.wait(30 * MINUTE)
    on.cloud.people.fail(on.uuid, BLIP)
    await on.wait(HOUR)
  }
})

breach('a word that is told only after the act that used it up lifts the budget, too', [], async (on) => {
  await allSpent(on)
  await on.mark(on.intent('reset'))
  on.judges.said({ kind: 'retry', uuid: on.uuid })
  await on.reset()
})

for (const [minutes, expected] of [
  [15, []],
  [14, ['S6']],
] as const)
  breach(`a second reset ${minutes} min after its failure breaks ${expected[0] ?? 'nothing'}`, [...expected], async (on) => {
    await on.mark(on.intent('reset'))
    await on.reset()
    await on.wait(30 * MINUTE)
    on.cloud.people.fail(on.uuid, BLIP)
    await on.wait(minutes * MINUTE)
    await on.mark(on.intent('reset'))
    await on.reset()
  })

/** Two nodes, one right after the other; a cloud of ten has two places, and each class one. */
async function twoAtOnce(on: Careless): Promise<void> {
  for (const name of ['node-1', 'node-2']) {
    on.uuid = on.cloud.node(name).row.uuid
    await on.mark(on.intent('reset'))
    assert.equal(await on.reset(), 202)
  }
}
/** As long before as is to lie between a failure and its reset. */
async function failBoth(on: Careless): Promise<void> {
  on.cloud.people.fail(on.cloud.node('node-2').row.uuid, BLIP)
  await on.wait(3 * MINUTE)
}

breach('two resets at once in a class of ten break S6', ['S6'], async (on) => {
  await failBoth(on)
  await twoAtOnce(on)
})

breach('in two classes they break nothing', [], async (on) => {
  await failBoth(on)
  on.cloud.node('node-2').row.resource_class = 'another'
  await twoAtOnce(on)
})

breach('nor where a person asked for the first', [], async (on) => {
  await failBoth(on)
  on.judges.said({ kind: 'retry', uuid: on.cloud.node('node-1').row.uuid })
  await on.wait(SECOND)
  await twoAtOnce(on)
})

/** The first stands still in its repair for so long, is looked at, and has just moved on when the second one goes. */
async function secondAfter(on: Careless, ms: number): Promise<void> {
  await failBoth(on)
  const { row } = on.cloud.node('node-1')
  on.cloud.node('node-1').cleaning = 'step-hangs'
  await on.mark(on.intent('reset'))
  await on.reset()
  await on.wait(ms)
  await on.send('GET', '')
  assert.equal(row.provision_state, 'clean wait')
  row.provision_updated_at = new Date(on.cloud.state.clock.now()).toISOString()
  on.uuid = on.cloud.node('node-2').row.uuid
  await on.mark(on.intent('reset'))
  assert.equal(await on.reset(), 202)
}

breach('nor where the first one stood still for a quarter of an hour, though it moves on again', [], async (on) => {
  await secondAfter(on, 16 * MINUTE)
})

breach('where it stood still for less they break S6', ['S6'], async (on) => {
  await secondAfter(on, 13 * MINUTE)
})

/** Three hours, two hours and one hour before the reset. */
const OLDER = ['2026-03-01T00:00:00', '2026-03-01T01:00:00', '2026-03-01T02:00:00Z']

breach('a reset where others noted down three breaks S6', ['S6'], async (on) => {
  on.cloud.people.setExtra(on.uuid, 'hammer_error_resets', OLDER)
  const { mark } = on.intent('reset')
  await on.send('PATCH', '', [{ op: 'add', path: '/extra/hammer_error_resets/-', value: mark }])
  await on.reset()
})

breach('what was noted down before the end of a quarantine does not count', [], async (on) => {
  on.cloud.people.setExtra(on.uuid, 'hammer_error_resets', OLDER)
  on.judges.said({ kind: 'release', uuid: on.uuid })
  const { mark } = on.intent('reset')
  await on.send('PATCH', '', [{ op: 'add', path: '/extra/hammer_error_resets/-', value: mark }])
  await on.reset()
})

const APPROVING = { mode: 'approve' } as const
breach(
  "a reset that was decided on after a person's no breaks S3",
  ['S3'],
  async (on) => {
    on.judges.said({ kind: 'reject', uuid: on.uuid })
    await on.wait(1)
    await on.mark(on.intent('reset'))
  },
  APPROVING,
)

breach(
  'one that was decided on before it, or after a later yes, breaks nothing',
  [],
  async (on) => {
    const decided = on.intent('reset')
    on.judges.said({ kind: 'reject', uuid: on.uuid })
    await on.mark(decided)
    await on.reset()
    await on.wait(30 * MINUTE)
    on.cloud.people.fail(on.uuid, BLIP)
    on.judges.said({ kind: 'approve', uuid: on.uuid })
    await on.mark(on.intent('reset'))
  },
  APPROVING,
)

breach('a case closed on a node that has been in error for minutes breaks L1', ['L1'], async (on) => {
  on.cloud.node('node-1').row.provision_state = 'active'
  on.cloud.people.fail(on.uuid, BLIP)
  on.judges.closed(on.uuid)
  assert.deepEqual(on.broken(), [])
  await on.wait(5 * MINUTE)
  on.judges.closed(on.uuid)
})

breach("taking away somebody else's mark breaks S7", ['S7'], async (on) => {
  on.cloud.people.setExtra(on.uuid, 'hammer_error_resets', ['2026-02-28T00:00:00Z'])
  on.intent('unmark')
  await on.send('PATCH', '', [{ op: 'remove', path: '/extra/hammer_error_resets/0' }])
})

breach('a changing request in mode observe breaks S8', ['S8'], (on) => on.mark(on.intent('reset')), { mode: 'observe' })

breach('a changing request by a policy that is not the one put in force last breaks S8', ['S8'], async (on) => {
  on.by.policyHash = 'ours'
  on.judges.inForce('ours')
  await on.mark(on.intent('reset'))
  assert.deepEqual(on.broken(), [])
  on.judges.inForce('another')
  await on.reset()
})

breach('a reset while Neutron has been down for minutes breaks S9', ['S9'], async (on) => {
  const { clock } = on.cloud.state
  on.judges.bench.outages.push({ service: 'neutron', seenBy: 'both', from: clock.now(), to: null })
  await on.wait(2 * MINUTE)
  await on.mark(on.intent('reset'))
  await on.reset()
})

/** On one switch, each with a tenant at first. */
const RACK = ['node-2', 'node-3', 'node-6', 'node-7'] as const
type InRack = (typeof RACK)[number]

/** Their BMCs go away, their tear-downs fail on it, and minutes later the operator has looked at all of them. */
async function rackAway(on: Careless, { names = RACK, mode = 'stuck' }: { names?: readonly InRack[]; mode?: BmcMode } = {}): Promise<void> {
  for (const name of names) on.cloud.people.bmc(on.cloud.node(name).row.uuid, mode)
  await on.wait(10 * SECOND)
  for (const name of names) on.cloud.people.fail(on.cloud.node(name).row.uuid, BLIP)
  await on.wait(3 * MINUTE + 10 * SECOND)
  for (const name of names) {
    on.uuid = on.cloud.node(name).row.uuid
    await on.send('GET', '')
  }
}

async function resetOf(on: Careless, name: InRack): Promise<void> {
  on.uuid = on.cloud.node(name).row.uuid
  await on.mark(on.intent('reset'))
  assert.equal(await on.reset(), 202)
  await on.wait(20 * SECOND)
}

/** One of four is reset, is back in `error` and looked at; then the next. */
async function twoOfRack(on: Careless, between: () => unknown = () => {}): Promise<void> {
  await resetOf(on, 'node-2')
  assert.equal(on.cloud.node('node-2').row.provision_state, 'error')
  await on.wait(4 * MINUTE)
  await on.send('GET', '')
  await between()
  await resetOf(on, 'node-3')
}

breach('a second canary a few minutes after the first, while the BMCs of a rack are away, breaks S9', ['S9'], async (on) => {
  await rackAway(on)
  await twoOfRack(on)
})

breach('so does one while they are silent', ['S9'], async (on) => {
  await rackAway(on, { mode: 'silent' })
  await resetOf(on, 'node-2')
  await resetOf(on, 'node-3')
})

// The same node again within minutes is too soon by its spacing, too.
breach('so does the same node once more', ['S6', 'S9'], async (on) => {
  await rackAway(on)
  await twoOfRack(on, () => resetOf(on, 'node-2'))
  assert.equal(on.judges.broken.length, 3)
})

test('one canary is one question, and no breach', async () => {
  const on = await given()
  await rackAway(on)
  const asked = on.judges.checked.get('S9') ?? 0
  await resetOf(on, 'node-2')
  assert.equal(on.judges.checked.get('S9'), asked + 1)
  assert.deepEqual(on.broken(), [])
})

breach('a second canary after 45 min breaks nothing', [], async (on) => {
  await rackAway(on)
  await twoOfRack(on, () => on.wait(45 * MINUTE))
})

breach('nor does one whose BMC has come back', [], async (on) => {
  await rackAway(on)
  await twoOfRack(on, () => on.cloud.people.bmc(on.cloud.node('node-3').row.uuid, 'ok'))
})

breach('nor one whose BMC was well between its failure and now', [], async (on) => {
  await rackAway(on)
  await twoOfRack(on, () => {
    for (const mode of ['ok', 'stuck'] as const) on.cloud.people.bmc(on.cloud.node('node-3').row.uuid, mode)
  })
})

breach('nor one for which a person asked', [], async (on) => {
  await rackAway(on)
  await twoOfRack(on, () => on.judges.said({ kind: 'retry', uuid: on.cloud.node('node-3').row.uuid }))
})

breach('nor one after another node of the rack that may have healed', [], async (on) => {
  on.cloud.node('node-7').row.resource_class = 'another'
  await rackAway(on)
  await twoOfRack(on, async () => {
    on.cloud.people.bmc(on.cloud.node('node-7').row.uuid, 'ok')
    await resetOf(on, 'node-7')
  })
})

breach('nor the resets of two nodes, where three make an incident', [], async (on) => {
  await rackAway(on, { names: ['node-2', 'node-3'] })
  await twoOfRack(on)
})

breach('nor those that go before there was time to look at the third', [], async (on) => {
  await rackAway(on, { names: ['node-2', 'node-3'] })
  const third = on.cloud.node('node-6').row.uuid
  on.cloud.people.bmc(third, 'stuck')
  await on.wait(10 * SECOND)
  on.cloud.people.fail(third, BLIP)
  await on.wait(30 * SECOND)
  on.uuid = third
  await on.send('GET', '')
  await resetOf(on, 'node-2')
  await on.send('GET', '')
  await resetOf(on, 'node-3')
})

breach('nor those of nodes on two switches', [], async (on) => {
  for (const name of ['node-6', 'node-7']) on.cloud.node(name).port.switch_info = 'another'
  await rackAway(on)
  await twoOfRack(on)
})

breach('nor one by a process that has not seen the others fail', [], async (on) => {
  await rackAway(on)
  on.by = { name: 'started-again', mode: 'auto' }
  await twoOfRack(on)
})

breach('nor one of a node that had failed for another reason some hours before', [], async (on) => {
  const { uuid } = on.cloud.node('node-3').row
  on.cloud.people.fail(uuid, 'Failed to tear down: Service Unavailable (HTTP 503)')
  on.cloud.node('node-3').row.provision_state = 'active'
  await on.wait(2 * HOUR)
  await rackAway(on)
  await twoOfRack(on)
})

breach('nor one while more than four times as much fails elsewhere', [], async (on) => {
  for (const [at, name] of ['node-1', 'node-4', 'node-5', 'node-8', 'node-9', 'node-10'].entries()) {
    on.cloud.node(name).port.switch_info = `switch-${at}`
    for (let count = 0; count < 3; count += 1) on.cloud.people.fail(on.cloud.node(name).row.uuid, BLIP)
  }
  await rackAway(on)
  await twoOfRack(on)
})

test('a datagram that opens a session to a BMC breaks S8', async () => {
  const { judges } = await given()
  judges.datagram(Uint8Array.of(0x06, 0x00, 0xff, 0x06, 0, 0, 0x11, 0xbe, 0x80, 0, 0, 0))
  assert.equal(judges.broken.length, 0)
  judges.datagram(Uint8Array.of(0x06, 0x00, 0xff, 0x07, 0x06, 0x10))
  assert.equal(judges.broken.length, 1)
})
