/**
 * Does what the schedule says, lane beside lane, and writes down what is asked about in the end: who was lost holding what, who stood still,
 * when the database was away. Whatever a deed broke is whole again when it is over.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { brokerDeed, messagesDeed } from './deed-broker.ts'
import { clockDeed } from './deed-clock.ts'
import { policyDeed } from './deed-policy.ts'
import { bringUp, type Drill, killLife, livingOf, noteLoss, replicaOf, strike } from './in-hand.ts'
import { PEERS } from './peers.ts'
import { type Deed, deedText, type Planned, type Schedule } from './schedule.ts'

/** Resolves when every lane is through and everything is whole again; where one fails, the others come to their end first. After `ms` begins what must be done alone. */
export async function perform(drill: Drill, { lanes }: Schedule, ms: number): Promise<void> {
  const until = Date.now() + ms
  const turns = turnsOf(drill.replicas.length)
  const ends = await Promise.allSettled(lanes.map((lane) => walk(drill, { lane, turns, until })))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

async function walk(drill: Drill, { lane, turns, until }: { lane: readonly Planned[]; turns: Turns; until: number }): Promise<void> {
  for (const { gapMs, deed, isMust } of lane) {
    if (Date.now() > until && !isMust) return
    await pause(gapMs)
    const free = await turns.take(replicasOf(deed))
    drill.say(deedText(deed))
    bump(drill.record.counts, countedAs(deed))
    await does(drill, deed)
    free()
  }
}

function countedAs(deed: Deed): string {
  if (deed.kind === 'partition') return `road to the ${deed.peer} ${deed.how}`
  return 'replica' in deed ? deed.kind : `${deed.kind} ${deed.how}`
}

type Turns = { take(replicas: readonly number[]): Promise<() => void> }

/** Two lanes never have the same replica in hand. All that a deed needs is waited for in one order, so that no two wait for each other. */
function turnsOf(replicas: number): Turns {
  const last = Array.from({ length: replicas }, () => Promise.resolve())
  return {
    take: async (wanted) => {
      const frees: (() => void)[] = []
      for (const replica of wanted.toSorted((a, b) => a - b)) {
        const before = last[replica]
        const { promise, resolve } = Promise.withResolvers<void>()
        last[replica] = promise
        frees.push(resolve)
        await before
      }
      return () => {
        for (const free of frees) free()
      }
    },
  }
}

function replicasOf(deed: Deed): number[] {
  if (!('replica' in deed)) return []
  return deed.kind === 'policy' ? [deed.replica, deed.after] : [deed.replica]
}

function does(drill: Drill, deed: Deed): Promise<void> {
  switch (deed.kind) {
    case 'kill':
      return killDeed(drill, deed)
    case 'pause':
      return pauseDeed(drill, deed)
    case 'partition':
      return partitionDeed(drill, deed)
    case 'database':
      return databaseDeed(drill, deed)
    case 'broker':
      return brokerDeed(drill, deed)
    case 'messages':
      return messagesDeed(drill, deed)
    case 'policy':
      return policyDeed(drill, deed)
    case 'clock':
      return clockDeed(drill, deed)
    default:
      return deed satisfies never
  }
}

async function killDeed(drill: Drill, { replica, aim, awayMs }: Extract<Deed, { kind: 'kill' }>): Promise<void> {
  await killLife(drill, replicaOf(drill, replica), aim)
  await pause(awayMs)
  await bringUp(drill, replicaOf(drill, replica), 'usual')
}

async function pauseDeed(drill: Drill, deed: Extract<Deed, { kind: 'pause' }>): Promise<void> {
  const replica = replicaOf(drill, deed.replica)
  const life = livingOf(drill, replica)
  if (life === null) return
  const { at, wasAimed } = await strike(drill, { replica, life, aim: deed.aim, signal: 'SIGSTOP' })
  const loss = await noteLoss(drill, { replica, life, kind: 'pause', at })
  await drill.cloud.stands(replica.index, true)
  await pause(Math.max(0, at + deed.ms - Date.now()))
  const to = Date.now()
  loss.until = to
  process.kill(life.pid, 'SIGCONT')
  drill.record.stood.push({ life: life.name, from: at, to, isLong: deed.isLong, atMark: wasAimed && deed.aim === 'mark' })
  drill.record.obstacles.push({ replica: replica.index, from: at, to, isBroker: false })
  await drill.cloud.stands(replica.index, false)
}

async function partitionDeed(drill: Drill, { replica, peer, how, ms }: Extract<Deed, { kind: 'partition' }>): Promise<void> {
  const road = replicaOf(drill, replica).roads.get(peer)
  const isMemory = PEERS.some((one) => one.name === peer && one.isMemory) && how !== 'slow'
  road?.set(how === 'slow' ? { is: 'slow', ms: SLOW_MS } : { is: how })
  if (isMemory) await drill.cloud.stands(replica, true)
  const from = Date.now()
  await pause(ms)
  road?.set({ is: 'open' })
  // A slow road is no obstacle, and the cloud's does not lead to the broker.
  if (how !== 'slow' && peer !== 'cloud') drill.record.obstacles.push({ replica, from, to: Date.now(), isBroker: peer === 'broker' })
  if (isMemory) await drill.cloud.stands(replica, false)
}

/** Each way. A mark's answer and the verb after it take the road together three times, and the judges count 2 s from one to the other. */
const SLOW_MS = 300

async function databaseDeed({ server, record }: Drill, { how, ms }: Extract<Deed, { kind: 'database' }>): Promise<void> {
  const from = Date.now()
  if (how === 'pause') await server.freeze(ms)
  else {
    await server.cluster.stop(how)
    await pause(ms)
    await server.cluster.start()
  }
  const to = Date.now()
  record.away.push({ from, to })
  // What is heard is counted once it is written.
  record.obstacles.push({ replica: null, from, to, isBroker: false })
}

const bump = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)
