/**
 * The shape of a signature: what one kind of error text means, as data. Signatures are asked in order and the first that
 * matches wins, so the special stands before the general. Nothing here reads a text; read-text.ts does.
 */
import type { Cause, Transient } from '../decision.ts'
import type { ServiceName } from '../observation.ts'

/** Whom the failed conversation was with, as far as a text shows it. */
export type Peer = 'bmc' | 'agent' | 'image-server' | 'swift' | 'inspector' | 'ironic' | 'database' | 'rpc' | ServiceName

export type Signature = {
  /** kebab-case, stable: it is an incident key and a field of `anneal diagnose`. */
  name: string
  cause: Cause
  transient: Transient
  /** Only where the words name a service that no address in the text can name. */
  service?: ServiceName
  /** The text must be about one of these peers; absent: any text. */
  peers?: readonly Peer[]
  /** One of these must be found in what is left after the wrappers were taken off; all case-blind. A repetition has a bound: texts are hostile. */
  patterns: readonly RegExp[]
  /** Why this cause, and why transient or not, in one sentence. */
  why: string
  /** A text that this signature reads, and no earlier one. */
  example: string
}
