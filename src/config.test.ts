/** anneal.yaml as an operator writes it, right and wrong. Files and environment are plain objects; nothing is read but the published schema. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Config, cloudFor, inMode, loadConfig } from './config.ts'
import { settingsJsonSchema } from './config-schema.ts'
import { ConfigError } from './core/config-error.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, SECOND } from './core/policy.ts'

type Given = { yaml?: string; files?: Record<string, string>; env?: Record<string, string>; path?: string | null }

/** `yaml` stands at /etc/anneal/anneal.yaml and is named on the command line, unless a test says otherwise. */
function load({ yaml, files = {}, env = {}, path = yaml === undefined ? null : '/etc/anneal/anneal.yaml' }: Given): Config {
  const all: Record<string, string> = { ...(yaml === undefined ? {} : { '/etc/anneal/anneal.yaml': yaml }), ...files }
  return loadConfig({ path, cwd: '/srv', env: { HOME: '/home-of-op', ...env }, readFile: (name) => all[name] ?? null })
}

function refusal(given: Given): ConfigError {
  try {
    load(given)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error
  }
  return assert.fail('was accepted')
}

const USUAL = '/home-of-op/.local/state/anneal/anneal.db'

test('without a file everything has its default and observe is the mode', () => {
  const config = load({})
  assert.deepEqual(config.policy, DEFAULT_POLICY)
  const { path, clouds, database, poll, census, log } = config
  assert.deepEqual(
    { path, clouds, database, poll, census, log },
    {
      path: null,
      clouds: [],
      database: { kind: 'sqlite', path: USUAL, shown: USUAL },
      poll: 15 * SECOND,
      census: 10 * MINUTE,
      log: 'info',
    },
  )
})

test('an empty file, empty parts and an empty cloud are the defaults too', () => {
  assert.deepEqual(load({ yaml: '' }).policy, DEFAULT_POLICY)
  const config = load({ yaml: 'budgets:\nclouds:\n  prod:\n    scope:\n' })
  assert.deepEqual(cloudFor(config, 'prod'), { ...cloudFor(load({}), 'prod'), name: 'prod', ironic: 'prod', services: null })
})

test('a cloud decides over the top level, key by key', () => {
  const config = load({
    yaml: `
mode: approve
budgets: { soak: 10m, resets: { max: 2 }, inFlight: { cloudMax: 7 } }
clouds:
  east:
    ironic: east-admin
    services: east-nova
    mode: auto
    standalone: true
    automatedClean: on
    blazar: { mode: chameleon }
    scope: { conductor_group: rack-*, name: [a, b*], owner: "" }
    budgets: { resets: { window: lifetime }, spacing: [1m, 2h] }
  west:
`,
  })
  const east = cloudFor(config, 'east')
  assert.deepEqual([east.ironic, east.services], ['east-admin', 'east-nova'])
  assert.deepEqual(east.policy, {
    ...DEFAULT_POLICY,
    mode: 'auto',
    standalone: true,
    automatedClean: 'on',
    blazar: { ...DEFAULT_POLICY.blazar, mode: 'chameleon' },
    scope: { conductor_group: ['rack-*'], owner: [''], shard: [], resource_class: [], name: ['a', 'b*'] },
    soak: 10 * MINUTE,
    resets: { max: 2, window: 'lifetime' },
    inFlight: { ...DEFAULT_POLICY.inFlight, cloudMax: 7 },
    spacing: [MINUTE, 2 * HOUR],
  })
  assert.deepEqual(cloudFor(config, 'west').policy, config.policy)
  assert.deepEqual(cloudFor(config, 'never-listed').policy, config.policy)
  assert.deepEqual(
    config.clouds.map(({ name }) => name),
    ['east', 'west'],
  )
})

test('the hash of a policy follows its values, not the order or the place in which they are written', () => {
  const hash = (yaml: string) => cloudFor(load({ yaml }), 'c').policyHash
  assert.equal(hash('mode: auto\nbudgets: { soak: 30m }\n'), hash('clouds: { c: { budgets: { soak: 1800s }, mode: auto } }'))
  assert.notEqual(hash('mode: auto'), hash('mode: approve'))
  assert.equal(inMode(cloudFor(load({}), 'c'), 'auto').policyHash, hash('mode: auto'))
})

test('durations are read in every unit', () => {
  const { policy } = load({ yaml: 'budgets: { spacing: [500ms, 30s, 5m, 2h], resets: { window: 7d }, silence: 48h }' })
  assert.deepEqual(policy.spacing, [500, 30 * SECOND, 5 * MINUTE, 2 * HOUR])
  assert.equal(policy.resets.window, 7 * DAY)
  assert.equal(policy.silence, 2 * DAY)
})

