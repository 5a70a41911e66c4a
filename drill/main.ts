/**
 * A failure drill: a real PostgreSQL, a real RabbitMQ, a pretend cloud full of faults, and several replicas of the built daemon on one database,
 * which are killed, paused and cut off, whose database and broker are stopped, whose policy and clock are set otherwise, as a seed has it. Then everything is mended, and
 * the promises are judged from the cloud's own ledger. Prints one table; exit code 1 where something is broken, with the seed and the logs' place.
 * usage: npm run drill -- [--minutes 5] [--seed S] [--replicas 3] [--nodes 40] [--keep]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, type Home, makeHome } from '../bench/bundled.ts'
import { CLOUD, placesOf, settingsFor } from '../crash/site.ts'
import { type Cluster, postgresPrograms, startCluster } from '../test/postgres/cluster.ts'
import { type DrillCloud, startDrillCloud } from './beside.ts'
import { type BrokerServer, brokerUrl, isBrokerInstalled, startBroker } from './broker.ts'
import { openBooks } from './database.ts'
import { perform } from './deeds.ts'
import { listenBy } from './ears.ts'
import { bringUp, type Drill, newRecord } from './in-hand.ts'
import { hearAll } from './last-hearing.ts'
import { lastLook } from './last-look.ts'
import { pausable } from './pausable-server.ts'
import { PEERS, type Site } from './peers.ts'
import { makeReplica, type Replica } from './replicas.ts'
import { drillReport } from './report.ts'
import { drawSchedule } from './schedule.ts'
import { watchSlowness } from './slowness.ts'

const { values } = parseArgs({
  options: {
    ...{ minutes: { type: 'string' }, seed: { type: 'string' }, replicas: { type: 'string' }, nodes: { type: 'string' } },
    keep: { type: 'boolean' },
  },
})
const wish = {
  minutes: Number(values.minutes ?? 5),
  seed: Number(values.seed ?? Date.now() % 1_000_000),
  replicas: Number(values.replicas ?? 3),
  nodes: Number(values.nodes ?? 40),
}
const began = performance.now()
const say = (doing: string): void =>
  void process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${doing}\n`)

function siteOver({ cloud, broker }: Around, databaseUrl: string): Site {
  return {
    databaseUrl,
    broker: { host: '127.0.0.1', port: broker.port },
    login: cloud,
    front: async (replica) => ({ host: '127.0.0.1', port: await cloud.front(replica) }),
    showAs: (replica, url) => cloud.show(replica, url),
  }
}

/** The same and yet another one: what is proven waits a second longer. */
const otherSettings = (usual: Record<string, unknown>): Record<string, unknown> => ({
  ...usual,
  budgets: { ...Object(usual['budgets']), soak: '3s' },
})

/** Longer than any deed keeps the database still. */
const BOOKS_MS = 15_000

type Around = { folder: string; cluster: Cluster; broker: BrokerServer; cloud: DrillCloud }

/** People's words, and the sweep at the end: an installation of its own, by roads that nobody cuts. */
async function besidesHome(
  { folder, cloud }: Around,
  o: { bundle: string; databaseUrl: string; settings: Record<string, unknown> },
): Promise<Home> {
  const port = await cloud.front(wish.replicas)
  const authUrl = `http://127.0.0.1:${port}`
  await cloud.show(wish.replicas, authUrl)
  const login = { ...cloud, authUrl: `${authUrl}/identity/v3` }
  const home = makeHome({ folder: join(folder, 'besides'), bundle: o.bundle, cloud: CLOUD, login, settings: o.settings })
  return { ...home, env: { ...home.env, ANNEAL_DATABASE: o.databaseUrl } }
}

async function drilled(around: Around): Promise<boolean> {
  const { cluster, broker, cloud, folder } = around
  const databaseUrl = (await cluster.database()).place.url
  const file = await bundle(folder)
  const usual = { ...settingsFor(placesOf(wish.nodes)), log: 'info', workers: 4 }
  const home = await besidesHome(around, { bundle: file, databaseUrl, settings: usual })
  const books = openBooks(databaseUrl, BOOKS_MS)
  const replicas: Replica[] = []
  const making = { site: siteOver(around, databaseUrl), folder, bundle: file, settings: { usual, other: otherSettings(usual) } }
  for (let index = 0; index < wish.replicas; index += 1) replicas.push(await makeReplica(index, making))
  await cloud.begin({ home, databaseUrl, brokerUrl: brokerUrl('ironic', { host: '127.0.0.1', port: broker.port }) })
  const slowness = watchSlowness(cloud.pid)
  const drill: Drill = {
    cloud,
    server: pausable(cluster),
    broker,
    books,
    databaseUrl,
    replicas,
    record: newRecord(),
    stretch: slowness.stretch,
    say,
  }
  const ears = listenBy(replicas)
  try {
    say(`${wish.replicas} replicas, ${wish.nodes} nodes, ${wish.minutes} min, seed ${wish.seed}`)
    await Promise.all(replicas.map((replica) => bringUp(drill, replica, 'usual')))
    await cloud.unleash()
    await perform(drill, drawSchedule({ ...wish, peers: PEERS.map(({ name }) => name) }), wish.minutes * 60_000)
    await hearAll(drill, ears)
    await ears.stop()
    const answers = await lastLook(drill, { home, front: wish.replicas }, ears.samples)
    const { text, isBroken } = drillReport({ answers, record: drill.record, wish, ms: performance.now() - began })
    process.stdout.write(text)
    return isBroken
  } finally {
    for (const { life } of replicas) if (life !== null && life.end() === null) process.kill(life.pid, 'SIGKILL')
    for (const { roads } of replicas) for (const road of roads.values()) await road.close()
    await books.close()
    await ears.stop()
    slowness.stop()
  }
}

/** Whatever was started is removed again, however it ends. */
async function withServers(folder: string): Promise<boolean> {
  const programs = postgresPrograms()
  if (programs === null) throw new Error('no PostgreSQL server is installed here (Debian: apt install postgresql)')
  if (!isBrokerInstalled()) throw new Error('no RabbitMQ server is installed here (Debian: apt install rabbitmq-server)')
  await using started = new AsyncDisposableStack()
  const cluster = await startCluster(programs)
  started.defer(() => cluster.remove())
  const broker = await startBroker()
  started.defer(() => broker.remove())
  const cloud = await startDrillCloud(wish.seed, wish.nodes)
  started.defer(() => cloud.stop())
  return await drilled({ folder, cluster, broker, cloud })
}

const folder = mkdtempSync(join(tmpdir(), 'anneal-drill-'))
mkdirSync(join(folder, 'logs'))
let isBroken = true
try {
  isBroken = await withServers(folder)
} finally {
  process.exitCode = isBroken ? 1 : 0
  if (isBroken || values.keep === true) say(`seed ${wish.seed}; what the replicas logged is kept in ${join(folder, 'logs')}`)
  else rmSync(folder, { recursive: true })
}
