/** The pretend cloud's process as the drill has it: it is asked and answers. It is a file of this folder, so its answers are what these types say. */
import { z } from 'zod'
import type { Home, Login } from '../bench/bundled.ts'
import { startChild } from '../bench/child.ts'
import type { Broken, PromiseId } from '../src/simulator/promises.ts'
import type { Way } from './messages.ts'
import type { Said, Unheard } from './speaking.ts'
import type { SentRequest } from './stale.ts'
import type { Look } from './take-over.ts'

export type CloudNow = { marks: { uuid: string; mark: string }[]; failed: string[]; states: string[]; changes: number }

export type DrillVerdict = {
  broken: Broken[]
  checked: [PromiseId, number][]
  pushes: [string, number][]
  met: [string, number][]
  words: { said: number; failed: number }
  resets: { accepted: number; most: number }
  requests: number
  changes: number
  /** Requests that were lost because nobody could say whether they were allowed. */
  lost: number
  sent: SentRequest[]
  looks: Look[]
  said: Said
  /** Until the calm. */
  unheard: Unheard[]
}

export type DrillCloud = Login & {
  pid: number
  front(replica: number): Promise<number>
  show(replica: number, url: string): Promise<unknown>
  begin(how: { home: Home; databaseUrl: string; brokerUrl: string }): Promise<unknown>
  unleash(): Promise<unknown>
  life(replica: number, name: string): Promise<unknown>
  aim(at: { replica: number; step: string; pid: number; signal: 'SIGKILL' | 'SIGSTOP'; patienceMs: number }): Promise<number | null>
  claimant(replica: number): Promise<string | null>
  stands(replica: number, isStanding: boolean): Promise<unknown>
  died(replica: number, at: number): Promise<unknown>
  /** True once Ironic's exchange is there; false where it is not in time. */
  speaks(withinMs: number): Promise<boolean>
  /** What becomes of what is said from now on. */
  way(way: Way): Promise<unknown>
  calm(): Promise<unknown>
  now(): Promise<CloudNow>
  verdict(): Promise<DrillVerdict>
  stop(): Promise<void>
}

const whereSchema = z.object({ authUrl: z.string(), user: z.string(), password: z.string() })
const nothing = z.unknown()

export async function startDrillCloud(seed: number, nodes: number): Promise<DrillCloud> {
  const child = startChild(new URL('cloud.ts', import.meta.url), [String(seed), String(nodes)])
  return {
    ...(await child.ask('where', whereSchema)),
    pid: child.pid,
    front: (replica) => child.ask('front', z.number(), { replica }),
    show: (replica, url) => child.ask('show', nothing, { replica, url }),
    begin: (how) => child.ask('begin', nothing, how),
    unleash: () => child.ask('unleash', nothing),
    life: (replica, name) => child.ask('life', nothing, { replica, name }),
    aim: (at) => child.ask('aim', z.number().nullable(), at),
    claimant: (replica) => child.ask('claimant', z.string().nullable(), { replica }),
    stands: (replica, isStanding) => child.ask('stands', nothing, { replica, isStanding }),
    died: (replica, at) => child.ask('died', nothing, { replica, at }),
    speaks: (withinMs) => child.ask('speaks', z.boolean(), { withinMs }),
    way: (way) => child.ask('way', nothing, { way }),
    calm: () => child.ask('calm', nothing),
    now: () => child.ask('now', z.custom<CloudNow>()),
    verdict: () => child.ask('verdict', z.custom<DrillVerdict>()),
    stop: child.stop,
  }
}
