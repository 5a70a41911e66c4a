/**
 * One, two and three daemons on one PostgreSQL over one pretend cloud: how soon every failed node is decided on, and what Ironic and the others
 * are asked for it. The daemons, the cloud and the database server share the machine, so this tells what sharing costs, not what more machines
 * bring.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { realSeams } from '../src/seams.ts'
import { openPostgresStore, type Store } from '../src/store/store.ts'
import type { Cluster } from '../test/postgres/cluster.ts'
import { CLOUD, type Daemon, startDaemon } from './daemon.ts'
import { median } from './measure.ts'
import { type PretendCloud, startCloud } from './pretend-cloud.ts'

export type Shared = {
  /** How many daemons. */
  size: number
  failed: number
  /** From the first poll that could show the failures to the last decision. */
  decidedMs: number
  /** Requests meanwhile, of all of them. */
  requests: number
  /** Requests in the time of two polls before anything failed. */
  quietRequests: number
  /** Processor time of all daemons from the failure to the last decision. */
  cpuMs: number
}
/** `alone`: the same of one daemon, to compare with; null: it was not measured. */
export type Compared = Shared & { alone: Shared | null }

/** One node in so many fails. */
const ONE_IN = 5
/** Two polls of a daemon here (daemon.ts). */
const QUIET_MS = 10_000
const PATIENCE_MS = 600_000

type Wish = { place: { bundle: string; folder: string }; cluster: Cluster; nodes: number; runs: number; say: (doing: string) => void }

export async function measureReplicas(counts: readonly number[], wish: Wish): Promise<Compared[]> {
  const found: Shared[] = []
  for (const count of counts) {
    const runs: Shared[] = []
    for (let run = 1; run <= wish.runs; run++) {
      wish.say(`${count} on one database, run ${run}`)
      runs.push(await once(count, `replicas-${count}-${run}`, wish))
    }
    const of = (field: keyof Shared) => median(runs.map((one) => one[field]))
    found.push({
      ...{ size: count, failed: of('failed'), decidedMs: of('decidedMs') },
      ...{ requests: of('requests'), quietRequests: of('quietRequests'), cpuMs: of('cpuMs') },
    })
  }
  const alone = found.find(({ size }) => size === 1) ?? null
  return found.map((one) => ({ ...one, alone }))
}

async function once(count: number, name: string, { place, cluster, nodes }: Wish): Promise<Shared> {
  const cloud = await startCloud(nodes, ONE_IN)
  const { place: database, name: made } = await cluster.database()
  const daemons = Array.from({ length: count }, (_, at) =>
    startDaemon({ ...place, cloud, mode: 'observe', name: `${name}-${at + 1}`, shared: database.url }),
  )
  const store = await openPostgresStore({ place: database, ...realSeams() })
  try {
    await until('every node is known', async () => (await store.countNodes({ cloud: CLOUD })) === nodes)
    // Each that has nothing to do listens for wakes: all of them are at work.
    await until('every daemon is at work', async () => ((await store.replicas?.count()) ?? 0) >= count)
    await cloud.counts()
    await pause(QUIET_MS)
    const { requests: quietRequests } = await cloud.counts()
    return { size: count, quietRequests, ...(await wave({ cloud, store, daemons })) }
  } finally {
    for (const daemon of daemons) await daemon.stop()
    await store.close()
    await cluster.drop(made)
    await cloud.stop()
  }
}

type Wave = Omit<Shared, 'size' | 'quietRequests'>

async function wave({ cloud, store, daemons }: { cloud: PretendCloud; store: Store; daemons: readonly Daemon[] }): Promise<Wave> {
  const cpu = (): number => daemons.reduce((sum, daemon) => sum + daemon.cpuMs(), 0)
  const before = cpu()
  const failed = await cloud.fail()
  const began = Date.now()
  await until(
    'every failed node is decided on',
    async () => (await store.inForceTally()).reduce((sum, { count }) => sum + count, 0) >= failed,
  )
  const ended = Date.now()
  const { requests, polls } = await cloud.counts()
  const found = polls.find((at) => at >= began) ?? began
  return { failed, decidedMs: ended - found, requests, cpuMs: cpu() - before }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const began = Date.now(); Date.now() - began < PATIENCE_MS; await pause(50)) if (await isSo()) return
  throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s`)
}
