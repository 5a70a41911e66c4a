import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { TransportError } from '../core/seams.ts'
import { bodyOf, type Call, refusal } from './call.ts'
import { type Answer, access, givenCloud, OWN_PROJECT, sample, tokenAnswer } from './given-cloud.test.ts'
import { OpenStackError } from './openstack-error.ts'

const NODES = 'GET ironic.test/v1/nodes'
const read = { service: 'baremetal', method: 'GET', path: '/v1/nodes' } as const
const write = { service: 'baremetal', method: 'PUT', path: '/v1/nodes/n/maintenance', body: {} } as const

const failed = (promise: Promise<unknown>): Promise<OpenStackError> =>
  promise.then(
    () => assert.fail('answered'),
    (error: unknown) => (error instanceof OpenStackError ? error : assert.fail(String(error))),
  )

test('callers at the same time share one token, and it is kept until a tenth of its life is left', async () => {
  const { session, sent, pass } = givenCloud({ [NODES]: { body: {} } })
  await Promise.all([session.request(read), session.request(read), session.warm('baremetal')])
  const tokens = () => sent.filter((request) => request.method === 'POST').length
  assert.equal(tokens(), 1)
  assert.equal(sent.at(-1)?.headers['x-auth-token'], 'token-1')
  pass(53 * 60_000)
  await session.request(read)
  assert.equal(tokens(), 1)
  pass(2 * 60_000)
  await session.request(read)
  assert.equal(tokens(), 2)
  assert.equal(sent.at(-1)?.headers['x-auth-token'], 'token-2')
})

test('a read answered 401 is repeated once with a fresh token', async () => {
  const once = givenCloud({ [NODES]: [{ status: 401 }, { body: { nodes: [] } }] })
  assert.equal((await once.session.request(read)).status, 200)
  assert.deepEqual(
    once.sent.map((request) => request.headers['x-auth-token'] ?? request.method),
    ['POST', 'token-1', 'POST', 'token-2'],
  )
  const always = givenCloud({ [NODES]: { status: 401, body: { error: { message: 'no' } } } })
  assert.equal((await failed(always.session.request(read))).status, 401)
  assert.equal(always.sent.length, 4)
})

test('a write answered 401 is not repeated, and the next read brings a fresh token', async () => {
  const { session, sent } = givenCloud({ [NODES]: { body: {} }, 'PUT ironic.test/v1/nodes/n/maintenance': { status: 401 } })
  await session.warm('baremetal')
  const error = await failed(session.request(write))
  assert.equal(error.status, 401)
  assert.equal(error.kind, null)
  assert.equal(sent.filter((request) => request.method === 'PUT').length, 1)
  await session.request(read)
  assert.equal(sent.at(-1)?.headers['x-auth-token'], 'token-2')
})

test('a service that says our proof of ourselves back does not bring it into an error', async () => {
  const { password } = access().auth
  assert.ok(password !== null && password.length >= 4)
  const echo = { error: { code: 400, message: `${password} is not of type 'string'` } }
  const refused = await failed(givenCloud({ 'POST keystone.test/v3/auth/tokens': { status: 400, body: echo } }).session.request(read))
  const debug = { error_message: 'headers: x-auth-token=token-1' }
  const told = await failed(givenCloud({ [NODES]: { status: 500, body: debug } }).session.request(read))
  for (const error of [refused, told]) {
    const said = JSON.stringify([error.message, error.sentence, error.text, error.stack])
    assert.ok(!said.includes(password) && !said.includes('token-1'), said)
    assert.match(said, /\(secret\)/)
  }
})

test('nor does one that is said back in an answer with 200, in an accepted 404, in the escapes of JSON, or half cut off', async () => {
  const password = 'pass"wörd\\<core>'
  const cloud = (answer: Answer) => givenCloud({ [NODES]: answer }, { auth: { ...access().auth, password } })
  const page = `<html><body>You sent x-auth-token: token-1 for ${password.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')}</body></html>`
  const ascii = '{"error_message": "for pass\\"w\\u00f6rd\\\\<core> and token-1"'
  const long = `${'y'.repeat(294)}token-1`
  const answers: Answer[] = [
    { status: 200, body: page },
    { status: 200, body: `${ascii}}` },
    { status: 404, body: page },
    { status: 500, body: `${ascii}}` },
    // Cut off, so that it is no JSON.
    { status: 500, body: ascii },
    { status: 502, body: long },
  ]
  for (const answer of answers) {
    const { session } = cloud(answer)
    const call: Call = { ...read, accept: [404] }
    const schema = z.object({ nodes: z.array(z.unknown()) })
    const error = await failed(
      session
        .request(call)
        .then((response) => (response.status === 404 ? Promise.reject(refusal(call, response)) : bodyOf(call, response, schema))),
    )
    const said = [error.message, error.sentence, error.text, error.stack].join(' ')
    assert.doesNotMatch(said, /core|token-|örd|u00f6/, said)
  }
})

