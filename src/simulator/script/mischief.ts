/**
 * What goes wrong in a simulated history: one line of a scenario after another, drawn from a seed at times drawn from it. It ends in a calm
 * in which everything that can be well is well again; what people said stays said.
 */
import type { Random } from '../../core/seams.ts'
import type { FaultKind } from '../faults.ts'
import { deleteServer } from '../nova.ts'
import { between, chance, pick } from '../seeded.ts'
import { SERVICES } from '../world.ts'
import { spanWord } from './deed.ts'
import { ambush, DRAWS, type Drawn, drawnOf } from './draws.ts'
import { blazarAtFirst, drawnInBlazar, gapInBlazar } from './draws-blazar.ts'
import { drawnOnBus } from './draws-bus.ts'
import { drawnReplicas } from './draws-replicas.ts'
import { type Scene, sprang } from './scene.ts'

/** A canary's 45 minutes and the ramp after it fall into the longer ones; the slower the lines, the more is sent between them. */
const LAST_LULL = { low: 5 * 60_000, high: 60 * 60_000, slower: 2 }

/** On average; some 450 lines an hour. */
const MEAN_GAP_MS = 8_000
const MINUTE = 60_000

/** Even on a usual day of a storm some requests fail; larger shares are lines of their own. Three storms of four have noise. */
const NOISE: readonly FaultKind[] = ['503', '500', '502', 'latency', 'lost-reply', '429', 'cut']

function drawnNoise(random: Random): string[] {
  if (!chance(random, 0.75)) return []
  return SERVICES.map(
    (service) =>
      `noise ${service} ${pick(random, NOISE)} share=${(1 + random() * 9).toFixed(1)}% late=${spanWord(between(random, 200, 3_000))}`,
  )
}

/** `beside`: draws what befalls a Blazar, where there is one. `replicas`: draws which ones join, where any do. `onBus`: draws what befalls notifications, where there are any. `often`: lines that are performed each minute besides what is drawn. */
export type Storm = {
  ms: number
  isEnough: () => boolean
  beside: Random
  replicas: Random | null
  onBus: Random | null
  often: readonly string[]
}

/**
 * Goes on for `ms` of virtual time and through a last long lull, or until `isEnough` says so after a line. Lines are performed between the events of the clock, never in
 * the middle of one, so that the record of them played again gives the same history.
 */
export async function storm(scene: Scene, random: Random, { ms, isEnough, beside, replicas, onBus, often }: Storm): Promise<void> {
  const { clock } = scene.cloud.state
  const stormEnds = clock.now() + ms
  const end = stormEnds + between(random, LAST_LULL.low, LAST_LULL.high)
  for (const line of [...drawnNoise(random), ...drawnStaying(random)]) scene.perform(line)
  const hasBlazar = scene.cloud.state.blazar !== null
  for (const line of hasBlazar ? blazarAtFirst(scene, beside) : []) scene.perform(line)
  const joining = replicas === null ? [] : drawnReplicas(replicas, end - clock.now())
  const heard = onBus === null ? [] : drawnOnBus(scene, onBus, end - clock.now())
  let later = [...joining, ...heard].map(({ line, after }) => ({ at: clock.now() + after, line }))
  const gap = (): number => Math.ceil(-Math.log(1 - random()) * MEAN_GAP_MS)
  let drawAt = clock.now() + gap()
  let besideAt = hasBlazar ? clock.now() + gapInBlazar(beside) : Number.POSITIVE_INFINITY
  let oftenAt = often.length > 0 ? clock.now() + MINUTE : Number.POSITIVE_INFINITY
  let isLull = false
  let turnsAt = Math.min(stormEnds, clock.now() + between(random, 3, 12) * MINUTE)
  while (!isEnough()) {
    const at = Math.min(drawAt, besideAt, turnsAt, oftenAt, ...later.map((one) => one.at))
    if (at > end) break
    await clock.advanceTo(at)
    for (const { line } of later.filter((one) => one.at <= at)) scene.perform(line)
    later = later.filter((one) => one.at > at)
    if (at >= turnsAt) {
      const isLast = at >= stormEnds
      isLull = isLast || !isLull
      if (isLull) scene.perform('lull')
      const lasts = (isLull ? between(random, 4, 10) : between(random, 5, 15)) * MINUTE
      turnsAt = isLast ? Number.POSITIVE_INFINITY : Math.min(stormEnds, clock.now() + lasts)
    }
    if (at >= oftenAt) {
      oftenAt = at + MINUTE
      for (const line of often) scene.perform(line)
    }
    const slower = at >= stormEnds ? LAST_LULL.slower : 1
    const due: Drawn[] = []
    if (at >= besideAt) {
      besideAt = clock.now() + gapInBlazar(beside) * slower
      due.push(drawnInBlazar(scene, beside))
    }
    if (at >= drawAt) {
      drawAt = clock.now() + gap() * slower
      due.push(isLull ? drawnInLull(scene, random) : drawnOf(DRAWS, random).draw(scene, random))
    }
    for (const { line, after } of due.flatMap(linesIn)) {
      if (isLull && WHOLE_CLOUD.test(line)) continue
      if (after === 0) scene.perform(line)
      else later.push({ at: at + after, line })
    }
  }
  if (!isEnough()) await clock.advanceTo(end)
}

