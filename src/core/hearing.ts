/**
 * Whether a cloud's notifications prove alive, and how often it is polled in the light of that; pure. A notification is believed in one thing
 * only: that something would announce a change. Polls stay the truth, and what they find is what notifications are measured by.
 */
import { HOUR, MINUTE, SECOND } from './policy.ts'

/** What speaks for and against it. Times are monotonic milliseconds. */
export type Hearing = {
  /** Since when a queue of our own is consumed; null: it is not. */
  upSince: number | null
  /** The newest notification about a node of this cloud. */
  heardAt: number | null
  /** The newest one of each node; older than the last poll's window they are of no use and are dropped. */
  heardOf: ReadonlyMap<string, number>
  /** The nodes in watched states as the last poll listed them, with their state; null before the first. */
  listed: ReadonlyMap<string, string> | null
  /** When the last poll began. */
  polledAt: number | null
  /** Nodes that a poll found moved and nothing has announced so far: since when an announcement would have counted. */
  suspects: ReadonlyMap<string, number>
  /** When a poll last proved that a change was not announced, or what was heard could not be kept. */
  missedAt: number | null
  /** Something was heard that only a poll can look into. */
  wantsPoll: boolean
}

/** For metrics and logs. Counts are of this process. */
export type HearingState = {
  cloud: string
  isUp: boolean
  /** Epoch ms. */
  heardAt: number | null
  heard: ReadonlyMap<string, number>
  putAside: ReadonlyMap<string, number>
  woken: number
  /** How often the cloud is polled as things stand, ms. */
  pollMs: number
}

export const DEAF: Hearing = {
  upSince: null,
  heardAt: null,
  heardOf: new Map(),
  listed: null,
  polledAt: null,
  suspects: new Map(),
  missedAt: null,
  wantsPoll: false,
}

/**
 * A notification leaves Ironic within milliseconds of the change; what follows it without one, such as the end of a lock, comes up to 3 s
 * later (measured). The rest is for a broker under load.
 */
const GRACE_MS = 10 * SECOND
/** A broken conductor among sound ones would make trust come and go with each of its nodes. */
const DISTRUST_MS = 10 * MINUTE
/** A cloud on which nothing happens is quiet for hours, and so is one whose notifications were switched off. */
const QUIET_MS = HOUR

/**
 * Takes in what a poll listed: each node that came, left or moved between two polls must have been announced. One that is not announced yet is
 * suspected until the next poll, because it may have moved while the poll was under way.
 * @param began when the poll began
 */
export function afterPoll(hearing: Hearing, nodes: readonly { uuid: string; provision_state: string }[], began: number): Hearing {
  const listed = new Map(nodes.map(({ uuid, provision_state }) => [uuid, provision_state]))
  const isAnnounced = (uuid: string, since: number): boolean => (hearing.heardOf.get(uuid) ?? Number.NEGATIVE_INFINITY) >= since
  const isProven = [...hearing.suspects].some(([uuid, since]) => !isAnnounced(uuid, since))
  const from = (hearing.polledAt ?? began) - GRACE_MS
  // Of what moved before the queue was there, nothing could be heard.
  const couldHear = hearing.upSince !== null && hearing.polledAt !== null && hearing.upSince <= hearing.polledAt
  const moved = couldHear ? movedBetween(hearing.listed ?? listed, listed).filter((uuid) => !isAnnounced(uuid, from)) : []
  return {
    ...hearing,
    listed,
    polledAt: began,
    heardOf: new Map([...hearing.heardOf].filter(([, at]) => at >= from)),
    suspects: new Map(moved.map((uuid) => [uuid, from])),
    missedAt: isProven ? began : hearing.missedAt,
    wantsPoll: false,
  }
}

function movedBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const moved = [...after].filter(([uuid, state]) => before.get(uuid) !== state).map(([uuid]) => uuid)
  return [...moved, ...[...before.keys()].filter((uuid) => !after.has(uuid))]
}

/** Null: they prove alive. Else why they do not, for a person. */
export function whyNotAlive(hearing: Hearing, now: number): string | null {
  const { upSince, heardAt, missedAt, suspects } = hearing
  if (upSince === null) return 'not connected'
  if (suspects.size > 0) return 'a poll found a change that nothing has announced so far'
  if (missedAt !== null && now - missedAt < DISTRUST_MS) return 'a change was not announced, or what was heard could not be kept'
  if (heardAt === null || heardAt < upSince || (missedAt !== null && heardAt <= missedAt)) return 'nothing was heard yet'
  return now - heardAt >= QUIET_MS ? 'nothing was heard for an hour' : null
}

/** Milliseconds from the beginning of one poll to that of the next. */
export function pollEvery(hearing: Hearing, every: { short: number; stretched: number }, now: number): number {
  return hearing.wantsPoll || whyNotAlive(hearing, now) !== null ? every.short : every.stretched
}