test('values come from the environment and from files beside the configuration', () => {
  const given = {
    yaml: `mode: \${MODE}\ndatabase: file:where\nclouds: { c: { ironic: "\${SITE}-admin", services: "$\${x}" } }`,
    env: { MODE: 'auto', SITE: 'lhr' },
    files: { '/etc/anneal/where': '/data/a.db\n' },
  }
  const config = load(given)
  assert.equal(config.policy.mode, 'auto')
  assert.equal(config.database.shown, '/data/a.db')
  assert.deepEqual([cloudFor(config, 'c').ironic, cloudFor(config, 'c').services], ['lhr-admin', `\${x}`])
})

test('an unknown key is refused with its line and the nearest known one', () => {
  const error = refusal({ yaml: 'clouds:\n  prod:\n    budgets:\n      soack: 5m\n' })
  assert.equal(error.what, '/etc/anneal/anneal.yaml, line 4: clouds.prod.budgets.soack')
  assert.equal(error.fix, 'Did you mean soak?')
  assert.equal(refusal({ yaml: 'soak: 5m' }).fix, 'It belongs below budgets.')
  assert.equal(refusal({ yaml: 'max: 2' }).fix, 'It belongs below budgets.resets.')
  assert.match(refusal({ yaml: 'dashboards: {}' }).fix, /^Remove it; known here are clouds, mode, /)
})

test('silly values are refused, each with its own line', () => {
  const silly: [string, string, RegExp][] = [
    ['poll: 15', 'line 1: poll', /duration such as/],
    ['poll: -5s', 'line 1: poll', /duration such as/],
    ['poll: 100ms', 'line 1: poll', /at least 1s/],
    ['poll: 20m\ncensus: 10m', 'line 2: census', /more often than a poll/],
    ['mode: atuo', 'line 1: mode', /observe, approve, auto/],
    ['budgets:\n  soak: 0s', 'line 2: budgets.soak', /longer than nothing/],
    ['budgets:\n  soak: 9999999d', 'line 2: budgets.soak', /at most 3650d/],
    ['budgets:\n  resets: { max: 0 }', 'line 2: budgets.resets.max', /whole number from 1/],
    ['budgets:\n  resets:\n    window: 30m', 'line 3: budgets.resets.window', /adds up to 62m/],
    ['budgets: { spacing: [] }', 'line 1: budgets.spacing', /at least one/],
    ['budgets:\n  spacing:\n    - 2m\n    - 3x', 'line 4: budgets.spacing.1', /duration such as/],
    ['budgets: { spacing: [6d] }', 'line 1: budgets.spacing', /adds up to 18d/],
    ['budgets: { inFlight: { cloudMax: 0 } }', 'line 1: budgets.inFlight.cloudMax', /whole number from 1/],
    ['budgets: { inFlight: { classShare: 5 } }', 'line 1: budgets.inFlight.classShare', /share above 0/],
    ['budgets: { starts: { share: 0 } }', 'line 1: budgets.starts.share', /share above 0/],
    ['budgets: { jitter: -1 }', 'line 1: budgets.jitter', /share from 0 to 1/],
    ['budgets: { incident: { cases: 1 } }', 'line 1: budgets.incident.cases', /from 2/],
    ['budgets: { unknownOutcome: 10s }', 'line 1: budgets.unknownOutcome', /at least 150s/],
    ['budgets: 3', 'line 1: budgets', /keys of its own/],
    ['clouds: { c: { scope: { name: "*x" } } }', 'line 1: clouds.c.scope.name', /\* at its end/],
    ['clouds: { c: { blazar: { mode: lease } } }', 'line 1: clouds.c.blazar.mode', /one of off, observe, chameleon/],
    ['clouds: { c: { blazar: { monitor: true } } }', 'line 1: clouds.c.blazar.monitor', /one of on, off, unknown/],
    ['clouds: { c: { blazar: off } }', 'line 1: clouds.c.blazar', /keys of its own/],
    ['clouds: { c: { standalone: yes } }', 'line 1: clouds.c.standalone', /true or false/],
    ['clouds: { "a b": {} }', 'line 1: clouds.a b', /no space/],
    ['mode: auto\nmode: auto', 'line 2', /stands there twice/],
    ['mode: auto\n\tpoll: 5s', 'line 2', /not YAML/],
    ['mode: *none', 'line 1', /alias/],
    ['- mode', 'line 1', /keys of its own/],
    ['clouds: &all {c: *all}', 'line 1', /inside of what it refers to/],
    ['clouds: {__proto__: {mode: auto}}', 'line 1', /name __proto__/],
    ['clouds: {? [a] : {}}', 'line 1', /no plain word/],
    ['clouds:\n  c:\n    budgets: { resets: { max: 9, window: 2h } }', 'line 3: clouds.c.budgets.resets.window', /adds up to 332m/],
  ]
  for (const [yaml, where, why] of silly) {
    const error = refusal({ yaml })
    assert.equal(error.what, `/etc/anneal/anneal.yaml, ${where}`, yaml)
    assert.match(error.message, why, yaml)
    assert.ok(error.fix.length > 0 && !/\n/.test(`${error.what}${error.message}${error.fix}`), yaml)
  }
})

