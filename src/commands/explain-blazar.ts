/**
 * What is on record about a node's leases: Blazar's part of the newest observation that was kept. It asks nobody, so it is as old as it says.
 */
import type { HeldLease, Memory } from '../core/case.ts'
import { missingOf } from '../core/leases.ts'
import type { BlazarHostSeen, BlazarKind, BlazarSeen, LeaseSeen, Observation } from '../core/observation.ts'
import type { Reading } from '../core/reading.ts'
import { parseTime } from '../core/when.ts'
import type { StoredObservation } from '../store/observations.ts'
import { timeOrNull } from './node-report.ts'

export type ShownBlazar = {
  /** When it was seen. */
  at: string | null
  /** Why nothing is known; null: it is. */
  unknown: string | null
  kind: BlazarKind | null
  /** null: Blazar does not know the node. */
  host: BlazarHostSeen | null
  /** Running then, or beginning within 7 days, the soonest first; of `total`. Dates are RFC 3339. */
  leases: ShownLease[]
  total: number
  /** Taken from the node while its case was open. */
  lost: LostLease[]
}

/** What it asks for of a host is in the observation; here it says nothing to anybody. */
export type ShownLease = Omit<LeaseSeen, 'reservation'>

/** `status` is Blazar's word of it since then, or `gone`; `hosts` are Blazar's ids of what its reservation has now. */
export type LostLease = ShownLease & { lostAt: string | null; hosts: string[] }

/** null: the cloud has no Blazar, or it is left out, or nothing was kept of this node. */
export function shownBlazar(last: StoredObservation | null, { leases: held = [] }: Pick<Memory, 'leases'>): ShownBlazar | null {
  // Kept by an older version it lacks this reading.
  const seen: Reading<BlazarSeen> | undefined = last?.observation.blazar
  if (seen === undefined || seen.kind === 'absent') return null
  const at = timeOrNull(last?.observation.at ?? null)
  if (seen.kind === 'unknown') return { at, unknown: seen.reason, kind: null, host: null, leases: [], total: 0, lost: [] }
  const { kind, host, leases, total } = seen.value
  const lost = held.map((lease) => lostLease(lease, last?.observation)).filter((lease) => lease !== null)
  return { at, unknown: null, kind, host, leases: leases.map(shownLease), total, lost }
}

function lostLease({ host_id: _, lostAt, ...lease }: HeldLease, seen: Observation | undefined): LostLease | null {
  const missing = seen === undefined ? null : missingOf(seen, lease)
  if (lostAt === null || missing === null) return null
  return { ...shownLease(lease), status: missing.status, lostAt: timeOrNull(lostAt), hosts: missing.hosts }
}

/** With dates that say that they are UTC. */
const shownLease = ({ reservation: _, ...lease }: LeaseSeen): ShownLease => ({
  ...lease,
  start_date: timeOrNull(parseTime(lease.start_date)),
  end_date: timeOrNull(parseTime(lease.end_date)),
})
