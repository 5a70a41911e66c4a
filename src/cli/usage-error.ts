/**
 * A command line that cannot be meant: an unknown option, a missing argument, a number that is none. Ends with 64.
 */
export class UsageError extends Error {
  override name = 'UsageError'
  readonly what: string
  readonly fix: string

  constructor(said: { what: string; message: string; fix: string }) {
    super(said.message)
    this.what = said.what
    this.fix = said.fix
  }
}
