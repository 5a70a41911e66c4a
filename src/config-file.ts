/**
 * Reads the text of anneal.yaml into Settings: YAML, then `${VARIABLE}` and `file:PATH` in its values, then the schema. Every
 * refusal is a ConfigError with file, line, key and fix. Values never stand in one: any of them may be a secret.
 */
import { dirname, isAbsolute, join } from 'node:path'
import { type Document, isCollection, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import { z } from 'zod'
import { type Settings, settingsSchema } from './config-schema.ts'
import { ConfigError, nearest } from './core/config-error.ts'

/** Where things are read from. `readFile` answers null for a file that is not there or cannot be read. */
export type ConfigSource = {
  env: Record<string, string | undefined>
  readFile: (path: string) => string | null
}

export type SettingsFile = {
  settings: Settings
  /** `/etc/anneal/anneal.yaml, line 12: budgets.soak`, for a key that stands in the file; else for the nearest part above it. */
  at(key: readonly string[]): string
}

type Key = readonly PropertyKey[]

/** Checks the whole text and throws the ConfigError of the topmost line that is wrong. */
export function readSettings(path: string, text: string, source: ConfigSource): SettingsFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const refuseYaml = (offset: number, how: string) =>
    new ConfigError({
      what: `${path}, line ${lineAt(offset)}`,
      message: `It is not YAML: ${how}.`,
      fix: 'Correct the line; values with special characters need quotes.',
    })

  const [broken] = document.errors
  if (broken) throw refuseYaml(broken.pos[0], BROKEN[broken.code] ?? 'it cannot be understood')
  visit(document, {
    Alias: (_key, alias, above) => {
      const anchored = alias.resolve(document)
      if (!anchored) throw refuseYaml(alias.range?.[0] ?? 0, 'an alias stands before its anchor, or has none')
      if (above.includes(anchored)) throw refuseYaml(alias.range?.[0] ?? 0, 'an alias stands inside of what it refers to')
    },
    Pair: (_key, { key }) => {
      if (isCollection(key)) throw refuseYaml(key.range?.[0] ?? 0, 'a key is no plain word')
      // The schema of the clouds would not see a cloud of this name, and leave it out without a word.
      if (isScalar(key) && key.value === '__proto__') throw refuseYaml(key.range?.[0] ?? 0, 'nothing can have the name __proto__')
    },
  })

  const at = (key: Key) => {
    const line = lineAt(offsetOf(document, key))
    return key.length === 0 ? `${path}, line ${line}` : `${path}, line ${line}: ${key.map(String).join('.')}`
  }
  expandValues(document, { path, source, at })
  const content = contentOf(document, path) ?? {}
  const parsed = settingsSchema.safeParse(content)
  if (parsed.success) return { settings: parsed.data, at }
  const refusals = parsed.error.issues.map((issue) => ({ ...refusalOf(issue, content), issue }))
  const [first] = refusals.toSorted((a, b) => offsetOf(document, a.key) - offsetOf(document, b.key))
  if (!first) throw parsed.error
  throw new ConfigError({ what: at(first.key), message: first.message, fix: first.fix })
}

function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS()
  } catch {
    // Knows: what parses and still has no content has aliases of aliases that would fill the memory.
    throw new ConfigError({
      what: path,
      message: 'It is not YAML: it has aliases without end.',
      fix: 'Write out what the aliases stand for.',
    })
  }
}

/** Our own words for what goes wrong most: the parser's may quote the text. */
const BROKEN: Record<string, string> = {
  DUPLICATE_KEY: 'the key stands there twice',
  TAB_AS_INDENT: 'tabs cannot indent',
  BAD_INDENT: 'the indentation does not fit the lines above',
  MISSING_CHAR: 'a quote, a bracket or a colon is missing',
  MULTIPLE_DOCS: 'the file holds several documents',
  IMPOSSIBLE: 'it cannot be understood',
}

/** Where the last part of the key that can be found begins. */
function offsetOf(document: Document, key: Key): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const part of key) {
    if (!isCollection(node)) break
    const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part)) : undefined
    const found: unknown = pair ? pair.key : node.get(part, true)
    if (!isNode(found)) break
    offset = found.range?.[0] ?? offset
    node = pair ? pair.value : found
  }
  return offset
}

type Expanding = { path: string; source: ConfigSource; at(key: Key): string }

/** Puts in the variables and files that values name. Keys are left alone. */
function expandValues(document: Document, expanding: Expanding): void {
  visit(document, {
    Scalar: (position, scalar, above) => {
      if (position === 'key' || typeof scalar.value !== 'string') return
      const key = above.flatMap((node, i): Key => {
        if (isPair(node)) return [isScalar(node.key) ? String(node.key.value) : '']
        return isSeq(node) ? [node.items.indexOf(above[i + 1] ?? scalar)] : []
      })
      scalar.value = expanded(scalar.value, key, expanding)
    },
  })
}

