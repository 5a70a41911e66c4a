/** What explain, show and the lists tell out of the database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onFile } from '../../test/on-file.ts'
import { CLOUD, DIAGNOSIS, observation, pass, resetOf, resolve, seenNode, wait } from '../../test/store/given.ts'
import type { Diagnosis } from '../core/decision.ts'

import type { Marks, Observation } from '../core/observation.ts'
import { DEFAULT_POLICY } from '../core/policy.ts'
import { absent, known, unknown } from '../core/reading.ts'
import type { StoredObservation } from '../store/observations.ts'
import { shownBlazar } from './explain-blazar.ts'
import { explainNode } from './explain-node.ts'
import { listCases } from './list-cases.ts'
import { listNodes } from './list-nodes.ts'
import { showNode } from './show-node.ts'

const wish = { cloud: null, node: 'node-1', policyOf: () => DEFAULT_POLICY }

test('explain tells verdict, evidence for and against, budget, next look, attempts and who said what when', () =>
  onFile(async ({ store, clock }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    await store.hold({ cloud: CLOUD, uuid: seenNode(1).uuid }, { by: 'pat', why: 'firmware' })
    const intent = await resetOf(store, 1)
    await store.record(intent.id, { kind: 'accepted', reason: 'Ironic accepted deleted on node-1.' })
    clock.move(60_000)
    const marks: Marks = { kind: 'list', entries: [intent.mark ?? ''], total: 1 }
    const diagnosis: Diagnosis = { ...DIAGNOSIS, place: 'switch', against: ['Its switch port flaps.'] }
    await pass(store, 1, wait(clock.now() + 60_000), { diagnosis, observation: observation(1, clock.now(), { marks }) })
    const told = await explainNode(store, wish)
    assert.deepEqual(told.decision, {
      kind: 'wait',
      reason: 'spacing',
      message: 'Waits for its turn.',
      act: null,
      until: '2026-11-22T03:12:00.000Z',
    })
    assert.deepEqual(told.diagnosis, { cause: 'bmc-unreachable', transient: 'yes', place: 'switch', evidence: ['The BMC answers again.'] })
    assert.deepEqual(told.against, ['Its switch port flaps.'])
    assert.deepEqual(told.budget, { spent: 1, max: 3, windowMs: DEFAULT_POLICY.resets.window })
    assert.deepEqual(
      told.attempts.map(({ number, act, at, outcome }) => ({ number, act, at, outcome })),
      [{ number: 1, act: 'reset', at: '2026-11-22T03:10:00.000Z', outcome: 'accepted' }],
    )
    assert.deepEqual(
      told.timeline.map(({ kind, by }) => `${kind} ${by}`),
      ['hold pat', 'opened anneal', 'act anneal', 'outcome anneal', 'wait anneal'],
    )
    assert.deepEqual([told.hold?.why, told.outcome], ['firmware', null])
  }))

test('a healed node is explained by the case that was closed, and a healthy one by nothing', () =>
  onFile(async ({ store, clock }) => {
    await store.seen(CLOUD, [seenNode(1), seenNode(2)], { complete: true })
    await pass(store, 1, wait(clock.now() + 60_000))
    await pass(store, 1, resolve)
    const healed = await explainNode(store, wish)
    assert.deepEqual([healed.decision?.reason, healed.result, healed.closed], ['healed', 'healed', '2026-11-22T03:10:00.000Z'])
    const healthy = await explainNode(store, { ...wish, node: 'node-2' })
    assert.deepEqual([healthy.case, healthy.decision, healthy.timeline], [null, null, []])
  }))

test('nodes lists what concerns somebody, all on demand, and the outcome beside an act', () =>
  onFile(async ({ store }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' }), seenNode(2)], { complete: true })
    const intent = await resetOf(store, 1)
    await store.record(intent.id, { kind: 'refused', reason: 'Ironic says that it is locked.' })
    const concerning = await listNodes(store, { cloud: null, state: null, all: false })
    assert.deepEqual(
      concerning.map(({ name, decision, outcome }) => [name, decision?.act, outcome]),
      [['node-1', 'reset', { kind: 'refused', reason: 'Ironic says that it is locked.' }]],
    )
    assert.equal((await listNodes(store, { cloud: null, state: null, all: true })).length, 2)
    assert.deepEqual(
      (await listNodes(store, { cloud: null, state: 'available', all: false })).map(({ name }) => name),
      ['node-2'],
    )
    assert.deepEqual(await listNodes(store, { cloud: 'elsewhere', state: null, all: true }), [])
  }))

test('cases lists the open ones, and the closed ones with how they ended', () =>
  onFile(async ({ store, clock }) => {
    for (const n of [1, 2]) await pass(store, n, wait(clock.now() + 60_000))
    await pass(store, 2, resolve)
    assert.deepEqual(
      (await listCases(store, { cloud: null, closed: false })).map(({ name, cause }) => [name, cause]),
      [['node-1', 'bmc-unreachable']],
    )
    assert.deepEqual(
      (await listCases(store, { cloud: CLOUD, closed: true })).map(({ name, result }) => [name, result]),
      [['node-2', 'healed']],
    )
  }))

test('show gives the fields as listed, the marks as last seen, and the attempts with their marks', () =>
  onFile(async ({ store, clock }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error', fault: null, owner: 'lab' })], { complete: true })
    const intent = await resetOf(store, 1, {
      observation: observation(1, clock.now(), { owner: 'lab', marks: { kind: 'list', entries: ['2026-11-21T00:00:00'], total: 1 } }),
    })
    const shown = await showNode(store, { cloud: null, node: 'node-1' })
    assert.deepEqual([shown.node.owner, shown.node.provision_state], ['lab', 'error'])
    assert.deepEqual(shown.marks, { kind: 'list', entries: ['2026-11-21T00:00:00'], total: 1, at: '2026-11-22T03:10:00.000Z' })
    assert.deepEqual(
      shown.attempts.map(({ act, mark, outcome }) => [act, mark, outcome]),
      [['reset', intent.mark, null]],
    )
  }))

test('a diagnosis that an older version stored names no place', () =>
  onFile(async ({ store, clock }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    const { place: _, ...older } = DIAGNOSIS
    await pass(store, 1, wait(clock.now() + 60_000), { diagnosis: older as Diagnosis })
    assert.equal((await explainNode(store, wish)).diagnosis?.place, null)
  }))

test('explain tells of the leases that were seen last, with dates that say UTC, and of none where nothing was seen', () =>
  onFile(async ({ store, clock }) => {
    const lease = {
      id: 'l',
      start_date: '2026-11-22T14:03:00.000000',
      end_date: null,
      status: 'ACTIVE',
      project_id: 'p',
      user_id: 'u',
      name: 'demo',
    }
    const host = { id: '1', reservable: true, disabled: null, updated_at: null }
    const seen = async (blazar: Observation['blazar']) => {
      await pass(store, 1, wait(clock.now() + 60_000), { observation: { ...observation(1, clock.now()), blazar } })
      return (await explainNode(store, wish)).blazar
    }
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    assert.equal((await explainNode(store, wish)).blazar, null)
    const told = await seen(known({ readAt: 0, kind: 'upstream', host, leases: [{ ...lease, reservation: null }], total: 1, missing: [] }))
    const leases = [{ ...lease, start_date: '2026-11-22T14:03:00.000Z' }]
    assert.deepEqual(told, { at: '2026-11-22T03:10:00.000Z', unknown: null, kind: 'upstream', host, leases, total: 1, lost: [] })
  }))

test('explain tells each check of the proof with its verdict, as of the newest observation that was kept', () =>
  onFile(async ({ store, clock }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'available' })], { complete: true })
    const nothing = await explainNode(store, wish)
    assert.deepEqual([nothing.proofAt, nothing.proof], [null, []])
    const port = { id: 'p1', device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' }
    const seen = { ...observation(1, clock.now(), { provision_state: 'available' }), ports: known([port]) }
    await pass(store, 1, wait(clock.now() + 60_000), { observation: seen })
    const { proofAt, proof } = await explainNode(store, wish)
    assert.equal(proofAt, '2026-11-22T03:10:00.000Z')
    const said = Object.fromEntries(proof.map(({ check, verdict }) => [check, verdict]))
    assert.deepEqual([said['provision state'], said['ports'], said['Nova'], said['Blazar']], ['holds', 'fails', 'not asked', undefined])
    await pass(store, 1, { ...wait(clock.now() + 60_000), reason: 'node-unreadable' }, { observation: { ...seen, node: unknown('503') } })
    assert.deepEqual((await explainNode(store, wish)).proof, [])
  }))

test('what Blazar did not say, and what a version before it was asked kept, is told as such', () => {
  const kept = (blazar: unknown) =>
    shownBlazar(fromOlder({ at: 0, caseId: null, kind: 'wait', reason: 'spacing', observation: { ...observation(1, 0), blazar } }), {})
  assert.equal(kept(unknown('the reservation service answered 500'))?.unknown, 'the reservation service answered 500')
  assert.equal(kept(absent('no Blazar in the catalog')), null)
  assert.equal(kept(undefined), null)
})

/** As the database gives it: whatever was written, typed as it is today. */
const fromOlder = (row: object): StoredObservation => JSON.parse(JSON.stringify(row))
