/**
 * The command line as it describes itself, with nothing behind it: for pages that are made from its help. No command of it can be run.
 */
import { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { Out } from '../src/cli/io.ts'
import { programFor } from '../src/cli/program.ts'
import { newSecret, realSeams } from '../src/seams.ts'

export function describedProgram(): Command {
  const nowhere: Out = { write: () => true, isTTY: false, columns: () => null }
  return programFor({
    out: nowhere,
    err: nowhere,
    input: { isTTY: false, lines: () => Readable.from([]), keys: () => () => {} },
    env: {},
    cwd: '.',
    user: '',
    version: '',
    dashboard: '',
    seams: realSeams(),
    newSecret,
    readFile: () => null,
    onStop: () => () => {},
    exit: () => {},
  })
}
