/**
 * What operators write: clouds.yaml and its kin, OS_* variables, anneal.yaml, durations. Right or wrong, it is read or refused with a
 * ConfigError that names what and how, and no value of it stands in what is said. Texts are real files with something changed, and anything.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import { durationText, settingsSchema } from '../../src/config-schema.ts'
import { ConfigError } from '../../src/core/config-error.ts'
import type { CloudAccess } from '../../src/openstack/cloud-access.ts'
import { readCloud } from '../../src/openstack/clouds-yaml.ts'
import { type Change, change, meddled } from './meddle.ts'
import { fuzz } from './runs.ts'
import { spelt, strangeText, strangeValue } from './strange.ts'

const SECRET = 'hunter2-hunter2'

const CLOUDS = {
  clouds: {
    prod: {
      profile: 'vendor',
      auth: { auth_url: 'https://keystone.example:5000/v3', username: 'anneal', password: SECRET, project_name: 'baremetal' },
      auth_type: 'password',
      regions: [{ name: 'R1', values: { network_endpoint_override: 'http://neutron.example' } }, 'R2'],
      region_name: 'R1',
      interface: 'internalURL',
      verify: true,
      cacert: '/ca.pem',
      baremetal_endpoint_override: 'https://ironic.example:6385',
    },
    lab: { auth_type: 'none', auth: { endpoint: 'http://127.0.0.1:6385' } },
  },
}
const PUBLIC = { 'public-clouds': { vendor: { auth: { auth_url: 'https://vendor.example' }, interface: 'public' } } }

const ANNEAL = {
  mode: 'approve',
  poll: '15s',
  census: '10m',
  database: '/var/lib/anneal.db',
  log: 'info',
  workers: 4,
  clouds: {
    prod: {
      ironic: 'prod',
      services: 'admin',
      standalone: false,
      scope: { name: ['a*', 'b'], owner: '' },
      blazar: { mode: 'off', monitor: 'on' },
      mode: 'auto',
    },
  },
  budgets: { resets: { max: 3, window: '7d' }, spacing: ['2m', '15m', '45m'], inFlight: { cloudMax: 25 }, jitter: 0.1, soak: '30m' },
}

/** The document with one change or two, as YAML or as JSON, which is YAML too; or with text torn out of it and put in. */
function written(document: object): fc.Arbitrary<string> {
  const changed = fc
    .tuple(fc.array(change, { minLength: 1, maxLength: 2 }), fc.boolean())
    .map(([changes, asYaml]) => asText(changes.reduce(afterChange, JSON.stringify(document)), asYaml))
  const text = stringify(document)
  const torn = fc
    .tuple(fc.nat(text.length), fc.nat(40), fc.oneof(strangeText, fc.constantFrom(...ODD)))
    .map(([at, cut, odd]) => `${text.slice(0, at)}${odd}${text.slice(at + cut)}`)
  return fc.oneof(
    { weight: 3, arbitrary: changed },
    { weight: 3, arbitrary: torn },
    strangeText,
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...ODD, ...WHOLE),
  )
}

const request = { method: 'GET', url: 'http://none/', headers: {}, connectTimeoutMs: 0, answerTimeoutMs: 0 } as const
const afterChange = (text: string, how: Change): string =>
  meddled({ status: 200, headers: {}, text }, how, { request, others: [] })?.response.text ?? text

function asText(json: string, asYaml: boolean): string {
  if (!asYaml || json.length > 20_000) return json
  try {
    return stringify(JSON.parse(json))
  } catch {
    return json
  }
}

/** Files that are whole and go round in circles, or are more than they look. */
const WHOLE = [
  'clouds: &a {prod: *a}',
  'clouds: {prod: &a {auth: *a, profile: vendor}}',
  'clouds: {prod: &a {auth: {auth_url: "http://k"}, more: *a}}',
  'clouds: {prod: {<<: 7}}',
  'clouds: {prod: {<<: [1, 2]}}',
  `a: &a [${'x, '.repeat(20)}]\nb: &b [${'*a, '.repeat(20)}]\nc: &c [${'*b, '.repeat(20)}]\nclouds: {prod: {auth: *c}}`,
  'clouds: {prod: {? {password: hunter2-hunter2} : x}}',
  'clouds: {__proto__: {auth_type: none}}',
  `clouds: ${'{a: '.repeat(5_000)}`,
]

/** What YAML has beside plain words. */
const ODD = [
  '&a ',
  '*a',
  '*none',
  '<<: *a',
  '<<: 1',
  '? [a]\n: b',
  '? {a: b}\n: c',
  '!!binary aGk=',
  '!!set {a}',
  '!foo ',
  '---\n',
  '...\n',
  '%YAML 9.9\n---\n',
  '\t',
  '"',
  "'",
  '[',
  '{',
  '|',
  '>-\n ',
  '- ',
  ': ',
  '#',
  '\ufeff',
  '2001-01-01',
  '1e400',
  '.nan',
  '.inf',
  '0o17',
  '~',
  'yes',
  '&a [*a]',
  'a: &a {b: *a}',
  'file:/secret',
  'file:',
  '$' + '{HOME}',
  '$' + '{NOPE}',
  '$' + '{',
  '__proto__: {a: 1}',
  'constructor: {prototype: 1}',
]

/** Accepted, or refused by the one error; what is said is short of secrets, and one line. */
function readOrRefused(read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const said = `${error.what} ${error.message} ${error.fix}`
    assert.ok(!said.includes(SECRET), said.slice(0, 300))
    assert.ok(error.what !== '' && error.message !== '' && error.fix !== '')
  }
}

