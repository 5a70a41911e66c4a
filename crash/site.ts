/**
 * The site that the daemon is killed over, and the configuration it runs with. Its clock is the real one, so the cloud's calendar is real
 * too; only what takes the cloud long takes it QUICKER times less, and the policy waits seconds where a site waits minutes.
 */
import type { CloudOptions, NodeSpec } from '../src/simulator/build-world.ts'

export const CLOUD = 'crash'

/** A tear-down takes a quarter of a second and a cleaning two seconds; a tenth of a second and less is the road, which stays as it is. */
export const QUICKER = 60

/** Two nodes share a switch and a BMC network, so that failure domains matter and one interrupted act does not hold up a whole rack. */
const RACK_SIZE = 2

export const siteOf = (count: number): Pick<CloudOptions, 'nodes' | 'ironic'> => ({
  nodes: Array.from({ length: count }, (_, at): NodeSpec => {
    const rack = Math.floor(at / RACK_SIZE) + 1
    return {
      name: `node-${String(at + 1).padStart(3, '0')}`,
      provision_state: at % 5 < 3 ? 'active' : 'available',
      protocol: rack % 2 === 1 ? 'ipmi' : 'redfish',
      rack,
    }
  }),
  // A heartbeat's age is told by the calendar and so is not shortened with the rest.
  ironic: { conductors: ['conductor-1', 'conductor-2'], cleaningMs: 60_000, heartbeatTimeoutMs: 1_000 },
})

/**
 * An intent that a kill interrupted keeps its place and its node for 200 s (20 s to send it, 180 s until a read may settle it; no policy
 * can shorten that), so there are many more places than acts at any one time. No incident ever: one canary that a kill interrupted would
 * hold all the others back for as long.
 */
export const settingsFor = (places: number): Record<string, unknown> => ({
  mode: 'auto',
  poll: '1s',
  census: '10s',
  log: 'warn',
  budgets: {
    resets: { max: RESETS_MAX, window: '4m' },
    spacing: ['500ms', '1s', '2s'],
    soak: '2s',
    silentBmc: { looks: 3, over: '5s' },
    refusingBmc: { looks: 3, over: '5s' },
    inFlight: { classShare: 1, classMax: places, cloudShare: 1, cloudMax: places },
    starts: { min: 1_000_000, share: 1 },
    incident: { cases: 1_000_000, classShare: 1 },
    ironicEyes: '6s',
    lastResort: '8s',
    stuck: '15s',
    holderDead: '10s',
    foreignWriter: '5s',
    waitForNova: '3s',
    progress: '1m',
    silence: '5m',
    powerFailure: '30s',
    serviceSecondAnswer: '1s',
    serviceSteady: '5s',
    undeadGap: '1m',
    slowCloud: '2s',
    look: '1s',
  },
})

const RESETS_MAX = 6

/** Places for half of the nodes: kills of four minutes may hold them all, and then the budget is put to the test. */
export const placesOf = (nodes: number): number => Math.ceil(nodes / 2)