test('a token that ended before it began, or that no header may hold, is no token', async () => {
  const refusalOf = async (answer: Answer) =>
    (await failed(givenCloud({ 'POST keystone.test/v3/auth/tokens': answer }).session.identity())).sentence
  assert.match(await refusalOf(tokenAnswer('t', -1)), /ended before it was issued/)
  assert.match(await refusalOf(tokenAnswer('a\ufffdb')), /cannot be sent back/)
  const zoneless = tokenAnswer('t')
  assert.ok(!(zoneless instanceof TransportError))
  const body = JSON.parse(JSON.stringify(zoneless.body))
  body.token.expires_at = 'tomorrow'
  assert.match(await refusalOf({ ...zoneless, body }), /times that cannot be read/)
})

test('an address of a megabyte of slashes is completed like any other', async () => {
  const endpointOverrides = { network: `http://neutron.test${'/'.repeat(1_000_000)}x` }
  assert.equal((await givenCloud({}, { endpointOverrides }).session.endpoint('network'))?.length, 1_000_020)
})

test('a write never waits for a token: without a valid one it is not sent', async () => {
  const { session, sent, pass } = givenCloud({ 'PUT ironic.test/v1/nodes/n/maintenance': { status: 202 } })
  const cold = await failed(session.request({ ...write, sendBy: 5 }))
  assert.equal(cold.phase, 'before')
  assert.equal(cold.kind, 'keystone')
  assert.equal(sent.length, 0)
  await session.warm('baremetal')
  await session.request({ ...write, sendBy: 5 })
  assert.equal(sent.length, 2)
  assert.equal(sent.at(-1)?.sendBy, 5)
  pass(2 * 3_600_000)
  assert.equal((await failed(session.request(write))).phase, 'before')
})

test('no answer keeps its phase; one from Keystone says that no token was to be had, and no secret is in it', async () => {
  const { session } = givenCloud({ [NODES]: new TransportError('after', 'GET http://ironic.test/v1/nodes: reset') })
  const lost = await failed(session.request(read))
  assert.deepEqual([lost.status, lost.phase, lost.kind], [null, 'after', null])
  const body = { error: { code: 401, message: 'The request you have made requires authentication.' } }
  const refused = await failed(givenCloud({ 'POST keystone.test/v3/auth/tokens': { status: 401, body } }).session.request(read))
  assert.deepEqual([refused.status, refused.kind, refused.service, refused.path], [401, 'keystone', 'identity', '/v3/auth/tokens'])
  assert.doesNotMatch(refused.message, /secret/)
})

test('a redirect is an error, and a status that the caller accepts is an answer', async () => {
  const { session } = givenCloud({ [NODES]: { status: 302 } })
  assert.equal((await failed(session.request(read))).status, 302)
  assert.equal((await session.request({ ...read, accept: [302] })).status, 302)
})

test('endpoints come from the catalog by interface, region and older names, with or without their version', async () => {
  const { session } = givenCloud({})
  assert.equal(await session.endpoint('baremetal'), 'http://ironic.test:6385')
  assert.equal(await session.endpoint('network'), 'http://neutron.test:9696')
  assert.equal(await session.endpoint('compute'), 'http://nova.test/v2.1')
  assert.equal(await session.endpoint('block-storage'), 'http://cinder.test/v3/own-project')
  assert.equal(await session.endpoint('identity'), 'http://keystone.test')
  assert.equal(await session.endpoint('reservation'), null)
  const elsewhere = givenCloud({}, { regionName: 'R2' }).session
  assert.equal(await elsewhere.endpoint('baremetal'), null)
  const error = await failed(elsewhere.request(read))
  assert.equal(error.phase, 'before')
  assert.match(error.sentence, /no public endpoint of a baremetal service in region R2/)
})

