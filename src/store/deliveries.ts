/**
 * Who has been told what. A message is first taken in: a row for each receiver that wants it, so that a receiver that fails holds up no
 * other. Then, receiver by receiver, what is about the same thing becomes one batch, which keeps its key and its messages through every try
 * and every restart: whoever receives it twice can tell. Which receivers there are, and how one is reached, is not known here.
 *
 * A delivery is open (unbatched, or in the one open batch of its subject) or ended (sent, or given up). A receiver is claimed while
 * somebody sends to it, so that a daemon and a sweep do not both.
 */
import { HOUR, MINUTE } from '../core/policy.ts'
import { appendAudit, OURSELVES } from './audit.ts'
import { type Home, type Queries, transaction } from './home.ts'
import { messageOf, type OutboxMessage } from './outbox.ts'

/** Twice what the slowest try may take: after that, whoever claimed the receiver is dead. */
const CLAIM_MS = MINUTE
/** After the first message about something, one a minute. */
const SPACING_MS = MINUTE
/** Longer than anything here is ever put off: a time beyond that was written by a wall clock that has been set back since. */
const FAR_MS = 2 * HOUR
/** Rows a transaction. */
const CHUNK = 500
/** Messages in a batch: beyond that the next one, a minute later, goes on. */
const BATCH_MAX = 200

/** Settles who is to be told of up to 500 new messages; returns how many there were. A message that nobody wants is done with. */
export async function takeMessages(home: Home, wantedBy: (message: OutboxMessage) => readonly string[]): Promise<number> {
  // Asked every second, and usually for nothing: that should cost nobody the write lock.
  if ((await home.db.selectFrom('outbox').select('id').where('takenAt', 'is', null).executeTakeFirst()) === undefined) return 0
  return await transaction(home, 'messages', async (tx) => {
    const now = home.clock.now()
    const rows = await tx.selectFrom('outbox').selectAll().where('takenAt', 'is', null).orderBy('id').limit(CHUNK).execute()
    for (const row of rows) {
      const receivers = wantedBy(messageOf(row))
      const fresh = { messageId: row.id, about: null, batch: null, tries: 0, nextAt: now, endedAt: null, result: null }
      if (receivers.length > 0)
        await tx
          .insertInto('deliveries')
          .values(receivers.map((receiver) => ({ ...fresh, receiver })))
          .execute()
      await tx
        .updateTable('outbox')
        .set({ takenAt: now, ...(receivers.length === 0 ? { sentAt: now } : {}) })
        .where('id', '=', row.id)
        .execute()
    }
    return rows.length
  })
}

export type Batch = {
  /** The same at every try. */
  key: string
  receiver: string
  /** An incident's or case's id, or what else the messages have in common. */
  about: string
  messages: OutboxMessage[]
  /** Tries of this batch, and of this receiver in a row, that came to nothing. */
  tries: number
  failures: number
}

/** Receivers with something open. */
export async function receiversWaiting(db: Queries): Promise<string[]> {
  const rows = await db.selectFrom('deliveries').select('receiver').distinct().where('endedAt', 'is', null).execute()
  return rows.map(({ receiver }) => receiver)
}

/** What the receiver is to be told next, claimed; null where that is nothing now, or somebody else is at it. */
export function nextBatch(home: Home, receiver: string, claimant: string): Promise<Batch | null> {
  return transaction(home, 'messages', async (tx) => {
    const now = home.clock.now()
    const state = await stateOf(tx, receiver)
    if (!isFree(state, claimant, now)) return null
    const again = await batchToRepeat(tx, receiver, now)
    // One that a crash left has not been tried as far as anybody knows; one that failed lets what is fresh go before it.
    const key = again !== undefined && again.tries === 0 ? again.batch : ((await freshBatch(home, tx, receiver)) ?? again?.batch ?? null)
    if (key === null) return null
    await setState(tx, { ...state, name: receiver, claimant, claimUntil: now + CLAIM_MS })
    return await batchOf(tx, { receiver, key, failures: state.failures })
  })
}

type State = { failures: number; restUntil: number; claimant: string | null; claimUntil: number | null }

const isAhead = (at: number, now: number): boolean => at > now && at <= now + FAR_MS

const isFree = ({ claimant, claimUntil, restUntil }: State, forWhom: string, now: number): boolean =>
  (claimant === null || claimant === forWhom || !isAhead(claimUntil ?? 0, now)) && !isAhead(restUntil, now)

