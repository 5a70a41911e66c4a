/**
 * What is on record about nodes and cases, of a database that is only read: not migrated, not locked, by a daemon's side or without one. All
 * of it is as of one moment, that of the first question.
 */
import { statSync } from 'node:fs'
import { Kysely } from 'kysely'
import { readAudit } from './audit.ts'
import { clouds } from './clouds.ts'
import type { DatabasePlace } from './database-place.ts'
import type { Queries } from './home.ts'
import { SCHEMA_VERSION, schemaVersion } from './migrations.ts'
import { recordedDecisions } from './observations.ts'
import { type BegunCase, casesBegunBetween, openCases, sharing } from './peers.ts'
import { postgresVersion } from './postgres-migrations.ts'
import { postgresSnapshotDialect, refuseUnfitServer } from './postgres-pool.ts'
import { attempts, caseById, caseOf, cases, countNodes, findNodes, nodes } from './reading.ts'
import type { Schema } from './schema.ts'
import { openFileToRead } from './snapshot.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Store } from './store.ts'
import { StoreError } from './store-error.ts'

export type Records = Pick<
  Store,
  'findNodes' | 'nodes' | 'countNodes' | 'cases' | 'caseOf' | 'caseById' | 'attempts' | 'recorded' | 'audit' | 'clouds' | 'close'
> & {
  casesBegunBetween(of: { cloud: string; from: number; to: number }): Promise<BegunCase[]>
  sharing(of: Parameters<typeof sharing>[1]): Promise<{ nodes: number; open: number }>
  openCases(of: { cloud: string; resource_class?: string; besides: string }): Promise<number>
}

/** null: there is no such file. Throws StoreError for what cannot be read, is no database of ours, or is one of another version. */
export function openRecords(path: string): Records | null {
  const db = fileAsOfNow(path)
  return db === null ? null : recordsOn(db)
}

/** The same of either home; of a PostgreSQL database null means that it is empty. */
export async function recordsAt(place: DatabasePlace): Promise<Records | null> {
  const db = await asOfNow(place)
  return db === null ? null : recordsOn(db)
}

/** A database to read, all as of one moment and without keeping anybody from writing; null where there is nothing yet. Throws as `openRecords`. */
export async function asOfNow(place: DatabasePlace): Promise<Queries | null> {
  if (place.kind === 'sqlite') return fileAsOfNow(place.path)
  const db = new Kysely<Schema>({ dialect: postgresSnapshotDialect({ place, name: 'anneal' }) })
  try {
    await refuseUnfitServer(db, place.shown)
    const version = await postgresVersion(db, place.shown)
    if (version === SCHEMA_VERSION) return db
    if (version > 0) throw isOlder(place.shown, version)
  } catch (error) {
    await db.destroy()
    throw error
  }
  await db.destroy()
  return null
}

function fileAsOfNow(path: string): Queries | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null
  const { database, file } = openFileToRead(path, (opened, named) => {
    const version = schemaVersion(opened, named)
    if (version !== SCHEMA_VERSION) throw isOlder(named, version)
    // A reader in WAL waits for nobody and nobody waits for it; what a daemon commits meanwhile is not seen.
    opened.exec('begin')
  })
  return new Kysely<Schema>({ dialect: sqliteDialect(database, file) })
}

const isOlder = (shown: string, version: number): StoreError =>
  new StoreError(
    shown,
    `The database ${shown} was last used by an older anneal (schema ${version}), and here it is only read.`,
    'Run `anneal nodes` once: it brings the database up to date.',
  )

function recordsOn(db: Queries): Records {
  return {
    findNodes: (cloud, nameOrUuid) => findNodes(db, cloud, nameOrUuid),
    nodes: (filter) => nodes(db, filter),
    countNodes: (filter) => countNodes(db, filter),
    cases: (filter) => cases(db, filter),
    caseOf: (key) => caseOf(db, key),
    caseById: (id) => caseById(db, id),
    attempts: (key) => attempts(db, key),
    recorded: (filter) => recordedDecisions(db, filter),
    clouds: () => clouds(db),
    audit: (filter) => readAudit(db, filter),
    casesBegunBetween: (of) => casesBegunBetween(db, of),
    sharing: (of) => sharing(db, of),
    openCases: (of) => openCases(db, of),
    close: () => db.destroy(),
  }
}
