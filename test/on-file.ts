/**
 * A real SQLite store in a folder of its own, on a clock that a test moves; both are gone when the test's body is over.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '../src/store/store.ts'
import { type HandClock, handClock, newId, seeded } from './store/given.ts'

export async function onFile(body: (given: { store: Store; clock: HandClock; path: string }) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-commands-'))
  const clock = handClock()
  const path = join(folder, 'anneal.db')
  const store = await openStore({ path, clock, newId, random: seeded(1) })
  try {
    await body({ store, clock, path })
  } finally {
    await store.close()
    rmSync(folder, { recursive: true })
  }
}
