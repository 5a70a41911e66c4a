/**
 * Everything of the process that a command may touch, as one argument: streams, environment, user, seams, and the exit code. main
 * makes the real one; tests make their own. Commands never reach for `process`.
 */
import type { NewSecret, Seams } from '../core/seams.ts'

export type Out = {
  write(text: string | Uint8Array): unknown
  /** A person watches it. */
  isTTY: boolean
  /** Width of the terminal; null where there is none. */
  columns(): number | null
}

/** 0 fine · 1 incomplete, doubtful, or an error of ours or of the cloud · 2 something needs a person · 64 usage · 78 configuration. */
export type ExitCode = 0 | 1 | 2 | 64 | 78

export type Io = {
  out: Out
  err: Out
  /** Standard input: line by line, or, of a terminal, key by key without Enter until what `keys` returns is called. */
  input: { isTTY: boolean; lines(): AsyncIterable<string>; keys(pressed: (key: string) => void): () => void }
  env: Record<string, string | undefined>
  cwd: string
  /** The operating system's name of who runs this: it stands in the audit trail. */
  user: string
  version: string
  /** The folder with the built dashboard, whether it is there or not. */
  dashboard: string
  seams: Seams
  newSecret: NewSecret
  /** null where there is no such file or it cannot be read. */
  readFile(path: string): string | null
  /** Calls back at the first SIGINT or SIGTERM; a second one ends the process at once. Call what it returns to listen no more. */
  onStop(stop: () => void): () => void
  /** Sets the code that the process ends with. */
  exit(code: ExitCode): void
}
