/**
 * Kysely over node:sqlite, with the three things Kysely's own driver lacks: a transaction that takes the write lock when it begins
 * (`BEGIN IMMEDIATE`, so that load-decide-commit never meets SQLITE_BUSY half way), statements prepared once, and limits that keep them
 * prepared. No pragmas and no schema here (sqlite-file.ts, migrations.ts).
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type LimitNode,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  ValueNode,
} from 'kysely'
import { storeErrorOf } from './store-error.ts'
import { takeTurn } from './turns.ts'

/** Our queries have some 100 shapes; lists of varying length add to them. The oldest statement goes when there are more. */
const STATEMENTS_MAX = 300
/** Longer texts are bulk inserts and long lists, hardly ever met twice in the same length. */
const CACHED_TEXT_MAX = 4000

/** @param file what turns are taken on: the file's real path, or something unique for a database in memory. */
export function sqliteDialect(database: DatabaseSync, file: string): Dialect {
  return {
    createDriver: () => new SqliteDriver(database, file),
    createQueryCompiler: () => new Compiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
}

/**
 * A limit stands in the text itself: SQLite plans by its value, and so prepares a statement anew each time a bound one is bound (measured:
 * 10 µs a query and ten times that for a join, 0.3 µs without). Limits are few, so these are few texts.
 */
class Compiler extends SqliteQueryCompiler {
  protected override visitLimit(node: LimitNode): void {
    if (ValueNode.is(node.limit) && Number.isSafeInteger(node.limit.value)) this.append(`limit ${node.limit.value}`)
    else super.visitLimit(node)
  }
}

/** `columns`: none for a statement that gives no rows. */
type Prepared = { statement: StatementSync; columns: readonly string[] }

/** One connection: Kysely lets one query or transaction at a time have it. */
class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #prepared = new Map<string, Prepared>()

  constructor(database: DatabaseSync, file: string) {
    this.#database = database
    this.#file = file
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const parameters = query.parameters.map(bindable)
    try {
      const { statement, columns } = this.#prepare(query.sql)
      // Kysely's contract: the rows are what the query's type says. They were written through the same schema.
      if (columns.length > 0) return { rows: rowsOf(columns, statement.all(...parameters)) as R[] }
      const { changes, lastInsertRowid } = statement.run(...parameters)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    } catch (error) {
      // The one place where SQLite's result codes are seen: each that speaks about the disk becomes our one error class.
      throw storeErrorOf(error, this.#file)
    }
  }

  // Not used by this room; an empty answer in silence would be worse than this.
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Streaming is not supported by this driver.')
  }

  exec(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      throw storeErrorOf(error, this.#file)
    }
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  #prepare(sql: string): Prepared {
    const found = this.#prepared.get(sql)
    if (found !== undefined) return found
    const statement = this.#database.prepare(sql)
    const prepared = { statement, columns: statement.columns().map(({ name }) => name) }
    if (prepared.columns.length > 0) statement.setReturnArrays(true)
    // A pragma may take effect as it is prepared and not as it is run (sqlite.org/pragma.html): it is prepared each time.
    if (sql.length > CACHED_TEXT_MAX || sql.startsWith('pragma')) return prepared
    const oldest = this.#prepared.keys().next().value
    if (this.#prepared.size >= STATEMENTS_MAX && oldest !== undefined) this.#prepared.delete(oldest)
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

/**
 * Objects from lists of values. Those that node:sqlite makes by itself are hash tables without a prototype, unequal to objects that look the
 * same; making them and copying them took four times as long (measured on rows of `nodes`).
 */
function rowsOf(columns: readonly string[], found: unknown[]): Record<string, unknown>[] {
  return (found as unknown[][]).map((values) => {
    const row: Record<string, unknown> = {}
    for (let at = 0; at < columns.length; at++) row[columns[at] ?? ''] = values[at]
    return row
  })
}

class SqliteDriver implements Driver {
  readonly #database: DatabaseSync
  readonly #connection: SqliteConnection
  readonly #file: string
  #endTurn: (() => void) | null = null

  constructor(database: DatabaseSync, file: string) {
    this.#database = database
    this.#connection = new SqliteConnection(database, file)
    this.#file = file
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    this.#endTurn = await takeTurn(this.#file)
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    this.#endTurn?.()
    this.#endTurn = null
  }

  async beginTransaction(): Promise<void> {
    // Said with each one: whatever was left behind by writes that wait for no disk (home.ts, lazily), a transaction's commit waits for it.
    this.#connection.exec('pragma synchronous = full; begin immediate')
  }

  async commitTransaction(): Promise<void> {
    this.#connection.exec('commit')
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk makes SQLite roll back by itself; a second rollback would hide the error that says so.
    if (this.#connection.inTransaction) this.#connection.exec('rollback')
  }

  async destroy(): Promise<void> {
    this.#database.close()
  }
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint') return value
  throw new Error(`A ${typeof value} cannot be stored: booleans are 0 or 1, lists and objects are JSON text.`)
}
