/**
 * Looks on in the cloud's process: tells the judges which intents were durable when a request came, and whose life they belong to; counts
 * places in flight over all lives; and keeps what is needed to say where a kill landed. It changes nothing in the cloud.
 */
import { existsSync } from 'node:fs'
import { REPAIR_STATES } from '../src/core/ironic.ts'
import type { Policy } from '../src/core/policy.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import { type Judges, judgesOver, type Sender } from '../src/simulator/judges.ts'
import { isRead, type LedgerEntry } from '../src/simulator/ledger.ts'
import { nodeOf, stepOf } from '../src/simulator/promises.ts'
import { type IntentRow, openReader, type Reader } from './database.ts'
import type { Step } from './landed.ts'
import { type Trigger, trigger } from './trigger.ts'

const SECOND = 1_000

/** 20 s to send it and 180 s until a read may settle it (design, the write protocol; no policy shortens them). */
const INTERRUPTED_MS = 200 * SECOND
/** What has not moved for this long is stranded by the site's policy (15 s) and may have lost its place. */
const MOVED_MS = 12 * SECOND
/** An attempt counts from its decision, and the judge sees its verb up to 20 s later. */
const WINDOW_SLACK_MS = 25 * SECOND

export type Witness = {
  judges: Judges
  trigger: Trigger
  /** Another life begins. */
  begin(life: { name: string; startedAt: number }): void
  /** It is over: nothing of its database is held any more. */
  end(): void
  /** Requests of the life in hand, or of the last one. */
  seen(): { hasPolled: boolean; requests: number; steps: Step[]; reads: { left: number; answeredAt: number | null }[] }
  /** Of these intents no outcome was recorded; `persons`: nodes on which the operator knows of a person's maintenance. */
  died(left: { unsettled: readonly IntentRow[]; persons: readonly string[] }): void
  /** The most places ever held at once, at the moment of a verb. */
  mostInFlight(): number
  resets(): number
}

