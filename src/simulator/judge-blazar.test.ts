/** The judges of what is sent to Blazar, tried on a careless sender: each breach is seen, and what is right is let pass. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Intent } from '../core/case.ts'
import type { Act } from '../core/decision.ts'
import { decidingRead } from '../core/ironic.ts'
import { DEFAULT_POLICY } from '../core/policy.ts'
import type { HttpRequest } from '../core/seams.ts'
import { setDisabled } from './blazar-hosts.ts'
import { moveOff } from './blazar-monitor.ts'
import type { BlazarKind, SimBlazar, SimHost, SimLease } from './blazar-state.ts'
import { type SimulatedCloud, simulatedCloud } from './cloud.ts'
import { briefOf } from './delivery.ts'
import { judgeBlazarAtRest } from './judge-blazar.ts'
import { type Judges, judgesOver, type Sender } from './judges.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

type Careless = {
  cloud: SimulatedCloud
  judges: Judges
  by: Sender
  blazar: SimBlazar
  host: SimHost
  uuid: string
  intent(act: Act): Intent
  send(method: HttpRequest['method'], path: string, body?: unknown): Promise<number>
  /** The mark of a shield, whole or with something else in it. */
  mark(intent: Intent, other?: object): Promise<number>
  unmark(): Promise<number>
  disabled(words: unknown): Promise<number>
  /** By the book, or as far as `intent` and `mark` have been thought of. */
  shield(): Promise<Intent>
  /** Of the lease's own values, with others over them. */
  giveBack(lease: SimLease, other?: object): Promise<number>
  /** A person's hand on `disabled`. */
  hand(words: string | null): void
  /** A lease of the node from in an hour, that lost it. */
  stripped(): SimLease
  wait(ms: number): Promise<void>
}

type Site = Partial<Sender> & { kind?: BlazarKind; blazar?: Partial<typeof DEFAULT_POLICY.blazar> & { giveBack?: boolean } }

async function given({ mode = 'auto', kind = 'chameleon', blazar: turned = {} }: Site = {}): Promise<Careless> {
  const clock = virtualClock({ start: Date.parse('2026-03-01T03:00:00Z') })
  const cloud = simulatedCloud({ nodes: 3, random: seededRandom(1), clock, blazar: { kind } })
  const policy = {
    ...DEFAULT_POLICY,
    blazar: { ...DEFAULT_POLICY.blazar, mode: 'chameleon' as const, monitor: 'on' as const, giveBack: true, ...turned },
  }
  const judges = judgesOver(cloud.state, { wall: clock.now, policy })
  const by: Sender = { name: 'careless', mode }
  const { blazar } = cloud.state
  const node = cloud.node('node-1')
  const { uuid } = node.row
  const host = [...(blazar?.hosts.values() ?? [])].find(({ hypervisor_hostname }) => hypervisor_hostname === uuid)
  assert.ok(blazar !== null && host !== undefined)
  const admin = await loggedIn(clock, cloud, { user: 'admin', scope: 'admin' })
  cloud.people.fail(uuid, 'Failed to tear down: IPMI call failed: power status.')
  await clock.advance(MINUTE)
  const careless: Careless = {
    ...{ cloud, judges, by, blazar, host, uuid },
    intent: (act) => {
      const at = { createdAt: clock.now(), deadlineAt: clock.now() }
      const decided = decidingRead(briefOf(cloud.state, node))
      const rest = { number: 1, cause: 'unknown', digest: '', extraOthers: '', mark: null, text: null, step: null, blazar: null } as const
      const intent: Intent = { id: `i-${clock.now()}-${act}`, cloud: 'sim', caseId: 'c-1', uuid, act, decided, ...at, ...rest }
      judges.committed(intent, by)
      return intent
    },
    send: async (method, path, body) => {
      judges.sender = by
      const answer = admin.ask(method, path, body)
      judges.sender = null
      return (await answer).status
    },
    mark: ({ caseId }, other = {}) => {
      const prev = { disabled: false, reservable: host.reservable }
      const value = { v: 1, case: caseId, kind: 'blazar-disabled', host_id: host.id, prev, at: '2026-03-01T03:01:00Z', ...other }
      return careless.send('PATCH', `baremetal/v1/nodes/${uuid}`, [{ op: 'add', path: '/extra/anneal_shield', value }])
    },
    unmark: () => careless.send('PATCH', `baremetal/v1/nodes/${uuid}`, [{ op: 'remove', path: '/extra/anneal_shield' }]),
    disabled: (words) => careless.send('PUT', `reservation/v1/os-hosts/${host.id}`, { disabled: words }),
    shield: async () => {
      const intent = careless.intent('shield')
      await careless.mark(intent)
      await careless.disabled('anneal:c-1')
      judges.recorded(intent.id)
      return intent
    },
    giveBack: (lease, other = {}) => {
      const [reservation] = lease.reservations
      assert.ok(reservation)
      const { id, min, max, hypervisor_properties, resource_properties } = reservation
      const wish = { id, resource_type: 'physical:host', min, max, hypervisor_properties, resource_properties, ...other }
      return careless.send('PUT', `reservation/v1/leases/${lease.id}`, { reservations: [wish] })
    },
    hand: (words) => {
      setDisabled(cloud.state, host, words)
      judges.hand(uuid, words === null ? 'enabled' : 'disabled')
    },
    stripped: () => {
      cloud.people.lend(uuid, { from: clock.now() + HOUR, until: clock.now() + 2 * HOUR })
      const lease = [...blazar.leases.values()].at(-1)
      const [reservation] = lease?.reservations ?? []
      assert.ok(lease !== undefined && reservation !== undefined)
      moveOff(cloud.state, blazar, { lease, reservation, host })
      return lease
    },
    wait: (ms) => clock.advance(ms),
  }
  return careless
}