test('aliases of aliases without end, and a key of a megabyte, are refused as quickly as anything', () => {
  const nine = (name: string, of: string) => `${name}: &${name} [${Array.from({ length: 9 }, () => of).join(', ')}]`
  const yaml = [nine('a', 'x'), nine('b', '*a'), nine('c', '*b'), nine('d', '*c')].join('\n')
  assert.match(refusal({ yaml }).message, /aliases without end/)
  assert.match(refusal({ yaml: `? ${'m'.repeat(1_000_000)}\n: auto` }).message, /no such key/)
})

test('of several mistakes the topmost line is told', () => {
  assert.match(refusal({ yaml: 'poll: 15s\nworkers: 0\nmodus: auto\nclouds: 3' }).what, /line 2: workers/)
})

test('a value never stands in a refusal', () => {
  const secret = 'hunter2'
  const given = { env: { SECRET: secret }, files: { '/etc/anneal/secret': secret } }
  for (const written of [secret, `\${SECRET}`, 'file:secret', `postgres://op:${secret}@db/a/b`]) {
    for (const key of ['mode', 'poll', 'workers', 'budgets', 'clouds', 'database']) {
      if (key === 'database' && !written.startsWith('postgres')) continue
      const error = refusal({ ...given, yaml: `${key}: ${written}` })
      assert.ok(!`${error.what} ${error.message} ${error.fix}`.includes(secret), `${key}: ${written}`)
    }
  }
})

test('a variable or a file that is missing is named', () => {
  assert.match(refusal({ yaml: `mode: \${NOWHERE}` }).message, /variable NOWHERE is not set/)
  assert.match(refusal({ yaml: 'mode: file:nowhere' }).message, /not there or cannot be read/)
  assert.equal(refusal({ path: 'mine.yaml' }).what, '/srv/mine.yaml')
})

test('the file is looked for in this folder, then with the user, then on the machine', () => {
  const files = {
    '/srv/anneal.yaml': 'log: error',
    '/home-of-op/.config/anneal/anneal.yaml': 'log: warn',
    '/etc/anneal/anneal.yaml': 'log: debug',
  }
  const { '/srv/anneal.yaml': _, ...elsewhere } = files
  assert.equal(load({ files }).path, '/srv/anneal.yaml')
  assert.equal(load({ files: elsewhere }).path, '/home-of-op/.config/anneal/anneal.yaml')
  assert.equal(load({ files: elsewhere, env: { XDG_CONFIG_HOME: '/x' } }).path, '/etc/anneal/anneal.yaml')
})

test('the database is where ANNEAL_DATABASE, the file or the state folder say, in this order', () => {
  const yaml = 'database: data/a.db'
  assert.equal(load({ yaml, env: { ANNEAL_DATABASE: 'b.db' } }).database.shown, '/srv/b.db')
  assert.equal(load({ yaml }).database.shown, '/etc/anneal/data/a.db')
  assert.equal(load({ yaml: 'database: ~/a.db' }).database.shown, '/home-of-op/a.db')
  assert.equal(load({ env: { XDG_STATE_HOME: '/state' } }).database.shown, '/state/anneal/anneal.db')
  assert.equal(refusal({ env: { HOME: '' } }).what, 'ANNEAL_DATABASE')
})

test('the database may be one of PostgreSQL, whose password is shown nowhere', () => {
  const url = 'postgres://op:very%40secret@db.example:5433/anneal?sslmode=verify-full'
  const { database } = load({ yaml: `database: "\${DB}"`, env: { DB: url } })
  assert.deepEqual(database, { kind: 'postgres', url, shown: 'postgres://op@db.example:5433/anneal' })
  const bySocket = load({ env: { ANNEAL_DATABASE: 'postgresql://op:x@/anneal?host=/run/postgresql' } }).database
  assert.equal(bySocket.shown, 'postgres://op@/run/postgresql/anneal')
})

