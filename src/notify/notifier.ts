/**
 * The reader of the outbox: takes new messages in, and tells each receiver what it wants, receivers side by side, so that one that hangs or
 * fails delays no other and no pass. It runs beside the workers of a daemon (`run`), or once at the end of a sweep (`drain`). What is
 * under way, and when it is tried again, stands in the store.
 */
import { DAY, MINUTE, SECOND } from '../core/policy.ts'
import type { Batch, Tried } from '../store/deliveries.ts'
import type { Store } from '../store/store.ts'
import { alertsRound } from './alerts-round.ts'
import { backoff } from './backoff.ts'
import { bulletinOf } from './bulletin.ts'
import { deliver } from './deliver.ts'
import { type NotifierParts, say, type Trouble } from './parts.ts'
import { type Receiver, type Reply, wants } from './receiver.ts'

export type Notifier = { run(signal: AbortSignal): Promise<void>; drain(withinMs: number): Promise<void> }

/** Quick enough for a person, and two small reads. */
const ROUND_MS = SECOND
/** What stands is looked at so often. */
const ALERTS_MS = 5 * SECOND
/** A message that nobody could be told for so long is no news. */
const GIVEN_UP_MS = DAY
const GIVING_UP_EVERY_MS = MINUTE

export function notifier(parts: NotifierParts): Notifier {
  const { seams } = parts
  const lanes = new Map<string, Promise<void>>()
  const dueAt = { alerts: Number.NEGATIVE_INFINITY, givingUp: Number.NEGATIVE_INFINITY }
  const isDue = (what: keyof typeof dueAt, everyMs: number): boolean => {
    if (seams.clock.monotonic() < dueAt[what]) return false
    dueAt[what] = seams.clock.monotonic() + everyMs
    return true
  }
  /** One at a time for each receiver; a lane that is still busy is left to its work. */
  const inLane = (name: string, work: () => Promise<void>): void => {
    if (lanes.has(name)) return
    const lane = orSay(parts, { level: 'error', message: 'notifying failed', about: { receiver: name } }, work)
    lanes.set(
      name,
      lane.finally(() => lanes.delete(name)),
    )
  }
  const round = (signal: AbortSignal) =>
    orSay(parts, { level: 'error', message: 'outbox not read', about: {} }, async () => {
      await takeIn(parts)
      if (isDue('givingUp', GIVING_UP_EVERY_MS)) await giveUp(parts)
      const waiting = new Set(await parts.store.receiversWaiting())
      const isAlertsDue = isDue('alerts', ALERTS_MS)
      for (const receiver of parts.receivers) {
        if (receiver.kind === 'alertmanager') {
          if (isAlertsDue) inLane(receiver.name, () => alertsRound(parts, receiver))
        } else if (waiting.has(receiver.name)) inLane(receiver.name, () => serve(parts, receiver, signal))
      }
    })
  return {
    run: async (signal) => {
      while (!signal.aborted) {
        await round(signal)
        await seams.clock.sleep(ROUND_MS, signal)
      }
      await Promise.all(lanes.values())
    },
    drain: async (withinMs) => {
      const over = new AbortController()
      const served = round(over.signal).then(() => Promise.all(lanes.values()))
      const done = new AbortController()
      await Promise.race([served, seams.clock.sleep(withinMs, done.signal)])
      done.abort()
      over.abort()
    },
  }
}

/** The outer loop: what went wrong here is said, and the next round tries again. */
async function orSay({ trouble }: NotifierParts, said: Trouble, work: () => Promise<void>): Promise<void> {
  try {
    await work()
    trouble.works(said)
  } catch (error) {
    // Knows: all that matters is in the store, and the next round begins with it.
    trouble.failed(said, error)
  }
}

/** With nobody to tell, messages are done with at once: they must not be news to a receiver that is configured next week. */
async function takeIn({ store, receivers }: NotifierParts): Promise<void> {
  const wantedBy: Parameters<Store['takeMessages']>[0] = (message) =>
    receivers.filter((receiver) => wants(receiver, message)).map(({ name }) => name)
  while ((await store.takeMessages(wantedBy)) > 0);
}

async function giveUp({ store, log, onTold }: NotifierParts): Promise<void> {
  const before = (await store.now()) - GIVEN_UP_MS
  for (let given = await store.giveUpDeliveries(before); given.size > 0; given = await store.giveUpDeliveries(before))
    for (const [receiver, messages] of given) {
      onTold({ receiver, outcome: 'given-up', count: messages })
      log('error', 'messages given up after a day', { receiver, messages })
    }
}

/** Tells the receiver batch after batch, until there is none now. */
async function serve(parts: NotifierParts, receiver: Receiver, signal: AbortSignal): Promise<void> {
  const { store, claimant, serverUrl } = parts
  while (!signal.aborted) {
    const batch = await store.nextBatch(receiver.name, claimant)
    if (batch === null) return
    const reply = await deliver(parts, receiver, bulletinOf(batch, serverUrl))
    say(parts, receiver, reply)
    await store.recordTry(batch, triedOf(parts, batch, reply))
  }
}

function triedOf({ seams }: NotifierParts, { tries, failures }: Batch, reply: Reply): Tried {
  if (reply.kind === 'sent') return { kind: 'sent' }
  const now = seams.clock.now()
  if (reply.kind === 'refused') return { kind: 'refused', retryAt: now + backoff(tries + 1, seams.random) }
  return { kind: 'trouble', retryAt: now + backoff(failures + 1, seams.random, reply.retryAfterMs) }
}
