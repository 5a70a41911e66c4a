/**
 * The road between operator and simulated cloud over real sockets: the product's own transport on one side, a real server on the other.
 * Virtual time stands still while bytes are on the way and moves only when every request lies with the cloud, so that what happens is what
 * would happen in process, and no test waits for a clock on the wall. Datagrams stay in process.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { type Transport, TransportError } from '../src/core/seams.ts'
import { realSeams } from '../src/seams.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import { PREFIXES } from '../src/simulator/delivery.ts'
import { serveCloud } from '../src/simulator/serve.ts'
import type { VirtualClock } from '../src/simulator/virtual-clock.ts'

export type Road = {
  transport: Transport
  /** Puts a cloud behind a server of its own, to which its addresses then lead. */
  serve(cloud: SimulatedCloud): Promise<void>
  /** Moves virtual time until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>
  close(): Promise<void>
}

/** While a service hangs the transport would really wait for its whole timeout; it waits so many ms, and the timeout passes in virtual time. */
const PATIENCE_MS = 2_000

const GIVE_UP_MS = 86_400_000
/** After so many in which nothing came, each next one waits a moment. */
const TURNS = 200

export function roadOverHttp(clock: VirtualClock): Road {
  const seams = realSeams()
  const stops: (() => Promise<void>)[] = []
  const clouds: SimulatedCloud[] = []
  const hangs = () => clouds.some(({ faults }) => Object.values(PREFIXES).some((service) => faults.current(service)?.kind === 'hang'))
  let underWay = 0
  let withCloud = 0
  return {
    transport: async (request) => {
      const { sendBy, ...rest } = request
      const left = sendBy === undefined ? {} : { sendBy: performance.now() + sendBy - clock.monotonic() }
      const answerTimeoutMs = hangs() ? PATIENCE_MS : request.answerTimeoutMs
      underWay += 1
      try {
        return await seams.transport({ ...rest, ...left, answerTimeoutMs })
      } catch (error) {
        if (error instanceof TransportError && error.message.includes(`within ${PATIENCE_MS} ms`)) {
          underWay -= 1
          await clock.sleep(request.answerTimeoutMs)
          underWay += 1
          throw new TransportError(error.phase, error.message.replace(`${PATIENCE_MS} ms`, `${request.answerTimeoutMs} ms`))
        }
        throw error
      } finally {
        underWay -= 1
      }
    },
    serve: async (cloud) => {
      clouds.push(cloud)
      const deliver: SimulatedCloud['deliver'] = async (request) => {
        withCloud += 1
        return await cloud.deliver(request).finally(() => {
          withCloud -= 1
        })
      }
      const served = await serveCloud({ ...cloud, deliver }, { host: '127.0.0.1', port: 0 })
      stops.push(served.stop)
    },
    run: async (promise) => {
      let isSettled = false
      const settle = () => {
        isSettled = true
      }
      promise.then(settle, settle)
      const limit = clock.now() + GIVE_UP_MS
      let turns = 0
      while (!isSettled) {
        // Bytes on loopback take a few turns of the event loop; only where a service hangs is it longer, and no reason to spin.
        if (++turns > TURNS) await setTimeout(1)
        else await setImmediate()
        if (clock.now() > limit) throw new Error(`nothing within ${GIVE_UP_MS} ms of virtual time settles what is awaited`)
        if (isSettled || underWay !== withCloud) continue
        turns = 0
        await clock.step()
      }
      return await promise
    },
    close: async () => {
      await seams.close()
      for (const stop of stops) await stop()
    },
  }
}
