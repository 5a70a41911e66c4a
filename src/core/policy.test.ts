/** Defaults that the judgement does not read by itself: the sums over the fleet are asked for by them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_POLICY, MINUTE } from './policy.ts'

test('sums up failures of a quarter of an hour, and begins nothing for a minute where Ironic is at its limit', () => {
  const { incident, slowCloud } = DEFAULT_POLICY
  assert.deepEqual([incident.within, slowCloud], [15 * MINUTE, MINUTE])
})
