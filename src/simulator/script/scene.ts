/**
 * Where deeds are done: the cloud, the judges who are told of every hand and word, the operator under test as people and fate can reach it,
 * and what is to end by itself. It keeps the record of all that was done, which played again gives the same history.
 */
import type { SimulatedCloud } from '../cloud.ts'
import type { Fault } from '../faults.ts'
import type { Judges, Outage } from '../judges.ts'
import type { MessageBus } from '../message-bus.ts'
import type { ServiceSlug, SimNode } from '../world.ts'
import { type Deed, readLine, spanWord } from './deed.ts'

/** At which moment of its next write the operator dies: `now`, or after so many of the awaits that follow an intent's commit. */
export type DyingAt = 'now' | number

/** What people say to the operator and what befalls its process and its machine: whoever runs the operator knows how. */
export type ToOperator = {
  hold(uuid: string): Promise<void>
  unhold(uuid: string): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  retry(uuid: string): Promise<void>
  /** A person's no to what one of the cases asks, where any asks something. */
  reject(): Promise<void>
  release(uuid: string): Promise<void>
  /** What a notification or a person does: the node is looked at soon. */
  wake(uuid: string): Promise<void>
  /** A person says that the last census counted rightly. */
  believeCensus(): Promise<void>
  /** It dies; started again after `ms`. `died` is called as it does, which may never be. */
  crash(at: DyingAt, ms: number, died: () => void): void
  /** It stands still wherever it is, as on SIGSTOP, and goes on after `ms`. */
  freeze(ms: number): void
  jumpClock(ms: number): void
  /** A second one, for one sweep over the same store. */
  sweepBeside(): void
  /**
   * A second daemon on the same store, for `ms`. `policy`: what its policy has otherwise; that one is in force from its start on, until the
   * first is begun anew once the second has ended.
   */
  replica(ms: number, policy: Record<string, unknown> | null): void
  /** A daemon of the next version joins and brings the store up to date; the older one stands beside it for `ms`, and is stopped then. */
  upgrade(ms: number): void
  /** Whether what is written to the database finds no room. */
  fillDisk(isFull: boolean): void
}

/** Between which two steps of the operator a deed falls: nobody can look closer than that. */
export const NODE_MOMENTS = ['after-commit', 'before-mark', 'before-verb', 'before-quarantine'] as const
export const MOMENTS = [...NODE_MOMENTS, 'before-blazar'] as const
export type Moment = (typeof MOMENTS)[number]

export type Scene = {
  cloud: SimulatedCloud
  judges: Judges
  operator: ToOperator
  /** By which the operator hears Ironic's notifications; null where it listens to none. */
  bus: MessageBus | null
  /** Done at the operator's next request of that kind, on that request's node, which the line calls `@`. */
  ambushes: { moment: Moment; line: string }[]
  /** Lines that are done when everything else is put right, and hold through the calm: what stays broken. */
  staying: string[]
  /** Put right at a virtual time, or at the calm, whichever comes first. */
  later(ms: number, undo: () => void, text?: string): void
  /** Requests to a service that fail even on a usual day. */
  usual: Map<ServiceSlug, Fault>
  /** The service is back to its usual noise. */
  quiet(service: ServiceSlug): void
  /** By name or uuid; null where the cloud has no such node (any more). */
  node(name: string): SimNode | null
  /** Does what the line says, now; false where nothing fitting stood there. What follows from another line by itself is not `kept` in the record. */
  perform(line: string, kept?: boolean): boolean
  /** Everything done so far, with when; and how often each name was. */
  done: { at: number; text: string; kept: boolean }[]
  counts: Map<string, number>
  /** How often what waits for a moment (`ambush`, `stays`, `crash`) came to something, by the name under which it was announced. */
  sprung: Map<string, number>
  /** Lives that died while they wrote, by the number of the await behind their intent. */
  diedAt: Map<number, number>
  /** Everything that was to end by itself ends now. */
  endAll(): void
  /** So it does, but for what lines like these began. */
  endAllBut(kept: RegExp): void
}

export function sceneOver(on: {
  cloud: SimulatedCloud
  judges: Judges
  operator: ToOperator
  bus: MessageBus | null
  deeds: ReadonlyMap<string, Deed>
}): Scene {
  const { cloud } = on
  const { clock } = cloud.state
  const undoing = new Map<() => void, string>()
  let isOver = false
  const scene: Scene = {
    ...on,
    ambushes: [],
    staying: [],
    usual: new Map(),
    done: [],
    counts: new Map(),
    sprung: new Map(),
    diedAt: new Map(),
    later: (ms, undo, text = '') => {
      const once = (): void => {
        if (undoing.delete(once)) undo()
      }
      undoing.set(once, text)
      clock.after(ms, once)
    },
    quiet: (service) => {
      const usual = scene.usual.get(service)
      if (usual === undefined || isOver) cloud.faults.clear(service)
      else cloud.faults.set(service, usual)
    },
    node: (name) => cloud.state.names.get(name) ?? cloud.state.nodes.get(name) ?? null,
    perform: (line, kept = true) => {
      const { text, name, does, lasts } = readLine(line, on.deeds)
      const done = does(scene)
      if (done === null) return false
      if (done.undo !== null && lasts !== null) scene.later(lasts, done.undo, text)
      scene.done.push({ at: clock.now(), text, kept })
      scene.counts.set(name, (scene.counts.get(name) ?? 0) + 1)
      return true
    },
    endAll: () => {
      isOver = true
      for (const undo of [...undoing.keys()]) undo()
    },
    endAllBut: (kept) => {
      for (const [undo, text] of [...undoing]) if (!kept.test(text)) undo()
    },
  }
  return scene
}

/** Springs the first ambush that waits for this moment. */
export function spring(scene: Scene, moment: Moment, uuid: string): void {
  const at = scene.ambushes.findIndex((one) => one.moment === moment)
  if (at < 0) return
  const [found] = scene.ambushes.splice(at, 1)
  if (found === undefined) return
  const line = found.line.replaceAll('@', scene.cloud.state.nodes.get(uuid)?.row.name ?? uuid)
  if (scene.perform(line, false)) sprang(scene, `ambush ${moment}`)
}

/** The moment that a deed of this name waited for has come. */
export function sprang({ sprung }: Scene, name: string): void {
  sprung.set(name, (sprung.get(name) ?? 0) + 1)
}

/** Larger shares are an outage of a kind; smaller ones are what happens on a usual day. */
export const NOISE_MOST = 0.1

/** More than the usual noise meets the service's requests. */
export function isAway(scene: Scene, service: ServiceSlug): boolean {
  const current = scene.cloud.faults.current(service)
  return current !== null && (current.share ?? 1) > NOISE_MOST
}

/** A service that is away altogether, as the judges must know it. */
export function outage(scene: Scene, service: ServiceSlug, seenBy: Outage['seenBy']): Outage {
  const found: Outage = { service, seenBy, from: scene.cloud.state.clock.now(), to: null }
  scene.judges.bench.outages.push(found)
  return found
}

/** The record as lines of a scenario, with the time between them and after the last. */
export function recordOf(scene: Scene, { from, to }: { from: number; to: number }): string[] {
  let at = from
  const until = (next: number): string[] => {
    const waited = next - at
    at = next
    return waited > 0 ? [`advance ${spanWord(waited)}`] : []
  }
  const lines = scene.done.filter(({ kept }) => kept).flatMap((one) => [...until(one.at), one.text])
  return [...lines, ...until(to)]
}
