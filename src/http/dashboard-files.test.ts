import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { served } from '../../test/http.ts'
import { withLogin } from '../../test/login-site.ts'
import { readDashboard } from './dashboard-files.ts'
import type { App } from './world.ts'

const HOST = { host: '127.0.0.1' }
const BROWSER = { ...HOST, accept: 'text/html,application/xhtml+xml' }

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'anneal-test-'))
  const folder = join(top, 'dashboard')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(top, 'secret.json'), '{}')
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'assets', 'index-abc.js'), 'export {}')
  writeFileSync(join(folder, 'assets', 'leftover.map'), 'a kind that no page asks for')
  try {
    await body(folder)
  } finally {
    rmSync(top, { recursive: true })
  }
}

const built = (body: (app: App) => Promise<void>): Promise<void> =>
  inFolder((folder) =>
    served(
      async ({ app }) => await body(app),
      () => ({ dashboard: readDashboard(folder) }),
    ),
  )

test('every page of the dashboard is its one file, which is asked for anew each time', () =>
  built(async (app) => {
    for (const url of ['/', '/fleet', '/nodes/west/node-1.example', '/cases/c-00000000?x=1', '/no/such/page']) {
      const { statusCode, headers, body } = await app.inject({ url, headers: BROWSER })
      assert.deepEqual([statusCode, headers['content-type'], headers['cache-control']], [200, 'text/html; charset=utf-8', 'no-cache'], url)
      assert.equal(body, '<!doctype html>')
    }
  }))

test('a file with a hash in its name is kept for good, and only what is there is answered', () =>
  built(async (app) => {
    const { headers, body } = await app.inject({ url: '/assets/index-abc.js', headers: HOST })
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8')
    assert.equal(body, 'export {}')
    for (const url of ['/assets/gone.js', '/assets/leftover.map', '/../secret.json', '/%2e%2e/secret.json', '/assets/../../secret.json'])
      assert.equal((await app.inject({ url, headers: HOST })).statusCode, 404, url)
  }))

test('a text goes out compressed as it was built, for who takes that, and as it is for who does not', () =>
  inFolder((folder) => {
    const script = join(folder, 'assets', 'index-abc.js')
    writeFileSync(`${script}.br`, brotliCompressSync('export {}'))
    writeFileSync(`${script}.gz`, gzipSync('export {}'))
    return served(
      async ({ app }) => {
        const asked = async (accepted: string, url = '/assets/index-abc.js') =>
          await app.inject({ url, headers: { ...HOST, 'accept-encoding': accepted } })
        for (const [accepted, encoding, unpacked] of [
          ['gzip, deflate, br', 'br', brotliDecompressSync],
          ['gzip;q=0.5, br;q=0', 'gzip', gunzipSync],
          ['identity', undefined, (body: Buffer) => body],
          ['', undefined, (body: Buffer) => body],
        ] as const) {
          const { headers, rawPayload } = await asked(accepted)
          assert.deepEqual([headers['content-encoding'], headers['vary']], [encoding, 'accept-encoding'], accepted)
          assert.equal(headers['content-type'], 'text/javascript; charset=utf-8')
          assert.equal(unpacked(rawPayload).toString(), 'export {}')
        }
        const page = await asked('br', '/')
        assert.deepEqual([page.headers['content-encoding'], page.headers['vary'], page.body], [undefined, undefined, '<!doctype html>'])
        assert.equal((await asked('br', '/assets/index-abc.js.br')).statusCode, 404)
      },
      () => ({ dashboard: readDashboard(folder) }),
    )
  }))

test('the page may load its own files alone, and no script that stands in it', () =>
  built(async (app) => {
    const policy = String((await app.inject({ url: '/', headers: BROWSER })).headers['content-security-policy'])
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/)
  }))

test('programs that ask for what is not there hear so in JSON, browser or not', () =>
  built(async (app) => {
    for (const url of ['/api/v1/nope', '/api', '/assets/nope.js', '/metrics/x', '/healthz/x'])
      assert.equal((await app.inject({ url, headers: BROWSER })).json().error.what, `GET ${url}`)
    assert.equal((await app.inject({ url: '/fleet', headers: HOST })).statusCode, 404)
    assert.equal((await app.inject({ method: 'POST', url: '/', headers: BROWSER })).statusCode, 404)
    assert.equal((await app.inject({ url: '/', headers: { ...BROWSER, host: 'elsewhere.example' } })).statusCode, 403)
  }))

test('where it is not built, the address of the dashboard says how to build it', () =>
  served(async ({ app }) => {
    const { statusCode, body } = await app.inject({ url: '/', headers: BROWSER })
    assert.equal(statusCode, 404)
    assert.match(body, /npm run build:dashboard/)
  }))

test('where a login is needed the page is for anybody, since one logs in there, and nothing else is', () =>
  inFolder((folder) =>
    withLogin(
      async ({ ask }) => {
        const statusOf = async (url: string, method: 'GET' | 'POST' = 'GET') =>
          (await ask({ method, url, headers: { accept: BROWSER.accept } })).statusCode
        for (const url of ['/', '/fleet', '/assets/index-abc.js']) assert.equal(await statusOf(url), 200, url)
        for (const url of ['/api/v1/fleet', '/api/v1/nope', '/assets/gone.js', '/metrics', '/metrics/x'])
          assert.equal(await statusOf(url), 401, url)
        assert.equal(await statusOf('/', 'POST'), 401)
      },
      { world: { dashboard: readDashboard(folder) } },
    ),
  ))
