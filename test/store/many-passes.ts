/** Run by sqlite.test.ts, several at once: 20 passes on nodes of its own, each due at once. */
import { openStore } from '../../src/store/store.ts'
import { BEGIN, handClock, pass, seeded, wait } from './given.ts'

const [path = '', from = '0'] = process.argv.slice(2)
let made = 0
const newId = () => `${from}-${++made}`
const store = await openStore({ path, clock: handClock(), newId, random: seeded(Number(from)) })
for (let n = 0; n < 20; n++) await pass(store, Number(from) + n, wait(BEGIN))
await store.close()
