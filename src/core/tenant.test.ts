/** Who may live on a node. Everything that is not positive proof of absence or deletion lives. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW, nova, observed, server } from '../../test/given.ts'
import { EMPTY_MEMORY } from './case.ts'
import type { Observation, ObservedNode, ServerSeen } from './observation.ts'
import { DEFAULT_POLICY, HOUR, type Policy } from './policy.ts'
import { absent, known, unknown } from './reading.ts'
import { tenantVerdict } from './tenant.ts'

const X = 'aaaaaaaa-0000-4000-8000-000000000001'
const deleted = { lastAction: { action: 'delete', start_time: '2026-11-02T11:00:00.000000' } }

function verdict(tenant: Observation['tenant'], node: Partial<ObservedNode> = {}, policy: Partial<Policy> = {}): string {
  const o = observed(node, { tenant })
  assert.ok(o.node.kind === 'known')
  return tenantVerdict(o, o.node.value, EMPTY_MEMORY, { ...DEFAULT_POLICY, ...policy }).kind
}
/** The verdict in full, for a node whose instance has been 404 for as long as `goneMs` says. */
function told(tenant: Observation['tenant'], node: Partial<ObservedNode> = {}, goneMs = 0, policy: Partial<Policy> = {}) {
  const o = observed(node, { tenant })
  assert.ok(o.node.kind === 'known')
  const memory = { ...EMPTY_MEMORY, gone: { instance_uuid: X, firstAt: NOW - goneMs, lastAt: NOW } }
  return tenantVerdict(o, o.node.value, memory, { ...DEFAULT_POLICY, ...policy })
}
const byNode = (difference: Partial<ServerSeen>) => verdict(nova({ byNode: [server(difference)] }))

test('every server lives, whatever its status, unless it is deleted or being deleted', () => {
  for (const status of ['ACTIVE', 'SHUTOFF', 'BUILD', 'ERROR', 'PAUSED', 'RESCUE', 'SHELVED', 'SOFT_DELETED', 'UNKNOWN', 'FROZEN']) {
    assert.equal(byNode({ status }), 'live', status)
  }
  assert.equal(byNode({ status: 'DELETED' }), 'deleted')
  assert.equal(byNode({ status: 'DELETED', vm_state: null }), 'deleted')
  assert.equal(byNode({ status: 'DELETED', vm_state: 'active' }), 'live')
  assert.equal(byNode({ task_state: 'deleting', ...deleted }), 'deleted')
  assert.equal(byNode({ task_state: 'deleting' }), 'live')
  assert.equal(byNode(deleted), 'live')
})

test('a soft-deleted server can be restored, and one in a dark cell may be anything', () => {
  assert.equal(byNode({ status: 'SOFT_DELETED', task_state: 'deleting', ...deleted }), 'live')
  assert.equal(byNode({ status: 'UNKNOWN', task_state: 'deleting', ...deleted }), 'live')
})

test('a failed delete counts where it is newer than the deployment', () => {
  const error = { status: 'ERROR', ...deleted }
  assert.equal(byNode(error), 'deleted')
  assert.equal(byNode({ ...error, launched_at: '2026-11-02T11:30:00Z' }), 'live')
  assert.equal(byNode({ ...error, launched_at: '2026-11-02T11:00:00Z' }), 'live')
  assert.equal(byNode({ ...error, launched_at: '2026-11-02T10:59:59Z' }), 'deleted')
  assert.equal(byNode({ ...error, launched_at: null }), 'deleted')
  assert.equal(byNode({ ...error, launched_at: 'some day' }), 'live')
  for (const launched_at of ['2026-10-01T00:00:00Z', null])
    assert.equal(byNode({ ...error, launched_at, lastAction: { action: 'delete', start_time: 'some day' } }), 'live')
  assert.equal(byNode({ ...error, lastAction: null }), 'live')
})

test('one living server is enough, and a deleted one does not speak for the instance that Ironic records', () => {
  const gone = server({ status: 'DELETED' })
  assert.equal(verdict(nova({ byNode: [gone, server({ id: 's-2' })] })), 'live')
  assert.equal(verdict(nova({ byNode: [gone], byId: server({ id: X }) }), { instance_uuid: X }), 'live')
  assert.equal(verdict(nova({ byNode: [gone], byId: 'gone' }), { instance_uuid: X }), 'gone-once')
  assert.equal(verdict(nova({ byNode: [gone] }), { instance_uuid: X }), 'unreadable')
  assert.equal(verdict(nova({ byId: gone }), { instance_uuid: X }), 'unreadable')
})

test('an allocation lives unless its consumer is a server that is being deleted', () => {
  assert.equal(verdict(nova({}, known(['c-1']))), 'live')
  assert.equal(verdict(nova({ byNode: [server({ status: 'DELETED' })] }, known(['s-1']))), 'deleted')
  assert.equal(verdict(nova({ byNode: [server({ status: 'DELETED' })] }, known(['another']))), 'live')
  assert.equal(verdict(nova({}, unknown('403'))), 'unreadable')
  assert.equal(verdict(nova({}, absent('no Placement'))), 'none')
  assert.equal(verdict(nova({}), { allocation_uuid: X }), 'live')
})

