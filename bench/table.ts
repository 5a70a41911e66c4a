/**
 * The figures as a table of a hundred columns or few more, or as Markdown: a section for each thing that was measured, and below it all how, once.
 */
import { curvesOf } from './curve.ts'
import type { Row, Section } from './figures.ts'

const WIDTHS = { what: 31, value: 10, growth: 11 }

/** `of`: what there are so many of at each size. `notes`: how figures came about, by the letter that rows name. */
type Wish = { of: string; sizes: readonly number[]; runs: number; machine: string; notes: Readonly<Record<string, string>> }

const sizeText = (size: number): string => size.toLocaleString('en-US')
const marked = ({ what, notes }: Row): string => (notes.length === 0 ? what : `${what} [${notes.join('')}]`)

/** Every note that a row names, in the order in which the rows name them. */
const notesOf = (found: readonly Section[]): string[] => [...new Set(found.flatMap(({ rows }) => rows.flatMap(({ notes }) => notes)))]

const about = ({ runs, machine }: Wish): string =>
  `Medians of ${runs === 1 ? 'one run' : `${runs} runs`}; growth from one size to the next. ${machine}.`

const paragraph = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : [...lines, ''])
const fenced = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['```text', ...lines, '```'])

export function asText(found: readonly Section[], wish: Wish): string {
  const line = (what: string, values: readonly string[], growth: string, reach: string): string =>
    `${what.padEnd(WIDTHS.what)}${values.map((value) => value.padStart(WIDTHS.value)).join('')}  ${growth.padEnd(WIDTHS.growth)}${reach}`.trimEnd()
  return [
    line(wish.of, wish.sizes.map(sizeText), 'growth', 'to reach'),
    ...found.flatMap(({ title, rows }) => ['', title, ...rows.map((row) => line(`  ${marked(row)}`, row.values, row.growth, row.reach))]),
    '',
    ...paragraph(curvesOf(found, wish.sizes)),
    about(wish),
    ...notesOf(found).map((note) => `[${note}] ${wish.notes[note]}`),
  ].join('\n')
}

export function asMarkdown(found: readonly Section[], wish: Wish): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const head = ['', ...wish.sizes.map((size) => `${sizeText(size)} ${wish.of}`), 'growth', 'to reach']
  return [
    line(head),
    line(head.map((_, at) => (at === 0 || at === head.length - 1 ? '---' : '---:'))),
    ...found.flatMap(({ title, rows }) => [
      line([`**${title}**`, ...head.slice(1).map(() => '')]),
      ...rows.map((row) => line([marked(row), ...row.values, row.growth, row.reach])),
    ]),
    '',
    ...paragraph(fenced(curvesOf(found, wish.sizes))),
    about(wish),
    '',
    ...notesOf(found).map((note) => `- [${note}] ${wish.notes[note]}`),
  ].join('\n')
}
