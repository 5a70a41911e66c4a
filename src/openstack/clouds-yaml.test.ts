import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../core/config-error.ts'
import { readCloud } from './clouds-yaml.ts'

const CLOUDS = `
clouds:
  prod:
    auth:
      auth_url: https://keystone.example:5000/v3
      username: anneal
      project_name: baremetal
    region_name: R1
    interface: internalURL
    baremetal_endpoint_override: https://ironic.example:6385
  lab:
    auth_type: none
    auth: {endpoint: http://127.0.0.1:6385}
`
const SECURE = 'clouds: {prod: {auth: {password: hunter2}}}'

function given(files: Record<string, string>, environment: Record<string, string> = {}, cloud: string | null = null) {
  return readCloud({ cloud, cwd: '/work', environment: { HOME: '/home/op', ...environment }, readFile: (path) => files[path] ?? null })
}

function refused(...args: Parameters<typeof given>): ConfigError {
  try {
    given(...args)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  return assert.fail('accepted')
}

const HOME = '/home/op/.config/openstack/clouds.yaml'
const HOME_SECURE = '/home/op/.config/openstack/secure.yaml'

test('a named cloud is completed from secure.yaml and by defaults', () => {
  const access = given({ [HOME]: CLOUDS, [HOME_SECURE]: SECURE }, {}, 'prod')
  assert.equal(access.auth.password, 'hunter2')
  assert.equal(access.auth.user_domain_id, 'default')
  assert.deepEqual(
    [access.authType, access.regionName, access.interface, access.verify, access.cacert],
    ['password', 'R1', 'internal', true, null],
  )
  assert.deepEqual(access.endpointOverrides, { baremetal: 'https://ironic.example:6385' })
})

test('files are looked for in the folder, the configuration home, and /etc, and a named file comes first', () => {
  const one = (url: string) => `clouds: {only: {auth_type: none, auth: {endpoint: "${url}"}}}`
  const files: Record<string, string> = {
    '/named.yaml': one('http://named'),
    '/work/clouds.yaml': one('http://folder'),
    '/xdg/openstack/clouds.yaml': one('http://xdg'),
    [HOME]: one('http://home'),
    '/etc/openstack/clouds.yml': one('http://etc'),
  }
  const found = (environment: Record<string, string> = {}) => given(files, { XDG_CONFIG_HOME: '/xdg', ...environment }).auth.endpoint
  assert.equal(found({ OS_CLIENT_CONFIG_FILE: '/named.yaml' }), 'http://named')
  for (const [path, url] of [
    ['/work/clouds.yaml', 'http://folder'],
    ['/xdg/openstack/clouds.yaml', 'http://xdg'],
    [HOME, 'http://home'],
    ['/etc/openstack/clouds.yml', 'http://etc'],
  ] as const) {
    assert.equal(found(), url)
    delete files[path]
  }
})

test('the cloud is the one asked for, else OS_CLOUD, else the variables, else the only one', () => {
  const files = { [HOME]: CLOUDS, [HOME_SECURE]: SECURE }
  const variables = {
    OS_AUTH_URL: 'http://keystone',
    OS_USERNAME: 'u',
    OS_PASSWORD: 'p',
    OS_SYSTEM_SCOPE: 'all',
    OS_ENDPOINT_TYPE: 'admin',
  }
  assert.equal(given(files, { ...variables, OS_CLOUD: 'lab' }, 'prod').name, 'prod')
  assert.equal(given(files, { ...variables, OS_CLOUD: 'lab' }).name, 'lab')
  const byVariables = given(files, variables)
  assert.deepEqual([byVariables.name, byVariables.auth.system_scope, byVariables.interface], ['envvars', 'all', 'admin'])
  assert.match(refused(files).fix, /--os-cloud or OS_CLOUD: prod, lab/)
  assert.equal(given(files, { OS_INTERFACE: 'public' }, 'lab').authType, 'none')
})

test('an endpoint of none or http_basic is the address of Ironic', () => {
  const none = given({ [HOME]: CLOUDS }, {}, 'lab')
  assert.equal(none.endpointOverrides.baremetal, 'http://127.0.0.1:6385')
  const basic = given({}, { OS_AUTH_TYPE: 'http_basic', OS_ENDPOINT: 'http://ironic', OS_USERNAME: 'u', OS_PASSWORD: '012' })
  assert.deepEqual([basic.authType, basic.endpointOverrides.baremetal, basic.auth.password], ['http_basic', 'http://ironic', '012'])
})

test('a profile lies under the cloud, regions carry values, dashes are underscores', () => {
  const files = {
    [HOME]: `
clouds:
  c:
    profile: vendor
    auth: {username: u, password: 1234, tenant-name: p, user-domain-name: D}
    regions: [{name: R9, values: {network-endpoint-override: http://neutron.example}}, R10]
    verify: no
`,
    '/etc/openstack/clouds-public.yaml':
      'public-clouds: {vendor: {auth: {auth_url: "https://{region_name}.example/v3", username: nobody}, volumev3_endpoint_override: http://cinder.example}}',
  }
  const access = given(files)
  assert.equal(access.auth.auth_url, 'https://R9.example/v3')
  assert.deepEqual([access.auth.username, access.auth.password, access.auth.project_name], ['u', '1234', 'p'])
  assert.deepEqual([access.auth.user_domain_name, access.auth.user_domain_id], ['D', null])
  assert.equal(access.verify, false)
  assert.deepEqual(access.endpointOverrides, { network: 'http://neutron.example', 'block-storage': 'http://cinder.example' })
  assert.match(
    refused({ [HOME]: 'clouds: {c: {profile: vendr}}', '/etc/openstack/clouds-public.yaml': 'public-clouds: {vendor: {}}' }).fix,
    /vendor/,
  )
})

test('cacert is read where it is named', () => {
  const files = {
    [HOME]: 'clouds: {c: {auth_type: none, cacert: ~/ca.pem, auth: {endpoint: "https://i"}}}',
    '/home/op/ca.pem': '-----BEGIN CERTIFICATE-----\n',
  }
  assert.equal(given(files).cacert, '-----BEGIN CERTIFICATE-----\n')
  assert.match(refused({ ...files, '/home/op/ca.pem': 'nothing' }).message, /\/home\/op\/ca\.pem holds no PEM/)
  assert.equal(refused({ [HOME]: files[HOME] }).what, `${HOME}: clouds.c.cacert`)
})

test('application credentials and tokens are understood under both names', () => {
  const credential = { OS_AUTH_URL: 'http://k', OS_AUTH_TYPE: 'v3applicationcredential', OS_APPLICATION_CREDENTIAL_ID: 'i' }
  assert.equal(given({}, { ...credential, OS_APPLICATION_CREDENTIAL_SECRET: 's' }).authType, 'v3applicationcredential')
  assert.equal(refused({}, credential).what, 'OS_APPLICATION_CREDENTIAL_SECRET')
  assert.equal(given({}, { OS_AUTH_URL: 'http://k', OS_AUTH_TYPE: 'v3token', OS_TOKEN: 't' }).authType, 'token')
})

test('what is wrong is named by file, line or key, with what to do, and never with a value', () => {
  assert.match(
    refused({}).message,
    /looked for \/work\/clouds\.yaml, \/home\/op\/\.config\/openstack\/clouds\.yaml, \/etc\/openstack\/clouds\.yaml/,
  )
  assert.match(refused({}, {}, 'prod').message, /"prod" was asked for, but there is no clouds\.yaml/)
  assert.equal(refused({}, { OS_CLIENT_CONFIG_FILE: '/gone.yaml' }).what, '/gone.yaml')
  const near = refused({ [HOME]: CLOUDS }, {}, 'pord')
  assert.deepEqual([near.what, near.fix], [`${HOME}: clouds.pord`, 'Did you mean prod?'])
  assert.equal(refused({ [HOME]: CLOUDS }, {}, 'prod').what, `${HOME}: clouds.prod.auth.password`)

  const broken = refused({ [HOME]: 'clouds:\n  prod:\n    auth: {password: "hunter2\n' })
  assert.match(broken.what, /clouds\.yaml, line \d+$/)
  const alias = refused({ [HOME]: 'clouds:\n  prod:\n    auth:\n      password: *hunter2\n' })
  assert.equal(alias.what, `${HOME}, line 4`)
  for (const error of [broken, alias]) assert.doesNotMatch(`${error.message} ${error.fix} ${error.what}`, /hunter2/)

  const oidc = refused({}, { OS_AUTH_URL: 'http://k', OS_AUTH_TYPE: 'v3oidcpassword' })
  assert.equal(oidc.what, 'OS_AUTH_TYPE')
  assert.match(oidc.message, /"v3oidcpassword" is not supported/)
  assert.equal(refused({ [HOME]: 'clouds: {c: {auth: {auth_url: keystone, username: u}}}' }).what, `${HOME}: clouds.c.auth.auth_url`)
  assert.equal(refused({ [HOME]: 'clouds: [c]' }).what, `${HOME}: clouds`)
  assert.equal(refused({ [HOME]: 'just text' }).what, HOME)
  assert.match(refused({}, { OS_AUTH_URL: 'http://k', OS_USERNAME: 'u', OS_PASSWORD: 'p' }).fix, /system_scope: all/)
})

test('YAML that cannot be read out is refused like any other, and nothing of it is said', () => {
  const nine = (name: string, of: string) => `${name}: &${name} [${Array.from({ length: 9 }, () => of).join(', ')}]`
  const odd: [string, RegExp][] = [
    [[nine('a', 'hunter2'), nine('b', '*a'), nine('c', '*b'), nine('d', '*c'), 'clouds: *d'].join('\n'), /aliases without end/],
    ['clouds: {c: {<<: hunter2}}', /<< that refers to no mapping/],
    ['clouds: &all {c: *all}', /inside of what it refers to/],
    ['clouds: {c: {? {password: hunter2} : x}}', /no plain word/],
    [`clouds: ${'['.repeat(5_000)}`, /not YAML/],
  ]
  for (const [text, why] of odd) {
    const error = refused({ [HOME]: text })
    assert.match(error.message, why)
    assert.doesNotMatch(`${error.what} ${error.message} ${error.fix}`, /hunter2/)
  }
})

test('words that every object of JavaScript knows are no clouds, no profiles and no ways of logging in', () => {
  const auth = 'auth: {auth_url: "http://k", username: u, password: p, project_name: q}'
  for (const word of ['constructor', '__proto__', 'toString']) {
    assert.match(refused({ [HOME]: CLOUDS }, {}, word).message, /There is no cloud/)
    assert.match(refused({ [HOME]: `clouds: {c: {auth_type: ${word}, ${auth}}}` }).message, /is not supported/)
    assert.match(refused({ [HOME]: `clouds: {c: {profile: ${word}, ${auth}}}` }).message, /There is no profile/)
  }
  assert.equal(given({ [HOME]: `clouds: {__proto__: {${auth}}}` }, {}, '__proto__').name, '__proto__')
})