async function stateOf(tx: Queries, name: string): Promise<State> {
  const row = await tx.selectFrom('receivers').selectAll().where('name', '=', name).executeTakeFirst()
  return row ?? { failures: 0, restUntil: 0, claimant: null, claimUntil: null }
}

async function setState(tx: Queries, { name, ...state }: State & { name: string }): Promise<void> {
  await tx
    .insertInto('receivers')
    .values({ name, ...state })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(state))
    .execute()
}

const batchToRepeat = (tx: Queries, receiver: string, now: number) =>
  tx
    .selectFrom('deliveries')
    .select(['batch', 'tries'])
    .where('receiver', '=', receiver)
    .where('endedAt', 'is', null)
    .where('batch', 'is not', null)
    .where((eb) => eb.or([eb('nextAt', '<=', now), eb('nextAt', '>', now + FAR_MS)]))
    .orderBy('tries')
    .orderBy('messageId')
    .executeTakeFirst()

/** Makes a batch of what is about the same thing as the oldest message whose turn it is. Returns its key; null where there is none. */
async function freshBatch(home: Home, tx: Queries, receiver: string): Promise<string | null> {
  const waiting = await tx
    .selectFrom('deliveries')
    .innerJoin('outbox', 'outbox.id', 'deliveries.messageId')
    .leftJoin('cases', 'cases.id', 'outbox.caseId')
    .select(['outbox.id', 'outbox.cloud', 'outbox.uuid', 'outbox.kind', 'outbox.at', 'outbox.body'])
    .select(['outbox.caseId', 'outbox.incidentId as ofIncident', 'cases.incidentId'])
    .where('deliveries.receiver', '=', receiver)
    .where('deliveries.endedAt', 'is', null)
    .where('deliveries.batch', 'is', null)
    .orderBy('deliveries.messageId')
    .limit(10 * CHUNK)
    .execute()
  if (waiting.length === 0) return null
  const busy = await subjectsNotNow(tx, receiver, home.clock.now())
  const ready = waiting.map((row) => ({ id: row.id, about: aboutOf(row) })).filter(({ about }) => !busy.has(about))
  const about = ready[0]?.about
  if (about === undefined) return null
  const ids = ready.filter((row) => row.about === about).map(({ id }) => id)
  const batch = home.newId()
  await tx
    .updateTable('deliveries')
    .set({ about, batch })
    .where('receiver', '=', receiver)
    .where('messageId', 'in', ids.slice(0, BATCH_MAX))
    .execute()
  return batch
}

type Waiting = Parameters<typeof messageOf>[0] & { caseId: string | null; ofIncident: string | null; incidentId: string | null }

/** What is for one lease's holder must never be in one message with what is for another's. */
function aboutOf(row: Waiting): string {
  if (row.kind === 'to-holder') return `lease ${messageOf(row).body.lease?.id ?? row.id}`
  return row.ofIncident ?? row.incidentId ?? row.caseId ?? `${row.cloud} ${row.uuid}`
}

/** Those with a batch under way, and those of which the receiver was told within the last minute. */
async function subjectsNotNow(tx: Queries, receiver: string, now: number): Promise<Set<string | null>> {
  const rows = await tx
    .selectFrom('deliveries')
    .select('about')
    .distinct()
    .where('receiver', '=', receiver)
    .where('batch', 'is not', null)
    .where((eb) => eb.or([eb('endedAt', 'is', null), eb.between('endedAt', now - SPACING_MS + 1, now)]))
    .execute()
  return new Set(rows.map(({ about }) => about))
}

async function batchOf(tx: Queries, { receiver, key, failures }: { receiver: string; key: string; failures: number }): Promise<Batch> {
  const rows = await tx
    .selectFrom('deliveries')
    .innerJoin('outbox', 'outbox.id', 'deliveries.messageId')
    .select(['outbox.id', 'outbox.cloud', 'outbox.uuid', 'outbox.kind', 'outbox.at', 'outbox.body', 'deliveries.about', 'deliveries.tries'])
    .where('deliveries.receiver', '=', receiver)
    .where('deliveries.batch', '=', key)
    .where('deliveries.endedAt', 'is', null)
    .orderBy('deliveries.messageId')
    .execute()
  const tries = Math.max(0, ...rows.map((row) => row.tries))
  return { key, receiver, about: rows[0]?.about ?? '', messages: rows.map(messageOf), tries, failures }
}

