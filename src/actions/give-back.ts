/**
 * The act `give-back`: a pending lease from which Blazar's monitor took the node is made to look for a host once more, by the properties that it always
 * had. It is the only change that is ever made to a user's lease, and everything about it is read anew right before.
 */
import type { BlazarPart, Intent } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import { parseTime } from '../core/when.ts'
import type { HostReservation } from '../openstack/blazar.ts'
import { type ActWorld, answered, notSent, READ_LIVES_MS, readAsDecided, stopped } from './deciding-read.ts'
import { outcomeOfBlazar } from './outcome.ts'
import { partOf } from './shield.ts'

export async function giveBack(world: ActWorld, intent: Intent): Promise<Outcome> {
  const { host_id, lease: wanted } = partOf(intent)
  if (wanted === null) throw new Error(`intent ${intent.id} gives back no lease`)
  const read = await readAsDecided(world, intent)
  if ('reason' in read) return notSent(`Nothing was sent: ${read.reason}.`)
  const lease = await world.blazar.lease(wanted.id)
  if (lease === 'gone') return { kind: 'accepted', reason: `Blazar was sent nothing: lease ${wanted.id} is not there any more.` }
  if (lease === 'withheld') return notSent(`Nothing was sent: Blazar does not show lease ${wanted.id} to this credential.`)
  const start = parseTime(lease.start_date)
  const end = parseTime(lease.end_date)
  if (lease.status !== 'PENDING' || start === null || end === null)
    return notSent(`Nothing was sent: lease ${wanted.id} is ${lease.status}, and only one that is PENDING is given its node back.`)
  const { answer: allocations, since: at } = await answered(world.clock, world.blazar.allocations())
  const has = [...allocations.values()].flat().find((one) => one.reservation_id === wanted.reservation.id)
  if (has !== undefined) return { kind: 'accepted', reason: `Blazar was sent nothing: lease ${wanted.id} has host ${has.host_id}.` }
  const mine = allocations.get(host_id)
  if (mine === undefined) return notSent(`Nothing was sent: Blazar has no host ${host_id} any more.`)
  const other = mine.find((one) => isMeanwhile(one, { start, end }))
  if (other !== undefined) return notSent(`Nothing was sent: host ${host_id} belongs to lease ${other.lease_id} then.`)
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Nothing was sent: ${stop}.`)
  const what = `host ${host_id} for lease ${wanted.id}`
  return world.blazar.reserveAgain(wanted.id, wanted.reservation, { sendBy: at + READ_LIVES_MS }).then(
    () => readBack(world, { host_id, lease: wanted }, what),
    (error: unknown) => outcomeOfBlazar(error, what),
  )
}

function isMeanwhile(one: HostReservation, { start, end }: { start: number; end: number }): boolean {
  return (parseTime(one.start_date) ?? Number.NEGATIVE_INFINITY) < end && (parseTime(one.end_date) ?? Number.POSITIVE_INFINITY) > start
}

/** A lease without properties of its own may have been given any host; that is as good, and it is said which. */
async function readBack(
  world: ActWorld,
  { lease }: Pick<BlazarPart, 'host_id'> & { lease: NonNullable<BlazarPart['lease']> },
  what: string,
): Promise<Outcome> {
  return world.blazar.allocations().then(
    (allocations): Outcome => {
      const has = [...allocations.values()].flat().find((one) => one.reservation_id === lease.reservation.id)
      if (has === undefined) return { kind: 'unknown', reason: `Blazar accepted ${what}, but its allocations do not show it.` }
      return {
        kind: 'accepted',
        reason: `Blazar gave host ${has.host_id} to lease ${lease.id}. Its \`degraded\` stays true: no code of Blazar's resets it.`,
      }
    },
    (error: unknown): Outcome => ({ ...outcomeOfBlazar(error, `${what}, read back`), kind: 'unknown' }),
  )
}
