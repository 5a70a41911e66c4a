/**
 * The version of Anneal after this one, as far as a database can tell: this one's sources with one more step of the schema, in a folder of their own.
 * So this version is seen here as the older of two that are side by side. It decides as this one does.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { plant, snapshot } from '../defects/planted.ts'

export type NextVersion = { postgresStoreOver: typeof import('../../src/store/store.ts').postgresStoreOver; remove(): void }

/** Changes what this version reads and writes all the time, and adds what it knows nothing of. */
const STEP = 'alter table cases add column nextVersion text;\\ncreate table of_the_next_version (id integer primary key) strict;\\n'
const LAST = 'DELIVERIES, ACKNOWLEDGED]'

export async function nextVersion(): Promise<NextVersion> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-next-'))
  const [sources, changed] = [join(folder, 'sources'), join(folder, 'changed')]
  snapshot(sources)
  plant(changed, sources, {
    edits: [{ file: 'src/store/migrations.ts', find: LAST, replace: `DELIVERIES, ACKNOWLEDGED, '${STEP}']` }],
  })
  const { postgresStoreOver } = await import(pathToFileURL(join(changed, 'src', 'store', 'store.ts')).href)
  return { postgresStoreOver, remove: () => rmSync(folder, { recursive: true }) }
}
