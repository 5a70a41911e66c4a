/**
 * `anneal completion bash|zsh|fish`: what a shell needs to complete our commands, options and their choices, made from the registrations
 * themselves. It completes no node names: a shell should open no database while somebody types.
 */
import { Argument, type Command, type Option } from 'commander'
import type { Io } from './io.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

export function registerCompletion(program: Command, io: Io): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .summary('a script that teaches a shell to complete our commands')
    .addHelpText(
      'after',
      '\nExample:\n  anneal completion bash > ~/.local/share/bash-completion/completions/anneal\n  anneal completion zsh > ~/.zfunc/_anneal\n' +
        '  anneal completion fish > ~/.config/fish/completions/anneal.fish',
    )
    .action((shell: Shell) => {
      io.out.write(completionScript(program, shell))
    })
}

/** The script for one shell, with a line end. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    words: wordsOf(command),
    takesFile: command.registeredArguments.some((argument) => argument.name() === 'file'),
  }))
  commands.push({ name: 'help', summary: 'print help for a command', words: [], takesFile: false })
  const all = { commands, globals: program.options.filter(({ hidden }) => !hidden) }
  switch (shell) {
    case 'bash':
      return bash(all)
    case 'zsh':
      return zsh(all)
    case 'fish':
      return fish(program, all)
    default:
      return shell satisfies never
  }
}

type All = { commands: { name: string; summary: string; words: string[]; takesFile: boolean }[]; globals: readonly Option[] }

/** Options, and what a first argument may be where that is a choice. */
const wordsOf = (command: Command): string[] => [
  ...command.options.filter(({ hidden }) => !hidden).flatMap(flagsOf),
  ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
]

const flagsOf = ({ short, long }: Option): string[] => [short, long].filter((flag) => flag !== undefined)

const withChoices = ({ globals }: All): { flags: string[]; choices: readonly string[] }[] =>
  globals.flatMap((option) => (option.argChoices === undefined ? [] : [{ flags: flagsOf(option), choices: option.argChoices }]))

/** Commands whose argument is a file, as a pattern of `case`. */
const takingFiles = ({ commands }: All): string =>
  commands
    .filter(({ takesFile }) => takesFile)
    .map(({ name }) => name)
    .join('|')

function bash(all: All): string {
  const { commands, globals } = all
  const always = [...globals.flatMap(flagsOf), '--help'].join(' ')
  const names = commands.map(({ name }) => name).join(' ')
  return `# bash completion for anneal
_anneal() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      ${commands.map(({ name }) => name).join('|')}) command=\${COMP_WORDS[at]}; break ;;
    esac
  done
  case $before in
${withChoices(all)
  .map(({ flags, choices }) => `    ${flags.join('|')}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word")); return ;;`)
  .join('\n')}
    --config|--policy|--out) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  local words
  case $command in
${commands.map(({ name, words }) => `    ${name}) words='${[...words, always].join(' ')}' ;;`).join('\n')}
    *) words='${names} ${always}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  case $command in
    ${takingFiles(all)}) COMPREPLY+=($(compgen -f -- "$word")) ;;
  esac
}
complete -F _anneal anneal
`
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function zsh(all: All): string {
  const described = all.commands.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(':', '\\:')}`))
  const always = [...all.globals.flatMap(flagsOf), '--help']
  return `#compdef anneal
_anneal() {
  local -a commands
  commands=(
${described.map((line) => `    ${line}`).join('\n')}
  )
  case $words[CURRENT-1] in
${withChoices(all)
  .map(({ flags, choices }) => `    ${flags.join('|')}) compadd -- ${choices.join(' ')}; return ;;`)
  .join('\n')}
    --config|--policy|--out) _files; return ;;
  esac
  local word command=
  for word in $words[2,CURRENT-1]; do
    case $word in
      ${all.commands.map(({ name }) => name).join('|')}) command=$word; break ;;
    esac
  done
  case $command in
${all.commands.map(({ name, words }) => `    ${name}) compadd -- ${[...words, ...always].join(' ')} ;;`).join('\n')}
    *) _describe command commands; compadd -- ${always.join(' ')} ;;
  esac
  case $command in
    ${takingFiles(all)}) _files ;;
  esac
}
_anneal "$@"
`
}

function fish(program: Command, all: All): string {
  const lines = all.commands.map(({ name, summary }) => `complete -c anneal -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`)
  const option = (when: string, one: Option): string => {
    const short = one.short === undefined ? '' : ` -s ${one.short.replace(/^-+/, '')}`
    const long = one.long === undefined ? '' : ` -l ${one.long.replace(/^-+/, '')}`
    const value = one.argChoices === undefined ? (one.required ? ' -r' : '') : ` -x -a ${quoted(one.argChoices.join(' '))}`
    return `complete -c anneal${when}${short}${long}${value} -d ${quoted(one.description)}`
  }
  for (const one of all.globals) lines.push(option('', one))
  for (const command of program.commands) {
    const when = ` -n ${quoted(`__fish_seen_subcommand_from ${command.name()}`)}`
    for (const one of command.options.filter(({ hidden }) => !hidden)) lines.push(option(when, one))
    for (const { argChoices } of command.registeredArguments)
      if (argChoices !== undefined) lines.push(`complete -c anneal -f${when} -a ${quoted(argChoices.join(' '))}`)
  }
  return `# fish completion for anneal\n${lines.join('\n')}\n`
}
