/**
 * Many seeds on all cores, until so many were played, so many faults injected, or so many minutes over. What the histories came to is printed
 * as `anneal simulate` prints it; how fast they were played, on a line of its own at the end. Without --seed the seeds are fresh ones. Ctrl-C or
 * SIGTERM ends it after the histories in hand, and what they all came to is printed.
 * usage: npm run sim -- [--seeds N | --faults N | --minutes N] [--seed S] [--jobs N] [--storm MINUTES]
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { faultsOf } from '../src/cli/simulation/faults-sum.ts'
import { addTo, emptySums, reportText } from '../src/cli/simulation/report.ts'
import type { Played } from './sim-worker.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    faults: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    jobs: { type: 'string' },
    storm: { type: 'string' },
  },
})
const wanted = (text: string | undefined): number => (text === undefined ? Number.POSITIVE_INFINITY : Number(text))
const limits = { seeds: wanted(values.seeds), faults: wanted(values.faults), ms: wanted(values.minutes) * 60_000 }
if (Object.values(limits).every((limit) => limit === Number.POSITIVE_INFINITY)) limits.seeds = 100
/** A seed nobody has tried before: as many as there are seconds, and far enough apart for a run of any length. */
const first = values.seed === undefined ? Math.floor(Date.now() / 1_000) % 100_000_000 : Number(values.seed)
const jobs = values.jobs === undefined ? availableParallelism() : Number(values.jobs)

const sums = emptySums()
/** null: it broke off. */
const early = new Map<number, Played | null>()
/** Seeds whose history an error of our own ended, which took its process along. */
const brokenOff: number[] = []
let next = first
let done = first
let cpuMs = 0
const began = performance.now()

let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    isStopped = true
  })

const isOver = (): boolean =>
  isStopped ||
  next - first >= limits.seeds ||
  faultsOf(sums) >= limits.faults ||
  performance.now() - began >= limits.ms ||
  sums.broken.length + brokenOff.length >= BROKEN_MAX
/** So many breaches tell enough, and each takes a while to be made short. */
const BROKEN_MAX = 10

/** In the order of the seeds, so that the same seeds give the same text whoever played them. */
function take(seed: number, played: Played | null): void {
  early.set(seed, played)
  for (let one = early.get(done); one !== undefined; one = early.get(done)) {
    early.delete(done)
    done += 1
    if (one === null) continue
    cpuMs += one.cpuMs
    addTo(sums, one.history, one.shrunk)
    if (!process.stderr.isTTY) said(one.history)
  }
}

/** A run of hours whose output goes into a file says on the way how far it is, and at once what broke. */
function said({ seed, broken }: Played['history']): void {
  const what = [...new Set(broken.map(({ promise }) => promise))].join(', ')
  if (what !== '') process.stderr.write(`seed ${seed} broke ${what}\n`)
  if (sums.histories % 100 === 0) process.stderr.write(`${sums.histories} histories, ${faultsOf(sums)} faults\n`)
}

function worker(): Promise<void> {
  const child = fork(fileURLToPath(new URL('sim-worker.ts', import.meta.url)), [values.storm ?? ''], { serialization: 'advanced' })
  let playing: number | null = null
  const give = (): void => {
    playing = isOver() ? null : next++
    if (playing === null) child.disconnect()
    else child.send(playing)
  }
  child.on('message', (played: Played) => {
    take(played.history.seed, played)
    if (process.stderr.isTTY)
      process.stderr.write(`\r${sums.histories} histories, ${faultsOf(sums)} faults, ${sums.broken.length} with a breach `)
    give()
  })
  give()
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code === 0) return resolve()
      if (playing === null) return reject(new Error(`a worker ended with ${code} although it had nothing in hand`))
      process.stderr.write(`seed ${playing} broke off: its process ended with ${code}, and why stands above\n`)
      brokenOff.push(playing)
      take(playing, null)
      resolve(worker())
    })
  })
}

await Promise.all(Array.from({ length: jobs }, worker))
process.stdout.write(`${process.stderr.isTTY ? '\n' : ''}${reportText(sums, { seed: first, replay: replayed }, false)}`)
const seconds = cpuMs / 1_000
const rate = (count: number): string => (count / seconds).toFixed(0)
process.stdout.write(
  `${rate(sums.passes)} deciding passes and ${rate(faultsOf(sums))} faults a second of one core; ${((performance.now() - began) / 60_000).toFixed(1)} min on ${jobs} of them.\n`,
)
for (const seed of brokenOff) process.stdout.write(`Seed ${seed} broke off by an error of its own: ${replayed(seed)}\n`)
process.exitCode = sums.broken.length + brokenOff.length > 0 ? 1 : 0

function replayed(seed: number): string {
  return `anneal simulate --seeds 1 --seed ${seed}${values.storm === undefined ? '' : ` --storm ${values.storm}`}`
}
