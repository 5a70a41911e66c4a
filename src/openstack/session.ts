/**
 * One way into one cloud: it finds endpoints, puts the token in, and sends calls, each once. A read that is answered 401 is
 * repeated once with a fresh token; nothing else is ever repeated, and a write never waits for a token: `warm` comes before it.
 * It knows no service's vocabulary; bodies are checked by the clients.
 */
import type { Clock, Transport } from '../core/seams.ts'
import { type Answer, type Call, type CountsCalls, sendCall, unanswered } from './call.ts'
import type { CloudAccess } from './cloud-access.ts'
import { OpenStackError } from './openstack-error.ts'
import { type ServiceType, serviceRoot } from './service-type.ts'
import { endpointIn, type Token } from './token.ts'
import { keepToken, type TokenKeeper } from './token-keeper.ts'

export type Identity = { user: string | null; scope: string; projectId: string | null; roles: string[]; expiresAt: number | null }

export type Session = {
  access: CloudAccess
  /** The service's root, or null where the catalog has none for this interface and region. */
  endpoint(service: ServiceType): Promise<string | null>
  /** Throws OpenStackError for no answer and for every status from 300 on that `accept` does not name. */
  request(call: Call): Promise<Answer>
  /** Makes token and endpoint ready, so that the next call to the service needs no other request. */
  warm(service: ServiceType): Promise<void>
  /** Asks Keystone for a token afresh, as a probe does; later calls use it. */
  authenticate(): Promise<void>
  identity(): Promise<Identity>
}

export function openSession(access: CloudAccess, seams: { clock: Clock; transport: Transport }, counted?: CountsCalls): Session {
  const keeper = access.authType === 'none' || access.authType === 'http_basic' ? null : keepToken(access, seams, counted)

  const rootFor = async (service: ServiceType) => rootOf(access, service, keeper === null ? null : await keeper.ready())

  async function sendWith(token: Token | null, call: Call): Promise<Answer> {
    const root = rootOf(access, call.service, token)
    if (root === null) {
      // A catalog that came incomplete once must not be believed for as long as its token lives.
      if (token !== null) keeper?.drop(token)
      throw unanswered(call, 'before', noEndpoint(call.service, access))
    }
    const query = call.query && call.query.length > 0 ? `?${new URLSearchParams(call.query)}` : ''
    const at = { url: `${root}${call.path}${query}`, headers: authHeaders(access, token) }
    return await sendCall({ transport: seams.transport, access, counted }, call, at)
  }

  return {
    access,
    request: async (call) => {
      if (keeper === null) return await sendWith(null, call)
      const isRead = (call.method === 'GET' || call.method === 'HEAD') && call.sendBy === undefined
      return isRead ? await readWith(keeper, call, sendWith) : await writeWith(keeper, call, sendWith)
    },
    endpoint: rootFor,
    warm: async (service) => {
      if ((await rootFor(service)) === null) throw unanswered({ service, method: 'GET', path: '/' }, 'before', noEndpoint(service, access))
    },
    authenticate: async () => {
      await keeper?.fresh()
    },
    identity: async () => {
      if (keeper === null) return { user: access.auth.username, scope: 'none', projectId: null, roles: [], expiresAt: null }
      const { user, scope, projectId, roles, expiresAt } = await keeper.ready()
      return { user, scope, projectId, roles, expiresAt }
    },
  }
}

type SendWith = (token: Token, call: Call) => Promise<Answer>

async function readWith(keeper: TokenKeeper, call: Call, sendWith: SendWith): Promise<Answer> {
  const token = await keeper.ready()
  const first = await sendWith(token, { ...call, accept: [...(call.accept ?? []), 401] })
  if (first.status !== 401) return first
  keeper.drop(token)
  return await sendWith(await keeper.ready(), call)
}

/** A write leaves now or not at all: fetching a token could take longer than what was decided on stays true. */
async function writeWith(keeper: TokenKeeper, call: Call, sendWith: SendWith): Promise<Answer> {
  const token = keeper.held()
  if (token === null) throw unanswered(call, 'before', 'No valid token was ready, so it was not sent.', 'keystone')
  return await sendWith(token, call).catch((error: unknown) => {
    // Knows: after a 401 the next pass needs a fresh token; the write itself is not repeated.
    if (error instanceof OpenStackError && error.status === 401) keeper.drop(token)
    throw error
  })
}

function rootOf(access: CloudAccess, service: ServiceType, token: Token | null): string | null {
  const endpoint = access.endpointOverrides[service] ?? (token ? endpointIn(token.catalog, service, access) : null)
  return endpoint === null ? null : serviceRoot(service, endpoint, token?.projectId ?? access.auth.project_id)
}

function authHeaders(access: CloudAccess, token: Token | null): Record<string, string> {
  if (token !== null) return { 'x-auth-token': token.value }
  if (access.authType !== 'http_basic') return {}
  return { authorization: `Basic ${Buffer.from(`${access.auth.username}:${access.auth.password}`).toString('base64')}` }
}

function noEndpoint(service: ServiceType, access: CloudAccess): string {
  const region = access.regionName === null ? '' : ` in region ${access.regionName}`
  return `The catalog has no ${access.interface} endpoint of a ${service} service${region}.`
}
