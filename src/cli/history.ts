/**
 * One seed's history from beginning to end: a drawn site, the whole operator over it, a storm of mischief with crashes and restarts, a
 * calm, and the question whether everything came to rest. What was promised is the judges' to say; here are only the last questions, which
 * need the store: is every node healed or with a person, and does one more pass send nothing.
 */
import { createHash } from 'node:crypto'
import { approveCase } from '../commands/approve-case.ts'
import { DAY, HOUR, MINUTE, type Mode, type Policy, SECOND } from '../core/policy.ts'
import { simulatedCloud } from '../simulator/cloud.ts'
import { drawnSite } from '../simulator/drawn-site.ts'
import { type Judges, judgesOver } from '../simulator/judges.ts'
import { PASSWORD } from '../simulator/keystone.ts'
import { type Mischief, mischief, type ToOperator } from '../simulator/mischief.ts'
import { type Broken, lineOf, type PromiseId } from '../simulator/promises.ts'
import { between, seededIds, seededRandom } from '../simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../simulator/virtual-clock.ts'
import type { CaseView } from '../store/case-row.ts'
import { openStore, type Store } from '../store/store.ts'
import { type Life, live, type Machine, type Manner, machineClock, SIMULATED_CLOUD } from './simulated-operator.ts'

export type History = {
  seed: number
  nodes: number
  /** Virtual milliseconds. */
  stormed: number
  calmed: number
  passes: number
  acts: Map<string, number>
  /** Pushes by name, and requests that a service's fault met, by `service kind`. */
  pushes: Map<string, number>
  met: Map<string, number>
  /** How the cases stand at the end, by how they ended or by the decision in force. */
  ends: Map<string, number>
  checked: Map<PromiseId, number>
  broken: Broken[]
  /** Digest of everything that was sent and decided. */
  digest: string
}

/** Three at night; the same for all seeds. */
const START = Date.parse('2026-03-01T03:00:00Z')
/** Streams of randomness of one seed, so that one part's draws do not shift another's. */
const STREAMS = 8

/** Deterministic: the same arguments give the same history to the byte. @param on `storm` in virtual ms; null: 30 to 90 min, drawn */

export async function playSeed(seed: number, { policy, storm }: { policy: Policy; storm: number | null }): Promise<History> {
  const random = (stream: number) => seededRandom(seed * STREAMS + stream)
  const draw = random(0)
  const clock = virtualClock({ start: START })
  const cloud = simulatedCloud({ ...drawnSite(draw), clock, random: random(1), keepReads: false })
  const wall = machineClock(clock)
  const judges = judgesOver(cloud.state, { wall: wall.now, policy })
  const own = random(2)
  const newId = seededIds(own)
  const store = await openStore({ path: ':memory:', clock: wall, newId, random: own })
  const acts = new Map<string, number>()
  const counted = { passes: 0, acts }
  const machine: Machine = {
    cloud,
    judges,
    clock: wall,
    random: own,
    newId,
    store,
    policy,
    onPass: ({ decision, outcome }) => {
      counted.passes += 1
      if (decision.kind === 'act') bump(acts, `${decision.act} ${outcome?.kind ?? 'not recorded'}`)
    },
    log: (_level, message, fields) => overhear(judges, JSON.stringify([message, fields ?? {}])),
  }
  try {
    const manner: Manner = { mode: modeOf(draw()), every: draw() < 0.4 ? null : between(draw, 30, 150) * SECOND }
    const player = playerOf({ machine, clock, manner, jump: wall.jump })

    const nodes = cloud.state.nodes.size
    await clock.run(player.begin())
    await clock.advance(MINUTE)
    const trouble = mischief({ cloud, judges, random: random(3), operator: player.toOperator })
    const drawn = between(draw, 30, 90) * MINUTE
    const stormed = storm ?? drawn
    await clock.advance(stormed)
    const calmed = await calm({ clock, player, trouble, store })
    await lastQuestions({ machine, clock, player })
    const { ends, digest } = await reckoning(machine)
    const { broken, checked } = judges
    return { seed, nodes, stormed, calmed, ...counted, pushes: trouble.counts, met: cloud.faults.counts, ends, checked, broken, digest }
  } finally {
    await store.close()
  }
}

