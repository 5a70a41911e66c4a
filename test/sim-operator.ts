/**
 * The whole operator over a simulated cloud in one process, for tests: real clients, real store, real pass; only the seams are simulated.
 * A test may stop it at any point of the write protocol, kill it there, put a second one beside it, and move its wall clock. Whatever it
 * sends is held against the promises (promises.ts) as it leaves, by what the cloud itself knows, and each decision is decided again.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Pass } from '../src/controller/reconcile.ts'
import { type RunOptions, run as runDaemon } from '../src/controller/run.ts'
import { type Sweep, sweep } from '../src/controller/sweep.ts'
import type { Decision } from '../src/core/decision.ts'
import { DEFAULT_POLICY, MINUTE, type Policy } from '../src/core/policy.ts'
import { type HttpRequest, type Seams, type Transport, TransportError } from '../src/core/seams.ts'
import type { NodeKey } from '../src/core/seen.ts'
import { cloudAccess } from '../src/openstack/cloud-access.ts'
import type { CloudOptions } from '../src/simulator/build-world.ts'
import { type SimulatedCloud, simulatedCloud } from '../src/simulator/cloud.ts'
import { seededIds, seededRandom } from '../src/simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../src/simulator/virtual-clock.ts'
import type { SimNode } from '../src/simulator/world.ts'
import { openSqliteFile } from '../src/store/sqlite-file.ts'
import { type Store, storeOver } from '../src/store/store.ts'
import { type WiredCloud, wireCloud } from '../src/wire-cloud.ts'
import { decidedAgain } from './decided-again.ts'
import { type Road, roadOverHttp } from './over-http.ts'
import { brokenBefore, brokenBy } from './promises.ts'

const START = Date.parse('2026-03-01T03:00:00Z')

/**
 * observed: a node was looked at, nothing is decided · committed: an intent is durable, nothing has left · mark, marked: before the PATCH leaves, after its answer came · verb, verbed: the same
 * of the PUT or DELETE that follows; nothing is recorded yet.
 */
export type Point = 'observed' | 'committed' | 'mark' | 'marked' | 'verb' | 'verbed'

export type SimOptions = Partial<Omit<CloudOptions, 'clock' | 'random'>> & {
  policy?: Partial<Policy>
  user?: string
  /** Another login for Nova, Neutron and Placement. */
  servicesUser?: string
  seed?: number
  /** The store has never seen the cloud; usually one quiet sweep has gone over it, so that failures are news and no backlog. */
  fresh?: boolean
  /** On a database file of its own instead of in memory: for crashes and for operators side by side. */
  file?: boolean
  /** On another database, which each operator opens for itself; virtual time stands still while it is asked. */
  home?: SimHome
  /** Over HTTP on the loopback with the real transport, instead of in process. */
  overHttp?: boolean
  claimant?: string
  /** Somebody on the road to the cloud, who may change what is answered. */
  between?: (transport: Transport) => Transport
}

export type SimHome = {
  clock(under: VirtualClock): VirtualClock
  open(seams: Pick<Seams, 'clock' | 'newId' | 'random'>): Promise<Store>
}