/** `${NAME}` anywhere in a value, `$${` for a plain `${`, or a whole value `file:PATH`, without the file's last line end. */
function expanded(value: string, key: Key, { path, source, at }: Expanding): string {
  if (value.startsWith('file:')) {
    const named = value.slice('file:'.length)
    const text = source.readFile(isAbsolute(named) ? named : join(dirname(path), named))
    if (text !== null) return text.replace(/\r?\n$/, '')
    throw new ConfigError({
      what: at(key),
      message: 'The file that it names is not there or cannot be read.',
      fix: 'Correct the path after file:, or let this user read it; a relative path starts at the folder of this file.',
    })
  }
  return value.replace(/\$(\$?)\{([^}]{0,200})\}/g, (whole, escaped: string, name: string) => {
    if (escaped) return whole.slice(1)
    const found = source.env[name]
    if (found) return found
    const fix = 'Set it before Anneal starts, or write $${ for a plain ${.'
    throw new ConfigError({ what: at(key), message: `The environment variable ${name} is not set or empty.`, fix })
  })
}

type Refusal = { key: Key; message: string; fix: string }

function refusalOf(issue: z.core.$ZodIssue, content: unknown): Refusal {
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] ?? ''
    return {
      key: [...issue.path, unknown],
      message: 'There is no such key.',
      fix: insteadOf(unknown, described(issue.path, content).schema),
    }
  }
  if (issue.code === 'invalid_key') {
    return { key: issue.path, message: issue.issues[0]?.message ?? issue.message, fix: 'Choose another name.' }
  }
  const { schema, key } = described(issue.path, content)
  if (schema instanceof z.ZodObject && issue.code === 'invalid_type') {
    return {
      key,
      message: 'It must hold keys of its own.',
      fix: `Put below it what is meant: ${Object.keys(schema.shape).slice(0, 5).join(', ')} …`,
    }
  }
  const standard = schema?.meta()?.['standard']
  const fix =
    typeof standard === 'string' ? `Correct it, or leave the key out for the default (${standard}).` : 'Correct it, or leave the key out.'
  return { key: issue.path, message: issue.message, fix }
}

/** The nearest key of the same part; failing that, the part of the file in which a key of this name belongs. */
function insteadOf(unknown: string, part: z.ZodType | null): string {
  const here = keysOf(part)
  const near = nearest(unknown, here)
  if (near !== null) return `Did you mean ${near}?`
  const elsewhere = Object.entries(PARTS).find(([, part]) => keysOf(part).includes(unknown))
  if (elsewhere) return `It belongs below ${elsewhere[0]}.`
  return here.length === 0 ? 'Remove it.' : `Remove it; known here are ${here.join(', ')}.`
}

const keysOf = (schema: unknown): string[] => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])

/**
 * The schema that a key leads to, without its wrappings; and as much of the key as leads to one (lists end the walk). Where there are several
 * kinds of a thing, the content says which one is meant.
 */
function described(path: Key, content: unknown = {}): { schema: z.ZodType | null; key: Key } {
  let schema: unknown = settingsSchema
  let value = content
  for (const [i, part] of path.entries()) {
    const bare: unknown = unwrapped(schema, value)
    if (bare instanceof z.ZodObject && typeof part === 'string' && part in bare.shape) schema = bare.shape[part]
    else if (bare instanceof z.ZodRecord) schema = bare.valueType
    else return { schema: bare instanceof z.ZodType ? bare : null, key: path.slice(0, i) }
    value = below(value, part)
  }
  const bare = unwrapped(schema, value)
  return { schema: bare instanceof z.ZodType ? bare : null, key: path }
}

const below = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null && typeof key === 'string'
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined

function unwrapped(schema: unknown, value: unknown): unknown {
  if (schema instanceof z.ZodExactOptional || schema instanceof z.ZodNullable) return unwrapped(schema.unwrap(), value)
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema
  const kind = below(value, schema.def.discriminator)
  const isMeant = (option: unknown) => option instanceof z.ZodObject && z.safeParse(option.shape[schema.def.discriminator], kind).success
  return schema.options.find(isMeant) ?? schema
}

/** Where each part of the file begins, as a person would say it. */
const PARTS: Record<string, z.ZodType | null> = {
  'the top of the file': settingsSchema,
  'clouds.NAME': described(['clouds', '']).schema,
  'clouds.NAME.scope': described(['clouds', '', 'scope']).schema,
  budgets: described(['budgets']).schema,
  server: described(['server']).schema,
  'server.login': described(['server', 'login']).schema,
  ...Object.fromEntries(
    ['resets', 'silentBmc', 'inFlight', 'starts', 'incident'].map((name) => [`budgets.${name}`, described(['budgets', name]).schema]),
  ),
}
