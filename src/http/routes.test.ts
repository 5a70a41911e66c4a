/**
 * Every route that the OpenAPI document has, with everything that is wrong: always the one shape of error and the right status, never a
 * stack, and never a thing done: not one entry more in the audit trail.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describedApi } from '../../scripts/described-api.ts'
import { served } from '../../test/http.ts'
import { CLOUD, pass, seenNode, wait } from '../../test/store/given.ts'
import { SHAPES } from './shapes.ts'
import type { App } from './world.ts'

type Parameter = { name: string; in: string }
type Operation = { parameters?: Parameter[]; requestBody?: unknown; responses: Record<string, unknown> }
type Route = Operation & { method: 'GET' | 'POST'; path: string }

const document = (await describedApi()) as { paths: Record<string, Record<string, Operation>> }
const ROUTES: Route[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method === 'post' ? 'POST' : 'GET', path })),
)

type Wrong = {
  name: string
  status: number
  applies: (route: Route) => boolean
  ask: (route: Route) => { url?: string; headers?: Record<string, string>; payload?: string }
}

const always = () => true
const isWord = ({ method }: Route) => method === 'POST'
const isHook = ({ path }: Route) => path.startsWith('/hooks/')
const has = (where: string, name?: string) => (route: Route) =>
  (route.parameters ?? []).some((one) => one.in === where && (name === undefined || one.name === name))
const JSON_BODY = { 'content-type': 'application/json' }

/** The path with something in it that is nobody's. */
const unknown = ({ path }: Route): string => path.replace('{cloud}', CLOUD).replace(/\{(uuid|id)\}/, 'nobody')
/** The path with what is there. */
const here = ({ path }: Route): string => path.replace('{cloud}', CLOUD).replace('{uuid}', 'node-1').replace('{id}', 'c-00000000')

const WRONG: Wrong[] = [
  { name: 'a foreign Origin', status: 403, applies: always, ask: () => ({ headers: { origin: 'http://evil.example' } }) },
  { name: 'another port as Origin', status: 403, applies: always, ask: () => ({ headers: { origin: 'http://localhost:3000' } }) },
  { name: 'a hidden Origin', status: 403, applies: always, ask: () => ({ headers: { origin: 'null' } }) },
  { name: 'a page of another site', status: 403, applies: always, ask: () => ({ headers: { 'sec-fetch-site': 'cross-site' } }) },
  { name: 'a foreign Host', status: 403, applies: always, ask: () => ({ headers: { host: 'evil.example:8780' } }) },
  { name: 'a Host that begins like ours', status: 403, applies: always, ask: () => ({ headers: { host: '127.0.0.1.evil.example' } }) },
  { name: 'a path of half an escape', status: 400, applies: always, ask: (route) => ({ url: `${here(route)}%zz` }) },
  { name: 'an unknown name', status: 404, applies: has('path'), ask: (route) => ({ url: unknown(route) }) },
  {
    name: 'an unknown cloud',
    status: 404,
    applies: has('path', 'cloud'),
    ask: (route) => ({ url: here(route).replace(`/${CLOUD}/`, '/wset/') }),
  },
  {
    name: 'a name of 900 letters',
    status: 400,
    applies: has('path'),
    ask: (route) => ({ url: unknown(route).replace('nobody', 'n'.repeat(900)) }),
  },
  {
    name: 'a name of 9,000 letters',
    status: 414,
    applies: has('path'),
    ask: (route) => ({ url: unknown(route).replace('nobody', 'n'.repeat(9_000)) }),
  },
  {
    name: 'an unknown cloud as filter',
    status: 404,
    applies: has('query', 'cloud'),
    ask: (route) => ({ url: `${route.path}?cloud=wset` }),
  },
  { name: 'an unknown filter', status: 400, applies: has('query'), ask: (route) => ({ url: `${route.path}?clout=west` }) },
  ...['100000', '0', '-1', '1.5', 'x', '', '1e9', '1&limit=2'].map((limit) => ({
    name: `a limit of '${limit}'`,
    status: 400,
    applies: has('query', 'limit'),
    ask: (route: Route) => ({ url: `${route.path}?limit=${limit}` }),
  })),
  ...['%00', 'bm9uc2Vuc2U', 'bnVsbA', 'W10', 'eyJhIjoxfQ'].map((marker) => ({
    name: `the marker ${marker}`,
    status: 400,
    applies: has('query', 'marker'),
    ask: (route: Route) => ({ url: `${route.path}?marker=${marker}` }),
  })),
  { name: 'an event id that is none', status: 400, applies: has('query', 'after'), ask: (route) => ({ url: `${route.path}?after=x` }) },
  {
    name: 'a last event id that is none',
    status: 400,
    applies: has('header', 'last-event-id'),
    ask: (route) => ({ url: route.path, headers: { 'last-event-id': '-5' } }),
  },
  { name: 'no body at all', status: 400, applies: isWord, ask: () => ({ payload: '', headers: {} }) },
  { name: 'a body without a type', status: 415, applies: isWord, ask: () => ({ payload: '{}', headers: { 'content-type': '' } }) },
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', 'text/json'].map(
    (type) => ({
      name: `a body of ${type}`,
      status: 415,
      applies: isWord,
      ask: () => ({ payload: '{"why":"x"}', headers: { 'content-type': type } }),
    }),
  ),
  ...['', '{', 'null', '[]', '"why"', '{"why":1}', '{"why":""}', '{"why":"  "}', '{"why":"a\\nb"}', '{"wyh":"x"}', '{"__proto__":{}}'].map(
    (payload) => ({
      name: `the body ${payload}`,
      status: 400,
      applies: isWord,
      ask: () => ({ payload, headers: JSON_BODY }),
    }),
  ),
  {
    name: 'a reason of 501 letters',
    status: 400,
    applies: isWord,
    ask: () => ({ payload: JSON.stringify({ why: 'y'.repeat(501) }), headers: JSON_BODY }),
  },
  {
    name: 'a body of 17 kB',
    status: 413,
    applies: (route) => isWord(route) && !isHook(route),
    ask: () => ({ payload: JSON.stringify({ why: 'y'.repeat(17_000) }), headers: JSON_BODY }),
  },
  {
    name: 'a body of 2 MB',
    status: 413,
    applies: isHook,
    ask: () => ({ payload: JSON.stringify({ why: 'y'.repeat(2_000_000) }), headers: JSON_BODY }),
  },
]

