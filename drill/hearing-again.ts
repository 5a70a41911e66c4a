/**
 * How long it took after the broker or the road to it had come back until a replica heard again, and until a failure that nobody could hear of
 * was looked at all the same; pure. Where something else is in the way just then, time begins when that is over, too; where something comes in
 * the way meanwhile, nothing is told.
 */
import type { Heard } from './ears.ts'
import type { Unheard } from './speaking.ts'
import { type Look, overlap, type Span } from './take-over.ts'

/** What kept a replica from hearing (null: all of them); `isBroker`: afterwards it is to hear again. */
export type Obstacle = Span & { replica: number | null; isBroker: boolean }

/** `ms` null: it did not hear again, although nothing stood in its way for `withinMs`. */
export type HeardAgain = { replica: number; life: string; from: number; ms: number | null }

/** One for each end of such an obstacle and each replica that lived through it. */
export function heardAgain(samples: readonly Heard[], obstacles: readonly Obstacle[], withinMs: number): HeardAgain[] {
  const replicas = [...new Set(samples.map(({ replica }) => replica))]
  return obstacles
    .filter(({ isBroker }) => isBroker)
    .flatMap((obstacle) =>
      replicas
        .filter((replica) => obstacle.replica === null || obstacle.replica === replica)
        .flatMap((replica) => againOf(replica, obstacle, { samples, obstacles, withinMs })),
    )
}

function againOf(
  replica: number,
  { from, to: backAt }: Obstacle,
  o: { samples: readonly Heard[]; obstacles: readonly Obstacle[]; withinMs: number },
): HeardAgain[] {
  const own = o.samples.filter((one) => one.replica === replica)
  const inItsWay = o.obstacles.filter((one) => one.replica === null || one.replica === replica)
  const to = freeFrom(backAt, inItsWay)
  const before = own.findLast(({ at }) => at <= from)
  const first = own.find(({ at }) => at > to)
  if (before === undefined || first === undefined || before.life !== first.life) return []
  const after = own.filter(({ at, life }) => at > to && life === first.life)
  const last = own.findLast(({ at, life }) => at <= to && life === first.life) ?? before
  const again = after.find(({ isUp, heard }) => isUp && heard > last.heard)
  const told = { replica, life: first.life, from: to }
  if (again !== undefined && again.at - to <= o.withinMs) return [{ ...told, ms: again.at - to }]
  const next = Math.min(...inItsWay.filter((one) => one.from > to).map((one) => one.from), after.at(-1)?.at ?? to)
  return next - to < o.withinMs ? [] : [{ ...told, ms: again === undefined ? null : again.at - to }]
}

/** The first moment from then on at which none of them lasts. */
function freeFrom(at: number, obstacles: readonly Span[]): number {
  const longer = obstacles.find(({ from, to }) => from <= at && to > at)
  return longer === undefined ? at : freeFrom(longer.to, obstacles)
}

/** `ms` null: nobody looked at it. */
export type Seen = Unheard & { ms: number | null }

/** From a failure to the first look at the node; time in which the database was away counts for nobody. */
export function seenAnyway(unheard: readonly Unheard[], looks: readonly Look[], away: readonly Span[]): Seen[] {
  const once = new Map(unheard.map((one) => [`${one.uuid} ${one.at}`, one]))
  return [...once.values()].map((one) => {
    const times = looks.filter(({ uuid, at }) => uuid === one.uuid && at > one.at).map(({ at }) => at)
    const at = times.length === 0 ? null : Math.min(...times)
    return { ...one, ms: at === null ? null : at - one.at - overlap({ from: one.at, to: at }, away) }
  })
}
