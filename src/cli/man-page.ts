/**
 * The manual page anneal(1), made from the program's own registrations, so that it cannot say anything else than `--help`. scripts/man.ts
 * writes it to man/anneal.1; nothing of the machine or the day it is written on stands in it.
 */
import type { Command, Option } from 'commander'

/** The page as troff with the man macros. */
export function manPage(program: Command): string {
  const lines = [
    '.\\" Made by scripts/man.ts from the help of the program.',
    '.TH ANNEAL 1 "" "anneal" "User Commands"',
    '.SH NAME',
    'anneal \\- heals OpenStack Ironic nodes that failed',
    '.SH SYNOPSIS',
    '.B anneal',
    '.RI [ options ] " command " [ arguments ]',
    '.SH DESCRIPTION',
    text(program.description()),
    '.SH OPTIONS',
    ...program.options.filter(({ hidden }) => !hidden).flatMap(optionLines),
    '.SH COMMANDS',
    ...program.commands.flatMap(commandLines),
    '.SH EXIT STATUS',
    ...Object.entries(STATUS).flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)]),
    '.SH ENVIRONMENT',
    ...Object.entries(ENVIRONMENT).flatMap(([name, meaning]) => ['.TP', `.B ${name}`, text(meaning)]),
    '.SH FILES',
    ...Object.entries(FILES).flatMap(([name, meaning]) => ['.TP', `.I ${text(name)}`, text(meaning)]),
    '.SH SEE ALSO',
    '.BR openstack (1)',
  ]
  return `${lines.join('\n')}\n`
}

const STATUS: Record<string, string> = {
  0: 'Fine.',
  1: 'Incomplete, doubtful, or an error of ours or of the cloud; it beats 2.',
  2: 'Something needs a person.',
  64: 'The command line cannot be meant.',
  78: 'Configuration or a permission is wrong.',
}

const ENVIRONMENT: Record<string, string> = {
  OS_CLOUD: 'The entry of clouds.yaml; the OS_* variables of openstackclient are understood too.',
  OS_CLIENT_CONFIG_FILE: 'Where clouds.yaml is.',
  ANNEAL_DATABASE: 'The file of the database, or its address where it is one of PostgreSQL (postgres://).',
  PGPASSWORD: 'Its password, where the address has none; ~/.pgpass is read, too.',
  ANNEAL_DEBUG: 'Any value: errors that are ours are shown with their stack.',
  NO_COLOR: 'Any value: no colours.',
}

const FILES: Record<string, string> = {
  'anneal.yaml': 'Configuration: here, in $XDG_CONFIG_HOME/anneal, or in /etc/anneal.',
  'clouds.yaml': 'The clouds and their credentials, where openstacksdk looks for them.',
  '$XDG_STATE_HOME/anneal/anneal.db': 'The database, unless another is named.',
}

function commandLines(command: Command): string[] {
  const after = helpAfter(command)
  const args = command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`))
  const description = command.description() === '' ? '' : `${sentence(command.summary())}\n${text(command.description())}`
  return [
    `.SS ${text(`anneal ${[command.name(), ...args].join(' ')}`)}`,
    description === '' ? text(sentence(command.summary())) : description,
    ...command.options.filter(({ hidden }) => !hidden).flatMap(optionLines),
    ...(after === '' ? [] : ['.PP', '.nf', text(after), '.fi']),
  ]
}

/** What `--help` shows below the options: exit codes and the example. */
function helpAfter(command: Command): string {
  let shown = ''
  command.configureOutput({
    writeOut: (part) => {
      shown += part
    },
  })
  command.outputHelp()
  return shown.replace(command.helpInformation(), '').trim()
}

function optionLines(option: Option): string[] {
  const choices = option.argChoices === undefined ? '' : ` One of ${option.argChoices.join(', ')}.`
  const isTold = option.defaultValue !== undefined && typeof option.defaultValue !== 'boolean'
  const usual = isTold ? ` Default: ${String(option.defaultValue)}.` : ''
  return ['.TP', `.B ${text(option.flags)}`, text(`${sentence(option.description)}${choices}${usual}`)]
}

function sentence(words: string): string {
  // The name of a file stays as it is.
  const begun = /^\S+\.[a-z]/.test(words) ? words : `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
  return /[.?!]$/.test(begun) ? begun : `${begun}.`
}

/** Backslashes, hyphens, and a control character at the beginning of a line mean something to troff. */
const text = (words: string): string =>
  words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
