/** Tokens: how they are got, what they name, when they end, and what services say when Keystone is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from './answer.ts'
import type { CloudOptions } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

function given(options: Partial<CloudOptions> = {}) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes: 1, ...options })
  const post = (auth: unknown) =>
    clock.run(
      cloud.transport({
        method: 'POST',
        url: `${cloud.credentials('admin').authUrl}/auth/tokens`,
        headers: {},
        body: JSON.stringify({ auth }),
        connectTimeoutMs: 5000,
        answerTimeoutMs: 10_000,
      }),
    )
  const nodes = (headers: Record<string, string>) =>
    clock.run(
      cloud.transport({
        method: 'GET',
        url: `${cloud.state.baseUrl}/baremetal/v1/nodes`,
        headers,
        connectTimeoutMs: 5000,
        answerTimeoutMs: 10_000,
      }),
    )
  return { clock, cloud, post, nodes }
}

const byPassword = (user: string, password: string) => ({
  methods: ['password'],
  password: { user: { name: user, domain: { id: 'default' }, password } },
})

test('a token names its scope, implied roles, a catalog of all services, and its end in UTC', async () => {
  const { post, cloud } = given()
  const answer = await post({
    identity: byPassword('admin', 'simulated'),
    scope: { project: { name: 'admin', domain: { id: 'default' } } },
  })
  assert.equal(answer.status, 201)
  const token = within(JSON.parse(answer.text), 'token')
  assert.match(String(within(token, 'expires_at')), /^2026-11-22T15:00:00\.\d{6}Z$/)
  const roles = within(token, 'roles')
  assert.deepEqual(Array.isArray(roles) && roles.map((role) => within(role, 'name')), ['admin', 'member', 'reader'])
  const catalog = within(token, 'catalog')
  const types = Array.isArray(catalog) ? catalog.map((one) => within(one, 'type')) : []
  assert.deepEqual(types, ['identity', 'baremetal', 'compute', 'network', 'placement', 'image', 'volumev3'])
  assert.ok(answer.text.includes(`${cloud.state.baseUrl}/compute/v2.1`))
})

test('a wrong password, a missing role and a system scope for a project user are one and the same 401', async () => {
  const { post } = given()
  const wrong = [
    { identity: byPassword('admin', 'no'), scope: { system: { all: true } } },
    { identity: byPassword('proj-member', 'simulated'), scope: { system: { all: true } } },
    { identity: byPassword('proj-member', 'simulated'), scope: { project: { name: 'admin', domain: { id: 'default' } } } },
  ]
  const answers = await Promise.all(wrong.map(async (auth) => (await post(auth)).status))
  assert.deepEqual(answers, [401, 401, 401])
})

test('an application credential has a project and no scope to choose; a token begets a token', async () => {
  const { post, cloud } = given()
  const { appcredId, appcredSecret } = cloud.credentials('bm-admin')
  const identity = { methods: ['application_credential'], application_credential: { id: appcredId, secret: appcredSecret } }
  const answer = await post({ identity })
  assert.equal(answer.status, 201)
  assert.equal(within(within(within(JSON.parse(answer.text), 'token'), 'project'), 'name'), 'baremetal')
  const id = answer.headers['x-subject-token']
  const again = await post({
    identity: { methods: ['token'], token: { id } },
    scope: { project: { name: 'baremetal', domain: { id: 'default' } } },
  })
  assert.equal(again.status, 201)
})

test('an application credential that was restricted to member lacks reader, so it may not even list', async () => {
  const { post, cloud, nodes } = given({ nodes: [{ owner: 'lab' }] })
  const login = async (id: string) => {
    const { appcredSecret } = cloud.credentials('proj-member')
    const answer = await post({ identity: { methods: ['application_credential'], application_credential: { id, secret: appcredSecret } } })
    return answer.headers['x-subject-token'] ?? ''
  }
  assert.equal((await nodes({ 'x-auth-token': await login('appcred-proj-member') })).status, 200)
  assert.equal((await nodes({ 'x-auth-token': await login('appcred-proj-member-only-member') })).status, 403)
})

test('a token that is missing, unknown or past its end is 401 with the address to log in at', async () => {
  const { clock, cloud, nodes } = given()
  const { token } = await loggedIn(clock, cloud, { user: 'sys-reader' })
  assert.equal((await nodes({ 'x-auth-token': token })).status, 200)
  for (const headers of [{}, { 'x-auth-token': 'made-up' }]) {
    const answer = await nodes(headers)
    assert.equal(answer.status, 401)
    assert.match(answer.headers['www-authenticate'] ?? '', /^Keystone uri=/)
  }
  await clock.advance(3_600_000)
  assert.equal((await nodes({ 'x-auth-token': token })).status, 401)
})

test('with Keystone away a token that was checked lately still works, another is 503 in HTML without version headers', async () => {
  const { clock, cloud, nodes } = given()
  const old = await loggedIn(clock, cloud, { user: 'sys-reader' })
  assert.equal((await nodes({ 'x-auth-token': old.token })).status, 200)
  const fresh = await loggedIn(clock, cloud, { user: 'sys-reader' })
  cloud.faults.set('keystone', { kind: 'down' })
  assert.equal((await nodes({ 'x-auth-token': old.token })).status, 200)
  const answer = await nodes({ 'x-auth-token': fresh.token })
  assert.equal(answer.status, 503)
  assert.match(answer.text, /Keystone service is temporarily unavailable/)
  assert.equal(answer.headers['x-openstack-ironic-api-version'], undefined)
  await clock.advance(300_000)
  assert.equal((await nodes({ 'x-auth-token': old.token })).status, 503)
})

test('a cloud without Keystone asks for nothing, or for http_basic', async () => {
  const features = { keystone: false }
  assert.equal((await given({ features }).nodes({})).status, 200)
  const { nodes } = given({ features, basicAuth: { user: 'ironic', password: 'simulated' } })
  assert.equal((await nodes({})).headers['www-authenticate'], 'Basic realm="Baremetal API"')
  assert.equal((await nodes({ authorization: `Basic ${btoa('ironic:simulated')}` })).status, 200)
})
