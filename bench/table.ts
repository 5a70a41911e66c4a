/**
 * The figures as a table of a hundred columns or few more, or as Markdown: a section for each thing that was measured, and below it all how, once.
 */
import { curvesOf } from './curve.ts'
import type { Row, Section } from './figures.ts'

const WIDTHS = { what: 31, value: 10, growth: 11 }

/**
 * `heads`: of the columns; in the text `unit` stands once, before the first of them. `sizes`: of the columns, where they are sizes to be compared.
 * `about`: how all of it was measured. `notes`: how figures came about, by the letter that rows name.
 */
export type Wish = {
  heads: { unit: string; columns: readonly string[]; growth: string; reach: string }
  sizes: readonly number[]
  about: string
  notes: Readonly<Record<string, string>>
}

const marked = ({ what, notes }: Row): string => (notes.length === 0 ? what : `${what} [${notes.join('')}]`)

/** The heading of what is measured at several sizes, several times. */
export const bySize = (unit: string, sizes: readonly number[], o: { runs: number; machine: string; notes: Wish['notes'] }): Wish => ({
  heads: { unit, columns: sizes.map((size) => size.toLocaleString('en-US')), growth: 'growth', reach: 'to reach' },
  sizes,
  about: `Medians of ${o.runs === 1 ? 'one run' : `${o.runs} runs`}; growth from one size to the next. ${o.machine}.`,
  notes: o.notes,
})

/** Every note that a row names, in the order in which the rows name them. */
const notesOf = (found: readonly Section[]): string[] => [...new Set(found.flatMap(({ rows }) => rows.flatMap(({ notes }) => notes)))]

const paragraph = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : [...lines, ''])
const fenced = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['```text', ...lines, '```'])

export function asText(found: readonly Section[], wish: Wish): string {
  const { heads } = wish
  const line = (what: string, values: readonly string[], growth: string, reach: string): string =>
    `${what.padEnd(WIDTHS.what)}${values.map((value) => value.padStart(WIDTHS.value)).join('')}  ${growth.padEnd(WIDTHS.growth)}${reach}`.trimEnd()
  return [
    line(heads.unit, heads.columns, heads.growth, heads.reach),
    ...found.flatMap(({ title, rows }) => ['', title, ...rows.map((row) => line(`  ${marked(row)}`, row.values, row.growth, row.reach))]),
    '',
    ...paragraph(curvesOf(found, wish.sizes)),
    wish.about,
    ...notesOf(found).map((note) => `[${note}] ${wish.notes[note]}`),
  ].join('\n')
}

export function asMarkdown(found: readonly Section[], wish: Wish): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const { unit, columns, growth, reach } = wish.heads
  const head = ['', ...columns.map((column) => `${column} ${unit}`.trimEnd()), growth, reach]
  return [
    line(head),
    line(head.map((_, at) => (at === 0 || at === head.length - 1 ? '---' : '---:'))),
    ...found.flatMap(({ title, rows }) => [
      line([`**${title}**`, ...head.slice(1).map(() => '')]),
      ...rows.map((row) => line([marked(row), ...row.values, row.growth, row.reach])),
    ]),
    '',
    ...paragraph(fenced(curvesOf(found, wish.sizes))),
    wish.about,
    '',
    ...notesOf(found).map((note) => `- [${note}] ${wish.notes[note]}`),
  ].join('\n')
}
