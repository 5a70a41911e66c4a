/**
 * The whole operator over a simulated cloud: real clients, store, pass and daemon, with seams that can be made to stop. A life of it
 * dies or stands still where it waits, and another one starts on the same store, as after a power cut. Its machine's wall clock can be
 * moved and its disk be full. It draws nothing and judges nothing; the judges are told what leaves and what is durable.
 */
import { BrokerError, brokerName, type Subscribe } from '../../controller/broker.ts'
import type { Log } from '../../controller/cloud-world.ts'
import { type Ear, ear } from '../../controller/hear.ts'
import type { Pass } from '../../controller/reconcile.ts'
import { run } from '../../controller/run.ts'
import { type Sweep, sweep } from '../../controller/sweep.ts'
import type { Intent } from '../../core/case.ts'
import { MINUTE, type Mode, type Policy, SECOND } from '../../core/policy.ts'
import type { Clock, NewId, Random, Seams, Transport } from '../../core/seams.ts'
import { cloudAccess } from '../../openstack/cloud-access.ts'
import { isObject } from '../../simulator/answer.ts'
import { nodesAt } from '../../simulator/blazar-state.ts'
import type { SimulatedCloud } from '../../simulator/cloud.ts'
import type { Judges, Sender } from '../../simulator/judges.ts'
import type { MessageBus } from '../../simulator/message-bus.ts'
import type { Moment } from '../../simulator/script/scene.ts'
import type { VirtualClock } from '../../simulator/virtual-clock.ts'
import { isNewer, SCHEMA_VERSION } from '../../store/migrations.ts'
import type { Rounds } from '../../store/rounds.ts'
import type { Store } from '../../store/store.ts'
import { StoreError } from '../../store/store-error.ts'
import { type WiredCloud, wireCloud } from '../../wire-cloud.ts'

export const SIMULATED_CLOUD = 'sim'

/** What all lives of one operator share. */
export type Machine = {
  cloud: SimulatedCloud
  judges: Judges
  /** Virtual time as this machine's wall clock shows it. */
  clock: Clock
  random: Random
  newId: NewId
  store: Store
  policy: Policy
  disk: { isFull: boolean }
  /** On which its daemons listen; null: they do not. */
  bus: MessageBus | null
  /** Of the store: each next version of the operator raises it. */
  schema: { version: number }
  onPass: (pass: Pass) => void
  /** An intent is durable, a request is about to leave, or its answer is about to be read, in this life: what happens just then. */
  onMoment: (moment: Moment, at: { uuid: string; life: Freezing }) => void
  log: Log
}

/** `freeze`: it stands still at its next await, for `ms`. */
export type Freezing = { freeze(ms: number): void }

/** `every`: a sweep that often, as cron does it; null: the daemon. `policy`: what it has otherwise than the machine's. */
type Manner = { mode: Mode; every: number | null; policy?: Record<string, unknown> }

export type Life = Freezing & {
  die(): void
  /** A newer version has brought the store up to date under it. */
  isOvertaken(): boolean
  /** It dies at the await of that number after its next intent's commit; `then` is called as it does. */
  dieWriting(step: number, then: () => void): void
  /** One sweep to its end. */
  sweep(): Promise<Sweep>
  /** Works until it is stopped and has finished what it has in hand. */
  work(): void
  stop(): Promise<void>
}

/** One of its own for each who waits: a promise that all waited on would keep every life, and its cloud, for as long as the process. */
const forever = (): Promise<never> => new Promise(() => {})

/** The wall clock of a machine: virtual time, and what it is wrong by. */
export function machineClock(clock: VirtualClock): Clock & { jump(ms: number): void } {
  let offset = 0
  return {
    now: () => clock.now() + offset,
    monotonic: clock.monotonic,
    sleep: clock.sleep,
    jump: (ms) => {
      offset += ms
    },
  }
}

