/**
 * The operator as people and fate reach it in a history: its lives one after another on one store, a person who approves, sweeps and
 * replicas beside it. What is said to it is told to the judges: a stop counts once it is said, a permission as soon as it is about to be.
 */
import { approveCase, rejectCase } from '../../commands/approve-case.ts'
import { MINUTE, type Mode } from '../../core/policy.ts'
import type { DyingAt, ToOperator } from '../../simulator/script/scene.ts'
import type { Manner } from '../../simulator/script/site.ts'
import type { VirtualClock } from '../../simulator/virtual-clock.ts'
import { type Freezing, type Life, live, type Machine, SIMULATED_CLOUD } from './machine.ts'

export type Player = {
  begin(): Promise<void>
  /** The operator stops as on SIGTERM and a new one is there, not working by itself. */
  rest(): Promise<Life>
  /** What falls between two steps of a life befalls that one, be it a sweep or a replica beside the others. */
  during(life: Freezing, befalls: () => void): void
  toOperator: ToOperator
}

const SAID = { by: 'pat', why: 'as the simulation has it' }
/** How often the person who approves looks. */
const APPROVES_MS = 2 * MINUTE

/** Crashes come every few minutes; until then it must have met something that it would have acted on, which most storms let in their lulls. */
const OBSERVES_MS = 60 * MINUTE

type Playing = { machine: Machine; clock: VirtualClock; manner: Manner; jump: (ms: number) => void }

export function playerOf(playing: Playing): Player {
  const { machine, clock, manner, jump } = playing
  const lives = livesOf(playing)
  const { born, later } = lives
  let between: Freezing | null = null
  return {
    begin: async () => {
      if (manner.mode === 'approve') approving(machine, { clock, isOver: lives.isOver })
      await lives.begin(manner.mode)
    },
    rest: async () => {
      await lives.end()
      return await born({ mode: 'auto', every: null })
    },
    during: (other, befalls) => {
      between = other
      befalls()
      between = null
    },
    toOperator: {
      ...wordsTo(machine),
      crash: lives.crash,
      freeze: (ms) => (between ?? lives.current())?.freeze(ms),
      jumpClock: jump,
      sweepBeside: () => {
        // Knows: a sweep that a fault ends is an event of the storm like another.
        lives.alongside(() => born({ ...manner, mode: later() }).then((other) => other.sweep().catch(() => null)))
      },
      replica: (ms, policy) => {
        const works = () => born({ mode: later(), every: null, policy: policy ?? {} }).then((other) => besideFor(other, { clock, ms }))
        lives.alongside(policy === null ? works : () => works().then(lives.anew))
      },
      upgrade: (ms) => {
        lives.alongside(() => {
          machine.schema.version += 1
          return born({ ...manner, mode: later() }).then((newer) => lives.takesOver(newer, ms))
        })
      },
      fillDisk: (isFull) => {
        machine.disk.isFull = isFull
      },
    },
  }
}

/** One life after another on the machine, and who works beside it, until it is over with all of them. */
function livesOf({ machine, clock, manner }: Playing) {
  let lives = 0
  let life: Life | null = null
  let over = false
  const beside = new Set<Promise<unknown>>()
  const born = (how: Parameters<typeof live>[2]): Promise<Life> => {
    lives += 1
    return live(machine, `life-${lives}`, how)
  }
  const begin = async (mode: Mode): Promise<void> => {
    if (over) return
    const begun = await born({ ...manner, mode })
    if (over) return
    life = begun
    life.work()
  }
  // What observes at first acts after a while, as a careful site does it.
  const began = clock.now()
  const later = (): Mode => (manner.mode === 'observe' && clock.now() - began > OBSERVES_MS ? 'auto' : manner.mode)
  // Another one may have taken its place meanwhile.
  const restart = (dead: Life, { ms, died }: { ms: number; died: () => void }): void => {
    if (life !== dead) return
    died()
    life = null
    clock.after(ms, () => void begin(later()))
  }
  // Stopped as on SIGTERM and begun again, which puts its own policy in force; and so whoever took its place meanwhile.
  const anew = async (): Promise<void> => {
    const old = life
    if (old === null || over) return
    await old.stop()
    if (life !== old) return anew()
    life = null
    await begin(later())
  }
  return {
    ...{ born, begin, later, anew, isOver: () => over, current: () => life },
    alongside: (does: () => Promise<unknown>): void => {
      if (over) return
      const ended = does().finally(() => beside.delete(ended))
      beside.add(ended)
    },
    crash: (at: DyingAt, ms: number, died: () => void): void => {
      const dying = life
      if (dying === null || over) return
      if (at === 'now') {
        dying.die()
        restart(dying, { ms, died })
      } else dying.dieWriting(at, () => restart(dying, { ms, died }))
    },
    /** Works beside the older one at first, and goes on in its place. Whoever else is begun from now on is of this version, too. */
    takesOver: async (newer: Life, ms: number): Promise<void> => {
      newer.work()
      await clock.sleep(ms)
      const old = life
      if (over || old === null || !old.isOvertaken() || newer.isOvertaken()) return newer.stop()
      life = newer
      await old.stop()
    },
    end: async (): Promise<void> => {
      over = true
      await life?.stop()
      await Promise.all(beside)
    },
  }
}

/** A person approves what waits for it, every so often. */
function approving(machine: Machine, on: { clock: VirtualClock; isOver: () => boolean }): void {
  const { store, judges } = machine
  on.clock.after(APPROVES_MS, async () => {
    if (on.isOver()) return
    approving(machine, on)
    for (const { id, uuid } of await store.cases({ open: true, reason: 'needs-approval' })) {
      judges.said({ kind: 'approve', uuid })
      await approveCase(store, answerTo(machine, id))
    }
  })
}

const answerTo = ({ policy }: Machine, caseId: string) => ({ ...SAID, caseId, policyOf: () => ({ ...policy, mode: 'approve' as const }) })

async function besideFor(other: Life, { clock, ms }: { clock: VirtualClock; ms: number }): Promise<void> {
  other.work()
  await clock.sleep(ms)
  await other.stop()
}

type Words = Pick<ToOperator, 'hold' | 'unhold' | 'pause' | 'resume' | 'retry' | 'reject' | 'release' | 'wake' | 'believeCensus'>

function wordsTo(machine: Machine): Words {
  const { store, judges } = machine
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
    reject: async () => {
      const [asking] = await store.cases({ open: true, reason: 'needs-approval' })
      if (asking === undefined) return
      // Knows: meanwhile it may have been answered, or gone on.
      const said = await rejectCase(store, answerTo(machine, asking.id)).catch(() => null)
      if (said?.changed) judges.said({ kind: 'reject', uuid: asking.uuid })
    },
    release: async (uuid) => {
      judges.said({ kind: 'release', uuid })
      await store.release(key(uuid), SAID)
    },
    wake: (uuid) => store.wake([key(uuid)]),
    believeCensus: async () => void (await store.believeCensus(SIMULATED_CLOUD, SAID)),
  }
}
