/**
 * `anneal evidence CASE`: what is on record about a case as one archive, for a vendor's or a data centre's ticket. It reads the database
 * beside a running daemon, and asks Ironic only which machine it is.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { archiveOf } from '../commands/archive.ts'
import { CommandError } from '../commands/command-error.ts'
import { evidenceFiles } from '../commands/evidence-files.ts'
import { type Evidence, evidenceOfCase } from '../commands/evidence-of-case.ts'
import type { Hardware } from '../core/hardware.ts'
import type { Reading } from '../core/reading.ts'
import { timeText } from '../core/when.ts'
import { type AskedHardware, askedHardware, unasked } from './asked-hardware.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { plain } from './paint.ts'
import { atRecords } from './place.ts'
import { printJson } from './print.ts'
import { UsageError } from './usage-error.ts'

type Options = { out?: string; force?: boolean; offline?: boolean }

export function registerEvidence(program: Command, io: Io): void {
  program
    .command('evidence')
    .argument('<case>', 'id of a case, or name or uuid of a node: its open case, else its newest')
    .summary("all that is on record about a case as one archive, for a vendor's or data centre's ticket")
    .description(
      'Writes one .tar.gz with a one-page summary, the timeline, history, observations, probes, attempts, a comparison with the other nodes and the ' +
        "machine's identity. It reads the database only, also beside a running daemon, and asks Ironic's inventory which machine it is where the cloud is " +
        'configured. No credentials, no driver_info other than addresses, no instance_info.',
    )
    .option('--out <file>', 'write it there, - for standard output (default: anneal-evidence-CASE.tar.gz here)')
    .option('--force', 'overwrite the file')
    .option('--offline', 'ask nothing of the cloud')
    .addHelpText('after', '\nExample:\n  anneal evidence c-1a2b3c4d\n  anneal evidence node-17 --out - | ssh desk tar -tz')
    .action(async (named: string, options: Options, command: Command) => {
      const globals = globalsOf(command, io)
      if (options.out === '-' && io.out.isTTY) {
        throw new UsageError({ what: '--out -', message: 'An archive is nothing for a terminal.', fix: 'Send it to a file or a pipe.' })
      }
      // Read to its end before anything is asked: a reader that lingers would keep a daemon from tidying up its log.
      const { config, evidence } = await atRecords(io, globals, async ({ config, records, cloud }) => {
        return { config, evidence: await evidenceOfCase(records, { cloud, named }) }
      })
      const folder = `anneal-evidence-${evidence.case.id}`
      const target = options.out ?? `${folder}.tar.gz`
      const force = options.force === true
      if (!force && target !== '-' && existsSync(resolve(io.cwd, target))) throw there(target)
      const { hardware, failed } = await hardwareOf(io, { globals, config, offline: options.offline === true }, evidence)
      const files = evidenceFiles({ evidence, hardware }, io.version)
      const archive = await archiveOf(files, { folder, at: evidence.asOf })
      if (failed) io.exit(1)
      if (target === '-') return void io.out.write(archive)
      write(resolve(io.cwd, target), archive, { named: target, force })
      const made = { file: target, bytes: archive.length, files: files.map(({ name }) => name) }
      if (globals.output === 'json') return printJson(io, report(evidence, hardware, made))
      io.out.write(sentence(evidence, hardware, made))
    })
}

const hardwareOf = async (
  io: Io,
  to: Parameters<typeof askedHardware>[1] & { offline: boolean },
  { case: of }: Evidence,
): Promise<AskedHardware> =>
  to.offline ? { hardware: unasked('not asked, because --offline was said'), failed: false } : await askedHardware(io, to, of)

type Made = { file: string; bytes: number; files: string[] }

function report({ case: of, asOf }: Evidence, { inventory, identity }: Hardware, { file, bytes, files }: Made) {
  const { id, cloud, uuid, name } = of
  return {
    file,
    bytes,
    case: id,
    cloud,
    uuid,
    name,
    asOf: timeText(asOf),
    files,
    hardware: { inventory: askedOf(inventory), identity: askedOf(identity) },
  }
}

const askedOf = (reading: Reading<unknown>) => ({ kind: reading.kind, reason: reading.kind === 'known' ? null : reading.reason })

function sentence({ case: of, asOf }: Evidence, { inventory }: Hardware, { file, files }: Made): string {
  const identity = inventory.kind === 'known' ? '' : ` Which machine it is, is not known from the inventory: ${plain(inventory.reason)}.`
  return `${file}: ${files.length} files about ${plain(of.name ?? of.uuid)}, case ${of.id}, as of ${timeText(asOf)}. Begin with summary.md.${identity}\n`
}

const there = (named: string): UsageError =>
  new UsageError({ what: named, message: 'It is there already.', fix: 'Name another file with --out, or overwrite it with --force.' })

/** Readable for its user alone, as the database is. */
function write(path: string, archive: Uint8Array, { named, force }: { named: string; force: boolean }): void {
  try {
    writeFileSync(path, archive, { flag: force ? 'w' : 'wx', mode: 0o600 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'EEXIST') throw there(named)
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') {
      throw new CommandError('conflict', {
        what: named,
        message: `It could not be written to its end (${code}).`,
        fix: 'Make room, and write it again.',
      })
    }
    throw new UsageError({
      what: named,
      message: `It cannot be written (${code}).`,
      fix: 'Name a file with --out in a folder that this user may write to.',
    })
  }
}
