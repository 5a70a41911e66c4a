/**
 * The daemon's database as anybody may read it: committed intents while the daemon runs, and everything that a kill must not have broken,
 * on a copy of what it left behind. It goes around the store on purpose: the store is part of what is tried.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Attempt, Intent } from '../src/core/case.ts'
import { fromJson } from '../src/store/schema.ts'
import { endsHalfWritten } from './wal.ts'

export type IntentRow = Intent & Pick<Attempt, 'outcome' | 'markState' | 'endedAt'>

const ROW = `json_object('id', id, 'cloud', cloud, 'uuid', uuid, 'caseId', caseId, 'act', act, 'number', number, 'cause', cause,
  'digest', digest, 'decided', json(decided), 'extraOthers', extraOthers, 'mark', mark, 'text', text, 'step', step,
  'createdAt', createdAt, 'deadlineAt', deadlineAt, 'outcome', outcome, 'markState', markState, 'endedAt', endedAt) as json`

const rows = <T>(database: DatabaseSync, sql: string, ...given: (string | number)[]): T[] =>
  database
    .prepare(sql)
    .all(...given)
    .map(({ json }) => fromJson<T>(String(json)))

export type Reader = {
  /** The newest few on this node, newest first. */
  intentsOn(uuid: string): IntentRow[]
  close(): void
}

const NEWEST = 4

/** Another process's view: it sees what is committed and nothing else. */
export function openReader(path: string): Reader {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 1_000 })
  const newest = database.prepare(`select ${ROW} from attempts where uuid = ? order by seq desc limit ${NEWEST}`)
  return {
    intentsOn: (uuid) => newest.all(uuid).map(({ json }) => fromJson<IntentRow>(String(json))),
    close: () => database.close(),
  }
}

export type CaseRow = { id: string; uuid: string; name: string | null; kind: string | null; reason: string | null; message: string | null }

/** What the daemon left behind when it was killed. */
export type LeftBehind = {
  halfWritten: boolean
  /** What SQLite finds wrong; empty where all is well. */
  damage: string[]
  unsettled: IntentRow[]
  /** Every intent there ever was. */
  intents: string[]
  /** Every mark that an attempt ever meant to write, by node. */
  marks: { uuid: string; mark: string; outcome: string | null; markState: string }[]
  cases: CaseRow[]
  /** Nodes that are to be looked at now or within a minute. */
  due: string[]
  /** Nodes on which it remembers a person's maintenance. */
  persons: string[]
  audit: number
}

/** Copies database and log as they lie there; nobody may be writing to them. Returns the copy's path. */
export function copyOf(path: string, folder: string): string {
  mkdirSync(folder)
  const copy = join(folder, 'left.db')
  if (existsSync(path)) copyFileSync(path, copy)
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`)
  return copy
}

/** Opens the copy, so that SQLite recovers it as the next life will, looks, and removes its folder. */
export function lookAt(copy: string, folder: string): LeftBehind {
  const halfWritten = existsSync(`${copy}-wal`) && endsHalfWritten(readFileSync(`${copy}-wal`))
  const database = new DatabaseSync(copy)
  try {
    const damage = [
      ...database.prepare('pragma integrity_check').all().flatMap(Object.values).map(String),
      ...database
        .prepare('pragma foreign_key_check')
        .all()
        .map((row) => `foreign key: ${JSON.stringify(row)}`),
    ].filter((line) => line !== 'ok')
    return { halfWritten, damage, ...contents(database) }
  } finally {
    database.close()
    rmSync(folder, { recursive: true })
  }
}

/** The newest state of a database that is in use. */
export function lookInto(path: string): Omit<LeftBehind, 'halfWritten' | 'damage'> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    return contents(database)
  } finally {
    database.close()
  }
}

const SOON_MS = 60_000

const CASES = `select json_object('id', id, 'uuid', uuid, 'name', name, 'kind', kind, 'reason', reason,
  'message', json_extract(decision, '$.message')) as json from cases where closedAt is null`

function contents(database: DatabaseSync): Omit<LeftBehind, 'halfWritten' | 'damage'> {
  // A kill may come before the first life has made the tables.
  const isMade = database.prepare("select 1 from sqlite_schema where name = 'audit'").get() !== undefined
  if (!isMade) return { unsettled: [], intents: [], marks: [], cases: [], due: [], persons: [], audit: 0 }
  database.exec('begin')
  const persons = database
    .prepare(
      `select uuid from nodes where person is not null
       union select uuid from cases where closedAt is null and json_extract(memory, '$.person') is not null`,
    )
    .all()
  const found = {
    unsettled: rows<IntentRow>(
      database,
      `select ${ROW} from attempts where outcome is null or (outcome = 'unknown' and endedAt is null) order by seq`,
    ),
    intents: database
      .prepare('select id from attempts')
      .all()
      .map(({ id }) => String(id)),
    marks: rows<LeftBehind['marks'][number]>(
      database,
      `select json_object('uuid', uuid, 'mark', mark, 'outcome', outcome, 'markState', markState) as json
       from attempts where act = 'reset' and mark is not null`,
    ),
    cases: rows<CaseRow>(database, CASES),
    due: database
      .prepare('select uuid from due where dueAt <= ?')
      .all(Date.now() + SOON_MS)
      .map(({ uuid }) => String(uuid)),
    persons: persons.map(({ uuid }) => String(uuid)),
    audit: Number(database.prepare('select count(*) as n from audit').get()?.['n']),
  }
  database.exec('commit')
  return found
}