export function witnessOver(cloud: SimulatedCloud, o: { policy: Policy; database: string; places: number }): Witness {
  const { policy, database, places } = o
  const window = policy.resets.window
  const lenient = { ...policy, resets: { ...policy.resets, window: typeof window === 'number' ? window - WINDOW_SLACK_MS : window } }
  const judges = judgesOver(cloud.state, { wall: () => Date.now(), policy: lenient })
  const { bench } = judges
  const lives: { sender: Sender; startedAt: number }[] = []
  const told = new Set<string>()
  const shooting = trigger()
  /** Until when an interrupted act holds its node's place, by node. */
  const held = new Map<string, number>()
  let reader: Reader | null = null
  let most = 0
  let resets = 0
  let now = fresh()

  const ask = (uuid: string): IntentRow[] => {
    if (reader === null && existsSync(database)) reader = openReader(database)
    return reader?.intentsOn(uuid) ?? []
  }
  const senderOf = ({ createdAt }: IntentRow): Sender | undefined => lives.findLast(({ startedAt }) => startedAt <= createdAt)?.sender
  const tell = (intents: readonly IntentRow[]): void => {
    for (const intent of intents.toReversed()) {
      const sender = senderOf(intent)
      if (told.has(intent.id) || sender === undefined) continue
      told.add(intent.id)
      judges.committed(intent, sender, intent.createdAt)
    }
  }
  const isDeciding = (entry: LedgerEntry) => (): boolean => {
    const uuid = /^\/v1\/nodes\/([0-9a-f-]{36})$/.exec(entry.path)?.[1]
    const bornAt = lives.at(-1)?.startedAt ?? 0
    return uuid !== undefined && ask(uuid).some(({ outcome, createdAt }) => outcome === null && createdAt >= bornAt)
  }
  const countPlaces = (uuid: string): void => {
    const at = Date.now()
    const others = [...bench.nodes].filter(
      ([other, { retries }]) => other !== uuid && retries === 0 && (at < (held.get(other) ?? 0) || isInRepair(cloud, judges, other)),
    ).length
    most = Math.max(most, others + 1)
    // A person's `retry` lifts the pacing for one reset, whoever is in flight.
    if (bench.onNode(uuid).retries > 0) return
    bench.check('S6')
    if (others + 1 > places) {
      const sent = bench.onNode(uuid).sent
      bench.accuse('S6', { node: uuid, what: `${others + 1} places in flight over all lives, ${places} are allowed`, sent })
    }
  }

  cloud.state.ledger.onlooker = {
    leaves: (entry) => {
      now.open.add(entry)
      now.requests += 1
      if (/^\/v1\/nodes\?.*provision_state=/.test(entry.path)) now.hasPolled = true
      const uuid = isRead(entry) ? null : nodeOf(entry)
      if (uuid !== null) tell(ask(uuid))
      judges.leaves(entry)
      if (!isRead(entry)) now.changes.push(entry)
      if (uuid !== null && stepOf(entry) === 'deleted') countPlaces(uuid)
      shooting.reached('arrives', entry, isDeciding(entry))
    },
    arrives: judges.arrives,
    ends: (entry, reply) => {
      judges.ends(entry, reply)
      now.open.delete(entry)
      if (stepOf(entry) === 'deleted' && entry.effect !== null) resets += 1
      if (entry.method === 'GET') now.reads = [...now.reads.slice(-READS), { left: entry.left, answeredAt: Date.now() }]
      shooting.reached('served', entry, isDeciding(entry))
      shooting.reached('answered', entry, isDeciding(entry))
    },
  }

  return {
    judges,
    trigger: shooting,
    begin: ({ name, startedAt }) => {
      const sender: Sender = { name, mode: 'auto' }
      lives.push({ sender, startedAt })
      judges.sender = sender
      now = fresh()
    },
    end: () => {
      reader?.close()
      reader = null
    },
    seen: () => ({
      hasPolled: now.hasPolled,
      requests: now.requests,
      steps: now.changes.flatMap((entry) => stepFor(judges, entry, shooting.shot()?.unanswered ?? null)),
      reads: [...now.reads, ...[...now.open].filter(isRead).map(({ left }) => ({ left, answeredAt: null }))],
    }),
    died: ({ unsettled, persons }) => {
      tell(unsettled)
      judges.died(new Set(unsettled.filter(({ outcome }) => outcome === null).map(({ id }) => id)))
      for (const { uuid, act, outcome, createdAt } of unsettled) {
        if (outcome === null && (act === 'reset' || act === 'recover-cleaning')) held.set(uuid, createdAt + INTERRUPTED_MS)
      }
      // What it had been shown died with it where it had not yet been written down.
      const known = new Set(persons)
      for (const [uuid, node] of bench.nodes) if (node.persons !== null && !known.has(uuid)) node.persons.shown = false
    },
    mostInFlight: () => most,
    resets: () => resets,
  }
}

/** More than can be under way at once. */
const READS = 100

type Now = {
  hasPolled: boolean
  requests: number
  open: Set<LedgerEntry>
  changes: LedgerEntry[]
  reads: { left: number; answeredAt: number | null }[]
}

const fresh = (): Now => ({ hasPolled: false, requests: 0, open: new Set(), changes: [], reads: [] })

function stepFor(judges: Judges, entry: LedgerEntry, unanswered: LedgerEntry | null): Step[] {
  const sent = judges.bench.nodes.get(nodeOf(entry) ?? '')?.sent.find((one) => one.entry === entry)
  if (sent === undefined || sent.intent === null) return []
  const answeredAt = entry === unanswered ? null : entry.answeredAt
  return [{ intentId: sent.intent.id, isMark: sent.step === 'mark', left: entry.left, answeredAt }]
}

/** One of our verbs was accepted and the node is on its way. */
function isInRepair(cloud: SimulatedCloud, judges: Judges, uuid: string): boolean {
  const row = cloud.state.nodes.get(uuid)?.row
  const last = judges.bench.nodes
    .get(uuid)
    ?.sent.findLast(({ step, entry }) => (step === 'deleted' || step === 'provide') && entry.effect !== null)
  if (row === undefined || last === undefined || !REPAIR_STATES.includes(row.provision_state)) return false
  return Date.now() - Math.max(last.entry.at, Date.parse(row.provision_updated_at ?? '')) < MOVED_MS
}
