/**
 * Intents: an act made durable before anything is sent, the question whether it may still be sent, and what came of it. An intent is
 * unsettled until its outcome is recorded; a node has at most one unsettled intent (a unique index holds that, whatever the code does).
 */
import { type Attempt, type BlazarPart, type Intent, SENT_WITHIN } from '../core/case.ts'
import type { Act, Acting, Outcome, OutcomeKind } from '../core/decision.ts'
import { DEFAULT_POLICY } from '../core/policy.ts'
import type { NodeKey } from '../core/seen.ts'
import { appendAudit, OURSELVES } from './audit.ts'
import { slowDown } from './clouds.ts'
import type { Commit } from './commit.ts'
import { type Home, invariant, type Queries, transaction } from './home.ts'
import { fromJsonOrNull, toJsonOrNull } from './schema.ts'
import { wordAgainst } from './words.ts'

/** Writes the intent of an act and returns it as the act needs it. The caller's transaction makes it durable. */
export async function insertIntent(here: { tx: Queries; home: Home; now: number }, c: Commit, acting: Acting): Promise<Intent> {
  const { tx, home, now } = here
  const { plan } = acting
  const { key, decided, digest, extraOthers } = c
  invariant(decided !== null && digest !== null && extraOthers !== null, `The act ${plan.act} was decided on a node that was not read.`)
  const case_ = await caseActedOn(tx, c)
  const intent: Intent = {
    id: home.newId(),
    cloud: key.cloud,
    uuid: key.uuid,
    caseId: case_.id,
    act: plan.act,
    number: 'number' in plan ? plan.number : 0,
    cause: c.diagnosis?.cause ?? 'unknown',
    digest,
    decided,
    extraOthers,
    mark: plan.act === 'reset' ? new Date(now).toISOString() : plan.act === 'unmark' ? plan.mark : null,
    text: plan.act === 'quarantine' ? plan.text : plan.act === 'release' ? await quarantineText(tx, case_.id) : null,
    step: plan.act === 'recover-cleaning' ? plan.step : null,
    blazar: 'blazar' in plan ? plan.blazar : null,
    createdAt: now,
    deadlineAt: now + SENT_WITHIN,
  }
  const policy = await tx.selectFrom('clouds').select('policyRevision').where('cloud', '=', key.cloud).executeTakeFirst()
  await tx
    .insertInto('attempts')
    .values({
      ...intent,
      decided: JSON.stringify(intent.decided),
      blazar: toJsonOrNull(intent.blazar),
      resource_class: c.resource_class,
      incidentId: case_.incidentId,
      markState: 'none',
      outcome: null,
      outcomeReason: null,
      settledAt: null,
      endedAt: null,
      result: null,
      readings: c.readings,
      policyRevision: policy?.policyRevision ?? 0,
    })
    .execute()
  return intent
}

/** Exactly what we wrote, not what was first seen of it: a person may have put their own words there before the next look. */
async function quarantineText(tx: Queries, caseId: string): Promise<string | null> {
  const written = await tx
    .selectFrom('attempts')
    .select('text')
    .where('caseId', '=', caseId)
    .where('act', '=', 'quarantine')
    .where('outcome', '=', 'accepted')
    .orderBy('seq', 'desc')
    .executeTakeFirst()
  return written?.text ?? null
}

/** The open case; where a mark is still owed after its case was closed, that node's newest case. */
async function caseActedOn(tx: Queries, c: Commit): Promise<{ id: string; incidentId: string | null }> {
  const found = await tx
    .selectFrom('cases')
    .select(['id', 'incidentId'])
    .where('cloud', '=', c.key.cloud)
    .where('uuid', '=', c.key.uuid)
    .$if(c.case !== null, (query) => query.where('id', '=', c.case?.id ?? ''))
    .orderBy('openedAt', 'desc')
    .executeTakeFirst()
  invariant(found !== undefined, `An act on ${c.key.uuid} was decided without a case.`)
  return found
}

export type InForce = { ok: true } | { ok: false; reason: string }

