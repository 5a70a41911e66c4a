/**
 * Which row of the decision table (design; the table stands in docs/decision-table.md) a pass belongs to, read off what was observed and what
 * was decided. For counting only: which rows a simulation has reached. Rows 33 to 40 are of states that are not watched and have no pass.
 */
import type { Pass } from '../../controller/reconcile.ts'
import type { Cause, Reason } from '../../core/decision.ts'

type Seen = {
  state: string
  reason: Reason
  kind: string
  act: string | null
  cause: Cause | null
  hasInstance: boolean
  retired: boolean
  isUncleaned: boolean
  /** Nova's own word on the server of instance_uuid. */
  server: 'gone' | 'deleted' | 'error' | 'other' | null
}

type Row = { number: number; is: (seen: Seen) => boolean }

const inError = ({ state }: Seen): boolean => state === 'error'
const resets = (seen: Seen): boolean => inError(seen) && seen.act === 'reset'
const says =
  (...reasons: Reason[]) =>
  (seen: Seen): boolean =>
    reasons.includes(seen.reason)

const ROWS: readonly Row[] = [
  { number: 1, is: (s) => resets(s) && s.cause === 'bmc-unreachable' && says('bmc-answers', 'bmc-seen-by-ironic')(s) },
  { number: 2, is: (s) => inError(s) && says('bmc-silent', 'bmc-refusing')(s) },
  { number: 3, is: (s) => resets(s) && s.cause === 'api-unreachable' },
  { number: 4, is: (s) => inError(s) && s.reason === 'service-red' },
  { number: 5, is: (s) => resets(s) && s.cause === 'bmc-fault' },
  { number: 6, is: (s) => inError(s) && s.reason === 'credentials-refused' },
  { number: 7, is: (s) => inError(s) && s.reason === 'attempts-spent' },
  { number: 8, is: (s) => inError(s) && s.cause === 'unknown' && (s.act === 'reset' || says('bmc-unknown', 'last-resort')(s)) },
  { number: 9, is: (s) => inError(s) && s.cause === 'network-fabric' },
  { number: 10, is: (s) => inError(s) && s.cause === 'storage' },
  { number: 11, is: (s) => inError(s) && s.cause === 'config' && s.reason === 'needs-person' },
  { number: 12, is: (s) => inError(s) && (s.cause === 'locked' || s.reason === 'locked') },
  { number: 13, is: (s) => resets(s) && s.hasInstance && s.server === 'gone' },
  { number: 14, is: (s) => inError(s) && s.reason === 'waiting-for-nova' && s.server !== 'error' },
  { number: 15, is: (s) => inError(s) && s.reason === 'waiting-for-nova' && s.server === 'error' },
  { number: 16, is: (s) => inError(s) && s.reason === 'instance-may-live' },
  { number: 17, is: (s) => inError(s) && s.reason === 'nova-unreadable' },
  { number: 18, is: (s) => inError(s) && s.reason === 'maintenance-by-person' },
  { number: 19, is: (s) => inError(s) && s.reason === 'power-failure' },
  { number: 20, is: (s) => inError(s) && s.reason === 'quarantined' },
  { number: 21, is: (s) => inError(s) && s.isUncleaned && (s.act === 'reset' || s.reason === 'uncleaned') },
  { number: 22, is: (s) => inError(s) && s.retired && (s.act === 'reset' || s.reason === 'retired-uncleaned') },
  { number: 23, is: (s) => s.state === 'deleting' && says('transition', 'no-progress')(s) },
  { number: 24, is: (s) => s.state === 'deleting' && says('stuck-deleting', 'stuck-lock')(s) },
  { number: 25, is: (s) => s.state === 'clean failed' && s.act === 'recover-cleaning' },
  { number: 26, is: (s) => s.state === 'clean failed' && s.reason === 'other-fault' },
  { number: 27, is: (s) => s.state === 'clean failed' && s.reason === 'cleaning-failed' },
  { number: 28, is: (s) => s.state === 'clean failed' && s.reason === 'cleaning-by-person' },
  { number: 29, is: (s) => s.state === 'clean failed' && s.hasInstance },
  { number: 30, is: (s) => s.state === 'clean wait' && s.reason === 'transition' },
  { number: 31, is: (s) => s.state === 'clean wait' && says('maintenance-by-person', 'needs-person', 'no-progress')(s) },
  { number: 32, is: (s) => s.state === 'cleaning' && says('conductor-dead', 'stuck-lock', 'locked')(s) },
  { number: 41, is: (s) => s.state === 'cleaning' && (s.act === 'recover-cleaning' || s.reason === 'stranded-cleaning') },
  { number: 42, is: (s) => inError(s) && s.reason === 'dirty-port' },
]

export const ROW_NUMBERS: readonly number[] = ROWS.map(({ number }) => number)

/** Every row that the pass is an example of; mostly one. */
export function rowsOf({ observation, diagnosis, decision }: Pass): number[] {
  if (observation.node.kind !== 'known') return []
  const { provision_state, instance_uuid, retired, automated_clean } = observation.node.value
  const seen: Seen = {
    state: provision_state,
    reason: decision.reason,
    kind: decision.kind,
    act: decision.act,
    cause: diagnosis?.cause ?? null,
    hasInstance: instance_uuid !== null,
    retired,
    isUncleaned: automated_clean === false,
    server: serverOf(observation.tenant),
  }
  return ROWS.filter(({ is }) => is(seen)).map(({ number }) => number)
}

function serverOf(tenant: Pass['observation']['tenant']): Seen['server'] {
  if (tenant.kind !== 'known' || tenant.value.nova === 'standalone') return null
  const { byId, byNode } = tenant.value.nova
  if (byId === 'gone') return 'gone'
  const server = byId ?? byNode[0]
  if (server === undefined) return null
  if (server.status === 'DELETED') return 'deleted'
  return server.status === 'ERROR' ? 'error' : 'other'
}
