/** A person's words over HTTP: written with who and why, waking what they are about, once, and refused where the command refuses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, post, type Served, served } from '../../test/http.ts'
import { CLOUD, keyOf, observation, pass, resolve, seenNode, wait } from '../../test/store/given.ts'
import type { Store } from '../store/store.ts'
import { SHAPES } from './shapes.ts'

const PAT = { by: 'pat', why: 'vendor visit' }
const changed = (body: unknown): boolean => SHAPES.spoken.strict().parse(body).changed

const OURS = { maintenance: true, maintenance_reason: 'anneal:c-00000000 bmc-fault: look at it' }

/** Node 1 has failed and waits for a yes; node 2 is in our quarantine; node 3 is well. */
async function site({ store, clock }: Served): Promise<void> {
  await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' }), seenNode(2, OURS), seenNode(3)], { complete: true })
  await looked(store, clock.now())
}

/** Nodes 1 and 2 have been looked at, and are looked at again in an hour. */
async function looked(store: Store, now: number): Promise<void> {
  const until = now + 3_600_000
  await pass(store, 1, { kind: 'wait', reason: 'needs-approval', message: 'Waits for a yes.', until, act: 'reset' })
  await pass(store, 2, wait(until), { observation: observation(2, now, OURS) })
}

const nodeAt = (n: number, word: string) => `/api/v1/nodes/${CLOUD}/${keyOf(n).uuid}/${word}`

test('each word is said once, with who and why, wakes what it is about, and changes nothing when it is said again', () =>
  served(async (given) => {
    const { app, store, clock } = given
    await site(given)
    const id = (await store.caseOf(keyOf(1)))?.id
    for (const [url, kind] of [
      [nodeAt(1, 'hold'), 'hold'],
      [nodeAt(1, 'unhold'), 'unhold'],
      [nodeAt(1, 'retry'), 'retry'],
      [`/api/v1/cases/${id}/reject`, 'reject'],
      [`/api/v1/cases/${id}/approve`, 'approve'],
      [nodeAt(2, 'release'), 'release'],
      ['/api/v1/pause', 'pause'],
      ['/api/v1/resume', 'resume'],
    ] as const) {
      await looked(store, clock.now())
      assert.ok(((await store.nextDue([CLOUD])) ?? 0) > clock.now(), `${kind}: nothing is due before`)
      const first = await post(app, url, PAT)
      assert.deepEqual([first.status, changed(first.body)], [200, true], `${url} ${JSON.stringify(first.body)}`)
      assert.ok(((await store.nextDue([CLOUD])) ?? Number.POSITIVE_INFINITY) <= clock.now(), `${kind} wakes`)
      const [entry] = await store.audit({ newestFirst: true, limit: 1 })
      assert.deepEqual([entry?.kind, entry?.by], [kind, 'pat via http'])
      assert.match(entry?.message ?? '', /vendor visit/)
      const again = await post(app, url, PAT)
      assert.deepEqual([again.status, changed(again.body)], [200, false], `${url} again`)
      assert.equal((await store.audit({ newestFirst: true, limit: 1 }))[0]?.id, entry?.id, `${url}: nothing is written twice`)
    }
  }))

test('what was seen is shown with who and why until it changes, and wakes and decides nothing', () =>
  served(async (given) => {
    const { app, store, clock } = given
    await site(given)
    const id = (await store.caseOf(keyOf(1)))?.id ?? ''
    const due = await store.nextDue([CLOUD])
    const url = `/api/v1/cases/${id}/acknowledge`
    assert.deepEqual([changed((await post(app, url, PAT)).body), changed((await post(app, url, PAT)).body)], [true, false])
    const seen = async () => SHAPES.case.parse((await get(app, `/api/v1/cases/${id}`)).body).acknowledged
    assert.deepEqual(await seen(), { by: 'pat via http', why: 'vendor visit', at: new Date(clock.now()).toISOString() })
    assert.equal(await store.nextDue([CLOUD]), due)
    const [entry] = await store.audit({ newestFirst: true, limit: 1 })
    assert.deepEqual([entry?.kind, entry?.by, entry?.caseId], ['acknowledge', 'pat via http', id])
    await pass(store, 1, wait(clock.now() + 60_000))
    assert.equal(await seen(), null)
    assert.deepEqual(changed((await post(app, url, PAT)).body), true)
    for (const [nobody, status] of [
      ['/api/v1/cases/c-00000000/acknowledge', 404],
      ['/api/v1/incidents/i-00000000/acknowledge', 404],
      ['/api/v1/incidents/c-00000000/acknowledge', 404],
    ] as const)
      assert.equal((await post(app, nobody, PAT)).status, status)
    await pass(store, 1, resolve)
    assert.equal((await post(app, url, PAT)).status, 409)
  }))

