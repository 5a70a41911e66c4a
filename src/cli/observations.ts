/**
 * `anneal observations`: what was kept of looks at nodes, each with its decision; with `--out` as a file of JSON Lines for `anneal replay`.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { CommandError } from '../commands/command-error.ts'
import { keptObservations, type ListedObservation, listedObservation, type ObservationsWish } from '../commands/list-observations.ts'
import { lineOfRecorded } from '../commands/recorded-line.ts'
import type { Store } from '../store/store.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { pastTime } from './past-time.ts'
import { atCloud } from './place.ts'
import { colourOf, printJson, verdictOf } from './print.ts'
import { tableText } from './table.ts'
import { UsageError } from './usage-error.ts'

type Options = { since?: string; node?: string; case?: string; out?: string }

export function registerObservations(program: Command, io: Io): void {
  program
    .command('observations')
    .summary('what was seen and decided, kept for 90 days; --out writes it for `anneal replay`')
    .description(
      'Lists the observations that were kept (where a decision changed, and before each act) with what was decided on each. --out writes them with all ' +
        'that was decided on as JSON Lines, one recorded decision a line: for `anneal replay`, or for a report of a bug. They hold names and addresses of ' +
        'nodes and texts of errors, but no credentials and no driver_info.',
    )
    .option('--since <time>', 'only what was decided since: 30d, or 2026-11-01')
    .option('--node <node>', 'only this node: name or uuid')
    .option('--case <case>', 'only this case')
    .option('--out <file>', 'write JSON Lines there, - for standard output')
    .addHelpText(
      'after',
      '\nExample:\n  anneal observations --since 30d --out last-month.jsonl\n  anneal observations --node node-17 --since 2d',
    )
    .action(async (options: Options, command: Command) => {
      const globals = globalsOf(command, io)
      const since = options.since === undefined ? null : pastTime(options.since, io.seams.clock.now())
      await atCloud(io, globals, async ({ store, cloud }) => {
        const wish = { cloud, node: options.node ?? null, case: options.case ?? null, since }
        if (options.out === '-') return void (await writeLines(store, wish, (line) => void io.out.write(line)))
        if (options.out !== undefined) {
          const { written, left } = await writeFile(store, wish, { path: resolve(io.cwd, options.out), named: options.out })
          if (globals.output === 'json') return printJson(io, { file: options.out, written, tooOld: left })
          const older = left === 0 ? '' : ` ${left} kept by an older anneal hold too little and were left out.`
          return void io.out.write(`${written} recorded decisions are in ${options.out}.${older}\n`)
        }
        const observations: ListedObservation[] = []
        for await (const kept of keptObservations(store, wish)) observations.push(listedObservation(kept))
        if (globals.output === 'json') return printJson(io, { observations })
        io.out.write(tableOf(observations, { out: io.out, colour: globals.colour }))
      })
    })
}

function tableOf(observations: readonly ListedObservation[], to: { out: Io['out']; colour: boolean }): string {
  const several = new Set(observations.map(({ cloud }) => cloud)).size > 1
  const text = tableText(
    observations,
    [
      { head: 'AT', text: ({ at }) => at },
      ...(several ? [{ head: 'CLOUD', text: ({ cloud }: ListedObservation) => cloud }] : []),
      { head: 'NODE', text: ({ name, uuid }) => name ?? uuid },
      { head: 'CASE', text: (one) => one.case ?? '-' },
      { head: 'DECISION', text: (one) => verdictOf(shown(one)), colour: (one) => colourOf(shown(one)) },
      { head: 'MESSAGE', text: ({ decision }) => decision.message ?? '', wraps: true },
    ],
    to,
  )
  return text === '' ? 'No observation is kept of that: they are kept where a decision changes and before each act, for 90 days.\n' : text
}

const shown = ({ decision }: ListedObservation) => ({ decision: { ...decision, message: decision.message ?? '', until: null } })

type Written = { written: number; left: number }

async function writeLines(store: Store, wish: ObservationsWish, write: (line: string) => void): Promise<Written> {
  const counts = { written: 0, left: 0 }
  for await (const { caseId, recorded } of keptObservations(store, wish)) {
    if (recorded === null) counts.left += 1
    else {
      write(`${lineOfRecorded({ case: caseId, recorded })}\n`)
      counts.written += 1
    }
  }
  return counts
}

/** Readable for its user alone, as the database is. */
async function writeFile(store: Store, wish: ObservationsWish, { path, named }: { path: string; named: string }): Promise<Written> {
  const file = opened(path, named)
  try {
    return await writeLines(store, wish, (line) => written(file, line, named))
  } finally {
    closeSync(file)
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))

function opened(path: string, named: string): number {
  try {
    return openSync(path, 'w', 0o600)
  } catch (error) {
    throw new UsageError({
      what: named,
      message: `It cannot be written (${codeOf(error)}).`,
      fix: 'Name a file in a folder that this user may write to.',
    })
  }
}

function written(file: number, line: string, named: string): void {
  try {
    writeSync(file, line)
  } catch (error) {
    throw new CommandError('conflict', {
      what: named,
      message: `It could not be written to its end (${codeOf(error)}).`,
      fix: 'Make room, and write it again.',
    })
  }
}
