/**
 * A whole operator on a site with ChameleonCloud's Blazar and its monitor: a broken node is taken out, a lease that the monitor took from it comes
 * back, what an operator disabled is left alone, and whatever is cut off in between is found again.
 */
import assert from 'node:assert/strict'
import { DEFAULT_POLICY, HOUR, MINUTE, type Policy, SECOND } from '../../src/core/policy.ts'
import type { Transport } from '../../src/core/seams.ts'
import { disableHost, enableHost } from '../../src/simulator/blazar-people.ts'
import type { SimHost } from '../../src/simulator/blazar-state.ts'
import { handOver } from '../../src/simulator/nova.ts'
import { type SimOperator, type SimOptions, scenario } from '../sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'

const site = (blazar: Partial<Policy['blazar']> = {}, more: Partial<Policy> = {}): SimOptions => ({
  nodes: [{ name: 'n1' }, { name: 'n2' }],
  blazar: { kind: 'chameleon', monitor: true },
  policy: { mode: 'auto', ...more, blazar: { ...DEFAULT_POLICY.blazar, mode: 'chameleon', monitor: 'on', ...blazar } },
})

const hostOf = (op: SimOperator, name: string): SimHost => {
  const { uuid } = op.node(name).row
  const found = [...(op.cloud.state.blazar?.hosts.values() ?? [])].find((host) => host.hypervisor_hostname === uuid)
  return found ?? assert.fail(`Blazar has no host of ${name}`)
}
const flags = (op: SimOperator, name: string) => {
  const { disabled, reservable } = hostOf(op, name)
  return { disabled, reservable, mark: 'anneal_shield' in op.node(name).row.extra }
}
/** What was sent to Blazar to change something, with its answer. */
const sentToBlazar = (op: SimOperator): string[] =>
  op.cloud.ledger
    .changes()
    .filter(({ service }) => service === 'blazar')
    .map(
      ({ path, body, status }) =>
        `${path.split('/')[2]} ${JSON.stringify(body)
          .replace(/c-[0-9a-z]{8}/, 'CASE')
          .slice(0, 40)} ${status}`,
    )
const told = async (op: SimOperator): Promise<string[]> =>
  (await op.store.unsent(1_000)).map(({ kind }) => kind).filter((kind) => /lease|holder/.test(kind))
const lend = (op: SimOperator, name: string, from: number, until: number): void =>
  op.people.lend(name, { from: op.clock.now() + from, until: op.clock.now() + until })
/** Until the case of n1 has closed healed; at most so long. */
async function healed(op: SimOperator, withinMs: number): Promise<void> {
  // Whoever died has its claim for another half minute.
  await op.sweepFor(MINUTE)
  await op.sweepUntil(() => op.said('n1') === 'resolve healed', withinMs)
}
const SIX = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']
const DISABLED = 'os-hosts {"disabled":"anneal:CASE"} 200'
const ENABLED = 'os-hosts {"disabled":null} 200'

scenario('a failed node is disabled before it is reset, and lent again before its case closes', site(), async (op) => {
  op.people.fail('n1', BLIP)
  await op.sweepUntil(() => sentToBlazar(op).length > 0, 10 * MINUTE)
  assert.equal(op.resets(), 0)
  assert.deepEqual(flags(op, 'n1'), { disabled: true, reservable: false, mark: true })
  await healed(op, 3 * HOUR)
  assert.deepEqual(flags(op, 'n1'), { disabled: false, reservable: true, mark: false })
  assert.deepEqual(sentToBlazar(op), [DISABLED, ENABLED])
  assert.equal(op.resets(), 1)
})

scenario(
  'a lease that the monitor took from a broken node gets it back once it is well, and everybody is told once',
  site({ giveBack: true, tellHolder: 'Node {node} of {lease} failed ({cause}); your lease starts {start}.' }),
  async (op) => {
    lend(op, 'n1', 80 * MINUTE, 5 * HOUR)
    await op.sweep()
    op.people.bmc('n1', 'silent')
    op.people.fail('n1', BLIP)
    // Within the hour before its start the monitor takes the node from the lease for good.
    await op.sweepFor(40 * MINUTE)
    const lease = [...(op.cloud.state.blazar?.leases.values() ?? [])][0] ?? assert.fail()
    assert.deepEqual(lease.reservations[0]?.hosts, [])
    op.people.bmc('n1', 'ok')
    await healed(op, 2 * HOUR)
    assert.deepEqual(lease.reservations[0]?.hosts, [hostOf(op, 'n1').id])
    assert.deepEqual(
      sentToBlazar(op).map((sent) => sent.split(' ')[0]),
      ['os-hosts', 'os-hosts', 'leases'],
    )
    assert.deepEqual(await told(op), ['lease-at-risk', 'to-holder', 'lease-lost', 'to-holder', 'lease-back', 'to-holder'])
    const [, holder] = (await op.store.unsent(1_000)).filter(({ kind }) => /lease|holder/.test(kind))
    assert.match(holder?.body.message ?? '', /^Node n1 of lease of n1 failed \(bmc-unreachable\); your lease starts 2026-03-01T04:/)
    assert.equal(holder?.body.lease?.id, lease.id)
  },
)

