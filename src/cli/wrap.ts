/**
 * Text in lines of a terminal's width. Characters are counted, not columns: what is printed here is Latin.
 */
import { stripVTControlCharacters } from 'node:util'
import type { Out } from './io.ts'

/** Without what only colours it. */
export const lengthOf = (some: string): number => [...stripVTControlCharacters(some)].length

/** Lines of at most so many characters, broken at spaces; a word that is longer goes on in the next line. None for ''. */
export function wrapped(some: string, width: number): string[] {
  const broken: string[] = []
  for (const word of some.split(' ')) {
    const line = broken.at(-1)
    if (line !== undefined && lengthOf(line) + 1 + lengthOf(word) <= width) broken[broken.length - 1] = `${line} ${word}`
    else for (let rest = [...word]; rest.length > 0; rest = rest.slice(width)) broken.push(rest.slice(0, width).join(''))
  }
  return broken
}

/** A terminal whose size was never set says 0. */
const USUAL_COLUMNS = 80
/** Narrower than this nothing is made: the lines would be single words. */
const COLUMNS_LEAST = 40

/** The width that lines for this reader may have; null where nobody watches, so that grep finds whole sentences. */
export const widthFor = (out: Out): number | null => (out.isTTY ? Math.max(COLUMNS_LEAST, out.columns() || USUAL_COLUMNS) : null)

/** One line as several of a width, the first as it is indented, the others by `hang`; as it is where there is no width. */
export function folded(line: string, width: number | null, hang: number): string {
  const indent = line.length - line.trimStart().length
  if (width === null || lengthOf(line) <= width) return line
  const [first = ''] = wrapped(line.trimStart(), width - indent)
  const rest = line.trimStart().slice(first.length).trimStart()
  return [`${' '.repeat(indent)}${first}`, ...wrapped(rest, width - hang).map((more) => `${' '.repeat(hang)}${more}`)].join('\n')
}
