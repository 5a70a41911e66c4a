/**
 * The language in which a scenario says what happens: one line a deed, `VERB WHAT… [key=value …] [for SPAN]`. A deed is defined once, by
 * what it takes and what it does, and read, checked, named and counted from that. Which deeds there are stands in the files deeds-*.ts,
 * and who types them (a person, or mischief from a seed) makes no difference.
 */
import type { Scene } from './scene.ts'

/** A scenario's line that cannot be read. `message` is one sentence for whoever wrote it. */
export class ScriptError extends Error {
  override name = 'ScriptError'
}

/** One word of a line and what it may be. `words`: all that there are, where they can be listed; such a word belongs to the name under which the deed is counted. */
export type Field<T> = { what: string; read: (word: string) => T | undefined; words: readonly string[] | null }

/** `null`: nothing fitting stood there. `undo` is called when the deed's span is over, or at the calm, whichever comes first. */
export type Done = { undo: (() => void) | null } | null

export const DONE: Done = { undo: null }

/**
 * Whether a deed is a fault; `unless ok`: its word `ok` mends. A fault is what fails, answers wrongly or stands still, and what is done to a node
 * past those who look after it. Everyday use of a cloud, what people rightly do and say, another operator of ours, what mends and what
 * only announces is none.
 */
type Fault = 'yes' | 'no' | 'unless ok'

type Values<F> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never }

type Definition<T extends Record<string, Field<unknown>>, O extends Record<string, Field<unknown>>> = {
  /** One sentence or two for the reference; defaults of options in brackets. */
  says: string
  fault: Fault
  takes: T
  options?: O
  /** Whether `for SPAN` may follow; without it what was done stays. */
  lasts?: true
  /** It waits for a moment of the operator's, and is counted in the scene's `sprung` once that came. */
  waits?: true
  does: (scene: Scene, given: Values<T> & Partial<Values<O>>) => Done
}

export type Deed = {
  says: string
  fault: Fault
  takes: [string, Field<unknown>][]
  options: Map<string, Field<unknown>>
  lasts: boolean
  waits: boolean
  does: (scene: Scene, given: object) => Done
}

/** A deed, with what it takes checked against what it does. */
export function deed<T extends Record<string, Field<unknown>>, O extends Record<string, Field<unknown>> = Record<never, never>>(
  d: Definition<T, O>,
): Deed {
  // Given is built field by field from the same two tables just below, so its shape is theirs.
  const does = (scene: Scene, given: object): Done => d.does(scene, given as Values<T> & Partial<Values<O>>)
  const { says, fault, takes, options = {}, lasts = false, waits = false } = d
  return { says, fault, takes: Object.entries(takes), options: new Map(Object.entries(options)), lasts, waits, does }
}

/** Whether a deed is a fault when it is counted under this name. */
export function isFault(name: string, deeds: ReadonlyMap<string, Deed>): boolean {
  const [verb = '', ...words] = name.split(' ')
  const fault = deeds.get(verb)?.fault
  return fault === 'yes' || (fault === 'unless ok' && !words.includes('ok'))
}

export type Line = {
  text: string
  /** What it is counted as: the verb and the words that are no names of things. */
  name: string
  does: (scene: Scene) => Done
  /** Virtual milliseconds; null: it stays. */
  lasts: number | null
}

/** Throws ScriptError. */
export function readLine(text: string, deeds: ReadonlyMap<string, Deed>): Line {
  const words = wordsOf(text)
  const [verb = ''] = words
  const found = deeds.get(verb)
  if (found === undefined) throw new ScriptError(`There is no deed "${verb}". There are ${[...deeds.keys()].toSorted().join(', ')}.`)
  const { rest, lasts } = withoutSpan(words.slice(1), found)
  const given: Record<string, unknown> = {}
  const named = [verb]
  for (const [at, [key, field]] of found.takes.entries()) {
    const word = rest[at]
    if (word === undefined) throw new ScriptError(`"${text}" ends where ${field.what} is wanted (${key}).`)
    given[key] = fieldValue(field, word, text)
    if (field.words !== null) named.push(word)
  }
  for (const word of rest.slice(found.takes.length)) {
    const [, key = '', value = ''] = /^([a-z-]+)=(.*)$/s.exec(word) ?? []
    const field = found.options.get(key)
    if (field === undefined) throw new ScriptError(`"${text}": "${word}" is no option of ${verb}.`)
    given[key] = fieldValue(field, value, text)
    if (field.words !== null) named.push(value)
  }
  return { text, name: named.join(' '), lasts, does: (scene) => found.does(scene, given) }
}

