/**
 * The store: what the rest of the program may ask of the database, in one type, and the function that opens it. Each noun has its own
 * file; here they are only put together. Every function is one transaction of its own, apart from `deciding`, which hands one out.
 */
import { Kysely } from 'kysely'
import type { CanaryRound } from '../core/canary.ts'
import type { Attempt } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import type { Mode } from '../core/policy.ts'
import type { Clock, NewId, Random } from '../core/seams.ts'
import type { NodeKey, SeenNode } from '../core/seen.ts'
import {
  forgetAlerts,
  noteAlerts,
  type RaisedAlert,
  raisedAlerts,
  type StandingIncident,
  type StandingTrouble,
  standingTroubles,
} from './alerts.ts'
import { type AuditEntry, type AuditFilter, type Moment, newestAudit, readAudit, timelineOf } from './audit.ts'
import { type CanaryEvent, canaryRound, noteCanary } from './canaries.ts'
import type { CaseView } from './case-row.ts'
import { type CloudState, census, clouds, enrol, passFinished } from './clouds.ts'
import { type DatabaseClock, databaseClock } from './database-clock.ts'
import type { PostgresPlace } from './database-place.ts'
import { type Deciding, deciding } from './deciding.ts'
import { type DecisionFilter, type DecisionView, decisionsInForce } from './decisions.ts'
import {
  type Batch,
  claimReceiver,
  giveUpDeliveries,
  letGoOfReceivers,
  nextBatch,
  receiversWaiting,
  recordTry,
  type Tried,
  takeMessages,
} from './deliveries.ts'
import { claim, claimOne, type DueClaim, nextDue, renew, unclaim, unclaimAll, wakeIn } from './due.ts'
import { countListeners, type Hints, hintsFrom } from './hints.ts'
import { type Home, type Queries, statement } from './home.ts'
import { type InForce, intentInForce, record } from './intents.ts'
import { leasesHeld } from './leases.ts'
import { type Logins, loginsIn } from './logins.ts'
import { importRows, type MovedCounts, type MovedRow } from './move.ts'
import {
  type KeptDecision,
  lastObservation,
  observationsOf,
  prune,
  type RecordedFilter,
  recordedDecisions,
  type StoredObservation,
} from './observations.ts'
import { type OutboxMessage, unsent } from './outbox.ts'
import { neighboursOn } from './peers.ts'
import { migratePostgres } from './postgres-migrations.ts'
import { type PoolWish, postgresDialect, refuseUnfitServer } from './postgres-pool.ts'
import { postgresTurns } from './postgres-turns.ts'
import {
  attempts,
  type CaseFilter,
  caseById,
  caseOf,
  cases,
  countNodes,
  findNodes,
  type IncidentFilter,
  type IncidentView,
  incidents,
  type NodeFilter,
  type NodeView,
  nodes,
  witnesses,
} from './reading.ts'
import { ROUNDS, type Rounds, roundsIn } from './rounds.ts'
import { type SaidWords, wordsIn } from './said-words.ts'
import type { Schema } from './schema.ts'
import { openCaseKeys, seen, takeInCensus, wakeMissing } from './seen.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { openSqliteFile } from './sqlite-file.ts'
import { nodeStandings } from './standings.ts'
import { type Counts, counts } from './status.ts'
import {
  type AuditTally,
  auditTally,
  type CaseTally,
  caseTally,
  type InForceTally,
  inForceTally,
  lostNodeTime,
  messagesWaiting,
  openCaseTally,
  placesHeld,
  type Stretch,
  timesToHeal,
  timesToSee,
  unattendedNodes,
} from './tally.ts'
import { type FleetRow, type FleetSum, fleetRows, fleetSums } from './whole-fleet.ts'

export type { Commit } from './commit.ts'
export type { Deciding } from './deciding.ts'

