/**
 * How to get into one cloud: what a clouds.yaml entry or the OS_* variables come to, checked. It reads a mapping that
 * clouds-yaml.ts found; it makes no requests, and no value of a secret ever stands in its errors.
 */
import { isAbsolute, join } from 'node:path'
import { ConfigError, nearest } from '../core/config-error.ts'
import { CATALOG_TYPES, SERVICE_TYPES, type ServiceType } from './service-type.ts'

export type AuthType = 'password' | 'v3applicationcredential' | 'token' | 'http_basic' | 'none'

const AUTH_KEYS = [
  'auth_url',
  'username',
  'user_id',
  'password',
  'user_domain_id',
  'user_domain_name',
  'project_id',
  'project_name',
  'project_domain_id',
  'project_domain_name',
  'domain_id',
  'domain_name',
  'system_scope',
  'trust_id',
  'application_credential_id',
  'application_credential_name',
  'application_credential_secret',
  'token',
  'endpoint',
] as const
type AuthKey = (typeof AUTH_KEYS)[number]

export type CloudAccess = {
  /** The entry's name in clouds.yaml; `envvars` for plain OS_* variables. */
  name: string
  authType: AuthType
  /** Keystone's words; null where nothing was given. Holds secrets: never log or store it. */
  auth: Record<AuthKey, string | null>
  /** null: the catalog's first endpoint of the right interface serves. */
  regionName: string | null
  interface: 'public' | 'internal' | 'admin'
  /** The certificates themselves (PEM), not their path. */
  cacert: string | null
  verify: boolean
  endpointOverrides: Partial<Record<ServiceType, string>>
}

export type Mapping = Record<string, unknown>

export const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A cloud's raw keys, and how to name one of them to a person: `clouds.yaml: clouds.prod.auth.auth_url`, or `OS_AUTH_URL`. */
export type RawCloud = { name: string; keys: Mapping; naming: (key: string) => string }

/** Where files are read: null where there is no such file. `home` expands `~`, `cwd` completes a relative path. */
export type Files = { read: (path: string) => string | null; cwd: string; home: string | null }

const AUTH_TYPES: ReadonlyMap<string, AuthType> = new Map([
  ['', 'none'],
  ['none', 'none'],
  ['password', 'password'],
  ['v3password', 'password'],
  ['v3applicationcredential', 'v3applicationcredential'],
  ['token', 'token'],
  ['v3token', 'token'],
  ['http_basic', 'http_basic'],
])

/** Checks a raw cloud and completes it with openstacksdk's defaults. Throws ConfigError. */
export function cloudAccess(raw: RawCloud, files: Files): CloudAccess {
  const keys = withoutDashes(raw.keys)
  const authType = authTypeOf(raw, keys)
  const regionName = firstText(keys['region_name'])
  const auth = authOf(raw, keys, regionName)
  const access: CloudAccess = {
    name: raw.name,
    authType,
    auth,
    regionName,
    interface: interfaceOf(raw, keys),
    cacert: cacertOf(raw, keys, files),
    verify: !isTrue(keys['insecure'], false) && isTrue(keys['verify'], true),
    endpointOverrides: overridesOf(raw, keys),
  }
  // openstacksdk takes `endpoint` of these two for every service; here they stand for a standalone Ironic alone.
  if ((authType === 'none' || authType === 'http_basic') && auth.endpoint !== null) access.endpointOverrides.baremetal ??= auth.endpoint
  checkComplete(raw, access)
  return access
}

function authTypeOf(raw: RawCloud, keys: Mapping): AuthType {
  const given = 'auth_type' in keys ? text(keys['auth_type']) : 'password'
  const known = AUTH_TYPES.get((given ?? '').toLowerCase())
  if (known) return known
  const near = nearest(given ?? '', [...AUTH_TYPES.keys()])
  throw new ConfigError({
    what: raw.naming('auth_type'),
    message: `Authentication of type ${JSON.stringify(given)} is not supported.`,
    fix: near
      ? `Did you mean ${near}?`
      : 'Use password, v3applicationcredential, token, http_basic or none; an application credential serves where people log in through a federation.',
  })
}

/** Keys of `auth`, or beside it: openstacksdk moves the latter in, and plain OS_* variables come no other way. */
function authOf(raw: RawCloud, keys: Mapping, regionName: string | null): CloudAccess['auth'] {
  const inner = keys['auth'] ?? {}
  if (!isMapping(inner)) {
    throw new ConfigError({
      what: raw.naming('auth'),
      message: 'It is not a mapping.',
      fix: 'Put auth_url, username and the like below it.',
    })
  }
  const older: Partial<Record<AuthKey, string>> = { project_name: 'tenant_name', project_id: 'tenant_id', token: 'auth_token' }
  const find = (key: AuthKey) => {
    const names = [key, older[key] ?? key]
    return names.map((name) => text(inner[name]) ?? text(keys[name])).find((value) => value !== null) ?? null
  }
  const auth = Object.fromEntries(AUTH_KEYS.map((key) => [key, find(key)])) as CloudAccess['auth']
  auth.auth_url = auth.auth_url?.replaceAll('{region_name}', regionName ?? '') ?? null
  const fallback = { id: find('domain_id') ?? text(inner['default_domain'] ?? keys['default_domain']), name: find('domain_name') }
  const defaultId = text(inner['default_domain_id'] ?? keys['default_domain_id']) ?? fallback.id
  const defaultName = text(inner['default_domain_name'] ?? keys['default_domain_name']) ?? fallback.name
  for (const whose of ['user', 'project'] as const) {
    if (auth[`${whose}_domain_id`] !== null || auth[`${whose}_domain_name`] !== null) continue
    // Every Keystone has the domain `default`; clients of clouds with one domain leave it out.
    auth[`${whose}_domain_id`] = defaultId ?? (defaultName === null ? 'default' : null)
    auth[`${whose}_domain_name`] = defaultId === null ? defaultName : null
  }
  return auth
}

