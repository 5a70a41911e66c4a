/**
 * `anneal replay FILE`: decides again on recorded observations. By the recorded policy it is a check between versions of Anneal; by another
 * one it says what that policy would have decided. It needs no cloud and no database of its own, and changes nothing.
 */
import type { Command } from 'commander'
import type { RecordedLine } from '../commands/recorded-line.ts'
import { type OtherPolicy, replaying } from '../commands/replay.ts'
import { type Config, loadConfig } from '../config.ts'
import { nearest } from '../core/config-error.ts'
import type { Mode } from '../core/policy.ts'
import { type Globals, globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { plain } from './paint.ts'
import { pastTime } from './past-time.ts'
import { printJson } from './print.ts'
import { progress } from './progress.ts'
import { recordedFile } from './recorded-file.ts'
import { LIMITS, type ReplayReport, replayText } from './replay-text.ts'
import { UsageError } from './usage-error.ts'

type Options = { policy?: string; node?: string; case?: string; since?: string }

/** Bad lines that are told one by one; a file of something else would be all of them. */
const TOLD = 10

export function registerReplay(program: Command, io: Io): void {
  program
    .command('replay')
    .argument('<file>', 'what `anneal observations --out` wrote, a database of Anneal (a backup will do), or - for standard input')
    .summary('decides again on recorded observations: what would this policy have done?')
    .description(
      'Decides again what was decided, on exactly what was seen and known then. By the recorded policy every decision must come out as it was: ' +
        'differences are listed, and tell that this version decides differently. With --policy or --mode the difference is the answer: which acts ' +
        'and waits would have been others. Nothing is sent and nothing is written.',
    )
    .option('--policy <file>', 'an anneal.yaml that decides in place of the recorded policy; in the recorded mode where it names none')
    .option('--node <node>', 'only this node: name or uuid')
    .option('--case <case>', 'only this case')
    .option('--since <time>', 'only what was decided since: 30d, or 2026-11-01')
    .addHelpText(
      'after',
      '\nExit code 0: decided again; by the recorded policy, exactly as recorded · 1: this version decides differently · 64: the file, or a line of it, cannot be read.\n\n' +
        'Example:\n  anneal replay /var/backups/anneal.db --since 30d --policy stricter.yaml\n  anneal replay last-month.jsonl',
    )
    .action(async (path: string, options: Options, command: Command) => {
      const globals = globalsOf(command, io)
      const report = await replayFile(io, path, { options, globals })
      if (globals.output === 'json') printJson(io, report)
      else io.out.write(replayText(report, { out: io.out, colour: globals.colour }))
      const isOther = report.policy !== null || report.mode !== null
      if (report.unread.length > 0) io.exit(64)
      else io.exit(!isOther && report.differences.length > 0 ? 1 : 0)
    })
}

async function replayFile(io: Io, path: string, { options, globals }: { options: Options; globals: Globals }): Promise<ReplayReport> {
  const since = options.since === undefined ? null : pastTime(options.since, io.seams.clock.now())
  const other = otherPolicy(io, options.policy ?? null, globals)
  const replay = replaying(other)
  const asked = askedFor(options, { since, cloud: globals.osCloud })
  const unread: ReplayReport['unread'] = []
  const shown = progress(io, io.seams.clock)
  let tooOld = 0
  let read = 0
  try {
    for await (const entry of recordedFile(io, path, since)) {
      if (entry.kind === 'too-old') tooOld += 1
      else if (entry.kind === 'unread') {
        unread.push({ where: entry.where, message: `${entry.message}.` })
      } else {
        read += 1
        shown.say(`${read} read`)
        if (asked.isMeant(entry.line)) replay.take(entry.line)
      }
    }
  } finally {
    shown.end()
  }
  if (read === 0 && unread[0] !== undefined) throw unreadable(path, unread[0], unread.length)
  tell(io, path, unread)
  const result = replay.result()
  if (result.decisions === 0) throw nothing(path, { tooOld, read, asked })
  const { policy = null } = options
  return { file: path, policy, mode: globals.mode, ...result, tooOld, unread, limits: other === null ? [] : [...LIMITS] }
}

/**
 * `--mode` alone leaves the rest of the recorded policy. A file that tries out budgets seldom says more: where it names no mode, the recorded one
 * stays, and a cloud that it does not list keeps its scope and what is so about it. Throws ConfigError.
 */
function otherPolicy(io: Io, path: string | null, { mode }: Globals): OtherPolicy {
  if (path === null) return mode === null ? null : (_cloud, recorded) => ({ ...recorded, mode })
  // No database is opened, so that none needs a place.
  const env = { ...io.env, ANNEAL_DATABASE: ':memory:' }
  const load = (usual: Mode) => loadConfig({ path, option: '--policy', mode: usual, cwd: io.cwd, env, readFile: io.readFile })
  const byMode: Record<Mode, Config> = { observe: load('observe'), approve: load('approve'), auto: load('auto') }
  return (cloud, recorded) => {
    const { standalone, automatedClean, scope, blazar } = recorded
    const config = byMode[recorded.mode]
    const listed = config.clouds.find(({ name }) => name === cloud)?.policy
    const policy = listed ?? { ...config.policy, standalone, automatedClean, scope, blazar }
    return mode === null ? policy : { ...policy, mode }
  }
}

type Asked = { isMeant(line: RecordedLine): boolean; names: Set<string>; node: string | null }

/** The filters, and the names that were met, so that a misspelt one can be told from a node without decisions. */
function askedFor(
  { node = null, case: id = null }: { node?: string | null; case?: string | null },
  also: { since: number | null; cloud: string | null },
): Asked {
  const names = new Set<string>()
  return {
    names,
    node,
    isMeant: ({ case: ofCase, recorded: { observation, grounds, now } }) => {
      const name = (observation.node.kind === 'known' ? observation.node.value.name : null) ?? grounds.case?.name ?? null
      names.add(name ?? observation.uuid)
      if (node !== null && node !== name && node.toLowerCase() !== observation.uuid) return false
      if (id !== null && id !== ofCase) return false
      if (also.since !== null && now < also.since) return false
      return also.cloud === null || also.cloud === observation.cloud
    },
  }
}

/** The other lines are decided again all the same. */
function tell(io: Io, path: string, unread: ReplayReport['unread']): void {
  for (const { where, message } of unread.slice(0, TOLD))
    io.err.write(`${plain(`anneal: ${path}, ${where}: ${message} The others were decided again.`)}\n`)
  if (unread.length > TOLD) io.err.write(`anneal: ${path}: ${unread.length - TOLD} more lines cannot be read (-o json has them all).\n`)
}

const WHAT_TO_NAME = 'Name what `anneal observations --out` wrote, or a database of Anneal'

/** A file of something else: one line says so. */
function unreadable(path: string, first: ReplayReport['unread'][number], lines: number): UsageError {
  const others = lines === 1 ? '' : ` None of its ${lines} lines can be read.`
  return new UsageError({
    what: `${path}, ${first.where}`,
    message: `${first.message.slice(0, 1).toUpperCase()}${first.message.slice(1)}${others}`,
    fix: `${WHAT_TO_NAME}.`,
  })
}

/** A check of nothing must not look like one that was passed. */
function nothing(path: string, { tooOld, read, asked }: { tooOld: number; read: number; asked: Asked }): UsageError {
  if (read > 0) {
    const near = asked.node === null || asked.names.has(asked.node) ? null : nearest(asked.node, [...asked.names])
    return new UsageError({
      what: path,
      message: `None of its ${read} recorded decisions is what was asked for.`,
      fix: near === null ? 'Correct --node, --case, --since or --os-cloud.' : `Did you mean --node ${near}?`,
    })
  }
  const older = tooOld === 0 ? '' : ` Its ${tooOld} observations were kept by an older anneal.`
  return new UsageError({
    what: path,
    message: `It holds no decision that can be decided again.${older}`,
    fix: `${WHAT_TO_NAME}; correct --since where it is given.`,
  })
}