scenario('without giveBack a lost lease is told and left as it is', site(), async (op) => {
  lend(op, 'n1', 50 * MINUTE, 5 * HOUR)
  op.people.fail('n1', BLIP)
  await op.sweep()
  await healed(op, 3 * HOUR)
  const [lease] = [...(op.cloud.state.blazar?.leases.values() ?? [])]
  assert.deepEqual(lease?.reservations[0]?.hosts, [])
  assert.deepEqual(await told(op), ['lease-at-risk', 'lease-lost'])
})

scenario('a host that an operator disabled is neither shielded nor lent again', site(), async (op) => {
  Object.assign(hostOf(op, 'n1'), { disabled: true, reservable: false, updated_at: op.clock.now() })
  op.people.fail('n1', BLIP)
  await healed(op, 3 * HOUR)
  assert.deepEqual(sentToBlazar(op), [])
  assert.deepEqual(flags(op, 'n1'), { disabled: true, reservable: false, mark: false })
})

scenario('what an operator disabled anew over a shield stays disabled, and only the mark goes', site(), async (op) => {
  op.people.fail('n1', BLIP)
  await op.sweepUntil(() => flags(op, 'n1').disabled, 10 * MINUTE)
  await op.clock.advance(2_000)
  Object.assign(hostOf(op, 'n1'), { updated_at: op.clock.now() })
  await healed(op, 3 * HOUR)
  assert.deepEqual(sentToBlazar(op), [DISABLED])
  assert.deepEqual(flags(op, 'n1'), { disabled: true, reservable: false, mark: false })
})

scenario('a shield that an operator took away is not set again in the same case', site(), async (op) => {
  op.people.bmc('n1', 'silent')
  op.people.fail('n1', BLIP)
  await op.sweepUntil(() => flags(op, 'n1').disabled, 10 * MINUTE)
  await op.clock.advance(2_000)
  Object.assign(hostOf(op, 'n1'), { disabled: false, updated_at: op.clock.now() })
  await op.sweepFor(30 * MINUTE)
  assert.deepEqual(sentToBlazar(op), [DISABLED])
  op.people.bmc('n1', 'ok')
  await healed(op, 3 * HOUR)
  assert.deepEqual(flags(op, 'n1'), { disabled: false, reservable: true, mark: false })
})

for (const fault of [{ kind: '500' }, { kind: 'hang' }, { kind: 'down' }] as const)
  scenario(`a Blazar that is ${fault.kind} keeps no node from being healed`, site(), async (op) => {
    op.cloud.faults.set('blazar', fault)
    op.people.fail('n1', BLIP)
    await healed(op, 4 * HOUR)
    assert.equal(op.resets(), 1)
    assert.equal(flags(op, 'n1').mark, false)
  })

scenario('a shield whose reply was lost is found, counted as ours, and taken back', site(), async (op) => {
  op.people.fail('n1', BLIP)
  // Its reads, the mark, and then the one whose reply is lost.
  op.at('marked', () => op.cloud.faults.set('blazar', { kind: 'lost-reply', methods: ['PUT'], times: 1 }))
  await healed(op, 3 * HOUR)
  assert.deepEqual(
    sentToBlazar(op).map((sent) => sent.split(' ').at(-1)),
    ['lost', '200'],
  )
  assert.deepEqual(flags(op, 'n1'), { disabled: false, reservable: true, mark: false })
})