const bump = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

const modeOf = (draw: number): Mode => (draw < 0.8 ? 'auto' : draw < 0.9 ? 'approve' : 'observe')

function overhear({ bench }: Judges, text: string): void {
  bench.check('S10')
  const secret = [PASSWORD, ...bench.world.tokens.keys()].find((one) => text.includes(one))
  if (secret !== undefined) bench.accuse('S10', { node: null, what: `a secret was written: ${text.replaceAll(secret, '…')}` })
}

type Player = {
  begin(): Promise<void>
  /** The operator stops as on SIGTERM and a new one is there, not working by itself. */
  rest(): Promise<Life>
  toOperator: ToOperator
}

const SAID = { by: 'pat', why: 'as the simulation has it' }
/** How often the person who approves looks. */
const APPROVES_MS = 2 * MINUTE

type Playing = { machine: Machine; clock: VirtualClock; manner: Manner; jump: (ms: number) => void }

/** The operator's lives one after another, and people who talk to it. */
function playerOf({ machine, clock, manner, jump }: Playing): Player {
  const { store, policy } = machine
  let lives = 0
  let life: Life | null = null
  let beside: Promise<unknown> = Promise.resolve()
  let over = false
  const born = (how: Manner): Promise<Life> => {
    lives += 1
    return live(machine, `life-${lives}`, how)
  }
  const begin = async (mode: Mode): Promise<void> => {
    if (over) return
    life = await born({ ...manner, mode })
    life.work()
  }
  // What observes at first acts after a while, as a careful site does it.
  const later = (): Mode => (manner.mode === 'observe' ? 'auto' : manner.mode)
  const restart = (ms: number): void => {
    life = null
    clock.after(ms, () => void begin(later()))
  }
  const approving = (): void => {
    clock.after(APPROVES_MS, async () => {
      if (over) return
      approving()
      for (const { id } of await store.cases({ open: true, reason: 'needs-approval' }))
        await approveCase(store, { ...SAID, caseId: id, policyOf: () => ({ ...policy, mode: 'approve' }) })
    })
  }
  return {
    begin: async () => {
      if (manner.mode === 'approve') approving()
      await begin(manner.mode)
    },
    rest: async () => {
      over = true
      await life?.stop()
      await beside
      return await born({ mode: 'auto', every: null })
    },
    toOperator: {
      ...wordsTo(machine),
      crash: (at, ms) => {
        const dying = life
        if (dying === null || over) return
        if (at !== 'now') return dying.dieAt(at, () => restart(ms))
        dying.die()
        restart(ms)
      },
      jumpClock: jump,
      sweepBeside: () => {
        if (over) return
        // Knows: a sweep that a fault ends is an event of the storm like another.
        beside = born({ ...manner, mode: later() }).then((other) => other.sweep().catch(() => null))
      },
    },
  }
}

/** What people say to the operator, and the judges hear: a stop counts once it is said, a permission as soon as it is about to be. */
function wordsTo({ store, judges }: Machine): Pick<ToOperator, 'hold' | 'unhold' | 'pause' | 'resume' | 'retry' | 'release'> {
  const key = (uuid: string) => ({ cloud: SIMULATED_CLOUD, uuid })
  return {
    hold: async (uuid) => {
      await store.hold(key(uuid), SAID)
      judges.said({ kind: 'hold', uuid })
    },
    unhold: async (uuid) => {
      judges.said({ kind: 'unhold', uuid })
      await store.unhold(key(uuid), SAID)
    },
    pause: async () => {
      await store.pause(SIMULATED_CLOUD, SAID)
      judges.said({ kind: 'pause', uuid: null })
    },
    resume: async () => {
      judges.said({ kind: 'resume', uuid: null })
      await store.resume(SIMULATED_CLOUD, SAID)
    },
    retry: async (uuid) => {
      judges.said({ kind: 'retry', uuid })
      await store.retry(key(uuid), SAID)
    },
    release: async (uuid) => {
      judges.said({ kind: 'release', uuid })
      await store.release(key(uuid), SAID)
    },
  }
}

