/**
 * What is done to the replicas, the roads, the database, the broker and what is said on it, drawn from a seed: which, to whom, for how long,
 * and with how much time in between. Deeds stand in lanes, one after the other in each; lanes go on side by side, one fewer than there are
 * replicas, and one each for the database, the broker and the messages, so that some replica could always go on. When each deed comes is up to
 * the machine. Nothing is done here.
 */
import type { Random } from '../src/core/seams.ts'
import { between, pick, seededRandom } from '../src/simulator/seeded.ts'
import { WAYS, type Way } from './messages.ts'

/** At its next request of this kind, as it arrives; where none comes, all the same. Null: at once. */
export type AimedAt = 'mark' | 'deleted' | null

export type Deed =
  | { kind: 'kill'; replica: number; aim: AimedAt; awayMs: number }
  | { kind: 'pause'; replica: number; aim: AimedAt; ms: number; isLong: boolean }
  | { kind: 'partition'; replica: number; peer: string; how: 'cut' | 'silent' | 'slow'; ms: number }
  | { kind: 'database'; how: 'fast' | 'immediate' | 'pause'; ms: number }
  | { kind: 'broker'; how: 'stop' | 'kill' | 'pause'; ms: number }
  /** Of what the cloud says. */
  | { kind: 'messages'; how: Exclude<Way, 'plain'>; ms: number }
  /** The replica starts again with another policy, later `after` starts again with the usual one, and then it is `replica` that may only observe. */
  | { kind: 'policy'; replica: number; after: number; ms: number }
  /** It starts under a wall clock that is off, or whose clock is set while it runs. */
  | { kind: 'clock'; replica: number; how: 'off' | 'set'; ms: number }

/** `isMust`: it is done even where the time is over by then. */
export type Planned = { gapMs: number; deed: Deed; isMust: boolean }
export type Schedule = { lanes: Planned[][] }

export type Wish = { seed: number; minutes: number; replicas: number; peers: readonly string[] }

/** A claim lives 30 s and an intent 20 s. In longer drills the pause outlives the 200 s after which a read settles the intent, and more. */
const LONG_PAUSES: readonly { fromMinutes: number; ms: number }[] = [
  { fromMinutes: 15, ms: 630_000 },
  { fromMinutes: 6, ms: 230_000 },
  { fromMinutes: 0, ms: 70_000 },
]

export const longPauseMs = (minutes: number): number => LONG_PAUSES.find(({ fromMinutes }) => minutes >= fromMinutes)?.ms ?? 70_000

export function drawSchedule({ seed, minutes, replicas, peers }: Wish): Schedule {
  const random = seededRandom(seed)
  const draw: Draw = { random, replicas: Array.from({ length: replicas }, (_, at) => at), peers }
  const long: Deed = { kind: 'pause', replica: oneOf(draw), aim: 'mark', ms: longPauseMs(minutes), isLong: true }
  const count = Math.max(1, replicas - 1)
  // What other lanes must do would else wait for the one that stands still.
  const beside: Draw = count === 1 ? draw : { ...draw, replicas: draw.replicas.filter((one) => one !== long.replica) }
  const musts = shuffledBy(random, [
    () => kill(beside, 'mark'),
    () => kill(beside, null),
    // The mark's answer is there when it wakes, is not given up yet, and is too old for the verb.
    () => ({ ...pauseFor(beside, between(random, 4_000, 8_000)), aim: 'mark' as const }),
    () => clock(beside, 'off'),
    () => clock(beside, 'set'),
    ...(replicas > 1 ? [() => policy(beside)] : []),
    ...peers.map((peer) => () => partition(beside, peer, pick(random, ['cut', 'silent'] as const) ?? 'cut')),
  ])
  const untilMs = minutes * 60_000
  const others = Math.max(1, count - 1)
  const lanes = Array.from({ length: count }, (_, lane) => {
    const isFirst = lane === 0
    const own = musts.filter((_, at) => (count === 1 ? true : !isFirst && at % others === lane - 1)).map((make) => make())
    return laneOf([...(isFirst ? [long] : []), ...own], { untilMs, random, gap: GAP_MS, more: () => anyDeed(draw) })
  })
  const ownLane = (musts: readonly (() => Deed)[], gap: typeof GAP_MS, more: () => Deed): Planned[] =>
    laneOf(
      shuffledBy(random, musts).map((make) => make()),
      { untilMs, random, gap, more },
    )
  const database = ownLane(
    (['fast', 'immediate', 'pause'] as const).map((how) => () => databaseDeed(draw, how)),
    DATABASE_GAP_MS,
    () => databaseDeed(draw),
  )
  const broker = ownLane(
    [() => brokerDeed(draw, 'stop'), () => brokerDeed(draw, 'kill'), () => ({ kind: 'broker', how: 'pause', ms: GIVEN_UP_MS })],
    BROKER_GAP_MS,
    () => brokerDeed(draw),
  )
  const messages = ownLane(
    WAYS.map((how) => () => messagesDeed(draw, how)),
    MESSAGES_GAP_MS,
    () => messagesDeed(draw),
  )
  return { lanes: [...lanes, database, broker, messages] }
}

type Draw = { random: Random; replicas: readonly number[]; peers: readonly string[] }

