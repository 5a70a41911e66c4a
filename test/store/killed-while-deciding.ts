/** Run by sqlite.test.ts: commits one pass, then stays inside a second deciding transaction until it is killed. */
import { openStore } from '../../src/store/store.ts'
import { BEGIN, CLOUD, handClock, newId, passIn, reset, resetOf, seeded } from './given.ts'

const store = await openStore({ path: process.argv[2] ?? '', clock: handClock(), newId, random: seeded(2) })
await resetOf(store, 1)
const forEver = Promise.withResolvers<never>()
// A server that listens keeps the process alive without a timer.
const { createServer } = await import('node:net')
createServer().listen(0, '127.0.0.1')
await store.deciding(CLOUD, async (tx) => {
  await passIn(tx, 2, reset(BEGIN + 60_000))
  process.stdout.write('inside\n')
  await forEver.promise
})