for (const kind of ['502', 'lost-reply'] as const)
  scenario(
    `a shield whose end came back as ${kind} is over only when Blazar shows it, on a node that somebody has, too`,
    site(),
    async (op) => {
      op.people.bmc('n1', 'silent')
      op.people.fail('n1', BLIP)
      await op.sweepUntil(() => flags(op, 'n1').disabled, 10 * MINUTE)
      handOver(op.cloud.state, op.node('n1'))
      op.cloud.faults.set('blazar', { kind, methods: ['PUT'], times: 1 })
      await op.sweepUntil(() => op.said('n1') === 'resolve launched', 2 * HOUR)
      assert.equal(flags(op, 'n1').disabled, false)
    },
  )

scenario('where a clock that was set hides whose the disabled is, a person is told, and says so by the mark', site(), async (op) => {
  op.people.fail('n1', BLIP)
  op.at('marked', () => {
    op.cloud.faults.set('blazar', { kind: 'lost-reply', methods: ['PUT'], times: 1 })
    op.jump(-3 * MINUTE)
  })
  await op.sweep()
  await op.sweepUntil(() => op.said('n1') === 'escalate shield-over', 2 * HOUR)
  assert.match(op.message('n1'), /is disabled, and whether by Anneal or by an operator is not known/)
  delete op.node('n1').row.extra['anneal_shield']
  await healed(op, 2 * HOUR)
  assert.deepEqual(flags(op, 'n1'), { disabled: true, reservable: false, mark: false })
})

for (const point of ['committed', 'mark', 'marked', 'verb'] as const)
  scenario(
    `killed ${point} in its shield, the next life finds what stands and takes it back in the end`,
    { ...site(), file: true },
    async (op) => {
      op.people.fail('n1', BLIP)
      op.dieAt(point)
      void op.begin()
      await op.clock.advance(10 * SECOND)
      assert.ok(op.died())
      const next = await op.beside()
      await healed(next, 4 * HOUR)
      assert.deepEqual(flags(next, 'n1'), { disabled: false, reservable: true, mark: false })
      assert.equal(next.resets(), 1)
    },
  )

/** Killed at this point of its shield, with what a person does just before; the next life goes on until it tells a person whose the disabled may be. */
async function killedUnsaid(op: SimOperator, point: 'marked' | 'verbed', meanwhile: () => void): Promise<SimOperator> {
  op.people.fail('n1', BLIP)
  op.at('mark', meanwhile)
  op.dieAt(point)
  void op.begin()
  await op.clock.advance(10 * SECOND)
  assert.ok(op.died())
  const next = await op.beside()
  await next.sweepFor(MINUTE)
  await next.sweepUntil(() => next.said('n1') === 'escalate shield-over', 2 * HOUR)
  assert.match(next.message('n1'), /is disabled, and whether by Anneal or by an operator is not known/)
  assert.equal(next.resets(), 1)
  return next
}

scenario('killed once Blazar has done it, nobody knows whose the disabled is: a person is told', { ...site(), file: true }, async (op) => {
  const next = await killedUnsaid(op, 'verbed', () => {})
  enableHost(op.cloud.state, op.node('n1'), 'any')
  await healed(next, 2 * HOUR)
  assert.deepEqual(flags(next, 'n1'), { disabled: false, reservable: true, mark: false })
})

scenario('killed before it has, what an operator disabled in the same second is not undone', { ...site(), file: true }, async (op) => {
  const next = await killedUnsaid(op, 'marked', () => disableHost(op.cloud.state, op.node('n1')))
  assert.deepEqual(sentToBlazar(next), [])
  assert.deepEqual(flags(next, 'n1'), { disabled: true, reservable: false, mark: true })
})

scenario(
  'upstream Blazar, a monitor that is off, and mode observe are sent nothing',
  { ...site(), blazar: { kind: 'upstream', monitor: true } },
  async (op) => {
    op.people.fail('n1', BLIP)
    await healed(op, 3 * HOUR)
    assert.deepEqual(sentToBlazar(op), [])
  },
)
for (const blazar of [{ monitor: 'off' }, { monitor: 'unknown' }, { mode: 'observe' }] as const)
  scenario(`with blazar ${JSON.stringify(blazar)} Blazar is sent nothing`, site(blazar), async (op) => {
    op.people.fail('n1', BLIP)
    await healed(op, 3 * HOUR)
    assert.deepEqual(sentToBlazar(op), [])
  })

/** Blazar answers well and shows the host as it was: its policy lets the caller change hosts, but only an administrator disable one. */
const ignoring =
  (transport: Transport): Transport =>
  async (request) => {
    if (request.method !== 'PUT' || !request.url.includes('/v1/os-hosts/')) return await transport(request)
    const { body: _, ...read } = request
    return await transport({ ...read, method: 'GET' })
  }
