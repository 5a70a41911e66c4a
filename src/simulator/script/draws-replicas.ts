/**
 * What mischief draws of replicas beside everything else: one with another policy, and the next version of the operator, which joins and
 * takes over; now and then just between two requests of the other. From a stream of its own, so that most histories have the storm that they always had.
 */
import type { Random } from '../../core/seams.ts'
import { between, chance, pick } from '../seeded.ts'
import { spanWord } from './deed.ts'
import { NODE_MOMENTS } from './scene.ts'

const MINUTE = 60_000

const MOST = 4

/** None allows more than the site's own, by which the judges go. */
const POLICIES: readonly object[] = [
  { mode: 'observe' },
  { resets: { max: 1 } },
  { inFlight: { cloudMax: 1 } },
  { look: 2 * MINUTE, uncleaned: 'human' },
]

/** Lines of the next `ms`, each with how far into it. */
export function drawnReplicas(random: Random, ms: number): { line: string; after: number }[] {
  return Array.from({ length: between(random, 1, MOST) }, () => {
    const span = `span=${spanWord(between(random, 20_000, 15 * MINUTE))}`
    const line = chance(random, 0.6) ? `replica ${span} policy=${JSON.stringify(pick(random, POLICIES))}` : `upgrade ${span}`
    const moment = chance(random, 0.5) ? `ambush ${pick(random, NODE_MOMENTS)} ` : null
    return { line: moment === null ? line : `${moment}${JSON.stringify(line)}`, after: between(random, 0, ms) }
  })
}
