/**
 * The command line: global options, one registration for each command, and errors turned into one line and an exit code. It knows no
 * command's work.
 */
import { Command, CommanderError, Option } from 'commander'
import { registerCheck } from './check.ts'
import { registerCompletion } from './completion.ts'
import { registerDb } from './db.ts'
import { registerDemo } from './demo.ts'
import { registerDiagnose } from './diagnose.ts'
import { registerEvidence } from './evidence.ts'
import { registerExplain } from './explain.ts'
import { registerIncidents } from './incidents.ts'
import type { ExitCode, Io } from './io.ts'
import { registerCases, registerNodes } from './nodes.ts'
import { registerNotify } from './notify.ts'
import { registerObservations } from './observations.ts'
import { printError } from './print-error.ts'
import { registerReplay } from './replay.ts'
import { registerRun } from './run.ts'
import { registerSimulate } from './simulate.ts'
import { registerSweep } from './sweep.ts'
import { registerToken } from './token.ts'
import { UsageError } from './usage-error.ts'
import { registerWords } from './words.ts'

/** Runs the command that the arguments name; never throws. @param argv without the interpreter and the script */
export async function runProgram(argv: readonly string[], io: Omit<Io, 'exit'>): Promise<ExitCode> {
  let code: ExitCode = 0
  const here: Io = {
    ...io,
    exit: (wanted) => {
      code = wanted
    },
  }
  const program = programFor(here)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    // The outer edge: every error ends here, as one line.
    if (error instanceof CommanderError && isHelp(error)) return 0
    return printError(
      error instanceof CommanderError
        ? usageOf(
            error,
            program.commands.find((command) => argv.includes(command.name())),
          )
        : error,
      here,
      { json: wantsJson(argv) },
    )
  }
}

/** Every command with its options; nothing runs yet. */
export function programFor(io: Io): Command {
  const program = new Command('anneal')
    .description(
      'Heals OpenStack Ironic nodes that failed: finds them, says why, resets what is safe to reset, proves the result, explains everything.',
    )
    .option('--os-cloud <name>', 'the cloud: a name in anneal.yaml or clouds.yaml (or OS_CLOUD, or OS_* variables)')
    .option('--config <file>', 'anneal.yaml (default: here, in $XDG_CONFIG_HOME/anneal, in /etc/anneal)')
    .addOption(new Option('-o, --output <format>', 'how results are printed').choices(['table', 'json']).default('table'))
    .addOption(new Option('--mode <mode>', 'in place of the configured mode').choices(['observe', 'approve', 'auto']))
    .option('--no-color', 'no colours, not even on a terminal')
    .version(io.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ writeOut: (text) => void io.out.write(text), writeErr: () => undefined })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nExit codes: 0 fine · 1 incomplete, doubtful or an error · 2 something needs a person · 64 usage · 78 configuration.\n\nExample:\n  anneal sweep --os-cloud prod',
    )
  registerDemo(program, io)
  registerCheck(program, io)
  registerSweep(program, io)
  registerRun(program, io)
  registerNodes(program, io)
  registerCases(program, io)
  registerIncidents(program, io)
  registerExplain(program, io)
  registerEvidence(program, io)
  registerWords(program, io)
  registerToken(program, io)
  registerDb(program, io)
  registerDiagnose(program, io)
  registerSimulate(program, io)
  registerObservations(program, io)
  registerReplay(program, io)
  registerNotify(program, io)
  registerCompletion(program, io)
  for (const command of program.commands) if (command.description() === '') command.description(sentence(command.summary()))
  return program
}

const sentence = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`

/** `commander.help` is the command help (0), or help in place of a command that was not given (1). */
const isHelp = ({ code, exitCode }: CommanderError): boolean =>
  code === 'commander.helpDisplayed' || code === 'commander.version' || (code === 'commander.help' && exitCode === 0)

/** commander's own sentence as ours: one line, with where to read on. */
function usageOf(error: CommanderError, command: Command | undefined): UsageError {
  // Called without a command it would print all its help to stderr; one line does.
  if (error.code === 'commander.help')
    return new UsageError({ what: 'usage', message: 'No command is given.', fix: 'See `anneal --help`.' })
  const message = error.message.replace(/^error: /, '').replace(/\s+/g, ' ')
  return new UsageError({
    what: 'usage',
    message: sentence(message.replace(/\.$/, '')),
    fix: `See \`anneal ${command === undefined ? '' : `${command.name()} `}--help\`.`,
  })
}

/** Read off the arguments, because where they are wrong there are no options yet. */
const wantsJson = (argv: readonly string[]): boolean =>
  argv.some(
    (arg, at) =>
      arg === '-ojson' || arg === '-o=json' || arg === '--output=json' || ((arg === '-o' || arg === '--output') && argv[at + 1] === 'json'),
  )
