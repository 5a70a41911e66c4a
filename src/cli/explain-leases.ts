/**
 * The lines of `anneal explain` about reservations: whether Blazar lends the node, and who has it when. Words only.
 */
import type { LostLease, ShownBlazar, ShownLease } from '../commands/explain-blazar.ts'
import type { BlazarHostSeen } from '../core/observation.ts'
import { plain } from './paint.ts'
import { relative } from './print.ts'

/** Indented below a heading of their own. */
export function leaseLines(blazar: ShownBlazar, now: number): string[] {
  const { unknown, host, leases, total, lost } = blazar
  if (unknown !== null) return [`  Not known: ${plain(unknown)}.`]
  if (host === null) return ['  Blazar does not know the node, so nobody can reserve it there.', ...lost.map(lostLine)]
  const more = total - leases.length
  return [
    hostLine(host),
    ...(total === 0 ? ['  No lease now or within 7 days.'] : leases.map((lease) => leaseLine(lease, now))),
    ...(more > 0 ? [`  And ${more} more within 7 days.`] : []),
    ...lost.map(lostLine),
  ]
}

const SHADOWED = 'whether it is reservable is hidden by a capability of that name'

function hostLine({ id, reservable, disabled }: BlazarHostSeen): string {
  const lent = reservable === null ? SHADOWED : reservable ? 'reservable' : 'not reservable'
  return `  Host ${plain(id)}: ${lent}${disabled === true ? ', disabled' : ''}.`
}

function leaseLine(lease: ShownLease, now: number): string {
  return `  ${spanOf(lease)} (${whenOf(lease, now)}): ${leaseOf(lease)}.`
}

function lostLine(lease: LostLease): string {
  const has = lease.hosts.length === 0 ? 'no node in its place' : `Blazar's host ${plain(lease.hosts.join(', '))} instead`
  const now = lease.status === 'gone' ? 'it is deleted' : `it has ${has}`
  return `  ${spanOf(lease)}: taken from the node by ${lease.lostAt}, ${now}: ${leaseOf(lease)}.`
}

const spanOf = ({ start_date, end_date }: ShownLease): string =>
  `${start_date ?? 'an unreadable start'} to ${end_date ?? 'an unreadable end'}`

function leaseOf({ id, status, project_id, user_id }: ShownLease): string {
  const whose =
    project_id === null ? 'of a project that this credential may not see' : `of project ${plain(project_id)}, user ${plain(user_id ?? '?')}`
  return `lease ${plain(id)}${status === null || status === 'gone' ? '' : `, ${plain(status)}`}, ${whose}`
}

function whenOf({ start_date, end_date }: Pick<ShownLease, 'start_date' | 'end_date'>, now: number): string {
  if (end_date !== null && Date.parse(end_date) <= now) return 'over by now'
  return start_date !== null && Date.parse(start_date) > now ? `begins ${relative(start_date, now)}` : 'running'
}