export type SimOperator = {
  clock: VirtualClock
  cloud: SimulatedCloud
  people: SimulatedCloud['people']
  road: Road | null
  world: WiredCloud
  store: Store
  /** The database file, or `:memory:`. */
  path: string
  /** From now on the database can grow no more (SQLITE_FULL), or can again. */
  disk: { full(): void; free(): void }
  /** What this operator said beside its decisions, as one line each. */
  logged: string[]
  /** One sweep, virtual time moving as it must. */
  sweep(limit?: number): Promise<Sweep>
  /** A sweep that is begun and not waited for. */
  begin(limit?: number): Promise<Sweep>
  /** Moves time on by `ms`, sweeping every `everyMs`. */
  sweepFor(ms: number, everyMs?: number): Promise<Sweep>
  /** Sweeps until it is so; fails the test where that takes longer than `withinMs`. */
  sweepUntil(isSo: () => boolean, withinMs: number, everyMs?: number): Promise<void>
  /** The daemon's loop until the returned function is called and everything in hand is finished. */
  daemon(options?: Partial<RunOptions>): () => Promise<void>
  /** Does this when the operator reaches the point next, and lets it go on. */
  at(point: Point, then: () => void | Promise<void>): void
  /** The operator dies at this point: nothing that it waits for ever comes. */
  dieAt(point: Point): void
  died(): boolean
  /** Moves this operator's wall clock alone. */
  jump(ms: number): void
  /** This operator's process stood still for so long: both its clocks went on, and nothing in it ran. */
  stall(ms: number): void
  /** Another operator on the same cloud and the same database file, as another process would be. */
  beside(options?: Partial<SimOptions>): Promise<SimOperator>
  node(name: string): SimNode
  key(name: string): NodeKey
  /** The newest decision of this operator on the node, as `kind reason`. */
  said(name: string): string
  message(name: string): string
  decision(name: string): Decision
  /** Verbs `deleted` that Ironic accepted from an operator on this cloud. */
  resets(name?: string): number
  marks(name: string): unknown
  /** Requests that were meant to change something, with their answer, as `PATCH 200`. */
  sent(name?: string): string[]
  close(): Promise<void>
}

/** A test over one cloud of its own; afterwards nothing that was sent may have broken a promise. */
export function scenario(name: string, options: SimOptions, body: (op: SimOperator) => Promise<void>): void {
  test(name, async () => {
    const op = await simOperator(options)
    try {
      await body(op)
      assert.deepEqual(brokenBy(op.cloud), [], 'promises')
    } finally {
      await op.close()
    }
  })
}

export async function simOperator(options: SimOptions = {}): Promise<SimOperator> {
  const { seed = 1, file = false, overHttp = false, home, ...rest } = options
  const alone = virtualClock({ start: START })
  const clock = home === undefined ? alone : home.clock(alone)
  const cloud = simulatedCloud({ nodes: 10, random: seededRandom(seed), ...rest, clock })
  const road = overHttp ? roadOverHttp(clock) : null
  await road?.serve(cloud)
  const folder = file ? mkdtempSync(join(tmpdir(), 'anneal-world-')) : null
  const path = folder === null ? ':memory:' : join(folder, 'anneal.db')
  const opened: Store[] = []
  const shared: Shared = { clock, cloud, road, path, opened, name: 'sim', order: 1, broken: [] }
  const op = await operator(shared, options)
  if (options.fresh !== true) await op.sweep()
  return {
    ...op,
    close: async () => {
      await road?.close()
      for (const store of opened) await store.close()
      if (folder !== null) rmSync(folder, { recursive: true })
      assert.deepEqual(shared.broken, [], 'promises, as the requests left')
    },
  }
}

/** A second cloud in the same database. */
export async function secondCloud(first: SimOperator, options: SimOptions): Promise<SimOperator> {
  const { seed = 2, ...rest } = options
  const cloud = simulatedCloud({ nodes: 10, random: seededRandom(seed), ...rest, clock: first.clock })
  await first.road?.serve(cloud)
  const { clock, road, store, disk } = first
  return await operator({ clock, cloud, road, path: '', opened: [], name: 'other', order: 9, broken: [], kept: { store, disk } }, options)
}

type Kept = Pick<SimOperator, 'store' | 'disk'>

type Shared = {
  clock: VirtualClock
  cloud: SimulatedCloud
  road: Road | null
  path: string
  opened: Store[]
  name: string
  order: number
  broken: string[]
  /** Somebody else's store, which is not closed here. */
  kept?: Kept
}

async function keptAt(path: string | SimHome, seams: Pick<Seams, 'clock' | 'newId' | 'random'>): Promise<Kept> {
  if (typeof path !== 'string') {
    const noDisk = () => assert.fail('its disk is out of reach')
    return { store: await path.open(seams), disk: { full: noDisk, free: noDisk } }
  }
  const opened = openSqliteFile(path, seams.clock.now())
  const { database } = opened
  return {
    store: await storeOver(opened, seams),
    disk: {
      full: () => database.exec(`pragma max_page_count = ${Number(database.prepare('pragma page_count').get()?.['page_count'])}`),
      free: () => database.exec('pragma max_page_count = 4294967294'),
    },
  }
}

