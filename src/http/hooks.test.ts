/** Alertmanager's webhook: every alert of a group wakes what it names and nothing else, and nothing is written of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { post, type Served, served } from '../../test/http.ts'
import { CLOUD, keyOf, pass, seenNode, wait } from '../../test/store/given.ts'
import { SHAPES } from './shapes.ts'

const EAST = 'east'

/** A group as Alertmanager 0.25 sends it. */
const group = (alerts: readonly Record<string, string>[], over: Record<string, unknown> = {}) => ({
  receiver: 'anneal',
  status: 'firing',
  alerts: alerts.map((labels, at) => ({
    status: at % 2 === 0 ? 'firing' : 'resolved',
    labels: { alertname: 'IronicNodeInErrorState', job: 'openstack', instance: 'exporter:9180', ...labels },
    annotations: { summary: 'A node is in error' },
    startsAt: '2026-11-22T14:00:00.000Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus:9090/graph',
    fingerprint: `f${at}`,
  })),
  groupLabels: { alertname: 'IronicNodeInErrorState' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  version: '4',
  groupKey: '{}:{alertname="IronicNodeInErrorState"}',
  truncatedAlerts: 0,
  ...over,
})

/** Three nodes that are looked at again in an hour; the cloud east has one of the same name as the first. */
async function site({ store, clock }: Served): Promise<void> {
  await store.seen(CLOUD, [seenNode(1), seenNode(2), seenNode(3)], { complete: true })
  await store.enrol(EAST, { mode: 'auto', policyHash: 'east-hash' })
  await store.seen(EAST, [{ ...seenNode(9), name: 'node-1' }], { complete: true })
  for (const n of [1, 2, 3]) await pass(store, n, wait(clock.now() + 3_600_000))
}

async function woken({ store }: Served, clouds: string[]): Promise<string[]> {
  const keys = await store.claim({ claimant: 'test', limit: 50, clouds })
  return keys.map(({ cloud, uuid }) => `${cloud} ${uuid}`).toSorted()
}

const uuid = (n: number) => keyOf(n).uuid
const west = (n: number) => `${CLOUD} ${uuid(n)}`

test('every alert of the group wakes the node that it names, by uuid or name, firing or resolved, and nothing is written', () =>
  served(async (given) => {
    await site(given)
    const before = await given.store.newestAudit()
    const names = [
      { id: uuid(1), name: 'node-1' },
      { node: 'node-2', cloud: CLOUD },
      { node_uuid: uuid(3).toUpperCase() },
      { hostname: 'nobody' },
    ]
    const { status, body } = await post(given.app, '/hooks/alertmanager', group(names))
    assert.deepEqual([status, SHAPES.woken.strict().parse(body)], [200, { alerts: 4, woken: 3, unknown: 1 }])
    assert.deepEqual(await woken(given, [CLOUD]), [west(1), west(2), west(3)])
    assert.equal(await given.store.newestAudit(), before)
  }))

test('a name that several clouds have wakes each, unless a label names the cloud; the same node twice is one', () =>
  served(async (given) => {
    await site(given)
    const wakes = async (labels: Record<string, string>[]) => (await post(given.app, '/hooks/alertmanager', group(labels))).body
    assert.deepEqual(await wakes([{ name: 'node-1', cloud: EAST }]), { alerts: 1, woken: 1, unknown: 0 })
    assert.deepEqual(await wakes([{ name: 'node-1', cloud: 'a cluster of Kubernetes' }]), { alerts: 1, woken: 2, unknown: 0 })
    assert.deepEqual(await wakes([{ name: 'node-2' }, { node: 'node-2' }, { id: uuid(2) }]), { alerts: 3, woken: 1, unknown: 0 })
  }))

test('a group of a thousand alerts is taken whole, and a larger one is refused and wakes nothing', () =>
  served(async (given) => {
    await site(given)
    const many = (count: number) =>
      group(Array.from({ length: count }, (_, at) => ({ name: at === count - 1 ? 'node-3' : `nobody-${at}` })))
    const tooMany = await post(given.app, '/hooks/alertmanager', many(1_001))
    assert.equal(tooMany.status, 400)
    assert.match(SHAPES.error.strict().parse(tooMany.body).error.message, /1000 alerts; set max_alerts/)
    assert.deepEqual(await woken(given, [CLOUD]), [])
    assert.deepEqual((await post(given.app, '/hooks/alertmanager', many(1_000))).body, { alerts: 1_000, woken: 1, unknown: 999 })
  }))

test('what is no group of alerts is refused, and what its labels hold beside names is nothing to fall over', () =>
  served(async (given) => {
    await site(given)
    for (const body of [
      {},
      [],
      group([], {}),
      group([{ name: 'x' }], { version: '3' }),
      group([{ name: 'x' }], { alerts: 'all' }),
      group([{ name: 'x' }], { alerts: [null] }),
      group([{ name: 'x' }], { alerts: [{ labels: { name: 7 } }] }),
      group([{ name: 'x' }], { alerts: [{ labels: null }] }),
    ])
      assert.equal((await post(given.app, '/hooks/alertmanager', body)).status, 400, JSON.stringify(body).slice(0, 100))
    const strange = [
      { name: '' },
      { name: 'n'.repeat(10_000) },
      { __proto__x: 'node-1' },
      { id: '%00', name: "' or 1=1 --" },
      { uuid: '\0' },
    ]
    assert.deepEqual((await post(given.app, '/hooks/alertmanager', group(strange))).body, { alerts: 5, woken: 0, unknown: 5 })
    assert.deepEqual(await woken(given, [CLOUD]), [])
  }))
