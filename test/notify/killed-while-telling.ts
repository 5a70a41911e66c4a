/** Run by killed.test.ts: tells one webhook what stands in the outbox, as a daemon does after its start, until it is killed. usage: DATABASE URL */
import { realSeams } from '../../src/seams.ts'
import { openStore } from '../../src/store/store.ts'
import { notifierFor } from '../../src/wiring.ts'
import { webhook } from './given.ts'

const [path = '', url = ''] = process.argv.slice(2)
const seams = realSeams()
const store = await openStore({ path, ...seams })
// As `anneal run` does it under its lock: what a killed one had claimed is anybody's.
await store.unclaimAll('run-')
const to = { store, seams, log: () => undefined, claimant: `run-${seams.newId()}`, alertsStandMs: 600_000, onTold: () => undefined }
await notifierFor({ receivers: [webhook({ url })], serverUrl: null }, to).run(new AbortController().signal)
