/**
 * Everything that reached the cloud, in order, with what it changed: promises are checked against this and not against
 * what a client believes. Bodies of identity requests are never kept (they hold passwords).
 */
export type LedgerEntry = {
  /** Virtual time of arrival, epoch ms. */
  at: number
  service: string
  method: string
  /** Path below the service's endpoint, with its query. */
  path: string
  user: string | null
  body: unknown
  /** The HTTP status, or what happened instead of an answer. */
  status: number | 'refused' | 'unreachable' | 'hung' | 'lost' | 'pending'
  /** What it changed, in a sentence; null for reads and refusals. */
  effect: string | null
  /** The fault that met it, if any. */
  fault: string | null
  /** For a request to a node that is not a read: how the node stood on arrival. */
  before: NodeBrief | null
}

export type NodeBrief = {
  uuid: string
  provision_state: string
  instance_uuid: string | null
  maintenance: boolean
  maintenance_reason: string | null
  fault: string | null
  protected: boolean
  reservation: string | null
}

export type Ledger = {
  entries: LedgerEntry[]
  /** Counts by `service method status`, reads included even where they are not kept. */
  counts: Map<string, number>
  add(entry: LedgerEntry): void
  close(entry: LedgerEntry): void
  /** Entries that changed something, or were meant to: all that is no GET or HEAD and no authentication. */
  changes(): LedgerEntry[]
}

const isRead = (entry: LedgerEntry): boolean => entry.method === 'GET' || entry.method === 'HEAD' || entry.service === 'keystone'

/** With keepReads false only changing requests are kept one by one; long simulations would otherwise fill the memory. */
export function ledger(keepReads: boolean): Ledger {
  const entries: LedgerEntry[] = []
  const counts = new Map<string, number>()
  return {
    entries,
    counts,
    add(entry) {
      if (keepReads || !isRead(entry)) entries.push(entry)
    },
    close(entry) {
      const key = `${entry.service} ${entry.method} ${entry.status}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    changes: () => entries.filter((entry) => !isRead(entry)),
  }
}
