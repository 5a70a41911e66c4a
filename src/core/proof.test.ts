/** What keeps a node from being proven healed, and what is said where it cannot be asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW, nova, observed, server } from '../../test/given.ts'
import type { BlazarSeen, BoundPort, NovaSeen, Observation, ObservedNode } from './observation.ts'
import { DEFAULT_POLICY, type Policy } from './policy.ts'
import { CHECKS, type Check, proofOf, proven } from './proof.ts'
import { absent, known, unknown } from './reading.ts'

const X = 'aaaaaaaa-0000-4000-8000-000000000001'
const Y = 'aaaaaaaa-0000-4000-8000-000000000002'
const home = { provision_state: 'available' }
const port = (id: string): BoundPort => ({ id, device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' })
const offered = (...reserved: number[]) => known(reserved.map((r) => ({ resource_class: 'R', total: 1, reserved: r })))

type Given = { node?: Partial<ObservedNode>; seen?: Partial<Observation>; monitor?: Policy['blazar']['monitor'] }

function proofWith({ node = {}, seen = {}, monitor = 'unknown' }: Given) {
  const o = observed({ ...home, ...node }, seen)
  assert.ok(o.node.kind === 'known')
  const policy = { blazar: { ...DEFAULT_POLICY.blazar, monitor } }
  const proof = proofOf(o, o.node.value, policy)
  assert.equal(proven(o, o.node.value, policy), !proof.some(({ verdict }) => verdict === 'fails'))
  return proof
}
/** The lines that do not hold. */
const against = (given: Given): string[] =>
  proofWith(given)
    .filter(({ verdict }) => verdict !== 'holds')
    .map(({ check, verdict, sentence }) => `${check} ${verdict}: ${sentence}`)
const oneOf = (check: Check, given: Given): string | null => {
  const line = proofWith(given).find((one) => one.check === check)
  return line === undefined ? null : `${line.verdict}: ${line.sentence}`
}

test('each check of a node that is available, free, powered and offered holds, and says so', () => {
  const host = { id: 'h', reservable: true, disabled: false, updated_at: null }
  const lent: BlazarSeen = { readAt: 0, kind: 'chameleon', host, leases: [], total: 0, missing: [] }
  const proof = proofWith({ seen: { blazar: known(lent) } })
  assert.deepEqual(
    proof.map(({ check }) => check),
    CHECKS,
  )
  assert.deepEqual(
    proof.map(({ verdict, sentence }) => `${verdict}: ${sentence}`),
    [
      'holds: It is available.',
      'holds: No conductor holds its lock.',
      'holds: It is not in maintenance.',
      'holds: Ironic knows its power state: power off.',
      'holds: Its BMC answers: ASF pong.',
      'holds: No Neutron port is bound to it.',
      'holds: Nova has no server on it.',
      'holds: Placement offers it.',
      'holds: Placement holds no allocation of it.',
      'holds: Blazar offers it.',
    ],
  )
})

test('names each thing that Ironic and the BMC say against the node', () => {
  assert.deepEqual(against({ node: { provision_state: 'enroll' } }), ['provision state fails: It is enroll, not available.'])
  assert.deepEqual(against({ node: { reservation: 'cond-1' } }), ['lock fails: Conductor cond-1 holds its lock.'])
  for (const power_state of [null, 'error'])
    assert.deepEqual(against({ node: { power_state } }), ['power fails: Ironic does not know its power state.'])
  const bmc = known({ kind: 'silent' as const, detail: 'three tries', at: NOW })
  assert.deepEqual(against({ seen: { bmc } }), ['BMC fails: Its BMC is silent: three tries.'])
})

