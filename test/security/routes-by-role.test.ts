/**
 * The table of docs/api.md, walked: each route by each role, and by everybody who is nobody. The table and the routes that are served are held
 * together, so that a route that is added without a role of its own choosing stands out.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describedApi } from '../../scripts/described-api.ts'
import { SHAPES } from '../../src/http/shapes.ts'
import { newSecret } from '../../src/seams.ts'
import { type LoginSite, type Proof, withLogin } from '../login-site.ts'
import { CLOUD } from '../store/given.ts'

type Row = { method: 'GET' | 'POST'; path: string; anybody: boolean; viewer: boolean; operator: boolean }

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
const ROWS: Row[] = [...page.matchAll(/^\| (GET|POST) (\S+) +\| (yes|no) +\| (yes|no) +\| (yes|no) +\|$/gm)].map(
  ([, method, path = '', anybody, viewer, operator]) => ({
    method: method === 'POST' ? 'POST' : 'GET',
    path,
    anybody: anybody === 'yes',
    viewer: viewer === 'yes',
    operator: operator === 'yes',
  }),
)

/** What does no harm and comes to an end: names of nobody, and an id of no event. */
const urlOf = ({ path }: Row): string =>
  path === '/api/v1/events' ? `${path}?after=x` : path.replace('{cloud}', CLOUD).replace('{uuid}', 'nobody').replace('{id}', 'c-00000000')

const asked = (row: Row, headers: Proof) => ({
  method: row.method,
  url: urlOf(row),
  headers,
  ...(row.method === 'POST' ? { body: {} } : {}),
})
const isChange = ({ method, anybody }: Row): boolean => method === 'POST' && !anybody
const refuses = (status: number): boolean => status === 401 || status === 403

async function everyRow(
  site: LoginSite,
  proof: Proof,
  expected: (row: Row) => number | 'lets in',
  rows: readonly Row[] = ROWS,
): Promise<void> {
  for (const row of rows) {
    const answer = await site.ask(asked(row, proof))
    const what = `${row.method} ${row.path}: ${answer.statusCode} ${answer.body.slice(0, 200)}`
    const wanted = expected(row)
    if (wanted === 'lets in') assert.ok(!refuses(answer.statusCode) && answer.statusCode < 500, what)
    else {
      assert.equal(answer.statusCode, wanted, what)
      SHAPES.error.strict().parse(JSON.parse(answer.body))
    }
    assert.match(String(answer.headers['content-security-policy']), /^default-src 'none'/, what)
    assert.equal(answer.headers['cache-control'], 'no-store', what)
    assert.equal(answer.headers['access-control-allow-origin'], undefined, what)
  }
}

test('the table has every route that is served, and no other', async () => {
  const document = (await describedApi()) as { paths: Record<string, Record<string, unknown>> }
  const served = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  // The document does not have itself.
  const written = ROWS.map(({ method, path }) => `${method} ${path}`).filter((route) => route !== 'GET /api/v1/openapi.json')
  assert.deepEqual(written.toSorted(), served.toSorted())
})

test('whoever may ask by the table is let in, and nobody else, by token and by session', () =>
  withLogin(async (site) => {
    const [viewer, operator] = [await site.token('viewer'), await site.token('operator')]
    const [reader, member] = [await site.session('proj-reader'), await site.session('proj-member')]
    const logout = (row: Row): boolean => row.path !== '/api/v1/logout'
    for (const [proof, role] of [
      [viewer.proof, 'viewer'],
      [operator.proof, 'operator'],
      [reader, 'viewer'],
      [member, 'operator'],
    ] as const)
      await everyRow(site, proof, (row) => (row.anybody || row[role] ? 'lets in' : 403), ROWS.filter(logout))
    for (const proof of [viewer.proof, operator.proof, reader, member])
      assert.equal((await site.ask({ method: 'POST', url: '/api/v1/logout', headers: proof, body: {} })).statusCode, 200)
    assert.deepEqual(
      site.logged.filter((line) => line.startsWith('request failed')),
      [],
    )
  }))

