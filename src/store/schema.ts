/**
 * The tables as Kysely sees them. One shape for both databases: JSON is text, times are epoch milliseconds, booleans are 0 or 1,
 * no lists. Columns in snake_case came from OpenStack unchanged. How the tables are made stands in migrations.ts.
 */
import type { ColumnType, Generated } from 'kysely'
import type { Approval, Attempt, Case, Words } from '../core/case.ts'
import type { Act, Cause, Decision, Transient } from '../core/decision.ts'
import type { KeyKind } from '../core/fleet.ts'
import type { Role } from '../core/login.ts'
import type { Mode } from '../core/policy.ts'
import type { SeenNode } from '../core/seen.ts'

export type Flag = 0 | 1
/** Text that holds JSON. */
export type Json = string

/** One row a cloud: whose policy is in force, what the census is worth, and whether Ironic asked for patience. */
export type CloudTable = {
  cloud: string
  mode: Mode
  policyHash: string
  policyAt: number
  /** Counts every change of mode or hash: two changes may share a millisecond. */
  policyRevision: number
  /** When the first pass over this cloud was finished; null during it. */
  firstPassAt: number | null
  believed: number | null
  believedAt: number | null
  challenger: Json | null
  doubtful: string | null
  /** Size of the last complete listing, believed or not. */
  listedSize: number | null
  slowUntil: number | null
}

/** Sizes of resource classes, as listed last and as believed. resource_class is '' for nodes without one. */
export type ClassTable = { cloud: string; resource_class: string; listed: number; believed: number }

type BooleanField = 'maintenance' | 'protected' | 'retired'
/** A SeenNode as a row, and what is remembered about it. */
export type NodeTable = Omit<SeenNode, BooleanField> & { [field in BooleanField]: Flag } & {
  cloud: string
  /** When a listing last changed this row. */
  seenAt: number
  /** Since when complete listings do not have it; null while they do. */
  missingSince: number | null
  /** When it was first in none of the polled lists although its case is open; null while it is in one. */
  leftAt: number | null
  /** A person's maintenance (PersonMemory). */
  person: Json | null
}

/** wakeAt: the earliest wake since the claim was taken; it outlives the commit of the pass that it came too late for. */
export type DueTable = {
  cloud: string
  uuid: string
  dueAt: number
  wakeAt: number | null
  claimant: string | null
  claimUntil: number | null
}

export type CaseTable = {
  id: string
  cloud: string
  uuid: string
  name: string | null
  resource_class: string | null
  openedAt: number
  closedAt: number | null
  result: Case['result']
  failureAt: number
  memory: Json
  diagnosis: Json | null
  decision: Json | null
  cause: Cause | null
  transient: Transient | null
  kind: Decision['kind'] | null
  reason: string | null
  keys: Json
  incidentId: string | null
  /** How soon its node is needed (0: now), while it waits for a place; else null. */
  queuedNeed: number | null
}

/**
 * What a case may share with others. One row a node and value, of the newest case that had it, so that counting rows counts nodes:
 * sums over a key that 1,000 nodes share are read with every decision.
 */
export type CaseKeyTable = { cloud: string; uuid: string; kind: KeyKind; value: string; caseId: string; failureAt: number }

export type IncidentTable = { id: string; cloud: string; kind: KeyKind; value: string; openedAt: number; closedAt: number | null }

/** The decision in force on every node that is not healthy, with or without a case. */
export type DecisionTable = {
  cloud: string
  uuid: string
  name: string | null
  caseId: string | null
  kind: Decision['kind']
  reason: string
  message: string
  act: Act | null
  until: number | null
  since: number
  at: number
}

/** An intent and what came of it. `mark` also holds the text that an unmark takes back. */
export type AttemptTable = Omit<Attempt, 'decided' | 'blazar'> & {
  seq: Generated<number>
  cloud: string
  uuid: string
  resource_class: string | null
  incidentId: string | null
  digest: string
  decided: Json
  extraOthers: string
  text: string | null
  blazar: Json | null
  policyRevision: number
}

