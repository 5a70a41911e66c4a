/**
 * PostgreSQL under operators on a simulated cloud. The server answers in real time, so virtual time stands still for as long as any of them waits
 * for it: then what happens is what would happen with a database that answers at once.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { clockByHand } from '../../src/store/database-clock.ts'
import type { PostgresPlace } from '../../src/store/database-place.ts'
import { postgresStoreOver } from '../../src/store/store.ts'
import type { SimHome } from '../sim-operator.ts'

/** After so many turns in which no answer came, each next one waits a moment. */
const TURNS = 50
const GIVE_UP_MS = 86_400_000

/** `as`: the same database, opened by another version of Anneal than this one. */
type SharedHome = SimHome & { as(storeOver: typeof postgresStoreOver): SimHome }

export function simHome(place: PostgresPlace): SharedHome {
  let asked = 0
  /** Pages of a census are asked of the cloud, in virtual time, while the store waits for them. */
  const resting = (given: unknown): unknown => (isPages(given) ? restingPages(given) : given)
  async function* restingPages(pages: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    asked -= 1
    for await (const page of pages) {
      asked += 1
      yield page
      asked -= 1
    }
    asked += 1
  }
  const counted = <T extends object>(of: T): T =>
    new Proxy(of, {
      get: (target, name) => {
        const found: unknown = Reflect.get(target, name)
        if (typeof found === 'object' && found !== null) return counted(found)
        if (typeof found !== 'function' || name === 'close' || name === 'onWake') return found
        return async (...given: unknown[]) => {
          asked += 1
          try {
            return await Reflect.apply(found, target, given.map(resting))
          } finally {
            asked -= 1
          }
        }
      },
    })
  const settle = async (): Promise<void> => {
    let turns = 0
    do {
      if (++turns > TURNS) await setTimeout(1)
      else await setImmediate()
    } while (asked > 0)
  }
  const as = (storeOver: typeof postgresStoreOver): SimHome => ({
    clock: (under) => standingStill(under, settle),
    open: async ({ clock, newId, random }) => {
      asked += 1
      try {
        return counted(await storeOver({ place, name: 'anneal test' }, { clock, newId, random, timeOf: async () => clockByHand(clock) }))
      } finally {
        asked -= 1
      }
    },
  })
  return { ...as(postgresStoreOver), as }
}

const isPages = (given: unknown): given is AsyncIterable<unknown> =>
  typeof given === 'object' && given !== null && Symbol.asyncIterator in given

function standingStill(under: VirtualClock, settle: () => Promise<void>): VirtualClock {
  const step = async () => {
    await settle()
    return await under.step()
  }
  const advanceTo = async (time: number): Promise<void> => {
    for (;;) {
      await settle()
      const next = under.next()
      if (next === null || next > time) break
      await under.step()
    }
    await under.advanceTo(time)
    await settle()
  }
  return {
    ...under,
    settle,
    step,
    advanceTo,
    advance: (ms) => advanceTo(under.now() + ms),
    run: async (promise, withinMs = GIVE_UP_MS) => {
      const limit = under.now() + withinMs
      let isSettled = false
      const mark = () => {
        isSettled = true
      }
      promise.then(mark, mark)
      for (;;) {
        await settle()
        if (isSettled) return await promise
        const next = under.next()
        if (next === null || next > limit) throw new Error(`nothing within ${withinMs} ms of virtual time settles what is awaited`)
        await under.step()
      }
    },
  }
}
