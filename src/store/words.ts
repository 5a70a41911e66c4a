/**
 * A person's words: hold, pause, retry, release, approve, reject. Each is written with who and why, audited, and wakes what it is about.
 * A word is in force until it is taken back, used, superseded or out of date; it is never deleted.
 */
import type { Approval, Rejection, Words } from '../core/case.ts'
import type { Act, Cause } from '../core/decision.ts'
import { DAY } from '../core/policy.ts'
import type { NodeKey, PersonMemory } from '../core/seen.ts'
import { appendAudit, OURSELVES } from './audit.ts'
import { wake } from './due.ts'
import { type Home, invariant, type Queries, transaction } from './home.ts'
import { fromJsonOrNull, type WordKind, type WordTable } from './schema.ts'
import { template } from './template.ts'

export type Said = { by: string; why: string }

/** design.md section 8: an approval lives 24 h. */
const APPROVAL_MS = DAY

type NewWord = Pick<WordTable, 'kind' | 'cloud' | 'uuid' | 'by' | 'why' | 'at'> & Partial<Omit<WordTable, 'seq' | 'id'>>

async function insertWord(tx: Queries, home: Home, word: NewWord): Promise<void> {
  const blank = {
    endedAt: null,
    expiresAt: null,
    source: 'command',
    caseId: null,
    act: null,
    cause: null,
    number: null,
    digest: null,
    incidentId: null,
    stood: null,
  } as const
  await tx
    .insertInto('words')
    .values({ ...blank, ...word, id: home.newId() })
    .execute()
}