async function operator(shared: Shared, options: SimOptions): Promise<SimOperator> {
  const { clock, cloud, road, name, broken } = shared
  const { policy, user = 'admin', servicesUser, seed = 1, claimant = `op-${shared.order}`, between = (transport) => transport } = options
  const life = lifeOf(clock)
  const random = seededRandom(seed + shared.order)
  const seams: Seams = {
    clock: life.clock,
    random,
    newId: seededIds(random),
    transport: life.over(between(road?.transport ?? cloud.transport), (request) => broken.push(...brokenBefore(cloud, request))),
    datagram: (request) => cloud.datagram(request).finally(life.alive),
  }
  const { store, disk } = shared.kept ?? (await keptAt(options.home ?? shared.path, { clock: life.clock, newId: seams.newId, random }))
  if (shared.kept === undefined) shared.opened.push(store)
  const logged: string[] = []
  const inForce: Policy = { ...DEFAULT_POLICY, mode: 'auto', ...policy }
  const world = wireCloud({
    cloud: name,
    access: accessOf(cloud, user),
    servicesAccess: servicesUser === undefined ? null : accessOf(cloud, servicesUser),
    policy: inForce,
    policyHash: JSON.stringify(inForce),
    store: life.stopping(store, (what) => broken.push(what)),
    seams,
    log: (_level, message, fields = {}) => void logged.push([message, ...Object.values(fields)].join(' ')),
  })
  await store.enrol(name, { mode: world.policy.mode, policyHash: JSON.stringify(world.policy) })
  const passes = new Map<string, Pass>()
  const onPass = (pass: Pass): void => void passes.set(pass.observation.uuid, pass)
  const begin = (limit?: number) => sweep(world, { claimant, limit: limit ?? null, follow: false, onPass })
  const run = <T>(promise: Promise<T>): Promise<T> => (road === null ? clock.run(promise) : road.run(promise))
  const one = (limit?: number) => run(begin(limit))
  const key = (node: string): NodeKey => ({ cloud: name, uuid: cloud.node(node).row.uuid })
  const decision = (node: string): Decision => {
    const pass = passes.get(key(node).uuid)
    assert.ok(pass, `${node} was not looked at`)
    return pass.decision
  }
  const sweepFor = async (ms: number, everyMs = 30_000): Promise<Sweep> => {
    const end = clock.now() + ms
    let last = await one()
    while (clock.now() < end) {
      await clock.advance(Math.min(everyMs, end - clock.now()))
      last = await one()
    }
    return last
  }
  return {
    clock,
    cloud,
    people: cloud.people,
    world,
    store,
    road,
    path: shared.path,
    disk,
    logged,
    sweep: one,
    begin,
    sweepFor,
    sweepUntil: async (isSo, withinMs, everyMs = 30_000) => {
      const end = clock.now() + withinMs
      while (!isSo()) {
        const last = [...passes.values()].map((pass) => `${pass.decision.kind} ${pass.decision.reason}`)
        assert.ok(clock.now() < end, `still not so after ${withinMs / MINUTE} min; last said: ${[...new Set(last)].join(', ')}`)
        await one()
        await clock.advance(everyMs)
      }
    },
    daemon: (more = {}) => {
      const stop = new AbortController()
      const worlds = [world]
      const running = runDaemon(
        { worlds, canaries: [], claimant, workers: 2, pollMs: 15_000, censusMs: 600_000, ...more, onPass: (_, pass) => onPass(pass) },
        stop.signal,
      )
      return () => {
        stop.abort('the test is over')
        return clock.run(running)
      }
    },
    at: life.at,
    dieAt: (point) => life.at(point, life.die),
    died: life.isDead,
    jump: life.jump,
    stall: life.stall,
    beside: (more = {}) => {
      shared.order += 1
      return operator({ ...shared }, { ...options, claimant: `op-${shared.order}`, ...more })
    },
    node: cloud.node,
    key,
    decision,
    said: (node) => `${decision(node).kind} ${decision(node).reason}`,
    message: (node) => decision(node).message,
    resets: (node) => acceptedResets(cloud, node).length,
    marks: (node) => cloud.node(node).row.extra['hammer_error_resets'],
    sent: (node) =>
      cloud.ledger
        .changes()
        .filter((entry) => node === undefined || entry.before?.uuid === cloud.node(node).row.uuid)
        .map((entry) => `${entry.method} ${entry.status}`),
    close: async () => {},
  }
}

