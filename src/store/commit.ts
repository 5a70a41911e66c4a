/**
 * The end of a deciding transaction: everything that one decision changes becomes durable together, the case and its memory, what
 * earlier attempts came to, the incident, the next look, the messages, and the intent of an act. It judges nothing.
 */
import type { Case, Intent } from '../core/case.ts'
import type { Cause, Decision, Diagnosis } from '../core/decision.ts'
import type { KeyKind, Keys } from '../core/fleet.ts'
import type { DecidingRead } from '../core/ironic.ts'
import { holderText, type Notice } from '../core/leases.ts'
import type { Observation } from '../core/observation.ts'
import type { Policy } from '../core/policy.ts'
import type { Grounds } from '../core/recorded.ts'
import type { NodeKey } from '../core/seen.ts'
import type { Settled } from '../core/settle.ts'
import { isForTurn, waitOf } from '../core/waiting.ts'
import { appendAudit, OURSELVES } from './audit.ts'
import { caseColumns } from './case-row.ts'
import { setDue } from './due.ts'
import { pairsOf } from './fleet.ts'
import { type Home, invariant, type Queries } from './home.ts'
import { closeIfOver, joinIncident, leaveIncident, openIncident } from './incidents.ts'
import { endsAtOnce, insertIntent, markReturned } from './intents.ts'
import { nodeRow, rowOfNode, SEEN_FIELDS } from './node-row.ts'
import { keepObservation, lastObservation } from './observations.ts'
import { type MessageBody, type MessageKind, post } from './outbox.ts'
import { type CaseTable, type DecisionTable, fromJson, toJsonOrNull } from './schema.ts'
import { personAfter } from './seen.ts'
import { template } from './template.ts'
import { endWordsOfCase, holdWhatIronicLifted, useUp } from './words.ts'

/** Of a case to an incident: open one of this key (open cases of the same key join it too), join one by its id, leave it, or stay as it was. */
export type Belonging = { open: { key: KeyKind; value: string; why: string } } | { join: string } | 'leave' | 'stay'

export type Commit = {
  key: NodeKey
  name: string | null
  observation: Observation
  /** null: no case is opened, the decision alone is kept. */
  case: Case | null
  newCase: boolean
  keys: Keys
  resource_class: string | null
  diagnosis: Diagnosis | null
  decision: Decision
  /** The node is looked at again by then, even where the decision waits for longer; null or left out: when the decision says. */
  lookBy?: number | null
  settled: Settled[]
  /** What people are to be told of leases on the node; and how soon somebody needs it. */
  notices: readonly Notice[]
  neededAt: number | null
  /** A person's maintenance was lifted by Ironic: it goes on as a hold. */
  personHold: boolean
  incident: Belonging
  digest: string | null
  decided: DecidingRead | null
  extraOthers: string | null
  readings: string
  /** Words that this decision has used up. */
  used: { approvalId: string | null; retryId: string | null; releaseId: string | null }
  /** What else was decided on, for deciding again; and the cause, with a case or without one. */
  policy: Policy
  grounds: Grounds
  cause: Cause
}

type Here = { tx: Queries; home: Home; now: number }

/** Writes it all; returns the intent where the decision is an act. Throws (and so rolls back) where a promise of ours is broken. */
export async function commit(here: Here, c: Commit): Promise<Intent | null> {
  const { tx, now } = here
  for (const settled of c.settled) await settle(here, settled)
  await takeIn(here, c)
  const before = await saidBefore(tx, c, now)
  if (c.case !== null) {
    const stood = await writeCase(here, c, { c: c.case, since: before.since })
    await belong({ tx, home: here.home, cloud: c.key.cloud, now }, c, { id: c.case.id, was: stood?.incidentId ?? null })
    if (c.decision.kind === 'resolve') await closeDown(here, c, c.case)
  }
  await writeDecision(here, c, before.since)
  await say(here, c, before)
  const { until } = c.decision
  await setDue(tx, c.key, until === null ? null : Math.min(until, c.lookBy ?? until))
  await useUp(tx, [c.used.approvalId, c.used.retryId, c.used.releaseId], now)
  return c.decision.kind === 'act' ? insertIntent(here, c, c.decision) : null
}

async function belong(there: Parameters<typeof openIncident>[0], c: Commit, of: { id: string; was: string | null }): Promise<void> {
  const { incident } = c
  if (incident === 'stay') return
  if (incident === 'leave') {
    // A case that closes keeps its place in the account.
    if (of.was !== null && c.decision.kind !== 'resolve') await leaveIncident(there, { caseId: of.id, uuid: c.key.uuid, id: of.was })
  } else if ('open' in incident) await openIncident(there, of.id, incident.open)
  else if (incident.join !== of.was) await joinIncident(there, of.id, incident.join)
}