/** Times are epoch ms on the database's clock. `cloud: null` means all clouds. */
export type Store = SaidWords & {
  /** The database's clock; on SQLite that is the clock seam. */
  now(): Promise<number>
  close(): Promise<void>

  /** Puts a mode and a policy in force on a cloud; a change voids intents that were decided before it. */
  enrol(cloud: string, o: { mode: Mode; policyHash: string }): Promise<void>
  clouds(): Promise<CloudState[]>
  /** Every failed node of the cloud has been looked at once: what fails from now on is not the backlog found at first. */
  passDone(cloud: string): Promise<void>

  /** dueAt becomes the earlier of what it is and `at` (now unless told); never delays. */
  wake(keys: readonly NodeKey[], at?: number): Promise<void>
  /** Up to `limit` due nodes, longest due first; under a policy that is not in force only what nobody else took. A claim lapses 30 s after it was taken or renewed. */
  claim(o: DueClaim): Promise<NodeKey[]>
  /** This node, due or not; false where another claim on it stands. */
  claimOne(claimant: string, key: NodeKey): Promise<boolean>
  /** False where the claim is not this claimant's any more. */
  renew(claimant: string, key: NodeKey): Promise<boolean>
  unclaim(claimant: string, key: NodeKey): Promise<void>
  /** Lets go of the claims, on nodes and on receivers, of all whose name begins so; for whoever knows that their processes have ended. */
  unclaimAll(claimants: string): Promise<void>
  /** When something can be claimed next by whoever may act; it may be past. Null: nothing is due at all. */
  nextDue(clouds: readonly string[]): Promise<number | null>

  /** What several replicas on one database share; null on SQLite, which one daemon has for itself. */
  replicas: Replicas | null

  /** Takes in a listing (`complete`: a census); returns what is new or changed and wakes what matters of it. */
  seen(cloud: string, listed: readonly SeenNode[], o: { complete: boolean }): Promise<NodeKey[]>
  openCaseKeys(cloud: string): Promise<NodeKey[]>
  /** Which of up to 500 nodes are known, and which have an open case. */
  nodeStandings(cloud: string, uuids: readonly string[]): ReturnType<typeof nodeStandings>
  /** Wakes, once each, nodes with an open case that have just left the polled lists; returns how many. */
  wakeMissing(keys: readonly NodeKey[]): Promise<number>
  census(cloud: string, size: number): Promise<{ doubtful: string | null }>
  /** Takes in a complete listing page by page, judges its size, and only then wakes what matters of it. Nothing is judged where the pages throw. */
  takeCensus(cloud: string, pages: AsyncIterable<readonly SeenNode[]>): Promise<{ size: number; doubtful: string | null }>

  /** One deciding transaction at a time per cloud; an error rolls it back. */
  deciding<T>(cloud: string, work: (tx: Deciding) => Promise<T>): Promise<T>
  /** Whether the intent may still be sent: asked right before sending. */
  intentInForce(id: string): Promise<InForce>
  /** @param slowFor for how long nothing starts in the cloud where Ironic said that it is at its limit, ms */
  record(intentId: string, outcome: Outcome, slowFor?: number): Promise<void>

  findNodes(cloud: string | null, nameOrUuid: string): Promise<{ cloud: string; uuid: string; name: string | null }[]>
  nodes(filter: NodeFilter): Promise<NodeView[]>
  countNodes(filter: NodeFilter): Promise<number>
  /** How many nodes stand how; and every node in a few words. */
  fleetSums(cloud: string | null): Promise<FleetSum[]>
  fleetRows(cloud: string | null): AsyncIterable<FleetRow[]>
  witnesses(of: { cloud: string; from: string; limit: number }): Promise<{ uuid: string }[]>
  neighboursOn(of: Parameters<typeof neighboursOn>[1]): ReturnType<typeof neighboursOn>
  /** Leases that the node's open case remembers, with the reservation that had the node. */
  leasesHeld(key: NodeKey): Promise<{ lease_id: string; reservation_id: string }[]>
  cases(filter: CaseFilter): Promise<CaseView[]>
  /** The node's open case, else its newest. */
  caseOf(key: NodeKey): Promise<CaseView | null>
  caseById(id: string): Promise<CaseView | null>
  incidents(filter: IncidentFilter): Promise<IncidentView[]>
  decisions(filter: DecisionFilter): Promise<DecisionView[]>
  attempts(key: NodeKey): Promise<Attempt[]>
  timeline(key: NodeKey): Promise<Moment[]>
  lastObservation(key: NodeKey): Promise<StoredObservation | null>
  observationsOf(caseId: string): Promise<StoredObservation[]>
  /** A page of what was decided on and what was decided, oldest first; `after` is the last `seq` that was read. */
  recorded(filter: RecordedFilter): Promise<KeptDecision[]>
  audit(filter: AuditFilter): Promise<AuditEntry[]>
  newestAudit(): Promise<number>
  counts(cloud: string | null): Promise<Counts>
  /** For metrics: sums over a stretch of the audit trail, and over cases (tally.ts). */
  auditTally(stretch: Stretch): Promise<AuditTally[]>
  timesToHeal(stretch: Stretch): Promise<number[]>
  timesToSee(stretch: Stretch): Promise<number[]>
  caseTally(): Promise<CaseTally[]>
  lostNodeTime(from: number, to: number): ReturnType<typeof lostNodeTime>
  placesHeld(): ReturnType<typeof placesHeld>
  inForceTally(): Promise<InForceTally[]>
  openCaseTally(): ReturnType<typeof openCaseTally>
  unattendedNodes(): ReturnType<typeof unattendedNodes>
  messagesWaiting(): ReturnType<typeof messagesWaiting>

  unsent(limit: number): Promise<OutboxMessage[]>
  /** Settles for up to 500 new messages which receivers are to be told; returns how many messages there were. */
  takeMessages(wantedBy: (message: OutboxMessage) => readonly string[]): Promise<number>
  receiversWaiting(): Promise<string[]>
  /** What the receiver is told next, as one; the receiver is the claimant's until `recordTry`, for a minute at most. Null: nothing now. */
  nextBatch(receiver: string, claimant: string): Promise<Batch | null>
  recordTry(batch: Pick<Batch, 'key' | 'receiver' | 'failures'>, tried: Tried): Promise<void>
  /** Gives up some deliveries of messages from before then; returns how many, by receiver. */
  giveUpDeliveries(before: number): Promise<Map<string, number>>
  claimReceiver(receiver: string, claimant: string): Promise<{ failures: number } | null>
  standingTroubles(): Promise<{ troubles: StandingTrouble[]; incidents: StandingIncident[] }>
  raisedAlerts(receiver: string): Promise<RaisedAlert[]>
  noteAlerts(receiver: string, raised: readonly RaisedAlert[]): Promise<void>
  forgetAlerts(receiver: string, ids: readonly string[]): Promise<void>
  /** The newest round of a self-canary; null: none yet. */
  canaryRound(key: NodeKey): Promise<CanaryRound | null>
  /** False where the round has moved on since it was looked at: another process was faster. */
  noteCanary(key: NodeKey, o: { event: CanaryEvent; seen: CanaryRound | null; message: string }): Promise<boolean>
  /** Who may come in over HTTP. */
  logins: Logins

  /** Takes over a whole site, all of it or nothing (move.ts). Throws StoreError where the database is not empty. */
  importRows(rows: AsyncIterable<MovedRow>, expected: MovedCounts): Promise<void>

  /** Removes some observations and sent messages older than 90 days; returns how many rows, none when there are no more. */
  prune(now: number): Promise<number>
}

