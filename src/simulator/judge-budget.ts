/**
 * The budgets as they are seen from outside: how often, how soon and how many side by side, at each reset that Ironic accepts. Starts in an hour
 * and one at a time on a thing that nodes have in common are not asked: both are lifted in an incident, and what the operator takes for one
 * is its own word.
 */
import { DAY, MINUTE, SECOND } from '../core/policy.ts'
import type { Bench, OnNode, Sent } from './judges.ts'
import { REPAIR_STATES, UNNOTICED_MS } from './promises.ts'
import type { SimNode } from './world.ts'

/** One year is as long as anything is remembered here. */
const windowOf = ({ policy }: Bench): number =>
  Math.min(policy.resets.window === 'lifetime' ? Number.POSITIVE_INFINITY : policy.resets.window, 365 * DAY)

export function judgeBudget(bench: Bench, node: SimNode, sent: Sent): void {
  const { policy } = bench
  const known = bench.onNode(node.row.uuid)
  const say = (what: string): void => bench.accuse('S6', { node: node.row.uuid, what, sent: known.sent })
  bench.check('S6')
  const window = windowOf(bench)
  known.resets = [...known.resets.filter((at) => sent.wall - at < window), sent.wall]
  // A person's `retry` lifts the budget and the pacing for one reset, however many there were and whoever is in flight.
  if (sent.lifted) return
  const spent = known.resets.length + marksOfOthers(known, sent, window)
  if (spent > policy.resets.max) say(`reset ${spent} of ${policy.resets.max} in the window`)
  const early = tooEarly(bench, known, sent)
  if (early !== null) say(early)
  const others = [...bench.nodes].filter(
    ([uuid, one]) => uuid !== node.row.uuid && isInFlight(bench, { uuid, known: one, now: sent.entry.left }),
  )
  const inCloud = placesOf(bench)
  if (others.length + 1 > inCloud) say(`${others.length + 1} nodes in flight, ${inCloud} are allowed`)
  const ofClass = others.filter(([uuid]) => bench.world.nodes.get(uuid)?.row.resource_class === node.row.resource_class)
  const inClass = placesOfClass(bench, node)
  if (ofClass.length + 1 > inClass)
    say(`${ofClass.length + 1} nodes of the class ${node.row.resource_class} in flight, ${inClass} are allowed`)
}

/** Resets that others noted down, as they stood when the mark's reply was made. */
function marksOfOthers(known: OnNode, { entry, wall }: Sent, window: number): number {
  const marks = entry.before?.marks
  if (!Array.isArray(marks) || entry.at - known.handAt <= UNNOTICED_MS) return 0
  const times = marks
    .filter((text) => typeof text === 'string' && !known.intents.some(({ intent }) => intent.mark === text))
    .map((text) => Date.parse(/Z$/.test(text) ? text : `${text}Z`))
  // The window is a minute shorter here, because the decision was made some time before.
  return times.filter((at) => at >= known.countsFrom && at > wall - window + MINUTE && at <= wall).length
}

/** What was reset before by others may have made its spacing another one, which is not shorter than the shortest of those that are left. */
function tooEarly({ policy: { spacing }, jumped }: Bench, known: OnNode, { entry }: Sent): string | null {
  const from = Math.min(known.resets.length, spacing.length) - 1
  const least = Math.min(...spacing.slice(Math.max(from, 0)))
  // Of one that somebody else moved on meanwhile this is no failure's time.
  if (entry.before?.provision_state !== 'error') return null
  const after = entry.left - Date.parse(String(entry.before.provision_updated_at))
  if (!(after + jumped < least - SECOND)) return null
  return `reset ${known.resets.length} came ${Math.round(after / SECOND)} s after the failure, ${least / SECOND} s are to lie between`
}

/** Switching a machine off takes longer than this (2.15 s in the lab); only one that is off already makes its place free again within it. */
const STAMPEDE_MS = 2 * SECOND

/** After a storm everything that waited may go at once: no more may begin within a moment than there are places. */
export function judgeResuming(bench: Bench, node: SimNode, sent: Sent): void {
  if (bench.calmAt === null || sent.lifted) return
  bench.check('L2')
  const { left } = sent.entry
  const isUnderWay = ({ uuid, at }: Bench['resumed'][number]): boolean =>
    left - at < STAMPEDE_MS && REPAIR_STATES.includes(bench.world.nodes.get(uuid)?.row.provision_state ?? '')
  bench.resumed = [...bench.resumed.filter(isUnderWay), { uuid: node.row.uuid, at: left }]
  if (bench.resumed.length > placesOf(bench))
    bench.accuse('L2', {
      node: node.row.uuid,
      what: `${bench.resumed.length} resets in ${STAMPEDE_MS / SECOND} s after the storm`,
      sent: [sent],
    })
}

const placesOf = ({ policy, world }: Bench): number =>
  Math.max(2, Math.min(Math.floor(policy.inFlight.cloudShare * world.nodes.size), policy.inFlight.cloudMax))

/** A node that was removed since the operator last counted may have been one of them. */
function placesOfClass({ policy, world, classes }: Bench, { row }: SimNode): number {
  const now = [...world.nodes.values()].filter((one) => one.row.resource_class === row.resource_class).length
  const nodes = Math.max(now, classes.get(row.resource_class) ?? 0)
  return Math.max(1, Math.min(Math.floor(policy.inFlight.classShare * nodes), policy.inFlight.classMax))
}

/** From the accepted reset until it left repair, or was seen to stand still. */
function isInFlight(bench: Bench, { uuid, known, now }: { uuid: string; known: OnNode; now: number }): boolean {
  const row = bench.world.nodes.get(uuid)?.row
  const last = known.sent.findLast(({ step, entry }) => (step === 'deleted' || step === 'provide') && entry.effect !== null)
  // One more than the places went for whom a person lifted them, and whoever was decided on in that moment did not know.
  if (row === undefined || last === undefined || last.lifted || !REPAIR_STATES.includes(row.provision_state)) return false
  return known.outOfRepairAt <= last.entry.at && !standsStill(bench, { row, since: last.entry.at, now })
}

/**
 * What has not moved for a quarter of an hour is stranded and holds no place any more; no more does what has not moved for the policy's `progress`, and it
 * takes none when it moves on.
 */
export function standsStill({ policy, latest }: Bench, { row, since, now }: { row: SimNode['row']; since: number; now: number }): boolean {
  const movedAt = Math.max(since, Date.parse(row.provision_updated_at ?? ''))
  // Its time is told by the operator's clock, which may have been ahead for a while.
  return Math.max(now, latest) - movedAt >= Math.min(15 * MINUTE, policy.progress) - 30 * SECOND
}
