/**
 * Brings the lab's nodes to `active`: node-1 … node-NODES and fake-1 … fake-FAKES, six at a time. Run by up.sh; nodes in any
 * state that a scenario left are not touched.
 */
import { waitForIronic } from './lab.ts'
import { enrolNode } from './nodes.ts'
import { readSettings } from './settings.ts'

const { nodes, fakes } = readSettings()
const named = (kind: string, count: number) => Array.from({ length: count }, (_, at) => `${kind}-${at + 1}`)
const waiting = [...named('node', nodes), ...named('fake', fakes)]

await waitForIronic()

async function worker(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await enrolNode(name)
}
await Promise.all(Array.from({ length: 6 }, worker))