function fieldValue(field: Field<unknown>, word: string, text: string): unknown {
  const value = field.read(word)
  if (value === undefined) throw new ScriptError(`"${text}": "${word}" is not ${field.what}.`)
  return value
}

function withoutSpan(words: readonly string[], { lasts }: Deed): { rest: readonly string[]; lasts: number | null } {
  const at = words.length - 2
  if (!lasts || words[at] !== 'for') return { rest: words, lasts: null }
  return { rest: words.slice(0, at), lasts: fieldValue(SPAN, words[at + 1] ?? '', words.join(' ')) as number }
}

/** Words of a line; a JSON string with its quotes, or a JSON document without blanks outside of its strings, is one word. */
export function wordsOf(text: string): string[] {
  return text.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*")+/g) ?? []
}

/** A line about many nodes as one line each: the word `n1..40` stands for n1 to n40. A line without such a word is itself. */
export function linesOver(text: string): string[] {
  const words = wordsOf(text)
  const at = words.findIndex((word) => RANGE.test(word))
  const [, prefix = '', from = '', to = ''] = RANGE.exec(words[at] ?? '') ?? []
  if (at < 0) return [text]
  const names = Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => `${prefix}${Number(from) + n}`)
  return names.map((name) => words.with(at, name).join(' '))
}

/** Four figures at most: a slip of the finger must not enrol a billion nodes. */
const RANGE = /^([a-z][a-z-]{0,30})(\d{1,4})\.\.(\d{1,4})$/i

export const oneOf = <const T extends string>(words: readonly T[]): Field<T> => ({
  what: `one of ${words.join(', ')}`,
  read: (word) => words.find((one) => one === word),
  words,
})

export const NODE: Field<string> = {
  what: 'the name of a node',
  read: (word) => (/^[\w@.-]+$/.test(word) ? word : undefined),
  words: null,
}
export const NAME: Field<string> = { what: 'a name', read: (word) => (/^[\w.-]+$/.test(word) ? word : undefined), words: null }
export const NUMBER: Field<number> = {
  what: 'a whole number',
  read: (word) => (/^\d+$/.test(word) ? Number(word) : undefined),
  words: null,
}
export const SHARE: Field<number> = {
  what: 'a share such as 40%',
  read: (word) => (/^\d+(\.\d+)?%$/.test(word) ? Number(word.slice(0, -1)) / 100 : undefined),
  words: null,
}
/** In quotes, as JSON has them. */
export const TEXT: Field<string> = {
  what: 'a text in quotes',
  read: (word) => {
    const value = jsonOf(word)
    return typeof value === 'string' ? value : undefined
  },
  words: null,
}
export const JSON_VALUE: Field<{ value: unknown }> = {
  what: 'JSON',
  read: (word) => {
    const value = jsonOf(word)
    return value === undefined ? undefined : { value }
  },
  words: null,
}
/** Virtual milliseconds. */
export const SPAN: Field<number> = { what: 'a span such as 1h2m3.5s', read: (word) => spanOf(word) ?? undefined, words: null }
/** A span that may go backwards. */
export const SHIFT: Field<number> = {
  what: 'a shift such as +2m or -1.5s',
  read: (word) => {
    const span = spanOf(word.slice(1))
    if (span === null || !/^[+-]/.test(word)) return undefined
    return word.startsWith('-') ? -span : span
  },
  words: null,
}

function jsonOf(word: string): unknown {
  try {
    return JSON.parse(word)
  } catch {
    // JSON.parse answers by throwing; the caller says what is wanted instead.
    return undefined
  }
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
]

/** `1d2h3m4.567s`, the units that are not zero; the same to the millisecond when read back. */
export function spanWord(ms: number): string {
  let left = Math.round(ms)
  let word = ''
  for (const [unit, size] of UNITS.slice(0, 3)) {
    const count = Math.floor(left / size)
    if (count > 0) word += `${count}${unit}`
    left -= count * size
  }
  return left > 0 || word === '' ? `${word}${left / 1_000}s` : word
}

/** Milliseconds; null where it is no span. */
export function spanOf(word: string): number | null {
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d{1,3})?)s)?$/.exec(word)
  if (parts === null || word === '') return null
  return Math.round(UNITS.reduce((sum, [, size], at) => sum + Number(parts[at + 1] ?? 0) * size, 0))
}
