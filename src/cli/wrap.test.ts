import assert from 'node:assert/strict'
import { test } from 'node:test'
import { folded, lengthOf, widthFor, wrapped } from './wrap.ts'

test('breaks at spaces, and in a word only where it is longer than a line', () => {
  assert.deepEqual(wrapped('one two three', 7), ['one two', 'three'])
  assert.deepEqual(wrapped('abcdefghij k', 4), ['abcd', 'efgh', 'ij k'])
  assert.deepEqual(wrapped('', 4), [])
})

test('a folded line keeps its indent, and what follows hangs below it; no word is lost', () => {
  const line = '  + The BMC does not answer and nobody knows why it would.'
  const text = folded(line, 24, 4)
  assert.deepEqual(text.split('\n'), ['  + The BMC does not', '    answer and nobody', '    knows why it would.'])
  assert.equal(text.replace(/\s+/g, ' '), line.replace(/\s+/g, ' '))
  assert.equal(folded('short', 24, 4), 'short')
  assert.equal(folded(line, null, 4), line)
})

test('a word in front that is longer than the line goes on below, and nothing of it is lost', () => {
  assert.equal(folded(`  ${'x'.repeat(30)} end`, 20, 4).replace(/\s+/g, ''), `${'x'.repeat(30)}end`)
})

test('colours take no room', () => {
  const red = `${'\u001b'}[31mred${'\u001b'}[39m`
  assert.equal(lengthOf(red), 3)
  assert.equal(folded(`${red} and blue`, 12, 2), `${red} and blue`)
})

test('nobody watches a pipe, and a terminal whose size was never set has 80 columns', () => {
  const out = (isTTY: boolean, columns: number | null) => ({ write: () => true, isTTY, columns: () => columns })
  assert.deepEqual(
    [widthFor(out(false, 100)), widthFor(out(true, 0)), widthFor(out(true, 132)), widthFor(out(true, 10))],
    [null, 80, 132, 40],
  )
})
