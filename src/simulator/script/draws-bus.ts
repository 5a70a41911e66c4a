/** What mischief draws of notifications beside everything else, on sites whose operator listens to them; from a stream of its own, as replicas are. */
import type { Random } from '../../core/seams.ts'
import { ROAD_TROUBLES } from '../message-bus.ts'
import { between, chance, pick } from '../seeded.ts'
import { spanWord } from './deed.ts'
import type { Scene } from './scene.ts'

const MINUTE = 60_000
const SECOND = 1_000

const MOST = 12

/** Lines of the next `ms`, each with how far into it. */
export function drawnOnBus(scene: Scene, random: Random, ms: number): { line: string; after: number }[] {
  const names = [...scene.cloud.state.nodes.values()].map(({ row }) => row.name ?? row.uuid)
  return Array.from({ length: between(random, 4, MOST) }, () => ({ line: drawnLine(random, names), after: between(random, 0, ms) }))
}

function drawnLine(random: Random, names: readonly string[]): string {
  const span = `for ${spanWord(between(random, 20 * SECOND, 10 * MINUTE))}`
  const kind = random()
  if (kind < 0.5) {
    const share = chance(random, 0.5) ? ` share=${between(random, 10, 80)}%` : ''
    return `notifications ${pick(random, ROAD_TROUBLES)}${share} ${span}`
  }
  if (kind < 0.6) return `message-bus away ${span}`
  if (kind < 0.7) return 'message-bus drops'
  return `rumour ${pick(random, names)} ${pick(random, ['error', 'error', 'deleting', 'available'])}`
}
