/**
 * Judges of what an operator sends, outside of the code that they judge: they look on at the ledger as requests leave, arrive and end,
 * and know what people did and said. Time is virtual; where a rule's time is the operator's, `wall` tells it, jumps included. They change
 * nothing and stop nothing.
 *
 * Between a deciding read and the request that it lets through lie up to 2 s in which Ironic offers no way to notice a change: what a
 * person does within them breaks no promise (design, the write protocol).
 */
import type { Intent } from '../core/case.ts'
import { DECIDING_FIELDS, type DecidingRead, REPAIR_STATES } from '../core/ironic.ts'
import type { Mode, Policy } from '../core/policy.ts'
import { isObject, within } from './answer.ts'
import { isRead, type LedgerEntry, type Onlooker } from './ledger.ts'
import { type Broken, isPersons, lineOf, nodeOf, type PromiseId, removedMark, type Step, stepOf } from './promises.ts'
import type { World } from './world.ts'

/** Who sends; set while its request is handed over. */
export type Sender = { name: string; mode: Mode }

/** A person's word to the operator, as it was said. `uuid` null: the whole cloud. */
export type Word = { kind: 'hold' | 'unhold' | 'pause' | 'resume' | 'retry' | 'release'; uuid: string | null }

/** A service that is away altogether for everybody of the kind, since when. */
export type Outage = { service: string; seenBy: 'clients' | 'conductors' | 'all'; from: number; to: number | null }

export type Judges = Onlooker & {
  broken: Broken[]
  /** How often each promise was put to the test. */
  checked: Map<PromiseId, number>
  outages: Outage[]
  /** What is sent from now on is sent by this one; null: by nobody who promised anything. */
  sender: Sender | null
  /** An intent is durable. */
  committed(intent: Intent, by: Sender): void
  said(word: Word): void
  /** A person changed something on the node by hand. */
  hand(uuid: string, what: 'maintenance' | 'cleared' | 'other'): void
  accuse(promise: PromiseId, found: { node: string | null; what: string; entries?: LedgerEntry[] }): void
  check(promise: PromiseId): void
}

const REPLY_LIVES_MS = 2_000
/** Deciding read, store and the road: what is younger than this cannot have been noticed. */
const UNNOTICED_MS = 2_200
const UNKNOWN_MS = 150_000
const DEADLINE_MS = 20_000

type Sent = { entry: LedgerEntry; step: Step | null; intent: Intent | null; by: Sender; reply: unknown; wall: number }

type OnNode = {
  intents: { intent: Intent; at: number; by: Sender }[]
  /** The newest few changing requests, oldest first. */
  sent: Sent[]
  handAt: number
  /** A person's maintenance that no person ended; `shown` once an answer showed it to the operator. */
  persons: { shown: boolean } | null
  held: boolean
  /** Wall times of accepted resets, since the last word that starts the count anew. */
  resets: number[]
  released: boolean
  retryAt: number | null
}

const REMEMBERED = 12

export function judgesOver(world: World, at: { wall: () => number; policy: Policy }): Judges {
  const nodes = new Map<string, OnNode>()
  const onNode = (uuid: string): OnNode => {
    const found = nodes.get(uuid)
    if (found !== undefined) return found
    const made: OnNode = {
      intents: [],
      sent: [],
      handAt: Number.NEGATIVE_INFINITY,
      persons: null,
      held: false,
      resets: [],
      released: false,
      retryAt: null,
    }
    nodes.set(uuid, made)
    return made
  }
  const underWay = new Map<LedgerEntry, Sent>()
  const bench: Bench = { world, onNode, nodes, wall: at.wall, policy: at.policy, paused: false, canary: null, judges: null }
  const judges: Judges = {
    broken: [],
    checked: new Map(),
    outages: [],
    sender: null,
    check: (promise) => void judges.checked.set(promise, (judges.checked.get(promise) ?? 0) + 1),
    accuse: (promise, { node, what, entries = [] }) => {
      const name = node === null ? null : (world.nodes.get(node)?.row.name ?? node)
      judges.broken.push({ promise, at: world.clock.now(), node: name, what, entries: entries.map(lineOf) })
    },
    committed: (intent, by) => void onNode(intent.uuid).intents.push({ intent, at: world.clock.now(), by }),
    said: (word) => hear(bench, word),
    hand: (uuid, what) => {
      const known = onNode(uuid)
      known.handAt = world.clock.now()
      if (what === 'maintenance') known.persons = { shown: false }
      if (what === 'cleared') known.persons = null
    },
    leaves: (entry) => {
      const { sender } = judges
      if (sender === null || isRead(entry)) return
      const sent: Sent = { entry, step: stepOf(entry), intent: null, by: sender, reply: null, wall: at.wall() }
      underWay.set(entry, sent)
      judgeLeaving({ ...bench, judges }, sent)
    },
    arrives: (entry) => {
      const sent = underWay.get(entry)
      if (sent !== undefined) judgeArriving({ ...bench, judges }, sent)
    },
    ends: (entry, reply) => {
      noteShown(bench, entry, reply)
      const sent = underWay.get(entry)
      if (sent === undefined) return
      underWay.delete(entry)
      sent.reply = reply
      if (entry.status === 202 && sent.step === 'deleted') judgeAccepted({ ...bench, judges, canaryOf: bench }, sent)
    },
  }
  return judges
}

type Bench = {
  world: World
  onNode: (uuid: string) => OnNode
  nodes: Map<string, OnNode>
  wall: () => number
  policy: Policy
  paused: boolean
  canary: number | null
  judges: Judges | null
}
