/**
 * What a person asked for and cannot have: which thing, why not, and what to do instead. The command line prints it as one
 * line; the HTTP API makes a status of its kind. It stands for a person's slip, never for a fault of ours or of the cloud.
 */

/** not-found: no such node, case or cloud · ambiguous: several fit · conflict: it is there, but this cannot be said of it now. */
export type CommandErrorKind = 'not-found' | 'ambiguous' | 'conflict'

export class CommandError extends Error {
  override name = 'CommandError'
  readonly kind: CommandErrorKind
  /** The thing as the person named it: `node-17`, `c-1a2b3c4d`. */
  readonly what: string
  /** What a person does about it, as a sentence. */
  readonly fix: string

  constructor(kind: CommandErrorKind, said: { what: string; message: string; fix: string }) {
    super(said.message)
    this.kind = kind
    this.what = said.what
    this.fix = said.fix
  }
}
