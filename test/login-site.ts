/**
 * The HTTP server where a login is needed, over a real store and the simulated cloud's Keystone, asked in process. Roles count on the project
 * `lab`: its member may say words, its reader may read. Time stands still unless a test moves it; every answer and every line of the log is
 * kept, so that a test can look for what should not be in them.
 */
import type { LightMyRequestResponse } from 'fastify'
import { proxiesAmong } from '../src/config-server.ts'
import type { Role } from '../src/core/login.ts'
import type { Clock } from '../src/core/seams.ts'
import type { HttpWorld } from '../src/http/world.ts'
import { cloudAccess } from '../src/openstack/cloud-access.ts'
import { type KeystoneLogin, loginAtKeystone } from '../src/openstack/keystone-login.ts'
import { newSecret } from '../src/seams.ts'
import { type SimulatedCloud, simulatedCloud } from '../src/simulator/cloud.ts'
import { seededRandom } from '../src/simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../src/simulator/virtual-clock.ts'
import { quickClock, type Served, served } from './http.ts'

export const PASSWORD = 'simulated'
export const PROXY = '10.0.0.5'
const ROLES = { viewer: ['reader'], operator: ['member', 'admin'] }
const LAB: KeystoneLogin = { scope: { kind: 'project', project: 'lab', domain: 'Default' }, userDomain: 'Default', roles: ROLES }

/** How a request proves who asks: headers. */
export type Proof = Record<string, string>
type Asked = { method?: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE'; url: string; headers?: Proof; body?: unknown; from?: string }

export type LoginSite = Served & {
  cloud: SimulatedCloud
  answers: string[]
  ask(asked: Asked): Promise<LightMyRequestResponse>
  logIn(shown: unknown, more?: { headers?: Proof; from?: string }): Promise<LightMyRequestResponse>
  /** A new token with this role. */
  token(role: Role, expiresAt?: number | null): Promise<{ name: string; secret: string; proof: Proof }>
  /** A new session of this user: cookie and CSRF header. */
  session(user?: string): Promise<Proof>
}

/** @param differs what is not as above: of the login's configuration, or of the world */
export async function withLogin(
  body: (site: LoginSite) => Promise<void>,
  differs: { keystone?: KeystoneLogin | null; configHash?: string; world?: Partial<HttpWorld> } = {},
): Promise<void> {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(1), nodes: 1 })
  const wanted = differs.keystone === undefined ? LAB : differs.keystone
  // Streams wait by a clock of their own; all that ends does so by the store's, which is there only later.
  let moved: Pick<Clock, 'now' | 'monotonic'> = quickClock
  const site = { ...quickClock, now: () => moved.now(), monotonic: () => moved.monotonic() }
  await served(
    async (given) => {
      moved = given.clock
      await body(siteOver(given, cloud))
    },
    () => ({
      clock: site,
      login: {
        keystone: wanted === null ? null : keystoneOf(cloud, clock, wanted),
        isProxy: proxiesAmong([PROXY, 'fd00::/64']),
        newSecret,
        configHash: differs.configHash ?? 'as-above',
      },
      ...differs.world,
    }),
  )
}

function keystoneOf(cloud: SimulatedCloud, clock: VirtualClock, login: KeystoneLogin) {
  const { authUrl } = cloud.credentials('admin')
  const auth = {
    auth_url: authUrl,
    username: 'admin',
    password: PASSWORD,
    project_name: 'admin',
    user_domain_id: 'default',
    project_domain_id: 'default',
  }
  const access = cloudAccess({ name: 'sim', keys: { auth }, naming: (key) => key }, { read: () => null, cwd: '/', home: null })
  return (credentials: Parameters<typeof loginAtKeystone>[2]) =>
    clock.run(loginAtKeystone({ access, transport: cloud.transport }, login, credentials))
}

function siteOver(given: Served, cloud: SimulatedCloud): LoginSite {
  const { app, store } = given
  const answers: string[] = []
  let made = 0
  const ask = async ({ method = 'GET', url, headers = {}, body, from = '127.0.0.1' }: Asked): Promise<LightMyRequestResponse> => {
    const sent = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
    const type: Proof = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await app.inject({
      method,
      url,
      headers: { host: 'anneal.example:8780', ...type, ...headers },
      ...sent,
      remoteAddress: from,
    })
    answers.push(answer.body)
    return answer
  }
  const logIn: LoginSite['logIn'] = (shown, more = {}) => ask({ method: 'POST', url: '/api/v1/login', body: shown, ...more })
  return {
    ...given,
    cloud,
    answers,
    ask,
    logIn,
    token: async (role, expiresAt = null) => {
      made += 1
      const [name, secret] = [`t${made}-${role}`, `anneal_${newSecret()}`]
      await store.logins.addToken({ name, role, secret, by: 'pat', expiresAt })
      return { name, secret, proof: { authorization: `Bearer ${secret}` } }
    },
    session: async (user = 'proj-member') => {
      const answer = await logIn({ user, password: PASSWORD })
      return { cookie: cookieIn(answer), 'x-anneal-csrf': JSON.parse(answer.body).csrf }
    },
  }
}

/** `name=value` of the answer's cookie. */
export const cookieIn = ({ headers }: LightMyRequestResponse): string => String(headers['set-cookie']).split(';')[0] ?? ''
