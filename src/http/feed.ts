/**
 * What changes, read from the audit trail once for all who follow it: one look at its newest id ten times a second while anybody waits, and
 * each event made once, as the bytes that go to every reader. What was made lately is kept, within a bound, for those who are a little behind;
 * who is further behind has theirs read anew. Who reads, how fast, and for how long is events.ts.
 */
import { listedCase } from '../commands/list-cases.ts'
import { listedEntry } from '../commands/list-decisions.ts'
import { listedNode } from '../commands/list-nodes.ts'
import type { Clock } from '../core/seams.ts'
import type { AuditEntry } from '../store/audit.ts'
import type { Store } from '../store/store.ts'

/** What comes within this time is one event: a crowd of nodes fails at once. */
const BATCH_MS = 100
const BATCH_MAX = 200
/** A burst of events for readers who take a second or two each. Beyond it the oldest go first; the newest stays whatever its size. */
const KEPT_BYTES = 8 * 1024 * 1024

/** `last`: the id that the reader has come to with it. */
export type FeedEvent = { last: number; bytes: Buffer }

export type Feed = {
  /** What came behind this id, as one event; null where nothing has. Rejects where the database cannot be read. */
  after(last: number): Promise<FeedEvent | null>
  /** Resolves when there is something behind this id, at a time of the clock's monotonic(), or by the signal. */
  news(last: number, wait: { until: number; signal: AbortSignal }): Promise<void>
  /** Bytes of events that are kept: for tests of the bound. */
  keptBytes(): number
}

export function openFeed({ store, clock, stop }: { store: Store; clock: Clock; stop: AbortSignal }): Feed {
  const kept = keptEvents()
  const making = new Map<number, Promise<FeedEvent | null>>()
  const waiting = new Set<{ last: number; until: number; tell: () => void }>()
  let isLooking = false

  const make = async (last: number): Promise<FeedEvent | null> => {
    const entries = await store.audit({ after: last, limit: BATCH_MAX })
    const newest = entries.at(-1)
    if (newest === undefined) return null
    const data = JSON.stringify(await changesIn(store, entries))
    const event = { last: newest.id, bytes: Buffer.from(`id: ${newest.id}\nevent: changes\ndata: ${data}\n\n`) }
    kept.add(last, event)
    return event
  }

  const look = async (): Promise<void> => {
    isLooking = true
    try {
      while (waiting.size > 0 && !stop.aborted) {
        await clock.sleep(BATCH_MS, stop)
        const newest = await store.newestAudit()
        const now = clock.monotonic()
        for (const one of waiting) if (newest > one.last || now >= one.until) one.tell()
      }
    } catch {
      // Knows: whoever waits asks next, meets the same trouble, and says it.
      for (const one of waiting) one.tell()
    } finally {
      isLooking = false
    }
  }

  return {
    keptBytes: kept.bytes,
    after: (last) => {
      const known = kept.of(last)
      if (known !== null) return Promise.resolve(known)
      const underWay = making.get(last) ?? make(last).finally(() => making.delete(last))
      making.set(last, underWay)
      return underWay
    },
    news: (last, { until, signal }) =>
      new Promise((resolve) => {
        const tell = (): void => {
          waiting.delete(one)
          signal.removeEventListener('abort', tell)
          resolve()
        }
        const one = { last, until, tell }
        if (signal.aborted) return resolve()
        signal.addEventListener('abort', tell)
        waiting.add(one)
        if (!isLooking) void look()
      }),
  }
}

/** By the id that they come behind, in the order in which they were made. */
function keptEvents() {
  const events = new Map<number, FeedEvent>()
  let total = 0
  return {
    of: (last: number): FeedEvent | null => events.get(last) ?? null,
    bytes: () => total,
    add: (last: number, event: FeedEvent): void => {
      events.set(last, event)
      total += event.bytes.length
      for (const [oldest, { bytes }] of events) {
        if (total <= KEPT_BYTES || events.size === 1) return
        events.delete(oldest)
        total -= bytes.length
      }
    },
  }
}

/** What was written, and how the nodes and cases that it is about stand now. */
async function changesIn(store: Store, entries: readonly AuditEntry[]) {
  const keys = new Map(
    entries.flatMap(({ cloud, uuid }) => (cloud === null || uuid === null ? [] : [[`${cloud} ${uuid}`, { cloud, uuid }]])),
  )
  const nodes = []
  for (const key of keys.values()) for (const view of await store.nodes(key)) nodes.push(await listedNode(store, view))
  const cases = []
  for (const caseId of new Set(entries.flatMap((entry) => entry.caseId ?? []))) {
    const found = await store.caseById(caseId)
    if (found !== null) cases.push(listedCase(found))
  }
  return { audit: entries.map(listedEntry), nodes, cases }
}
