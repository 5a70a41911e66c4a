/** Tables: what fits a terminal, and what a pipe gets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Out } from './io.ts'
import { type Column, tableText } from './table.ts'

type Row = { name: string; message: string }
const ROWS: Row[] = [
  { name: 'node-1', message: 'The BMC answers again, so it is reset after the spacing of two minutes.' },
  { name: 'a-node-with-a-very-long-name-indeed', message: 'Waits.' },
]
const COLUMNS: Column<Row>[] = [
  { head: 'NODE', text: ({ name }) => name },
  { head: 'MESSAGE', text: ({ message }) => message, wraps: true },
]
const to = (columns: number | null): Out => ({ write: () => {}, isTTY: columns !== null, columns: () => columns })
const linesFor = (columns: number | null, rows = ROWS) =>
  tableText(rows, COLUMNS, { out: to(columns), colour: false })
    .trimEnd()
    .split('\n')

test('no line is wider than the terminal, long names end in … and messages are wrapped', () => {
  for (const width of [40, 60, 80, 200]) {
    const lines = linesFor(width)
    assert.ok(
      lines.every((line) => line.length <= width),
      `${width}: ${lines.join('\n')}`,
    )
  }
  assert.match(linesFor(40).join('\n'), /a-node-\S*…/)
  assert.equal(linesFor(60).length > 3, true)
})

test('a pipe gets each row on one line, unshortened', () => {
  const lines = linesFor(null)
  assert.equal(lines.length, 3)
  assert.ok(lines[2]?.includes('a-node-with-a-very-long-name-indeed'))
})

test('control characters of a text never reach the terminal', () => {
  const lines = linesFor(80, [{ name: 'x', message: 'red \u001b[31m and\nmore' }])
  assert.equal(lines.length, 2)
  assert.ok(!lines[1]?.includes('\u001b'))
})

test('no rows are no table', () => assert.equal(tableText([], COLUMNS, { out: to(80), colour: false }), ''))
