/**
 * A replica's own way into the pretend cloud: an HTTP server whose requests are known to be this replica's, and whose catalog names its own end of
 * the road. Before a changing request is served, the judges are told of its intent; where the database could not be asked, the request is
 * lost on the way, because nobody could say afterwards whether it was allowed. Here a signal is sent at the very request that it is aimed at.
 */
import { killIfAlive } from '../crash/trigger.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import type { Delivered, Plain } from '../src/simulator/delivery.ts'
import { stepOf } from '../src/simulator/promises.ts'
import { type Served, serveCloud } from '../src/simulator/serve.ts'
import type { Books } from './database.ts'
import type { Life, LookingOn } from './looking-on.ts'

type Aim = { step: string; pid: number; signal: 'SIGKILL' | 'SIGSTOP'; fired: (at: number) => void }

export type Front = {
  port: number
  showAs(url: string): void
  /** Null: nobody comes through it just now. */
  life: Life | null
  aim: Aim | null
  /** Changing requests that were lost because the database could not be asked. */
  lost: number
  stop(): Promise<void>
}

export async function openFront(cloud: SimulatedCloud, on: { watch: () => LookingOn | null; books: () => Books }): Promise<Front> {
  let shown = cloud.state.baseUrl
  const inside = cloud.state.baseUrl
  const deliver = async (request: Plain): Promise<Delivered> => {
    const { life } = front
    const watch = on.watch()
    if (life === null || watch === null) return 'refused'
    const change = changeOf(request, inside)
    if (change !== null) {
      // The verb follows its mark, whose intent has been told.
      const isTold = change.step === 'deleted' || (await watch.read(change.uuid, life))
      if (!isTold) {
        front.lost += 1
        return 'lost'
      }
      fire(front, change.step)
    } else if (life.claimant === null) learnClaimant(life, on.books(), request)
    watch.sends(life)
    const delivered = await cloud.deliver(request)
    if (typeof delivered === 'string') return delivered
    const translated = (text: string): string => text.replaceAll(inside, shown)
    const headers = Object.fromEntries(Object.entries(delivered.headers).map(([name, value]) => [name, translated(value)]))
    return { ...delivered, headers, text: translated(delivered.text) }
  }
  // Its BMCs are served already.
  const view = { ...cloud, state: { ...cloud.state, nodes: new Map() }, moveTo: () => {}, deliver }
  const served: Served = await serveCloud(view, { host: '127.0.0.1', port: 0 })
  const front: Front = {
    port: Number(new URL(served.url).port),
    showAs: (url) => {
      shown = url
    },
    life: null,
    aim: null,
    lost: 0,
    stop: served.stop,
  }
  return front
}

/** The node that the request would change; null for reads, logins and what is about no node. */
function changeOf({ method, url, body }: Plain, inside: string): { uuid: string; step: string | null } | null {
  if (method === 'GET' || method === 'HEAD') return null
  const path = url.slice(inside.length).replace(/^\/baremetal/, '')
  const uuid = /^\/v1\/nodes\/([^/?]+)/.exec(path)?.[1]
  if (uuid === undefined) return null
  return { uuid, step: stepOf({ method, path, body: body ? JSON.parse(body) : null }) }
}

function fire(front: Front, step: string | null): void {
  const { aim } = front
  if (aim === null || aim.step !== step) return
  front.aim = null
  const at = Date.now()
  if (aim.signal === 'SIGKILL') killIfAlive(aim.pid)
  else process.kill(aim.pid, aim.signal)
  aim.fired(at)
}

/** Whose claims these are nobody says: it is read off the first node that a life looks at, which it has claimed. */
function learnClaimant(life: Life, books: Books, { url }: Plain): void {
  const uuid = /\/baremetal\/v1\/nodes\/([0-9a-f-]{36})$/.exec(url)?.[1]
  if (uuid === undefined) return
  books.claimantOf(uuid).then(
    (claimant) => {
      life.claimant ??= claimant
    },
    () => undefined,
  )
}
