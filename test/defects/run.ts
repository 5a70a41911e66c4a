/**
 * Whether the simulation sees what it is there to see: each planted defect is put into a copy of the product, and the histories of a few
 * seeds must break a promise there. Without a defect the same seeds must break none. It writes only to its own temporary folder.
 * usage: npm run sim:defects [-- --only PATTERN] [-- --except PATTERN] [-- --shrink] [-- --from SEED]
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import Table from 'cli-table3'
import { z } from 'zod'
import type { Defect } from './defect.ts'
import { DEFECTS } from './defects.ts'
import { plant, snapshot } from './planted.ts'

const { values: wish } = parseArgs({
  options: { only: { type: 'string' }, except: { type: 'string' }, shrink: { type: 'boolean' }, from: { type: 'string', default: '1' } },
})

/** Virtual; a storm of an hour has some 450 deeds. */
const STORM_MINUTES = 60
/** Side by side: each history takes one core. */
const AT_ONCE = 2
/** Many times what the histories of one defect take; a defect may also make the operator go round in circles. */
const PATIENCE_MS = 20 * 60_000

const foundSchema = z.object({
  found: z
    .object({
      seed: z.number(),
      promise: z.string(),
      node: z.string().nullable(),
      what: z.string(),
      entries: z.array(z.string()),
      deeds: z.number().nullable(),
      script: z.string().nullable(),
    })
    .nullable(),
  cpuSeconds: z.number(),
})
type Found = z.infer<typeof foundSchema>['found']
type Row = { name: string; imitates: string; seeds: number; found: Found; wrong: string | null }

const first = Number(wish.from)
const isNamed = (name: string, pattern: string | undefined): boolean => pattern !== undefined && new RegExp(pattern).test(name)
const chosen = DEFECTS.filter(({ name }) => (wish.only === undefined || isNamed(name, wish.only)) && !isNamed(name, wish.except))
const CONTROL = { name: 'no defect', imitates: 'the product as it is', breaks: [], edits: [] }
const control: Defect = { ...CONTROL, seeds: Math.max(0, ...chosen.map(({ seeds }) => seeds)) }

const run = promisify(execFile)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

type Where = { folder: string; sources: string }

/** Its histories, up to the first that breaks a promise. */
type Played = Pick<Defect, 'edits' | 'beside' | 'often' | 'seeds' | 'stormMinutes'>

async function played(defect: Played, { folder, sources }: Where): Promise<z.infer<typeof foundSchema>> {
  const { seeds, often = [], stormMinutes = STORM_MINUTES } = defect
  const script = plant(folder, sources, defect)
  const args = [
    script,
    String(first),
    String(seeds),
    String(stormMinutes),
    ...(wish.shrink === true ? ['--shrink'] : []),
    ...often.flatMap((line) => ['--often', line]),
  ]
  const { stdout } = await run(process.execPath, args, { timeout: PATIENCE_MS, maxBuffer: 64 * 1024 * 1024 })
  rmSync(folder, { recursive: true })
  return foundSchema.parse(JSON.parse(stdout))
}

async function tried(defect: Defect, where: Where): Promise<Row> {
  const { name, imitates, seeds, often, beside } = defect
  const { found, cpuSeconds } = await played(defect, where)
  // What is done beside the seeds, and changed beside the defect, must break nothing by itself.
  const asFar = { ...defect, edits: [], seeds: (found?.seed ?? first) - first + 1 }
  const sane = found === null || (often ?? beside) === undefined ? null : await played(asFar, where)
  const wrong =
    sane?.found == null ? wrongWith(defect, found) : `${name}: ${sane.found.promise} broke in seed ${sane.found.seed} without it`
  say(`${name}: ${found === null ? 'nothing broke' : `${found.promise} in seed ${found.seed}, ${found.what}`} (${cpuSeconds.toFixed(0)} s)`)
  if (wrong !== null) say([wrong, ...(found?.entries ?? [])].join('\n  '))
  if (found?.script != null) say(found.script)
  return { name, imitates, seeds, found, wrong }
}

function wrongWith({ name, breaks, edits, seeds }: Defect, found: Found): string | null {
  if (edits.length === 0) return found === null ? null : `a promise is broken without any defect: ${found.promise} in seed ${found.seed}`
  if (found === null) return `${name}: not caught in ${seeds} seeds`
  return breaks.some((promise) => promise === found.promise) ? null : `${name}: ${found.promise} broke, and not ${breaks.join(' or ')}`
}

async function all(defects: readonly Defect[], place: string): Promise<Row[]> {
  const rows = new Map<Defect, Row>()
  const sources = join(place, 'sources')
  snapshot(sources)
  const queue = defects.entries()
  const lane = async (): Promise<void> => {
    for (const [at, defect] of queue) rows.set(defect, await tried(defect, { folder: join(place, String(at)), sources }))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return defects.flatMap((defect) => rows.get(defect) ?? [])
}

function tableOf(rows: readonly Row[]): string {
  const deeds = wish.shrink === true
  const head = ['defect', 'imitates', 'promise broken', 'seeds needed / allowed', ...(deeds ? ['deeds'] : [])]
  const table = new Table({
    head,
    colWidths: [38, 44, 10, 12, ...(deeds ? [8] : [])],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  })
  for (const { name, imitates, seeds, found, wrong } of rows) {
    const needed = found === null ? `none / ${seeds}` : `${found.seed - first + 1} / ${seeds}`
    const broken = `${found?.promise ?? 'none'}${wrong === null ? '' : ' (!)'}`
    table.push([name, imitates, broken, needed, ...(deeds ? [String(found?.deeds ?? '')] : [])])
  }
  return table.toString()
}

const place = mkdtempSync(join(tmpdir(), 'anneal-defects-'))
try {
  const rows = await all([control, ...chosen], place)
  const wrong = rows.flatMap((row) => row.wrong ?? [])
  process.stdout.write(`${tableOf(rows)}\n`)
  const caught = rows.filter((row) => row.wrong === null).length - (rows[0]?.wrong === null ? 1 : 0)
  process.stdout.write(
    `${[...wrong, `${caught} of ${chosen.length} defects were caught; ${(performance.now() / 1_000).toFixed(0)} s`].join('\n')}\n`,
  )
  process.exitCode = wrong.length > 0 ? 1 : 0
} finally {
  rmSync(place, { recursive: true })
}
