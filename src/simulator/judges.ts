/**
 * Judges of what an operator sends, outside of the code that they judge: they look on at the ledger as requests leave, arrive and end,
 * and are told what people do and say. They change nothing and stop nothing; the rules themselves stand in judge-request.ts.
 */
import type { Intent } from '../core/case.ts'
import type { Mode, Policy } from '../core/policy.ts'
import { isObject } from './answer.ts'
import { noteHand } from './judge-blazar.ts'
import { standsStill } from './judge-budget.ts'
import { judgeAccepted, judgeArriving, judgeClosed, judgeLeaving } from './judge-request.ts'
import { isRead, type LedgerEntry, type Onlooker } from './ledger.ts'
import { type Broken, isPersons, type JudgedStep, lineOf, nodeOf, type PromiseId, REPAIR_STATES, stepOf } from './promises.ts'
import type { ServiceSlug, World } from './world.ts'

/** Who sends: one life of an operator. */
export type Sender = {
  name: string
  mode: Mode
  /** Of its mode and policy; another one may be in force. */
  policyHash?: string
  /** Virtual time; unset while it lives. */
  diedAt?: number
  /** It stands still, as on SIGSTOP: what is answered to it meanwhile it has not read. */
  isStanding?: boolean
}

/** A person's word to the operator. `uuid` null: the whole cloud. */
export type Word = { kind: 'hold' | 'unhold' | 'pause' | 'resume' | 'retry' | 'release' | 'approve' | 'reject'; uuid: string | null }

/** What a person does by hand to a node's host in Blazar. */
const HOST_HANDS = ['disabled', 'enabled', 'unenrolled'] as const
export type HostHand = (typeof HOST_HANDS)[number]
/** What a person does by hand to a node: `hold` writes or removes extra.anneal_hold, `moved` sends a verb or gives it a tenant. */
export type Hand = 'maintenance' | 'cleared' | 'hold' | 'moved' | 'other' | HostHand

/** A service that is away altogether, and for whom. */
export type Outage = { service: ServiceSlug; seenBy: 'clients' | 'conductors' | 'both'; from: number; to: number | null }

/** A changing request of an operator, from when it leaves. `wall` is the operator's own clock, jumps included. */
export type Sent = {
  entry: LedgerEntry
  step: JudgedStep | null
  /** The node that it is about; null before it is judged, and for one that is about none. */
  uuid: string | null
  intent: Intent | null
  by: Sender
  reply: unknown
  wall: number
  /** By how much the operator's clock had been set until it decided on this, or sent it where nothing was decided. */
  jumped: number
  /** When Ironic served what its sender had last read of the node. */
  shownAt: number
  /** The same of the node's host in Blazar. */
  hostShownAt: number
  /** Its sender died before it could write down what came of it: whatever was answered, nobody knows. */
  unheard: boolean
  /** What came of it is written down: its sender's death later in the same moment takes nothing away. */
  recorded: boolean
  /** It is the one act for which a person's `retry` lifted the pacing. */
  lifted: boolean
}

export type OnNode = {
  /** When it was last seen out of repair, or standing still in it; a repair that begins after that is another one. */
  outOfRepairAt: number
  /** `lifted`: decided on after a `retry` that none before had used up. */
  intents: { intent: Intent; at: number; by: Sender; jumped: number; lifted: boolean }[]
  /** The newest few changing requests, oldest first. */
  sent: Sent[]
  /** When anybody last changed it by hand. */
  handAt: number
  /** When a person last set or cleared its maintenance or its hold. */
  personAt: number
  /** When somebody last sent it a verb, or gave it a tenant, by hand. */
  movedAt: number
  /** When a read of it was last answered as it had been some time before. */
  staleAt: number
  /** When Ironic served the newest answer that a life has of the whole node. */
  shown: Map<Sender, number>
  /** A person's maintenance that no person has ended; `shown` once an answer told the operator. */
  persons: { shown: boolean } | null
  held: boolean
  /** When a person said no to the act that was asked for, and has not said yes since. */
  refusedAt: number | null
  /** The operator's wall time of each reset that Ironic accepted, since the last word that starts the count anew. */
  resets: number[]
  released: boolean
  /** Marks older than this do not count any more: a quarantine's end begins the count anew. Operator's wall clock. */
  countsFrom: number
  /** When a person said `retry`; null: never, or an act has used it up. */
  retryAt: number | null
  /** Its host in Blazar, as people have to do with it. */
  host: OnHost
}