/**
 * Where everything is away nothing is sent, and what sends nothing is not put to the test. So storms have lulls, in which what waited is
 * sent at last: then things happen to single nodes, and between the requests to them; what only conductors miss looks well from here.
 */
const WHOLE_CLOUD =
  /^(service \S+ (?!lost-reply|409|no-worker|limit)(?!.* seen=conductors)|service keystone|conductor|route|redact|rack|disk-full|pause)/

const drawnInLull = (scene: Scene, random: Random): Drawn =>
  chance(random, 0.25) ? ambush(scene, random) : drawnOf(DRAWS, random).draw(scene, random)

/** What one draw comes to; nothing where nothing fitting stood there. */
export function drawnLines(scene: Scene, random: Random): { line: string; after: number }[] {
  return linesIn(drawnOf(DRAWS, random).draw(scene, random))
}

const linesIn = (drawn: Drawn): { line: string; after: number }[] =>
  typeof drawn === 'string' ? [{ line: drawn, after: 0 }] : (drawn ?? [])

/** So many BMCs stay dead for good. */
const DEAD_BMCS = 2

/** Everything that was to end ends now; conductors run, BMCs answer but for the dead ones, tenants' tools try until it works. */
export async function calm(scene: Scene): Promise<void> {
  const { cloud, judges, operator } = scene
  const { clock, nodes, conductors, servers } = cloud.state
  scene.done.push({ at: clock.now(), text: 'calm', kept: false })
  scene.ambushes.length = 0
  scene.endAll()
  cloud.faults.clearAll()
  cloud.faults.route = 'open'
  for (const outage of judges.bench.outages) outage.to ??= clock.now()
  for (const { host } of conductors.values()) cloud.people.startConductor(host)
  let dead = 0
  for (const node of nodes.values()) {
    if (node.bmc.mode === 'ok') continue
    dead += node.bmc.mode === 'silent' ? 1 : 0
    if (node.bmc.mode !== 'silent' || dead > DEAD_BMCS) cloud.people.bmc(node.row.uuid, 'ok')
  }
  for (const node of nodes.values()) node.cleaning = 'ok'
  for (const server of servers.values()) {
    if (!server.deleted && server.status === 'ERROR' && server.actions.at(-1)?.action === 'delete')
      deleteServer(cloud.state, server, 'deleting')
  }
  judges.bench.calmAt = clock.now()
  await operator.resume()
}

/** What was to stay broken is broken now, with everything else well. True where there is such a thing. */
export function keepBroken(scene: Scene): boolean {
  const lines = scene.staying.splice(0)
  for (const line of lines) if (scene.perform(line, false)) sprang(scene, 'stays')
  return lines.length > 0
}

const STAYING: readonly string[] = [
  'service neutron down',
  'service neutron 503 seen=conductors',
  'service nova 503',
  'service placement unreachable',
  'service cinder down',
  'conductor conductor-1 dies',
  'route swallowed',
  'route no-route',
  'rack 1 silent',
  'rack 2 refusing',
  'redact admin history',
  'history-late 10m',
]

/** In one history of three some things stay broken while the rest heals. */
function drawnStaying(random: Random): string[] {
  if (!chance(random, 1 / 3)) return []
  const lines = Array.from({ length: between(random, 1, 2) }, () => pick(random, STAYING) ?? '')
  return [...new Set(lines)].map((line) => `stays ${JSON.stringify(line)}`)
}
