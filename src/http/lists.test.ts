/** Lists over HTTP: filtered, ordered and cut on this side, a page after another without a gap. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { get, type Served, served } from '../../test/http.ts'
import { CLOUD, keyOf, pass, resolve, seenNode, wait } from '../../test/store/given.ts'
import type { Decision } from '../core/decision.ts'
import type { App } from './world.ts'

const paged = z.looseObject({ next: z.string().nullable() })
const nodesIn = z.looseObject({ nodes: z.array(z.looseObject({ name: z.string() })), total: z.number() })

/** All pages, one after another; fails where they do not end. */
async function everyPage<T>(app: App, url: string, itemsIn: (body: unknown) => T[]): Promise<T[][]> {
  const pages: T[][] = []
  for (let marker: string | null = ''; marker !== null; ) {
    const { status, body } = await get(app, marker === '' ? url : `${url}&marker=${marker}`)
    assert.equal(status, 200, JSON.stringify(body))
    pages.push(itemsIn(body))
    marker = paged.parse(body).next
    assert.ok(pages.length < 50)
  }
  return pages
}

const namesOf = (body: unknown): string[] => nodesIn.parse(body).nodes.map(({ name }) => name)
const leave: Decision = { kind: 'leave', reason: 'held', message: 'Held.', until: null, act: null }

/** Nodes 1 to 7: 1 to 3 in error and waiting, 4 left, the others healthy; 2 is held. */
async function site({ store, clock }: Served): Promise<void> {
  const nodes = [1, 2, 3, 4, 5, 6, 7].map((n) =>
    seenNode(n, { provision_state: n <= 4 ? 'error' : 'available', resource_class: n % 2 === 0 ? 'gpu' : null }),
  )
  await store.seen(CLOUD, nodes, { complete: true })
  for (const n of [1, 2, 3]) {
    clock.move(1_000)
    await pass(store, n, wait(clock.now() + n * 60_000))
  }
  await pass(store, 4, leave, { case: null, newCase: false })
  await store.hold(keyOf(2), { by: 'pat', why: 'vendor' })
}

test('nodes are filtered by each of their fields, and together', () =>
  served(async (given) => {
    await site(given)
    const names = async (query: string) => namesOf((await get(given.app, `/api/v1/nodes?${query}`)).body)
    assert.deepEqual(await names(''), ['node-1', 'node-2', 'node-3', 'node-4'])
    assert.deepEqual((await names('all=true')).length, 7)
    assert.deepEqual(await names('state=available'), ['node-5', 'node-6', 'node-7'])
    // What a pass saw of the others is newer than the listing.
    assert.deepEqual(await names('all=true&resource_class=gpu'), ['node-6'])
    assert.deepEqual(await names('cause=bmc-unreachable'), ['node-1', 'node-2', 'node-3'])
    assert.deepEqual(await names('reason=held'), ['node-4'])
    assert.deepEqual(await names('kind=wait&held=true'), ['node-2'])
    assert.deepEqual(await names('kind=wait&held=false'), ['node-1', 'node-3'])
    assert.deepEqual(await names('search=DE-3'), ['node-3'])
    assert.deepEqual(await names('cloud=west&search=nobody'), [])
  }))

test('nodes come in the order that is asked for, page after page, each once, with how many there are in all', () =>
  served(async (given) => {
    await site(given)
    const all = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6', 'node-7']
    for (const sort of ['name', 'provision_state', 'power_state', 'resource_class', 'reason', 'since', 'until'])
      for (const order of ['asc', 'desc']) {
        const whole = namesOf((await get(given.app, `/api/v1/nodes?all=true&sort=${sort}&order=${order}`)).body)
        assert.deepEqual(whole.toSorted(), all)
        const pages = await everyPage(given.app, `/api/v1/nodes?all=true&sort=${sort}&order=${order}&limit=2`, namesOf)
        assert.deepEqual([pages.flat(), pages.map((page) => page.length)], [whole, [2, 2, 2, 1]], `${sort} ${order}`)
      }
    const { body } = await get(given.app, '/api/v1/nodes?all=true&sort=since&order=desc&limit=3')
    assert.deepEqual([namesOf(body)[1], nodesIn.parse(body).total], ['node-3', 7])
    const { next } = paged.parse(body)
    assert.equal((await get(given.app, `/api/v1/nodes?all=true&sort=name&marker=${next}`)).status, 400)
  }))

