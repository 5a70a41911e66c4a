/**
 * One history from beginning to end: a site, the whole operator over it, a storm, a calm, and the question whether everything came to rest.
 * A seed's history and a written scenario are played by the same few steps. What was promised is the judges' to say; here are only the
 * last questions, which need the store: is every node healed or with a person, and does one more pass send nothing.
 */
import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { DAY, HOUR, MINUTE, type Policy } from '../../core/policy.ts'
import { isLeaseTurning } from '../../simulator/blazar-leases.ts'
import { type SimulatedCloud, simulatedCloud } from '../../simulator/cloud.ts'
import { drawnBlazar, drawnHead, drawnHearing, drawnReplicaSite } from '../../simulator/drawn-site.ts'
import { type Judges, judgesOver } from '../../simulator/judges.ts'
import { PASSWORD } from '../../simulator/keystone.ts'
import { messageBus } from '../../simulator/message-bus.ts'
import { type Broken, lineOf, type PromiseId } from '../../simulator/promises.ts'
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import { calm, keepBroken, storm } from '../../simulator/script/mischief.ts'
import { recordOf, type Scene, sceneOver, spring } from '../../simulator/script/scene.ts'
import { readHead } from '../../simulator/script/site.ts'
import { between, seededIds, seededRandom } from '../../simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../../simulator/virtual-clock.ts'
import type { CaseView } from '../../store/case-row.ts'
import { openSqliteFile } from '../../store/sqlite-file.ts'
import { type Store, storeOver } from '../../store/store.ts'
import { askAtRest, isAtRest, isTold, type Still } from './last-questions.ts'
import { laidOver, type Machine, machineClock } from './machine.ts'
import { type Player, playerOf } from './player.ts'
import { rowsOf } from './rows.ts'
import { entriesOf, type Trace, type TraceEntry } from './trace.ts'

export type History = {
  seed: number
  nodes: number
  /** Virtual milliseconds. */
  stormed: number
  calmed: number
  passes: number
  acts: Map<string, number>
  /** Decisions by `kind reason`. */
  decisions: Map<string, number>
  /** Passes by row of the decision table. */
  rows: Map<number, number>
  /** Deeds by name, each time that one was done; what waits for a moment, each time that it was announced. */
  deeds: Map<string, number>
  /** Of those that wait: how often the moment came, by the same name. */
  sprung: Map<string, number>
  /** Lives that died while they wrote, by the number of the await behind their intent. */
  diedAt: Map<number, number>
  /** Requests for which a service's fault made a difference, by `service kind`. */
  met: Map<string, number>
  /** How the cases stand at the end, by how they ended or by the decision in force. */
  ends: Map<string, number>
  checked: Map<PromiseId, number>
  broken: Broken[]
  /** Digest of everything that was sent and decided. */
  digest: string
  /** The history as a scenario: played again it is the same. */
  script: string[]
  /** When it began, virtual, epoch ms. */
  began: number
}

/** Streams of randomness of one seed, so that one part's draws do not shift another's. */
const STREAMS = 8
const CLOUD = 1
const OPERATOR = 2
const STORM = 3
const SITE = 0
const BLAZAR_SITE = 4
const BLAZAR_STORM = 5
const REPLICAS = 6
const BUS = 7

const stream = (seed: number, at: number) => seededRandom(seed * STREAMS + at)

/** Of what befalls each message: the streams of a seed are all taken, so one of its negative's. */
const roadOf = (seed: number) => stream(-seed, BUS)

/** Everything of one history that its steps work on. */
export type Setting = {
  head: readonly string[]
  seed: number
  clock: VirtualClock
  cloud: SimulatedCloud
  judges: Judges
  machine: Machine
  store: Store
  /** What the store is on; to be read alone. */
  database: DatabaseSync
  player: Player
  scene: Scene
  counted: Pick<History, 'passes' | 'acts' | 'decisions' | 'rows'>
  began: number
}

