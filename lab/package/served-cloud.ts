/**
 * The simulated cloud on real sockets, in a process of its own that the test starts inside the machine under test, where the service finds
 * it on the loopback. Time is real; the cloud's own work is quicker than in life.
 * usage: served-cloud.ts, as a child of debian.test.ts
 */
import { z } from 'zod'
import { answering } from '../../bench/child.ts'
import { liveClock } from '../../crash/live-clock.ts'
import { QUICKER, siteOf } from '../../crash/site.ts'
import { simulatedCloud } from '../../src/simulator/cloud.ts'
import { seededRandom } from '../../src/simulator/seeded.ts'
import { serveCloud } from '../../src/simulator/serve.ts'

const NODES = 6

const cloud = simulatedCloud({ ...siteOf(NODES), clock: liveClock(QUICKER), random: seededRandom(8), keepReads: false })
const { url } = await serveCloud(cloud, {
  host: '127.0.0.1',
  port: 0,
  // An address for each BMC, on the loopback: Linux has all of 127/8.
  bmcHost: ({ bmc }) => bmc.host.replace(/^10\./, '127.'),
})

answering({
  where: () => ({ url, ...cloud.credentials('admin') }),
  /** A tear-down that has just failed. */
  fail: (node) => cloud.people.fail(z.string().parse(node), 'Failed to tear down: IPMI call failed: power status.'),
  node: (name) => {
    const found = [...cloud.state.nodes.values()].find(({ row }) => row.name === name)
    return found === undefined ? null : { state: found.row.provision_state, marks: found.row.extra['hammer_error_resets'] ?? [] }
  },
})
