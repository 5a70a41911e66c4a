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
  /** From now on it befalls this share of the messages; 0: none. */
  trouble(what: RoadTrouble, share: number): void
  /** It is away, and its connections are lost; what is said meanwhile is heard by nobody. */
  away(isAway: boolean): void
  /** Every connection is lost. */
  drop(why: string): void
  /** Says of a node that it is in this state, which need not be so. False where there is no such node. */
  rumour(uuid: string, provision_state: string): boolean
}

/** Milliseconds. On a bus that is well a message is there within a few; copies and late ones come within what a queue holds up in trouble. */
const ROAD = { low: 1, high: 20 }
const COPIES = 2
const COPY = { low: 0, high: 5_000 }
const LATE = { low: 1_000, high: 120_000 }

/** Ironic speaks on it from now on. @param random a stream of its own */
export function messageBus(world: World, random: Random): MessageBus {
  const members = new Map<Member, (why: string | null) => void>()
  const shares = new Map<RoadTrouble, number>()
  let isAway = false
  // What was on its way is gone with the queues that it was for.
  let wentAway = 0
  const meets = (what: RoadTrouble): boolean => chance(random, shares.get(what) ?? 0)
  const drawn = ({ low, high }: { low: number; high: number }): number => between(random, low, high)
  const carry = (body: Uint8Array): void => {
    if (isAway || meets('lost')) return
    const before = wentAway
    const copies = meets('doubled') ? COPIES : 0
    for (let copy = 0; copy <= copies; copy++) {
      const held = (copy === 0 ? 0 : drawn(COPY)) + (meets('late') ? drawn(LATE) : 0)
      world.clock.after(drawn(ROAD) + held, () => {
        if (wentAway === before) for (const member of members.keys()) member(body)
      })
    }
  }
  const drop = (why: string): void => {
    for (const end of [...members.values()]) end(why)
  }
  notificationsOf(world, carry)
  return {
    join: (member) => {
      if (isAway) return null
      const closed = Promise.withResolvers<string | null>()
      const end = (why: string | null): void => {
        members.delete(member)
        closed.resolve(why)
      }
      members.set(member, end)
      return { closed: closed.promise, leave: () => end(null) }
    },
    trouble: (what, share) => {
      shares.set(what, share)
    },
    away: (to) => {
      isAway = to
      if (!to) return
      wentAway += 1
      drop('connection reset')
    },
    drop,
    rumour: (uuid, provision_state) => {
      const row = world.nodes.get(uuid)?.row
      if (row === undefined) return false
      carry(notificationOf(world, { ...row, provision_state }))
      return true
    },
  }
}