export type OnHost = {
  /** When a person last changed its `disabled`. */
  handAt: number
  /** When Blazar served the newest answer that a life has of it. */
  shown: Map<Sender, number>
  /** A person's `disabled` that no person has ended. */
  isPersons: boolean
  /** A person disabled it in the same moment as the operator. */
  isContested: boolean
  /** A person lifted the shield of the case that is open. */
  isLifted: boolean
}

/** What the rules look at and write to. */
export type Bench = {
  world: World
  policy: Policy
  /** The operator's wall clock, epoch ms. */
  wall: () => number
  /** The latest that it has shown at any request: what the operator may believe to be over. */
  latest: number
  /** By how much it was set in all, forward and back; ms. */
  jumped: number
  onNode: (uuid: string) => OnNode
  /** How many nodes of each resource class there were at first. */
  classes: ReadonlyMap<string | null, number>
  nodes: Map<string, OnNode>
  paused: boolean
  /** Hash of the mode and policy that were last put in force; null until any were. */
  inForce: string | null
  /** When a reset was last spent on a shared outage, by service; the operator's wall clock. */
  canaries: Map<string, number>
  /** The reset that was last spent on BMCs of a rack that are away together, by the rack. */
  rackCanaries: Map<string, Sent>
  outages: Outage[]
  /** When the storm's faults stopped; null while it rages. */
  calmAt: number | null
  /** Resets that Ironic accepted since then, without those that a person asked for. */
  resumed: { uuid: string; at: number }[]
  accuse(promise: PromiseId, found: { node: string | null; what: string; sent?: Sent[] }): void
  /** The promise was put to the test once more. */
  check(promise: PromiseId): void
}

export type Judges = Onlooker & {
  broken: Broken[]
  checked: Map<PromiseId, number>
  /** Who sends what leaves now; null: nobody who promised anything. */
  sender: Sender | null
  bench: Bench
  /** An intent is durable. @param at since when, where it is told later */
  committed(intent: Intent, by: Sender, at?: number): void
  /** The operator's clock shows this time: before and after it is set. */
  noteTime(jump?: number): void
  /** A case on the node was closed. */
  closed(uuid: string): void
  /** The outcome of this intent is durable. */
  recorded(intentId: string): void
  /** Of these intents, told before, no outcome was recorded when their sender died. */
  died(intentIds: ReadonlySet<string>): void
  said(word: Word): void
  /** A process that has begun has put its mode and policy in force. */
  inForce(policyHash: string): void
  datagram(payload: Uint8Array): void
  hand(uuid: string, what: Hand): void
}

/** Requests of one node that a finding shows. */
const SHOWN = 6

