/**
 * Keystone: tokens by password, application credential or token, their scope, roles and catalog, and the check of a token
 * that every other service makes. A wrong password and a missing role are the same 401, as there.
 */
import type { Asked, Reply, Service } from './answer.ts'
import { isObject, keystoneAway, unauthorized, within } from './answer.ts'
import { conductorTrouble } from './faults.ts'
import type { Caller, ServiceSlug, SimUser, Token, World } from './world.ts'
import { keystoneTime } from './world.ts'

/** Each user of a new cloud has this password: nothing here protects anything. */
export const PASSWORD = 'simulated'

/**
 * An application credential of each user with a project, `appcred-<user>`, with this secret. `appcred-<user>-only-<role>` is one that was
 * restricted to a role: it lacks even what that role implies (measured).
 */
export const APPCRED_SECRET = 'simulated'

const IMPLIED: Record<string, string[]> = { admin: ['member', 'reader'], member: ['reader'] }

const withImplied = (roles: string[]): string[] => [...new Set(roles.flatMap((role) => [role, ...(IMPLIED[role] ?? [])]))]

/** The lab's users, and one from whom a local policy withholds what Anneal must read. */
export function defaultUsers(newId: () => string): SimUser[] {
  const user = (name: string, assignments: SimUser['assignments'], redacts: string[] = []): SimUser => ({
    name,
    id: newId().replaceAll('-', ''),
    password: PASSWORD,
    assignments,
    redacts,
  })
  return [
    user('admin', [
      { scope: 'admin', roles: ['admin'] },
      { scope: 'system', roles: ['admin'] },
    ]),
    user('sys-member', [{ scope: 'system', roles: ['member'] }]),
    user('sys-reader', [{ scope: 'system', roles: ['reader'] }]),
    user('bm-admin', [{ scope: 'baremetal', roles: ['baremetal_admin'] }]),
    user('bm-observer', [{ scope: 'baremetal', roles: ['baremetal_observer'] }]),
    user('proj-member', [{ scope: 'lab', roles: ['member'] }]),
    user('proj-reader', [{ scope: 'lab', roles: ['reader'] }]),
    user('redacted', [{ scope: 'system', roles: ['member'] }], ['last_error']),
  ]
}

const refused = (world: World): Reply => ({
  status: 401,
  headers: { 'www-authenticate': `Keystone uri="${world.baseUrl}/identity/v3"` },
  json: { error: { code: 401, message: 'The request you have made requires authentication.', title: 'Unauthorized' } },
})

const KEYSTONE_VERSION = (world: World): unknown => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${world.baseUrl}/identity/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
})

export function keystone(world: World): Service {
  return (asked) => {
    const path = asked.segments.join('/')
    if (path === '') return { status: 300, json: { versions: { values: [KEYSTONE_VERSION(world)] } } }
    if (path === 'v3') return { status: 200, json: { version: KEYSTONE_VERSION(world) } }
    if (path === 'v3/auth/tokens' && asked.method === 'POST') return issue(world, asked)
    const own = world.tokens.get(asked.headers['x-auth-token'] ?? '')
    if (own === undefined || own.expiresAt <= world.clock.now()) return refused(world)
    if (path === 'v3/auth/tokens' && asked.method === 'GET') return validate(world, asked)
    if (path === 'v3/auth/tokens' && asked.method === 'DELETE') {
      world.tokens.delete(asked.headers['x-subject-token'] ?? '')
      return { status: 204 }
    }
    if (path === 'v3/auth/catalog') return { status: 200, json: { catalog: catalog(world, own) } }
    if (path === 'v3/projects') return { status: 200, json: { projects: [...world.projects.values()] } }
    return { status: 404, json: { error: { code: 404, message: `Could not find ${asked.path}.`, title: 'Not Found' } } }
  }
}

