/**
 * What a run of mutation testing came to: which mutants nobody noticed, which of those the compiler would have refused, which are argued
 * in argued.json, and which arguments no longer stand for anything. It runs nothing; scripts/mutate.ts does.
 */

export type Place = { line: number; column: number }

export type Mutant = {
  file: string
  /** The whole file as it is without the mutant. */
  source: string
  /** Both ends count from 1, the second lies behind the last character. */
  location: { start: Place; end: Place }
  mutator: string
  replacement: string
  status: string
}

/** One argument: mutants of one line of one file, as `from => to`, and why they change nothing that anybody could see. */
export type Argument = { file: string; code: string; mutants: string[]; why: string }

export type Survivor = { file: string; line: number; code: string; mutant: string; covered: boolean }

export type Verdict = {
  /** Per file and for `all`: caught by a test, and all that compile. */
  files: Map<string, { caught: number; all: number }>
  refused: number
  timedOut: number
  argued: Survivor[]
  unargued: Survivor[]
  /** Argued, but caught or gone: `file: code: mutant`. */
  stale: string[]
  score: number
}

const SURVIVED = ['Survived', 'NoCoverage']
const CAUGHT = ['Killed', 'Timeout']

const offsetOf = (source: string, { line, column }: Place): number => {
  const before = source.split('\n').slice(0, line - 1)
  return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

export function survivorOf({ file, source, location, replacement, status }: Mutant): Survivor {
  const from = source.slice(offsetOf(source, location.start), offsetOf(source, location.end))
  return {
    file,
    line: location.start.line,
    code: (source.split('\n')[location.start.line - 1] ?? '').trim(),
    mutant: `${oneLine(from)} => ${oneLine(replacement)}`,
    covered: status !== 'NoCoverage',
  }
}

/** The file with the mutant in it. */
export const mutated = ({ source, location, replacement }: Mutant): string =>
  source.slice(0, offsetOf(source, location.start)) + replacement + source.slice(offsetOf(source, location.end))

/** @param refuses whether the compiler refuses a file with this text in its place */
export function judge(mutants: Mutant[], args: Argument[], refuses: (file: string, text: string) => boolean): Verdict {
  const files: Verdict['files'] = new Map()
  const verdict: Verdict = { files, refused: 0, timedOut: 0, argued: [], unargued: [], stale: [], score: 0 }
  const keyOf = (file: string, code: string, mutant: string) => `${file}: ${code}: ${mutant}`
  const argued = new Map(args.flatMap((a) => a.mutants.map((mutant) => [keyOf(a.file, a.code, mutant), a] as const)))
  const standing = new Set<string>()
  for (const mutant of mutants) {
    const caught = CAUGHT.includes(mutant.status)
    if (!caught && !SURVIVED.includes(mutant.status)) throw new Error(`${mutant.file}: a mutant ended as ${mutant.status}`)
    if (!caught && refuses(mutant.file, mutated(mutant))) {
      verdict.refused += 1
      continue
    }
    if (mutant.status === 'Timeout') verdict.timedOut += 1
    const sums = files.get(mutant.file) ?? { caught: 0, all: 0 }
    files.set(mutant.file, { caught: sums.caught + (caught ? 1 : 0), all: sums.all + 1 })
    if (caught) continue
    const survivor = survivorOf(mutant)
    const key = keyOf(survivor.file, survivor.code, survivor.mutant)
    standing.add(key)
    verdict[argued.has(key) ? 'argued' : 'unargued'].push(survivor)
  }
  const sums = [...files.values()].reduce((a, b) => ({ caught: a.caught + b.caught, all: a.all + b.all }), { caught: 0, all: 0 })
  verdict.score = sums.all === 0 ? 0 : (100 * sums.caught) / sums.all
  // A run over some files says nothing about arguments for the others.
  verdict.stale = [...argued].filter(([key, { file }]) => files.has(file) && !standing.has(key)).map(([key]) => key)
  return verdict
}

const percent = (caught: number, all: number): string => `${((100 * caught) / all).toFixed(2)} %`

/** As printed: the score by file, then what stands against it. */
export function report(verdict: Verdict, scoreMin: number): string {
  const rows = [...verdict.files].sort(([a], [b]) => a.localeCompare(b))
  const all = rows.reduce((sum, [, row]) => sum + row.all, 0)
  const caught = rows.reduce((sum, [, row]) => sum + row.caught, 0)
  const told = (survivors: Survivor[]) =>
    survivors.map(({ file, line, mutant, covered }) => `  ${file}:${line} ${covered ? '' : '(run by no test) '}${mutant}`)
  return `${[
    ...rows.map(
      ([file, row]) => `${file.padEnd(36)} ${`${row.caught} / ${row.all}`.padStart(13)} ${percent(row.caught, row.all).padStart(9)}`,
    ),
    ...(verdict.argued.length > 0 ? [`${verdict.argued.length} survived and are argued:`, ...told(verdict.argued)] : []),
    ...(verdict.stale.length > 0
      ? [`${verdict.stale.length} are argued, but caught or gone:`, ...verdict.stale.map((key) => `  ${key}`)]
      : []),
    ...(verdict.unargued.length > 0 ? [`${verdict.unargued.length} survived:`, ...told(verdict.unargued)] : []),
    `${verdict.timedOut} of the caught ran into an endless loop; ${verdict.refused} that no test noticed do not compile and are not counted`,
    `score ${percent(caught, all)} (${caught} / ${all}), at least ${scoreMin} % wanted`,
  ].join('\n')}\n`
}
