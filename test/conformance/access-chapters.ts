/**
 * Keystone's tokens and what Ironic lets whom do with them, as Debian's default policy has it.
 */
import { at, get, keysOf, listAt, nodePath, pick, said, shape } from './look.ts'
import type { Answer, Chapter, User } from './site.ts'

const login = ({ status, headers, json }: Answer) => ({
  status,
  token: 'x-subject-token' in headers,
  keys: keysOf(at(json, 'token')),
  methods: at(json, 'token', 'methods'),
  roles: listAt(json, 'token', 'roles')
    .map((role) => String(at(role, 'name')))
    .sort(),
  scope: at(json, 'token', 'system') ?? at(json, 'token', 'project', 'name') ?? null,
})

export const tokens: Chapter = {
  title: 'tokens',
  setting: 'keystone',
  nodes: {},
  async tell(site, found) {
    const system = await site.login({ user: 'sys-member', project: null })
    found('a token at system level', login(system))
    const project = await site.login({ user: 'proj-member', project: 'lab' })
    found('a token in a project', login(project))
    found('a token without a scope', login(await site.login({ user: 'sys-member' })))
    const life = (answer: Answer, name: string) => String(at(answer.json, 'token', name))
    found('a token’s life', (Date.parse(life(system, 'expires_at')) - Date.parse(life(system, 'issued_at'))) / 1000)
    found('its times are UTC with Z', /^\d{4}(-\d\d){2}T\d\d(:\d\d){2}\.\d{6}Z$/.test(life(system, 'expires_at')))
    const catalog = listAt(system.json, 'token', 'catalog')
    const ironic = catalog.find((entry) => at(entry, 'type') === 'baremetal')
    found('Ironic in the catalog', {
      shape: shape(ironic),
      faces: listAt(ironic, 'endpoints').map((one) => pick(one, 'interface', 'region_id')),
    })
    const refused = (answer: Answer) => ({ said: said(answer), ...pick(answer.headers, 'www-authenticate') })
    found('a wrong password', refused(await site.login({ user: 'sys-member', password: 'banana', project: null })))
    found('a user that there is not', refused(await site.login({ user: 'nobody', project: null })))
    found('no role in the project', refused(await site.login({ user: 'sys-member', project: 'lab' })))
    found('a project that there is not', refused(await site.login({ user: 'proj-member', project: 'nowhere' })))
    found('Keystone names its version', pick(at((await site.keystone({ method: 'GET', path: '' })).json, 'version'), 'status'))
    found('a login without a body', (await site.keystone({ method: 'POST', path: '/auth/tokens', body: {} })).status)

    found('Ironic without a token', refused(await get(site, '/v1/nodes', { as: null })))
    found('Ironic with a token that is none', refused(await get(site, '/v1/nodes', { as: null, headers: { 'x-auth-token': 'banana' } })))
    found('Ironic’s roots need no token', [(await get(site, '/', { as: null })).status, (await get(site, '/v1/', { as: null })).status])
  },
}

const USERS: User[] = ['sys-member', 'sys-reader', 'proj-admin', 'proj-member', 'bm-admin', 'bm-observer', 'appcred']

export const rights: Chapter = {
  title: 'rights',
  setting: 'keystone',
  nodes: { a: {}, b: { owned: true } },
  async tell(site, found) {
    for (const as of USERS) {
      for (const key of ['a', 'b']) {
        const path = nodePath(site, key)
        const ask = async (method: 'GET' | 'PUT' | 'PATCH' | 'DELETE', rest: string, body?: unknown) =>
          said(await site.ironic({ method, path: path + rest, as, ...(body === undefined ? {} : { body }) }))
        found(`${as} and node ${key}`, {
          get: await ask('GET', ''),
          history: await ask('GET', '/history'),
          patch: await ask('PATCH', '', [{ op: 'add', path: '/extra/by', value: as }]),
          verb: await ask('PUT', '/states/provision', { target: 'provide' }),
          maintenance: await ask('PUT', '/maintenance', { reason: 'x' }),
          cleared: await ask('DELETE', '/maintenance'),
        })
      }
      const listed = await get(site, '/v1/nodes?fields=uuid', { as })
      const seen = listAt(listed.json, 'nodes').map((node) => at(node, 'uuid'))
      found(`${as} lists`, { status: listed.status, sees: ['a', 'b'].filter((key) => seen.includes(site.node(key).uuid)) })
      found(`${as} and the conductors`, said(await get(site, '/v1/conductors', { as })))
      const node = (await get(site, nodePath(site, 'b'), { as })).json
      found(`${as} reads of an owned node`, pick(node, 'last_error', 'reservation', 'provision_state'))
    }
  },
}

export const keystoneOutage: Chapter = {
  title: 'Keystone outage',
  setting: 'keystone',
  alone: true,
  nodes: { a: {} },
  async tell(site, found) {
    await get(site, nodePath(site, 'a'), { as: 'sys-member' })
    const unseen = await site.login({ user: 'sys-reader', project: null })
    await site.keystoneProcess('stop')
    const token = unseen.headers['x-subject-token'] ?? ''
    for (const accept of [null, 'application/json', '*/*']) {
      const headers = { 'x-auth-token': token, ...(accept === null ? {} : { accept }) }
      const away = await get(site, nodePath(site, 'a'), { as: null, headers })
      found(`a token that Ironic has not seen, Keystone away, accepting ${accept ?? 'what it does not say'}`, {
        status: away.status,
        type: away.headers['content-type'],
        versions: Object.keys(away.headers).filter((name) => name.startsWith('x-openstack-ironic')),
        words: away.json ?? away.text,
      })
    }
    await site.keystoneProcess('start')
    const back = await get(site, nodePath(site, 'a'), { as: null, headers: { 'x-auth-token': token } })
    found('the same token, Keystone back', back.status)
  },
}
