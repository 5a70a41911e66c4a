/**
 * Prints how much Anneal costs and how that grows with the cloud: one table, medians of several runs. Everything measured runs in processes
 * of its own beside a pretend cloud in another one. It changes nothing outside its own temporary folder.
 * usage: npm run bench [-- --quick] [-- --markdown]; npm run bench -- dashboard [--quick] [--markdown] for the dashboard and its readers;
 * npm run bench -- lab [--quick] [--markdown] for a real Ironic, which must be up (lab/README.md)
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from './bundled.ts'
import type { Section } from './figures.ts'
import { measureDaemon } from './measure-daemon.ts'
import { addDashboard, measureDashboard, type Seen } from './measure-dashboard.ts'
import { measureLab, missingAtLab } from './measure-lab.ts'
import { measureParts } from './measure-parts.ts'
import { startCloud } from './pretend-cloud.ts'
import { type Measured, NOTES, sections } from './rows.ts'
import { DASHBOARD_NOTES, dashboardSections } from './rows-dashboard.ts'
import { labSections, sideBySide } from './rows-lab.ts'
import { asMarkdown, asText, bySize, type Wish } from './table.ts'

const { values: wish, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, markdown: { type: 'boolean' } },
  allowPositionals: true,
})
const isQuick = wish.quick === true
const RUNS = isQuick ? 1 : 3
const READERS = { readers: 1_000, slow: 100 }

const say = (doing: string): void => void process.stderr.write(`${doing}\n`)
const sizeText = (size: number): string => size.toLocaleString('en-US')

/** What the figures were measured on, as far as it bears on them. */
const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, load ${loadavg()[0]?.toFixed(1)} before`

type Place = { bundle: string; folder: string }
/** What is printed. */
type Found = { sections: Section[] } & Wish

async function ofOperator(place: Place): Promise<Found> {
  const sizes = isQuick ? [1_000, 10_000] : [1_000, 10_000, 100_000]
  const measured: Measured[] = []
  for (const size of sizes) {
    say(`${sizeText(size)} nodes: parts`)
    const cloud = await startCloud(size)
    const parts = await measureParts(cloud, RUNS).finally(cloud.stop)
    // The daemon is looked at by way of /proc; a quick look does that at one size.
    const isWatched = process.platform === 'linux' && (!isQuick || size === sizes.at(-1))
    if (isWatched) say(`${sizeText(size)} nodes: daemon`)
    measured.push({ size, parts, watched: isWatched ? await measureDaemon(size, place, RUNS) : null })
  }
  return { ...bySize(sizes, { runs: RUNS, machine, notes: NOTES }), sections: sections(measured) }
}

async function ofDashboard(place: Place): Promise<Found> {
  const sizes = isQuick ? [10_000] : [1_000, 10_000]
  addDashboard(place)
  const seen: Seen[] = []
  for (const size of sizes) {
    say(`${sizeText(size)} nodes: dashboard`)
    seen.push(await measureDashboard(size, place, { runs: RUNS, ...READERS, say }))
  }
  return { ...bySize(sizes, { runs: RUNS, machine, notes: DASHBOARD_NOTES }), sections: dashboardSections(seen) }
}

/** Of the daemon as it stands in this checkout; nothing is bundled for it. */
async function ofLab(): Promise<Found> {
  const times = await measureLab({ failures: isQuick ? 6 : 50, say })
  return { ...sideBySide(times, machine), sections: labSections(times) }
}

async function ofBundle(what: string | undefined): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'))
  try {
    const place = { bundle: await bundle(folder), folder }
    return await (what === 'dashboard' ? ofDashboard(place) : ofOperator(place))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const [what] = positionals
const missing = what === 'lab' ? await missingAtLab() : null
if (missing === null) {
  const { sections: found, ...how } = await (what === 'lab' ? ofLab() : ofBundle(what))
  process.stdout.write(`${(wish.markdown === true ? asMarkdown : asText)(found, how)}\n`)
  say(`${(performance.now() / 1_000).toFixed(0)} s`)
} else {
  say(missing)
  process.exitCode = 1
}