/** Takes the ledger's onlooker's place. */
export function judgesOver(world: World, by: { wall: () => number; policy: Policy }): Judges {
  const underWay = new Map<LedgerEntry, Sent>()
  const reading = new WeakMap<LedgerEntry, Sender>()
  const bench = benchOf(world, by)
  const judges: Judges = {
    broken: [],
    checked: new Map(),
    sender: null,
    bench,
    committed: (intent, by, at = world.clock.now()) => noteIntent(bench, intent, { by, at }),
    noteTime: (jump = 0) => {
      bench.latest = Math.max(bench.latest, by.wall())
      bench.jumped += Math.abs(jump)
    },
    recorded: (intentId) => note(bench, new Set([intentId]), { recorded: true }),
    died: (intentIds) => note(bench, intentIds, { unheard: true }),
    closed: (uuid) => {
      judgeClosed(bench, uuid)
      bench.onNode(uuid).host.isLifted = false
    },
    said: (word) => hear(bench, word),
    inForce: (policyHash) => {
      bench.inForce = policyHash
    },
    datagram: (payload) => {
      bench.check('S8')
      if (!isStateless(payload)) bench.accuse('S8', { node: null, what: `a datagram to a BMC is more than a look: ${payload.toString()}` })
    },
    hand: (uuid, what) => see(bench, uuid, what),
    leaves: (entry) => {
      const { sender } = judges
      if (sender === null) return
      judges.noteTime()
      if (isRead(entry) || isNode(entry)) reading.set(entry, sender)
      if (isRead(entry)) return
      const sent = sentNow(entry, { by: sender, wall: by.wall(), jumped: bench.jumped })
      underWay.set(entry, sent)
      judgeLeaving(bench, sent)
    },
    arrives: (entry) => {
      const sent = underWay.get(entry)
      if (sent !== undefined) judgeArriving(bench, sent)
    },
    ends: (entry, reply) => {
      noteOutOfRepair(bench)
      const uuid = entry.fault === 'stale' ? nodeOf(entry) : null
      if (uuid !== null) bench.onNode(uuid).staleAt = world.clock.now()
      const reader = reading.get(entry)
      const isHeard = reader !== undefined && reader.diedAt === undefined && reader.isStanding !== true
      if (uuid === null && isHeard && entry.method === 'GET' && entry.service === 'ironic' && entry.status === 200) noteShown(bench, reply)
      if (reader !== undefined && entry.status === 200 && (entry.fault === null || entry.fault === 'latency'))
        noteRead(bench, entry, reader)
      const sent = underWay.get(entry)
      if (sent === undefined) return
      underWay.delete(entry)
      sent.reply = reply
      if (sent.step === 'deleted' && entry.effect !== null) judgeAccepted(bench, sent)
    },
  }
  bench.accuse = (promise, { node, what, sent = [] }) => {
    const name = node === null ? null : (world.nodes.get(node)?.row.name ?? node)
    judges.broken.push({ promise, at: world.clock.now(), node: name, what, entries: sent.slice(-SHOWN).map(({ entry }) => lineOf(entry)) })
  }
  bench.check = (promise) => void judges.checked.set(promise, (judges.checked.get(promise) ?? 0) + 1)
  world.ledger.onlooker = judges
  return judges
}

function noteIntent(bench: Bench, intent: Intent, { by, at }: { by: Sender; at: number }): void {
  const known = bench.onNode(intent.uuid)
  // Said in the same moment it may have come after the decision.
  const lifted = isPaced(intent) && known.retryAt !== null && known.retryAt < at
  if (lifted) known.retryAt = null
  known.intents.push({ intent, at, by, jumped: bench.jumped, lifted })
}

const isPaced = ({ act }: Intent): boolean => act === 'reset' || act === 'recover-cleaning'

const sentNow = (entry: LedgerEntry, { by, wall, jumped }: Pick<Sent, 'by' | 'wall' | 'jumped'>): Sent => ({
  ...{ entry, by, wall, step: stepOf(entry), uuid: null, intent: null, reply: null },
  ...{ jumped, shownAt: Number.NEGATIVE_INFINITY, hostShownAt: Number.NEGATIVE_INFINITY, unheard: false, recorded: false, lifted: false },
})

function note({ nodes }: Bench, intentIds: ReadonlySet<string>, what: Partial<Pick<Sent, 'recorded' | 'unheard'>>): void {
  for (const { sent } of nodes.values())
    for (const one of sent) if (one.intent !== null && intentIds.has(one.intent.id)) Object.assign(one, what)
}

function benchOf(world: World, { wall, policy }: { wall: () => number; policy: Policy }): Bench {
  const nodes = new Map<string, OnNode>()
  const fresh = (): OnNode => ({
    outOfRepairAt: Number.NEGATIVE_INFINITY,
    intents: [],
    sent: [],
    handAt: Number.NEGATIVE_INFINITY,
    personAt: Number.NEGATIVE_INFINITY,
    movedAt: Number.NEGATIVE_INFINITY,
    staleAt: Number.NEGATIVE_INFINITY,
    shown: new Map(),
    persons: null,
    held: false,
    refusedAt: null,
    resets: [],
    released: false,
    countsFrom: Number.NEGATIVE_INFINITY,
    retryAt: null,
    host: { handAt: Number.NEGATIVE_INFINITY, shown: new Map(), isPersons: false, isContested: false, isLifted: false },
  })
  const onNode = (uuid: string): OnNode => {
    const known = nodes.get(uuid) ?? fresh()
    nodes.set(uuid, known)
    return known
  }
  const silent = { accuse: () => {}, check: () => {} }
  const none = {
    jumped: 0,
    paused: false,
    inForce: null,
    canaries: new Map(),
    rackCanaries: new Map(),
    outages: [],
    calmAt: null,
    resumed: [],
  }
  const classes = new Map<string | null, number>()
  for (const { row } of world.nodes.values()) classes.set(row.resource_class, (classes.get(row.resource_class) ?? 0) + 1)
  return { world, policy, wall, latest: wall(), classes, onNode, nodes, ...none, ...silent }
}