scenario(
  'where Blazar takes the word of this credential and does nothing, the node is healed unshielded, and its mark taken back',
  { ...site(), between: ignoring },
  async (op) => {
    op.people.fail('n1', BLIP)
    await healed(op, 3 * HOUR)
    assert.equal(op.resets(), 1)
    assert.equal(flags(op, 'n1').mark, false)
    const { attempts } = await op.store.caseOf(op.key('n1')).then(async () => ({ attempts: await op.store.attempts(op.key('n1')) }))
    const refused = attempts.find(({ act, outcome }) => act === 'shield' && outcome === 'refused')
    assert.match(refused?.outcomeReason ?? '', /needs the role of an administrator/)
  },
)

scenario('a host that vanishes under its shield is let go, and the case closes', site(), async (op) => {
  op.people.fail('n1', BLIP)
  await op.sweepUntil(() => sentToBlazar(op).length > 0, 10 * MINUTE)
  op.cloud.state.blazar?.hosts.delete(hostOf(op, 'n1').id)
  await healed(op, 3 * HOUR)
  assert.equal('anneal_shield' in op.node('n1').row.extra, false)
})

/** Six nodes fail one after the other while their BMCs are silent; the order of the resets once these answer. */
async function orderOf(op: SimOperator, silentFor: number): Promise<(string | undefined)[]> {
  for (const name of SIX) {
    op.people.bmc(name, 'silent')
    op.people.fail(name, `Failed to tear down: IPMI call failed: power status of ${name}.`)
    await op.clock.advance(MINUTE)
  }
  await op.sweepFor(silentFor, MINUTE)
  assert.equal(op.resets(), 0)
  for (const name of SIX) op.people.bmc(name, 'ok')
  await op.sweepUntil(() => op.resets() === SIX.length, 12 * HOUR, MINUTE)
  const verbs = op.cloud.ledger.changes().filter(({ path, effect }) => path.endsWith('/states/provision') && effect !== null)
  return verbs.map(({ before }) => SIX.find((name) => op.node(name).row.uuid === before?.uuid))
}
// Whoever is looked at as the BMCs answer takes the first place; from then on the others wait, and the one that is needed goes first.
const isNext = (order: (string | undefined)[], name: string): boolean => order.slice(0, 2).includes(name)

scenario(
  'of the nodes that wait for a place the one that is leased goes next, however late it failed',
  { ...site(), nodes: SIX.map((name) => ({ name })) },
  async (op) => {
    lend(op, 'n6', 5 * HOUR, 9 * HOUR)
    const order = await orderOf(op, 5 * MINUTE)
    assert.ok(isNext(order, 'n6'), order.join())
  },
)

for (const giveBack of [true, false])
  scenario(
    `a node whose lease the monitor took ${giveBack ? 'is needed as before where the lease gets it back' : 'is not waited for where the lease is left as it is'}`,
    { ...site({ giveBack }), nodes: SIX.map((name) => ({ name })) },
    async (op) => {
      lend(op, 'n5', 70 * MINUTE, 9 * HOUR)
      const order = await orderOf(op, 20 * MINUTE)
      assert.equal(isNext(order, 'n5'), giveBack, order.join())
      const [lease] = [...(op.cloud.state.blazar?.leases.values() ?? [])]
      assert.deepEqual(lease?.reservations[0]?.hosts, giveBack ? [hostOf(op, 'n5').id] : [])
      assert.ok((await told(op)).includes('lease-lost'))
    },
  )

scenario('of a node that was removed under its shield a person is told, until the host is enabled or gone', site(), async (op) => {
  op.people.fail('n1', BLIP)
  await op.sweepUntil(() => flags(op, 'n1').disabled, 10 * MINUTE)
  const { uuid } = op.node('n1').row
  const host = hostOf(op, 'n1')
  const key = op.key('n1')
  op.cloud.state.nodes.delete(uuid)
  const decided = async () => (await op.store.caseOf(key))?.decision
  await op.sweepFor(25 * HOUR, HOUR)
  assert.deepEqual([(await decided())?.kind, (await decided())?.reason], ['escalate', 'node-gone'])
  assert.match((await decided())?.message ?? '', new RegExp(`host ${host.id} is still disabled by Anneal: send Blazar PUT`))
  Object.assign(host, { disabled: false, updated_at: op.clock.now() })
  await op.sweepFor(30 * MINUTE, 10 * MINUTE)
  assert.equal((await decided())?.kind, 'resolve')
})