/** Whether the intent may be sent now (design.md section 4, point 3). Asked right before sending; the reason is a sentence without a full stop. */
export async function intentInForce(home: Home, id: string): Promise<InForce> {
  const { db } = home
  const now = home.clock.now()
  const intent = await db.selectFrom('attempts').selectAll().where('id', '=', id).executeTakeFirst()
  if (intent === undefined) return { ok: false, reason: `the intent ${id} is not in the database` }
  if (intent.outcome !== null) return { ok: false, reason: `the intent was settled already (${intent.outcome})` }
  if (now > intent.deadlineAt) return { ok: false, reason: 'its deadline has passed' }
  const word = await wordAgainst(db, intent, intent.createdAt)
  if (word !== null) return { ok: false, reason: `${word.by} said ${word.kind} meanwhile (${word.why})` }
  const policy = await db.selectFrom('clouds').select('policyRevision').where('cloud', '=', intent.cloud).executeTakeFirst()
  if ((policy?.policyRevision ?? 0) !== intent.policyRevision) return { ok: false, reason: 'the mode or the policy was changed meanwhile' }
  return { ok: true }
}

/**
 * Settles the intent with what its act came to. A refusal or an act that was never sent frees its place at once and owes its mark back.
 * An intent that a later pass settled by a read meanwhile keeps that outcome, and the late word goes to the audit trail alone; only that
 * Ironic took it, which the read could not yet see, is believed over it, for what happened must count.
 */
export function record(home: Home, intentId: string, outcome: Outcome, slowFor = DEFAULT_POLICY.slowCloud): Promise<void> {
  return transaction(home, { intentId }, async (tx) => {
    const now = home.clock.now()
    const intent = await tx.selectFrom('attempts').selectAll().where('id', '=', intentId).executeTakeFirst()
    invariant(intent !== undefined, `The outcome of an unknown intent ${intentId} was to be recorded.`)
    const late = intent.outcome !== null && !(intent.outcome === 'not-sent' && outcome.kind === 'accepted')
    if (!late) {
      await tx
        .updateTable('attempts')
        .set({
          outcome: outcome.kind,
          outcomeReason: outcome.reason,
          settledAt: now,
          markState: intent.markState === 'returned' ? 'returned' : markAfter(intent.act, outcome),
          ...(outcome.updated_at === undefined ? {} : { blazar: shieldedSince(intent.blazar, outcome.updated_at) }),
          endedAt: endsAtOnce(intent.act, outcome.kind) ? now : null,
        })
        .where('id', '=', intentId)
        .execute()
      if (intent.act === 'unmark' && outcome.kind === 'accepted') await markReturned(tx, intent, intent.mark)
    }
    if (outcome.slowCloud === true) await slowDown(tx, { cloud: intent.cloud, now, until: now + slowFor })
    const { cloud, uuid, caseId } = intent
    const message = late ? `${outcome.reason} (Too late: settled before as ${intent.outcome}.)` : outcome.reason
    await appendAudit(tx, {
      at: now,
      cloud,
      uuid,
      caseId,
      by: OURSELVES,
      kind: 'outcome',
      reason: `${intent.act}:${outcome.kind}`,
      message,
    })
  })
}

/**
 * Only resets and recoveries have a course that holds a place; where nothing happened there is none to wait for. What may have happened is
 * open until a read says so, whatever the act was: nothing changing may be sent to the node until then.
 */
export const endsAtOnce = (act: Act, outcome: OutcomeKind): boolean =>
  outcome === 'refused' || outcome === 'not-sent' || (outcome === 'accepted' && act !== 'reset' && act !== 'recover-cleaning')

/** Where the act does not say, an accepted reset wrote its mark (it comes before the verb), and nothing is known to stand otherwise. */
function markAfter(act: Act, outcome: Outcome): Attempt['markState'] {
  if (act === 'shield') return outcome.mark ?? 'none'
  if (act !== 'reset') return 'none'
  const mark = outcome.mark ?? (outcome.kind === 'accepted' ? 'written' : 'none')
  const happened = outcome.kind === 'accepted' || outcome.kind === 'unknown'
  return mark === 'written' && !happened ? 'owed' : mark
}

/** The shield is known again by when Blazar says that it changed the host. */
const shieldedSince = (blazar: string | null, updated_at: string): string | null => {
  const part = fromJsonOrNull<BlazarPart>(blazar)
  return toJsonOrNull(part === null ? null : { ...part, updated_at })
}

/** The reset whose mark an `unmark` took back owes it no longer. */
export async function markReturned(tx: Queries, key: NodeKey, mark: string | null): Promise<void> {
  if (mark === null) return
  await tx
    .updateTable('attempts')
    .set({ markState: 'returned' })
    .where('cloud', '=', key.cloud)
    .where('uuid', '=', key.uuid)
    .where('act', '=', 'reset')
    .where('mark', '=', mark)
    .execute()
}