const GAP_MS = { low: 1_000, high: 6_000 }
/** What has just come back needs some time to have something in hand again. */
const DATABASE_GAP_MS = { low: 12_000, high: 28_000 }

/** Replicas come back to it within 15 s and some, and are to hear for a while. */
const BROKER_GAP_MS = { low: 18_000, high: 35_000 }
const MESSAGES_GAP_MS = { low: 6_000, high: 15_000 }
/** A broker that is silent for 25 s counts as lost. */
const GIVEN_UP_MS = 32_000

type Filling = { untilMs: number; random: Random; gap: typeof GAP_MS; more: () => Deed }

/** These first, then whatever is drawn, until the time is full. */
function laneOf(first: readonly Deed[], { untilMs, random, gap, more }: Filling): Planned[] {
  const lane: Planned[] = []
  let takenMs = 0
  for (let at = 0; at < first.length || takenMs < untilMs; at += 1) {
    const planned = { gapMs: between(random, gap.low, gap.high), deed: first[at] ?? more(), isMust: at < first.length }
    lane.push(planned)
    takenMs += planned.gapMs + lengthOf(planned.deed)
  }
  return lane
}

/** As planned, without what starting takes. */
export const lengthOf = (deed: Deed): number => (deed.kind === 'kill' ? deed.awayMs : deed.ms)

function anyDeed(draw: Draw): Deed {
  const kind = draw.random()
  if (kind < 0.35) return kill(draw)
  if (kind < 0.6) return pauseFor(draw, between(draw.random, 5_000, 60_000))
  const how = pick(draw.random, ['cut', 'silent', 'slow'] as const) ?? 'cut'
  return partition(draw, pick(draw.random, draw.peers) ?? '', how)
}

const oneOf = ({ random, replicas }: Draw): number => pick(random, replicas) ?? 0
const anyAim = ({ random }: Draw): AimedAt => pick(random, ['mark', 'deleted', null] as const) ?? null

const kill = (draw: Draw, aim = anyAim(draw)): Deed => ({
  kind: 'kill',
  replica: oneOf(draw),
  aim,
  awayMs: between(draw.random, 500, 12_000),
})
const pauseFor = (draw: Draw, ms: number): Extract<Deed, { kind: 'pause' }> => ({
  kind: 'pause',
  replica: oneOf(draw),
  aim: anyAim(draw),
  ms,
  isLong: false,
})
const partition = (draw: Draw, peer: string, how: 'cut' | 'silent' | 'slow'): Deed => ({
  kind: 'partition',
  replica: oneOf(draw),
  peer,
  how,
  ms: between(draw.random, 4_000, 18_000),
})
const clock = (draw: Draw, how: 'off' | 'set'): Deed => ({ kind: 'clock', replica: oneOf(draw), how, ms: how === 'off' ? 6_000 : 10_000 })

function policy(draw: Draw): Deed {
  const replica = oneOf(draw)
  const after = oneOf({ ...draw, replicas: draw.replicas.filter((one) => one !== replica) })
  return { kind: 'policy', replica, after, ms: 10_000 }
}

const databaseDeed = ({ random }: Draw, how = pick(random, ['fast', 'immediate', 'pause'] as const) ?? 'fast'): Deed => ({
  kind: 'database',
  how,
  ms: between(random, 500, 9_000),
})

const brokerDeed = ({ random }: Draw, how = pick(random, ['stop', 'kill', 'pause'] as const) ?? 'kill'): Deed => ({
  kind: 'broker',
  how,
  ms: between(random, 500, 9_000),
})

const messagesDeed = ({ random }: Draw, how = pick(random, WAYS) ?? 'lost'): Deed => ({
  kind: 'messages',
  how,
  ms: between(random, 6_000, 15_000),
})

function shuffledBy<T>(random: Random, from: readonly T[]): T[] {
  const left = [...from]
  return from.flatMap(() => left.splice(Math.floor(random() * left.length), 1))
}

/** A deed on one line, for whoever follows. */
export function deedText(deed: Deed): string {
  const seconds = `${(lengthOf(deed) / 1_000).toFixed(1)} s`
  switch (deed.kind) {
    case 'kill':
      return `SIGKILL replica ${deed.replica}${aimText(deed.aim)}, started again after ${seconds}`
    case 'pause':
      return `SIGSTOP replica ${deed.replica}${aimText(deed.aim)} for ${seconds}`
    case 'partition':
      return `replica ${deed.replica} and the ${deed.peer}: ${deed.how} for ${seconds}`
    case 'database':
      return deed.how === 'pause' ? `SIGSTOP the database for ${seconds}` : `stop the database (${deed.how}) for ${seconds}`
    case 'broker':
      return deed.how === 'pause' ? `SIGSTOP the broker for ${seconds}` : `${deed.how} the broker for ${seconds}`
    case 'messages':
      return `what the cloud says is ${deed.how} for ${seconds}`
    case 'policy':
      return `another policy on replica ${deed.replica}; after ${seconds} replica ${deed.after} puts the usual one in force again`
    case 'clock':
      return `replica ${deed.replica} under a clock that is ${deed.how === 'off' ? 'off by an hour' : 'set by an hour while it runs'}`
    default:
      return deed satisfies never
  }
}

const aimText = (aim: AimedAt): string => (aim === null ? '' : aim === 'mark' ? ' as its next mark arrives' : ' as its next reset arrives')
