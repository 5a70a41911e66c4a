/**
 * Asks the kernel whether the daemon waits for the disk where it must: runs it as it is shipped under strace over a pretend cloud, and plays
 * a power cut at each changing request that leaves, which keeps nothing that was not synced by then. In what is left the intent must stand.
 * And what did not wait for the disk may be claims and nothing else. Exit code 1 where that is not so. Needs Linux and strace.
 * usage: npm run power-cut -- [--resets N]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { anneal, bundle, type Home, makeHome } from '../bench/bundled.ts'
import { type Cloud, startCloud } from './beside.ts'
import { powerCuts } from './cut.ts'
import { CLOUD, placesOf, settingsFor } from './site.ts'
import { killIfAlive } from './trigger.ts'

const { values: wish } = parseArgs({ options: { resets: { type: 'string' } } })
const resets = Number(wish.resets ?? 30)
const NODES = 40
const SHOWN = 10
/** Under strace everything takes several times as long. */
const PATIENCE_MS = 180_000
const say = (doing: string): void => void process.stderr.write(`${doing}\n`)

// Whole pages of 4096 bytes, and requests with their bodies; each thread's calls in a file of their own, in the order in which it made them.
const strace = (log: string): string[] => [
  ...['strace', '-ff', '-y', '-xx', '-s', '8192', '--seccomp-bpf', '-o', log],
  ...['-e', 'trace=pwrite64,fsync,fdatasync,ftruncate,write,writev,sendto,sendmsg', '-e', 'signal=none'],
]

const ended = (child: ReturnType<typeof anneal>): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code))
  })

/** The process that the tracer started; null before it has. It tries out the kernel with children of its own first. */
function tracedBy(tracer: number): number | null {
  const children = readFileSync(`/proc/${tracer}/task/${tracer}/children`, 'utf8').trim().split(' ')
  const own = children.find((pid) => pid !== '' && commandOf(pid).startsWith(process.execPath))
  return own === undefined ? null : Number(own)
}

function commandOf(pid: string): string {
  const file = `/proc/${pid}/cmdline`
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** Runs it until so many resets have left. Returns the log of the thread that does the work. */
async function traced(home: Home, cloud: Cloud, folder: string): Promise<string> {
  const log = join(folder, 'strace')
  const tracer = anneal(home, ['run'], ['ignore', 'ignore', 'inherit'], strace(log))
  const gone = ended(tracer)
  let pid: number | null = null
  while (pid === null) {
    await Promise.race([pause(20), gone.then((code) => Promise.reject(new Error(`strace ended with ${code}`)))])
    pid = tracedBy(tracer.pid ?? 0)
  }
  await cloud.life({ name: 'traced', startedAt: Date.now(), pid, plan: null })
  const until = Date.now() + PATIENCE_MS
  while ((await cloud.verdict()).resets < resets) {
    if (Date.now() > until) throw new Error(`not ${resets} resets within ${PATIENCE_MS / 1_000} s`)
    await Promise.race([pause(500), gone.then((code) => Promise.reject(new Error(`the daemon ended with ${code} under strace`)))])
  }
  killIfAlive(pid)
  await gone
  return `${log}.${pid}`
}

const folder = mkdtempSync(join(tmpdir(), 'anneal-power-cut-'))
const cloud = await startCloud(1, NODES)
try {
  const settings = settingsFor(placesOf(NODES))
  const home = makeHome({ folder: join(folder, 'home'), bundle: await bundle(folder), cloud: CLOUD, login: cloud, settings })
  // Makes the tables; it ends in good order, so what it wrote is synced and there is no log.
  await ended(anneal(home, ['nodes'], 'ignore'))
  const before = readFileSync(home.database)
  await cloud.begin({ home, isQuiet: true })
  say(`the daemon under strace, until ${resets} resets have left`)
  const log = await traced(home, cloud, folder)
  say('playing a power cut at each request')
  const { requests, commits, waited, claims, findings } = await powerCuts({ log, before, database: home.database, folder })
  const lines = [
    `changing requests that left            ${requests}`,
    `  of them with their intent on the disk  ${requests - findings.filter(({ of }) => of === 'request').length}`,
    `commits                                ${commits}`,
    `  that waited for the disk               ${waited}`,
    `  that did not: claims alone             ${claims}`,
    ...findings.slice(0, SHOWN).map(({ what }) => `BROKEN: ${what}`),
    findings.length === 0 ? 'A power cut at any of these moments would have lost claims alone.' : `BROKEN ${findings.length} times.`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = findings.length === 0 && requests > 0 && claims > 0 ? 0 : 1
} finally {
  await cloud.stop()
  rmSync(folder, { recursive: true })
}
