/**
 * Prints how much Anneal costs and how that grows with the cloud: a table and curves, medians of several runs. Everything measured runs in
 * processes of its own beside a pretend cloud in another one. It changes nothing outside its own temporary folder.
 * usage: npm run bench [-- WHAT] [--quick] [--markdown] [--nodes N] [--readers N]
 * WHAT: nothing for the operator; dashboard, for the dashboard and its readers; outage, for 500 nodes with one transient cause; replicas, for
 * one to three daemons on one PostgreSQL, which must be installed; lab, for a real Ironic, which must be up (lab/README.md).
 * --nodes: this one size, for replicas in place of 2,000.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { postgresPrograms, startCluster } from '../test/postgres/cluster.ts'
import { bundle } from './bundled.ts'
import { startChild } from './child.ts'
import type { Section } from './figures.ts'
import { measureDaemon } from './measure-daemon.ts'
import { addDashboard, measureDashboard, type Seen } from './measure-dashboard.ts'
import { measureLab, missingAtLab } from './measure-lab.ts'
import { measureParts } from './measure-parts.ts'
import { measureReplicas } from './measure-replicas.ts'
import { startCloud } from './pretend-cloud.ts'
import { type Measured, NOTES, sections } from './rows.ts'
import { DASHBOARD_NOTES, dashboardSections } from './rows-dashboard.ts'
import { labSections, sideBySide } from './rows-lab.ts'
import { OUTAGE_NOTES, outageSchema, outageSections } from './rows-outage.ts'
import { REPLICA_NOTES, replicaSections } from './rows-replicas.ts'
import { asMarkdown, asText, bySize, type Wish } from './table.ts'

const { values: wish, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, markdown: { type: 'boolean' }, nodes: { type: 'string' }, readers: { type: 'string' } },
  allowPositionals: true,
})
const isQuick = wish.quick === true
const RUNS = isQuick ? 1 : 3
const readers = Number(wish.readers ?? 1_000)
/** One in ten reads nothing. */
const READERS = { readers, slow: Math.round(readers / 10) }

const say = (doing: string): void => void process.stderr.write(`${doing}\n`)
const sizeText = (size: number): string => size.toLocaleString('en-US')
const sizesOr = (usual: number[]): number[] => (wish.nodes === undefined ? usual : [Number(wish.nodes)])

/** What the figures were measured on, as far as it bears on them. */
const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, load ${loadavg()[0]?.toFixed(1)} before`

type Place = { bundle: string; folder: string }
/** What is printed. */
type Found = { sections: Section[] } & Wish

async function ofOperator(place: Place): Promise<Found> {
  const sizes = sizesOr(isQuick ? [1_000, 10_000] : [1_000, 10_000, 100_000])
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
  return { ...bySize('nodes', sizes, { runs: RUNS, machine, notes: NOTES }), sections: sections(measured) }
}

async function ofDashboard(place: Place): Promise<Found> {
  const sizes = sizesOr(isQuick ? [10_000] : [1_000, 10_000])
  addDashboard(place)
  const seen: Seen[] = []
  for (const size of sizes) {
    say(`${sizeText(size)} nodes: dashboard`)
    seen.push(await measureDashboard(size, place, { runs: RUNS, ...READERS, say }))
  }
  return { ...bySize('nodes', sizes, { runs: RUNS, machine, notes: DASHBOARD_NOTES }), sections: dashboardSections(seen) }
}

/** Of the daemon as it stands in this checkout. */
async function ofLab(): Promise<Found> {
  const times = await measureLab({ failures: isQuick ? 6 : 50, say })
  return { ...sideBySide(times, machine), sections: labSections(times) }
}

const OUTAGE = fileURLToPath(new URL('../test/scenarios-large/neutron-outage-500.txt', import.meta.url))
/** As many as the scenario has. */
const OUTAGE_NODES = 500

/** Once: the same history each time. */
async function ofOutage(): Promise<Found> {
  say(`${OUTAGE_NODES} nodes: an outage`)
  const child = startChild(new URL('outage.ts', import.meta.url), [OUTAGE])
  const played = await child.ask('play', outageSchema).finally(child.stop)
  const sizes = [OUTAGE_NODES]
  return {
    ...bySize('nodes', sizes, { runs: 1, machine, notes: OUTAGE_NOTES }),
    sections: outageSections([{ size: OUTAGE_NODES, ...played }]),
  }
}

/** One in five fails: far more than the 16 workers of a daemon have in hand at once. */
const REPLICA_NODES = 2_000

async function ofReplicas(place: Place): Promise<Found> {
  const programs =
    postgresPrograms() ?? missing('replicas share a PostgreSQL, of which no server is installed here (Debian: apt install postgresql)')
  const sizes = [1, 2, 3]
  const cluster = await startCluster(programs)
  try {
    const measured = await measureReplicas(sizes, { place, cluster, nodes: Number(wish.nodes ?? REPLICA_NODES), runs: RUNS, say })
    return { ...bySize('replicas', sizes, { runs: RUNS, machine, notes: REPLICA_NOTES }), sections: replicaSections(measured) }
  } finally {
    await cluster.remove()
  }
}

function missing(why: string): never {
  say(`NOT MEASURED: ${why}`)
  process.exit(1)
}

const KINDS: Record<string, (place: Place) => Promise<Found>> = {
  operator: ofOperator,
  dashboard: ofDashboard,
  lab: ofLab,
  outage: ofOutage,
  replicas: ofReplicas,
}

const measure = KINDS[positionals[0] ?? 'operator']
if (measure === undefined) throw new Error(`nothing is called ${positionals[0]}: ${Object.keys(KINDS).join(', ')}`)
const unfit = measure === ofLab ? await missingAtLab() : null
if (unfit !== null) missing(unfit)
const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'))
try {
  const { sections: found, ...how } = await measure({ bundle: await bundle(folder), folder })
  process.stdout.write(`${(wish.markdown === true ? asMarkdown : asText)(found, how)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
say(`${(performance.now() / 1_000).toFixed(0)} s`)
