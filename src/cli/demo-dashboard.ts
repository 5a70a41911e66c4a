/**
 * The demo's HTTP server: the API and the dashboard over the demo's own database, as the daemon serves them over a real one. Streams wait by
 * the real clock, since real browsers read them; every time that is told is the pretend cloud's.
 */
import { unknown } from '../core/reading.ts'
import { readDashboard } from '../http/dashboard-files.ts'
import { listen } from '../http/listen.ts'
import { httpServer } from '../http/server.ts'
import { openRecords } from '../store/records.ts'
import type { Stage } from './demo-stage.ts'
import type { Io } from './io.ts'

export type DemoServer = {
  address: string
  /** The dashboard is there to be looked at, not the API alone. */
  hasDashboard: boolean
  close(): Promise<void>
}

/** On any free port. */
export async function serveDemo(
  { store, database, metrics, clouds, world }: Pick<Stage, 'store' | 'database' | 'metrics' | 'clouds' | 'world'>,
  io: Pick<Io, 'seams' | 'version' | 'dashboard'>,
): Promise<DemoServer> {
  const dashboard = readDashboard(io.dashboard)
  const notAsked = unknown('the demo asks its pretend cloud for no inventory')
  const app = await httpServer({
    store,
    clock: io.seams.clock,
    version: io.version,
    clouds,
    policyOf: () => world.policy,
    records: async () => openRecords(database),
    hardwareOf: async () => ({ inventory: notAsked, identity: notAsked }),
    metrics,
    dashboard,
    login: null,
    isReady: () => true,
    canaries: () => [],
    log: () => undefined,
  })
  const address = await listen(app, { host: '127.0.0.1', port: 0 })
  return { address, hasDashboard: dashboard.size > 0, close: () => app.close() }
}