/** The site of these lines with its operator at work. Throws ScriptError. @param watched is told what happens */
export async function setUp(head: readonly string[], base: Policy, watched: Trace | null = null): Promise<Setting> {
  const { seed, start, cloud: site, manner, policy: turned } = readHead(head)
  const policy = laidOver(base, turned)
  const clock = virtualClock({ start })
  const cloud = simulatedCloud({ ...site, clock, random: stream(seed, CLOUD), keepReads: false })
  cloud.faults.remembered = new Map()
  const wall = machineClock(clock)
  const judges = judgesOver(cloud.state, { wall: wall.now, policy })
  const random = stream(seed, OPERATOR)
  const newId = seededIds(random)
  const opened = openSqliteFile(':memory:', wall.now())
  const store = await storeOver(opened, { clock: wall, newId, random, takesTurns: manner.turns })
  const counted: Setting['counted'] = { passes: 0, acts: new Map(), decisions: new Map(), rows: new Map() }
  if (watched !== null) {
    cloud.state.onWrite = (node) => watched.wrote(node, clock.now())
    for (const node of cloud.state.nodes.values()) watched.wrote(node, clock.now())
  }
  const bus = manner.hears ? messageBus(cloud.state, roadOf(seed)) : null
  const machine: Machine = {
    ...{ cloud, judges, clock: wall, random, newId, store, policy, bus, disk: { isFull: false }, schema: { version: 0 } },
    onPass: (pass) => {
      const { decision, outcome } = pass
      counted.passes += 1
      watched?.passed(pass, clock.now())
      bump(counted.decisions, `${decision.kind} ${decision.reason}`)
      for (const row of rowsOf(pass)) bump(counted.rows, row)
      if (decision.kind === 'act') bump(counted.acts, `${decision.act} ${outcome?.kind ?? 'not recorded'}`)
    },
    onMoment: (moment, { uuid, life }) => player.during(life, () => spring(scene, moment, uuid)),
    log: (_level, message, fields) => hearLog(judges, { message, fields: fields ?? {}, isUpgraded: machine.schema.version > 0 }),
  }
  // The latest that the clock ever showed is what the operator may have gone by.
  const jump = (ms: number): void => {
    judges.noteTime()
    wall.jump(ms)
    judges.noteTime(ms)
  }
  const player = playerOf({ machine, clock, manner, jump })
  const scene = sceneOver({ cloud, judges, operator: player.toOperator, bus, deeds: DEEDS })
  await clock.run(player.begin())
  const { database } = opened
  return { head, seed, clock, cloud, judges, machine, store, database, player, scene, counted, began: clock.now() }
}

/** `entries` are empty where nobody watched. */
export type Played = History & { entries: TraceEntry[] }

export type SeedOptions = {
  policy: Policy
  /** Virtual ms of storm; null: 5 to 20 min, drawn; a lull of 5 to 60 min follows. */
  storm: number | null
  /** Whether the history ends as soon as a promise was broken; for looking for the shortest one. */
  untilBroken?: boolean
  /** Lines that are performed each minute of the storm besides what the seed draws: a rarity that is looked for. */
  often?: readonly string[]
  watched?: Trace
}

/** Deterministic: the same arguments give the same history to the byte. */
export async function playSeed(
  seed: number,
  { policy, storm: wanted, untilBroken = false, often = [], watched }: SeedOptions,
): Promise<Played> {
  const draw = stream(seed, SITE)
  const joining = stream(seed, REPLICAS)
  const shared = drawnReplicaSite(joining)
  const onBus = stream(seed, BUS)
  const site = [...drawnHead(draw, seed), ...drawnBlazar(stream(seed, BLAZAR_SITE)), ...shared]
  const hearing = drawnHearing(onBus, site)
  const head = [...site, ...hearing]
  const setting = await setUp(head, policy, watched ?? null)
  const { clock, judges, scene, store } = setting
  try {
    await clock.advance(MINUTE)
    const isEnough = () => untilBroken && judges.broken.length > 0
    const drawn = between(draw, 5, 20) * MINUTE
    const beside = {
      beside: stream(seed, BLAZAR_STORM),
      replicas: shared.length > 0 ? joining : null,
      onBus: hearing.length > 0 ? onBus : null,
      often,
    }
    await storm(scene, stream(seed, STORM), { ms: wanted ?? drawn, isEnough, ...beside })
    const history = isEnough() ? await reckoning(setting) : await ended(setting)
    return { ...history, entries: watched === undefined ? [] : entriesOf(watched, scene) }
  } finally {
    await store.close()
  }
}

type AtRest = (open: readonly CaseView[]) => void

/** The calm, the last questions, and what it all came to. @param stillBroken is told the cases once all rests but for what stays broken */
export async function ended(setting: Setting, stillBroken?: AtRest): Promise<History> {
  const stormed = setting.clock.now() - setting.began
  const calmed = await calmDown(setting, stillBroken)
  await askAtRest(setting, 'nothing')
  return reckoning(setting, { stormed, calmed })
}

const bump = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

/**
 * A pass that broke decided nothing and would break again at each look: no promise but L1 is put to the test by it. A full disk is a fault of the
 * scene, and so is a process that stood still, or was overtaken by another, at each of three looks: the node is due again. One of an older
 * version leaves it to the newer.
 */
type Logged = { message: string; fields: Record<string, unknown>; isUpgraded: boolean }

function hearLog(judges: Judges, { message, fields, isUpgraded }: Logged): void {
  overhear(judges, JSON.stringify([message, fields]))
  const error = String(fields['error'] ?? '')
  if (isUpgraded && /by a newer anneal/.test(error)) return
  const isBroken = message === 'pass failed' ? !/disk is full|out of date/.test(error) : OF_THE_ENGINE.test(error)
  if (isBroken) judges.bench.accuse('L1', { node: null, what: `a pass, a poll or a sweep broke (${message}): ${error}` })
}