export type WordKind = 'hold' | 'pause' | 'retry' | 'release' | 'approval' | 'rejection' | 'acknowledgement'
/** A person's word. In force while endedAt is null (and expiresAt, where there is one, lies ahead). cloud null = all clouds. */
export type WordTable = {
  seq: Generated<number>
  id: string
  cloud: string | null
  uuid: string | null
  kind: WordKind
  by: string
  why: string
  at: number
  endedAt: number | null
  expiresAt: number | null
  source: NonNullable<Words['hold']>['source']
  caseId: string | null
  act: Approval['act'] | null
  cause: Approval['cause'] | null
  number: number | null
  digest: string | null
  /** Of an acknowledgement: what was seen, beside a case, and how it stood. */
  incidentId: string | null
  stood: string | null
}

export type ObservationTable = {
  seq: Generated<number>
  cloud: string
  uuid: string
  caseId: string | null
  at: number
  kind: Decision['kind']
  reason: string
  body: Json
  /** What else was decided on, and the decision (what `Recorded` holds beside the rest); null where an older version kept it. */
  recorded: Json | null
  /** Of the content of the policy, in `policies`. */
  policyHash: string | null
}

/** Every policy that a kept decision was made by. */
export type PolicyTable = { cloud: string; hash: string; at: number; body: Json }

/** Append-only: triggers refuse update and delete. */
export type AuditTable = {
  id: ColumnType<number, never, never>
  at: ColumnType<number, number, never>
  cloud: ColumnType<string | null, string | null, never>
  uuid: ColumnType<string | null, string | null, never>
  caseId: ColumnType<string | null, string | null, never>
  by: ColumnType<string, string, never>
  kind: ColumnType<string, string, never>
  reason: ColumnType<string | null, string | null, never>
  message: ColumnType<string, string, never>
}

export type OutboxTable = {
  id: Generated<number>
  cloud: string
  uuid: string
  kind: string
  body: Json
  at: number
  /** Nobody is to be told any more: every receiver that wanted it has it, or it was given up. */
  sentAt: number | null
  caseId: string | null
  /** Of a message about a whole incident. */
  incidentId: string | null
  /** When it was settled who is to be told. */
  takenAt: number | null
}

/** One row a receiver that is or was in trouble, or that a process is just sending to. */
export type ReceiverTable = { name: string; failures: number; restUntil: number; claimant: string | null; claimUntil: number | null }

/** One row a receiver and message. `batch` is set, with `about`, before the message first leaves, and is the same at every try. */
export type DeliveryTable = {
  receiver: string
  messageId: number
  about: string | null
  batch: string | null
  tries: number
  nextAt: number
  endedAt: number | null
  result: 'sent' | 'given-up' | 'acknowledged' | null
}

/** An alert that an Alertmanager was told to raise, and not yet to end. */
export type AlertTable = { receiver: string; id: string; body: Json; since: number; sentAt: number }

/** A machine's way in; expiresAt null: until it is removed. */
export type TokenTable = { name: string; hash: string; role: Role; by: string; at: number; expiresAt: number | null; usedAt: number | null }

/** A login that is in force until `expiresAt`, or until it was not used for a while. */
export type SessionTable = {
  hash: string
  name: string
  method: 'keystone' | 'token'
  role: Role
  at: number
  seenAt: number
  expiresAt: number
}

/** On PostgreSQL alone (rounds.ts). `firstAt`: when the first poll had been taken in. */
export type RoundTable = { cloud: string; kind: 'poll' | 'census'; nextAt: number; firstAt: number | null }

export type Schema = {
  clouds: CloudTable
  classes: ClassTable
  nodes: NodeTable
  due: DueTable
  cases: CaseTable
  case_keys: CaseKeyTable
  incidents: IncidentTable
  decisions: DecisionTable
  attempts: AttemptTable
  words: WordTable
  observations: ObservationTable
  policies: PolicyTable
  audit: AuditTable
  outbox: OutboxTable
  receivers: ReceiverTable
  deliveries: DeliveryTable
  alerts: AlertTable
  tokens: TokenTable
  sessions: SessionTable
  rounds: RoundTable
  schema_version: { version: number; at: number }
}

/** JSON that this room wrote itself, in a shape that the migrations keep: read back without checking it again. */
export function fromJson<T>(text: Json): T {
  return JSON.parse(text)
}

/** As fromJson, for columns that may be empty. */
export const fromJsonOrNull = <T>(text: Json | null): T | null => (text === null ? null : fromJson<T>(text))

export const toJsonOrNull = (value: object | null): Json | null => (value === null ? null : JSON.stringify(value))

export const flag = (value: boolean): Flag => (value ? 1 : 0)
