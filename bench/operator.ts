/**
 * The operator in a process of its own, over real sockets and a database file: its parts (census, poll, list, pass) one by one, each with
 * what it cost. Nothing of the product is replaced; requests and bytes are counted on their way through the transport seam.
 * usage: operator.ts AUTH_URL USER PASSWORD DATABASE, as a child of main.ts, under --expose-gc
 */
import { eventLoopUtilization } from 'node:perf_hooks'
import { takeCensus } from '../src/controller/census.ts'
import { poll } from '../src/controller/poll.ts'
import { reconcile } from '../src/controller/reconcile.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import type { Seams } from '../src/core/seams.ts'
import { cloudAccess } from '../src/openstack/cloud-access.ts'
import { realSeams } from '../src/seams.ts'
import { openStore } from '../src/store/store.ts'
import { wireCloud } from '../src/wire-cloud.ts'
import { answering } from './child.ts'
import type { Cost } from './measure.ts'

const CLOUD = 'bench'
/** As many as `anneal run` has workers by default. */
const AT_ONCE = 16

const [authUrl = '', username = '', password = '', database = ''] = process.argv.slice(2)
let requests = 0
let bytes = 0
/** As HTTP/1.1 writes it; TLS and TCP come on top. */
const sizeOf = (message: { head: string; headers: Record<string, string>; text: string }): number =>
  Object.entries(message.headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, message.head.length + 4) +
  Buffer.byteLength(message.text)
const real = realSeams()
const seams: Seams = {
  ...real,
  transport: async (request) => {
    requests += 1
    const answer = await real.transport(request)
    bytes += sizeOf({ head: `${request.method} ${request.url}`, headers: request.headers, text: request.body ?? '' })
    bytes += sizeOf({ head: 'HTTP/1.1 200 OK', headers: answer.headers, text: answer.text })
    return answer
  },
}
const store = await openStore({ path: database, ...seams })
const auth = { auth_url: authUrl, username, password, project_name: 'admin', user_domain_id: 'default', project_domain_id: 'default' }
const access = cloudAccess({ name: CLOUD, naming: (key) => key, keys: { auth } }, { read: () => null, cwd: '.', home: null })
const log = (level: string, message: string, fields?: Record<string, unknown>) => {
  if (level === 'error') process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
}
const world = wireCloud({ cloud: CLOUD, access, servicesAccess: null, policy: DEFAULT_POLICY, store, seams, log })
await store.enrol(CLOUD, { mode: DEFAULT_POLICY.mode, policyHash: CLOUD })

/** What doing it cost: time on the wall, of the main thread, of all threads; requests, and bytes both ways. */
async function cost(doing: () => Promise<number>): Promise<Cost> {
  globalThis.gc?.()
  const before = {
    requests,
    bytes,
    thread: process.threadCpuUsage(),
    cpu: process.cpuUsage(),
    at: performance.now(),
    loop: eventLoopUtilization(),
  }
  const count = await doing()
  const thread = process.threadCpuUsage(before.thread)
  const cpu = process.cpuUsage(before.cpu)
  return {
    count,
    wallMs: performance.now() - before.at,
    busyMs: eventLoopUtilization(before.loop).active,
    ownMs: (thread.user + thread.system) / 1000,
    cpuMs: (cpu.user + cpu.system) / 1000,
    requests: requests - before.requests,
    bytes: bytes - before.bytes,
  }
}

/** Every node with all its fields, page by page, as a client without filters would have it; the pages are read and dropped. */
async function listInDetail(): Promise<number> {
  let count = 0
  for (let marker = ''; ; ) {
    const { text } = await world.sessions.ironic.request({
      service: 'baremetal',
      method: 'GET',
      path: '/v1/nodes/detail',
      headers: { 'x-openstack-ironic-api-version': '1.82' },
      ...(marker === '' ? {} : { query: [['marker', marker]] }),
      answerTimeoutMs: 60_000,
    })
    const page: { nodes: { uuid: string }[]; next?: string } = JSON.parse(text)
    count += page.nodes.length
    marker = page.nodes.at(-1)?.uuid ?? ''
    if (page.next === undefined) return count
  }
}

/** One pass over every node in a watched state, so many at once as the daemon has workers. */
async function passOverAll(): Promise<number> {
  const { nodes } = await poll(world)
  let at = 0
  const lane = async () => {
    for (let node = nodes[at++]; node !== undefined; node = nodes[at++]) {
      const key = { cloud: CLOUD, uuid: node.uuid }
      await store.claimOne('bench', key)
      await reconcile(world, key)
      await store.unclaim('bench', key)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return nodes.length
}

answering({
  census: () => cost(async () => (await takeCensus(world)).size),
  poll: () => cost(async () => (await poll(world)).nodes.length),
  detail: () => cost(listInDetail),
  pass: () => cost(passOverAll),
  memory: () => {
    globalThis.gc?.()
    const { rss, heapUsed } = process.memoryUsage()
    return { rss, heapUsed, peak: process.resourceUsage().maxRSS * 1024 }
  },
})
