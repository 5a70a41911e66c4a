/**
 * A thousand readers of events, a part of whom never read: whether the others get every event and how soon, and what all of them cost the
 * daemon in memory and processor time. Words are said through the store, as the command line says them.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Store } from '../src/store/store.ts'
import { startChild } from './child.ts'
import { CLOUD, type Daemon } from './daemon.ts'

export type Heard = {
  readers: number
  slow: number
  /** Share of all events that came to a reader who reads; 1: each came to each. */
  delivered: number
  p50Ms: number
  p99Ms: number
  /** Bytes: without readers, with all of them, and the most ever while those who do not read were sent more than a kernel keeps. */
  memory: { before: number; connected: number; most: number }
  /** Of those who never read, how many were let go of. */
  letGo: number
  /** Of one core, with all of them connected and nothing to tell. */
  idle: number
}

type Wish = { address: string; store: Store; daemon: Daemon; readers: number; slow: number }

const WORDS = 20
const BETWEEN_MS = 500
/** What those who do not read are sent on top: this often so much. */
const LOADS = 40
const LOAD = 'x'.repeat(300_000)
/** A reader may leave an event unread for 10 s, and the hint for as long again (http/events.ts). */
const LET_GO_MS = 25_000
const IDLE_MS = 5_000

const arrivalsSchema = z.array(z.tuple([z.number(), z.array(z.number())]))

export async function measureReaders({ address, store, daemon, readers, slow }: Wish): Promise<Heard> {
  const { hostname, port } = new URL(address)
  const child = startChild(new URL('readers.ts', import.meta.url), [hostname, port])
  const quick = readers - slow
  try {
    const before = daemon.memory().rss
    await child.ask('open', z.number(), { count: slow, isSlow: true })
    await child.ask('open', z.number(), { count: quick, isSlow: false })
    await pause(1_000)
    const connected = daemon.memory().rss
    const idle = await shareOf(daemon)
    const latencies = await delivered(store, () => child.ask('arrivals', arrivalsSchema))
    await child.ask('close', z.unknown())
    await pause(1_000)
    const stuck = await stuckReaders({ store, daemon, slow, open: () => child.ask('open', z.number(), { count: slow, isSlow: true }) })
    const left = await child.ask('connected', z.number())
    return {
      readers,
      slow,
      delivered: latencies.length / (quick * WORDS),
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      memory: { before, connected, most: stuck },
      letGo: slow - left,
      idle,
    }
  } finally {
    await child.stop()
  }
}

async function shareOf(daemon: Daemon): Promise<number> {
  const before = daemon.cpuMs()
  const began = performance.now()
  await pause(IDLE_MS)
  return (daemon.cpuMs() - before) / (performance.now() - began)
}

/** How long each word took to each reader. */
async function delivered(store: Store, arrivals: () => Promise<[number, number[]][]>): Promise<number[]> {
  const [node] = await store.nodes({ cloud: CLOUD, limit: 1 })
  if (node === undefined) throw new Error('there is no node')
  const saidAt = new Map<number, number>()
  for (let word = 0; word < WORDS; word++) {
    saidAt.set(word, Date.now())
    await store.hold(node, { by: 'bench', why: `bench word ${String(word).padStart(6, '0')};` })
    await pause(BETWEEN_MS)
  }
  await pause(3_000)
  return (await arrivals()).flatMap(([word, at]) => at.map((came) => came - (saidAt.get(word) ?? came)))
}

/** The most memory while nobody of them reads. */
async function stuckReaders(o: { store: Store; daemon: Daemon; slow: number; open: () => Promise<number> }): Promise<number> {
  const [node] = await o.store.nodes({ cloud: CLOUD, limit: 1 })
  if (node === undefined) throw new Error('there is no node')
  await o.open()
  let most = 0
  const look = setInterval(() => {
    most = Math.max(most, o.daemon.memory().rss)
  }, 50)
  for (let load = 0; load < LOADS; load++) {
    await o.store.hold(node, { by: 'bench', why: `${load} ${LOAD}` })
    await pause(300)
  }
  await pause(LET_GO_MS)
  clearInterval(look)
  return most
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
