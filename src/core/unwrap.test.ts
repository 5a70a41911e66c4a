/** What is taken off an error text, as a measurement asks for it; what is then read of it stands in read-text.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WRAPPERS } from './signatures/wrapper.ts'
import { unwrapped } from './unwrap.ts'

test('keeps each text that a sentence was taken off from, the outermost first', () => {
  const inside = 'Failed to deploy instance: something new'
  const { inner, layers } = unwrapped(`Failed to tear down: ${inside}`, WRAPPERS)
  assert.deepEqual([inner, layers], ['something new', [`Failed to tear down: ${inside}`, inside]])
  assert.deepEqual(unwrapped('something new', WRAPPERS).layers, [])
})
