/**
 * What a replica talks to over a road that can be cut, as data: the schedule draws from this list, the site opens one relay for each replica
 * and entry. BMCs are reached directly, and stay reachable when the cloud does not.
 */
import type { Login } from '../bench/bundled.ts'
import { brokerUrl } from './broker.ts'
import { EXCHANGE } from './messages.ts'

export type Address = { host: string; port: number }

/** What one replica is configured with, once its roads are there. `ofCloud`: below the cloud in anneal.yaml. */
export type Roads = { login: Login; env: Record<string, string>; ofCloud: Record<string, unknown> }

/** What exists before any replica does. */
export type Site = {
  /** The database as anybody at its server reaches it. */
  databaseUrl: string
  login: Login
  broker: Address
  /** This replica's own way into the pretend cloud. */
  front(replica: number): Promise<Address>
  /** The cloud's catalog names this address to this replica. */
  showAs(replica: number, url: string): Promise<unknown>
}

export type Peer = {
  name: string
  /** Where the road of this replica leads. */
  target(site: Site, replica: number): Promise<Address>
  /** How the replica is told of its end of the road. */
  tell(site: Site, replica: number, at: Address): Promise<Partial<Roads>>
  /** Without it the replica cannot write down what it has read: the judges take what it is shown meanwhile as not yet heard. */
  isMemory: boolean
}

export const PEERS: readonly Peer[] = [
  {
    name: 'database',
    target: async ({ databaseUrl }) => addressOf(databaseUrl),
    tell: async ({ databaseUrl }, _replica, { host, port }) => {
      const url = new URL(databaseUrl)
      url.host = `${host}:${port}`
      return { env: { ANNEAL_DATABASE: url.href } }
    },
    isMemory: true,
  },
  {
    name: 'cloud',
    target: (site, replica) => site.front(replica),
    tell: async ({ login, showAs }, replica, { host, port }) => {
      const url = `http://${host}:${port}`
      await showAs(replica, url)
      return { login: { ...login, authUrl: `${url}/identity/v3` } }
    },
    isMemory: false,
  },
  {
    name: 'broker',
    target: async ({ broker }) => broker,
    tell: async (_site, _replica, at) => ({
      ofCloud: { notifications: { brokers: [brokerUrl('anneal', at)], exchange: EXCHANGE, poll: STRETCHED_POLL } },
    }),
    isMemory: false,
  },
]

/** Between the poll without notifications and the census of crash/site.ts. */
const STRETCHED_POLL = '4s'

function addressOf(url: string): Address {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
