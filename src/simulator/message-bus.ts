/**
 * The message bus between a simulated Ironic and whoever listens: each notification goes to all who have joined, on a road that can lose,
 * double and delay it, carry a false one, or break off. It has no sockets, keeps nothing for those who are not there, and judges nothing.
 */
import type { Random } from '../core/seams.ts'
import { notificationOf, notificationsOf } from './notifications.ts'
import { between, chance } from './seeded.ts'
import type { World } from './world.ts'

/** `late`: so much that messages overtake each other. */
export const ROAD_TROUBLES = ['lost', 'doubled', 'late'] as const
export type RoadTrouble = (typeof ROAD_TROUBLES)[number]

/** Hands over one message; nobody waits for what it comes to. */
type Member = (body: Uint8Array) => void

export type MessageBus = {
  /** null: it is away. `closed` resolves with why the connection was lost, or with null after `leave`. */
  join(member: Member): { closed: Promise<string | null>; leave: () => void } | null
  /** Whether anybody listens now. */
  isHeard(): boolean
  /** It befalls this share of the messages until what is returned is called; of several the largest. */
  trouble(what: RoadTrouble, share: number): () => void
  /** It is away until what is returned is called, and its connections are lost; what is said meanwhile is heard by nobody. */
  away(): () => void
  /** Every connection is lost, and with it what was on its way. */
  drop(why: string): void
  /** Says of a node that it is in this state, which need not be so. False where there is no such node, or nobody will hear of it. */
  rumour(uuid: string, provision_state: string): boolean
}

/** Milliseconds. On a bus that is well messages keep their order; copies and late ones come within what a queue holds up in trouble. */
const ROAD_MS = 5
const COPIES = 2
const COPY = { low: 0, high: 5_000 }
const LATE = { low: 1_000, high: 120_000 }

/** Ironic speaks on it from now on. @param random a stream of its own */
export function messageBus(world: World, random: Random): MessageBus {
  const members = new Map<Member, (why: string | null) => void>()
  const troubles = new Set<{ what: RoadTrouble; share: number }>()
  const absences = new Set<object>()
  const meets = (asked: RoadTrouble): boolean =>
    chance(random, Math.max(0, ...[...troubles].filter(({ what }) => what === asked).map(({ share }) => share)))
  const drawn = ({ low, high }: { low: number; high: number }): number => between(random, low, high)
  /** To those who listen now, as far as they still do when it arrives: a queue is its connection's alone. */
  const carry = (body: Uint8Array): boolean => {
    if (members.size === 0 || meets('lost')) return false
    const there = [...members.keys()]
    const copies = meets('doubled') ? COPIES : 0
    for (let copy = 0; copy <= copies; copy++) {
      const held = (copy === 0 ? 0 : drawn(COPY)) + (meets('late') ? drawn(LATE) : 0)
      world.clock.after(ROAD_MS + held, () => {
        for (const member of there) if (members.has(member)) member(body)
      })
    }
    return true
  }
  const drop = (why: string): void => {
    for (const end of [...members.values()]) end(why)
  }
  notificationsOf(world, carry)
  return {
    join: (member) => {
      if (absences.size > 0) return null
      const closed = Promise.withResolvers<string | null>()
      const end = (why: string | null): void => {
        members.delete(member)
        closed.resolve(why)
      }
      members.set(member, end)
      return { closed: closed.promise, leave: () => end(null) }
    },
    isHeard: () => members.size > 0,
    trouble: (what, share) => {
      const mine = { what, share }
      troubles.add(mine)
      return () => troubles.delete(mine)
    },
    away: () => {
      const mine = {}
      absences.add(mine)
      drop('connection reset')
      return () => absences.delete(mine)
    },
    drop,
    rumour: (uuid, provision_state) => {
      const row = world.nodes.get(uuid)?.row
      return row !== undefined && carry(notificationOf(world, { ...row, provision_state }))
    },
  }
}