/** One of the ways in that are known, complete. */
function isWayIn({ authType, auth, endpointOverrides }: CloudAccess): void {
  assert.ok(['password', 'v3applicationcredential', 'token', 'http_basic', 'none'].includes(authType), String(authType))
  // Without Keystone the cloud is asked at Ironic's; an auth_url may be left over from another one.
  const address = authType === 'none' || authType === 'http_basic' ? endpointOverrides.baremetal : auth.auth_url
  assert.ok(URL.canParse(address ?? ''), 'an address')
}

const name = fc.option(fc.oneof({ weight: 3, arbitrary: fc.constantFrom('prod', 'lab', 'prodd', 'vendor', 'envvars') }, strangeText), {
  freq: 1,
})

fuzz(
  'clouds.yaml, secure.yaml and the profiles are read, or refused without a value',
  fc.record({ clouds: written(CLOUDS), secure: fc.option(written(CLOUDS)), vendors: fc.option(written(PUBLIC)), cloud: name }),
  { runs: 50 },
  ({ clouds, secure, vendors, cloud }) => {
    const files: Record<string, string | null> = {
      '/etc/openstack/clouds.yaml': spelt(clouds),
      '/etc/openstack/secure.yaml': secure === null ? null : spelt(secure),
      '/etc/openstack/clouds-public.yaml': vendors === null ? stringify(PUBLIC) : spelt(vendors),
      '/ca.pem': '-----BEGIN CERTIFICATE-----',
    }
    readOrRefused(() => isWayIn(readCloud({ cloud, environment: {}, readFile: (path) => files[path] ?? null, cwd: '/' })))
  },
)

const VARIABLES = [
  ...['OS_AUTH_URL', 'OS_AUTH_TYPE', 'OS_USERNAME', 'OS_PASSWORD', 'OS_PROJECT_NAME', 'OS_SYSTEM_SCOPE', 'OS_REGION_NAME', 'OS_INTERFACE'],
  ...[
    'OS_CLOUD',
    'OS_CLOUD_NAME',
    'OS_CLIENT_CONFIG_FILE',
    'OS_CACERT',
    'OS_INSECURE',
    'OS_ENDPOINT',
    'OS_TOKEN',
    'OS_BAREMETAL_ENDPOINT_OVERRIDE',
  ],
  ...['OS_APPLICATION_CREDENTIAL_ID', 'OS_APPLICATION_CREDENTIAL_SECRET', 'OS_', 'OS___PROTO__', 'HOME', 'XDG_CONFIG_HOME'],
]
const USUAL = [
  'constructor',
  'toString',
  'http://k:5000/v3',
  'password',
  'v3applicationcredential',
  'none',
  'all',
  'admin',
  '/c.yaml',
  'prod',
  'true',
  '',
]

fuzz(
  'OS_* variables of any kind make a cloud, or are refused by their names',
  fc.record({ environment: fc.dictionary(fc.constantFrom(...VARIABLES), fc.oneof(fc.constantFrom(...USUAL), strangeText)), cloud: name }),
  { runs: 100 },
  ({ environment, cloud }) => {
    const usual = { OS_AUTH_URL: 'http://k:5000/v3', OS_USERNAME: 'anneal', OS_PASSWORD: 'p', OS_PROJECT_NAME: 'baremetal' }
    const given = { ...usual, ...Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, spelt(value)])) }
    const secret = { OS_PASSWORD: SECRET, OS_APPLICATION_CREDENTIAL_SECRET: SECRET }
    const readFile = (path: string) => (path === '/c.yaml' ? stringify(CLOUDS) : null)
    for (const env of [given, { ...given, ...secret }])
      readOrRefused(() => isWayIn(readCloud({ cloud, environment: env, readFile, cwd: '/' })))
  },
)

fuzz(
  'anneal.yaml is read, or refused by line and key without a value',
  fc.record({
    yaml: written(ANNEAL),
    path: fc.option(fc.oneof({ weight: 6, arbitrary: fc.constant('/a.yaml') }, strangeText), { freq: 3 }),
    database: fc.option(strangeText),
  }),
  { runs: 100 },
  ({ yaml, path, database }) => {
    const env = { HOME: '/home-of-op', TOKEN: SECRET, ...(database === null ? {} : { ANNEAL_DATABASE: spelt(database) }) }
    const readFile = (file: string) =>
      file === '/secret' ? SECRET : file === '/a.yaml' || file === '/etc/anneal/anneal.yaml' ? spelt(yaml) : null
    readOrRefused(() => {
      const config = loadConfig({ path: path === null ? null : spelt(path), cwd: '/', env, readFile })
      assert.ok(config.clouds.every(({ policy }) => ['observe', 'approve', 'auto'].includes(policy.mode)))
      assert.ok(Number.isFinite(config.poll) && config.poll >= 1_000 && config.census >= config.poll)
    })
  },
)

const almostDuration = fc.oneof(
  fc
    .tuple(
      fc.oneof(fc.nat(), fc.bigInt({ min: 0n }).map(String), fc.double()),
      fc.constantFrom('ms', 's', 'm', 'h', 'd', '', 'w', ' s', 'S'),
    )
    .map(([n, unit]) => `${n}${unit}`),
  strangeText,
  strangeValue,
)

fuzz('a duration is a number of milliseconds within its bounds, or it is refused', almostDuration, { runs: 500 }, (soak) => {
  const parsed = settingsSchema.safeParse({ budgets: { soak } })
  const read = parsed.success ? parsed.data.budgets?.soak : undefined
  if (read === undefined) return
  assert.ok(Number.isSafeInteger(read) && read > 0, String(read))
  assert.equal(settingsSchema.parse({ budgets: { soak: durationText(read) } }).budgets?.soak, read)
})