const breach = (name: string, expected: string[], act: (on: Careless) => Promise<unknown>, site: Site = {}) =>
  test(name, async () => {
    const on = await given(site)
    await act(on)
    const broken = [...new Set(on.judges.broken.map(({ promise }) => promise))]
    assert.deepEqual(broken, expected, JSON.stringify(on.judges.broken))
  })

breach('a shield, its end and a give-back by the book break nothing', [], async (on) => {
  await on.shield()
  assert.deepEqual([on.host.disabled, on.host.disabledFor], [true, 'anneal:c-1'])
  await on.wait(5 * MINUTE)
  on.intent('unshield')
  assert.equal(await on.disabled(null), 200)
  assert.equal(await on.unmark(), 200)
  await on.wait(MINUTE)
  on.host.reservable = true
  const lease = on.stripped()
  on.intent('give-back')
  assert.equal(await on.giveBack(lease), 200)
  assert.deepEqual(lease.reservations[0]?.hosts, [on.host.id])
  await on.wait(MINUTE)
  judgeBlazarAtRest(on.judges.bench, () => false)
})

breach("the end of a person's disabled breaks S11", ['S11'], async (on) => {
  on.hand('new rails')
  await on.wait(MINUTE)
  on.intent('unshield')
  await on.disabled(null)
})

breach('so does the end of one that a person set in the place of ours', ['S11'], async (on) => {
  await on.shield()
  on.hand(null)
  on.hand('mine now')
  await on.wait(MINUTE)
  on.intent('unshield')
  await on.disabled(null)
})

breach("a shield over a person's disabled breaks S11", ['S11'], async (on) => {
  on.hand('new rails')
  await on.wait(MINUTE)
  await on.shield()
})

breach('a person who is faster than the request breaks nothing', [], async (on) => {
  const intent = on.intent('shield')
  await on.mark(intent)
  on.hand('new rails')
  await on.disabled('anneal:c-1')
})

breach('and whose the disabled is that both set within a moment nobody can tell', [], async (on) => {
  const intent = on.intent('shield')
  await on.mark(intent)
  on.hand('new rails')
  await on.disabled('anneal:c-1')
  await on.wait(MINUTE)
  on.intent('unshield')
  await on.disabled(null)
})

/** Blazar answers our request with 500 and did nothing; a person does the same so long before. */
const answered500 = async (on: Careless, after: number): Promise<void> => {
  const intent = on.intent('shield')
  await on.mark(intent)
  on.hand('new rails')
  await on.wait(after)
  on.cloud.faults.set('blazar', { kind: '500', times: 1 })
  assert.equal(await on.disabled('anneal:c-1'), 500)
  await on.wait(5 * MINUTE)
  on.intent('unshield')
  await on.disabled(null)
}
breach('nor where our own came to nobody knows what in that moment', [], (on) => answered500(on, 0))
breach('a moment is two seconds', ['S11'], (on) => answered500(on, 3 * SECOND))