/** Ends what is in force of this kind for the node (or, with uuid null, for the cloud); true if there was something. */
async function endWords(tx: Queries, o: { kind: WordKind; cloud: string | null; uuid: string | null; now: number }): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('words')
    .set({ endedAt: o.now })
    .where('kind', '=', o.kind)
    .where('cloud', o.cloud === null ? 'is' : '=', o.cloud)
    .where('uuid', o.uuid === null ? 'is' : '=', o.uuid)
    .where('endedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Anneal must leave the node alone until `unhold`. */
export function hold(home: Home, key: NodeKey, said: Said): Promise<void> {
  return transaction(home, key, async (tx) => {
    const at = home.clock.now()
    await insertWord(tx, home, { kind: 'hold', cloud: key.cloud, uuid: key.uuid, ...pick(said), at })
    await sayAndWake(tx, key, { at, kind: 'hold', by: said.by, message: `Held: ${said.why}` })
  })
}

/** Ends every hold on the node, ours and those taken over from a lifted maintenance; false where there was none. */
export function unhold(home: Home, key: NodeKey, said: Said): Promise<boolean> {
  return transaction(home, key, async (tx) => {
    const at = home.clock.now()
    if (!(await endWords(tx, { kind: 'hold', cloud: key.cloud, uuid: key.uuid, now: at }))) return false
    await sayAndWake(tx, key, { at, kind: 'unhold', by: said.by, message: `No longer held: ${said.why}` })
    return true
  })
}

/** Nothing is sent that changes anything, in one cloud or (null) in all. */
export function pause(home: Home, cloud: string | null, said: Said): Promise<void> {
  return transaction(home, { cloud }, async (tx) => {
    const at = home.clock.now()
    await insertWord(tx, home, { kind: 'pause', cloud, uuid: null, ...pick(said), at })
    await appendAudit(tx, { at, cloud, by: said.by, kind: 'pause', message: `Paused ${cloud ?? 'all clouds'}: ${said.why}` })
    await wakeOpenCases(tx, cloud, at)
  })
}

/** Ends the pauses of exactly this scope: a pause of all clouds (null) and a pause of one are two words. False where there was none. */
export function resume(home: Home, cloud: string | null, said: Said): Promise<boolean> {
  return transaction(home, { cloud }, async (tx) => {
    const at = home.clock.now()
    if (!(await endWords(tx, { kind: 'pause', cloud, uuid: null, now: at }))) return false
    await appendAudit(tx, { at, cloud, by: said.by, kind: 'resume', message: `Resumed ${cloud ?? 'all clouds'}: ${said.why}` })
    await wakeOpenCases(tx, cloud, at)
    return true
  })
}

/** `retry` lifts spacing, pacing and the count for one reset; `release` says that our quarantine may be lifted. A newer one replaces the older. */
export function sayOnce(home: Home, key: NodeKey, said: Said & { kind: 'retry' | 'release' }): Promise<void> {
  return transaction(home, key, async (tx) => {
    const at = home.clock.now()
    await endWords(tx, { kind: said.kind, cloud: key.cloud, uuid: key.uuid, now: at })
    await insertWord(tx, home, { kind: said.kind, cloud: key.cloud, uuid: key.uuid, ...pick(said), at })
    const words = said.kind === 'retry' ? 'One reset may be tried out of turn' : 'The quarantine may be lifted'
    await sayAndWake(tx, key, { at, kind: said.kind, by: said.by, message: `${words}: ${said.why}` })
  })
}

/** Exactly what a yes or a no is about. */
export type AnsweredAct = { act: Act; cause: Cause; number: number; digest: string }

/** A yes to exactly this act; lives 24 h and works once. False where no case of this id is open. */
export const approve = (home: Home, caseId: string, o: Said & AnsweredAct): Promise<boolean> =>
  answer(home, caseId, { ...o, kind: 'approval' })

/** A no to exactly this act, for as long as the case is open. False where no case of this id is. */
export const reject = (home: Home, caseId: string, o: Said & AnsweredAct): Promise<boolean> =>
  answer(home, caseId, { ...o, kind: 'rejection' })

/** The newer answer replaces the older: of a yes and a no, one is in force. */
function answer(home: Home, caseId: string, o: Said & AnsweredAct & { kind: 'approval' | 'rejection' }): Promise<boolean> {
  return transaction(home, { caseId }, async (tx) => {
    const at = home.clock.now()
    const key = await tx
      .selectFrom('cases')
      .select(['cloud', 'uuid'])
      .where('id', '=', caseId)
      .where('closedAt', 'is', null)
      .executeTakeFirst()
    if (key === undefined) return false
    for (const kind of ['approval', 'rejection'] as const) await endWords(tx, { kind, ...key, now: at })
    const { kind, act, cause, number, digest } = o
    await insertWord(tx, home, {
      kind,
      ...key,
      ...pick(o),
      at,
      expiresAt: kind === 'approval' ? at + APPROVAL_MS : null,
      caseId,
      act,
      cause,
      number,
      digest,
    })
    const said = kind === 'approval' ? { kind: 'approve', verb: 'Approved' } : { kind: 'reject', verb: 'Rejected' }
    await sayAndWake(tx, key, { at, kind: said.kind, by: o.by, caseId, message: `${said.verb} ${act} for ${cause}: ${o.why}` })
    return true
  })
}

/** A person's maintenance that Ironic lifted together with its own fault goes on as a hold. One such hold at a time. */
export async function holdWhatIronicLifted(
  tx: Queries,
  o: { home: Home; key: NodeKey; person: string | null; now: number },
): Promise<void> {
  const { key, now } = o
  const already = await tx
    .selectFrom('words')
    .select('id')
    .where('kind', '=', 'hold')
    .where('cloud', '=', key.cloud)
    .where('uuid', '=', key.uuid)
    .where('endedAt', 'is', null)
    .where('source', '=', 'maintenance-lifted-by-ironic')
    .executeTakeFirst()
  if (already !== undefined) return
  const reason = fromJsonOrNull<PersonMemory>(o.person)?.maintenance_reason
  const why = `Ironic lifted a person's maintenance (${reason ?? 'no reason given'}) together with its own fault.`
  await insertWord(tx, o.home, {
    kind: 'hold',
    cloud: key.cloud,
    uuid: key.uuid,
    by: OURSELVES,
    why,
    at: now,
    source: 'maintenance-lifted-by-ironic',
  })
  await sayAndWake(tx, key, { at: now, kind: 'hold', by: OURSELVES, message: `Held: ${why}` })
}

const wordsInForce = template((db, of: NodeKey & { now: number }) =>
  db
    .selectFrom('words')
    .selectAll()
    .where('cloud', '=', of.cloud)
    .where('uuid', '=', of.uuid)
    .where('endedAt', 'is', null)
    .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', of.now)]))
    .orderBy('seq', 'desc'),
)

/** The words in force on a node, the newest of each kind. */
export async function wordsOn(db: Queries, key: NodeKey, now: number): Promise<Words> {
  const rows = await wordsInForce(db, { ...key, now })
  const newest = (kind: WordKind) => rows.find((row) => row.kind === kind) ?? null
  const held = newest('hold')
  const approval = newest('approval')
  const rejection = newest('rejection')
  const pause = await pausedBy(db, key.cloud)
  return {
    hold: held === null ? null : { ...spoken(held), source: held.source },
    pause: pause === null ? null : spoken(pause),
    approval: approval === null ? null : approvalOf(approval),
    ...(rejection === null ? {} : { rejection: rejectionOf(rejection) }),
    retry: wordOf(newest('retry')),
    release: wordOf(newest('release')),
  }
}

export type ApprovalView = Approval & NodeKey & { caseId: string | null }

/** Approvals that are in force, oldest first. */
export async function approvals(db: Queries, cloud: string | null, now: number): Promise<ApprovalView[]> {
  const rows = await db
    .selectFrom('words')
    .selectAll()
    .where('kind', '=', 'approval')
    .where('endedAt', 'is', null)
    .where('expiresAt', '>', now)
    .$if(cloud !== null, (query) => query.where('cloud', '=', cloud ?? ''))
    .orderBy('seq')
    .execute()
  return rows.flatMap((row) =>
    row.cloud === null || row.uuid === null ? [] : [{ cloud: row.cloud, uuid: row.uuid, caseId: row.caseId, ...approvalOf(row) }],
  )
}

export type Pause = NonNullable<Words['pause']> & { cloud: string | null }

const pauses = (db: Queries) =>
  db
    .selectFrom('words')
    .select(['cloud', 'by', 'why', 'at'])
    .where('kind', '=', 'pause')
    .where('endedAt', 'is', null)
    .orderBy('seq', 'desc')
    .limit(1)
const pausesOfAll = template((db) => pauses(db).where('cloud', 'is', null))
const pausesOn = template((db, of: { cloud: string }) =>
  pauses(db).where((eb) => eb.or([eb('cloud', '=', of.cloud), eb('cloud', 'is', null)])),
)

/** The newest pause in force on this cloud, its own or one of all clouds (cloud null asks for the latter alone). */
export async function pausedBy(db: Queries, cloud: string | null): Promise<Pause | null> {
  const [row] = cloud === null ? await pausesOfAll(db, {}) : await pausesOn(db, { cloud })
  return row ?? null
}

/** A pause of the cloud, or a hold on the node, that is in force or was said at or after `since`; said back at once, it still counts. */
export async function wordAgainst(db: Queries, key: NodeKey, since: number): Promise<{ kind: WordKind; by: string; why: string } | null> {
  const row = await db
    .selectFrom('words')
    .select(['kind', 'by', 'why'])
    .where((eb) => eb.or([eb('endedAt', 'is', null), eb('at', '>=', since)]))
    .where((eb) =>
      eb.or([
        eb.and([eb('kind', '=', 'hold'), eb('cloud', '=', key.cloud), eb('uuid', '=', key.uuid)]),
        eb.and([eb('kind', '=', 'pause'), eb.or([eb('cloud', '=', key.cloud), eb('cloud', 'is', null)])]),
      ]),
    )
    .orderBy('seq', 'desc')
    .executeTakeFirst()
  return row ?? null
}

/** Words that the pass has used up, by id. */
export async function useUp(tx: Queries, ids: readonly (string | null)[], now: number): Promise<void> {
  const used = ids.filter((id) => id !== null)
  if (used.length === 0) return
  await tx.updateTable('words').set({ endedAt: now }).where('id', 'in', used).where('endedAt', 'is', null).execute()
}

/** A closed case takes along what was said for it: a retry of today must not serve a failure of next month. */
export async function endWordsOfCase(tx: Queries, key: NodeKey, now: number): Promise<void> {
  for (const kind of ['approval', 'rejection', 'retry', 'release'] as const)
    await endWords(tx, { kind, cloud: key.cloud, uuid: key.uuid, now })
}

const pick = ({ by, why }: Said): Said => ({ by, why })
const spoken = ({ by, why, at }: Said & { at: number }) => ({ by, why, at })
const wordOf = (row: (Said & { id: string; at: number }) | null) => (row === null ? null : { id: row.id, ...spoken(row) })

type AnswerRow = Pick<WordTable, 'id' | 'act' | 'cause' | 'number' | 'digest' | 'expiresAt'> & Said & { at: number }

function approvalOf(row: AnswerRow): Approval {
  const { expiresAt } = row
  invariant(expiresAt !== null, `Approval ${row.id} is incomplete.`)
  return { ...rejectionOf(row), expiresAt }
}

function rejectionOf(row: AnswerRow): Rejection {
  const { id, act, cause, number, digest } = row
  invariant(act !== null && cause !== null && number !== null && digest !== null, `The answer ${id} is incomplete.`)
  return { id, act, cause, number, digest, ...spoken(row) }
}

async function sayAndWake(
  tx: Queries,
  key: NodeKey,
  entry: { at: number; kind: string; by: string; message: string; caseId?: string },
): Promise<void> {
  await appendAudit(tx, { ...entry, cloud: key.cloud, uuid: key.uuid })
  await wake(tx, [key], entry.at)
}

/** Looks at everything again that is in hand there; `cloud` null: everywhere. */
export async function wakeOpenCases(tx: Queries, cloud: string | null, at: number): Promise<void> {
  const keys = await tx
    .selectFrom('cases')
    .select(['cloud', 'uuid'])
    .where('closedAt', 'is', null)
    .$if(cloud !== null, (query) => query.where('cloud', '=', cloud ?? ''))
    .execute()
  await wake(tx, keys, at)
}
