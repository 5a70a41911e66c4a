/**
 * Rows as a table that fits the terminal: columns as wide as they need to be, the widest shortened with …. The last one may be wrapped
 * instead, beside the others or below its row; it is never cut, for it holds ids and commands to copy. Where nobody watches (a pipe, a
 * file) nothing is shortened, so that grep finds what is there.
 */
import Table from 'cli-table3'
import type { Out } from './io.ts'
import { type Colour, paint, plain } from './paint.ts'
import { lengthOf, wrapped } from './wrap.ts'

export type Column<Row> = {
  head: string
  text: (row: Row) => string
  colour?: (row: Row) => Colour | null
  /** Gets what width is left and is wrapped there. Only the last column may. */
  wraps?: boolean
}

/** Between columns. */
const GAP = 2
/** Narrower than this a column says nothing any more; a narrower terminal gets longer lines. */
const LEAST = 8
/** With less than this beside it, what wraps goes below its row: a uuid (36 characters) in quotes should stay in one piece. */
const WRAP_LEAST = 40
/** How far what stands below its row is indented. */
const INDENT = 4

/** The table as text, with a line end; '' for no rows. */
export function tableText<Row>(rows: readonly Row[], columns: readonly Column<Row>[], to: { out: Out; colour: boolean }): string {
  if (rows.length === 0) return ''
  const { out, colour } = to
  const cells = rows.map((row) => columns.map((column) => plain(column.text(row))))
  const needed = columns.map(({ head }, at) => Math.max(head.length, ...cells.map((texts) => lengthOf(texts[at] ?? ''))))
  const laid = { rows, columns, cells, colour }
  if (!out.isTTY) return text(lines({ ...laid, widths: needed }))
  const terminal = out.columns() ?? 80
  const last = columns.length - 1
  const beside = needed.slice(0, last)
  const wanted = needed[last] ?? 0
  if (columns[last]?.wraps !== true) return text(lines({ ...laid, widths: fitted(needed, terminal) }))
  const rest = terminal - beside.reduce((sum, width) => sum + width + GAP, 0)
  if (rest >= Math.min(wanted, WRAP_LEAST)) {
    const width = Math.min(wanted, rest)
    const wrapping = cells.map((texts) => texts.with(last, wrapped(texts[last] ?? '', width).join('\n')))
    return text(lines({ ...laid, cells: wrapping, widths: [...beside, width] }))
  }
  const [heads = '', ...above] = lines({ ...laid, columns: columns.slice(0, last), widths: fitted(beside, terminal) })
  const below = cells.map((texts) => wrapped(texts[last] ?? '', terminal - INDENT).map((line) => `${' '.repeat(INDENT)}${line}`))
  return text([heads, ...above.flatMap((line, i) => [line, ...(below[i] ?? [])])])
}

const text = (all: readonly string[]): string => all.map((line) => `${line.trimEnd()}\n`).join('')

type Laid<Row> = {
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  /** One text for each row and column; those of a column that wraps are broken into lines already. */
  cells: readonly (readonly string[])[]
  widths: readonly number[]
  colour: boolean
}

/** The head, then the rows. */
function lines<Row>({ rows, columns, cells, widths, colour }: Laid<Row>): string[] {
  const table = new Table({
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: widths.map((width) => width + GAP),
  })
  table.push(columns.map(({ head }, at) => paint(colour, 'bold', shortened(head, widths[at] ?? LEAST))))
  for (const [i, row] of rows.entries()) {
    table.push(
      columns.map((column, at) => {
        const cell = cells[i]?.[at] ?? ''
        const shown = column.wraps === true ? cell : shortened(cell, widths[at] ?? LEAST)
        const hue = column.colour?.(row) ?? null
        return hue === null ? shown : paint(colour, hue, shown)
      }),
    )
  }
  return table.toString().split('\n')
}

/** Columns without lines: it is read on narrow terminals and in mails of cron. */
const BARE = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
)

const shortened = (some: string, width: number): string => (lengthOf(some) <= width ? some : `${[...some].slice(0, width - 1).join('')}…`)

/** Takes from the widest column until the line fits. */
function fitted(needed: readonly number[], terminal: number): number[] {
  const widths = [...needed]
  const over = () => widths.reduce((sum, width) => sum + width + GAP, -GAP) > terminal
  while (over() && Math.max(...widths) > LEAST) {
    const widest = widths.indexOf(Math.max(...widths))
    widths[widest] = Math.max(...widths) - 1
  }
  return widths
}
