/**
 * `anneal diagnose [TEXT]`: an error text in, its cause out. It needs no cloud, no configuration and no database.
 */
import type { Command } from 'commander'
import { diagnoseLine, diagnoseText, USUAL_NODE } from '../commands/diagnose-text.ts'
import { adviceFor } from '../core/cause-advice.ts'
import type { TextReading } from '../core/read-text.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { paint } from './paint.ts'
import { printJson } from './print.ts'
import { UsageError } from './usage-error.ts'

type Options = { jsonl?: boolean; state?: string; driver?: string }

export function registerDiagnose(program: Command, io: Io): void {
  program
    .command('diagnose')
    .argument('[text]', 'the error text; standard input where it is left out')
    .summary('error text in, cause out; no cloud needed')
    .option('--jsonl', 'a JSON object a line in and out: {"id","text","provision_state","driver"}')
    .option('--state <state>', 'provision_state in which the text was found', USUAL_NODE.provision_state)
    .option('--driver <driver>', "the node's driver", USUAL_NODE.driver)
    .addHelpText('after', "\nExample:\n  anneal diagnose 'Failed to tear down: IPMI call failed: power status.'")
    .action(async (text: string | undefined, options: Options, command: Command) => {
      const globals = globalsOf(command, io)
      const usual = { provision_state: options.state ?? USUAL_NODE.provision_state, driver: options.driver ?? USUAL_NODE.driver }
      if (text === undefined && io.input.isTTY) {
        throw new UsageError({
          what: 'usage',
          message: 'There is no text.',
          fix: 'Write it behind `anneal diagnose`, or send it to standard input.',
        })
      }
      if (options.jsonl === true) return await lines(io, text === undefined ? io.input.lines() : text.split('\n'), usual)
      const reading = diagnoseText({ text: text ?? (await all(io.input.lines())), ...usual })
      if (globals.output === 'json') return printJson(io, { ...reading, ...adviceFor(reading.cause) })
      io.out.write(readingText(reading, globals.colour))
    })
}

/** A bad line is reported with its number, and the others go on. */
async function lines(
  io: Io,
  given: AsyncIterable<string> | Iterable<string>,
  usual: typeof USUAL_NODE | { provision_state: string; driver: string },
): Promise<void> {
  let number = 0
  for await (const line of given) {
    number += 1
    if (line.trim() === '') continue
    const diagnosed = diagnoseLine(line, usual)
    if (typeof diagnosed !== 'string') io.out.write(`${JSON.stringify(diagnosed)}\n`)
    else {
      io.exit(1)
      io.err.write(`anneal: line ${number}: ${diagnosed}. Each line is {"id","text","provision_state","driver"}.\n`)
    }
  }
}

async function all(given: AsyncIterable<string>): Promise<string> {
  const texts: string[] = []
  for await (const line of given) texts.push(line)
  return texts.join('\n')
}

const TRANSIENT: Record<TextReading['transient'], string> = {
  yes: 'it passes by itself, so trying again is right once it has',
  no: 'trying again does not help',
  maybe: 'whether it passes is not told by the text',
}

function readingText({ cause, transient, signature, service }: TextReading, colour: boolean): string {
  const lines = [
    `cause      ${paint(colour, 'bold', cause)}`,
    `transient  ${transient} (${TRANSIENT[transient]})`,
    `signature  ${signature}`,
  ]
  if (service !== null) lines.push(`service    ${service}`)
  const { advice, runbook } = adviceFor(cause)
  lines.push(`you        ${advice}`, `runbook    ${runbook}`)
  return `${lines.join('\n')}\n`
}