function hear(bench: Bench, { kind, uuid }: Word): void {
  if (kind === 'pause' || kind === 'resume') bench.paused = kind === 'pause'
  if (uuid === null) return
  const known = bench.onNode(uuid)
  if (kind === 'hold') known.held = true
  if (kind === 'unhold') {
    known.held = false
    // Also takes back what a maintenance left that Ironic lifted; one that still stands is ended by nobody's word to the operator.
    if (!isPersons(bench.world.nodes.get(uuid)?.row ?? null)) known.persons = null
  }
  // What a quarantine was written over while a person's maintenance was on its way there ends with it.
  if (kind === 'release') Object.assign(known, { released: true, resets: [], countsFrom: bench.wall(), persons: null })
  if (kind === 'retry') known.retryAt = bench.world.clock.now()
  if (kind === 'reject') known.refusedAt = bench.world.clock.now()
  if (kind === 'approve') known.refusedAt = null
}

function see(bench: Bench, uuid: string, what: Hand): void {
  const known = bench.onNode(uuid)
  const ofHost = HOST_HANDS.find((one) => one === what)
  if (ofHost !== undefined) {
    noteHand(bench, known, ofHost)
    return
  }
  known.handAt = bench.world.clock.now()
  if (what === 'moved') known.movedAt = known.handAt
  if (what === 'maintenance' || what === 'cleared' || what === 'hold') known.personAt = known.handAt
  if (what === 'maintenance') known.persons = { shown: false }
  if (what === 'cleared') known.persons = null
}

/** What its own reads have shown a life is no race any more. */
function noteRead(bench: Bench, entry: LedgerEntry, reader: Sender): void {
  if (isNode(entry)) bench.onNode(nodeOf(entry) ?? '').shown.set(reader, entry.at)
  if (isHost(entry)) bench.onNode(nodeOf(entry) ?? '').host.shown.set(reader, entry.at)
}

/** Answered well it holds the whole node. */
const isNode = ({ service, method, path }: LedgerEntry): boolean =>
  service === 'ironic' && (method === 'GET' || method === 'PATCH') && /^\/v1\/nodes\/[^/?]+$/.test(path)

/** One host of Blazar's, read by itself. */
const isHost = ({ service, method, path }: LedgerEntry): boolean =>
  service === 'blazar' && method === 'GET' && /^\/v1\/os-hosts\/[^/?]+$/.test(path)

/** Requests come every few seconds, so nothing that leaves repair and goes back into it is missed by much. */
function noteOutOfRepair(bench: Bench): void {
  const now = bench.world.clock.now()
  for (const [uuid, known] of bench.nodes) {
    const row = bench.world.nodes.get(uuid)?.row
    const since = known.sent.at(-1)?.entry.at
    if (since === undefined) continue
    if (row === undefined || !REPAIR_STATES.includes(row.provision_state) || standsStill(bench, { row, since, now }))
      known.outOfRepairAt = now
  }
}

/** The operator has been told of a person's maintenance once any answer held it that it was there to read. */
function noteShown(bench: Bench, reply: unknown): void {
  if (!isObject(reply)) return
  // One that Ironic lifted before anybody read it is not what a later maintenance shows.
  for (const [uuid, known] of bench.nodes)
    if (known.persons?.shown === false && bench.world.nodes.get(uuid)?.row.maintenance === false) known.persons = null
  const listed = Array.isArray(reply['nodes']) ? reply['nodes'] : [reply]
  for (const one of listed) {
    if (!isObject(one) || one['maintenance'] !== true || typeof one['uuid'] !== 'string') continue
    const known = bench.nodes.get(one['uuid'])
    if (known?.persons) known.persons.shown = true
  }
}

/** ASF presence ping, or the one IPMI command that needs no session: Get Channel Authentication Capabilities (IPMI 2.0, 22.13). */
const isStateless = (payload: Uint8Array): boolean =>
  payload[3] === 0x06 ? payload[8] === 0x80 : payload[3] === 0x07 && payload[4] === 0x00 && payload[19] === 0x38
