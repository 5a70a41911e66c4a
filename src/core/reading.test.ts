/** Readings: what is unknown or absent is never taken for a value. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absent, known, unknown, valueOr } from './reading.ts'

test('gives the value where it is known, and the fallback where it is not or where there is nothing to ask', () => {
  assert.deepEqual([valueOr(known(0), 7), valueOr(unknown('403'), 7), valueOr(absent('no Neutron'), 7)], [0, 7, 7])
})