async function settle({ tx, now }: Here, s: Settled): Promise<void> {
  const { id, outcome, outcomeReason, markState, endedAt, result, blazar } = s
  const before = await tx.selectFrom('attempts').selectAll().where('id', '=', id).executeTakeFirst()
  invariant(before !== undefined, `An unknown intent ${id} was to be settled.`)
  const ends = endedAt ?? (outcome !== undefined && endsAtOnce(before.act, outcome) ? now : before.endedAt)
  await tx
    .updateTable('attempts')
    .set({
      ...(outcome === undefined ? {} : { outcome, outcomeReason: outcomeReason ?? null, settledAt: now }),
      ...(markState === undefined ? {} : { markState }),
      ...(result === undefined ? {} : { result }),
      ...(blazar === undefined ? {} : { blazar: toJsonOrNull(blazar) }),
      endedAt: ends,
    })
    .where('id', '=', id)
    .execute()
  if (before.act === 'unmark' && outcome === 'accepted') await markReturned(tx, before, before.mark)
  if (outcome === undefined && result === undefined) return
  const message =
    outcomeReason ??
    `The ${before.act} begun at ${new Date(before.createdAt).toISOString()} ${result === 'proven' ? 'healed the node' : 'did not heal the node'}.`
  const { cloud, uuid, caseId } = before
  await appendAudit(tx, {
    at: now,
    cloud,
    uuid,
    caseId,
    by: OURSELVES,
    kind: 'settled',
    reason: `${before.act}:${result ?? outcome}`,
    message,
  })
}

/**
 * Polls and passes share one row of the node and one memory of a person's hand; a pass that looked before the newest listing adds nothing.
 * A node that left the polled states is seen by passes alone until the next census, and must not be shown as it was before.
 */
async function takeIn({ tx, home, now }: Here, c: Commit): Promise<void> {
  const { key, observation } = c
  const [row] = await rowOfNode(tx, key)
  const stored = row?.person ?? null
  let isLifted = c.personHold
  if (row !== undefined && observation.node.kind === 'known' && row.seenAt <= observation.at) {
    const { person, liftedByIronic } = personAfter(stored, observation.node.value, now)
    isLifted ||= liftedByIronic
    const columns = nodeRow(observation.node.value)
    if (person !== stored || SEEN_FIELDS.some((field) => row[field] !== columns[field]))
      await tx
        .updateTable('nodes')
        .set({ ...columns, person })
        .where('cloud', '=', key.cloud)
        .where('uuid', '=', key.uuid)
        .execute()
  }
  if (isLifted) await holdWhatIronicLifted(tx, { home, key, person: stored, now })
}

const decisionOn = template((db, key: NodeKey) =>
  db.selectFrom('decisions').selectAll().where('cloud', '=', key.cloud).where('uuid', '=', key.uuid),
)

/** `isTold`: people know as much of it as they need. */
type Before = { same: boolean; isTold: boolean; since: number }

/**
 * Whether the decision says what was said before on the same case, and since when it has held. A wait that became an escalation by
 * lasting keeps its time: started anew, it would be a wait again at the next look.
 */
async function saidBefore(tx: Queries, c: Commit, now: number): Promise<Before> {
  const [before] = await decisionOn(tx, c.key)
  const { kind, reason } = c.decision
  // A healthy node without a case has nothing to say, and so has had nothing to say all along.
  if (before === undefined) return { same: c.case === null && kind === 'resolve', isTold: false, since: now }
  const isCase = before.caseId === (c.case?.id ?? null)
  const goesOn = isCase && waitOf(before.reason) === waitOf(reason)
  const same = goesOn && before.kind === kind && before.reason === reason
  return { same, isTold: isCase && isToldOf(c.decision, before), since: goesOn ? before.since : now }
}

/** That a wait lasts is told once; what it waits on next stands on record. That a canary did not heal is another matter than a place. */
const isToldOf = (decision: Decision, before: Pick<DecisionTable, 'kind' | 'reason'>): boolean =>
  before.kind === 'escalate' &&
  decision.kind === 'escalate' &&
  decision.lasting === true &&
  !(decision.reason === 'canary-first' && isForTurn(before.reason))

type Standing = Pick<CaseTable, 'keys' | 'resource_class' | 'failureAt' | 'incidentId'>

