/** What reads as one, and what as several. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amount } from './amount.ts'

test('one is said in the singular, none and more in the plural', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => amount(count, 'node')),
    ['0 nodes', '1 node', '2 nodes'],
  )
})
