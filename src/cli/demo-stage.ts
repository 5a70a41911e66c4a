/**
 * Everything the demo plays with, in one folder that goes away with it: the pretend cloud on a paced virtual clock, the real operator over
 * it in process, its database, and the same cloud on loopback for visitors. What happens on it is the script's (simulator/stories.ts).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Configured } from '../commands/list-policies.ts'
import { DEFAULT_POLICY, MINUTE, type Policy } from '../core/policy.ts'
import type { Random, Seams } from '../core/seams.ts'
import { type Metrics, openMetrics } from '../http/metrics.ts'
import { type CloudAccess, cloudAccess } from '../openstack/cloud-access.ts'
import { SITE, siteNodes } from '../simulator/cast.ts'
import { type SimulatedCloud, simulatedCloud } from '../simulator/cloud.ts'
import { forVisitors } from '../simulator/for-visitors.ts'
import { type Paced, paced } from '../simulator/paced.ts'
import { seededIds, seededRandom } from '../simulator/seeded.ts'
import { serveCloud } from '../simulator/serve.ts'
import { neutronOutages, type Outages } from '../simulator/stories.ts'
import { type VirtualClock, virtualClock } from '../simulator/virtual-clock.ts'
import { openStore, type Store } from '../store/store.ts'
import { type WiredCloud, wireCloud } from '../wire-cloud.ts'
import { UsageError } from './usage-error.ts'

export const CLOUD = 'demo'

/** Three at night, when nodes fail and people sleep. Always the same, so that a seed gives the same story to the second. */
const START = Date.parse('2026-03-01T03:00:00Z')

/**
 * What differs from the default, and why: acts at all; a silent BMC is given up within the patience of a reader; two dozen nodes
 * would otherwise be repaired one at a time, and one in twenty of them is a single node; a case closes while one still watches.
 */
export const DEMO_POLICY: Policy = {
  ...DEFAULT_POLICY,
  mode: 'auto',
  silentBmc: { looks: 3, over: 2 * MINUTE },
  inFlight: { classShare: 0.25, classMax: 25, cloudShare: 0.25, cloudMax: 25 },
  incident: { ...DEFAULT_POLICY.incident, classShare: 1 },
  soak: 5 * MINUTE,
}

export type Stage = {
  folder: string
  database: string
  url: string
  clock: VirtualClock
  cloud: SimulatedCloud
  outages: Outages
  world: WiredCloud
  store: Store
  metrics: Metrics
  /** As a daemon has it from its configuration. */
  clouds: readonly Configured[]
  random: Random
  /** Virtual time begins to move; at speed 0 as fast as it can. */
  go(): void
  /** Open files live on without their names, so this may come before `close`. */
  removeFolder(): void
  /** Sockets closed, database and folder removed. */
  close(): Promise<void>
}

type Wish = { nodes: number; port: number; seed: number; speed: number; policy: Policy }

/** Throws UsageError where the port cannot be had. */
export async function setStage(wish: Wish): Promise<Stage> {
  const { seed, speed, policy } = wish
  await using undo = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'anneal-demo-'))
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  undo.defer(removeFolder)
  const clock = virtualClock({ start: START })
  const cloud = simulatedCloud({ ...SITE, nodes: siteNodes(wish.nodes), random: seededRandom(seed), clock, keepReads: false })
  const served = await serveCloud(forVisitors(cloud), { host: '127.0.0.1', port: wish.port }).catch((error: unknown) => {
    throw portTaken(error, wish.port) ?? error
  })
  undo.defer(() => served.stop())
  // A stream of its own, so that what the cloud draws does not depend on how often the operator draws.
  const random = seededRandom(seed + 1)
  const seams: Seams = { clock, random, newId: seededIds(random), transport: cloud.transport, datagram: cloud.datagram }
  const database = join(folder, 'demo.db')
  const store = await openStore({ path: database, clock, newId: seams.newId, random })
  undo.defer(() => store.close())
  writeFileSync(join(folder, 'clouds.yaml'), cloudsYaml(cloud, served.url), { mode: 0o600 })
  const clouds = [{ name: CLOUD, policy, policyHash: CLOUD }]
  const metrics = await openMetrics({ store, clock, clouds, canaries: () => [], receivers: [] })
  // Warnings of the operator's log are in the audit trail or in the next decision; the demo tells its story in one voice.
  const world = wireCloud({
    cloud: CLOUD,
    access: accessTo(cloud),
    servicesAccess: null,
    policy,
    store,
    seams,
    log: () => {},
    counted: metrics.asked,
  })
  await store.enrol(CLOUD, { mode: policy.mode, policyHash: CLOUD })
  const open = undo.move()
  return {
    folder,
    database,
    url: served.url,
    clock,
    cloud,
    outages: neutronOutages(cloud),
    world,
    store,
    metrics,
    clouds,
    random: seededRandom(seed + 2),
    removeFolder,
    go: () => {
      const pace = speed === 0 ? unpaced(clock) : paced(clock, { speed })
      open.defer(() => pace.stop())
    },
    close: () => open.disposeAsync(),
  }
}

/** As fast as the processor goes: for a look at the end of the story, and for tests. */
function unpaced(clock: VirtualClock): Paced {
  let stopped = false
  const loop = async (): Promise<void> => {
    while (!stopped) await clock.step()
  }
  const running = loop()
  return {
    stop: () => {
      stopped = true
      return running
    },
  }
}

function portTaken(error: unknown, port: number): UsageError | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return null
  return new UsageError({
    what: 'usage',
    message: `Port ${port} cannot be had (${code}).`,
    fix: 'Choose another with --port, or leave it out.',
  })
}

const authOf = (cloud: SimulatedCloud, authUrl: string) => {
  const { user, password } = cloud.credentials('admin')
  return { auth_url: authUrl, username: user, password, project_name: 'admin', user_domain_id: 'default', project_domain_id: 'default' }
}

const accessTo = (cloud: SimulatedCloud): CloudAccess =>
  cloudAccess(
    { name: CLOUD, naming: (key) => key, keys: { auth: authOf(cloud, cloud.credentials('admin').authUrl) } },
    { read: () => null, cwd: '.', home: null },
  )

const cloudsYaml = (cloud: SimulatedCloud, url: string): string =>
  stringify({ clouds: { [CLOUD]: { auth: authOf(cloud, `${url}/identity/v3`), region_name: 'RegionOne' } } })