async function refuses(app: App, route: Route, wrong: Wrong): Promise<void> {
  const asked = wrong.ask(route)
  const body = isWord(route) ? { payload: '{"why":"x"}', headers: JSON_BODY } : {}
  const headers = asked.payload === '' ? (asked.headers ?? {}) : { ...body.headers, ...asked.headers }
  const answer = await app.inject({ method: route.method, url: here(route), ...body, ...asked, headers })
  const what = `${route.method} ${route.path} with ${wrong.name}: ${answer.statusCode} ${answer.body.slice(0, 300)}`
  assert.equal(answer.statusCode, wrong.status, what)
  assert.match(String(answer.headers['content-type']), /^application\/json/, what)
  const said: unknown = JSON.parse(answer.body)
  assert.deepEqual(SHAPES.error.strict().parse(said), said, what)
  assert.ok(answer.body.length < 1_000 && !/\bat [\w.]+ \(|node_modules|\.ts\b|Error:/.test(answer.body), what)
  assert.match(String(answer.headers['content-security-policy']), /^default-src 'none'/, what)
  assert.equal(answer.headers['access-control-allow-origin'], undefined, what)
}

test('every route refuses everything that is wrong in one shape, and does nothing', () =>
  served(async ({ app, store, clock, logged }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    await pass(store, 1, wait(clock.now() + 60_000))
    const before = await store.newestAudit()
    let tried = 0
    for (const route of ROUTES)
      for (const wrong of WRONG.filter(({ applies }) => applies(route))) {
        await refuses(app, route, wrong)
        tried += 1
      }
    assert.ok(ROUTES.length >= 23 && tried > 300, `${tried} of ${ROUTES.length} routes`)
    assert.deepEqual([await store.newestAudit(), logged], [before, []])
  }))

test('what is documented is what is served: another method or a path nearby is nowhere', () =>
  served(async ({ app }) => {
    for (const { path, method } of ROUTES) {
      const other = method === 'GET' ? 'POST' : 'GET'
      if (ROUTES.some((route) => route.path === path && route.method === other)) continue
      const url = path.replace(/\{\w+\}/g, 'x')
      for (const [way, at] of [
        [other, url],
        ['DELETE', url],
        ['OPTIONS', url],
        [method, `${url}/more`],
      ] as const) {
        const answer = await app.inject({ method: way, url: at, payload: '{}', headers: JSON_BODY })
        assert.equal(answer.statusCode, 404, `${way} ${at}`)
        SHAPES.error.strict().parse(JSON.parse(answer.body))
      }
    }
  }))

test('a link that is followed to us, our own page and a program without a browser may ask', () =>
  served(async ({ app }) => {
    const url = '/api/v1/clouds'
    for (const headers of [
      {},
      { host: '[::1]:8780' },
      { host: 'localhost:9000', origin: 'http://localhost:9000' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-site': 'same-origin' },
    ])
      assert.equal((await app.inject({ method: 'GET', url, headers })).statusCode, 200, JSON.stringify(headers))
  }))

test('a bug is one line in the log and no word about where it is', () =>
  served(
    async ({ app, logged }) => {
      const answer = await app.inject({ method: 'GET', url: '/metrics' })
      assert.equal(answer.statusCode, 500)
      assert.equal(JSON.parse(answer.body).error.what, 'unexpected')
      assert.doesNotMatch(answer.body, /boom/)
      assert.deepEqual(logged, ['request failed GET /metrics 500 Error: boom'])
    },
    () => ({
      metrics: {
        ...{ contentType: '', text: () => Promise.reject(new Error('boom')) },
        ...{ looked: () => undefined, asked: () => undefined, told: () => undefined },
      },
    }),
  ))

test('a self-canary that was not healed makes it unready, and says what keeps it', () => {
  const canary = { cloud: 'west', node: 'canary', message: 'It waits.', healedAt: null, isUnderWay: true }
  return served(
    async ({ app }) => {
      const answer = await app.inject('/readyz')
      assert.equal(answer.statusCode, 503)
      assert.match(SHAPES.error.strict().parse(JSON.parse(answer.body)).error.message, /^Canary canary was broken 3 h ago\. It waits\.$/)
    },
    () => ({ canaries: () => [{ ...canary, trouble: 'Canary canary was broken 3 h ago.' }] }),
  )
})

test('it is not ready before every cloud is watched, and healthy all along', () =>
  served(
    async ({ app }) => {
      assert.equal((await app.inject('/healthz')).statusCode, 200)
      const answer = await app.inject('/readyz')
      assert.equal(answer.statusCode, 503)
      SHAPES.error.strict().parse(JSON.parse(answer.body))
    },
    () => ({ isReady: () => false }),
  ))