/** Born at once; it has asked nothing yet. */
export async function live(machine: Machine, name: string, { mode, every, policy: turned = {} }: Manner): Promise<Life> {
  const { cloud, judges, log, random, newId, schema } = machine
  const policy = laidOver({ ...machine.policy, mode }, turned)
  const policyHash = JSON.stringify(policy)
  const body = mortal(machine, { name, mode: policy.mode, policyHash })
  const seams: Seams = { clock: body.clock, random, newId, transport: body.transport, datagram: body.datagram }
  const { version } = schema
  const isOvertaken = (): boolean => schema.version > version
  const committed = (intent: Intent): void => {
    judges.committed(intent, body.sender)
    body.committed()
    machine.onMoment('after-commit', { uuid: intent.uuid, life: body })
  }
  const { closed, recorded } = judges
  const store = through(telling(ofVersion(onDisk(machine), isOvertaken), { committed, recorded, closed }), body.gate)
  const parts = { cloud: SIMULATED_CLOUD, policyHash, access: accessTo(cloud), servicesAccess: null, policy, seams, log, store }
  const world: WiredCloud = wireCloud(parts)
  await machine.store.enrol(SIMULATED_CLOUD, { mode: policy.mode, policyHash })
  judges.inForce(policyHash)
  await machine.store.wake(await machine.store.openCaseKeys(SIMULATED_CLOUD))
  const stop = new AbortController()
  const once = () => sweep(world, { claimant: name, limit: null, follow: false, onPass: machine.onPass })
  let working: Promise<void> = Promise.resolve()
  return {
    die: body.die,
    isOvertaken,
    dieWriting: body.dieWriting,
    freeze: body.freeze,
    sweep: once,
    work: () => {
      const ears = machine.bus === null || every !== null ? [] : [earOf(machine.bus, { store, seams, log, body })]
      const options = { worlds: [world], canaries: [], ears, claimant: name, workers: WORKERS, pollMs: POLL_MS, censusMs: 10 * MINUTE }
      working =
        every === null
          ? run({ ...options, onPass: (_, pass) => machine.onPass(pass) }, stop.signal)
          : sweeping(once, { every, clock: body.clock, signal: stop.signal, log })
    },
    stop: () => {
      stop.abort('stopped')
      // What dies in its last moments never finishes.
      return Promise.race([working, body.died])
    },
  }
}

/** Each idle one asks the store twice a second of virtual time; what two at a time would show, a replica shows too. */
const WORKERS = 1
const POLL_MS = 15 * SECOND

/** Whom a site's notifications come from. */
const BROKER = { host: 'rabbit', port: 5672, user: 'anneal', password: '', vhost: '/', tls: null }

/** Listens on the bus, behind the gate: whoever is dead takes nothing, and whoever stands still takes it later. */
function earOf(bus: MessageBus, { body: { gate, died }, ...parts }: { store: Store; seams: Seams; log: Log; body: Body }): Ear {
  const subscribe: Subscribe = async (to, _what, { message, signal }) => {
    await gate()
    const joined = bus.join(async (body) => {
      await gate()
      await message(body)
    })
    if (joined === null) throw new BrokerError('unreachable', `${brokerName(to)}: connect ECONNREFUSED`)
    signal.addEventListener('abort', joined.leave)
    // It stood still at the gate while it was told to stop.
    if (signal.aborted) joined.leave()
    void died.then(joined.leave)
    return { closed: joined.closed.finally(gate) }
  }
  const plan = { brokers: [BROKER], exchange: 'ironic', topics: ['ironic_versioned_notifications'], poll: MINUTE }
  return ear({ ...parts, cloud: SIMULATED_CLOUD, plan, pollMs: POLL_MS, subscribe })
}

/** Cron: a sweep that fails is followed by the next one. */
async function sweeping(
  once: () => Promise<unknown>,
  { every, clock, signal, log }: { every: number; clock: Clock; signal: AbortSignal; log: Log },
): Promise<void> {
  while (!signal.aborted) {
    // Knows: what a sweep could not do is the next one's; a cloud that is away is what the simulation is for.
    await once().catch((error: unknown) => log('error', 'sweep failed', { error: error instanceof Error ? error.message : String(error) }))
    await clock.sleep(every, signal)
  }
}

