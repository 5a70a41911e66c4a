/**
 * Nodes whose tear-down failed, and what a real Placement says of each while Anneal heals them: reserved, held by an orphan, without a
 * provider, not answering. Nova's API is real, so an orphan is a consumer that it answers 404 about.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Desk, desk, type Running, startAnneal, untilWatching } from '../anneal.ts'
import { autoFor } from '../fail-nodes.ts'
import { pause, readNode } from '../ironic.ts'
import { calm } from '../lab.ts'
import { changes } from '../proxy-control.ts'
import { changesOf, explain, explained, resetsOf, sweep } from '../reports.ts'
import { readSettings } from '../settings.ts'
import { ask } from './ask.ts'
import { boundTo, deletePort } from './real-neutron.ts'
import { allocate, consumersOf, freeConsumer, offer, removeProvider } from './real-placement.ts'
import { cleared, deployed, failedTearDown, service } from './tenant.ts'

const NAMES = ['node-1', 'node-2', 'node-3', 'node-4'] as const
let at: Desk
let daemon: Running

/** A daemon on a desk of its own, for one node. */
async function heal(name: string): Promise<void> {
  at = desk({ login: 'proj-admin', config: autoFor(name) })
  daemon = startAnneal(['run'], at)
  await untilWatching(daemon)
}

async function stopped(): Promise<void> {
  await daemon?.kill('SIGTERM')
  at?.clear()
}

before(async () => {
  assert.ok(readSettings().services, 'this file wants the lab with SERVICES=1 and AUTH=keystone')
  await calm()
  // A server of another project, so that Nova's answers about others are worth something.
  await deployed('node-6')
})
after(async () => {
  await service('start', 'placement')
  for (const name of [...NAMES, 'node-6']) await cleared(name)
  await calm()
})

describe('a node with a tenant, a port, an allocation and an inventory', () => {
  before(async () => {
    const { port } = await failedTearDown('node-1', 'flat')
    await deletePort(port?.id ?? '')
    await heal('node-1')
  })
  after(stopped)

  test('is reset, and not proven healed while Placement still has it reserved', async () => {
    const told = await explained(at, 'node-1', 'proof-pending', 60)
    assert.equal(told.decision?.message, 'It is available, but not yet proven healed. Placement still has it reserved.')
    assert.equal((await readNode('node-1')).provision_state, 'available')
  })

  test('resolves as healed once it is free again, after one mark and one verb', async () => {
    const { uuid } = await readNode('node-1')
    await offer(uuid, 0)
    const told = await explained(at, 'node-1', 'healed', 60)
    assert.equal(told.result, 'healed')
    assert.doesNotMatch(told.decision?.message ?? '', /not known/)
    assert.deepEqual(
      (await changesOf('node-1')).map(({ method, status }) => [method, status]),
      [
        ['PATCH', 200],
        ['PUT', 202],
      ],
    )
    assert.deepEqual([await boundTo(uuid), await consumersOf(uuid)], [[], []])
    assert.deepEqual((await ask('nova', 'GET', `/servers/detail?all_tenants=1&node=${uuid}`)).json, { servers: [] })
    const sent = (await changes()).length
    assert.equal((await sweep(at)).of('node-1'), null)
    assert.equal((await changes()).length, sent)
  })
})

describe('a node that a consumer holds which Nova does not know', () => {
  const orphan = randomUUID()

  before(async () => {
    const { node } = await failedTearDown('node-2')
    await offer(node.uuid, 0)
    await allocate(node.uuid, orphan)
    await heal('node-2')
  })
  after(stopped)

  test('is left alone, with the consumer by name', async () => {
    assert.equal((await ask('nova', 'GET', `/servers/${orphan}`)).status, 404)
    const says = new RegExp(
      `^Placement holds an allocation of consumer ${orphan}, which Nova does not know\\..*allocation delete ${orphan}`,
    )
    let told = await explained(at, 'node-2', 'instance-may-live', 60)
    // The daemon looks at a node that is left alone every ten minutes. Where Nova did not answer the first look in time, a sweep asks again at once.
    for (let sweeps = 0; sweeps < 5 && !says.test(told.decision?.message ?? ''); sweeps++) {
      await sweep(at)
      told = await explain(at, 'node-2')
    }
    assert.deepEqual([told.decision?.kind, told.decision?.reason], ['leave', 'instance-may-live'])
    assert.match(told.decision?.message ?? '', says)
    await pause(5000)
    assert.deepEqual(await changesOf('node-2'), [])
  })

  test('heals once the allocation is deleted', async () => {
    await freeConsumer(orphan)
    // The daemon looks at a node that is left alone every ten minutes; a sweep looks at once.
    await sweep(at)
    assert.equal((await explained(at, 'node-2', 'healed', 60)).result, 'healed')
    assert.equal((await resetsOf('node-2')).length, 1)
  })
})

describe('a node for which Placement has no resource provider', () => {
  before(async () => {
    const { node } = await failedTearDown('node-3')
    await removeProvider(node.uuid)
    await heal('node-3')
  })
  after(stopped)

  test('is reset, and not called healed: Nova could not place anything on it', async () => {
    const told = await explained(at, 'node-3', 'proof-pending', 60)
    assert.match(told.decision?.message ?? '', /not yet proven healed\. Placement/)
    assert.equal((await resetsOf('node-3')).length, 1)
  })
})

describe('a node that failed while Placement is stopped', () => {
  before(async () => {
    const { node } = await failedTearDown('node-4')
    await offer(node.uuid, 0)
    await service('stop', 'placement')
    await heal('node-4')
  })
  after(stopped)

  test('is not reset: its allocations could not be read', async () => {
    const told = await explained(at, 'node-4', 'nova-unreadable', 60)
    assert.match(told.decision?.message ?? '', /Placement's allocations could not be read: .*refused/i)
    await pause(5000)
    assert.deepEqual(await changesOf('node-4'), [])
  })

  test('heals when Placement is back', async () => {
    await service('start', 'placement')
    assert.equal((await explained(at, 'node-4', 'healed', 90)).result, 'healed')
    assert.equal((await explain(at, 'node-4')).budget.spent, 1)
  })
})
