/** A history that breaks a promise becomes a short scenario which still breaks it; one that breaks none is left alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playScript } from '../src/cli/simulation/script-play.ts'
import { shrink } from '../src/cli/simulation/shrink.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'

const policy = { ...DEFAULT_POLICY, mode: 'auto' as const }

/** The operator is told not to wait after an unknown outcome, which no anneal.yaml can say: the verb whose reply is lost is followed at once. */
const IMPATIENT = `site seed=3
node n1 active
node n2 active rack=2
node n3 active rack=3
operator mode=auto
policy {"unknownOutcome":1000,"spacing":[1000]}
advance 1m
bmc n3 silent for 5m
launch n2
fail n1 "Failed to tear down: IPMI call failed: power status."
maintenance n2 reason="new mainboard" for 2m
service ironic lost-reply seen=clients methods=PATCH times=1 for 6m
wake n3
advance 5m
promises
`

test('a breach is found in a scenario with as few deeds and nodes as still break it, and that scenario breaks it when it is played', async () => {
  const { history, text } = await playScript(IMPATIENT, policy)
  assert.match(text, /S4 broken/)
  const short = await shrink(history, policy)
  assert.deepEqual(short?.deeds.toSorted(), [
    'fail n1 "Failed to tear down: IPMI call failed: power status."',
    'service ironic lost-reply seen=clients methods=PATCH times=1 for 6m',
  ])
  assert.doesNotMatch(short?.script ?? '', /node n[23]/)
  assert.match((await playScript(short?.script ?? '', policy)).text, /S4 broken/)
})

test('where nothing is broken there is nothing to make short', async () => {
  const { history } = await playScript(IMPATIENT.replace('"unknownOutcome":1000,', ''), policy)
  assert.deepEqual([history.broken, await shrink(history, policy)], [[], null])
})
