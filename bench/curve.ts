/**
 * Cost over the number of nodes as plain text: a bar for each size on a scale by tens, so that what grows with the nodes makes a straight stair
 * and what does not grow stays a column; and the exponent of it. It draws the numbers that it is given and judges none.
 */
import type { Section } from './figures.ts'

/** Marks of a bar for each tenfold. Three sizes of what grows with the nodes fit beside each other's figures. */
const TENFOLD = 10

/** x of `nodes^x` between the smallest and the largest size that was measured; null where there is only one, or nothing. */
export function exponentOf(sizes: readonly number[], values: readonly (number | null)[]): number | null {
  const known = sizes.flatMap((size, at) => {
    const value = values[at] ?? null
    return value === null || value <= 0 ? [] : [{ size, value }]
  })
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined || first.size === last.size) return null
  return Math.log(last.value / first.value) / Math.log(last.size / first.size)
}

/** No lines where there are not two sizes to compare. */
export function curvesOf(found: readonly Section[], sizes: readonly number[]): string[] {
  const drawn = found.flatMap(({ title, rows }) =>
    rows.flatMap((row) => {
      const exponent = row.curve === null ? null : exponentOf(sizes, row.curve)
      return row.curve === null || exponent === null
        ? []
        : [...curve(`${title}: ${row.what}`, { sizes, exponent, ...row, values: row.curve, texts: row.values })]
    }),
  )
  return drawn.length === 0 ? [] : [`Growth; ${TENFOLD} marks are a tenfold`, ...drawn]
}

type Curve = { sizes: readonly number[]; values: readonly (number | null)[]; texts: readonly string[]; exponent: number }

function curve(what: string, { sizes, values, texts, exponent }: Curve): string[] {
  const least = Math.min(...values.filter((value) => value !== null && value > 0).map(Number))
  const bar = (value: number | null): string =>
    value === null || value <= 0 ? '' : '#'.repeat(1 + Math.round(TENFOLD * Math.log10(value / least)))
  return [
    '',
    `${what}, nodes^${exponent.toFixed(2)}`,
    ...sizes.map((size, at) =>
      `${size.toLocaleString('en-US').padStart(12)}${(texts[at] ?? '').padStart(10)}  ${bar(values[at] ?? null)}`.trimEnd(),
    ),
  ]
}
