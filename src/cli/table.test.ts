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
  for (const width of [30, 40, 60, 80, 200]) {
    const lines = linesFor(width)
    assert.ok(
      lines.every((line) => line.length <= width),
      `${width}: ${lines.join('\n')}`,
    )
  }
  assert.match(linesFor(30).join('\n'), /a-node-\S*…/)
  assert.equal(linesFor(60).length > 3, true)
})

test('a message that has too little room beside its row stands whole below it, and an id in it can be copied', () => {
  const id = '71ec3e26-7fe6-4f3a-97aa-fee9cf29749e'
  const lines = linesFor(60, [
    { name: 'a-node-with-a-very-long-name', message: `Unbind it: \`openstack port unset --host ${id}\`, or delete it.` },
  ])
  assert.equal(lines[1], 'a-node-with-a-very-long-name')
  assert.ok(
    lines.some((line) => line.startsWith('    ') && line.includes(`${id}\`,`)),
    lines.join('\n'),
  )
  const narrow = linesFor(30, [{ name: 'x', message: id }])
  assert.equal(
    narrow
      .slice(2)
      .map((line) => line.trim())
      .join(''),
    id,
  )
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
