/**
 * `anneal run` as it is shipped, started as a process of its own over a pretend cloud, and looked at from outside (what it sends, and what
 * the kernel says it uses). Memory and processor time come from /proc, so these rows need Linux.
 */
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { anneal, makeHome } from './bundled.ts'
import type { PretendCloud } from './pretend-cloud.ts'

export const CLOUD = 'bench'

/** Three times as often as by default, so that a short window holds several polls: what is measured is rather too much than too little. */
const POLL_S = 5

export type Memory = { rss: number; peak: number }

export type Daemon = {
  startedAt: number
  database: string
  /** Bytes, by /proc; peak is the most since it was started. */
  memory(): Memory
  /** Processor time used so far by all of its threads, ms. */
  cpuMs(): number
  stop(): Promise<void>
}

type Start = {
  bundle: string
  folder: string
  name: string
  cloud: PretendCloud
  mode: 'observe' | 'auto'
  settings?: Record<string, unknown>
  /** The address of a PostgreSQL, in place of a file of its own. */
  shared?: string
}

/** Starts it with an empty database. `name` is a folder's name, one for each start; `settings` stand in anneal.yaml in place of ours. */
export function startDaemon(o: Start): Daemon {
  const settings = { mode: o.mode, poll: `${POLL_S}s`, log: 'error', ...o.settings }
  const made = makeHome({ folder: join(o.folder, o.name), bundle: o.bundle, cloud: CLOUD, login: o.cloud, settings })
  const home = o.shared === undefined ? made : { ...made, env: { ...made.env, ANNEAL_DATABASE: o.shared } }
  const startedAt = Date.now()
  const child = anneal(home, ['run'], ['ignore', 'ignore', 'inherit'])
  const pid = child.pid ?? 0
  return { startedAt, database: home.database, memory: () => memoryOf(pid), cpuMs: () => cpuOf(pid), stop: () => ended(child) }
}

/** At once: what it has in hand is of no interest here. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  await gone
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
  return { rss: kib('VmRSS') * 1024, peak: kib('VmHWM') * 1024 }
}

/** Linux counts in ticks of 10 ms on every architecture that Node runs on (USER_HZ). */
const TICK_MS = 10

function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [utime = 0, stime = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (utime + stime) * TICK_MS
}
