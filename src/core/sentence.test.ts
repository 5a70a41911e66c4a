/** Sentences that are put into others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutStops } from './sentence.ts'

test('takes the full stops off the end, however many, and none from the middle', () => {
  assert.equal(withoutStops('No answer.'), 'No answer')
  assert.equal(withoutStops('Wait...'), 'Wait')
  assert.equal(withoutStops('n1.bmc.example'), 'n1.bmc.example')
  assert.equal(withoutStops('Is it up?'), 'Is it up?')
  assert.equal(withoutStops('..'), '')
  assert.equal(withoutStops(''), '')
})
