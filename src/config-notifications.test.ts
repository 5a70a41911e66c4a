/** The part `notifications` of a cloud: what is taken, and what is refused with its line, without ever saying a secret. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'
import { ConfigError } from './core/config-error.ts'
import { MINUTE } from './core/policy.ts'

const load = (yaml: string) =>
  loadConfig({
    path: '/etc/anneal.yaml',
    cwd: '/',
    env: { HOME: '/home/op', RABBIT: 's3cret' },
    readFile: (path) => (path === '/etc/anneal.yaml' ? yaml : path === '/etc/ca.pem' ? 'CERTIFICATE\n' : null),
  })

const heard = (keys: string) => load(`clouds: { west: { notifications: { ${keys} } } }`).clouds[0]?.notifications

function refusal(keys: string, more = ''): ConfigError {
  try {
    load(`${more}\nclouds: { west: { notifications: { ${keys} } } }`)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    assert.doesNotMatch(JSON.stringify([error.what, error.message, error.fix]), /s3cret/)
    return error
  }
  assert.fail('was accepted')
}

test('nothing is heard where nothing is said', () => {
  assert.deepEqual(
    load('clouds: { west: {}, east: { notifications: } }').clouds.map(({ notifications }) => notifications),
    [null, null],
  )
})

test('brokers are addresses with user, password and vhost; the rest has its default', () => {
  assert.deepEqual(heard(`brokers: ["amqps://anneal:\${RABBIT}@rabbit1.test:5681/nova", "amqp://[::1]"]`), {
    brokers: [
      {
        host: 'rabbit1.test',
        port: 5681,
        user: 'anneal',
        password: 's3cret',
        vhost: 'nova',
        tls: { ca: null, cert: null, key: null, verify: true },
      },
      { host: '::1', port: 5672, user: 'guest', password: 'guest', vhost: '/', tls: null },
    ],
    exchange: 'ironic',
    topics: ['ironic_versioned_notifications'],
    poll: MINUTE,
  })
})

test('an empty vhost and a doubled slash are the vhost /, and what is percent-encoded is decoded', () => {
  const vhostOf = (address: string) => heard(`brokers: ["${address}"]`)?.brokers[0]
  assert.equal(vhostOf('amqp://a:b@h/')?.vhost, '/')
  assert.equal(vhostOf('amqp://a:b@h//')?.vhost, '/')
  assert.equal(vhostOf('amqp://a:b@h/%2Fx')?.vhost, '/x')
  assert.equal(vhostOf('amqp://a:p%40ss%2F@h/')?.password, 'p@ss/')
})

test('how TLS is spoken, what is heard and how seldom is polled can be said', () => {
  const plan = heard('brokers: ["amqps://h"], tls: { ca: "file:/etc/ca.pem", verify: false }, exchange: bm, topics: [a, b], poll: 2m')
  assert.deepEqual(plan?.brokers[0]?.tls, { ca: 'CERTIFICATE', cert: null, key: null, verify: false })
  assert.deepEqual([plan?.exchange, plan?.topics, plan?.poll], ['bm', ['a', 'b'], 2 * MINUTE])
})

test('the password is in no hash, and changes none', () => {
  const hashOf = (yaml: string) => load(yaml).clouds[0]?.policyHash
  assert.equal(hashOf('clouds: { west: {} }'), hashOf('clouds: { west: { notifications: { brokers: ["amqp://a:s3cret@h"] } } }'))
})

const SILLY: [keys: string, key: string, message: RegExp][] = [
  ['exchange: ironic', 'notifications', /list of addresses|brokers/],
  ['brokers: []', 'brokers', /at least one broker/],
  ['brokers: "amqp://h"', 'brokers', /list of addresses/],
  ['brokers: ["http://u:s3cret@h"]', 'brokers', /amqps:\/\//],
  ['brokers: ["amqp://u:s3/cret@h"]', 'brokers', /percent-encoded/],
  ['brokers: ["amqp://u:s3cret%@h"]', 'brokers', /percent-encoded/],
  ['brokers: ["amqp://u:s3cret@h?heartbeat=5"]', 'brokers', /percent-encoded/],
  ['brokers: ["amqp://h"], topics: []', 'topics', /at least one topic/],
  ['brokers: ["amqp://h"], poll: 1s', 'poll', /not between the poll without notifications, 15s, and the census, 10m/],
  ['brokers: ["amqp://h"], poll: 20m', 'poll', /not between/],
  ['brokers: ["amqp://h"], broker: x', 'broker', /no such key/],
]

for (const [keys, key, message] of SILLY) {
  test(`refused with its line: ${keys}`, () => {
    const error = refusal(keys)
    assert.match(error.what, new RegExp(`line 2.*${key}`))
    assert.match(error.message, message)
  })
}

test('polls that are rarer than a minute anyway are not made more frequent by it', () => {
  assert.equal(load('poll: 5m\nclouds: { west: { notifications: { brokers: ["amqp://h"] } } }').clouds[0]?.notifications?.poll, MINUTE)
})
