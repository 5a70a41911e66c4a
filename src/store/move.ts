/**
 * A whole database, row by row: out of one as of one moment, and into an empty one of either home, all of it or nothing. Which process works
 * on either meanwhile, and the file in between, are not its business (cli/site-file.ts).
 */
import { sql } from 'kysely'
import { type Home, type Queries, transaction } from './home.ts'
import type { Schema } from './schema.ts'
import { StoreError } from './store-error.ts'

/** What a row is found by, in each table; those that others refer to come first. Whose turn a poll is (rounds) is not moved. */
const KEYS = {
  clouds: ['cloud'],
  classes: ['cloud', 'resource_class'],
  nodes: ['cloud', 'uuid'],
  due: ['cloud', 'uuid'],
  incidents: ['id'],
  cases: ['id'],
  case_keys: ['cloud', 'uuid', 'kind', 'value'],
  decisions: ['cloud', 'uuid'],
  attempts: ['seq'],
  words: ['seq'],
  policies: ['cloud', 'hash'],
  observations: ['seq'],
  audit: ['id'],
  outbox: ['id'],
  receivers: ['name'],
  deliveries: ['receiver', 'messageId'],
  alerts: ['receiver', 'id'],
  tokens: ['name'],
  sessions: ['hash'],
} as const satisfies Partial<Record<keyof Schema, readonly string[]>>

/** Tables whose rows are numbered by the database: the next number follows the greatest that was moved. */
const NUMBERED: Record<string, string> = { attempts: 'seq', words: 'seq', observations: 'seq', audit: 'id', outbox: 'id' }

export type MovedTable = keyof typeof KEYS
export const MOVED_TABLES = Object.keys(KEYS) as readonly MovedTable[]

type Row = Record<string, string | number | null>
/** Rows of each table. */
export type MovedCounts = Readonly<Record<string, number>>
export type MovedRow = { table: MovedTable; row: Row }

/** Rows a statement: an observation may be 10 kB, and the widest table has 24 columns. */
const CHUNK = 200

/** Every row of every table that is moved, in order of its key. */
export async function* exportRows(db: Queries): AsyncGenerator<MovedRow> {
  for (const table of MOVED_TABLES) {
    for (let last: Row | undefined; ; ) {
      const page = await rowsAfter(db, table, last)
      for (const row of page) yield { table, row }
      last = page.at(-1)
      if (page.length < CHUNK) break
    }
  }
}

async function rowsAfter(db: Queries, table: MovedTable, last: Row | undefined): Promise<Row[]> {
  const keys = KEYS[table]
  const columns = sql.join(keys.map((key) => sql.ref(key)))
  const after = last === undefined ? sql`` : sql`where (${columns}) > (${sql.join(keys.map((key) => last[key] ?? null))})`
  const { rows } = await sql<Row>`select * from ${sql.table(table)} ${after} order by ${columns} limit ${CHUNK}`.execute(db)
  return rows
}

/**
 * Throws StoreError where anything is there already, or where in the end there is not what was expected, and what `rows` throws: then nothing was
 * taken over. @param expected rows of each table
 */
export function importRows(home: Home, rows: AsyncIterable<MovedRow>, expected: MovedCounts): Promise<void> {
  return transaction(home, 'schema', async (tx) => {
    for (const table of MOVED_TABLES) if ((await countOf(tx, table)) > 0) throw notEmpty(table)
    let chunk: MovedRow[] = []
    const write = async (): Promise<void> => {
      const [first] = chunk
      if (first !== undefined) await insertAll(tx, first.table, chunk)
      chunk = []
    }
    for await (const moved of rows) {
      if (chunk.length === CHUNK || (chunk[0] !== undefined && chunk[0].table !== moved.table)) await write()
      chunk.push(moved)
    }
    await write()
    if (home.turns !== null) await numberOn(tx)
    for (const table of MOVED_TABLES) if ((await countOf(tx, table)) !== (expected[table] ?? 0)) throw notAll(table)
  })
}

async function countOf(db: Queries, table: MovedTable): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db)
  return rows[0]?.count ?? 0
}

async function insertAll(tx: Queries, table: MovedTable, moved: readonly MovedRow[]): Promise<void> {
  const columns = Object.keys(moved[0]?.row ?? {})
  const names = sql.join(columns.map((column) => sql.ref(column)))
  const values = sql.join(moved.map(({ row }) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`))
  await sql`insert into ${sql.table(table)} (${names}) values ${values}`.execute(tx)
}

/** PostgreSQL does not count what was numbered elsewhere; SQLite does. */
async function numberOn(tx: Queries): Promise<void> {
  for (const [table, column] of Object.entries(NUMBERED)) {
    const greatest = sql`(select max(${sql.ref(column)}) from ${sql.table(table)})`
    await sql`select setval(pg_get_serial_sequence(${table}, ${column}), coalesce(${greatest}, 1), ${greatest} is not null)`.execute(tx)
  }
}

const notEmpty = (table: string): StoreError =>
  new StoreError(
    'database',
    `The database is not empty: there is something in ${table} already.`,
    'Name an empty one: two sites are never put together, and nothing was changed.',
  )

const notAll = (table: string): StoreError =>
  new StoreError('database', `Not every row of ${table} arrived.`, 'Import it again; nothing was taken over.', false)
