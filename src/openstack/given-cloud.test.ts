/** A cloud for the tests of this room: a scripted transport with recorded answers, a clock that stands, and all that was sent. */
import { readFileSync } from 'node:fs'
import type { Clock, HttpRequest, HttpResponse, Transport } from '../core/seams.ts'
import { TransportError } from '../core/seams.ts'
import type { CloudAccess } from './cloud-access.ts'
import { readCloud } from './clouds-yaml.ts'
import { openSession, type Session } from './session.ts'

export const sample = (name: string): string => readFileSync(new URL(`../../test/samples/ironic/${name}`, import.meta.url), 'utf8')

export type Answer = { status?: number; headers?: Record<string, string>; body?: unknown } | TransportError

export const NODE = '9b3b6618-0449-5cf4-ba1a-1bd2727132bc'
export const OWN_PROJECT = 'own-project'

const ENDPOINTS: Record<string, string> = {
  baremetal: 'http://ironic.test:6385',
  compute: 'http://nova.test/v2.1',
  network: 'http://neutron.test:9696/',
  placement: 'http://placement.test/placement',
  volumev3: 'http://cinder.test/v3/own-project',
  image: 'http://glance.test',
  identity: 'http://keystone.test/v3',
}

/** Keystone's answer: an hour of life, one interface, one region. */
export const tokenAnswer = (value: string, life = 3_600_000): Answer => ({
  status: 201,
  headers: { 'x-subject-token': value },
  body: {
    token: {
      expires_at: new Date(1_000_000 + life).toISOString(),
      issued_at: new Date(1_000_000).toISOString(),
      user: { id: 'u', name: 'anneal' },
      project: { id: OWN_PROJECT, name: 'baremetal' },
      roles: [{ id: 'r', name: 'admin' }],
      catalog: Object.entries(ENDPOINTS).map(([type, url]) => ({ type, endpoints: [{ interface: 'public', region_id: 'R1', url }] })),
    },
  },
})

export const access = (change: Partial<CloudAccess> = {}): CloudAccess => ({
  ...readCloud({
    cloud: null,
    cwd: '/',
    readFile: () => null,
    environment: {
      OS_AUTH_URL: 'http://keystone.test/v3',
      OS_USERNAME: 'anneal',
      OS_PASSWORD: 'secret-password',
      OS_PROJECT_NAME: 'baremetal',
    },
  }),
  ...change,
})

type Route = Answer | ((request: HttpRequest, url: URL) => Answer)

export type GivenCloud = { session: Session; sent: HttpRequest[]; clock: Clock; pass: (ms: number) => void; transport: Transport }

/**
 * Routes are keyed `METHOD host path` without the query; a list of answers is used up one by one, its last one stays. Keystone
 * and Ironic's versions answer unless a route says otherwise; anything else is a test's mistake and throws.
 */
export function givenCloud(routes: Record<string, Route | Route[]>, change: Partial<CloudAccess> = {}): GivenCloud {
  let now = 0
  let tokens = 0
  const sent: HttpRequest[] = []
  const clock: Clock = { now: () => 1_000_000 + now, monotonic: () => now, sleep: async () => {} }
  const known: Record<string, Route | Route[]> = {
    'POST keystone.test/v3/auth/tokens': () => tokenAnswer(`token-${++tokens}`),
    'GET ironic.test/v1/': { body: { version: { id: 'v1', min_version: '1.1', version: '1.82' } } },
    ...routes,
  }
  const transport: Transport = async (request) => {
    sent.push(request)
    const url = new URL(request.url)
    const route = known[`${request.method} ${url.hostname}${url.pathname}`]
    const next = Array.isArray(route) ? (route.length > 1 ? route.shift() : route[0]) : route
    const answer = typeof next === 'function' ? next(request, url) : next
    if (answer === undefined) throw new Error(`no route for ${request.method} ${request.url}`)
    if (answer instanceof TransportError) throw answer
    return asResponse(answer)
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { session: openSession(access(change), { clock, transport }), sent, clock, pass, transport }
}

function asResponse(answer: Exclude<Answer, TransportError>): HttpResponse {
  const text = typeof answer.body === 'string' ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body)
  return { status: answer.status ?? 200, headers: answer.headers ?? {}, text }
}