function interfaceOf(raw: RawCloud, keys: Mapping): CloudAccess['interface'] {
  const given = firstText(keys['interface'] ?? keys['endpoint_type'])
  const found = (['public', 'internal', 'admin'] as const).find((known) => given === null || given.replace(/URL$/, '') === known)
  if (found) return found
  throw new ConfigError({
    what: raw.naming('interface'),
    message: `${JSON.stringify(given)} is not an interface of endpoints.`,
    fix: 'Use public, internal or admin.',
  })
}

function cacertOf(raw: RawCloud, keys: Mapping, files: Files): string | null {
  const given = text(keys['cacert'])
  if (given === null || given === '') return null
  const expanded = given.startsWith('~/') && files.home !== null ? join(files.home, given.slice(2)) : given
  const path = isAbsolute(expanded) ? expanded : join(files.cwd, expanded)
  const pem = files.read(path)
  if (pem?.includes('-----BEGIN CERTIFICATE-----')) return pem
  throw new ConfigError({
    what: raw.naming('cacert'),
    message: pem === null ? `There is no readable file ${path}.` : `${path} holds no PEM certificate.`,
    fix: 'Name the file with the certificates of the authority that signed the endpoints.',
  })
}

function overridesOf(raw: RawCloud, keys: Mapping): CloudAccess['endpointOverrides'] {
  const overrides: CloudAccess['endpointOverrides'] = {}
  for (const service of SERVICE_TYPES) {
    for (const name of [...CATALOG_TYPES[service], ...(service === 'block-storage' ? ['volumev2'] : [])]) {
      const key = `${name.replaceAll('-', '_')}_endpoint_override`
      const value = text(keys[key])
      if (value === null || value === '' || overrides[service] !== undefined) continue
      checkUrl(raw, key, value)
      overrides[service] = value
    }
  }
  return overrides
}

/** What each way of logging in cannot do without. */
function checkComplete(raw: RawCloud, access: CloudAccess): void {
  const { auth, authType } = access
  const missing = (key: string, fix: string) => new ConfigError({ what: raw.naming(key), message: 'It is not set.', fix })
  if (authType === 'none' || authType === 'http_basic') {
    if (access.endpointOverrides.baremetal === undefined) {
      throw missing('auth.endpoint', "Set it to Ironic's address, for example http://127.0.0.1:6385.")
    }
    checkUrl(raw, 'auth.endpoint', access.endpointOverrides.baremetal)
    if (authType === 'none') return
    if (auth.username === null) throw missing('auth.username', 'http_basic needs a user name.')
    if (auth.password === null) throw missing('auth.password', 'http_basic needs a password; it may stand in secure.yaml.')
    return
  }
  if (auth.auth_url === null) throw missing('auth.auth_url', "Set it to Keystone's address, for example https://keystone.example:5000/v3.")
  checkUrl(raw, 'auth.auth_url', auth.auth_url)
  if (authType === 'token') {
    if (auth.token === null) throw missing('auth.token', 'The type token needs a token.')
    return
  }
  const named = auth.username !== null || auth.user_id !== null
  if (authType === 'v3applicationcredential') {
    if (auth.application_credential_secret === null) throw missing('auth.application_credential_secret', 'It may stand in secure.yaml.')
    if (auth.application_credential_id !== null || (auth.application_credential_name !== null && named)) return
    throw missing('auth.application_credential_id', 'Set it, or application_credential_name together with username.')
  }
  if (!named) {
    const other = auth.application_credential_id === null ? '' : ' For an application credential set auth_type: v3applicationcredential.'
    throw missing('auth.username', `Set it, or user_id.${other}`)
  }
  if (auth.password === null) throw missing('auth.password', 'It may stand in secure.yaml.')
  const scoped = [auth.project_id, auth.project_name, auth.system_scope, auth.domain_id, auth.domain_name, auth.trust_id]
  if (scoped.every((scope) => scope === null))
    throw missing('auth.project_name', 'Set it, or system_scope: all; without a scope Keystone gives no catalog.')
  if (auth.system_scope !== null && auth.system_scope !== 'all') {
    throw new ConfigError({
      what: raw.naming('auth.system_scope'),
      message: 'Keystone knows no other system scope than all.',
      fix: 'Set it to all.',
    })
  }
}

function checkUrl(raw: RawCloud, key: string, value: string): void {
  const url = URL.parse(value)
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return
  throw new ConfigError({
    what: raw.naming(key),
    message: 'It is not an http or https address.',
    fix: 'Write it as https://host:port/path.',
  })
}

/** Scalars as text (a password may be all digits, and YAML makes a number of it); everything else as null. */
function text(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

/** openstacksdk takes a list or a comma list where one is meant, and uses the first. */
const firstText = (value: unknown): string | null =>
  text(Array.isArray(value) ? value[0] : value)
    ?.split(',')[0]
    ?.trim() || null

function isTrue(value: unknown, fallback: boolean): boolean {
  const given = text(value)?.toLowerCase()
  return given === undefined || given === '' ? fallback : !['false', 'no', 'off', '0'].includes(given)
}

/** `auth-url` is `auth_url`, at any depth. */
function withoutDashes(keys: Mapping): Mapping {
  return Object.fromEntries(
    Object.entries(keys).map(([key, value]) => [key.replaceAll('-', '_'), isMapping(value) ? withoutDashes(value) : value]),
  )
}