breach('unless a read of the host has just shown it', ['S11'], async (on) => {
  const intent = on.intent('shield')
  await on.mark(intent)
  on.hand('new rails')
  await on.send('GET', `reservation/v1/os-hosts/${on.host.id}`)
  await on.disabled('anneal:c-1')
})

breach('a second shield after a person lifted the first breaks S11', ['S11'], async (on) => {
  await on.shield()
  on.hand(null)
  await on.wait(MINUTE)
  await on.shield()
})

breach('a shield after a person ended her own disabled breaks nothing', [], async (on) => {
  await on.shield()
  on.hand(null)
  on.cloud.node('node-1').row.provision_state = 'available'
  on.judges.closed(on.uuid)
  on.hand('new rails')
  on.hand(null)
  await on.wait(MINUTE)
  await on.shield()
})

breach('in another case it breaks nothing', [], async (on) => {
  await on.shield()
  on.hand(null)
  await on.wait(MINUTE)
  on.cloud.node('node-1').row.provision_state = 'available'
  on.judges.closed(on.uuid)
  await on.shield()
})

breach("a person's disabled that is gone in the end breaks S11", ['S11'], async (on) => {
  on.hand('new rails')
  setDisabled(on.cloud.state, on.host, null)
  judgeBlazarAtRest(on.judges.bench, () => true)
})

breach('a shield whose mark was not written breaks S12', ['S12'], async (on) => {
  on.intent('shield')
  await on.disabled('anneal:c-1')
})

breach('so does one whose mark was refused', ['S12'], async (on) => {
  on.cloud.faults.set('ironic', { kind: '409' })
  await on.shield()
})

breach('and one in the words of another case', ['S12'], async (on) => {
  const intent = on.intent('shield')
  await on.mark(intent)
  await on.disabled('anneal:c-2')
})

breach('a mark that goes before its shield does breaks S12', ['S12'], async (on) => {
  await on.shield()
  on.intent('unshield')
  await on.unmark()
})

breach('a shield that stands in the end and of which nobody was told breaks S12', ['S12'], async (on) => {
  await on.shield()
  judgeBlazarAtRest(on.judges.bench, () => true)
  assert.equal(on.judges.broken.length, 0)
  judgeBlazarAtRest(on.judges.bench, () => false)
})

for (const [what, other] of [
  ['of another case', { case: 'c-9' }],
  ['of another host', { host_id: 'h-9' }],
  ['that says nothing of what was before', { prev: null }],
  ['of another kind', { kind: 'reserved' }],
] as const)
  breach(`a mark ${what} breaks S7`, ['S7'], (on) => on.mark(on.intent('shield'), other))

breach("taking away somebody else's mark breaks S7", ['S7'], async (on) => {
  on.cloud.people.setExtra(on.uuid, 'anneal_shield', { v: 1, case: 'c-9' })
  on.intent('unshield')
  await on.unmark()
})

breach('a shield on an upstream Blazar breaks S13', ['S13'], (on) => on.shield(), { kind: 'upstream' })
breach('one in mode observe of Blazar breaks S7 and S13', ['S7', 'S13'], (on) => on.shield(), { blazar: { mode: 'observe' } })
breach('so does one where no monitor would lift it', ['S7', 'S13'], (on) => on.shield(), { blazar: { monitor: 'unknown' } })

breach('two give-backs of one lease break S13', ['S13'], async (on) => {
  on.host.reservable = true
  const lease = on.stripped()
  on.intent('give-back')
  await on.giveBack(lease)
  await on.wait(3 * MINUTE)
  on.intent('give-back')
  await on.giveBack(lease)
})

for (const [what, other] of [
  ['more hosts', { max: 2 }],
  ['other properties', { resource_properties: '' }],
  ['the minimum as a text', { min: '1' }],
  ['a reservation of another lease', { id: 'r-9' }],
] as const)
  breach(`a give-back with ${what} breaks S13`, ['S13'], async (on) => {
    const lease = on.stripped()
    on.intent('give-back')
    await on.giveBack(lease, other)
  })

breach('a give-back that says more than it must breaks S5 and S13', ['S13', 'S5'], async (on) => {
  const lease = on.stripped()
  on.intent('give-back')
  await on.giveBack(lease, { before_end: '' })
})