test('everybody who is nobody is told so, whatever they show, and nothing is written', () =>
  withLogin(async (site) => {
    const expired = await site.token('operator', site.clock.now() + 1_000)
    const removed = await site.token('operator')
    const good = await site.token('operator')
    const old = await site.session()
    const over = await site.session()
    await site.ask({ method: 'POST', url: '/api/v1/logout', headers: over, body: {} })
    site.clock.move(2 * 3_600_000)
    const live = await site.session()
    await site.store.logins.removeToken(removed.name, 'pat')
    const before = await site.store.newestAudit()
    const nobodies: Record<string, Proof> = {
      'nothing at all': {},
      'a token that is over': expired.proof,
      'a token that was removed': removed.proof,
      'a token that never was': { authorization: `Bearer anneal_${newSecret()}` },
      'a token without its last letter': { authorization: `Bearer ${good.secret.slice(0, -1)}` },
      'a token in capitals': { authorization: `Bearer ${good.secret.toUpperCase()}` },
      'two tokens': { authorization: `Bearer ${good.secret} ${good.secret}` },
      'a token of 10,000 letters': { authorization: `Bearer ${'x'.repeat(10_000)}` },
      'a token as password': { authorization: `Basic ${Buffer.from(`pat:${good.secret}`).toString('base64')}` },
      'a token as cookie': { cookie: `anneal=${good.secret}` },
      'a bad token beside a good session': { ...live, authorization: 'Bearer x' },
      'an empty token beside a good session': { ...live, authorization: '' },
      'a session that was idle too long': old,
      'a session that was logged out': over,
      'a session that never was': { cookie: `anneal=${newSecret()}` },
      'the hash of a session': { cookie: `anneal=${live['x-anneal-csrf']}` },
      "a session's cookie under the name that only TLS has": { cookie: (live['cookie'] ?? '').replace('anneal=', '__Host-anneal=') },
      'a session as token': { authorization: `Bearer ${(live['cookie'] ?? '').replace('anneal=', '')}` },
    }
    const closed = ROWS.filter(({ anybody }) => !anybody)
    for (const [name, proof] of Object.entries(nobodies)) {
      assert.deepEqual(
        Object.values(proof).filter((value) => value === undefined),
        [],
        name,
      )
      await everyRow(site, proof, () => 401, closed)
    }
    await everyRow(
      site,
      {},
      () => 'lets in',
      ROWS.filter(({ anybody }) => anybody),
    )
    assert.equal(await site.store.newestAudit(), before)
  }))

test('a session without the header of our own page changes nothing, whatever the header holds', () =>
  withLogin(async (site) => {
    const [mine, other] = [await site.session(), await site.session('proj-reader')]
    const changes = ROWS.filter(isChange)
    assert.ok(changes.length >= 9)
    for (const csrf of [undefined, '', 'x', other['x-anneal-csrf'], `${mine['x-anneal-csrf']}x`, mine['cookie']?.replace('anneal=', '')])
      await everyRow(site, { cookie: mine['cookie'] ?? '', ...(csrf === undefined ? {} : { 'x-anneal-csrf': csrf }) }, () => 403, changes)
  }))

test('a page of another site gets nothing, even with a good login', () =>
  withLogin(async (site) => {
    const [member, operator] = [await site.session(), await site.token('operator')]
    for (const proof of [member, operator.proof])
      for (const foreign of [
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { origin: 'http://anneal.example' },
        { origin: 'https://anneal.example:8780' },
        { origin: 'http://anneal.example:8780.evil.example' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
      ])
        await everyRow(site, { ...proof, ...foreign }, () => 403)
    await everyRow(
      site,
      { ...member, origin: 'http://anneal.example:8780', 'sec-fetch-site': 'same-origin' },
      () => 'lets in',
      ROWS.filter(({ path }) => !/log(in|out)$/.test(path)),
    )
  }))

test('asking for the head alone takes as much as asking for all', () =>
  withLogin(async (site) => {
    const { proof } = await site.token('viewer')
    // Streams and archives have no head of their own.
    for (const row of ROWS.filter(({ method, path }) => method === 'GET' && !/events|evidence/.test(path))) {
      const head = async (headers: Proof) => (await site.ask({ method: 'HEAD', url: urlOf(row), headers })).statusCode
      assert.deepEqual([(await head({})) === 401, refuses(await head(proof))], [!row.anybody, false], row.path)
    }
  }))

test('what is nowhere is told to nobody who is not logged in', () =>
  withLogin(async (site) => {
    const { proof } = await site.token('viewer')
    for (const url of ['/', '/api/v1/secrets', '/api/v2/nodes', '/.env', '/metrics/', '/api/v1/nodes/west'])
      for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const) {
        assert.equal((await site.ask({ method, url })).statusCode, 401, `${method} ${url}`)
        assert.equal((await site.ask({ method, url, headers: proof })).statusCode, 404, `${method} ${url}`)
      }
  }))
