/**
 * The whole operator over a simulated cloud: real clients, store, pass and daemon, with seams that can be made to stop. A life of it
 * dies where it waits (what it waits for never comes), and another one starts on the same store, as after a power cut. Its machine's wall
 * clock can be moved. It draws nothing and judges nothing; the judges are told what leaves and what is durable.
 */
import type { Log } from '../controller/cloud-world.ts'
import type { Pass } from '../controller/reconcile.ts'
import { run } from '../controller/run.ts'
import { type Sweep, sweep } from '../controller/sweep.ts'
import type { Intent } from '../core/case.ts'
import { MINUTE, type Mode, type Policy, SECOND } from '../core/policy.ts'
import type { Clock, NewId, Random, Seams, Transport } from '../core/seams.ts'
import { cloudAccess } from '../openstack/cloud-access.ts'
import type { SimulatedCloud } from '../simulator/cloud.ts'
import type { Judges, Sender } from '../simulator/judges.ts'
import type { VirtualClock } from '../simulator/virtual-clock.ts'
import type { Store } from '../store/store.ts'
import { type WiredCloud, wireCloud } from '../wire-cloud.ts'

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
  onPass: (pass: Pass) => void
  log: Log
}

/** `every`: a sweep that often, as cron does it; null: the daemon. */
export type Manner = { mode: Mode; every: number | null }

export type Life = {
  die(): void
  dieAt(point: 'before-request' | 'after-answer', then: () => void): void
  /** One sweep to its end. */
  sweep(): Promise<Sweep>
  /** Works until it is stopped and has finished what it has in hand. */
  work(): void
  stop(): Promise<void>
}

const forever = new Promise<never>(() => {})

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
export async function live(machine: Machine, name: string, { mode, every }: Manner): Promise<Life> {
  const { store, cloud, judges, log, random, newId } = machine
  const body = mortal(machine, { name, mode })
  const seams: Seams = { clock: body.clock, random, newId, transport: body.transport, datagram: body.datagram }
  const policy = { ...machine.policy, mode }
  const policyHash = JSON.stringify(policy)
  const parts = { cloud: SIMULATED_CLOUD, policyHash, access: accessTo(cloud), servicesAccess: null, policy, seams, log }
  const world: WiredCloud = wireCloud({ ...parts, store: telling(store, (intent) => judges.committed(intent, body.sender)) })
  await store.enrol(SIMULATED_CLOUD, { mode, policyHash })
  await store.wake(await store.openCaseKeys(SIMULATED_CLOUD))
  const stop = new AbortController()
  const once = () => sweep(world, { claimant: name, limit: null, follow: false, onPass: machine.onPass })
  let working: Promise<void> = Promise.resolve()
  return {
    die: body.die,
    dieAt: body.dieAt,
    sweep: once,
    work: () => {
      const options = { worlds: [world], claimant: name, workers: WORKERS, pollMs: POLL_MS, censusMs: 10 * MINUTE }
      working =
        every === null
          ? run({ ...options, onPass: (_, pass) => machine.onPass(pass) }, stop.signal)
          : sweeping(once, { every, clock: body.clock, signal: stop.signal, log })
    },
    stop: () => {
      stop.abort('stopped')
      return working
    },
  }
}

/** Each idle one asks the store twice a second of virtual time; what two at a time would show, a sweep beside shows too. */
const WORKERS = 1
const POLL_MS = 15 * SECOND

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

/** Seams that never settle again once their owner is dead. */
function mortal({ cloud, clock, judges }: Machine, sender: Sender) {
  let isDead = false
  let fatal: { point: 'before-request' | 'after-answer'; then: () => void } | null = null
  const alive = (): Promise<void> => (isDead ? forever : Promise.resolve())
  const reach = (point: 'before-request' | 'after-answer'): void => {
    if (fatal?.point !== point || isDead) return
    isDead = true
    fatal.then()
  }
  const transport: Transport = async (request) => {
    const isChange = request.method !== 'GET' && request.url.includes('/baremetal/')
    if (isChange) reach('before-request')
    await alive()
    judges.sender = sender
    const answer = cloud.transport(request)
    judges.sender = null
    try {
      const response = await answer
      if (isChange) reach('after-answer')
      return response
    } finally {
      await alive()
    }
  }
  return {
    sender,
    die: (): void => {
      isDead = true
    },
    dieAt: (point: 'before-request' | 'after-answer', then: () => void): void => {
      fatal = { point, then }
    },
    clock: { ...clock, sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal).then(alive) },
    transport,
    datagram: (request: Parameters<Seams['datagram']>[0]) => {
      judges.datagram(request.payload)
      return cloud.datagram(request).finally(alive)
    },
  }
}

/** Tells of every intent as soon as its transaction is over. */
const telling = (store: Store, durable: (intent: Intent) => void): Store => ({
  ...store,
  deciding: async (cloud, work) => {
    const made: Intent[] = []
    const result = await store.deciding(cloud, (tx) =>
      work({
        ...tx,
        commit: async (decided) => {
          const intent = await tx.commit(decided)
          if (intent !== null) made.push(intent)
          return intent
        },
      }),
    )
    for (const intent of made) durable(intent)
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
