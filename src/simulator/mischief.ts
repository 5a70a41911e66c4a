/**
 * What goes wrong in a simulated history: BMCs, services, conductors, tenants, people, a foreign script, and the operator's own process
 * and clock, one push after another at times drawn from a seed. It ends in a calm in which everything that can be well is well again; what
 * people said stays said. The judges are told of every hand and word, so that they know what to hold the operator to.
 */
import type { Random } from '../core/seams.ts'
import type { SimulatedCloud } from './cloud.ts'
import { chance, pick } from './drawn-site.ts'
import type { Fault, FaultKind } from './faults.ts'
import type { Judges } from './judges.ts'
import { deleteServer } from './nova.ts'
import { PUSHES, type Push } from './pushes.ts'
import { between } from './seeded.ts'
import type { ServiceSlug, SimNode } from './world.ts'

/** What people say to the operator and what befalls its process: whoever runs the operator knows how. */
export type ToOperator = {
  hold(uuid: string): Promise<void>
  unhold(uuid: string): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  retry(uuid: string): Promise<void>
  release(uuid: string): Promise<void>
  /** It dies within a moment, wherever it is, or at its next changing request; started again after `ms`. */
  crash(at: 'now' | 'before-request' | 'after-answer', ms: number): void
  jumpClock(ms: number): void
  /** A second one, for one sweep over the same store. */
  sweepBeside(): void
}

export type Scene = {
  cloud: SimulatedCloud
  judges: Judges
  random: Random
  operator: ToOperator
  /** What has ended by itself by then is put right: called at a virtual time, or at the calm, whichever comes first. */
  later(ms: number, undo: () => void): void
  /** The service is back to its usual noise. */
  quiet(service: ServiceSlug): void
  one(which: (node: SimNode) => boolean): SimNode | undefined
}

export type Mischief = {
  /** How often each push was made, by its name. */
  counts: Map<string, number>
  /** Everything that was to end ends now; conductors run, BMCs answer but for the dead ones. */
  calm(): Promise<void>
}

/** On average; some 450 pushes an hour. */
const MEAN_GAP_MS = 8_000
/** So many BMCs stay dead for good. */
const DEAD_BMCS = 2

/** Even on a usual day of a storm some requests fail; larger shares are pushes of their own. */
export const NOISE_MOST = 0.1
const NOISE: readonly FaultKind[] = ['503', '500', '502', 'latency', 'lost-reply']

/** Three storms of four have noise on every service. */
function drawnNoise(random: Random): Map<ServiceSlug, Fault> {
  const services: readonly ServiceSlug[] = chance(random, 0.75)
    ? ['keystone', 'ironic', 'nova', 'neutron', 'placement', 'glance', 'cinder']
    : []
  return new Map(
    services.map((service) => {
      const kind = pick(random, NOISE) ?? '503'
      return [service, { kind, share: (1 + random() * 9) / 100, ms: between(random, 200, 3_000), seenBy: 'clients' as const }]
    }),
  )
}

/** `gapMs`: between two pushes on average; `pushes`: others than all there are. */
type Setting = { cloud: SimulatedCloud; judges: Judges; random: Random; operator: ToOperator; gapMs?: number; pushes?: readonly Push[] }

/** Begins at once and goes on until `calm`. */
export function mischief(on: Setting): Mischief {
  const { cloud, random, gapMs = MEAN_GAP_MS, pushes = PUSHES } = on
  const { clock, nodes } = cloud.state
  const counts = new Map<string, number>()
  const undoing = new Set<() => void>()
  let over = false
  const noise = drawnNoise(random)
  for (const [service, fault] of noise) cloud.faults.set(service, fault)
  const scene: Scene = {
    ...on,
    later: (ms, undo) => {
      const once = (): void => {
        if (undoing.delete(once)) undo()
      }
      undoing.add(once)
      clock.after(ms, once)
    },
    quiet: (service) => {
      const usual = noise.get(service)
      if (usual === undefined || over) cloud.faults.clear(service)
      else cloud.faults.set(service, usual)
    },
    one: (which) => pick(random, [...nodes.values()].filter(which)),
  }
  const next = (): void => {
    clock.after(Math.ceil(-Math.log(1 - random()) * gapMs), () => {
      if (over) return
      next()
      const drawn = drawnPush(random, pushes)
      const name = drawn.push(scene)
      if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1)
    })
  }
  next()
  return {
    counts,
    calm: async () => {
      over = true
      for (const undo of undoing) undo()
      cloud.faults.clearAll()
      cloud.faults.route = 'open'
      for (const outage of on.judges.bench.outages) outage.to ??= clock.now()
      for (const { host } of cloud.state.conductors.values()) cloud.people.startConductor(host)
      let dead = 0
      for (const node of nodes.values()) {
        if (node.bmc.mode === 'ok') continue
        dead += node.bmc.mode === 'silent' ? 1 : 0
        if (node.bmc.mode !== 'silent' || dead > DEAD_BMCS) cloud.people.bmc(node.row.uuid, 'ok')
      }
      for (const node of nodes.values()) node.cleaning = 'ok'
      // Tenants' tools try until it works.
      for (const server of cloud.state.servers.values()) {
        if (!server.deleted && server.status === 'ERROR' && server.actions.at(-1)?.action === 'delete')
          deleteServer(cloud.state, server, 'deleting')
      }
      await on.operator.resume()
    },
  }
}

/** Each as often as it weighs. */
function drawnPush(random: Random, pushes: readonly Push[]): Push {
  let left = random() * pushes.reduce((sum, { weight }) => sum + weight, 0)
  for (const push of pushes) {
    left -= push.weight
    if (left < 0) return push
  }
  throw new Error('the weights of the pushes do not add up')
}
