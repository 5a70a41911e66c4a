/**
 * A failure drill: a real PostgreSQL, a pretend cloud full of faults, and several replicas of the built daemon on one database, which are
 * killed, paused and cut off, whose database is stopped, whose policy and clock are set otherwise, as a seed has it. Then everything is mended, and
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
import { openBooks } from './database.ts'
import { perform } from './deeds.ts'
import { bringUp, type Drill, newRecord } from './in-hand.ts'
import { lastLook } from './last-look.ts'
import { pausable } from './pausable-server.ts'
import { PEERS, type Site } from './peers.ts'
import { makeReplica, type Replica } from './replicas.ts'
import { drillReport } from './report.ts'
import { drawSchedule } from './schedule.ts'

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

function siteOver(cloud: DrillCloud, databaseUrl: string): Site {
  return {
    databaseUrl,
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

type Around = { folder: string; cluster: Cluster; cloud: DrillCloud }

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
  const { cluster, cloud, folder } = around
  const databaseUrl = (await cluster.database()).place.url
  const file = await bundle(folder)
  const usual = { ...settingsFor(placesOf(wish.nodes)), log: 'info', workers: 4 }
  const home = await besidesHome(around, { bundle: file, databaseUrl, settings: usual })
  const books = openBooks(databaseUrl, BOOKS_MS)
  const replicas: Replica[] = []
  const making = { site: siteOver(cloud, databaseUrl), folder, bundle: file, settings: { usual, other: otherSettings(usual) } }
  for (let index = 0; index < wish.replicas; index += 1) replicas.push(await makeReplica(index, making))
  await cloud.begin({ home, databaseUrl })
  const drill: Drill = { cloud, server: pausable(cluster), books, databaseUrl, replicas, record: newRecord(), say }
  try {
    say(`${wish.replicas} replicas, ${wish.nodes} nodes, ${wish.minutes} min, seed ${wish.seed}`)
    await Promise.all(replicas.map((replica) => bringUp(drill, replica, 'usual')))
    await cloud.unleash()
    await perform(drill, drawSchedule({ ...wish, peers: PEERS.map(({ name }) => name) }), wish.minutes * 60_000)
    const answers = await lastLook(drill, { home, front: wish.replicas })
    const { text, isBroken } = drillReport({ answers, record: drill.record, wish, ms: performance.now() - began })
    process.stdout.write(text)
    return isBroken
  } finally {
    for (const { life } of replicas) if (life !== null && life.end() === null) process.kill(life.pid, 'SIGKILL')
    for (const { roads } of replicas) for (const road of roads.values()) await road.close()
    await books.close()
  }
}

const programs = postgresPrograms()
if (programs === null) throw new Error('no PostgreSQL server is installed here (Debian: apt install postgresql)')
const folder = mkdtempSync(join(tmpdir(), 'anneal-drill-'))
mkdirSync(join(folder, 'logs'))
const cluster = await startCluster(programs)
const cloud = await startDrillCloud(wish.seed, wish.nodes)
let isBroken = true
try {
  isBroken = await drilled({ folder, cluster, cloud })
} finally {
  await cloud.stop()
  await cluster.remove()
  process.exitCode = isBroken ? 1 : 0
  if (isBroken || values.keep === true) say(`seed ${wish.seed}; what the replicas logged is kept in ${join(folder, 'logs')}`)
  else rmSync(folder, { recursive: true })
}
