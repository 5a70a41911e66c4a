/**
 * The HTTP API as it describes itself, over an empty database in memory: for docs/openapi.json, and for tests that walk every route.
 */
import { readFileSync } from 'node:fs'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import { unknown } from '../src/core/reading.ts'
import { openMetrics } from '../src/http/metrics.ts'
import { httpServer } from '../src/http/server.ts'
import { realSeams } from '../src/seams.ts'
import { openStore } from '../src/store/store.ts'

export async function describedApi(): Promise<unknown> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const { clock, newId, random } = realSeams()
  const store = await openStore({ path: ':memory:', clock, newId, random })
  const app = await httpServer({
    store,
    clock,
    version,
    clouds: [],
    policyOf: () => DEFAULT_POLICY,
    records: async () => null,
    hardwareOf: async () => ({ inventory: unknown('not asked'), identity: unknown('not asked') }),
    metrics: await openMetrics({ store, clock, clouds: [], canaries: () => [], receivers: [] }),
    dashboard: new Map(),
    login: null,
    isReady: () => false,
    canaries: () => [],
    log: () => undefined,
  })
  await app.ready()
  const document: unknown = JSON.parse(JSON.stringify(app.swagger()))
  await app.close()
  await store.close()
  return document
}
