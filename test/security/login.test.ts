/** Logging in and out: what it takes, what it gives, how long it lasts, and what is written down of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loginLimits } from '../../src/http/login-limits.ts'
import { SHAPES } from '../../src/http/shapes.ts'
import { cookieIn, type LoginSite, PASSWORD, PROXY, type Proof, withLogin } from '../login-site.ts'
import { CLOUD, handClock, keyOf, seenNode } from '../store/given.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const WRONG = 'a-wrong-password-of-theirs'
const member = { user: 'proj-member', password: PASSWORD }

const isIn = async ({ ask }: LoginSite, headers: Proof): Promise<boolean> =>
  (await ask({ url: '/api/v1/clouds', headers })).statusCode === 200

test('a password of Keystone lets in by a cookie that no script and no other site can use, and logging out ends it', () =>
  withLogin(async (site) => {
    const before = await site.ask({ url: '/api/v1/login' })
    assert.deepEqual(SHAPES.login.strict().parse(JSON.parse(before.body)), {
      needed: true,
      methods: ['token', 'keystone'],
      as: null,
      csrf: null,
    })
    const answer = await site.logIn(member)
    const { as, csrf } = SHAPES.loggedIn.strict().parse(JSON.parse(answer.body))
    assert.deepEqual(as, { name: 'proj-member@Default', method: 'keystone', role: 'operator' })
    assert.match(String(answer.headers['set-cookie']), /^anneal=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    const proof = { cookie: `other=1; ${cookieIn(answer)}; more=2`, 'x-anneal-csrf': csrf }
    const inside = SHAPES.login.parse(JSON.parse((await site.ask({ url: '/api/v1/login', headers: proof })).body))
    assert.deepEqual([inside.as, inside.csrf], [as, csrf])
    const out = await site.ask({ method: 'POST', url: '/api/v1/logout', headers: proof, body: {} })
    assert.deepEqual([out.statusCode, JSON.parse(out.body)], [200, { changed: true }])
    assert.match(String(out.headers['set-cookie']), /^anneal=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/)
    assert.equal(await isIn(site, proof), false)
  }))

test('an application credential lets in only where it is of the project on which roles count', () =>
  withLogin(async (site) => {
    const credential = (user: string, secret = PASSWORD) => ({ applicationCredential: { id: `appcred-${user}`, secret } })
    const inside = await site.logIn(credential('proj-reader'))
    assert.deepEqual(JSON.parse(inside.body).as, { name: 'proj-reader@Default', method: 'keystone', role: 'viewer' })
    for (const shown of [
      credential('admin'),
      credential('bm-admin'),
      credential('proj-member', WRONG),
      credential('proj-member-only-auditor'),
    ])
      assert.equal((await site.logIn(shown)).statusCode, 401, JSON.stringify(shown))
    assert.ok(site.logged.some((line) => /admin@Default is of another project/.test(line)))
  }))

test('every no is the same to whoever asks, and the log says which it was without what was shown', () =>
  withLogin(async (site) => {
    const noes = [
      { user: 'proj-member', password: WRONG },
      { user: 'nobody-at-all', password: PASSWORD },
      { user: 'admin', password: PASSWORD },
      { applicationCredential: { id: 'appcred-admin', secret: PASSWORD } },
      { token: `anneal_${'x'.repeat(43)}` },
    ]
    const bodies = new Set<string>()
    for (const shown of noes) {
      const answer = await site.logIn(shown)
      assert.deepEqual([answer.statusCode, answer.headers['set-cookie']], [401, undefined])
      bodies.add(answer.body)
    }
    assert.equal(bodies.size, 1)
    assert.equal(site.logged.filter((line) => line.startsWith('login refused 127.0.0.1')).length, noes.length)
  }))

test('roles may count on the system or on a domain instead', () =>
  withLogin(
    async (site) => {
      const roleOf = async (user: string) => JSON.parse((await site.logIn({ user, password: PASSWORD })).body).as?.role ?? null
      assert.deepEqual([await roleOf('admin'), await roleOf('sys-reader'), await roleOf('proj-member')], ['operator', 'viewer', null])
      const credential = await site.logIn({ applicationCredential: { id: 'appcred-admin', secret: PASSWORD } })
      assert.equal(credential.statusCode, 401, 'it is of a project')
    },
    { keystone: { scope: { kind: 'system' }, userDomain: 'Default', roles: { viewer: ['reader'], operator: ['admin'] } } },
  ))

test('Keystone that does not answer is no wrong password', () =>
  withLogin(async (site) => {
    site.cloud.faults.set('keystone', { kind: '503' })
    const answer = await site.logIn(member)
    assert.equal(answer.statusCode, 503)
    assert.equal(SHAPES.error.parse(JSON.parse(answer.body)).error.what, 'keystone')
    assert.equal(site.logged.length, 2, site.logged.join('\n'))
  }))

test('a token gets a session, which ends with it; where there is no Keystone that is all there is', () =>
  withLogin(
    async (site) => {
      assert.equal((await site.logIn(member)).statusCode, 409)
      const token = await site.token('operator', site.clock.now() + HOUR)
      const inside = await site.logIn({ token: token.secret })
      assert.match(String(inside.headers['set-cookie']), /Max-Age=3600;/)
      const proof = { cookie: cookieIn(inside) }
      assert.equal(await isIn(site, proof), true)
      site.clock.move(HOUR)
      assert.equal(await isIn(site, proof), false)
      const other = await site.token('viewer')
      const again = { cookie: cookieIn(await site.logIn({ token: other.secret })) }
      await site.store.logins.removeToken(other.name, 'pat')
      assert.equal(await isIn(site, again), false)
    },
    { keystone: null },
  ))

test('a session ends after two hours without use, after twelve in any case, and no request makes that longer', () =>
  withLogin(async (site) => {
    const [idle, used] = [await site.session(), await site.session()]
    for (let hours = 0; hours < 11; hours++) {
      site.clock.move(HOUR)
      assert.equal(await isIn(site, used), true, `${hours}`)
      if (hours === 0) assert.equal(await isIn(site, idle), true)
    }
    assert.equal(await isIn(site, idle), false)
    site.clock.move(HOUR)
    assert.equal(await isIn(site, used), false)
  }))

test('a login takes no session that came along, and ends the one that was there', () =>
  withLogin(async (site) => {
    const planted = `anneal=${'A'.repeat(43)}`
    const first = cookieIn(await site.logIn(member, { headers: { cookie: planted } }))
    assert.notEqual(first, planted)
    const second = cookieIn(await site.logIn(member, { headers: { cookie: first } }))
    assert.deepEqual(
      [await isIn(site, { cookie: planted }), await isIn(site, { cookie: first }), await isIn(site, { cookie: second })],
      [false, false, true],
    )
  }))

test('the twenty-first session of one person ends the first', () =>
  withLogin(async (site) => {
    const sessions: Proof[] = []
    for (let n = 0; n < 21; n++) {
      sessions.push(await site.session())
      site.clock.move(1_000)
    }
    const inside = await Promise.all(sessions.map((session) => isIn(site, session)))
    assert.deepEqual(
      inside,
      sessions.map((_, at) => at > 0),
    )
  }))

test('tries are limited for a user from anywhere and for an address with any user, and those that succeed do not count', () =>
  withLogin(async (site) => {
    const status = async (user: string, from: string, password = WRONG) => (await site.logIn({ user, password }, { from })).statusCode
    for (let n = 0; n < 40; n++) assert.equal(await status('proj-reader', '192.0.2.1', PASSWORD), 200)
    for (let n = 0; n < 10; n++) assert.equal(await status(n % 2 === 0 ? 'proj-member' : 'PROJ-Member', `192.0.2.${n}`), 401)
    const late = await site.logIn(member, { from: '192.0.2.99' })
    assert.deepEqual([late.statusCode, Number(late.headers['retry-after']) <= 300], [429, true])
    for (let n = 0; n < 30; n++) assert.equal(await status(`user-${n}`, '198.51.100.7'), 401)
    assert.equal(await status('proj-reader', '198.51.100.7', PASSWORD), 429)
    assert.equal(await status('proj-reader', '198.51.100.8', PASSWORD), 200)
    site.clock.move(5 * MINUTE)
    assert.deepEqual(
      [await status('proj-member', '192.0.2.99', PASSWORD), await status('proj-reader', '198.51.100.7', PASSWORD)],
      [200, 200],
    )
  }))

test('nobody gets around the limits by a header, and behind our own proxy each is counted alone', () =>
  withLogin(async (site) => {
    const tryBy = async (from: string, forwarded: string, n: number) =>
      (await site.logIn({ user: `u${from}${forwarded}${n}`, password: WRONG }, { from, headers: { 'x-forwarded-for': forwarded } }))
        .statusCode
    for (let n = 0; n < 30; n++) assert.equal(await tryBy('203.0.113.9', `192.0.2.${n}`, n), 401)
    assert.equal(await tryBy('203.0.113.9', '192.0.2.200', 31), 429)
    for (let n = 0; n < 30; n++) assert.equal(await tryBy(PROXY, `10.9.9.${n}, 198.51.100.1`, n), 401)
    assert.deepEqual([await tryBy(`::ffff:${PROXY}`, '198.51.100.1', 31), await tryBy(PROXY, '198.51.100.2', 32)], [429, 401])
  }))

test('what is remembered of tries is bounded, networks of IPv6 are one address, and few wait for Keystone at once', () => {
  const clock = handClock()
  const limits = loginLimits(clock)
  const tryOnce = (address: string, user: string | null) => {
    const begun = limits.begin({ address, user })
    if ('done' in begun) begun.done(false)
    return 'done' in begun
  }
  for (let n = 0; n < 30_000; n++) tryOnce(`192.0.${n >> 8}.${n & 255}`, `user-${n}`)
  assert.ok(limits.size() <= 10_001, String(limits.size()))
  for (let n = 0; n < 30; n++) assert.equal(tryOnce(`2001:db8:0:1::${n.toString(16)}`, null), true)
  assert.deepEqual([tryOnce('2001:db8:0:1:ffff::1', null), tryOnce('2001:db8:0:2::1', null)], [false, true])
  clock.move(5 * MINUTE)
  tryOnce('192.0.2.1', null)
  assert.equal(limits.size(), 1)
  const waiting = Array.from({ length: 9 }, (_, n) => limits.begin({ address: `198.51.100.${n}`, user: null }))
  assert.equal(waiting.filter((one) => 'done' in one).length, 8)
})

test('over TLS at a trusted proxy the cookie is one that only TLS has; anybody else who says so is not believed', () =>
  withLogin(async (site) => {
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'anneal.example.org', 'x-forwarded-for': '192.0.2.1' }
    const origin = { origin: 'https://anneal.example.org' }
    const secure = await site.logIn(member, { from: PROXY, headers: { ...forwarded, ...origin } })
    assert.match(
      String(secure.headers['set-cookie']),
      /^__Host-anneal=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/,
    )
    const headers = { cookie: cookieIn(secure), ...forwarded, ...origin }
    assert.equal((await site.ask({ url: '/api/v1/clouds', headers, from: PROXY })).statusCode, 200)
    assert.equal((await site.ask({ url: '/api/v1/clouds', headers })).statusCode, 403, 'not from there')
    const plain = await site.logIn(member, { from: '192.0.2.1', headers: forwarded })
    assert.match(String(plain.headers['set-cookie']), /^anneal=/)
  }))

test('the audit trail names who logged in and how; only the owner of a token speaks for others', () =>
  withLogin(async (site) => {
    const { store, ask } = site
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    const url = `/api/v1/nodes/${CLOUD}/${keyOf(1).uuid}/hold`
    const token = await site.token('operator')
    const says = async (headers: Proof, by: string | undefined, why: string) => {
      const answer = await ask({ method: 'POST', url, headers, body: { why, ...(by === undefined ? {} : { by }) } })
      assert.equal(answer.statusCode, 200, answer.body)
      return (await store.audit({ newestFirst: true, limit: 1 }))[0]?.by
    }
    assert.equal(await says(await site.session(), 'somebody else', 'a'), 'proj-member@Default via keystone')
    assert.equal(await says(token.proof, undefined, 'b'), `${token.name} via token`)
    assert.equal(await says(token.proof, 'pat@Default via keystone', 'c'), `pat@Default via keystone via ${token.name} via token`)
  }))

test('a stream of events ends with the login by which it was begun', () =>
  withLogin(async (site) => {
    const { secret, proof, name } = await site.token('viewer')
    const stream = site.ask({ url: '/api/v1/events', headers: proof })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await site.store.logins.removeToken(name, 'pat')
    // The stream looks every 15 s of a clock that stands still until it is moved.
    site.clock.move(16_000)
    const answer = await stream
    assert.deepEqual([answer.statusCode, answer.body.startsWith('id: ')], [200, true])
    assert.ok(!answer.body.includes(secret))
  }))

test('a session that was begun under another configuration of who may log in is over', () =>
  withLogin(async (site) => {
    const session = await site.session()
    const { login } = site.world
    assert.ok(login !== null)
    site.world.login = { ...login, configHash: 'roles were changed' }
    assert.equal(await isIn(site, session), false)
  }))
