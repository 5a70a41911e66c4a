/**
 * Looks on in the cloud's process: has the judges told which intents were durable when a request came (teller.ts), counts places in flight
 * (places.ts), pulls the trigger, and keeps what is needed to say where a kill landed. It changes nothing in the cloud.
 */
import type { Policy } from '../src/core/policy.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import { type Judges, judgesOver } from '../src/simulator/judges.ts'
import { isRead, type LedgerEntry, type Onlooker } from '../src/simulator/ledger.ts'
import { nodeOf, stepOf } from '../src/simulator/promises.ts'
import type { IntentRow } from './database.ts'
import type { Step } from './landed.ts'
import { placesOver } from './places.ts'
import { tellerTo } from './teller.ts'
import { type Trigger, trigger } from './trigger.ts'

/** An attempt counts from its decision, and the judge sees its verb up to 20 s later. */
const WINDOW_SLACK_MS = 25_000

export type Witness = {
  judges: Judges
  trigger: Trigger
  /** Another life begins. */
  begin(life: { name: string; startedAt: number }): void
  /** It is over: nothing of its database is held any more. */
  end(): void
  /** Requests of the life in hand, or of the last one. */
  seen(): { hasPolled: boolean; requests: number; steps: Step[]; reads: { left: number; answeredAt: number | null }[] }
  /** What the life that is over left unsettled; `persons`: nodes on which the operator knows of a person's maintenance. */
  died(left: { unsettled: readonly IntentRow[]; persons: readonly string[] }): void
  /** The most places ever held at once, at the moment of a verb. */
  mostInFlight(): number
  resets(): number
}

export function witnessOver(cloud: SimulatedCloud, o: { policy: Policy; database: string; places: number }): Witness {
  const judges = judgesOver(cloud.state, { wall: () => Date.now(), policy: lenient(o.policy) })
  const teller = tellerTo(judges, o.database)
  const places = placesOver(cloud, judges, o.places)
  const shooting = trigger()
  let resets = 0
  let now = fresh()
  const isDeciding = (entry: LedgerEntry) => (): boolean => {
    const uuid = /^\/v1\/nodes\/([0-9a-f-]{36})$/.exec(entry.path)?.[1]
    return uuid !== undefined && teller.isActing(uuid)
  }
  const onlooker: Onlooker = {
    leaves: (entry) => {
      note(now, entry)
      const uuid = isRead(entry) ? null : nodeOf(entry)
      if (uuid !== null) teller.look(uuid)
      judges.leaves(entry)
      if (uuid !== null && stepOf(entry) === 'deleted') places.count(uuid)
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
  cloud.state.ledger.onlooker = onlooker
  return {
    judges,
    trigger: shooting,
    begin: (life) => {
      teller.begin(life)
      now = fresh()
    },
    end: teller.end,
    seen: () => ({
      hasPolled: now.hasPolled,
      requests: now.requests,
      steps: now.changes.flatMap((entry) => stepFor(judges, entry, shooting.shot()?.unanswered ?? null)),
      reads: [...now.reads, ...[...now.open].filter(isRead).map(({ left }) => ({ left, answeredAt: null }))],
    }),
    died: ({ unsettled, persons }) => {
      teller.tell(unsettled)
      const unheard = unsettled.filter(({ outcome }) => outcome === null)
      judges.died(new Set(unheard.map(({ id }) => id)))
      places.interrupted(unheard)
      // What it had been shown died with it where it had not yet been written down.
      const known = new Set(persons)
      for (const [uuid, node] of judges.bench.nodes) if (node.persons !== null && !known.has(uuid)) node.persons.shown = false
    },
    mostInFlight: places.most,
    resets: () => resets,
  }
}

/** The policy as whoever judges from outside may hold it against the daemon. */
export function lenient(policy: Policy): Policy {
  const { window } = policy.resets
  return { ...policy, resets: { ...policy.resets, window: typeof window === 'number' ? window - WINDOW_SLACK_MS : window } }
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

function note(now: Now, entry: LedgerEntry): void {
  now.open.add(entry)
  now.requests += 1
  if (/^\/v1\/nodes\?.*provision_state=/.test(entry.path)) now.hasPolled = true
  if (!isRead(entry)) now.changes.push(entry)
}

function stepFor(judges: Judges, entry: LedgerEntry, unanswered: LedgerEntry | null): Step[] {
  const sent = judges.bench.nodes.get(nodeOf(entry) ?? '')?.sent.find((one) => one.entry === entry)
  if (sent === undefined || sent.intent === null) return []
  const answeredAt = entry === unanswered ? null : entry.answeredAt
  return [{ intentId: sent.intent.id, isMark: sent.step === 'mark', left: entry.left, answeredAt }]
}
