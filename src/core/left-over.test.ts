/** What may be left of a former tenant, who an allocation belongs to, and which command takes it away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nova, observed, server } from '../../test/given.ts'
import { allocationsLeft, consumer, orphanCommand, portsLeft, serversLeft } from './left-over.ts'
import type { NovaSeen, ObservedNode } from './observation.ts'
import { known, unknown } from './reading.ts'

const X = 'aaaaaaaa-0000-4000-8000-000000000001'
const Y = 'aaaaaaaa-0000-4000-8000-000000000002'
const seen = (difference: Partial<NovaSeen> = {}): NovaSeen => {
  const tenant = nova(difference)
  assert.ok(tenant.kind === 'known' && tenant.value.nova !== 'standalone')
  return tenant.value.nova
}
const dead = server({ id: X, status: 'DELETED' })
const dying = server({ id: X, task_state: 'deleting', lastAction: { action: 'delete', start_time: '2026-11-02T11:00:00' } })
const purge = (id: string) => `\`openstack resource provider allocation delete ${id}\``

test('one port is named with both commands, several are counted and the first five named', () => {
  const left = (...ids: string[]) => portsLeft(ids.map((id) => ({ id, device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' })))
  const several = (count: number, names: string) =>
    `${count} Neutron ports are still bound to it: \`openstack port delete PORT\` for those whose instance is gone, else \`openstack port unset --host PORT\`: ${names}.`
  assert.equal(left(), null)
  assert.equal(
    left('p1'),
    'Neutron port p1 is still bound to it: `openstack port delete p1` if its instance is gone, else `openstack port unset --host p1`.',
  )
  assert.equal(left('1', '2'), several(2, '1, 2'))
  assert.equal(left('1', '2', '3', '4', '5'), several(5, '1, 2, 3, 4, 5'))
  assert.equal(left('1', '2', '3', '4', '5', '6'), several(6, '1, 2, 3, 4, 5, 1 more'))
})

test('each of the first five allocations has its sentence, and the others are counted', () => {
  const left = (...ids: string[]) => allocationsLeft(ids, seen(), null)
  const each = (...ids: string[]) =>
    ids.map((id) => `Placement holds an allocation of ${id}, and whether that is a server is not known: Nova was not asked.`).join(' ')
  assert.equal(left(), null)
  assert.equal(left('1', '2'), each('1', '2'))
  assert.equal(left('1', '2', '3', '4', '5'), each('1', '2', '3', '4', '5'))
  assert.equal(left('1', '2', '3', '4', '5', '6'), `${each('1', '2', '3', '4', '5')} Placement holds 1 allocation more.`)
})

test('an allocation is said with what Nova says of its consumer, and with a command only where that is gone or deleted', () => {
  const left = (difference: Partial<NovaSeen>) => allocationsLeft([X], seen(difference), X)
  assert.equal(left({ byId: 'gone' }), `Placement holds an allocation of ${X}, which Nova does not know: where that stays so, ${purge(X)}.`)
  assert.equal(
    left({ byNode: [dead] }),
    `Placement holds an allocation of server ${X}, which is deleted: where that stays so, ${purge(X)}.`,
  )
  assert.equal(
    left({ byId: dying }),
    `Placement holds an allocation of server ${X}: status ACTIVE, task deleting, last action delete.`,
    'Nova may yet remove it by itself',
  )
  assert.equal(
    left({ consumers: [{ id: X, server: unknown('503...') }] }),
    `Placement holds an allocation of ${X}, and whether that is a server is not known: 503.`,
  )
})

test('a consumer is the server that Nova lists, else what it answered about that very one, and never gone by another’s 404', () => {
  const of = (difference: Partial<NovaSeen>, instance_uuid: string | null = X) => consumer(X, seen(difference), instance_uuid)
  const notAsked = { unknown: 'Nova was not asked' }
  assert.deepEqual(of({ byNode: [server({ id: Y }), dead] }), dead)
  assert.deepEqual(of({ byId: dying }), dying)
  assert.deepEqual(of({ byNode: [dead], byId: 'gone', consumers: [{ id: X, server: unknown('503') }] }), dead)
  assert.equal(of({ byId: 'gone' }), 'gone')
  assert.deepEqual(of({ byId: 'gone' }, Y), notAsked)
  assert.deepEqual(of({ byId: 'gone' }, null), notAsked)
  assert.deepEqual(of({ byId: null }), notAsked)
  assert.deepEqual(of({}), notAsked)
  assert.deepEqual(of({ consumers: [{ id: Y, server: known('gone') }] }), notAsked)
  const both = [
    { id: Y, server: known('gone' as const) },
    { id: X, server: known(dead) },
  ]
  assert.deepEqual(of({ consumers: both }), dead)
  assert.deepEqual(consumer(Y, seen({ consumers: both }), X), 'gone')
  assert.deepEqual(of({ consumers: [{ id: X, server: unknown('no route.') }] }), { unknown: 'no route' })
  assert.deepEqual(consumer(X, 'standalone', X), { unknown: 'there is no Nova to ask' })
})

test('an orphan is what Nova does not know or has deleted; doubt and what it is deleting are none', () => {
  assert.equal(orphanCommand(X, 'gone'), purge(X))
  assert.equal(orphanCommand(X, dead), purge(X))
  for (const none of [{ unknown: '503' }, dying, server({ id: X }), server({ id: X, status: 'SOFT_DELETED' })])
    assert.equal(orphanCommand(X, none), null)
})

test('of servers the living one is named first, then the one that Nova is deleting, then the instance that only Ironic knows', () => {
  const left = (difference: Partial<NovaSeen>, node: Partial<ObservedNode> = {}) => {
    const { node: reading } = observed({ uuid: 'n', instance_uuid: X, ...node })
    assert.ok(reading.kind === 'known')
    return serversLeft(seen(difference), reading.value)
  }
  const live = server({ id: Y })
  const lives = `Nova has server ${Y} on it: status ACTIVE, last action create. If it should go, \`openstack server delete ${Y}\`.`
  assert.equal(left({ byNode: [dead, dying, live] }), lives)
  assert.equal(left({ byNode: [dying], byId: live }), lives)
  assert.equal(
    left({ byNode: [dead, dying], byId: 'gone' }),
    `Nova is still deleting server ${X}: status ACTIVE, task deleting, last action delete. Where that stays so, \`openstack server delete ${X}\` once more.`,
  )
  assert.equal(
    left({ byNode: [dead], byId: 'gone' }),
    `Ironic records instance ${X}, which Nova does not know: where that stays so, \`openstack baremetal node unset --instance-uuid n\`.`,
  )
  // With an allocation of Ironic's own it was never Nova's to know.
  assert.equal(left({ byId: 'gone' }, { allocation_uuid: Y }), null)
  assert.equal(left({ byNode: [dead], byId: null }), null)
  assert.equal(left({ byId: dead }), null)
})
