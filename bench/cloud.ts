/**
 * The pretend cloud in a process of its own: one node in a hundred (or ONE_IN) can be made to fail, and only these have a BMC on a socket, since
 * nobody asks the others. It answers as fast as it can, without the latency that it draws elsewhere: what is measured is the operator.
 * usage: cloud.ts NODES [ONE_IN], as a child of main.ts
 */
import { setImmediate } from 'node:timers/promises'
import type { NodeSpec } from '../src/simulator/build-world.ts'
import { type SimulatedCloud, simulatedCloud } from '../src/simulator/cloud.ts'
import { paced } from '../src/simulator/paced.ts'
import { seededRandom } from '../src/simulator/seeded.ts'
import { serveCloud } from '../src/simulator/serve.ts'
import { type VirtualClock, virtualClock } from '../src/simulator/virtual-clock.ts'
import { ironicTime, type SimNode } from '../src/simulator/world.ts'
import { answering } from './child.ts'

const MINUTE = 60_000
/** Past the spacing of a first reset, so that the operator may act at once. */
const FAILED_AGO_MS = 15 * MINUTE
/** The drawn latency of an answer lies below this; everything longer is Ironic's own work and takes its time. */
const LATENCY_MS = 100
/** One text for all: the nodes share every key that they can share, which is the worst case for the sums of a decision. */
const TEXT = 'Failed to tear down: IPMI call failed: power status.'

/** The last of the lists that one poll asks for (core/ironic.ts); the others are asked for together with it. */
const POLLED = 'provision_state='
const LISTS_A_POLL = 5

type Counts = { requests: number; bytes: number; polls: number[]; looked: Set<string> }
/** Lists of polls, and when a verb came for a node, since the beginning or since `fresh`. */
let lists = 0
const verbs = new Map<string, number>()
const nothing = (): Counts => ({ requests: 0, bytes: 0, polls: [], looked: new Set() })

function withoutLatency(clock: VirtualClock): VirtualClock {
  return { ...clock, sleep: (ms, signal) => (ms < LATENCY_MS ? setImmediate() : clock.sleep(ms, signal)) }
}

/** The cloud as the server gets it: the BMCs of a few nodes only, and a count of all that comes by. */
function counted(cloud: SimulatedCloud, few: readonly SimNode[], counts: () => Counts): SimulatedCloud {
  const inside = cloud.state.baseUrl
  return {
    ...cloud,
    state: { ...cloud.state, nodes: new Map(few.map((node) => [node.row.uuid, node])) },
    deliver: async (request) => {
      const path = request.url.slice(inside.length)
      const verb = /^\/baremetal\/v1\/nodes\/([^/]+)\/states\/provision$/.exec(path)
      if (verb?.[1] !== undefined && request.method === 'PUT') verbs.set(verb[1], Date.now())
      const delivered = await cloud.deliver({ ...request, url: `${cloud.state.baseUrl}${path}` })
      const seen = counts()
      seen.requests += 1
      if (typeof delivered !== 'string') seen.bytes += Buffer.byteLength(delivered.text)
      const looked = /^\/baremetal\/v1\/nodes\/([^/?]+)\/history/.exec(path)
      if (looked?.[1] !== undefined) seen.looked.add(looked[1])
      if (path.startsWith('/baremetal/v1/nodes?') && path.includes(POLLED) && ++lists % LISTS_A_POLL === 0) seen.polls.push(Date.now())
      return delivered
    },
  }
}

/** One node in twenty has a tenant: with the usual three in five the simulator would spend its time looking through its own servers. */
const spec = (at: number): NodeSpec => ({ name: `node-${at}`, provision_state: at % 20 === 3 ? 'active' : 'available' })

const size = Number(process.argv[2])
const oneIn = Number(process.argv[3] ?? 100)
const base = virtualClock({ start: Date.now() - FAILED_AGO_MS })
const conductors = Array.from({ length: 10 }, (_, at) => `conductor-${at + 1}`)
const cloud = simulatedCloud({
  clock: withoutLatency(base),
  random: seededRandom(1),
  nodes: Array.from({ length: size }, (_, at) => spec(at)),
  ironic: { conductors },
  keepReads: false,
})
const failing = [...cloud.state.nodes.values()].filter((_, at) => at % oneIn === 7 % oneIn)
let counts = nothing()
const { url } = await serveCloud(
  counted(cloud, failing, () => counts),
  { host: '127.0.0.1', port: 0 },
)
cloud.moveTo(url)
await base.advance(FAILED_AGO_MS)
paced(base, { speed: 1 })

/** All of them but the last `but`, which failNext takes one by one. */
function fail(but: number): number {
  const at = ironicTime(Date.now() - FAILED_AGO_MS)
  const now = failing.slice(0, failing.length - but)
  for (const { row, history } of now) {
    cloud.people.fail(row.uuid, TEXT)
    row.provision_updated_at = at
    for (const event of history) event.created_at = at
  }
  return now.length
}

/** One that is well fails at this moment. */
function failNext(): { uuid: string; name: string } {
  const next = failing.find(({ row }) => row.provision_state !== 'error')
  if (next === undefined) throw new Error('none is left that could fail')
  cloud.people.fail(next.row.uuid, TEXT)
  return { uuid: next.row.uuid, name: next.row.name ?? next.row.uuid }
}

answering({
  where: () => ({ url, ...cloud.credentials('admin'), failing: failing.map(({ row }) => row.uuid) }),
  fail: (but) => fail(typeof but === 'number' ? but : 0),
  failNext,
  /** Another operator begins. */
  fresh: () => {
    lists = 0
    counts = nothing()
    verbs.clear()
  },
  /** What has come by since it was asked last; verbs since the beginning. */
  counts: () => {
    const { looked, ...rest } = counts
    const said = { ...rest, looked: looked.size, verbs: [...verbs], cpuMs: cpuMs() }
    counts = nothing()
    return said
  },
})

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
