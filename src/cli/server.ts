/**
 * The daemon's HTTP server: what its routes may touch, put together, and its life from the lock to the end. What it answers is http/.
 */
import { type Config, isLoopback } from '../config.ts'
import { proxiesAmong, type ServerConfig } from '../config-server.ts'
import type { Log } from '../controller/cloud-world.ts'
import type { CanaryState } from '../core/canary.ts'
import { ConfigError } from '../core/config-error.ts'
import { readDashboard } from '../http/dashboard-files.ts'
import { listen } from '../http/listen.ts'
import type { Metrics } from '../http/metrics.ts'
import { httpServer } from '../http/server.ts'
import type { App, Login } from '../http/world.ts'
import { digestOf } from '../openstack/canonical-json.ts'
import { loginAtKeystone } from '../openstack/keystone-login.ts'
import { recordsAt } from '../store/records.ts'
import { readCloudNamed } from '../wiring.ts'
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

type With = { clouds: Config['clouds']; metrics: Metrics; log: Log; canaries: () => readonly CanaryState[] }

function loginFor({ io }: Place, { login, trustedProxies }: ServerConfig): Login | null {
  if (login === null) return null
  const { keystone } = login
  const access = keystone === null ? null : readCloudNamed(keystone.cloud, io)
  // An entry without Keystone may have any auth_url: nothing else reads it.
  if (access !== null && !URL.canParse(access.auth.auth_url ?? ''))
    throw new ConfigError({
      what: `server.login.keystone ${access.name}`,
      message: 'This entry of clouds.yaml has no auth_url that is an address, so it has no Keystone.',
      fix: 'Name an entry that has one.',
    })
  return {
    keystone:
      keystone === null || access === null
        ? null
        : (credentials) => loginAtKeystone({ access, transport: io.seams.transport }, keystone, credentials),
    isProxy: proxiesAmong(trustedProxies),
    newSecret: io.newSecret,
    configHash: digestOf(login),
  }
}

export function serverFor(place: Place, { clouds, metrics, log, canaries }: With): Server {
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
        records: () => recordsAt(config.database),
        hardwareOf: async (node) => (await askedHardware(io, { globals, config }, node)).hardware,
        metrics,
        dashboard: readDashboard(io.dashboard),
        login: loginFor(place, config.server),
        isReady: () => isReady,
        canaries,
        log,
      })
      address = await listen(app, config.server)
    },
    isAtWork: () => {
      isReady = true
      if (address !== null) log('info', 'listening', { address })
      if (config.server !== null && !isLoopback(config.server.host) && config.server.trustedProxies.length === 0)
        log('warn', 'passwords and tokens come in the clear: put a proxy with TLS before it and name it in server.trustedProxies')
    },
    isStopping: () => {
      isReady = false
    },
    close: async () => await app?.close(),
  }
}
