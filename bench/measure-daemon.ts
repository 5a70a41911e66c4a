/**
 * The daemon from outside, over one pretend cloud of a size: how soon it has polled, what it uses while nothing happens and while one node
 * in a hundred has failed, its memory, and how soon an act leaves once it is decided.
 */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { realSeams } from '../src/seams.ts'
import { openStore } from '../src/store/store.ts'
import { CLOUD, type Daemon, type Memory, startDaemon } from './daemon.ts'
import { median } from './measure.ts'
import { type PretendCloud, startCloud } from './pretend-cloud.ts'

export type Watched = {
  startMs: number
  /** Shares of one core. */
  idle: number
  idleFailing: number
  /** After the first look at every failed node. */
  memory: Memory
  /** From the time of the decision to the verb's arrival; one for each act. */
  actMs: number[]
}

type Place = { bundle: string; folder: string }

/** An act that waits longer than this is not going to come. */
const GIVE_UP_MS = 90_000
/** Two polls. */
const WINDOW_MS = 10_000
/** As many as may be under repair in a cloud at most, by the default budget. */
const ACTS = 25

export async function measureDaemon(size: number, place: Place, runs: number): Promise<Watched> {
  const cloud = await startCloud(size)
  let starts = 0
  const start = async (mode: 'observe' | 'auto') => {
    await cloud.fresh()
    return startDaemon({ ...place, cloud, mode, name: `${size}-${++starts}` })
  }
  try {
    const startMs: number[] = []
    for (let run = 1; run < runs; run++) {
      const daemon = await start('observe')
      startMs.push((await firstPoll(cloud)) - daemon.startedAt)
      await daemon.stop()
    }
    const daemon = await start('observe')
    startMs.push((await firstPoll(cloud)) - daemon.startedAt)
    const watched = await watch(daemon, cloud)
    await daemon.stop()
    const acting = await start('auto')
    const actMs = await acts(acting, cloud)
    await acting.stop()
    return { startMs: median(startMs), ...watched, actMs }
  } finally {
    await cloud.stop()
  }
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  for (const began = Date.now(); Date.now() - began < GIVE_UP_MS; await pause(100)) {
    const found = await look()
    if (found !== null) return found
  }
  throw new Error(`${what}: not within ${GIVE_UP_MS / 1000} s`)
}

const firstPoll = (cloud: PretendCloud): Promise<number> => until('the first poll', async () => (await cloud.counts()).polls[0] ?? null)

async function watch(daemon: Daemon, cloud: PretendCloud): Promise<Pick<Watched, 'idle' | 'idleFailing' | 'memory'>> {
  await pause(1_000)
  const idle = await share(daemon)
  const failing = await cloud.fail()
  await lookedAtAll(cloud, failing)
  const memory = daemon.memory()
  await pause(1_000)
  return { idle, idleFailing: await share(daemon), memory }
}

async function share(daemon: Daemon): Promise<number> {
  const before = daemon.cpuMs()
  const began = performance.now()
  await pause(WINDOW_MS)
  return (daemon.cpuMs() - before) / (performance.now() - began)
}

async function lookedAtAll(cloud: PretendCloud, failing: number): Promise<void> {
  await cloud.counts()
  let looked = 0
  await until('a look at every failed node', async () => {
    looked += (await cloud.counts()).looked
    return looked >= failing ? looked : null
  })
}

/** A person's `retry` lets each of these nodes act at once, while the daemon has all the others to look at. */
async function acts(daemon: Daemon, cloud: PretendCloud): Promise<number[]> {
  await lookedAtAll(cloud, cloud.failing.length)
  const chosen = cloud.failing.slice(0, ACTS)
  const seams = realSeams()
  const store = await openStore({ path: daemon.database, ...seams })
  for (const uuid of chosen) await store.retry({ cloud: CLOUD, uuid }, { by: 'bench', why: 'to be measured' })
  await store.close()
  const sent = new Map<string, number>()
  await until('acts', async () => {
    for (const [uuid, at] of (await cloud.counts()).verbs) sent.set(uuid, at)
    return chosen.every((uuid) => sent.has(uuid)) ? true : null
  })
  const database = new DatabaseSync(daemon.database, { readOnly: true })
  const rows = database.prepare("select uuid, max(createdAt) as at from attempts where act = 'reset' group by uuid").all()
  database.close()
  return rows.flatMap(({ uuid, at }) => {
    const arrived = sent.get(String(uuid))
    return arrived === undefined ? [] : [arrived - Number(at)]
  })
}
