/**
 * What the reader of the outbox works with, and how it says of a receiver whether it was told. Built in wiring.ts.
 */
import type { Seams } from '../core/seams.ts'
import type { Store } from '../store/store.ts'
import type { Ways } from './deliver.ts'
import type { Receiver, Reply } from './receiver.ts'

export type Trouble = { level: 'warn' | 'error'; message: string; about: Record<string, string> }

export type NotifierParts = Ways & {
  seams: Pick<Seams, 'clock' | 'random' | 'transport'>
  store: Store
  receivers: readonly Receiver[]
  /** How claims of this process are told from others'. */
  claimant: string
  serverUrl: string | null
  log: (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void
  /** Says what goes wrong again and again once. */
  trouble: { failed(trouble: Trouble, error: unknown): void; works(trouble: Trouble): void }
  /** For figures: how a try ended, or how many messages were given up. */
  onTold: (told: { receiver: string; outcome: Reply['kind'] | 'given-up'; count: number }) => void
  /** An alert that is not sent again for so long is over. */
  alertsStandMs: number
}

/** In the log once when it begins and once when it is over, not with each try; in the figures each time. */
export function say({ trouble, onTold }: Pick<NotifierParts, 'trouble' | 'onTold'>, { name }: Pick<Receiver, 'name'>, reply: Reply): void {
  const said: Trouble = { level: 'warn', message: 'receiver not told', about: { receiver: name } }
  onTold({ receiver: name, outcome: reply.kind, count: 1 })
  if (reply.kind === 'sent') trouble.works(said)
  else trouble.failed(said, reply.said)
}
