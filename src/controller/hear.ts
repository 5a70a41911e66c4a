/**
 * Hears a cloud's notifications and wakes the nodes they are about; nothing else comes of one. It keeps the subscription up over several brokers,
 * counts what it hears and puts aside, and measures by the polls whether the cloud may be polled less often (core/hearing.ts). What it loses
 * is found by the poll.
 */
import { afterPoll, DEAF, type Hearing, type HearingState, pollEvery, whyNotAlive } from '../core/hearing.ts'
import { WATCHED_STATES } from '../core/ironic.ts'
import type { Seams } from '../core/seams.ts'
import { type Aside, type NodeNotification, readOsloMessage } from '../openstack/oslo-message.ts'
import type { Store } from '../store/store.ts'
import { type Broker, BrokerError, brokerName, type OnMessage, type Subscribe } from './broker.ts'
import type { Log } from './cloud-world.ts'
import { repeats } from './repeats.ts'

/** What is heard where. Topics are oslo's; a queue of ours is bound for each of their priorities that Ironic uses. */
export type HearingPlan = { brokers: readonly Broker[]; exchange: string; topics: readonly string[]; poll: number }

export type Ear = {
  cloud: string
  /** Hears until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
  /** What a poll listed that began then (monotonic). */
  polled(nodes: readonly { uuid: string; provision_state: string }[], began: number): void
  /** Milliseconds from the beginning of a poll to that of the next, as things stand now. */
  pollMs(): number
  /** The same while notifications prove alive. */
  longestMs: number
  state(): HearingState
}

export type EarParts = {
  cloud: string
  plan: HearingPlan
  /** How often the cloud is polled without proof, ms. */
  pollMs: number
  store: Pick<Store, 'wake' | 'nodeStandings'>
  seams: Pick<Seams, 'clock' | 'random' | 'newId'>
  subscribe: Subscribe
  log: Log
}

/** Handed over at once and not yet taken. It bounds what lies in memory, and a wave of notifications is a few transactions. */
export const PREFETCH = 100

const PRIORITIES = ['info', 'error'] as const
export const routingKeys = (topics: readonly string[]): string[] =>
  topics.flatMap((topic) => PRIORITIES.map((priority) => `${topic}.${priority}`))

/** A subscription that does not last this long counts as a failed try, or one that is thrown out at once would be made without a pause. */
const LASTING_MS = 10_000
const PAUSE_MS = 1_000
/** Meanwhile polls are as frequent as without notifications. */
const PAUSE_MAX_MS = 15_000
/** Of nodes that no poll or census has shown, so many are remembered as announced. */
const STRANGERS_MAX = 10_000

type Counts = { heard: Map<string, number>; putAside: Map<string, number>; woken: number; heardAt: number | null }

export function ear(parts: EarParts): Ear {
  const { cloud, plan, seams, log } = parts
  const { clock } = seams
  const every = { short: parts.pollMs, stretched: Math.max(parts.pollMs, plan.poll) }
  const counts: Counts = { heard: new Map(), putAside: new Map(), woken: 0, heardAt: null }
  let hearing: Hearing = DEAF
  let saidAlive = false
  const change = (to: Partial<Hearing>): void => {
    hearing = { ...hearing, ...to }
  }
  const sayHowOften = (): void => {
    const why = whyNotAlive(hearing, clock.monotonic())
    if ((why === null) === saidAlive) return
    saidAlive = why === null
    const poll = `${(saidAlive ? every.stretched : every.short) / 1_000} s`
    if (why === null) log('info', 'notifications prove alive', { cloud, poll })
    else log('info', 'notifications do not prove alive', { cloud, poll, why })
  }
  const message = takingIn(parts, { counts, hearing: () => hearing, change })
  return {
    cloud,
    run: (signal) => keepSubscribed(parts, { signal, message, isUp: (is) => change({ upSince: is ? clock.monotonic() : null }) }),
    polled: (nodes, began) => {
      hearing = afterPoll(hearing, nodes, began)
      sayHowOften()
    },
    pollMs: () => {
      sayHowOften()
      return pollEvery(hearing, every, clock.monotonic())
    },
    longestMs: every.stretched,
    state: () => ({
      ...counts,
      cloud,
      isUp: hearing.upSince !== null,
      pollMs: pollEvery(hearing, every, clock.monotonic()),
    }),
  }
}

/** One broker after the other, without a pause until all have been tried. */
async function keepSubscribed(
  { cloud, plan, seams, subscribe, log }: EarParts,
  o: { signal: AbortSignal; message: OnMessage; isUp: (is: boolean) => void },
): Promise<void> {
  const { clock, random, newId } = seams
  const { brokers, exchange, topics } = plan
  const said = repeats(clock, log)
  const trouble = { level: 'warn', message: 'notifications are not heard', about: { cloud } } as const
  let failures = 0
  for (let at = 0; !o.signal.aborted; at = (at + 1) % brokers.length) {
    const broker = brokers[at]
    if (broker === undefined) return
    // A name of its own each time: after a lost connection the broker may keep the old queue for a while.
    const queue = `anneal.${cloud}.${newId()}`
    const began = clock.monotonic()
    try {
      const what = { exchange, keys: routingKeys(topics), queue, prefetch: PREFETCH }
      const { closed } = await subscribe(broker, what, { message: o.message, signal: o.signal })
      o.isUp(true)
      said.works(trouble)
      log('info', 'notifications are heard', { cloud, broker: brokerName(broker), exchange, queue })
      const why = await closed
      if (why !== null) said.failed(trouble, `${brokerName(broker)}: ${why}`)
    } catch (error) {
      // The outer loop of hearing: a broker that is away or refuses is said, and tried again after the others.
      if (!(error instanceof BrokerError)) throw error
      if (!o.signal.aborted) said.failed(trouble, error)
    }
    o.isUp(false)
    failures = clock.monotonic() - began >= LASTING_MS ? 0 : failures + 1
    await clock.sleep(pauseAfter(failures, brokers.length) * (0.5 + random() / 2), o.signal)
  }
}

