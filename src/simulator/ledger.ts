/**
 * Everything that reached the cloud, in order, with what it changed: promises are checked against this and not against
 * what a client believes. Bodies of identity requests are never kept (they hold passwords).
 */
import type { DecidingRead } from '../core/ironic.ts'

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
  /** Of a request to Blazar: the nodes, by uuid, whose host it names, or which the lease that it names has or ever had. */
  about: readonly string[]
  /** For a request to a node that is not a read: how the node stood on arrival. */
  before: NodeBrief | null
  /** When it left whoever sent it; `at` is when it arrived. */
  left: number
  /** When its answer came back; null where none did, or not yet. */
  answeredAt: number | null
}

/** A node as the database had it at one moment, as far as a request may be judged by it. */
export type NodeBrief = Omit<DecidingRead, 'provision_state' | 'maintenance' | 'protected'> & {
  uuid: string
  provision_state: string
  instance_uuid: string | null
  maintenance: boolean
  maintenance_reason: string | null
  fault: string | null
  protected: boolean
  reservation: string | null
  /** extra.anneal_hold is there. */
  held: boolean
  /** extra.hammer_error_resets, whatever it is. */
  marks: unknown
  /** extra.anneal_shield, whatever it is; undefined: it is not there. */
  shield: unknown
  /** Servers on it that nobody asked to delete. */
  tenants: string[]
}

/** Somebody who looks on; what is called may change nothing. */
export type Onlooker = {
  /** It has left; nothing of it has been looked at. */
  leaves(entry: LedgerEntry): void
  /** A request that is not a read is about to be served. */
  arrives(entry: LedgerEntry): void
  /** Its answer, or what came instead, is back. `reply` is the answer's document where the service gave one. */
  ends(entry: LedgerEntry, reply: unknown): void
}

export type Ledger = {
  entries: LedgerEntry[]
  /** Counts by `service method status`, reads included even where they are not kept. */
  counts: Map<string, number>
  /** At most one looks on. */
  onlooker: Onlooker | null
  add(entry: LedgerEntry): void
  close(entry: LedgerEntry, reply?: unknown): void
  /** Entries that changed something, or were meant to: all that is no GET or HEAD and no authentication. */
  changes(): LedgerEntry[]
}

export const isRead = (entry: LedgerEntry): boolean => entry.method === 'GET' || entry.method === 'HEAD' || entry.service === 'keystone'

/** With keepReads false only changing requests are kept one by one; long simulations would otherwise fill the memory. */
export function ledger(keepReads: boolean): Ledger {
  const entries: LedgerEntry[] = []
  const counts = new Map<string, number>()
  const book: Ledger = {
    entries,
    counts,
    onlooker: null,
    add(entry) {
      if (keepReads || !isRead(entry)) entries.push(entry)
      book.onlooker?.leaves(entry)
    },
    close(entry, reply) {
      book.onlooker?.ends(entry, reply ?? null)
      const key = `${entry.service} ${entry.method} ${entry.status}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    changes: () => entries.filter((entry) => !isRead(entry)),
  }
  return book
}