breach('a give-back of a lease that has begun breaks S13', ['S13'], async (on) => {
  const lease = on.stripped()
  await on.wait(70 * MINUTE)
  assert.equal(lease.status, 'ACTIVE')
  on.intent('give-back')
  await on.giveBack(lease)
})

const notOpted = { blazar: { giveBack: false } }
const stripAndGive = async (on: Careless) => {
  const lease = on.stripped()
  on.intent('give-back')
  await on.giveBack(lease)
}
breach('a give-back that nobody has opted for breaks S13', ['S13'], stripAndGive, notOpted)

breach('a give-back of a lease that never had the node breaks S13', ['S13'], async (on) => {
  on.cloud.people.lend('node-2', { from: on.cloud.state.clock.now() + HOUR, until: on.cloud.state.clock.now() + 2 * HOUR })
  const [lease] = on.blazar.leases.values()
  assert.ok(lease)
  for (const reservation of lease.reservations) reservation.hosts = []
  on.intent('give-back')
  // By hand, because an intent of another node is not one for this.
  const [node2] = lease.everHad
  assert.ok(node2)
  on.blazar.nodes.set(node2, on.uuid)
  lease.everHad = ['h-9']
  await on.giveBack(lease)
})

breach('a lease that is not what its user made in the end breaks S13', ['S13'], async (on) => {
  const lease = on.stripped()
  lease.name = 'anneal was here'
  judgeBlazarAtRest(on.judges.bench, () => true)
})

for (const [what, method, path] of [
  ['a new lease', 'POST', () => 'leases'],
  ['the end of a lease', 'DELETE', (on: Careless) => `leases/${on.stripped().id}`],
  ['a renamed lease', 'PUT', (on: Careless) => `leases/${on.stripped().id}`],
  ['a reallocation', 'PUT', (on: Careless) => `os-hosts/${on.host.id}/allocation`],
  ['a capability', 'PUT', (on: Careless) => `os-hosts/${on.host.id}`],
  ['the end of a host', 'DELETE', (on: Careless) => `os-hosts/${on.host.id}`],
] as const)
  breach(`${what} breaks S13 and S5`, ['S13', 'S5'], (on) => on.send(method, `reservation/v1/${path(on)}`, { name: 'x' }))

breach('a shield under a hold breaks S3', ['S3'], async (on) => {
  const intent = on.intent('shield')
  await on.mark(intent)
  on.judges.said({ kind: 'hold', uuid: on.uuid })
  await on.disabled('anneal:c-1')
})

breach('so does its end on a node that a person put into maintenance', ['S3'], async (on) => {
  await on.shield()
  on.cloud.people.setMaintenance(on.uuid, 'new mainboard')
  on.judges.hand(on.uuid, 'maintenance')
  await on.wait(MINUTE)
  on.intent('unshield')
  await on.disabled(null)
})

breach('a reset soon after a shield without an answer breaks S4', ['S4'], async (on) => {
  const intent = on.intent('shield')
  await on.mark(intent)
  on.cloud.faults.set('blazar', { kind: 'lost-reply', times: 1 })
  await on.disabled('anneal:c-1').catch(() => 0)
  await on.wait(100 * SECOND)
  const { mark } = { ...on.intent('reset'), mark: 'x' }
  await on.send('PATCH', `baremetal/v1/nodes/${on.uuid}`, [{ op: 'add', path: '/extra/hammer_error_resets', value: [mark] }])
})

breach('nor may the end of a shield come while its node is being cleaned', ['S4'], async (on) => {
  await on.shield()
  on.cloud.node('node-1').row.provision_state = 'cleaning'
  on.intent('unshield')
  await on.disabled(null)
})

breach("Blazar's own refusals have a sure end, after which another may follow at once", [], async (on) => {
  const lease = on.stripped()
  on.host.reservable = false
  on.intent('give-back')
  assert.equal(await on.giveBack(lease), 500)
  await on.wait(10 * SECOND)
  on.intent('give-back')
  await on.giveBack(lease)
})

breach('a second request under one intent breaks S5', ['S5'], async (on) => {
  await on.shield()
  await on.disabled('anneal:c-1')
})

breach('a request that leaves more than 20 s after its intent breaks S5', ['S5'], async (on) => {
  const intent = on.intent('shield')
  await on.mark(intent)
  await on.wait(21 * SECOND)
  await on.disabled('anneal:c-1')
})

breach('a shield in mode observe breaks S8', ['S8'], (on) => on.shield(), { mode: 'observe' })