test('an orphan lives too, and so does what Nova could not be asked about; only the orphan has a command that ends it', () => {
  const of = (seen: Parameters<typeof nova>[0], node: Partial<ObservedNode> = {}, goneMs = 0) => told(nova(seen, known([X])), node, goneMs)
  const remedy = `\`openstack resource provider allocation delete ${X}\``
  const held = `Placement holds an allocation of consumer ${X}`
  const orphan = { kind: 'live', sentence: `${held}, which Nova does not know.`, remedy }
  assert.deepEqual(of({ consumers: [{ id: X, server: known('gone') }] }), orphan)
  assert.deepEqual(of({ byId: 'gone' }, { instance_uuid: X }, HOUR), orphan)
  const dead = server({ id: X, status: 'DELETED' })
  const deleted = { kind: 'live', sentence: `${held}, which is deleted in Nova.`, remedy }
  assert.deepEqual(of({ consumers: [{ id: X, server: known(dead) }] }), deleted)
  const doubtful = { kind: 'live', sentence: `${held}, which Nova does not list as deleted.` }
  for (const answer of [unknown('503'), known(server({ id: X })), known(server({ id: X, status: 'SOFT_DELETED' }))])
    assert.deepEqual(of({ consumers: [{ id: X, server: answer }] }), doubtful)
})

test('without Nova only the word standalone makes a node free, and only where nothing is recorded on it', () => {
  const alone = (allocations: Parameters<typeof nova>[1]) =>
    known({ nova: 'standalone' as const, allocations: allocations ?? absent('no Placement') })
  const standalone = { standalone: true }
  assert.equal(verdict(alone(absent('no Placement')), {}, standalone), 'none')
  assert.equal(verdict(alone(absent('no Placement'))), 'unreadable')
  assert.equal(verdict(alone(known(['c-1'])), {}, standalone), 'live')
  assert.equal(verdict(alone(unknown('503')), {}, standalone), 'unreadable')
  assert.equal(verdict(alone(absent('no Placement')), { instance_uuid: X }, standalone), 'live')
})

test('a second 404 counts for the same instance only', () => {
  const o = observed({ instance_uuid: X }, { tenant: nova({ byId: 'gone' }) })
  assert.ok(o.node.kind === 'known')
  const gone = { instance_uuid: X, firstAt: NOW - HOUR, lastAt: NOW }
  assert.equal(tenantVerdict(o, o.node.value, { ...EMPTY_MEMORY, gone }, DEFAULT_POLICY).kind, 'none')
  const other = { ...gone, instance_uuid: 'another' }
  assert.equal(tenantVerdict(o, o.node.value, { ...EMPTY_MEMORY, gone: other }, DEFAULT_POLICY).kind, 'gone-once')
})

test('of several servers names the one that Nova is still deleting', () => {
  const dead = server({ id: 's-1', status: 'DELETED' })
  const dying = server({ id: 's-2', status: 'ERROR', ...deleted })
  assert.deepEqual(told(nova({ byNode: [dead, dying] })), {
    kind: 'deleted',
    novaError: true,
    sentence: "Nova's server s-2 is being deleted: status ERROR, last action delete.",
  })
  assert.deepEqual(told(nova({ byNode: [dead] })), {
    kind: 'deleted',
    novaError: false,
    sentence: "Nova's server s-1 is being deleted: status DELETED, last action create.",
  })
})

test('says why in words', () => {
  const sentence = (...given: Parameters<typeof told>) => told(...given).sentence
  const busy = server({ task_state: 'rebuilding', lastAction: null })
  assert.equal(sentence(nova({ byNode: [busy] })), 'Nova has server s-1 on it: status ACTIVE, task rebuilding, last action not listed.')
  assert.equal(sentence(nova({})), 'Nova has no server on it and Placement no allocation.')
  assert.equal(
    sentence(nova({ byId: 'gone' }), { instance_uuid: X }, HOUR),
    `Nova does not know instance ${X}, asked twice by a token that sees other projects' servers.`,
  )
  assert.equal(sentence(nova({}, known(['c-1']))), 'Placement holds an allocation of consumer c-1, which Nova does not list as deleted.')
  assert.equal(sentence(nova({}, unknown('403'))), "Placement's allocations could not be read: 403.")
  assert.equal(sentence(nova({}), { instance_uuid: X }), `Nova was not asked about instance ${X}.`)
  const alone = (allocations: Parameters<typeof nova>[1] = absent('no Placement')) => known({ nova: 'standalone' as const, allocations })
  const standalone = { standalone: true }
  assert.equal(sentence(alone(), {}, 0, standalone), 'No Nova places instances here and no instance_uuid is set.')
  assert.equal(sentence(alone()), 'There is no Nova to ask, and the configuration does not say `standalone: true`.')
  assert.equal(sentence(alone(unknown('503')), {}, 0, standalone), "Placement's allocations could not be read: 503.")
  assert.equal(
    sentence(alone(known(['c-1'])), {}, 0, standalone),
    'Placement holds an allocation of consumer c-1, and there is no Nova to ask.',
  )
})

test('asks a second time five minutes after the first 404', () => {
  const once = told(nova({ byId: 'gone' }), { instance_uuid: X }, 60_000)
  assert.deepEqual(once.kind === 'gone-once' && once.until, NOW + 240_000)
})
