/**
 * The file that carries a whole database from one home to the other: JSON Lines with a header, one row a line, and at the end how many there
 * are and a checksum over all of it, so that half a file, or one that somebody wrote into, is not taken for a whole one.
 */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, createReadStream, fsyncSync, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { CommandError } from '../commands/command-error.ts'
import { SCHEMA_VERSION } from '../store/migrations.ts'
import { MOVED_TABLES, type MovedCounts, type MovedRow, type MovedTable } from '../store/move.ts'
import { UsageError } from './usage-error.ts'

/** Of the file itself; what the rows look like is the schema's version. */
const FORMAT = 1

/** `from`: the database as it may be shown; `by`: our version; `at`: RFC 3339. */
export type SiteHeader = { anneal: 'site'; format: number; schema: number; from: string; by: string; at: string }

/** Writes the file, readable for its user alone, and returns how many rows of each table. It must not be there yet. Throws UsageError and CommandError. */
export async function writeSite(
  path: string,
  header: Omit<SiteHeader, 'anneal' | 'format' | 'schema'>,
  rows: AsyncIterable<MovedRow>,
): Promise<MovedCounts> {
  const file = opened(path)
  try {
    const hash = createHash('sha256')
    const counts: Record<string, number> = Object.fromEntries(MOVED_TABLES.map((table) => [table, 0]))
    const line = (value: unknown): void => {
      // Readers of lines take these two for ends of them.
      const text = `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`
      hash.update(text)
      written(file, text, path)
    }
    line({ anneal: 'site', format: FORMAT, schema: SCHEMA_VERSION, ...header } satisfies SiteHeader)
    for await (const { table, row } of rows) {
      counts[table] = (counts[table] ?? 0) + 1
      line([table, row])
    }
    written(file, `${JSON.stringify({ rows: counts, sha256: hash.digest('hex') })}\n`, path)
    fsyncSync(file)
    return counts
  } finally {
    closeSync(file)
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))

function opened(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (error) {
    const message = codeOf(error) === 'EEXIST' ? 'There is such a file already.' : `It cannot be written (${codeOf(error)}).`
    throw new UsageError({ what: path, message, fix: 'Name a new file in a folder that this user may write to.' })
  }
}

function written(file: number, text: string, path: string): void {
  try {
    writeSync(file, text)
  } catch (error) {
    const message = `It could not be written to its end (${codeOf(error)}).`
    throw new CommandError('conflict', { what: path, message, fix: 'Make room, remove it, and write it again.' })
  }
}

export type Site = { header: SiteHeader; counts: MovedCounts; rows(): AsyncGenerator<MovedRow> }

/** Reads the file once from end to end and holds it against its counts and checksum; `rows` then reads it again. Throws UsageError. */
export async function readSite(path: string): Promise<Site> {
  const hash = createHash('sha256')
  const counts: Record<string, number> = Object.fromEntries(MOVED_TABLES.map((table) => [table, 0]))
  let header: SiteHeader | null = null
  let end: string | null = null
  for await (const text of linesOf(path)) {
    if (header === null) header = headerOf(path, text)
    // The last line is known by there being none behind it.
    else if (end !== null) count(path, counts, end)
    if (end !== null) hash.update(`${end}\n`)
    end = text
  }
  if (header === null || end === null) throw notASite(path)
  checkEnd(path, { end, counts, hash })
  return { header, counts, rows: () => rowsOf(path) }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  } catch (error) {
    throw new UsageError({ what: path, message: `It cannot be read (${codeOf(error)}).`, fix: 'Name what `anneal db export` wrote.' })
  }
}

async function* rowsOf(path: string): AsyncGenerator<MovedRow> {
  for await (const text of linesOf(path)) {
    const row = rowOf(text)
    if (row !== null) yield row
  }
}

const notASite = (path: string): UsageError =>
  new UsageError({ what: path, message: 'It is not what `anneal db export` writes.', fix: 'Name a file that it wrote.' })

const notWhole = (path: string, how: string): UsageError =>
  new UsageError({ what: path, message: `It is not whole: ${how}.`, fix: 'Export it again; nothing was taken over.' })

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Knows: text that is no JSON is no line of ours, whatever else it is.
    return null
  }
}

function headerOf(path: string, text: string): SiteHeader {
  const found = parsed(text)
  const isOurs = typeof found === 'object' && found !== null && 'anneal' in found && found.anneal === 'site' && 'format' in found
  if (!isOurs || !('schema' in found) || !('from' in found) || !('by' in found) || !('at' in found)) throw notASite(path)
  const { format, schema, from, by, at } = found
  if (format !== FORMAT || schema !== SCHEMA_VERSION) {
    const message = `It was written by anneal ${String(by)} (schema ${String(schema)}), and this one has schema ${SCHEMA_VERSION}.`
    throw new UsageError({ what: path, message, fix: 'Export and import with the same version of Anneal; upgrade before or after.' })
  }
  return { anneal: 'site', format, schema, from: String(from), by: String(by), at: String(at) }
}

function rowOf(text: string): MovedRow | null {
  const found = parsed(text)
  if (!Array.isArray(found) || found.length !== 2) return null
  const [named, row]: unknown[] = found
  const table = MOVED_TABLES.find((one): one is MovedTable => one === named)
  if (table === undefined || typeof row !== 'object' || row === null || Array.isArray(row)) return null
  const values = Object.entries(row).filter((entry): entry is [string, string | number | null] => isStored(entry[1]))
  return values.length === Object.keys(row).length ? { table, row: Object.fromEntries(values) } : null
}

const isStored = (value: unknown): boolean => value === null || typeof value === 'string' || typeof value === 'number'

/** The header is a line like any other here, and no row. */
function count(path: string, counts: Record<string, number>, text: string): void {
  if (text.startsWith('{"anneal"')) return
  const row = rowOf(text)
  if (row === null) throw notWhole(path, 'one of its lines is no row')
  counts[row.table] = (counts[row.table] ?? 0) + 1
}

function checkEnd(path: string, { end, counts, hash }: { end: string; counts: MovedCounts; hash: Hash }): void {
  const found = parsed(end)
  if (typeof found !== 'object' || found === null || !('sha256' in found) || !('rows' in found)) throw notWhole(path, 'its end is missing')
  const said: unknown = found.rows
  const isSame = MOVED_TABLES.every(
    (table) => typeof said === 'object' && said !== null && new Map<string, unknown>(Object.entries(said)).get(table) === counts[table],
  )
  if (!isSame) throw notWhole(path, 'it has other rows than its end says')
  if (found.sha256 !== hash.digest('hex')) throw notWhole(path, 'it was changed since it was written')
}