test('a maintenance is lifted by whoever set it', () => {
  const by = (maintenance_reason: string | null, fault: string | null = null) =>
    oneOf('maintenance', { node: { maintenance: true, maintenance_reason, fault } })
  assert.equal(by('anneal:c-1 bmc-fault: x'), 'fails: It is in maintenance by Anneal: when it is mended, `anneal release n1`.')
  const nameless = { name: null, maintenance: true, maintenance_reason: 'anneal:c-1 bmc-fault: x' }
  assert.match(
    oneOf('maintenance', { node: nameless }) ?? '',
    /: when it is mended, `anneal release 0f2f8c1e-2a4b-4d1c-9a55-6d2f10b7a001`\.$/,
  )
  assert.equal(by(null), 'fails: It is in maintenance by a person, who clears it when the work is done.')
  assert.equal(
    by('During sync_power_state, max retries exceeded for node X', 'power failure'),
    'fails: It is in maintenance by Ironic, which set a fault.',
  )
})

test('a port that is still bound is named with the command that frees it', () => {
  const ports = (...ids: string[]) => oneOf('ports', { seen: { ports: known(ids.map(port)) } })
  assert.equal(
    ports('p1'),
    'fails: Neutron port p1 is still bound to it: `openstack port delete p1` if its instance is gone, else `openstack port unset --host p1`.',
  )
  assert.equal(
    ports('p1', 'p2'),
    'fails: 2 Neutron ports are still bound to it: `openstack port delete PORT` for those whose instance is gone, else `openstack port unset --host PORT`: p1, p2.',
  )
  assert.match(ports('1', '2', '3', '4', '5', '6', '7') ?? '', /: 1, 2, 3, 4, 5, 2 more\.$/)
})

test('an inventory that is reserved, empty or without a provider keeps users from launching', () => {
  assert.deepEqual(against({ seen: { inventory: offered(0, 1) } }), ['inventory fails: Placement still has it reserved.'])
  const inventory = (...reserved: number[]) => ({
    alone: oneOf('inventory', { seen: { inventory: offered(...reserved), tenant: alone } }),
    unread: oneOf('inventory', { seen: { inventory: offered(...reserved), tenant: unknown('503') } }),
    withNova: oneOf('inventory', { seen: { inventory: offered(...reserved) } }),
  })
  const alone = known({ nova: 'standalone' as const, allocations: absent('no provider') })
  const empty =
    'fails: Placement offers nothing of it: nova-compute tells Placement of a node within some 60 s; its log says why it does not.'
  assert.deepEqual(inventory(), {
    alone: 'not asked: Placement knows nothing of it, and there is no Nova that places instances by it.',
    unread: empty,
    withNova: empty,
  })
  const offers = 'holds: Placement offers it.'
  assert.deepEqual(inventory(0), { alone: offers, unread: offers, withNova: offers })
})

test('says what could not be asked, and that does not block', () => {
  assert.deepEqual(against({ seen: { bmc: unknown('no route'), ports: unknown('403'), inventory: unknown('expected an object') } }), [
    'BMC not asked: Whether its BMC answers is not known: no route.',
    'ports not asked: Bound ports are not known: 403.',
    "inventory not asked: Placement's inventory is not known: expected an object.",
  ])
  assert.deepEqual(against({ seen: { tenant: unknown('503') } }), [
    'Nova not asked: Whether Nova has a server on it is not known: 503.',
    'allocations not asked: Whether Placement holds an allocation of it is not known either.',
  ])
  assert.deepEqual(against({ seen: { tenant: nova({}, unknown('garbage')) } }), [
    "allocations not asked: Placement's allocations are not known: garbage.",
  ])
})

const held = (ids: string[], seen: Partial<NovaSeen> = {}, node: Partial<ObservedNode> = {}) =>
  oneOf('allocations', { node, seen: { tenant: nova(seen, known(ids)) } })

test('an allocation whose consumer Nova does not know, or knows as deleted, is named with the command that removes it', () => {
  const command = (id: string) => `where that stays so, \`openstack resource provider allocation delete ${id}\`.`
  const orphan = `fails: Placement holds an allocation of ${X}, which Nova does not know: ${command(X)}`
  assert.equal(held([X], { consumers: [{ id: X, server: known('gone') }] }), orphan)
  assert.equal(held([X], { byId: 'gone' }, { instance_uuid: X }), orphan)
  const dead = server({ id: X, status: 'DELETED' })
  const deleted = `fails: Placement holds an allocation of server ${X}, which is deleted: ${command(X)}`
  assert.equal(held([X], { consumers: [{ id: X, server: known(dead) }] }), deleted)
  assert.equal(held([X], { byNode: [dead] }), deleted)
})