export type Replicas = Pick<Hints, 'onWake'> & {
  rounds: Rounds
  /** How many daemons work on it. */
  count(): Promise<number>
}

/** Opens (and makes or migrates) the SQLite database at `path`, or one in memory at ':memory:'. Throws StoreError with one clear sentence. */
export async function openStore({ path, ...seams }: SqliteSeams & { path: string }): Promise<Store> {
  return await storeOver(openSqliteFile(path, seams.clock.now()), seams)
}

/** Opens (and makes or migrates) a database of a PostgreSQL server, whose clock counts. Throws StoreError with one clear sentence. */
export async function openPostgresStore({ place, ...seams }: StoreSeams & { place: PostgresPlace }): Promise<Store> {
  return await postgresStoreOver({ place, name: 'anneal' }, { ...seams, timeOf: (db) => databaseClock(db, seams.clock, place.shown) })
}

/** The same by whichever clock. */
export async function postgresStoreOver(
  wish: PoolWish,
  { timeOf, ...seams }: StoreSeams & { timeOf: (db: Queries) => Promise<DatabaseClock> },
): Promise<Store> {
  const db = new Kysely<Schema>({ dialect: postgresDialect(wish) })
  try {
    await refuseUnfitServer(db, wish.place.shown)
    const clock = await timeOf(db)
    await migratePostgres(db, wish.place.shown, clock.now())
    const home: Home = { ...seams, db, clock: { ...seams.clock, now: clock.now }, turns: postgresTurns(clock, wish.place.shown) }
    const hints = hintsFrom(wish)
    const close = async () => void (await Promise.all([hints.close(), db.destroy()]))
    return { ...storeOn(home), replicas: { rounds: roundsIn(home), onWake: hints.onWake, count: () => countListeners(db) }, close }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

type StoreSeams = { clock: Clock; newId: NewId; random: Random }
/** `takesTurns`: whoever works on it shares polls and censuses as replicas on PostgreSQL do; for the simulation, whose histories replay on SQLite. */
type SqliteSeams = StoreSeams & { takesTurns?: boolean }

/** The store on a database that is open already; it closes it. */
export async function storeOver({ database, file }: ReturnType<typeof openSqliteFile>, seams: SqliteSeams): Promise<Store> {
  const db = new Kysely<Schema>({ dialect: sqliteDialect(database, file) })
  // Kysely closes only what it has used once.
  await db.selectFrom('schema_version').select('version').execute()
  const { clock, newId, random, takesTurns = false } = seams
  const home: Home = { db, clock, newId, random, turns: null }
  if (!takesTurns) return storeOn(home)
  database.exec(ROUNDS)
  // Nobody calls out a wake here: it is seen half a second later.
  return { ...storeOn(home), replicas: { rounds: roundsIn(home), onWake: () => {}, count: async () => 1 } }
}

function storeOn(home: Home): Store {
  return {
    now: async () => home.clock.now(),
    close: () => home.db.destroy(),
    replicas: null,
    ...writing(home),
    ...wordsIn(home),
    ...reading(home),
    ...telling(home),
    canaryRound: (key) => canaryRound(home.db, key),
    noteCanary: (key, event) => noteCanary(home, key, event),
    logins: loginsIn(home),
  }
}

function writing(home: Home) {
  return {
    enrol: (cloud, said) => enrol(home, cloud, said),
    passDone: (cloud) => passFinished(home, cloud),
    wake: (keys, at) => wakeIn(home, keys, at ?? home.clock.now()),
    claim: (wanted) => claim(home, wanted),
    claimOne: (claimant, key) => claimOne(home, claimant, key),
    renew: (claimant, key) => renew(home, claimant, key),
    unclaim: (claimant, key) => unclaim(home, claimant, key),
    unclaimAll: async (claimants) => {
      await unclaimAll(home, claimants)
      await letGoOfReceivers(home, claimants)
    },
    nextDue: (of) => nextDue(home, of),
    seen: (cloud, listed, { complete }) => seen(home, { cloud, nodes: listed, complete }),
    openCaseKeys: (cloud) => openCaseKeys(home.db, cloud),
    nodeStandings: (cloud, uuids) => nodeStandings(home.db, cloud, uuids),
    wakeMissing: (keys) => wakeMissing(home, keys),
    census: (cloud, size) => census(home, cloud, size),
    takeCensus: (cloud, pages) => takeInCensus(home, cloud, pages),
    deciding: (cloud, work) => deciding(home, cloud, work),
    intentInForce: (id) => intentInForce(home, id),
    record: (intentId, outcome, slowFor) => record(home, intentId, outcome, slowFor),
    importRows: (rows, expected) => importRows(home, rows, expected),
    prune: (now) => statement(home, 'messages', (db) => prune(db, now)),
  } satisfies Partial<Store>
}

function reading({ db, clock }: Home) {
  return {
    clouds: () => clouds(db),
    findNodes: (cloud, nameOrUuid) => findNodes(db, cloud, nameOrUuid),
    nodes: (filter) => nodes(db, filter),
    countNodes: (filter) => countNodes(db, filter),
    fleetSums: (cloud) => fleetSums(db, cloud),
    fleetRows: (cloud) => fleetRows(db, cloud),
    witnesses: (of) => witnesses(db, of),
    neighboursOn: (of) => neighboursOn(db, of),
    leasesHeld: (key) => leasesHeld(db, key),
    cases: (filter) => cases(db, filter),
    caseOf: (key) => caseOf(db, key),
    caseById: (id) => caseById(db, id),
    incidents: (filter) => incidents(db, filter, clock.now()),
    attempts: (key) => attempts(db, key),
    timeline: (key) => timelineOf(db, key),
    lastObservation: (key) => lastObservation(db, key),
    observationsOf: (caseId) => observationsOf(db, caseId),
    recorded: (filter) => recordedDecisions(db, filter),
    decisions: (filter) => decisionsInForce(db, filter),
    audit: (filter) => readAudit(db, filter),
    newestAudit: () => newestAudit(db),
    counts: (cloud) => counts(db, cloud, clock.now()),
    auditTally: (stretch) => auditTally(db, stretch),
    timesToHeal: (stretch) => timesToHeal(db, stretch),
    timesToSee: (stretch) => timesToSee(db, stretch),
    caseTally: () => caseTally(db),
    lostNodeTime: (from, to) => lostNodeTime(db, from, to),
    placesHeld: () => placesHeld(db),
    inForceTally: () => inForceTally(db),
    openCaseTally: () => openCaseTally(db),
    unattendedNodes: () => unattendedNodes(db),
    messagesWaiting: () => messagesWaiting(db),
    unsent: (limit) => unsent(db, limit),
  } satisfies Partial<Store>
}

function telling(home: Home) {
  return {
    takeMessages: (wantedBy) => takeMessages(home, wantedBy),
    receiversWaiting: () => receiversWaiting(home.db),
    nextBatch: (receiver, claimant) => nextBatch(home, receiver, claimant),
    recordTry: (batch, tried) => recordTry(home, batch, tried),
    giveUpDeliveries: (before) => giveUpDeliveries(home, before),
    claimReceiver: (receiver, claimant) => claimReceiver(home, receiver, claimant),
    standingTroubles: () => standingTroubles(home.db),
    raisedAlerts: (receiver) => raisedAlerts(home.db, receiver),
    noteAlerts: (receiver, raised) => noteAlerts(home.db, receiver, raised),
    forgetAlerts: (receiver, ids) => forgetAlerts(home.db, receiver, ids),
  } satisfies Partial<Store>
}
