/** Deeds at a site with a Blazar, done to a cloud without an operator: what each leaves behind, and that none comes to anything without one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_POLICY } from '../../core/policy.ts'
import { hostOfNode } from '../blazar-state.ts'
import { simulatedCloud } from '../cloud.ts'
import { drawnBlazar } from '../drawn-site.ts'
import { judgesOver } from '../judges.ts'
import { seededRandom } from '../seeded.ts'
import { virtualClock } from '../virtual-clock.ts'
import { DEEDS } from './all-deeds.ts'
import { gapInBlazar } from './draws-blazar.ts'
import { sceneOver, type ToOperator } from './scene.ts'
import { readHead } from './site.ts'

const MINUTE = 60_000

/** Nobody is at work there. */
const nobody: ToOperator = {
  ...{
    hold: async () => {},
    unhold: async () => {},
    pause: async () => {},
    resume: async () => {},
    retry: async () => {},
    reject: async () => {},
  },
  ...{ release: async () => {}, wake: async () => {}, believeCensus: async () => {}, crash: () => {}, freeze: () => {} },
  ...{ jumpClock: () => {}, sweepBeside: () => {}, replica: () => {}, upgrade: () => {}, fillDisk: () => {} },
}

function given(site: string) {
  const { cloud: options } = readHead([site, 'node n1..3 available'])
  const clock = virtualClock({ start: Date.parse('2026-03-01T03:00:00Z') })
  const cloud = simulatedCloud({ ...options, clock, random: seededRandom(1) })
  const judges = judgesOver(cloud.state, { wall: clock.now, policy: DEFAULT_POLICY })
  const scene = sceneOver({ cloud, judges, operator: nobody, bus: null, deeds: DEEDS })
  const { blazar } = cloud.state
  const uuid = (name: string): string => cloud.node(name).row.uuid
  const host = (name: string) => hostOfNode(blazar, uuid(name))
  const lease = (at: number) => [...(blazar?.leases.values() ?? [])][at]
  /** The nodes that the lease has now. */
  const has = (at: number): (string | undefined)[] =>
    lease(at)?.reservations.flatMap(({ hosts }) => hosts.map((id) => blazar?.nodes.get(id))) ?? []
  return { clock, cloud, judges, scene, host, lease, has, uuid }
}

const CHAMELEON = 'site blazar=chameleon monitor=on'

test('a lease is of the node that it names, from when to when it says, and one that is taken comes to nothing', () => {
  const { scene, lease, has, uuid, clock } = given(CHAMELEON)
  assert.equal(scene.perform('lease n2 in=40m long=2h'), true)
  assert.deepEqual(has(0), [uuid('n2')])
  assert.deepEqual([lease(0)?.start, lease(0)?.end], [clock.now() + 40 * MINUTE, clock.now() + 160 * MINUTE])
  assert.equal(scene.perform('lease n2 in=1h long=2h'), false)
  assert.equal(scene.perform('lease-any hosts=2 in=50m'), true)
  assert.deepEqual(has(1), [uuid('n1'), uuid('n3')])
  assert.equal(scene.perform('lease-any in=50m'), false)
})

test('its user ends it, the one that has the node or is next', async () => {
  const { scene, lease, clock } = given(CHAMELEON)
  scene.perform('lease n1 in=5h long=1h')
  scene.perform('lease n1 long=1h')
  await clock.advance(MINUTE)
  assert.deepEqual([lease(0)?.status, lease(1)?.status], ['PENDING', 'ACTIVE'])
  scene.perform('end-lease n1')
  assert.deepEqual([lease(0)?.status, lease(1)], ['PENDING', undefined])
  assert.equal(scene.perform('end-lease n1'), true)
  assert.equal(scene.perform('end-lease n1'), false)
})

test('a hand disables a host for a while, which judges are told, and the monitor makes it reservable again', async () => {
  const { scene, host, judges, uuid, clock } = given(CHAMELEON)
  assert.equal(scene.perform('blazar-disable n1 for 4m30s'), true)
  assert.equal(scene.perform('blazar-disable n1'), false)
  const known = judges.bench.onNode(uuid('n1')).host
  assert.deepEqual([host('n1')?.disabled, host('n1')?.reservable, known.isPersons], [true, false, true])
  await clock.advance(4.5 * MINUTE + 1_000)
  assert.deepEqual([host('n1')?.disabled, host('n1')?.reservable, known.isPersons], [false, false, false])
  await clock.advance(MINUTE)
  assert.equal(host('n1')?.reservable, true)
})

test('at the end of its span it ends nothing that somebody else began meanwhile', async () => {
  const { scene, host, clock } = given(CHAMELEON)
  scene.perform('blazar-disable n1 for 5m')
  assert.equal(scene.perform('blazar-enable n1'), true)
  const found = host('n1')
  assert.ok(found)
  Object.assign(found, { disabled: true, disabledFor: 'anneal:c-1' })
  await clock.advance(6 * MINUTE)
  assert.deepEqual([host('n1')?.disabled, host('n1')?.disabledFor], [true, 'anneal:c-1'])
})

test('a host that vanishes is in no lease any more, and comes back as another', async () => {
  const { scene, host, has, clock } = given(CHAMELEON)
  scene.perform('lease n1 in=2h')
  const before = host('n1')?.id
  assert.equal(scene.perform('blazar-remove n1 for 5m'), true)
  assert.deepEqual([host('n1'), has(0)], [null, []])
  assert.equal(scene.perform('blazar-disable n1'), false)
  await clock.advance(6 * MINUTE)
  assert.notEqual(host('n1'), null)
  assert.notEqual(host('n1')?.id, before)
})

test('upstream has nothing to disable, and a site without a Blazar nothing at all', () => {
  assert.equal(given('site blazar=upstream').scene.perform('blazar-disable n1'), false)
  const { scene } = given('site seed=1')
  for (const line of ['lease n1', 'lease-any', 'end-lease n1', 'blazar-disable n1', 'blazar-enable n1', 'blazar-remove n1'])
    assert.equal(scene.perform(line), false, line)
})

test('some third of the drawn sites has a Blazar, of both kinds, in either mode, with giving back or without', () => {
  const heads = Array.from({ length: 300 }, (_, seed) => drawnBlazar(seededRandom(seed))).filter((lines) => lines.length > 0)
  assert.ok(heads.length > 70 && heads.length < 130, `${heads.length} of 300`)
  const read = heads.map((lines) => readHead(lines))
  const seen = (values: unknown[]): unknown[] => [...new Set(values)].toSorted()
  assert.deepEqual(seen(read.map(({ cloud }) => cloud.blazar?.kind)), ['chameleon', 'upstream'])
  assert.deepEqual(seen(read.map(({ cloud }) => cloud.blazar?.monitor)), [false, true])
  const words = heads.map(([, policy = '']) => policy)
  for (const word of ['"mode":"observe"', '"mode":"chameleon"', '"giveBack":true', '"giveBack":false', '"monitor":"unknown"'])
    assert.ok(
      words.some((line) => line.includes(word)),
      word,
    )
})

test('its draws have a pace of their own', () => {
  const random = seededRandom(1)
  const gaps = Array.from({ length: 1_000 }, () => gapInBlazar(random))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  assert.ok(mean > 20_000 && mean < 30_000, String(mean))
})