test('a catalog without the service that is asked is asked for again with the next call', async () => {
  const whole = tokenAnswer('t')
  assert.ok(!(whole instanceof TransportError))
  const body = JSON.parse(JSON.stringify(whole.body))
  body.token.catalog = []
  const { session } = givenCloud({ 'POST keystone.test/v3/auth/tokens': [{ ...whole, body }, whole], [NODES]: { body: {} } })
  assert.match((await failed(session.request(read))).sentence, /no public endpoint/)
  assert.equal((await session.request(read)).status, 200)
})

test('overrides win over the catalog and are completed as the catalog is', async () => {
  const endpointOverrides = {
    baremetal: 'http://127.0.0.1:6385/v1/',
    compute: 'http://nova.test',
    'block-storage': 'http://cinder.test',
    network: 'http://neutron.test/v2.0',
    reservation: 'http://blazar.test:1234/v1',
  }
  const { session } = givenCloud({}, { endpointOverrides })
  assert.equal(await session.endpoint('baremetal'), 'http://127.0.0.1:6385')
  assert.equal(await session.endpoint('compute'), 'http://nova.test/v2.1')
  assert.equal(await session.endpoint('block-storage'), `http://cinder.test/v3/${OWN_PROJECT}`)
  assert.equal(await session.endpoint('network'), 'http://neutron.test')
  assert.equal(await session.endpoint('reservation'), 'http://blazar.test:1234')
})

test('without Keystone nothing is asked but the service, with a basic login where one is given', async () => {
  const bare = access({ authType: 'none', endpointOverrides: { baremetal: 'http://ironic.test' } })
  const none = givenCloud({ [NODES]: { body: {} } }, bare)
  await none.session.request(read)
  assert.equal(none.sent.length, 1)
  assert.deepEqual(await none.session.identity(), { user: 'anneal', scope: 'none', projectId: null, roles: [], expiresAt: null })
  const basic = givenCloud({ [NODES]: { body: {} } }, { ...bare, authType: 'http_basic' })
  await basic.session.request(read)
  assert.equal(basic.sent[0]?.headers['authorization'], `Basic ${Buffer.from('anneal:secret-password').toString('base64')}`)
})

test("Keystone's recorded answer for a system token is read", async () => {
  const { headers, body } = JSON.parse(sample('token-system.json'))
  const given = { 'POST keystone.test/v3/auth/tokens': { status: 201, headers: { 'x-subject-token': headers['X-Subject-Token'] }, body } }
  const { session, clock } = givenCloud(given, { regionName: 'RegionOne' })
  const identity = await session.identity()
  assert.deepEqual([identity.user, identity.scope, identity.roles], ['admin', 'system', ['admin', 'member', 'reader']])
  assert.equal(identity.expiresAt, clock.now() + 3_600_000)
  assert.equal(await session.endpoint('baremetal'), 'http://127.0.0.1:6385')
})

test('a token of a few minutes is used for half of its life instead of being renewed at every call', async () => {
  const { session, sent, pass } = givenCloud({ [NODES]: { body: {} }, 'POST keystone.test/v3/auth/tokens': tokenAnswer('short', 120_000) })
  await session.request(read)
  pass(50_000)
  await session.request(read)
  assert.equal(sent.filter((request) => request.method === 'POST').length, 1)
  pass(20_000)
  await session.request(read)
  assert.equal(sent.filter((request) => request.method === 'POST').length, 2)
})

test('each way of logging in asks Keystone in its own form', async () => {
  const asked = async (auth: Partial<ReturnType<typeof access>['auth']>, authType: ReturnType<typeof access>['authType']) => {
    const base = access()
    const empty = Object.fromEntries(Object.keys(base.auth).map((key) => [key, null])) as typeof base.auth
    const { session, sent } = givenCloud({}, { authType, auth: { ...empty, auth_url: 'http://keystone.test', ...auth } })
    await session.identity()
    return JSON.parse(sent[0]?.body ?? '').auth
  }
  assert.deepEqual(await asked({ username: 'u', password: 'p', user_domain_id: 'default', system_scope: 'all' }, 'password'), {
    identity: { methods: ['password'], password: { user: { name: 'u', domain: { id: 'default' }, password: 'p' } } },
    scope: { system: { all: true } },
  })
  assert.deepEqual(await asked({ application_credential_id: 'i', application_credential_secret: 's' }, 'v3applicationcredential'), {
    identity: { methods: ['application_credential'], application_credential: { id: 'i', secret: 's' } },
  })
  assert.deepEqual(await asked({ token: 't', project_name: 'p', project_domain_name: 'D' }, 'token'), {
    identity: { methods: ['token'], token: { id: 't' } },
    scope: { project: { name: 'p', domain: { name: 'D' } } },
  })
})