/** The gate through which everything goes that a life waits for: closed for ever once it is dead, and for a while as it stands still. */
function gateOf(clock: Clock, { dies, stands }: { dies: () => void; stands: (still: boolean) => void }) {
  let isDead = false
  let standing: Promise<void> | null = null
  let armed: { step: number; then: () => void } | null = null
  let left: number | null = null
  const death = Promise.withResolvers<void>()
  const die = (): void => {
    isDead = true
    dies()
    death.resolve()
  }
  const gate = (): Promise<void> | undefined => {
    if (left !== null && armed !== null && left-- === 0) {
      die()
      armed.then()
    }
    if (isDead) return forever()
    return standing?.then(() => (isDead ? forever() : undefined))
  }
  return {
    gate,
    die,
    died: death.promise,
    dieWriting: (step: number, then: () => void): void => {
      armed = { step, then }
    },
    committed: (): void => {
      if (armed !== null) left ??= armed.step
    },
    freeze: (ms: number): void => {
      const thaw = clock.sleep(ms).then(() => {
        if (standing !== thaw) return
        standing = null
        stands(false)
      })
      standing = thaw
      stands(true)
    },
  }
}

const IN_BLAZAR = /\/reservation\/v1\/(os-hosts|leases)\/([^/?]+)$/
/** What changes a node by its own path or its maintenance. */
const CHANGED = /\/baremetal\/v1\/nodes\/([^/?]+)(\/maintenance)?$/

type Body = Pick<ReturnType<typeof gateOf>, 'gate' | 'died'>

/** Seams behind the gate. */
function mortal(machine: Machine, sender: Sender) {
  const { cloud, clock, judges } = machine
  const life = gateOf(clock, {
    dies: () => {
      sender.diedAt ??= cloud.state.clock.now()
    },
    stands: (still) => {
      sender.isStanding = still
    },
  })
  const { gate } = life
  const transport: Transport = async (request) => {
    const [, uuid = null, part] = CHANGED.exec(request.url) ?? []
    const isMark = uuid !== null && request.method === 'PATCH'
    if (isMark) machine.onMoment('before-mark', { uuid, life })
    const [, kind = '', id = ''] = request.method === 'PUT' ? (IN_BLAZAR.exec(request.url) ?? []) : []
    const [lent] = nodesAt(cloud.state.blazar, [kind, id])
    if (lent !== undefined) machine.onMoment('before-blazar', { uuid: lent, life })
    if (uuid !== null && request.method === 'PUT' && part === '/maintenance') machine.onMoment('before-quarantine', { uuid, life })
    await gate()
    judges.sender = sender
    const answer = cloud.transport(request)
    judges.sender = null
    try {
      const response = await answer
      if (isMark) machine.onMoment('before-verb', { uuid, life })
      return response
    } finally {
      await gate()
    }
  }
  return {
    ...life,
    sender,
    clock: { ...clock, sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal).then(gate) },
    transport,
    datagram: (request: Parameters<Seams['datagram']>[0]) => {
      judges.datagram(request.payload)
      return cloud.datagram(request).finally(gate)
    },
  }
}

/** The store as a life reaches it: before and after each of its calls it may die or stand still, never within one. */
function through(store: Store, gate: () => Promise<void> | undefined): Store {
  const { replicas } = store
  if (replicas === null) return gated(store, gate)
  return gated({ ...store, replicas: { ...replicas, rounds: gated(replicas.rounds, gate) } }, gate)
}

function gated<T extends object>(calls: T, gate: () => Promise<void> | undefined): T {
  const known = new Map<string | symbol, unknown>()
  return new Proxy(calls, {
    get: (on, name) => {
      const before = known.get(name)
      if (before !== undefined) return before
      const call: unknown = Reflect.get(on, name)
      if (typeof call !== 'function') return call
      const made = async (...given: unknown[]): Promise<unknown> => {
        await gate()
        try {
          return await Reflect.apply(call, on, given)
        } finally {
          await gate()
        }
      }
      known.set(name, made)
      return made
    },
  })
}

