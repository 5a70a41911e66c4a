/**
 * What somebody may send who means no good, or whose program is broken: it is refused in the one shape, costs little, harms nobody else, and
 * nothing that anybody showed to be let in is found again anywhere.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { READERS_MAX } from '../../src/http/events.ts'
import { listen } from '../../src/http/listen.ts'
import { CONNECTIONS_MAX } from '../../src/http/server.ts'
import { SHAPES } from '../../src/http/shapes.ts'
import { served } from '../http.ts'
import { cookieIn, PASSWORD, withLogin } from '../login-site.ts'
import { onFile } from '../on-file.ts'
import { CLOUD, pass, seenNode, wait } from '../store/given.ts'

const SECRET = 'a-secret-that-nobody-repeats'

test('what is no login is refused in the one shape, and no word of it is said back', () =>
  withLogin(async ({ ask, logged }) => {
    const bodies: unknown[] = [
      '',
      '{',
      'null',
      '[]',
      `"${SECRET}"`,
      `{"user":"${SECRET}"`,
      {},
      { user: SECRET },
      { password: SECRET },
      { user: '', password: SECRET },
      { user: 'pat', password: [SECRET] },
      { user: 'pat', password: { $ne: SECRET } },
      { user: 'pat', password: SECRET, domain: 7 },
      { domain: 'Default', token: SECRET },
      { user: 'pat', password: SECRET, token: SECRET },
      { user: 'pat', password: SECRET.repeat(100) },
      { user: 'u'.repeat(256), password: SECRET },
      { applicationCredential: SECRET },
      { applicationCredential: { id: 'x' } },
      { applicationCredential: { id: 'x', secret: SECRET, more: 1 } },
      { auth: { identity: { methods: ['password'], password: { user: { password: SECRET } } } } },
      `{"__proto__":{"user":"pat"},"password":"${SECRET}"}`,
      `{"constructor":{"prototype":{"user":"pat"}},"password":"${SECRET}"}`,
    ]
    for (const body of bodies) {
      const answer = await ask({ method: 'POST', url: '/api/v1/login', body })
      const what = `${JSON.stringify(body).slice(0, 100)}: ${answer.statusCode} ${answer.body}`
      assert.equal(answer.statusCode, 400, what)
      SHAPES.error.strict().parse(JSON.parse(answer.body))
      assert.ok(!answer.body.includes(SECRET), what)
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', '']) {
      const answer = await ask({ method: 'POST', url: '/api/v1/login', headers: { 'content-type': type }, body: `{"token":"${SECRET}"}` })
      assert.equal(answer.statusCode, 415, type)
    }
    assert.deepEqual(logged, [])
  }))

test('what stands where a name, a cookie or an address should be makes nothing fall over', () =>
  withLogin(async ({ ask, logIn, logged }) => {
    const strange = ["' or 1=1 --", '\u0000', '../../etc/passwd', '%00', '<script>', '\ud800', '𝔭𝔞𝔱', 'a\nb', '{{7*7}}', '$(id)']
    for (const user of strange) assert.equal((await logIn({ user, password: PASSWORD })).statusCode, 401, JSON.stringify(user))
    const cookies = [
      'anneal',
      'anneal=',
      '=',
      ';;;',
      'anneal=x',
      `anneal=${'x'.repeat(7_000)}`,
      `anneal="${'A'.repeat(43)}"`,
      'anneal=%00; anneal=x',
    ]
    for (const cookie of cookies)
      assert.equal((await ask({ url: '/api/v1/clouds', headers: { cookie } })).statusCode, 401, cookie.slice(0, 30))
    for (const forwarded of ['', ',,,', 'unknown', '10.0.0.5', '1.2.3.4:99', `${'9.9.9.9,'.repeat(500)}`, '\u00ff', '[::1]'])
      assert.equal(
        (await ask({ url: '/healthz', headers: { 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'gopher' }, from: '10.0.0.5' }))
          .statusCode,
        200,
      )
    assert.deepEqual(
      logged.filter((line) => !line.startsWith('login refused')),
      [],
    )
  }))

test('JSON as deep as it fits is refused like any other', () =>
  withLogin(async (site) => {
    const { proof } = await site.token('viewer')
    for (const deep of [`${'['.repeat(500_000)}${']'.repeat(500_000)}`, `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`]) {
      const answer = await site.ask({ method: 'POST', url: '/hooks/alertmanager', headers: proof, body: deep })
      assert.ok([400, 413].includes(answer.statusCode), String(answer.statusCode))
    }
    assert.deepEqual(site.logged, [])
  }))

test('no secret that anybody showed, nor one that was given, is in an answer, the log, the audit trail or the database', () =>
  withLogin(async (site) => {
    const { store } = site
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    const token = await site.token('operator')
    const session = await site.session()
    const inside = cookieIn(await site.logIn({ token: token.secret }))
    await site.logIn({ user: 'proj-member', password: SECRET })
    await site.logIn({ applicationCredential: { id: 'appcred-proj-member', secret: SECRET } })
    await site.logIn({ token: `anneal_${SECRET}` })
    for (const headers of [token.proof, session])
      for (const url of ['/api/v1/audit', '/api/v1/clouds', '/metrics', '/api/v1/login', '/api/v1/policy']) await site.ask({ url, headers })
    const cookie = (text: string) => text.split('=')[1] ?? ''
    const secrets = [SECRET, PASSWORD, token.secret, cookie(session['cookie'] ?? ''), cookie(inside)]
    assert.ok(secrets.every((secret) => secret.length >= 9))
    const told = [
      ...site.answers,
      ...site.logged,
      JSON.stringify(await store.audit({ limit: 500 })),
      JSON.stringify(await store.logins.tokens()),
    ]
    for (const secret of secrets) for (const text of told) assert.ok(!text.includes(secret), text.slice(0, 200))
    assert.ok(
      site.answers.some((text) => text.includes(session['x-anneal-csrf'] ?? '?')),
      'what is looked for would be found',
    )
  }))

test('a database holds of tokens and sessions their hashes alone', () =>
  onFile(async ({ store, path }) => {
    await store.logins.addToken({ name: 'ci', role: 'viewer', secret: `anneal_${SECRET}`, by: 'pat', expiresAt: null })
    await store.logins.logIn({ name: 'pat@Default', method: 'keystone', role: 'viewer', secret: `x ${SECRET}`, until: null })
    const bytes = readdirSync(dirname(path)).map((name) => readFileSync(join(dirname(path), name), 'latin1'))
    assert.ok(bytes.some((text) => text.includes('pat@Default')))
    assert.ok(bytes.every((text) => !text.includes(SECRET)))
  }))

/** Asks and never reads on, once the first of the answer has come. Status 0: the connection was closed without one. */
function slowReader(url: URL, headers = ''): Promise<{ socket: Socket; status: number }> {
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port) }, () =>
      socket.write(`GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n${headers}\r\n`),
    )
    socket.once('data', (chunk) => {
      socket.pause()
      resolve({ socket, status: Number(/^HTTP\/1\.1 (\d+)/.exec(chunk.toString())?.[1]) })
    })
    socket.once('error', () => resolve({ socket, status: 0 }))
    socket.once('close', () => resolve({ socket, status: 0 }))
  })
}