test('an allocation of a server, or of what Nova could not be asked about, fails the proof and is no orphan', () => {
  const live = 'status ACTIVE, last action create'
  assert.equal(
    held([X], { consumers: [{ id: X, server: known(server({ id: X })) }] }),
    `fails: Placement holds an allocation of server ${X}: ${live}.`,
  )
  const notKnown = (why: string) => `fails: Placement holds an allocation of ${X}, and whether that is a server is not known: ${why}.`
  assert.equal(held([X], { consumers: [{ id: X, server: unknown('503') }] }), notKnown('503'))
  assert.equal(held([X]), notKnown('Nova was not asked'))
  assert.equal(held([X], { byId: 'gone' }, { instance_uuid: Y }), notKnown('Nova was not asked'))
  const alone = known({ nova: 'standalone' as const, allocations: known([X]) })
  assert.equal(oneOf('allocations', { seen: { tenant: alone } }), notKnown('there is no Nova to ask'))
})

test('of two consumers each is said for itself, and of many the first five', () => {
  const both =
    held([X, Y], {
      consumers: [
        { id: X, server: known('gone') },
        { id: Y, server: unknown('503') },
      ],
    }) ?? ''
  assert.match(both, new RegExp(`allocation delete ${X}\`\\. Placement holds an allocation of ${Y}, and whether`))
  assert.doesNotMatch(both, new RegExp(`delete ${Y}`))
  const many = held(['1', '2', '3', '4', '5', '6', '7']) ?? ''
  assert.match(many, / of 5, .* Placement holds 2 allocations more\.$/)
  assert.doesNotMatch(many, / of 6,/)
})

test('a server that Nova has on the node keeps it from being proven, a deleted one does not', () => {
  const on = (seen: Partial<NovaSeen>, node: Partial<ObservedNode> = {}) => oneOf('Nova', { node, seen: { tenant: nova(seen) } })
  const dying = server({ task_state: 'deleting', lastAction: { action: 'delete', start_time: '2026-11-02T11:00:00' } })
  const there = 'fails: Nova has server s-2 on it: status ACTIVE, last action create. If it should go, `openstack server delete s-2`.'
  assert.equal(on({ byNode: [dying, server({ id: 's-2' })] }), there)
  // Also where Ironic records another instance, of which Nova was not asked.
  assert.equal(on({ byNode: [server({ id: 's-2' })] }, { instance_uuid: X }), there)
  assert.match(on({ byNode: [dying] }) ?? '', /^fails: Nova is still deleting server s-1: .*`openstack server delete s-1` once more\.$/)
  assert.equal(on({ byNode: [server({ status: 'DELETED' })] }), 'holds: Nova has no server on it.')
  assert.equal(on({ byId: server({ id: X, status: 'DELETED' }) }, { instance_uuid: X }), 'holds: Nova has no server on it.')
})