/** Whoever asks what was said hears it late, as over a busy disk. */
const late = (store: Store): Store => {
  const later = async <T>(answer: T): Promise<T> => await new Promise((resolve) => setTimeout(() => resolve(answer), 5))
  return {
    ...store,
    holds: async (cloud) => await later(await store.holds(cloud)),
    wordsOn: async (key) => await later(await store.wordsOn(key)),
  }
}

test('two equal words at the same moment are one', () =>
  served(
    async (given) => {
      const { app, store } = given
      await site(given)
      for (const word of ['hold', 'retry']) {
        const both = await Promise.all([1, 2, 3, 4].map(() => post(app, nodeAt(1, word), PAT)))
        assert.deepEqual(both.map(({ body }) => changed(body)).filter(Boolean), [true])
      }
      assert.deepEqual([(await store.holds(CLOUD)).length, (await store.audit({ kind: 'retry' })).length], [1, 1])
    },
    (store) => ({ store: late(store) }),
  ))

test('what the command refuses is refused with its reason and what to do, and nothing is written', () =>
  served(async (given) => {
    const { app, store } = given
    await site(given)
    await post(app, nodeAt(2, 'retry'), {})
    const before = await store.newestAudit()
    const id = (await store.caseOf(keyOf(2)))?.id
    for (const [url, words] of [
      [nodeAt(3, 'retry'), /nothing to try again/],
      [nodeAt(3, 'release'), /not in quarantine/],
      [`/api/v1/cases/${id}/approve`, /does not wait for approval/],
    ] as const) {
      const { status, body } = await post(app, url, PAT)
      assert.equal(status, 409)
      const { error } = SHAPES.error.strict().parse(body)
      assert.match(error.message, words)
      assert.ok(error.fix.length > 0)
    }
    assert.equal((await post(app, '/api/v1/pause', { cloud: 'wset', ...PAT })).status, 404)
    assert.equal((await post(app, '/api/v1/resume', { cloud: 'wset', believeCensus: true, ...PAT })).status, 404)
    assert.equal(await store.newestAudit(), before)
  }))

test('a pause of one cloud and of all are two words, and a reason is needed for a hold alone', () =>
  served(async (given) => {
    const { app, store } = given
    await site(given)
    assert.equal((await post(app, nodeAt(1, 'hold'), { by: 'pat' })).status, 400)
    assert.equal(changed((await post(app, '/api/v1/pause', { cloud: CLOUD })).body), true)
    assert.deepEqual((await store.pausedBy(CLOUD))?.by, 'http')
    assert.equal(changed((await post(app, '/api/v1/resume', { cloud: null })).body), false)
    assert.match(JSON.stringify((await get(app, '/api/v1/clouds')).body), /"pause":\{"by":"http","why":"no reason given"/)
    assert.equal(changed((await post(app, '/api/v1/resume', { cloud: CLOUD })).body), true)
    assert.equal(await store.pausedBy(CLOUD), null)
  }))

test('a census in doubt is believed on a word', () =>
  served(async ({ app, store }) => {
    const nodes = (count: number) => Array.from({ length: count }, (_, at) => seenNode(at + 1))
    for (const count of [20, 10]) {
      await store.seen(CLOUD, nodes(count), { complete: true })
      await store.census(CLOUD, count)
    }
    const { body } = await post(app, '/api/v1/resume', { cloud: CLOUD, believeCensus: true, ...PAT })
    assert.match(SHAPES.spoken.parse(body).message, /10 nodes instead of 20/)
  }))