const MANY = READERS_MAX + 300
const megabytes = () => process.memoryUsage().rss / 2 ** 20

test('of all who ask for events and never read so many are let in, in bounded memory, and nobody else waits for them', () =>
  served(async ({ app, store, clock }) => {
    const url = new URL(`${await listen(app, { host: '127.0.0.1', port: 0 })}/api/v1/events`)
    const before = megabytes()
    const readers = await Promise.all(Array.from({ length: MANY }, () => slowReader(url)))
    const statuses = readers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, READERS_MAX)
    assert.ok(
      statuses.every((status) => [0, 200, 503].includes(status)),
      statuses.join(),
    )
    for (const { socket, status } of readers) if (status !== 200) socket.destroy()
    // Each is an event of its own for all of them; what they do not take is held for one event, or the reader is let go of.
    for (let n = 1; n <= 20; n++) {
      await pass(store, n, wait(clock.now() + 60_000 + n))
      await pause(5)
    }
    const asked = performance.now()
    assert.equal((await fetch(new URL('/healthz', url))).status, 200)
    assert.ok(performance.now() - asked < 2_000)
    assert.ok(megabytes() - before < 300, `${megabytes() - before} MB more`)
    for (const { socket } of readers) socket.destroy()
    const again = async () => {
      const { socket, status } = await slowReader(url)
      socket.destroy()
      return status
    }
    for (let tries = 0; (await again()) !== 200; tries++) {
      assert.ok(tries < 50, 'there is room again')
      await pause(50)
    }
  }))

test('of those who are not logged in none follows, and no more than so many connections are held at all', () =>
  withLogin(async (site) => {
    const url = new URL(`${await listen(site.app, { host: '127.0.0.1', port: 0 })}/api/v1/events`)
    const idle = await Promise.all(
      Array.from({ length: CONNECTIONS_MAX + 500 }, () => {
        const socket = connect({ host: url.hostname, port: Number(url.port) })
        socket.on('error', () => undefined)
        return new Promise<Socket>((resolve) => socket.once('connect', () => resolve(socket)))
      }),
    )
    await pause(200)
    const held = await new Promise<number>((resolve) => site.app.server.getConnections((_error, count) => resolve(count)))
    assert.ok(held <= CONNECTIONS_MAX, String(held))
    for (const socket of idle) socket.destroy()
    await pause(200)
    const readers = await Promise.all(Array.from({ length: 200 }, () => slowReader(url)))
    assert.deepEqual([...new Set(readers.map(({ status }) => status))], [401])
    const { secret } = await site.token('viewer')
    const inside = await slowReader(url, `authorization: Bearer ${secret}\r\n`)
    assert.equal(inside.status, 200)
    for (const { socket } of [...readers, inside]) socket.destroy()
  }))
