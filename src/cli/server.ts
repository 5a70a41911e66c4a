/**
 * The daemon's HTTP server: what its routes may touch, put together, and its life from the lock to the end. What it answers is http/.
 */
import type { Config } from '../config.ts'
import type { Log } from '../controller/cloud-world.ts'
import { listen } from '../http/listen.ts'
import type { Metrics } from '../http/metrics.ts'
import { httpServer } from '../http/server.ts'
import type { App } from '../http/world.ts'
import { openRecords } from '../store/records.ts'
import { askedHardware } from './asked-hardware.ts'
import type { Place } from './place.ts'

type Server = {
  /** Listens, where the configuration has it. Throws ConfigError where the address cannot be had. */
  open(): Promise<void>
  /** Every cloud is watched: said in the log, and by /readyz until it stops. */
  isAtWork(): void
  isStopping(): void
  close(): Promise<void>
}

type With = { clouds: Config['clouds']; metrics: Metrics; log: Log }

export function serverFor(place: Place, { clouds, metrics, log }: With): Server {
  const { io, globals, config, store, policyOf } = place
  let isReady = false
  let app: App | null = null
  let address: string | null = null
  return {
    open: async () => {
      if (config.server === null) return
      app = await httpServer({
        store,
        clock: io.seams.clock,
        version: io.version,
        clouds,
        policyOf: (cloud) => clouds.find(({ name }) => name === cloud)?.policy ?? policyOf(cloud),
        records: () => openRecords(config.database),
        hardwareOf: async (node) => (await askedHardware(io, { globals, config }, node)).hardware,
        metrics,
        isReady: () => isReady,
        log,
      })
      address = await listen(app, config.server)
    },
    isAtWork: () => {
      isReady = true
      if (address !== null) log('info', 'listening', { address })
    },
    isStopping: () => {
      isReady = false
    },
    close: async () => await app?.close(),
  }
}