function issue(world: World, asked: Asked): Reply {
  const auth = within(asked.body, 'auth')
  const identity = within(auth, 'identity')
  const methods = within(identity, 'methods')
  if (!Array.isArray(methods))
    return { status: 400, json: { error: { code: 400, message: "'auth' is a required property", title: 'Bad Request' } } }
  const method: unknown = methods[0]
  const user = identified(world, identity, method)
  if (user === null || typeof method !== 'string') return refused(world)
  const scope = within(auth, 'scope')
  if (method === 'application_credential') {
    const assignment = user.assignments.find((one) => one.scope !== 'system')
    if (scope !== undefined || assignment === undefined) return refused(world)
    const only = /-only-(\w+)$/.exec(appcredId(identity))?.[1]
    return granted(world, { user, assignment, methods: [method], ...(only === undefined ? {} : { only }) })
  }
  const wanted = scopeName(world, scope)
  if (wanted === undefined) return granted(world, { user, assignment: null, methods: [method] })
  const assignment = user.assignments.find((one) => one.scope === wanted)
  return assignment === undefined ? refused(world) : granted(world, { user, assignment, methods: [method] })
}

function identified(world: World, identity: unknown, method: unknown): SimUser | null {
  if (method === 'token') {
    const token = world.tokens.get(String(within(within(identity, 'token'), 'id')))
    if (token === undefined || token.expiresAt <= world.clock.now()) return null
    return world.users.find((user) => user.id === token.userId) ?? null
  }
  if (method === 'application_credential') {
    if (within(within(identity, 'application_credential'), 'secret') !== APPCRED_SECRET) return null
    const id = appcredId(identity).replace(/-only-\w+$/, '')
    return world.users.find((user) => id === `appcred-${user.name}`) ?? null
  }
  if (method !== 'password') return null
  const given = within(within(identity, 'password'), 'user')
  return (
    world.users.find(
      (user) => (user.name === within(given, 'name') || user.id === within(given, 'id')) && user.password === within(given, 'password'),
    ) ?? null
  )
}

/** By its id, or by its name together with its user's. */
function appcredId(identity: unknown): string {
  const given = within(identity, 'application_credential')
  return String(within(given, 'id') ?? within(given, 'name') ?? `appcred-${within(within(given, 'user'), 'name')}`)
}

/** undefined: unscoped; a name that nobody has where the project does not exist. */
function scopeName(world: World, scope: unknown): string | undefined {
  if (scope === undefined || scope === 'unscoped') return undefined
  if (isObject(within(scope, 'system'))) return 'system'
  const project = within(scope, 'project')
  const id = within(project, 'id')
  const byId = [...world.projects.values()].find((one) => one.id === id)
  return byId?.name ?? String(within(project, 'name') ?? '')
}

type Grant = { user: SimUser; assignment: SimUser['assignments'][number] | null; methods: string[]; only?: string }

function granted(world: World, grant: Grant): Reply {
  const { user, assignment } = grant
  const now = world.clock.now()
  const token: Token = {
    id: `gAAAAA-${world.newId()}`,
    user: user.name,
    userId: user.id,
    project: assignment === null || assignment.scope === 'system' ? null : (world.projects.get(assignment.scope) ?? null),
    roles: grant.only === undefined ? withImplied(assignment?.roles ?? []) : [grant.only],
    redacts: user.redacts,
    methods: grant.methods,
    issuedAt: now,
    expiresAt: now + world.settings.tokenLifeMs,
  }
  world.tokens.set(token.id, token)
  forgetExpired(world)
  return { status: 201, headers: { 'x-subject-token': token.id, vary: 'X-Auth-Token' }, json: { token: tokenBody(world, token) } }
}

/** Long simulations issue many tokens; those past their end answer 401 just as well when they are not known at all. */
function forgetExpired(world: World): void {
  if (world.tokens.size < 500) return
  for (const [id, token] of world.tokens) if (token.expiresAt <= world.clock.now()) world.tokens.delete(id)
  for (const [key, until] of world.checked) if (until <= world.clock.now()) world.checked.delete(key)
}

