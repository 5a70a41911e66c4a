/**
 * A broker without sockets, for tests: whoever subscribes gets what is published from then on. It can be away, refuse, throw its subscribers out,
 * and it remembers what was taken and what was put aside.
 */
import { type Broker, BrokerError, type Subscribe, type Subscribed } from '../src/controller/broker.ts'

export type FakeBroker = {
  subscribe: Subscribe
  /** Hands the message to each subscriber; resolves when all have taken it or put it aside. */
  publish(body: Uint8Array | string): Promise<void>
  /** From now on nobody gets in, with this error; null: everybody does. */
  away(error: BrokerError | null): void
  /** Ends every subscription. */
  drop(why: string): void
  /** Every try to subscribe, in order. */
  tries: { host: string; what: Subscribed }[]
  taken: number
  putAside: number
}

export const unreachable = new BrokerError('unreachable', 'rabbit:5672: connect ECONNREFUSED')

export function fakeBroker(): FakeBroker {
  let error: BrokerError | null = null
  const subscribers = new Set<{ message: (body: Uint8Array) => Promise<boolean>; end: (why: string | null) => void }>()
  const broker: FakeBroker = {
    subscribe: async ({ host }: Broker, what, { message, signal }) => {
      broker.tries.push({ host, what })
      if (error !== null) throw error
      const closed = new Promise<string | null>((resolve) => {
        const one = {
          message,
          end: (why: string | null) => {
            subscribers.delete(one)
            resolve(why)
          },
        }
        subscribers.add(one)
        signal.addEventListener('abort', () => one.end(null))
      })
      return { closed }
    },
    publish: async (body) => {
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
      const answers = await Promise.all([...subscribers].map(({ message }) => message(bytes)))
      for (const isTaken of answers) broker[isTaken ? 'taken' : 'putAside'] += 1
    },
    away: (to) => {
      error = to
    },
    drop: (why) => {
      for (const one of [...subscribers]) one.end(why)
    },
    tries: [],
    taken: 0,
    putAside: 0,
  }
  return broker
}