/** How V8 words what only wrong code can bring about. Services, disks and clocks that fail are worded by us. */
const OF_THE_ENGINE =
  /^(Cannot (read|set|destructure|access|convert|mix)|Invalid array length|Maximum call stack)|is not (a function|iterable|defined|a constructor)|before initialization/

/** Everything that is on record when it is over, observations and their grounds with it. */
function overhearDatabase(judges: Judges, database: DatabaseSync): void {
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all()
  for (const { name } of tables) {
    const rows = database.prepare(`select * from "${name}"`).all()
    overhear(judges, JSON.stringify(rows))
  }
}

function overhear({ bench }: Judges, text: string): void {
  bench.check('S10')
  const secret = [PASSWORD, ...bench.world.tokens.keys()].find((one) => text.includes(one))
  if (secret !== undefined) bench.accuse('S10', { node: null, what: `a secret was written: ${text.replaceAll(secret, '…')}` })
}

/**
 * After this, whatever waits at most a day by policy has told a person (design: no wait is silent for more than 24 h), even where a cleaning
 * of hours came first.
 */
const CALM_MS = DAY + 8 * HOUR
/** Where what stays broken spends a try here and there first, the day in which nothing is said begins that much later. */
const STILL_CALM_MS = CALM_MS + DAY
/** Sweeps come less and less often: what happens early happens fast, and what comes late waits for hours. */
function pauseAfter(calmMs: number): number {
  if (calmMs < 10 * MINUTE) return 2 * MINUTE
  if (calmMs < HOUR) return 5 * MINUTE
  if (calmMs < 4 * HOUR) return 15 * MINUTE
  return HOUR
}

/**
 * Safety is judged in the storm; here it is whether everything comes to rest. Where something stays broken, the rest must do so all the
 * same, and then once more when that is mended, too. @returns virtual milliseconds
 */
async function calmDown(setting: Setting, stillBroken?: AtRest): Promise<number> {
  const { clock, player, scene } = setting
  const began = clock.now()
  await clock.run(calm(scene))
  if (keepBroken(scene)) {
    await comeToRest(setting, 'something')
    // Asked whoever is told: `?.` leaves out its arguments, too.
    const open = await askAtRest(setting, 'something')
    stillBroken?.(open)
    await clock.run(calm(scene))
  }
  await comeToRest(setting, 'nothing')
  await clock.run(player.rest())
  return clock.now() - began
}

/** A tear-down with which a lease begins or ends has failed, if it does, within this. */
const TURNED = { since: 30 * MINUTE, until: 10 * MINUTE }

function isLeaseTurningAt({ cloud, clock }: Setting): boolean {
  const { blazar } = cloud.state
  return blazar !== null && isLeaseTurning(blazar, { since: clock.now() - TURNED.since, until: clock.now() + TURNED.until })
}

/** Sweeps until everything is at rest, or the time is up. */
async function comeToRest(setting: Setting, still: Still): Promise<void> {
  const { clock, player, store } = setting
  const life = await clock.run(player.rest())
  const began = clock.now()
  while (clock.now() - began < (still === 'nothing' ? CALM_MS : STILL_CALM_MS)) {
    // Knows: where something stays broken a sweep may be able to do nothing; the next one tries again.
    await clock.run(life.sweep().catch(() => null))
    const open = await store.cases({ open: true })
    const rests = open.every((view) => isAtRest(view) || (still === 'something' && isTold(view)))
    if (clock.now() - began > 5 * MINUTE && rests && !isLeaseTurningAt(setting)) break
    await clock.advance(pauseAfter(clock.now() - began))
  }
}

const PAGE = 1_000

/** What it all came to, as far as it was played. */
export async function reckoning(setting: Setting, ended?: Pick<History, 'stormed' | 'calmed'>): Promise<History> {
  const { head, seed, store, database, cloud, judges, scene, counted, clock, began } = setting
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
  overhearDatabase(judges, database)
  const { broken, checked } = judges
  const { stormed, calmed } = ended ?? { stormed: clock.now() - began, calmed: 0 }
  const script = [...head, ...recordOf(scene, { from: began, to: began + stormed }), ...(calmed > 0 ? ['calm'] : [])]
  const times = { stormed, calmed }
  const found = { ends, checked, broken, digest: hash.digest('hex').slice(0, 16), script, began }
  const done = { deeds: scene.counts, sprung: scene.sprung, diedAt: scene.diedAt, met: cloud.faults.counts }
  return { seed, nodes: cloud.state.nodes.size, ...times, ...counted, ...done, ...found }
}
