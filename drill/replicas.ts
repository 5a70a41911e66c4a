/**
 * The replicas: each the built daemon as a process, with a configuration and roads of its own. What ends before it is at work is started
 * again, as a service manager would. It keeps each replica's log in a file. What is done to them stands in deeds.ts.
 */
import type { ChildProcess } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { anneal, type Home, makeHome } from '../bench/bundled.ts'
import { CLOUD } from '../crash/site.ts'
import { freePort } from '../test/postgres/cluster.ts'
import type { DrillCloud } from './beside.ts'
import { PEERS, type Site } from './peers.ts'
import { openRelay, type Relay } from './relay.ts'

export type PolicyName = 'usual' | 'other'

export type DaemonLife = {
  name: string
  pid: number
  policy: PolicyName
  log(): string
  /** True once it has said so; false where it ended or the time was over before. */
  says(words: RegExp, withinMs: number): Promise<boolean>
  /** Null while it runs. */
  end(): { code: number | null; signal: string | null } | null
  ended: Promise<unknown>
}

export type Replica = {
  index: number
  homes: Record<PolicyName, Home>
  roads: ReadonlyMap<string, Relay>
  life: DaemonLife | null
  /** Under which policy each life of it ran. */
  policies: Map<string, PolicyName>
  logFile: string
  metricsPort: number
}

type Making = { site: Site; folder: string; bundle: string; settings: Record<PolicyName, Record<string, unknown>> }

export async function makeReplica(index: number, { site, folder, bundle, settings }: Making): Promise<Replica> {
  const roads = new Map<string, Relay>()
  const metricsPort = await freePort()
  const server = { listen: `127.0.0.1:${metricsPort}` }
  let [login, env, ofCloud]: [Site['login'], Record<string, string>, Record<string, unknown>] = [site.login, {}, {}]
  for (const peer of PEERS) {
    const road = await openRelay(await peer.target(site, index))
    roads.set(peer.name, road)
    const way = await peer.tell(site, index, road.at)
    login = way.login ?? login
    env = { ...env, ...way.env }
    ofCloud = { ...ofCloud, ...way.ofCloud }
  }
  const home = (policy: PolicyName): Home => {
    const made = makeHome({
      folder: join(folder, `replica-${index}-${policy}`),
      bundle,
      cloud: CLOUD,
      login,
      settings: { ...settings[policy], server },
      ofCloud,
    })
    return { ...made, env: { ...made.env, ...env } }
  }
  const homes = { usual: home('usual'), other: home('other') }
  return { index, homes, roads, life: null, policies: new Map(), logFile: join(folder, 'logs', `replica-${index}.log`), metricsPort }
}

/** Before it says so it is not at work. */
const AT_WORK = /"watching"/

/** Spawns it; whoever asks waits. `env`: for this life alone. */
export async function spawnLife(
  replica: Replica,
  cloud: DrillCloud,
  policy: PolicyName,
  env: Record<string, string> = {},
): Promise<DaemonLife> {
  const name = `r${replica.index}-${replica.policies.size + 1}`
  replica.policies.set(name, policy)
  await cloud.life(replica.index, name)
  const home = replica.homes[policy]
  const child = anneal({ ...home, env: { ...home.env, ...env } }, ['run'], ['ignore', 'pipe', 'pipe'])
  replica.life = lifeOf(child, { name, policy, logFile: replica.logFile })
  return replica.life
}

/** As a service manager starts it: again, where it ended before it was at work. `isAtWork`: it came to that in time. */
export async function startLife(replica: Replica, cloud: DrillCloud, policy: PolicyName): Promise<{ life: DaemonLife; isAtWork: boolean }> {
  for (const until = Date.now() + START_MS; ; await pause(AGAIN_MS)) {
    const life = await spawnLife(replica, cloud, policy)
    const isAtWork = await life.says(AT_WORK, until - Date.now())
    if (isAtWork || Date.now() >= until) return { life, isAtWork }
    await cloud.died(replica.index, Date.now())
  }
}

/** Some three seconds on a machine that does nothing else. */
const START_MS = 180_000
const AGAIN_MS = 1_000
const LOOK_MS = 50

function lifeOf(child: ChildProcess, o: { name: string; policy: PolicyName; logFile: string }): DaemonLife {
  let log = ''
  let end: { code: number | null; signal: string | null } | null = null
  appendFileSync(o.logFile, `--- ${o.name}, pid ${child.pid}, policy ${o.policy}\n`)
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      appendFileSync(o.logFile, chunk)
    })
  const leaveNoneBehind = (): void => void child.kill('SIGKILL')
  process.once('exit', leaveNoneBehind)
  const ended = new Promise<void>((resolve) =>
    child.once('close', (code, signal) => {
      process.off('exit', leaveNoneBehind)
      end = { code, signal }
      resolve()
    }),
  )
  return {
    name: o.name,
    pid: child.pid ?? 0,
    policy: o.policy,
    log: () => log,
    ended,
    end: () => end,
    says: async (words, withinMs) => {
      for (const until = Date.now() + withinMs; Date.now() < until && end === null; await pause(LOOK_MS)) if (words.test(log)) return true
      return words.test(log)
    },
  }
}