/**
 * What a try came to. `trouble`: the receiver as a whole rests until then. `refused`: this batch alone waits, others may fare better.
 */
export type Tried = { kind: 'sent' } | { kind: 'trouble' | 'refused'; retryAt: number }

/** Notes it, and lets the receiver go. */
export function recordTry(
  home: Home,
  { key, receiver, failures }: Pick<Batch, 'key' | 'receiver' | 'failures'>,
  tried: Tried,
): Promise<void> {
  return transaction(home, 'messages', async (tx) => {
    const now = home.clock.now()
    const ofBatch = tx.updateTable('deliveries').where('receiver', '=', receiver).where('batch', '=', key).where('endedAt', 'is', null)
    if (tried.kind === 'sent') {
      const ended = await ofBatch.set({ endedAt: now, result: 'sent' }).returning('messageId').execute()
      await doneWith(
        tx,
        ended.map(({ messageId }) => messageId),
        now,
      )
    } else await ofBatch.set((eb) => ({ tries: eb('tries', '+', 1), nextAt: tried.retryAt })).execute()
    await setState(tx, { name: receiver, ...stateAfter(tried, failures), claimant: null, claimUntil: null })
  })
}

const stateAfter = (tried: Tried, failures: number) =>
  tried.kind === 'trouble' ? { failures: failures + 1, restUntil: tried.retryAt } : { failures: 0, restUntil: 0 }

/** A receiver whose state is not made of messages (an Alertmanager): claims it; null where it rests or somebody else is at it. */
export function claimReceiver(home: Home, name: string, claimant: string): Promise<{ failures: number } | null> {
  return transaction(home, 'messages', async (tx) => {
    const now = home.clock.now()
    const state = await stateOf(tx, name)
    if (!isFree(state, claimant, now)) return null
    await setState(tx, { ...state, name, claimant, claimUntil: now + CLAIM_MS })
    return { failures: state.failures }
  })
}

/** For whoever knows that the processes whose names begin so have ended. */
export async function letGoOfReceivers(home: Home, claimants: string): Promise<void> {
  await home.db.updateTable('receivers').set({ claimant: null, claimUntil: null }).where('claimant', 'like', `${claimants}%`).execute()
}

/** Where no receiver waits for it any more, a message is done with. */
export async function doneWith(tx: Queries, ids: readonly number[], now: number): Promise<void> {
  if (ids.length === 0) return
  await tx
    .updateTable('outbox')
    .set({ sentAt: now })
    .where('id', 'in', ids)
    .where('sentAt', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('deliveries').select('messageId').whereRef('deliveries.messageId', '=', 'outbox.id').where('endedAt', 'is', null),
        ),
      ),
    )
    .execute()
}

/**
 * Gives up up to 500 deliveries of messages from before then, for receivers that are configured no more too, and says so on the trail of
 * each node. Returns how many, by receiver; empty when there are no more.
 */
export function giveUpDeliveries(home: Home, before: number): Promise<Map<string, number>> {
  return transaction(home, 'messages', async (tx) => {
    const now = home.clock.now()
    const rows = await tx
      .selectFrom('deliveries')
      .innerJoin('outbox', 'outbox.id', 'deliveries.messageId')
      .select(['receiver', 'messageId', 'tries', 'outbox.cloud', 'outbox.uuid', 'outbox.kind', 'outbox.at', 'outbox.caseId'])
      .where('endedAt', 'is', null)
      .where('outbox.at', '<', before)
      .orderBy('messageId')
      .orderBy('receiver')
      .limit(CHUNK)
      .execute()
    const given = new Map<string, number>()
    for (const { receiver, messageId, tries, cloud, uuid, kind, at, caseId } of rows) {
      given.set(receiver, (given.get(receiver) ?? 0) + 1)
      const end = tx.updateTable('deliveries').set({ endedAt: now, result: 'given-up' })
      await end.where('receiver', '=', receiver).where('messageId', '=', messageId).execute()
      const message = `${receiver} was not told of ${kind} from ${new Date(at).toISOString()}: given up after ${tries} ${tries === 1 ? 'try' : 'tries'}.`
      const on = { cloud, uuid: uuid === '' ? null : uuid, caseId }
      await appendAudit(tx, { at: now, ...on, by: OURSELVES, kind: 'not-told', reason: kind, message })
    }
    await doneWith(tx, [...new Set(rows.map(({ messageId }) => messageId))], now)
    return given
  })
}