/** Writes the case as this pass leaves it. Returns how it stood before: where it belongs does not change here. */
async function writeCase({ tx, now }: Here, c: Commit, o: { c: Case; since: number }): Promise<Standing | null> {
  const before = c.newCase ? null : await standing(tx, o.c.id)
  const { kind, reason, message, act, until } = c.decision
  const closedAt = kind === 'resolve' ? now : null
  const columns = caseColumns({
    ...o.c,
    name: c.name ?? o.c.name,
    closedAt,
    result: closedAt === null ? null : (o.c.result ?? resultOf(c.decision)),
    diagnosis: c.diagnosis,
    decision: { kind, reason, message, act, until, since: o.since, at: now },
  })
  // A node that could not be read has not moved to another switch or class: what was read last stands.
  const isRead = before === null || c.observation.node.kind === 'known'
  const resource_class = isRead ? c.resource_class : before.resource_class
  const queuedNeed = 'queued' in c.decision && c.decision.queued === true ? c.neededAt : null
  const pairs = pairsOf(isRead ? c.keys : fromJson<Keys>(before.keys))
  const keys = JSON.stringify(Object.fromEntries(pairs.map(({ kind: of, value }) => [of, value])))
  if (before === null) {
    await tx
      .insertInto('cases')
      .values({ ...columns, resource_class, keys, queuedNeed, incidentId: null })
      .execute()
  } else {
    await caseAgain(tx, { ...columns, resource_class, keys, queuedNeed })
  }
  if (keys !== before?.keys || columns.failureAt !== before.failureAt) await writeKeys(tx, columns, pairs)
  return before
}

type CaseAgain = Omit<CaseTable, 'incidentId'>

/** Without what never changes on a case: whatever is named has its indexes and whatever refers to it looked through again. */
const caseAgain = template((db, of: CaseAgain) =>
  db
    .updateTable('cases')
    .set({
      name: of.name,
      resource_class: of.resource_class,
      closedAt: of.closedAt,
      result: of.result,
      failureAt: of.failureAt,
      memory: of.memory,
      diagnosis: of.diagnosis,
      decision: of.decision,
      cause: of.cause,
      transient: of.transient,
      kind: of.kind,
      reason: of.reason,
      keys: of.keys,
      queuedNeed: of.queuedNeed,
    })
    .where('id', '=', of.id),
)

const standingCase = template((db, of: { id: string }) =>
  db
    .selectFrom('cases')
    .select(['keys', 'resource_class', 'failureAt', 'incidentId'])
    .where('id', '=', of.id)
    .where('closedAt', 'is', null),
)

async function standing(tx: Queries, id: string): Promise<Standing> {
  const [row] = await standingCase(tx, { id })
  invariant(row !== undefined, `The case ${id} is not open in the database.`)
  return row
}

/** A key that an older case of this node had becomes this case's. */
async function writeKeys(tx: Queries, row: ReturnType<typeof caseColumns>, pairs: ReturnType<typeof pairsOf>): Promise<void> {
  const { id: caseId, cloud, uuid, failureAt } = row
  await tx.deleteFrom('case_keys').where('caseId', '=', caseId).execute()
  if (pairs.length === 0) return
  await tx
    .insertInto('case_keys')
    .values(pairs.map(({ kind, value }) => ({ cloud, uuid, kind, value, caseId, failureAt })))
    .onConflict((conflict) => conflict.columns(['cloud', 'uuid', 'kind', 'value']).doUpdateSet({ caseId, failureAt }))
    .execute()
}

function resultOf({ reason }: Decision): NonNullable<Case['result']> {
  if (reason === 'healed') return 'healed'
  if (reason === 'launched') return 'launched'
  return reason === 'node-gone' ? 'gone' : 'moved'
}

/** A closed case holds no place, no word and no incident open. An attempt without an outcome stays as it is: a read must settle it. */
async function closeDown({ tx, home, now }: Here, c: Commit, closing: Case): Promise<void> {
  await tx
    .updateTable('attempts')
    .set({ endedAt: now })
    .where('caseId', '=', closing.id)
    .where('endedAt', 'is', null)
    .where('outcome', 'is not', null)
    .execute()
  await endWordsOfCase(tx, c.key, now)
  const row = await tx.selectFrom('cases').select('incidentId').where('id', '=', closing.id).executeTakeFirstOrThrow()
  if (row.incidentId !== null) await closeIfOver({ tx, home, cloud: c.key.cloud, now }, row.incidentId)
}

