/**
 * Plays histories, one seed after the other, until a promise is broken in one; a line of JSON says what came of it. It runs in a copy of the
 * product and judges what that copy does, so it knows nothing of the defects.
 * usage: node play.ts FIRST COUNT STORM_MINUTES [--shrink] [--often LINE]...
 */
import { parseArgs } from 'node:util'
import { playSeed } from '../../src/cli/simulation/history.ts'
import { shrink } from '../../src/cli/simulation/shrink.ts'
import { DEFAULT_POLICY, MINUTE, type Policy } from '../../src/core/policy.ts'

const { values: wish, positionals } = parseArgs({
  allowPositionals: true,
  options: { shrink: { type: 'boolean' }, often: { type: 'string', multiple: true, default: [] } },
})
const [first = 1, count = 1, stormMinutes = 60] = positionals.map(Number)
const policy: Policy = { ...DEFAULT_POLICY, mode: 'auto' }

for (let seed = first; seed < first + count; seed += 1) {
  const history = await playSeed(seed, { policy, storm: stormMinutes * MINUTE, untilBroken: true, often: wish.often })
  const [broken] = history.broken
  if (broken === undefined) continue
  const short = wish.shrink === true ? await shrink(history, policy) : null
  const { promise, node, what, entries } = broken
  say({ seed, promise, node, what, entries, deeds: short?.deeds.length ?? null, script: short?.script ?? null })
  process.exit(0)
}
say(null)

function say(found: object | null): void {
  process.stdout.write(`${JSON.stringify({ found, cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6 })}\n`)
}
