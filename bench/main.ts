/**
 * Prints how much Anneal costs and how that grows with the cloud: one table, medians of several runs. Everything measured runs in processes
 * of its own beside a pretend cloud in another one. It changes nothing outside its own temporary folder.
 * usage: npm run bench [-- --quick] [-- --markdown]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from './bundled.ts'
import { measureDaemon } from './measure-daemon.ts'
import { measureParts } from './measure-parts.ts'
import { startCloud } from './pretend-cloud.ts'
import { type Measured, sections } from './rows.ts'
import { asMarkdown, asText } from './table.ts'

const { values: wish } = parseArgs({ options: { quick: { type: 'boolean' }, markdown: { type: 'boolean' } } })
const sizes = wish.quick === true ? [1_000, 10_000] : [1_000, 10_000, 100_000]
const RUNS = wish.quick === true ? 1 : 3
/** The daemon is looked at by way of /proc; a quick look does that at one size. */
const isWatched = (size: number): boolean => process.platform === 'linux' && (wish.quick !== true || size === sizes.at(-1))

const say = (doing: string): void => void process.stderr.write(`${doing}\n`)
const sizeText = (size: number): string => size.toLocaleString('en-US')

async function measure(size: number, place: { bundle: string; folder: string }): Promise<Measured> {
  say(`${sizeText(size)} nodes: parts`)
  const cloud = await startCloud(size)
  const parts = await measureParts(cloud, RUNS).finally(cloud.stop)
  if (!isWatched(size)) return { size, parts, watched: null }
  say(`${sizeText(size)} nodes: daemon`)
  return { size, parts, watched: await measureDaemon(size, place, RUNS) }
}

/** What the figures were measured on, as far as it bears on them. */
const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, load ${loadavg()[0]?.toFixed(1)} before`

const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'))
try {
  const place = { bundle: await bundle(folder), folder }
  const measured: Measured[] = []
  for (const size of sizes) measured.push(await measure(size, place))
  const found = sections(measured)
  const shown = wish.markdown === true ? asMarkdown : asText
  process.stdout.write(`${shown(found, { sizes, runs: RUNS, machine })}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
say(`${(performance.now() / 1_000).toFixed(0)} s`)
