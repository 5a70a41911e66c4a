/**
 * Queries that are made once: building and printing one with Kysely takes longer than SQLite takes to answer it, and a deciding pass asks
 * some thirty, the same every time. Afterwards only values are put into the finished text. For queries whose text never depends on a value.
 */
import type { Compilable, CompiledQuery, DialectAdapter } from 'kysely'
import type { Queries } from './home.ts'

type Values = Readonly<Record<string, string | number | null>>
type Made = { query: CompiledQuery; slots: readonly (string | null)[] }

/** Nothing that is stored begins so: it marks the place of a value in the finished text. */
const MARK = '\u0000value:'

/**
 * @param build is called once for each kind of database, with marks in place of the values: it must hand them on and look at none
 * @returns the query as a function of its values; it gives all rows
 */
export function template<V extends Values, Row>(
  build: (db: Queries, values: V) => Compilable<Row>,
): (db: Queries, values: V) => Promise<Row[]> {
  // The SQL of the two databases differs.
  const made = new WeakMap<DialectAdapter, Made>()
  return async (db, values) => {
    const { adapter } = db.getExecutor()
    const { query, slots } = made.get(adapter) ?? make(build, db, values)
    if (!made.has(adapter)) made.set(adapter, { query, slots })
    const parameters = slots.map((name, at) => (name === null ? query.parameters[at] : values[name]))
    // Straight to the connection: on the usual way Kysely makes executors and promises for each query that cost as much as SQLite's answer.
    const { rows } = await db.getExecutor().provideConnection((connection) => connection.executeQuery<Row>({ ...query, parameters }))
    return rows
  }
}

function make<V extends Values, Row>(build: (db: Queries, values: V) => Compilable<Row>, db: Queries, values: V): Made {
  const marks = new Proxy(values, { get: (_, name) => `${MARK}${String(name)}` })
  const query = build(db, marks).compile()
  const slots = query.parameters.map((value) => (typeof value === 'string' && value.startsWith(MARK) ? value.slice(MARK.length) : null))
  return { query, slots }
}