function validate(world: World, asked: Asked): Reply {
  const token = world.tokens.get(asked.headers['x-subject-token'] ?? '')
  if (token === undefined || token.expiresAt <= world.clock.now()) {
    return { status: 404, json: { error: { code: 404, message: 'Could not find token.', title: 'Not Found' } } }
  }
  return { status: 200, headers: { 'x-subject-token': token.id }, json: { token: tokenBody(world, token) } }
}

function tokenBody(world: World, token: Token): unknown {
  const domain = { id: 'default', name: 'Default' }
  const scope = token.project === null ? { system: { all: true } } : { project: { domain, ...token.project }, is_domain: false }
  return {
    methods: token.methods,
    user: { domain, id: token.userId, name: token.user, password_expires_at: null },
    audit_ids: [token.id.slice(7, 29)],
    expires_at: keystoneTime(token.expiresAt),
    issued_at: keystoneTime(token.issuedAt),
    ...(token.roles.length === 0
      ? {}
      : { ...scope, roles: token.roles.map((name) => ({ id: `role-${name}`, name })), catalog: catalog(world, token) }),
  }
}

function catalog(world: World, caller: Caller): unknown[] {
  const { features } = world.settings
  const project = caller.project?.id ?? ''
  const entries: [string, string, string, boolean][] = [
    ['identity', 'keystone', 'identity/v3', true],
    ['baremetal', 'ironic', 'baremetal', true],
    ['compute', 'nova', 'compute/v2.1', features.nova],
    ['network', 'neutron', 'network', features.neutron],
    ['placement', 'placement', 'placement', features.placement],
    ['image', 'glance', 'image', features.glance],
    ['volumev3', 'cinder', `volume/v3/${project}`, features.cinder],
    ['reservation', 'blazar', 'reservation/v1', world.blazar !== null],
  ]
  return entries
    .filter(([, , , served]) => served)
    .map(([type, name, path]) => ({
      id: `service-${name}`,
      type,
      name,
      endpoints: ['public', 'internal', 'admin'].map((face) => ({
        id: `endpoint-${name}-${face}`,
        interface: face,
        region_id: 'RegionOne',
        region: 'RegionOne',
        url: `${world.baseUrl}/${path}`,
      })),
    }))
}

const basicRefusal: Reply = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="Baremetal API"' },
  json: { error: { message: 'Authorization required', code: 401 } },
}

/** keystonemiddleware remembers a checked token for so long (`token_cache_time`). */
const CHECKED_MS = 300_000

/**
 * Who asks, as the service's own middleware finds out. Without Keystone everybody may do everything. With Keystone away a
 * token that this service has not seen lately cannot be checked: 503, as HTML.
 */
export function callerOf(
  world: World,
  service: ServiceSlug,
  headers: Record<string, string>,
): { caller: Caller | null } | { refusal: Reply } {
  const { basicAuth, features } = world.settings
  if (!features.keystone) {
    const expected = basicAuth === null ? undefined : `Basic ${btoa(`${basicAuth.user}:${basicAuth.password}`)}`
    return expected === undefined || headers['authorization'] === expected ? { caller: null } : { refusal: basicRefusal }
  }
  const id = headers['x-auth-token']
  if (id === undefined) return { refusal: unauthorized(world.baseUrl) }
  const now = world.clock.now()
  const key = `${service} ${id}`
  if ((world.checked.get(key) ?? 0) <= now) {
    if (conductorTrouble(world, 'keystone') !== null) return { refusal: keystoneAway(headers['accept']) }
    if (world.tokens.has(id)) world.checked.set(key, now + CHECKED_MS)
  }
  const token = world.tokens.get(id)
  if (token === undefined || token.expiresAt <= now || token.roles.length === 0) return { refusal: unauthorized(world.baseUrl) }
  return { caller: token }
}