export const acceptedResets = (cloud: SimulatedCloud, node?: string) =>
  cloud.ledger
    .changes()
    .filter(
      ({ method, path, body, effect }) =>
        method === 'PUT' && path.endsWith('/states/provision') && effect !== null && targetOf(body) === 'deleted',
    )
    .filter((entry) => node === undefined || entry.before?.uuid === cloud.node(node).row.uuid)

const targetOf = (body: unknown): unknown => (typeof body === 'object' && body !== null && 'target' in body ? body.target : null)

function accessOf(cloud: SimulatedCloud, user: string) {
  const login = cloud.credentials(user)
  const assignment = cloud.state.users.find((one) => one.name === user)?.assignments[0]
  const scope =
    assignment?.scope === 'system' ? { system_scope: 'all' } : { project_name: assignment?.scope ?? 'admin', project_domain_id: 'default' }
  const auth = { auth_url: login.authUrl, username: login.user, password: login.password, user_domain_id: 'default', ...scope }
  return cloudAccess({ name: user, naming: (key) => key, keys: { auth } }, { read: () => null, cwd: '.', home: null })
}

const forever = (): Promise<never> => new Promise(() => {})

/** What a test may do to one operator's process: stop it at a point, kill it, move its wall clock. */
function lifeOf(clock: VirtualClock) {
  let isDead = false
  let offset = 0
  let stalled = 0
  const waiting: { point: Point; then: () => void | Promise<void> }[] = []
  const alive = (): Promise<void> => (isDead ? forever() : Promise.resolve())
  const reach = async (point: Point): Promise<void> => {
    const at = waiting.findIndex((one) => one.point === point)
    const [found] = at < 0 ? [] : waiting.splice(at, 1)
    await found?.then()
    await alive()
  }
  return {
    alive,
    isDead: () => isDead,
    die: () => {
      isDead = true
    },
    jump: (ms: number) => {
      offset += ms
    },
    stall: (ms: number) => {
      stalled += ms
    },
    at: (point: Point, then: () => void | Promise<void>): void => void waiting.push({ point, then }),
    clock: {
      now: () => clock.now() + offset + stalled,
      monotonic: () => clock.monotonic() + stalled,
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal).then(alive),
    },
    over:
      (transport: Transport, leaving: (request: HttpRequest) => void): Transport =>
      async (request) => {
        const points = pointsOf(request)
        await alive()
        if (points !== null) await reach(points[0])
        const { sendBy } = request
        if (sendBy !== undefined && clock.monotonic() + stalled > sendBy) throw new TransportError('before', 'too late to be sent')
        leaving(request)
        try {
          const answer = await transport(sendBy === undefined ? request : { ...request, sendBy: sendBy - stalled })
          if (points !== null) await reach(points[1])
          return answer
        } finally {
          await alive()
        }
      },
    stopping: (store: Store, tell: (what: string) => void): Store => ({
      ...store,
      deciding: async (cloud, work) => {
        await reach('observed')
        const result = await store.deciding(cloud, (tx) => work(decidedAgain(tx, tell)))
        const isAct = typeof result === 'object' && result !== null && 'intent' in result && result.intent !== null
        if (isAct) await reach('committed')
        return result
      },
    }),
  }
}

function pointsOf({ method, url }: HttpRequest): [Point, Point] | null {
  if (!/\/(baremetal|reservation)\//.test(url) || method === 'GET') return null
  return method === 'PATCH' ? ['mark', 'marked'] : ['verb', 'verbed']
}
