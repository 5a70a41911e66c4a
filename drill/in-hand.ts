/**
 * A drill in hand: what it works on, what it remembers, and how a life is lost: struck at once or at a request, with what it held written down,
 * and the judges told. Deeds are made of this; which, and when, is not known here.
 */
import { killIfAlive } from '../crash/trigger.ts'
import type { DrillCloud } from './beside.ts'
import type { BrokerServer } from './broker.ts'
import type { Books } from './database.ts'
import type { Obstacle } from './hearing-again.ts'
import type { PausableServer } from './pausable-server.ts'
import { type DaemonLife, type PolicyName, type Replica, startLife } from './replicas.ts'
import type { AimedAt } from './schedule.ts'
import type { StoodStill } from './stale.ts'
import type { Loss, Span } from './take-over.ts'

/** What there is to remember of a drill. */
export type DrillRecord = {
  losses: Loss[]
  stood: (StoodStill & { isLong: boolean; atMark: boolean })[]
  /** The database. */
  away: Span[]
  obstacles: Obstacle[]
  counts: Map<string, number>
  /** What was seen to be wrong while it happened. */
  findings: string[]
  /** What a replica with a wrong clock did. */
  clocks: { how: string; life: string; did: string; from: number }[]
  /** What was asked of overruled replicas, and whether they said so. */
  overruled: { life: string; said: boolean }[]
}

export type Drill = {
  cloud: DrillCloud
  server: PausableServer
  broker: BrokerServer
  books: Books
  /** As anybody at its server reaches it. */
  databaseUrl: string
  replicas: readonly Replica[]
  record: DrillRecord
  /** By how much bounds of time are to be stretched on this machine. */
  stretch(): number
  say(doing: string): void
}

export const newRecord = (): DrillRecord => ({
  ...{ losses: [], stood: [], away: [], obstacles: [], counts: new Map(), findings: [] },
  ...{ clocks: [], overruled: [] },
})

export function replicaOf({ replicas }: Pick<Drill, 'replicas'>, index: number): Replica {
  const found = replicas[index]
  if (found === undefined) throw new Error(`there is no replica ${index}`)
  return found
}

/** Ends the life in hand, writes down what it held, and tells the judges. */
export async function killLife(drill: Drill, replica: Replica, aim: AimedAt = null): Promise<void> {
  const life = livingOf(drill, replica)
  if (life === null) return
  const at = await strike(drill, { replica, life, aim, signal: 'SIGKILL' })
  await noteLoss(drill, { replica, life, kind: 'kill', at: at.at })
  await life.ended
  await drill.cloud.died(replica.index, at.at)
}

/** Null where it has ended by itself, which is said. */
export function livingOf({ record }: Drill, { life, index }: Replica): DaemonLife | null {
  const end = life?.end() ?? null
  if (life === null || end === null) return life
  record.findings.push(`replica ${index} (${life.name}) ended by itself with ${end.code ?? end.signal}: ${life.log().slice(-500)}`)
  return null
}

/** How long something to aim at is waited for. */
const AIM_MS = 15_000

type Strike = { replica: Replica; life: DaemonLife; aim: AimedAt; signal: 'SIGKILL' | 'SIGSTOP' }

export async function strike({ cloud }: Drill, { replica, life, aim, signal }: Strike): Promise<{ at: number; wasAimed: boolean }> {
  const { pid } = life
  const fired = aim === null ? null : await cloud.aim({ replica: replica.index, step: aim, pid, signal, patienceMs: AIM_MS })
  if (fired !== null) return { at: fired, wasAimed: true }
  const at = Date.now()
  if (signal === 'SIGKILL') killIfAlive(pid)
  else process.kill(pid, signal)
  return { at, wasAimed: false }
}

/** What it held is not known where the database is away just now: then only the next poll is asked for. */
export async function noteLoss(
  { cloud, books, record }: Drill,
  o: { replica: Replica; life: DaemonLife; kind: Loss['kind']; at: number },
): Promise<Loss> {
  const claimant = await cloud.claimant(o.replica.index)
  const held = claimant === null ? [] : await books.heldBy(claimant).catch(() => [])
  const loss: Loss = { life: o.life.name, kind: o.kind, at: o.at, until: null, held }
  record.losses.push(loss)
  return loss
}

/** Starts it and waits until it is at work; where that takes too long it is said, and the drill goes on. */
export async function bringUp({ cloud, record }: Drill, replica: Replica, policy: PolicyName): Promise<DaemonLife> {
  const { life, isAtWork } = await startLife(replica, cloud, policy)
  if (!isAtWork) record.findings.push(`${life.name} was not at work in time: ${life.log().slice(-500)}`)
  return life
}
