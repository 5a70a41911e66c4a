/**
 * The whole operator over a simulated cloud in one process, for tests: real clients, real store, real pass; only the seams are simulated.
 */
import { type Sweep, sweep } from '../src/controller/sweep.ts'
import { DEFAULT_POLICY, type Policy } from '../src/core/policy.ts'
import type { Seams } from '../src/core/seams.ts'
import { cloudAccess } from '../src/openstack/cloud-access.ts'
import type { CloudOptions } from '../src/simulator/build-world.ts'
import { type SimulatedCloud, simulatedCloud } from '../src/simulator/cloud.ts'
import { seededIds, seededRandom } from '../src/simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../src/simulator/virtual-clock.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { type WiredCloud, wireCloud } from '../src/wire-cloud.ts'

const START = Date.parse('2026-03-01T03:00:00Z')

export type SimOperator = {
  clock: VirtualClock
  cloud: SimulatedCloud
  world: WiredCloud
  store: Store
  /** One sweep, virtual time moving as it must. */
  sweep(limit?: number): Promise<Sweep>
  /** Moves time on, sweeping every `everyMs`. */
  sweepFor(ms: number, everyMs: number): Promise<Sweep>
  close(): Promise<void>
}

export async function simOperator(options: Partial<CloudOptions> & { policy?: Partial<Policy>; user?: string; seed?: number; path?: string } = {}): Promise<SimOperator> {
  const { policy, user = 'admin', seed = 1, path = ':memory:', ...rest } = options
  const clock = rest.clock ?? virtualClock({ start: START })
  const cloud = simulatedCloud({ nodes: 10, random: seededRandom(seed), ...rest, clock })
  const random = seededRandom(seed + 1)
  const seams: Seams = { clock, random, newId: seededIds(random), transport: cloud.transport, datagram: cloud.datagram }
  const store = await openStore({ path, clock, newId: seams.newId, random })
  const login = cloud.credentials(user)
  const access = cloudAccess(
    {
      name: 'sim',
      naming: (key) => key,
      keys: {
        auth: { auth_url: login.authUrl, username: login.user, password: login.password, project_name: 'admin', user_domain_id: 'default', project_domain_id: 'default' },
      },
    },
    { read: () => null, cwd: '.', home: null },
  )
  const world = wireCloud({ cloud: 'sim', access, servicesAccess: null, policy: { ...DEFAULT_POLICY, mode: 'auto', ...policy }, store, seams, log: () => {} })
  await store.enrol('sim', { mode: world.policy.mode, policyHash: 'test' })
  const one = (limit?: number) => clock.run(sweep(world, { claimant: 'test', limit: limit ?? null, follow: false, onPass: () => {} }))
  return {
    clock,
    cloud,
    world,
    store,
    sweep: one,
    sweepFor: async (ms, everyMs) => {
      const end = clock.now() + ms
      let last = await one()
      while (clock.now() < end) {
        await clock.advance(everyMs)
        last = await one()
      }
      return last
    },
    close: () => store.close(),
  }
}
