/**
 * What the replicas hear, read off their own figures (`/metrics`) every two seconds: whether their queue is consumed, how many notifications
 * were heard, and how many nodes woken. A replica that does not answer just then is asked the next time. Nothing is judged here.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Replica } from './replicas.ts'

export type Heard = { at: number; replica: number; life: string; isUp: boolean; heard: number; woken: number }

export type Ears = { samples: Heard[]; stop(): Promise<void> }

const EVERY_MS = 2_000
/** On a machine whose cores are taken an answer was seen to take seconds. */
const ANSWER_MS = 6_000

export function listenBy(replicas: readonly Replica[]): Ears {
  const samples: Heard[] = []
  let isOver = false
  const listen = async (replica: Replica): Promise<void> => {
    while (!isOver) {
      const found = await sampleOf(replica)
      if (found !== null) samples.push(found)
      await pause(EVERY_MS)
    }
  }
  const working = Promise.all(replicas.map(listen))
  return {
    samples,
    stop: async () => {
      isOver = true
      await working
    },
  }
}

/** Null where it does not answer: it is away, stands still, or is cut off from what its figures come from. */
async function sampleOf({ index, life, metricsPort }: Replica): Promise<Heard | null> {
  if (life === null || life.end() !== null) return null
  const at = Date.now()
  const asking = fetch(`http://127.0.0.1:${metricsPort}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) })
  const text = await asking.then(
    (answer) => answer.text(),
    () => null,
  )
  if (text === null || life.end() !== null) return null
  return { at, replica: index, life: life.name, ...figuresIn(text) }
}

/** Of Prometheus' text format. */
export function figuresIn(text: string): Pick<Heard, 'isUp' | 'heard' | 'woken'> {
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'gm'))].reduce((all, [, count]) => all + Number(count), 0)
  return {
    isUp: sum('anneal_ironic_notifications_up') > 0,
    heard: sum('anneal_ironic_notifications_heard_total'),
    woken: sum('anneal_ironic_notifications_woken_total'),
  }
}