for (const wrong of [
  'postgres://op:secret@db',
  'postgres://op:secret@db/',
  'postgres:secret',
  'postgres://op:sec ret@db:x/anneal',
  'mysql://op:secret@db/anneal',
  'postgres://op:secret@db/anneal?sslmode=prefer',
])
  test(`${wrong.replace(/sec ?ret/, '…')} is no database, and the refusal does not repeat it`, () => {
    const error = refusal({ env: { ANNEAL_DATABASE: wrong } })
    assert.equal(error.what, 'ANNEAL_DATABASE')
    assert.doesNotMatch(`${error.message} ${error.fix}`, /sec ?ret/)
  })

test('the published JSON Schema is the one this code makes (node scripts/schema.ts writes it)', () => {
  const published: unknown = JSON.parse(readFileSync(new URL('../docs/anneal.schema.json', import.meta.url), 'utf8'))
  assert.deepEqual(published, JSON.parse(JSON.stringify(settingsJsonSchema())))
})

const OPEN = { login: null, trustedProxies: [] }

test('the server listens on the loopback, unless it is switched off or told another port there', () => {
  const listening = (listen?: string) => load(listen === undefined ? {} : { yaml: `server: { listen: "${listen}" }` }).server
  assert.deepEqual(listening(), { host: '127.0.0.1', port: 8780, ...OPEN })
  assert.deepEqual(load({ yaml: 'server:' }).server, { host: '127.0.0.1', port: 8780, ...OPEN })
  assert.equal(listening('off'), null)
  assert.deepEqual(listening('127.0.0.2:0'), { host: '127.0.0.2', port: 0, ...OPEN })
  assert.deepEqual(listening('[::1]:9000'), { host: '::1', port: 9000, ...OPEN })
  assert.deepEqual(listening('localhost:9000'), { host: '127.0.0.1', port: 9000, ...OPEN })
  for (const host of ['0.0.0.0', '[::]', '10.0.0.1', 'anneal.example', '128.0.0.1', '127.0.0.1.example']) {
    const error = refusal({ yaml: `poll: 15s\nserver:\n  listen: "${host}:8780"` })
    assert.match(`${error.what} ${error.message}`, /line 3: server\.listen .* is not this machine's loopback.*no login/)
  }
  for (const listen of ['127.0.0.1', '8780', ':8780', '127.0.0.1:65536', '127.0.0.1:-1', '::1:8780', 'on', '', 'http://127.0.0.1:8780'])
    assert.match(refusal({ yaml: `server: { listen: "${listen}" }` }).message, /address and a port/, listen)
})

test('with a login it may listen anywhere, and one that would let nobody in is refused with its line', () => {
  const anywhere = (login: string, more = '') => load({ yaml: `server: { listen: "0.0.0.0:80", login: ${login}${more} }` }).server
  assert.deepEqual(anywhere('{}')?.login, { keystone: null })
  const roles = 'roles: { viewer: reader, operator: [admin, ops] }'
  const keystone = { cloud: 'prod', userDomain: 'Default', roles: { viewer: ['reader'], operator: ['admin', 'ops'] } }
  assert.deepEqual(anywhere(`{ keystone: prod, ${roles} }`)?.login, { keystone: { ...keystone, scope: { kind: 'system' } } })
  assert.deepEqual(anywhere(`{ keystone: prod, project: ops, ${roles} }`)?.login, {
    keystone: { ...keystone, scope: { kind: 'project', project: 'ops', domain: 'Default' } },
  })
  assert.deepEqual(anywhere(`{ keystone: prod, domain: heat, userDomain: people, ${roles} }`)?.login, {
    keystone: { ...keystone, userDomain: 'people', scope: { kind: 'domain', domain: 'heat' } },
  })
  assert.deepEqual(anywhere('{}', ', trustedProxies: [10.0.0.5, "fd00::/8"]')?.trustedProxies, ['10.0.0.5', 'fd00::/8'])
  for (const [server, words] of [
    ['{ login: { keystone: prod } }', /server\.login\.keystone None of Keystone's roles/],
    ['{ login: { project: ops } }', /server\.login\.project .*nothing says where/],
    [`{ login: { keystone: prod, project: a, domain: b, ${roles} } }`, /server\.login\.domain .*not on both/],
    ['{ login: { keystone: prod, roles: { viewer: [] , operators: [admin] } } }', /There is no such key/],
    ['{ login: on }', /server\.login It must hold keys/],
    ['{ trustedProxies: 10.0.0.0/33 }', /server\.trustedProxies It must be an address/],
    ['{ trustedProxies: [10.0.0.1, proxy.example] }', /server\.trustedProxies.* It must be an address/],
    ['{ listen: "0.0.0.0:80", login: }', /no login is configured/],
  ] as const) {
    const error = refusal({ yaml: `server: ${server}` })
    assert.match(`${error.what} ${error.message}`, words, server)
  }
})