/** The decision in force on the node; a node that is resolved has none any more. */
async function writeDecision({ tx, now }: Here, c: Commit, since: number): Promise<void> {
  const { cloud, uuid } = c.key
  if (c.decision.kind === 'resolve') {
    await tx.deleteFrom('decisions').where('cloud', '=', cloud).where('uuid', '=', uuid).execute()
    return
  }
  const { kind, reason, message, act, until } = c.decision
  const name = c.name ?? c.case?.name ?? null
  await decidedOn(tx, { cloud, uuid, name, caseId: c.case?.id ?? null, kind, reason, message, act, until, since, at: now })
}

const decidedOn = template((db, { cloud, uuid, name, caseId, kind, reason, message, act, until, since, at }: DecisionTable) => {
  const columns = { name, caseId, kind, reason, message, act, until, since, at }
  return db
    .insertInto('decisions')
    .values({ cloud, uuid, ...columns })
    .onConflict((conflict) => conflict.columns(['cloud', 'uuid']).doUpdateSet(columns))
})

/** Audit, observation and messages. Ordinary tear-downs pass through `wait` and `resolve` without a case: they leave no trace here. */
async function say(here: Here, c: Commit, { same, isTold }: Before): Promise<void> {
  const { tx, now } = here
  const { decision } = c
  const caseId = c.case?.id ?? null
  const at = { at: now, cloud: c.key.cloud, uuid: c.key.uuid, caseId, by: OURSELVES }
  if (c.newCase && c.case !== null) {
    await appendAudit(tx, { ...at, kind: 'opened', message: `Case ${c.case.id} opened for ${c.name ?? c.key.uuid}.` })
    await tell(here, c, 'case-opened')
  }
  for (const notice of c.notices) await tellOfLease(here, c, notice)
  const isAct = decision.kind === 'act'
  const isRoutine = c.case === null && (decision.kind === 'wait' || decision.kind === 'resolve')
  if ((same && !isAct) || isRoutine) {
    // A person's yes names what the node looked like, so what is asked for stands on record as it is now.
    const isStale = decision.reason === 'needs-approval' && (await digestKept(tx, c.key)) !== c.digest
    if (isStale) await keepObservation(tx, caseId, { ...c, now })
    return
  }
  await appendAudit(tx, { ...at, kind: decision.kind, reason: decision.reason, message: decision.message })
  await keepObservation(tx, caseId, { ...c, now })
  if (isAct) await tell(here, c, 'act')
  else if ((decision.kind === 'escalate' && !isTold) || decision.kind === 'resolve') await tell(here, c, decision.kind)
  else if (decision.reason === 'needs-approval' || decision.reason === 'instance-may-live') await tell(here, c, decision.reason)
}

/** Operators always; the lease's holder only where the policy has words for that. */
async function tellOfLease(here: Here, c: Commit, { kind, lease, message }: Notice): Promise<void> {
  const { tx, now } = here
  const { cloud, uuid } = c.key
  const name = c.name ?? c.case?.name ?? uuid
  await appendAudit(tx, { at: now, cloud, uuid, caseId: c.case?.id ?? null, by: OURSELVES, kind: 'told', reason: kind, message })
  const of = { id: lease.id, name: lease.name, project_id: lease.project_id, user_id: lease.user_id }
  const about = { ...of, start_date: lease.start_date, end_date: lease.end_date }
  await tell(here, { ...c, decision: { ...c.decision, message } }, kind, about)
  const { tellHolder } = c.policy.blazar
  if (tellHolder === null || lease.user_id === null) return
  const text = holderText(tellHolder, { lease, node: name, cause: c.cause })
  await tell(here, { ...c, decision: { ...c.decision, message: text } }, 'to-holder', about)
}

async function digestKept(tx: Queries, key: NodeKey): Promise<string | null> {
  const node = (await lastObservation(tx, key))?.observation.node
  return node?.kind === 'known' ? node.value.digest : null
}

async function tell({ tx, now }: Here, c: Commit, kind: MessageKind, lease: MessageBody['lease'] = null): Promise<void> {
  const { decision, diagnosis, observation } = c
  const body = {
    caseId: c.case?.id ?? null,
    name: c.name ?? c.case?.name ?? null,
    provision_state: observation.node.kind === 'known' ? observation.node.value.provision_state : null,
    cause: diagnosis?.cause ?? null,
    kind: decision.kind,
    reason: decision.reason,
    message: decision.message,
    act: decision.act,
    evidence: diagnosis?.evidence ?? [],
    lease,
  }
  await post(tx, { cloud: c.key.cloud, uuid: c.key.uuid, kind, body, now })
}