test('an instance that Ironic records and Nova does not know is named with the command that forgets it', () => {
  const on = (seen: Partial<NovaSeen>, node: Partial<ObservedNode>) => oneOf('Nova', { node, seen: { tenant: nova(seen) } })
  assert.match(
    on({ byId: 'gone' }, { instance_uuid: X }) ?? '',
    /^fails: Ironic records instance .* `openstack baremetal node unset --instance-uuid /,
  )
  assert.equal(
    on({ byId: 'gone' }, { instance_uuid: X, allocation_uuid: Y }),
    `not asked: Ironic allocation ${Y} holds it, of which Nova knows nothing.`,
  )
  assert.equal(on({}, { instance_uuid: X }), `not asked: Nova was not asked about instance ${X}.`)
  const alone = known({ nova: 'standalone' as const, allocations: known([]) })
  assert.equal(oneOf('Nova', { seen: { tenant: alone } }), 'not asked: There is no Nova to ask.')
})

type Lent = { kind?: BlazarSeen['kind']; host?: Partial<NonNullable<BlazarSeen['host']>> | null; monitor?: Policy['blazar']['monitor'] }
function lent({ kind = 'chameleon', host = {}, monitor = 'on' }: Lent, node: Partial<ObservedNode> = {}): string | null {
  const seen = host === null ? null : { id: 'h', reservable: false, disabled: false, updated_at: null, ...host }
  return oneOf('Blazar', { node, monitor, seen: { blazar: known({ readAt: 0, kind, host: seen, leases: [], total: 0, missing: [] }) } })
}

test('where the monitor of Chameleon’s Blazar runs, a host that is not reservable yet keeps the node from being proven', () => {
  assert.equal(
    lent({}),
    'fails: Blazar does not offer it yet: its monitor makes a host reservable within some 60 s; the log of blazar-manager says why it does not.',
  )
  assert.equal(lent({ host: { reservable: true } }), 'holds: Blazar offers it.')
  assert.equal(lent({ host: { reservable: true, disabled: null } }), 'holds: Blazar offers it.')
})

test('a host that is taken out, a monitor that may not run and a flag that is hidden are said and do not block', () => {
  assert.equal(lent({ host: { disabled: true } }), 'not asked: Blazar does not offer it, because its host is disabled.')
  const shielded = 'not asked: Blazar does not offer it, because its host is disabled: a shield of ours may stand on it.'
  assert.equal(lent({ host: { disabled: true } }, { shield: '{}' }), shielded)
  assert.equal(
    lent({ monitor: 'off' }),
    'not asked: Blazar does not offer it, and without its monitor nothing makes a host reservable again.',
  )
  assert.equal(
    lent({ monitor: 'unknown' }),
    'not asked: Blazar does not offer it, and whether its monitor runs is not known (`blazar.monitor`).',
  )
  for (const host of [{ reservable: null }, { disabled: null }])
    assert.equal(lent({ host }), 'not asked: Whether Blazar offers it is hidden by a capability of its host.')
})

test('a Blazar whose flag says nothing of Ironic’s node is said and does not block', () => {
  for (const reservable of [true, false]) {
    assert.equal(
      lent({ kind: 'upstream', host: { reservable } }),
      "not asked: Blazar's `reservable` follows Nova's hypervisors, so it says nothing of a node.",
    )
    assert.equal(
      lent({ kind: null, host: { reservable } }),
      'not asked: Which Blazar it is is not known, so its `reservable` says nothing of a node.',
    )
  }
  assert.equal(lent({ host: null }), 'not asked: Blazar does not know the node.')
  assert.equal(oneOf('Blazar', { seen: { blazar: unknown('500') } }), 'not asked: Whether Blazar offers it is not known: 500.')
})

test('nothing is said of Blazar where there is none, or where an older version did not ask', () => {
  assert.equal(oneOf('Blazar', {}), null)
  const { blazar: _, ...older } = observed(home)
  assert.ok(older.node.kind === 'known')
  assert.ok(!proofOf(older as Observation, older.node.value, DEFAULT_POLICY).some(({ check }) => check === 'Blazar'))
})

test('a retired node ends in manageable, which Placement and Blazar offer to nobody', () => {
  const node = { retired: true, provision_state: 'manageable' }
  const unoffered = 'inventory not asked: It is retired, so Placement offers it to nobody.'
  assert.deepEqual(against({ node, seen: { inventory: offered(1) } }), [unoffered])
  const stateFails = 'provision state fails: It is available, not manageable.'
  assert.deepEqual(against({ node: { ...node, provision_state: 'available' } }), [stateFails, unoffered])
  assert.equal(lent({}, node), 'not asked: It is retired, so Blazar offers it to nobody.')
})
