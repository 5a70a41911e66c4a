/**
 * What is on record about a node's leases: Blazar's part of the newest observation that was kept. It asks nobody, so it is as old as it says.
 */
import type { BlazarHostSeen, BlazarKind, BlazarSeen, LeaseSeen } from '../core/observation.ts'
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
}

/** What it asks for of a host is in the observation; here it says nothing to anybody. */
export type ShownLease = Omit<LeaseSeen, 'reservation'>

/** null: the cloud has no Blazar, or it is left out, or nothing was kept of this node. */
export function shownBlazar(last: StoredObservation | null): ShownBlazar | null {
  // Kept by an older version it lacks this reading.
  const seen: Reading<BlazarSeen> | undefined = last?.observation.blazar
  if (seen === undefined || seen.kind === 'absent') return null
  const at = timeOrNull(last?.observation.at ?? null)
  if (seen.kind === 'unknown') return { at, unknown: seen.reason, kind: null, host: null, leases: [], total: 0 }
  const { kind, host, leases, total } = seen.value
  return { at, unknown: null, kind, host, leases: leases.map(shownLease), total }
}

/** With dates that say that they are UTC. */
const shownLease = ({ reservation: _, ...lease }: LeaseSeen): ShownLease => ({
  ...lease,
  start_date: timeOrNull(parseTime(lease.start_date)),
  end_date: timeOrNull(parseTime(lease.end_date)),
})
