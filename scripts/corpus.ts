/**
 * `npm run corpus`: how well error texts are read, on the corpus of test/corpus: with all rules, and leaving each source template out.
 * It prints figures and every text that is read otherwise than it is labelled, and judges nothing; test/corpus.test.ts does.
 */
import { ARGUED } from '../test/corpus/argued.ts'
import { CORPORA, corpus, isDangerous, isRight, leaveGroupOut, type Read, type Row, readAll } from '../test/corpus/leave-out.ts'

const percent = (reads: readonly Read[]) => `${((100 * reads.filter(isRight).length) / reads.length).toFixed(1)} %`

function share(title: string, reads: readonly Read[], keyOf: (read: Read) => string): string[] {
  const groups = [...Map.groupBy(reads, keyOf)].sort(([a], [b]) => a.localeCompare(b))
  return [`  by ${title}`, ...groups.map(([key, of]) => `    ${key.padEnd(16)} ${percent(of).padStart(7)} of ${of.length}`)]
}

function section(title: string, reads: readonly Read[], why: (read: Read) => string): string[] {
  const wrong = reads.filter((read) => !isRight(read))
  return [
    `${title}: ${percent(reads)} of ${reads.length} texts, ${reads.filter(isDangerous).length} that only a person can help called transient`,
    ...share('cause', reads, ({ row }) => row.cause),
    ...share('driver', reads, ({ row }) => row.driver),
    `  read otherwise (${wrong.length})`,
    ...wrong.map((read) => `    ${read.row.id} ${read.row.cause} <- ${read.reading.cause} (${read.reading.signature}): ${why(read)}`),
    '',
  ]
}

/** Processor time of ten thousand readings, in milliseconds. */
function tenThousand(rows: readonly Row[]): number {
  const before = process.cpuUsage()
  for (let i = 0; i < 10_000; i += rows.length) readAll(rows.slice(0, 10_000 - i))
  const { user, system } = process.cpuUsage(before)
  return Math.round((user + system) / 1_000)
}

const files = CORPORA.map((name) => ({ name, reads: readAll(corpus(name)) }))
const rows = files.flatMap(({ reads }) => reads.map(({ row }) => row))
const note = ({ row }: Read) => `${row.note || 'no note'} | ${row.text.replace(/\s+/g, ' ').slice(0, 120)}`

const lines = [
  `${rows.length} texts of ${new Set(rows.map(({ template }) => template)).size} source templates`,
  ...files.map(({ name, reads }) => `  ${name.padEnd(12)} ${percent(reads).padStart(7)} of ${reads.length}`),
  `ten thousand of them are read in ${tenThousand(rows)} ms of processor time`,
  '',
  ...section(
    'All rules',
    files.flatMap(({ reads }) => reads),
    (read) => ARGUED[read.row.id] ?? note(read),
  ),
  ...section('Leaving a template out, by signature', leaveGroupOut(rows, 'signature'), note),
  ...section('Leaving a template out, by alternative', leaveGroupOut(rows, 'alternative'), note),
]
console.log(lines.join('\n'))
