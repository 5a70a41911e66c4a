/**
 * The processes beside the daemon as the trial has them: the pretend cloud with its judges, and the examiner. Each is asked and answers;
 * both are files of this folder, so their answers are what these types say.
 */
import { z } from 'zod'
import type { Home, Login } from '../bench/bundled.ts'
import { startChild } from '../bench/child.ts'
import type { Broken, PromiseId } from '../src/simulator/promises.ts'
import type { IntentRow, LeftBehind } from './database.ts'
import type { Step } from './landed.ts'
import type { RequestPlan } from './plan.ts'

/** What the cloud saw of a life that is over. */
export type Seen = {
  /** When the cloud killed it; null where it did not. */
  killedAt: number | null
  hasPolled: boolean
  requests: number
  steps: Step[]
  reads: { left: number; answeredAt: number | null }[]
  marks: { uuid: string; mark: string }[]
  /** Nodes that have been failed for so long that a case must be open. */
  failed: string[]
}

export type Now = Pick<Seen, 'marks' | 'failed'> & { personal: string[]; changes: number }

export type Verdict = {
  broken: Broken[]
  checked: [PromiseId, number][]
  pushes: [string, number][]
  met: [string, number][]
  words: { said: number; failed: number }
  resets: number
  mostInFlight: number
  requests: number
  changes: number
}

export type Cloud = Login & {
  begin(how: { home: Home; isQuiet: boolean }): Promise<unknown>
  life(life: { name: string; startedAt: number; pid: number; plan: RequestPlan | null }): Promise<unknown>
  over(): Promise<Seen>
  died(left: { unsettled: readonly IntentRow[]; persons: readonly string[] }): Promise<unknown>
  calm(): Promise<unknown>
  now(): Promise<Now>
  verdict(): Promise<Verdict>
  stop(): Promise<void>
}

export type Examiner = { examine(copy: string, folder: string): Promise<LeftBehind>; stop(): Promise<void> }

const whereSchema = z.object({ authUrl: z.string(), user: z.string(), password: z.string() })
const nothing = z.unknown()

export async function startCloud(seed: number, nodes: number): Promise<Cloud> {
  const child = startChild(new URL('cloud.ts', import.meta.url), [String(seed), String(nodes)])
  return {
    ...(await child.ask('where', whereSchema)),
    begin: (how) => child.ask('begin', nothing, how),
    life: (life) => child.ask('life', nothing, life),
    over: () => child.ask('over', z.custom<Seen>()),
    died: (left) => child.ask('died', nothing, left),
    calm: () => child.ask('calm', nothing),
    now: () => child.ask('now', z.custom<Now>()),
    verdict: () => child.ask('verdict', z.custom<Verdict>()),
    stop: child.stop,
  }
}

export function startExaminer(): Examiner {
  const child = startChild(new URL('examiner.ts', import.meta.url), [])
  return { examine: (copy, folder) => child.ask('examine', z.custom<LeftBehind>(), { copy, folder }), stop: child.stop }
}
