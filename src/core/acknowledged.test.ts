/** How long a person's "I have seen it" holds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { standOfCase, standOfIncident, stillAcknowledged } from './acknowledged.ts'

const silent = { kind: 'escalate', reason: 'bmc-silent' } as const
const said = { by: 'pat', why: 'vendor comes', at: 1, stood: standOfCase(silent, 'bmc-unreachable') }

test('what was seen is seen while kind, reason and cause are the same, and no longer', () => {
  assert.equal(stillAcknowledged(said, standOfCase(silent, 'bmc-unreachable')), said)
  for (const [decision, cause] of [
    [{ ...silent, kind: 'wait' }, 'bmc-unreachable'],
    [{ ...silent, reason: 'bmc-refusing' }, 'bmc-unreachable'],
    [silent, 'bmc-fault'],
    [silent, null],
  ] as const)
    assert.equal(stillAcknowledged(said, standOfCase(decision, cause)), null)
  assert.equal(stillAcknowledged(null, standOfCase(silent, null)), null)
  const turn = (reason: string) => standOfCase({ kind: 'escalate', reason }, null)
  assert.equal(turn('incident-ramp'), turn('canary-first'))
  assert.equal(turn('incident-ramp'), turn('fleet-budget'))
})

test('an incident is another one when a node joins or leaves it', () => {
  const seen = { ...said, stood: standOfIncident(12) }
  assert.equal(stillAcknowledged(seen, standOfIncident(12)), seen)
  for (const members of [11, 13]) assert.equal(stillAcknowledged(seen, standOfIncident(members)), null)
})

test('how a case or an incident stands is a text that is kept, so one that was said before an update holds after it', () => {
  assert.equal(standOfCase(silent, 'bmc-unreachable'), 'escalate bmc-silent bmc-unreachable')
  assert.equal(standOfCase(silent, null), 'escalate bmc-silent none')
  assert.equal(standOfIncident(12), '12 members')
})