test('a node that goes between two pages moves nothing', () =>
  served(async (given) => {
    await site(given)
    const { body } = await get(given.app, '/api/v1/nodes?limit=2')
    await pass(given.store, 1, resolve)
    await given.store.seen(CLOUD, [seenNode(1)], { complete: false })
    const { body: second } = await get(given.app, `/api/v1/nodes?limit=2&marker=${paged.parse(body).next}`)
    assert.deepEqual(
      [namesOf(body), namesOf(second)],
      [
        ['node-1', 'node-2'],
        ['node-3', 'node-4'],
      ],
    )
  }))

test('cases, decisions and the audit trail come newest first, page after page, each once', () =>
  served(async (given) => {
    const { app, store, clock } = given
    // Five in one millisecond, and more at other times.
    for (const n of [1, 2, 3, 4, 5]) await pass(store, n, wait(clock.now() + 60_000))
    clock.move(1_000)
    for (const n of [6, 7]) await pass(store, n, wait(clock.now() + 60_000))
    const of = (key: string, id: string) => (body: unknown) =>
      z
        .record(z.string(), z.unknown())
        .transform((answer) => z.array(z.record(z.string(), z.unknown())).parse(answer[key]))
        .parse(body)
        .map((item) => String(item[id]))
    for (const [url, items] of [
      ['/api/v1/cases', of('cases', 'id')],
      ['/api/v1/decisions', of('decisions', 'uuid')],
      ['/api/v1/audit', of('audit', 'id')],
    ] as const) {
      const whole = items((await get(app, `${url}?limit=500`)).body)
      assert.equal(new Set(whole).size, whole.length)
      const pages = await everyPage(app, `${url}?limit=3`, items)
      assert.deepEqual(pages.flat(), whole, url)
    }
    await pass(store, 1, resolve)
    assert.equal(of('cases', 'id')((await get(app, '/api/v1/cases')).body).length, 6)
    assert.equal(of('cases', 'id')((await get(app, '/api/v1/cases?closed=true&cause=bmc-unreachable')).body).length, 1)
    assert.deepEqual(of('cases', 'uuid')((await get(app, `/api/v1/cases?uuid=${keyOf(6).uuid}`)).body), [keyOf(6).uuid])
    assert.deepEqual(of('audit', 'kind')((await get(app, `/api/v1/audit?uuid=${keyOf(1).uuid}`)).body), ['resolve', 'wait', 'opened'])
    assert.deepEqual(of('decisions', 'uuid')((await get(app, '/api/v1/decisions?kind=act')).body), [])
  }))

test('the policy in force is told with its content where it is ours, and without where another process put it there', () =>
  served(async ({ app, store }) => {
    const read = async () => JSON.stringify((await get(app, '/api/v1/policy')).body)
    assert.match(await read(), /"hash":"west-hash".*"isOurs":true,"policy":\{.*"resets"/)
    await store.enrol(CLOUD, { mode: 'auto', policyHash: 'theirs' })
    await store.enrol('east', { mode: 'observe', policyHash: 'e' })
    assert.match(await read(), /"cloud":"east".*"isOurs":null,"policy":null.*"hash":"theirs".*"isOurs":false,"policy":null/)
  }))

test("a case's evidence comes as an archive that is its own, and the same twice", () =>
  served(async ({ app, store, clock }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    await pass(store, 1, wait(clock.now() + 60_000))
    const id = (await store.caseOf(keyOf(1)))?.id
    const fetched = async () => await app.inject(`/api/v1/cases/${id}/evidence`)
    const answer = await fetched()
    assert.deepEqual(
      [answer.statusCode, answer.headers['content-type'], answer.headers['content-disposition']],
      [200, 'application/gzip', `attachment; filename="anneal-evidence-${id}.tar.gz"`],
    )
    assert.ok(gunzipSync(answer.rawPayload).includes(`anneal-evidence-${id}/summary.md`))
    assert.deepEqual((await fetched()).rawPayload, answer.rawPayload)
  }))
