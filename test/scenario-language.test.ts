/**
 * The language of scenarios: its reference is what the tables say, what cannot be read is refused with its line and a reason before anything
 * is played, and a seed's history printed as a script is the same history.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { playSeed } from '../src/cli/simulation/history.ts'
import { LOOKS } from '../src/cli/simulation/looks.ts'
import { formOf, REFERENCE_ENDS, REFERENCE_STARTS, scenarioReference } from '../src/cli/simulation/reference.ts'
import { playScript } from '../src/cli/simulation/script-play.ts'
import { DEFAULT_POLICY, MINUTE } from '../src/core/policy.ts'
import { FAULT_KINDS } from '../src/simulator/faults.ts'
import { DEEDS } from '../src/simulator/script/all-deeds.ts'
import { ScriptError } from '../src/simulator/script/deed.ts'
import { HEAD_VERBS } from '../src/simulator/script/site.ts'
import { BMC_MODES, CLEANING_WILLS } from '../src/simulator/world.ts'

const policy = { ...DEFAULT_POLICY, mode: 'auto' as const }
const page = readFileSync(new URL('../docs/scenarios.md', import.meta.url), 'utf8')

test('the reference in docs/scenarios.md is the one that this code makes (npm run scenarios-reference writes it)', () => {
  const made = page.slice(page.indexOf(REFERENCE_STARTS), page.indexOf(REFERENCE_ENDS) + REFERENCE_ENDS.length)
  assert.equal(made, scenarioReference())
})

test('every verb has its heading there, and every deed a sentence', () => {
  const headings = page.split('\n').flatMap((line) => /^#### `([a-z-]+)[ `]/.exec(line)?.[1] ?? [])
  assert.deepEqual(headings.toSorted(), [...HEAD_VERBS, ...DEEDS.keys(), ...Object.keys(LOOKS), 'advance', 'calm'].toSorted())
  for (const [verb, { says }] of DEEDS) assert.match(says, /^[A-Z`].+\.$/s, verb)
  const [, crash] = [...DEEDS].find(([verb]) => verb === 'crash') ?? []
  assert.equal(crash && formOf('crash', crash), 'crash AT [step=STEP] [back=BACK]')
})

test('every mode of a BMC, kind of fault and outcome of a cleaning is explained there', () => {
  const explained = page.split('\n').flatMap((line) => /^\| `([a-z0-9-]+)` +\|/.exec(line)?.[1] ?? [])
  assert.deepEqual(explained.toSorted(), [...BMC_MODES, ...FAULT_KINDS, ...CLEANING_WILLS].toSorted())
})

const refusals: [string, string, RegExp][] = [
  ['an unknown verb', 'explode n1', /^Line 3: There is no deed "explode"\. There are ambush, believe-census, blazar-disable, /],
  ['a wrong word', 'bmc n1 sleepy', /^Line 3: "bmc n1 sleepy": "sleepy" is not one of ok, silent, frozen, hung, refusing, /],
  ['a missing word', 'bmc n1', /^Line 3: "bmc n1" ends where one of ok, silent, .* is wanted \(mode\)\.$/],
  ['an option that there is not', 'crash now soon=1m', /^Line 3: "crash now soon=1m": "soon=1m" is no option of crash\.$/],
  ['a span that is none', 'bmc n1 silent for ever', /^Line 3: .*"ever" is not a span such as 1h2m3\.5s\.$/],
  ['a text without quotes', 'fail n1 broken', /^Line 3: .*"broken" is not a text in quotes\.$/],
  ['advance without a span', 'advance', /^Line 3: "advance": a span such as 1h2m3\.5s is wanted behind advance\.$/],
  ['a look without its node', 'show', /^Line 3: "show": the name of a node is wanted behind show\.$/],
  ['a look with a word too many', 'cases n1', /^Line 3: "cases n1": nothing is wanted behind cases\.$/],
  ['an ambush whose line cannot be read', 'ambush before-mark "explode @"', /^Line 3: There is no deed "explode"\./],
  ['a node behind the first deed', 'wake n1\nnode n2 active', /^Line 4: "node n2 active" belongs to the head, before the first deed\.$/],
  ['a deed behind calm', 'calm\nwake n1', /^Line 4: "wake n1": behind calm only lines that ask may stand: show, /],
]
for (const [what, line, message] of refusals) {
  test(`${what} is refused with the number of its line, and nothing is played`, async () => {
    const text = `# Comments count as lines.\nnode n1 active\n${line}\n`
    await assert.rejects(playScript(text, policy), (error) => error instanceof ScriptError && message.test(error.message))
  })
}

test('so is a head that cannot be read', async () => {
  const refused = (line: string, message: RegExp) =>
    assert.rejects(playScript(`\n${line}\n`, policy), (error) => error instanceof ScriptError && message.test(error.message))
  await refused('node n1 asleep', /^Line 2: "node n1 asleep": node NAME STATE is wanted, with a state of active, /)
  await refused('node n1 active shiny', /^Line 2: .*"shiny" is none of ipmi, redfish, /)
  await refused('site colour=blue', /^Line 2: .*"colour=blue" is none of seed=, /)
  await refused('operator every=often', /^Line 2: .*"often" is not a span/)
  await refused('policy {"inflight": 1}', /^Line 2: .*policy has no "inflight"\. There are mode, /)
  await refused('policy 7', /^Line 2: .*a JSON object is wanted behind policy\.$/)
})

test("a seed's history printed as a scenario and played again is the same to the digest", async () => {
  const played = await playSeed(7, { policy, storm: 3 * MINUTE })
  assert.ok(played.script.filter((line) => !/^(node|site|operator|policy|advance) /.test(line)).length > 10)
  const again = await playScript(played.script.join('\n'), policy)
  assert.deepEqual(
    [again.history.digest, again.history.passes, again.history.stormed, again.history.calmed],
    [played.digest, played.passes, played.stormed, played.calmed],
  )
})
