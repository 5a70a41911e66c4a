/**
 * A case compared with the other nodes of its cloud, so that a reader sees "only this node" or "all of them". It counts what the database
 * knows, and says what it cannot know: a node's switch, BMC network, rack and conductor are on record only once it has failed.
 */
import type { Cause } from '../core/decision.ts'
import type { KeyKind, Keys } from '../core/fleet.ts'
import { HOUR, MINUTE } from '../core/policy.ts'
import type { CaseView } from '../store/case-row.ts'
import type { BegunCase } from '../store/peers.ts'
import type { Records } from '../store/records.ts'
import { timeOrNull } from './node-report.ts'

/** What hangs on one thing fails within minutes of it; Ironic's own timeouts stretch that to some tens of them. */
const WINDOW_MS = HOUR

/** In the order in which a person would ask. */
const SHARED = ['switch', 'bmc-network', 'rack', 'conductor'] as const satisfies readonly KeyKind[]
export const SHARED_WORDS: Record<(typeof SHARED)[number] | 'resource_class' | 'cloud', string> = {
  switch: 'switch',
  'bmc-network': 'BMC network',
  rack: 'rack',
  conductor: 'conductor',
  resource_class: 'resource class',
  cloud: 'cloud',
}

export type PeerGroup = {
  kind: keyof typeof SHARED_WORDS
  value: string
  /** Other nodes there: null where only those that failed once are known (`everFailed`). */
  nodes: number | null
  /** Other nodes there that ever had a case; null where it was not counted. */
  everFailed: number | null
  failedInWindow: number
  openNow: number
}

export type PeerFailure = { uuid: string; name: string | null; case: string; at: string | null; cause: Cause | null; shares: string[] }

export type Peers = {
  /** The window: so long before and after this failure. */
  windowMs: number
  failureAt: string | null
  groups: PeerGroup[]
  /** The other failures in the window, oldest first; the nearest to this one where there are more than 200. */
  failures: PeerFailure[]
  notKnown: string[]
}

export async function peersOf(records: Records, { of, failureAt }: { of: CaseView; failureAt: number }): Promise<Peers> {
  const { cloud, uuid: besides, keys, resource_class } = of
  const around = await records.casesBegunBetween({ cloud, from: failureAt - WINDOW_MS, to: failureAt + WINDOW_MS })
  const others = newestOfEach(around.filter(({ uuid }) => uuid !== besides))
  const groups: PeerGroup[] = []
  for (const kind of SHARED) {
    const value = keys[kind]
    if (value === undefined) continue
    const { nodes: everFailed, open } = await records.sharing({ cloud, kind, value, besides })
    const failedInWindow = others.filter((other) => other.keys[kind] === value).length
    groups.push({ kind, value, nodes: null, everFailed, failedInWindow, openNow: open })
  }
  if (resource_class !== null) {
    groups.push({
      kind: 'resource_class',
      value: resource_class,
      nodes: without(await records.countNodes({ cloud, resource_class })),
      everFailed: null,
      failedInWindow: others.filter((other) => other.resource_class === resource_class).length,
      openNow: await records.openCases({ cloud, resource_class, besides }),
    })
  }
  groups.push({
    kind: 'cloud',
    value: cloud,
    nodes: without(await records.countNodes({ cloud })),
    everFailed: null,
    failedInWindow: others.length,
    openNow: await records.openCases({ cloud, besides }),
  })
  return {
    windowMs: WINDOW_MS,
    failureAt: timeOrNull(failureAt),
    groups,
    failures: nearest(others, failureAt).map((other) => failureOf(other, keys)),
    notKnown: [...SHARED.filter((kind) => keys[kind] === undefined).map((kind) => NO_KEY[kind]), ONLY_FAILED],
  }
}

/** Without the node itself, which is one of those counted. */
const without = (count: number): number => Math.max(0, count - 1)

/** A node that failed twice in the window is one node. */
const newestOfEach = (failed: readonly BegunCase[]): BegunCase[] => [...new Map(failed.map((one) => [one.uuid, one])).values()]

const LISTED_MAX = 200

const nearest = (others: readonly BegunCase[], at: number): BegunCase[] =>
  others
    .toSorted((a, b) => Math.abs(a.beganAt - at) - Math.abs(b.beganAt - at))
    .slice(0, LISTED_MAX)
    .toSorted((a, b) => a.beganAt - b.beganAt)

const failureOf = ({ uuid, name, id, beganAt, cause, keys }: BegunCase, own: Keys): PeerFailure => ({
  uuid,
  name,
  case: id,
  at: timeOrNull(beganAt),
  cause,
  shares: SHARED.filter((kind) => own[kind] !== undefined && own[kind] === keys[kind]).map((kind) => SHARED_WORDS[kind]),
})

const NO_KEY: Record<(typeof SHARED)[number], string> = {
  switch: "The node's switch: its ports in Ironic name none, or could not be read.",
  'bmc-network': 'The network of its BMC: no address of a BMC is on record.',
  rack: 'Its rack: it has no trait CUSTOM_RACK_… or CUSTOM_ZONE_….',
  conductor: 'Its conductor: Ironic named none.',
}

const ONLY_FAILED =
  'How many nodes hang on the same switch, BMC network, rack or conductor in all: where a node hangs is on record only once it has failed. ' +
  'A node that failed and was not yet looked at is not counted either.'

/** A thing that breaks takes along what hangs on it; a conductor serves whole clouds, and shares little more than its name. */
const HANGS_ON: readonly string[] = ['switch', 'bmc-network', 'rack'] satisfies (typeof SHARED)[number][]

/** The comparison in one sentence. */
export function peersInWords({ groups, failures, windowMs }: Peers): string {
  const within = `within ${windowMs / MINUTE} min of it`
  const cloud = groups.find(({ kind }) => kind === 'cloud')
  const all = `the ${cloud?.nodes ?? 0} other nodes of the cloud`
  if (failures.length === 0) return `Only this node: of ${all} none is known to have failed ${within}.`
  const shared = groups.filter(({ kind, failedInWindow }) => HANGS_ON.includes(kind) && failedInWindow > 0)
  const conductor = groups.find(({ kind, failedInWindow }) => kind === 'conductor' && failedInWindow > 0)
  const many = `${cloud?.failedInWindow ?? failures.length} of ${all} failed ${within}`
  const which = shared.map(({ kind, value, failedInWindow }) => `${failedInWindow} on the same ${SHARED_WORDS[kind]} (${value})`)
  const served = conductor === undefined ? '' : `; ${conductor.failedInWindow} had the same conductor (${conductor.value})`
  return which.length === 0
    ? `${many}, none of them known to share its switch, BMC network or rack${served}.`
    : `Not only this node: ${many}: ${which.join(', ')}${served}.`
}