/** After this, whatever waits at most a day by policy has told a person (design: no wait is silent for more than 24 h). */
const CALM_MS = DAY + 3 * HOUR
/** Sweeps come less and less often: what happens early happens fast, and what comes late waits for hours. */
function pauseAfter(calmMs: number): number {
  if (calmMs < 10 * MINUTE) return 2 * MINUTE
  if (calmMs < 4 * HOUR) return 5 * MINUTE
  return HOUR
}

/** Sweeps until everything is at rest, or the time is up. @returns virtual milliseconds */
async function calm(on: { clock: VirtualClock; player: Player; trouble: Mischief; store: Store }): Promise<number> {
  const { clock, player, trouble, store } = on
  await clock.run(trouble.calm())
  const life = await clock.run(player.rest())
  const began = clock.now()
  while (clock.now() - began < CALM_MS) {
    await clock.run(life.sweep())
    const open = await store.cases({ open: true })
    if (clock.now() - began > 5 * MINUTE && open.every(isAtRest)) break
    await clock.advance(pauseAfter(clock.now() - began))
  }
  return clock.now() - began
}

/** Nothing more comes without a person; a hold and a foreign mark are such, too. */
const isAtRest = ({ decision }: CaseView): boolean =>
  decision?.kind === 'leave' || decision?.kind === 'escalate' || decision?.reason === 'held'

async function lastQuestions({ machine, clock, player }: { machine: Machine; clock: VirtualClock; player: Player }): Promise<void> {
  const { cloud, store, judges } = machine
  const { bench } = judges
  const life = await clock.run(player.rest())
  const before = cloud.ledger.changes().length
  await clock.run(life.sweep())
  bench.check('L3')
  const sent = cloud.ledger.changes().slice(before)
  const [first] = sent
  const open = await store.cases({ open: true })
  for (const view of open) {
    bench.check('L1')
    if (isAtRest(view)) continue
    const { kind, reason, message, since } = view.decision ?? { kind: 'none', reason: '', message: '', since: 0 }
    const what = `still ${kind} ${reason} a day after the last fault (since ${new Date(since).toISOString()}): ${message}`
    bench.accuse('L1', { node: view.uuid, what })
  }
  if (first !== undefined && open.every(isAtRest))
    bench.accuse('L3', { node: null, what: `one more pass sent ${sent.map(lineOf).join('; ')}` })
  const withCase = new Set(open.map(({ uuid }) => uuid))
  for (const { row } of cloud.state.nodes.values()) {
    bench.check('L1')
    if ((row.provision_state === 'error' || row.provision_state === 'clean failed') && !withCase.has(row.uuid))
      bench.accuse('L1', { node: row.uuid, what: `${row.provision_state} without a case` })
  }
}

const PAGE = 1_000

async function reckoning({ store, cloud, judges }: Machine): Promise<{ ends: Map<string, number>; digest: string }> {
  const ends = new Map<string, number>()
  for (const { result, decision, closedAt } of await store.cases({ limit: 100_000 }))
    bump(ends, closedAt === null ? `${decision?.kind} ${decision?.reason}` : `closed ${result}`)
  const hash = createHash('sha256')
  for (const entry of cloud.ledger.changes()) hash.update(lineOf(entry))
  let after = 0
  for (;;) {
    const page = await store.audit({ after, limit: PAGE })
    for (const { at, uuid, kind, reason, message } of page) {
      const text = JSON.stringify([at, uuid, kind, reason, message])
      hash.update(text)
      overhear(judges, text)
    }
    const last = page.at(-1)
    if (last === undefined) break
    after = last.id
  }
  return { ends, digest: hash.digest('hex').slice(0, 16) }
}
