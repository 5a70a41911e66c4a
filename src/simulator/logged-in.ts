/**
 * Somebody with a token at a simulated cloud: sends one request at a time and moves virtual time until it is answered. For
 * tests and scenarios; it repeats nothing and hides nothing.
 */
import type { HttpRequest } from '../core/seams.ts'
import type { SimulatedCloud } from './cloud.ts'
import type { VirtualClock } from './virtual-clock.ts'

export type Answer = { status: number; headers: Record<string, string>; json: unknown; text: string }

export type LoggedIn = {
  token: string
  /** Path below the base URL, `baremetal/v1/nodes`; waits for the answer. */
  ask(method: HttpRequest['method'], path: string, body?: unknown): Promise<Answer>
  /** The same without moving time: for requests that are to meet each other. */
  send(method: HttpRequest['method'], path: string, body?: unknown): Promise<Answer>
}

type Who = { user: string; scope?: string; version?: string; headers?: Record<string, string> }

/** Logs in by password; without `scope` at system level. `version` is sent as Ironic's microversion. */
export async function loggedIn(clock: VirtualClock, cloud: SimulatedCloud, who: Who): Promise<LoggedIn> {
  const { authUrl, password } = cloud.credentials(who.user)
  const domain = { id: 'default' }
  const scope = who.scope === undefined ? { system: { all: true } } : { project: { name: who.scope, domain } }
  const identity = { methods: ['password'], password: { user: { name: who.user, domain, password } } }
  const login = await clock.run(
    cloud.transport({
      ...usual,
      method: 'POST',
      url: `${authUrl}/auth/tokens`,
      headers: {},
      body: JSON.stringify({ auth: { identity, scope } }),
    }),
  )
  const token = login.headers['x-subject-token'] ?? ''
  const send: LoggedIn['send'] = async (method, path, body) => {
    const headers = { 'x-auth-token': token, 'x-openstack-ironic-api-version': who.version ?? '1.82', ...who.headers }
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await cloud.transport({ ...usual, method, url: `${cloud.state.baseUrl}/${path}`, headers, ...text })
    const isJson = answer.headers['content-type'] === 'application/json'
    return { ...answer, json: isJson ? JSON.parse(answer.text) : undefined }
  }
  return { token, send, ask: (method, path, body) => clock.run(send(method, path, body)) }
}

const usual = { connectTimeoutMs: 5000, answerTimeoutMs: 65_000 }