/** What is said of an object's keys leaves its other keys as they were. */
export function laidOver(base: Policy, turned: Readonly<Record<string, unknown>>): Policy {
  const before: Record<string, unknown> = base
  const laid = Object.entries(turned).map(([key, value]) => {
    const under = before[key]
    return [key, isObject(value) && isObject(under) ? { ...under, ...value } : value]
  })
  return { ...base, ...Object.fromEntries(laid) }
}

type Refusal = () => StoreError | null

const unless =
  <A extends unknown[], R>(refusal: Refusal, call: (...given: A) => Promise<R>) =>
  (...given: A): Promise<R> => {
    const error = refusal()
    return error === null ? call(...given) : Promise.reject(error)
  }

/** What writes fails as long as it is refused; a deciding transaction that has done its work is rolled back. */
const refusing = (store: Store, refusal: Refusal): Store => ({
  ...store,
  seen: unless(refusal, store.seen),
  takeCensus: unless(refusal, store.takeCensus),
  record: unless(refusal, store.record),
  deciding: (cloud, work) =>
    store.deciding(cloud, async (tx) => {
      const done = await work(tx)
      const error = refusal()
      if (error !== null) throw error
      return done
    }),
})

/** On a full disk whatever makes the file grow is rolled back, as SQLite does it; claims overwrite what is there. */
function onDisk({ store, disk }: Machine): Store {
  const full = (): StoreError =>
    new StoreError('sim.db', 'The database sim.db cannot grow because the disk is full.', 'Free some space.', false)
  return refusing(store, () => (disk.isFull ? full() : null))
}

/** As PostgreSQL does it to whom a newer version has overtaken: no turn is taken, no round begun, and no node claimed from those who may decide. */
function ofVersion(store: Store, isOvertaken: () => boolean): Store {
  const refusal: Refusal = () => (isOvertaken() ? isNewer('sim.db', SCHEMA_VERSION + 1) : null)
  const { replicas } = store
  return {
    ...refusing(store, refusal),
    wake: unless(refusal, store.wake),
    claim: (o) => (isOvertaken() ? Promise.resolve([]) : store.claim(o)),
    replicas: replicas && { ...replicas, rounds: roundsOf(replicas.rounds, refusal) },
  }
}

const roundsOf = (rounds: Rounds, refusal: Refusal): Rounds => ({
  ...rounds,
  begin: unless(refusal, rounds.begin),
  polled: unless(refusal, rounds.polled),
})

type Told = { committed: (intent: Intent) => void; recorded: (intentId: string) => void; closed: (uuid: string) => void }

/** Tells of every intent, every outcome and every case's end as soon as its transaction is over. */
const telling = (store: Store, told: Told): Store => ({
  ...store,
  record: async (intentId, outcome, slowFor) => {
    await store.record(intentId, outcome, slowFor)
    told.recorded(intentId)
  },
  deciding: async (cloud, work) => {
    const made: Intent[] = []
    const ended: string[] = []
    const result = await store.deciding(cloud, (tx) =>
      work({
        ...tx,
        commit: async (decided) => {
          const intent = await tx.commit(decided)
          if (intent !== null) made.push(intent)
          if (decided.case !== null && decided.decision.kind === 'resolve') ended.push(decided.key.uuid)
          return intent
        },
      }),
    )
    for (const uuid of ended) told.closed(uuid)
    for (const intent of made) told.committed(intent)
    return result
  },
})

function accessTo(cloud: SimulatedCloud) {
  const { authUrl, user, password } = cloud.credentials('admin')
  const auth = {
    auth_url: authUrl,
    username: user,
    password,
    project_name: 'admin',
    user_domain_id: 'default',
    project_domain_id: 'default',
  }
  return cloudAccess({ name: SIMULATED_CLOUD, naming: (key) => key, keys: { auth } }, { read: () => null, cwd: '.', home: null })
}
