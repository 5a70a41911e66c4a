/**
 * Rows as a table that fits the terminal: columns as wide as they need to be, the widest shortened with … or, where the caller says so,
 * wrapped. Where nobody watches (a pipe, a file) nothing is shortened, so that grep finds what is there.
 */
import Table from 'cli-table3'
import type { Out } from './io.ts'
import { type Colour, paint, plain } from './paint.ts'

export type Column<Row> = {
  head: string
  text: (row: Row) => string
  colour?: (row: Row) => Colour | null
  /** Gets what width is left and is wrapped there. At most one column. */
  wraps?: boolean
}

/** Between columns. */
const GAP = 2
/** Narrower than this a column says nothing any more; a narrower terminal gets longer lines. */
const LEAST = 8
/** Where a column that wraps has less than this, it would be a thread of words. */
const WRAP_LEAST = 24

/** The table as text, with a line end; '' for no rows. */
export function tableText<Row>(rows: readonly Row[], columns: readonly Column<Row>[], to: { out: Out; colour: boolean }): string {
  if (rows.length === 0) return ''
  const cells = rows.map((row) => columns.map((column) => plain(column.text(row))))
  const needed = columns.map(({ head }, at) => Math.max(head.length, ...cells.map((texts) => lengthOf(texts[at] ?? ''))))
  const widths = to.out.isTTY ? fitted(columns, needed, to.out.columns() ?? 80) : needed
  const table = new Table({
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: widths.map((width) => width + GAP),
    wordWrap: true,
    wrapOnWordBoundary: true,
  })
  table.push(columns.map(({ head }, at) => paint(to.colour, 'bold', shortened(head, widths[at] ?? LEAST))))
  for (const [i, row] of rows.entries()) {
    table.push(
      columns.map((column, at) => {
        const text = cells[i]?.[at] ?? ''
        const shown = column.wraps === true ? text : shortened(text, widths[at] ?? LEAST)
        const colour = column.colour?.(row) ?? null
        return colour === null ? shown : paint(to.colour, colour, shown)
      }),
    )
  }
  const lines = table.toString().split('\n')
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** Columns without lines: it is read on narrow terminals and in mails of cron. */
const BARE = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
)

const lengthOf = (text: string): number => [...text].length

const shortened = (text: string, width: number): string => (lengthOf(text) <= width ? text : `${[...text].slice(0, width - 1).join('')}…`)

/** Takes from the widest column until the line fits; the one that wraps gives first. */
function fitted<Row>(columns: readonly Column<Row>[], needed: readonly number[], terminal: number): number[] {
  const widths = [...needed]
  const total = () => widths.reduce((sum, width) => sum + width + GAP, 0)
  const wrapping = columns.findIndex(({ wraps }) => wraps === true)
  const wrapped = widths[wrapping]
  if (wrapped !== undefined && total() > terminal)
    widths[wrapping] = Math.max(Math.min(wrapped, WRAP_LEAST), wrapped - (total() - terminal))
  while (total() > terminal) {
    const widest = widths.reduce((best, width, at) => (at !== wrapping && width > (widths[best] ?? 0) ? at : best), wrapping === 0 ? 1 : 0)
    const width = widths[widest]
    if (width === undefined || width <= LEAST) break
    widths[widest] = width - 1
  }
  return widths
}
