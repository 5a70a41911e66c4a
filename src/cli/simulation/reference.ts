/**
 * The reference of the scenario language as Markdown, made from the tables by which scenarios are read, so that it cannot say anything
 * else. It stands in docs/scenarios.md between what a person wrote there.
 */
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import type { Deed, Field } from '../../simulator/script/deed.ts'
import { HEAD_OPTIONS, NODE_FLAGS, NODE_STATES } from '../../simulator/script/site.ts'
import { LOOKS } from './looks.ts'

export const REFERENCE_STARTS = '<!-- made by `npm run scenarios-reference`; test/scenario-language.test.ts compares -->'
export const REFERENCE_ENDS = '<!-- end of what is made -->'

export function scenarioReference(): string {
  return [REFERENCE_STARTS, '', ...headLines(), ...deedLines(), ...playedLines(), ...lookLines(), REFERENCE_ENDS].join('\n')
}

const optionLine = ({ key, what, says }: { key: string; what: string; says: string }): string => `- \`${key}=\` ${what}: ${says}`

function headLines(): string[] {
  const options = (name: keyof typeof HEAD_OPTIONS): string[] => HEAD_OPTIONS[name].map(optionLine)
  return [
    '### Head',
    '',
    '#### `site [KEY=VALUE …]`',
    '',
    'The cloud.',
    '',
    ...options('site'),
    '',
    '#### `node NAME STATE [FLAG …] [KEY=VALUE …]`',
    '',
    `A node, one line each, or many of one kind: \`node n1..40 active\` is n1 to n40. Without any there are six active ones, n1 to n6, in one rack. \`STATE\` is ${listed(NODE_STATES)}; \`FLAG\` is ${listed(NODE_FLAGS)}.`,
    '',
    ...options('node'),
    '',
    '#### `operator [KEY=VALUE …]`',
    '',
    'How Anneal works there.',
    '',
    ...options('operator'),
    '',
    '#### `policy JSON`',
    '',
    'What the policy has otherwise than by default, as one JSON object on the line: keys as in `src/core/policy.ts`, times in milliseconds; of an object only the keys that are said.',
    '',
  ]
}

function deedLines(): string[] {
  return [
    '### Deeds',
    '',
    ...[...DEEDS]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([verb, deed]) => [`#### \`${formOf(verb, deed)}\``, '', deed.says, ...wordLines(deed), '']),
  ]
}

/** What a reader types, the places for words in capitals. */
export function formOf(verb: string, { takes, options, lasts }: Pick<Deed, 'takes' | 'options' | 'lasts'>): string {
  const words = takes.map(([key]) => key.toUpperCase())
  const optional = [...options.keys()].map((key) => `[${key}=${key.toUpperCase()}]`)
  return [verb, ...words, ...optional, ...(lasts ? ['[for SPAN]'] : [])].join(' ')
}

/** Only where the place does not say it: a node is a node. */
function wordLines({ takes, options }: Deed): string[] {
  const lines = [...takes, ...options]
    .filter(([key]) => key !== 'node')
    .map(([key, { what }]: [string, Field<unknown>]) => `- \`${key.toUpperCase()}\`: ${what}`)
  return lines.length === 0 ? [] : ['', ...lines]
}

/** Lines that are neither done nor asked. */
const PLAYED = [
  ['advance SPAN', 'So much virtual time goes by, with everything that happens in it.'],
  ['calm', 'All mischief ends, and Anneal works until everything is at rest; prints how long that took and which cases are open then.'],
] as const

const PLACE = { node: ' NODE', 'node or nothing': ' [NODE]', nothing: '' }

const playedLines = (): string[] => ['### Time', '', ...PLAYED.flatMap(([form, says]) => [`#### \`${form}\``, '', says, ''])]

function lookLines(): string[] {
  return [
    '### Lines that ask',
    '',
    ...Object.entries(LOOKS).flatMap(([verb, { takes, says }]) => [`#### \`${verb}${PLACE[takes]}\``, '', `Prints ${says}.`, '']),
  ]
}

const listed = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ')