/** 0 until each broker has failed once, then 1, 2, 4 … 15 s for each further round. */
function pauseAfter(failures: number, brokers: number): number {
  const rounds = Math.floor(failures / brokers)
  return rounds === 0 ? 0 : Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** (rounds - 1))
}

type Mind = { counts: Counts; hearing: () => Hearing; change: (to: Partial<Hearing>) => void }
type Waiting = { node: NodeNotification; taken: (isTaken: boolean) => void }

/** Takes messages one by one and what they say to the store in batches: whatever came while the last batch was written is the next one. */
function takingIn(parts: EarParts, mind: Mind): OnMessage {
  const { cloud, seams, log } = parts
  const said = repeats(seams.clock, log)
  const putAside = (why: Aside): false => {
    count(mind.counts.putAside, why)
    said.failed({ level: 'warn', message: 'a notification was put aside', about: { cloud, why } }, REASONS[why])
    return false
  }
  let waiting: Waiting[] = []
  let isWriting = false
  const write = async (): Promise<void> => {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      const strangers = await takeBatch(parts, mind, { nodes: batch.map(({ node }) => node), said })
      for (const { node, taken } of batch) taken(strangers.has(node.uuid) ? putAside('unknown-node') : true)
    }
    isWriting = false
  }
  return async (body) => {
    const read = readOsloMessage(body)
    if (read.kind === 'aside') return putAside(read.why)
    if (read.kind === 'beside') {
      count(mind.counts.heard, 'beside')
      return true
    }
    return await new Promise((taken) => {
      waiting.push({ node: read, taken })
      if (!isWriting) write()
    })
  }
}

/** Wakes what is worth a look. Returns the nodes that nobody knows here. */
async function takeBatch(
  { cloud, store, seams }: EarParts,
  { counts, hearing, change }: Mind,
  { nodes, said }: { nodes: readonly NodeNotification[]; said: ReturnType<typeof repeats> },
): Promise<Set<string>> {
  const at = seams.clock.monotonic()
  const trouble = { level: 'warn', message: 'what was heard could not be kept', about: { cloud } } as const
  try {
    const standings = await store.nodeStandings(cloud, [...new Set(nodes.map(({ uuid }) => uuid))])
    const ours = nodes.filter(({ uuid }) => standings.has(uuid))
    const strangers = nodes.filter(({ uuid }) => !standings.has(uuid))
    const worth = new Set(ours.filter((node) => isWorthALook(node, standings.get(node.uuid) === 'in-case')).map(({ uuid }) => uuid))
    if (worth.size > 0) await store.wake([...worth].map((uuid) => ({ cloud, uuid })))
    counts.woken += worth.size
    said.works(trouble)
    for (const { event } of ours) count(counts.heard, event)
    if (ours.length > 0) counts.heardAt = seams.clock.now()
    const heardOf = new Map(hearing().heardOf)
    for (const { uuid } of ours) heardOf.set(uuid, at)
    for (const { uuid } of strangers) if (heardOf.size < STRANGERS_MAX) heardOf.set(uuid, at)
    // A node that was enrolled since the last census, or one of another cloud on the same exchange: a poll tells.
    const asks = strangers.some(({ provision_state }) => isWatched(provision_state))
    change({ heardOf, ...(ours.length > 0 ? { heardAt: at } : {}), ...(asks ? { wantsPoll: true } : {}) })
    return new Set(strangers.map(({ uuid }) => uuid))
  } catch (error) {
    // The outer loop of hearing: a database that cannot be written costs wakes, which frequent polls make good.
    said.failed(trouble, error)
    change({ missedAt: at })
    return new Set()
  }
}

/** As a poll has it: nodes in a watched state, and whatever happens to a node with an open case. The beginning of a change has changed nothing yet. */
function isWorthALook({ event, phase, provision_state }: NodeNotification, isInCase: boolean): boolean {
  if (phase === 'start' && event !== 'provision_set') return false
  return isInCase || isWatched(provision_state)
}

const isWatched = (state: string | null): boolean => WATCHED_STATES.some((watched) => watched === state)

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)

const REASONS: Record<Aside, string> = {
  huge: 'it is longer than a notification can be',
  'not-json': 'it is not JSON',
  'not-oslo': 'it is no message of oslo.messaging',
  'unknown-event': "its event is none of Ironic's versioned notifications",
  'no-node': 'it names no node',
  'unknown-node': 'its node is in no listing of this cloud so far',
}
