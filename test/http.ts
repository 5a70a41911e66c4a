/**
 * The HTTP server over a real store with cases in it, asked in process or over a socket of its own. What a test has to say is in the store
 * that it is given; the clock that streams wait by is the real one, a hundred times as quick.
 */
import type { Configured } from '../src/commands/list-policies.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import { unknown } from '../src/core/reading.ts'
import type { Clock } from '../src/core/seams.ts'
import { openMetrics } from '../src/http/metrics.ts'
import { httpServer } from '../src/http/server.ts'
import type { App, HttpWorld } from '../src/http/world.ts'
import { realSeams } from '../src/seams.ts'
import { openRecords } from '../src/store/records.ts'
import type { Store } from '../src/store/store.ts'
import { onFile } from './on-file.ts'
import { CLOUD, type HandClock } from './store/given.ts'

export const WEST: Configured = { name: CLOUD, policy: DEFAULT_POLICY, policyHash: 'west-hash' }

const QUICKER = 100
const real = realSeams().clock

/** Streams wait for it; everything that is told of times is told by the store's own clock. */
export const quickClock: Clock = {
  now: real.now,
  monotonic: () => real.monotonic() * QUICKER,
  sleep: (ms, signal) => real.sleep(ms / QUICKER, signal),
}

export type Served = { store: Store; clock: HandClock; app: App; world: HttpWorld; logged: string[] }

/** The cloud `west` is enrolled; nothing else is known yet. */
export async function served(
  body: (given: Served) => Promise<void>,
  differs: (store: Store) => Partial<HttpWorld> = () => ({}),
): Promise<void> {
  await onFile(async ({ store, clock, path }) => {
    await store.enrol(CLOUD, { mode: 'auto', policyHash: WEST.policyHash })
    const logged: string[] = []
    const world: HttpWorld = {
      store,
      clock: quickClock,
      version: '1.2.3',
      clouds: [WEST],
      policyOf: () => DEFAULT_POLICY,
      records: async () => openRecords(path),
      hardwareOf: async () => ({ inventory: unknown('not asked'), identity: unknown('not asked') }),
      metrics: await openMetrics({ store, clock, clouds: [WEST], canaries: () => [], receivers: ['ops'] }),
      dashboard: new Map(),
      login: null,
      isReady: () => true,
      canaries: () => [],
      log: (_level, message, fields) => void logged.push([message, ...Object.values(fields)].join(' ')),
      ...differs(store),
    }
    const app = await httpServer(world)
    try {
      await body({ store, clock, app, world, logged })
    } finally {
      await app.close()
    }
  })
}

export type Got = { status: number; body: unknown; headers: Record<string, unknown> }

export async function get(app: App, url: string, headers: Record<string, string> = {}): Promise<Got> {
  const answer = await app.inject({ method: 'GET', url, headers })
  return { status: answer.statusCode, body: jsonOf(answer.body), headers: answer.headers }
}

export async function post(app: App, url: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Got> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } })
  return { status: answer.statusCode, body: jsonOf(answer.body), headers: answer.headers }
}

function jsonOf(text: string): unknown {
  return text.startsWith('{') ? JSON.parse(text) : text
}
