/**
 * The figures for Prometheus. Each help text says where a figure comes from: the database, so that it goes on across restarts, or this
 * process, in which it begins at 0. Labels are names of clouds and the slugs that the runbook has headings for; no node is ever a label.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Configured } from '../commands/list-policies.ts'
import type { CanaryState } from '../core/canary.ts'
import type { HearingState } from '../core/hearing.ts'
import type { Observation } from '../core/observation.ts'
import { placesIn } from '../core/pace.ts'
import { HOUR } from '../core/policy.ts'
import type { Clock } from '../core/seams.ts'
import type { Store } from '../store/store.ts'
import type { AuditTally } from '../store/tally.ts'
import { hearingFigures } from './hearing-figures.ts'

export type Metrics = {
  contentType: string
  /** Everything, as text. Two that ask at once get the same. */
  text(): Promise<string>
  /** A node was looked at, decided on and, where that was decided, acted on. */
  looked(observation: Observation): void
  /** A request to a cloud ended; status null: without an answer. */
  asked(request: { service: string; method: string; status: number | null }): void
  /** Somebody was told, or was not. `given-up`: so many messages. */
  told(told: { receiver: string; outcome: ToldOutcome; count: number }): void
}

const TOLD = ['sent', 'trouble', 'refused', 'given-up'] as const
type ToldOutcome = (typeof TOLD)[number]

/** `receivers`: names of those that this process tells. */
type From = {
  store: Store
  clock: Clock
  clouds: readonly Configured[]
  canaries: () => readonly CanaryState[]
  receivers: readonly string[]
  /** Of the clouds whose notifications are heard. */
  hearing?: () => readonly HearingState[]
}

export async function openMetrics({ store, clock, clouds, canaries, receivers, hearing }: From): Promise<Metrics> {
  const registry = new Registry()
  const figures = figuresIn(registry)
  const heard = hearing === undefined ? () => {} : hearingFigures(registry, hearing)
  // From the beginning: Prometheus sees a first failure only where there was a 0 before it.
  for (const receiver of receivers) for (const outcome of TOLD) figures.told.inc({ receiver, outcome }, 0)
  const read = reader({ store, clock, clouds, canaries, receivers }, figures, { audit: await store.newestAudit(), at: clock.now() })
  let reading: Promise<string> | null = null
  return {
    contentType: registry.contentType,
    text: () => {
      reading ??= read()
        .then(heard)
        .then(() => registry.metrics())
        .finally(() => {
          reading = null
        })
      return reading
    },
    looked: ({ cloud, at, services }) => {
      figures.lastPass.set({ cloud }, clock.now() / 1_000)
      figures.pass.observe(Math.max(0, clock.now() - at) / 1_000)
      for (const [service, look] of Object.entries(services))
        if (look.kind === 'known') figures.probe.set({ cloud, service }, look.value.state === 'green' ? 1 : 0)
    },
    asked: ({ service, method, status }) => figures.requests.inc({ service, method, status: status ?? 'none' }),
    told: ({ receiver, outcome, count: added }) => figures.told.inc({ receiver, outcome }, added),
  }
}

type Figures = ReturnType<typeof figuresIn>

const STORED = '(From the database: it goes on across restarts.)'
const LIVING = '(Of this process: it begins at 0 with it.)'
const NOW = '(As it stands in the database.)'

function figuresIn(registry: Registry) {
  const registers = [registry]
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) => new Counter({ name, help, labelNames, registers })
  const gauge = <T extends string>(name: string, help: string, labelNames: T[]) => new Gauge({ name, help, labelNames, registers })
  return {
    cases: gauge('anneal_cases', `Cases by cause, open or by how they ended. ${NOW}`, ['cloud', 'cause', 'state']),
    decisions: counter('anneal_decisions_total', `Decisions, as often as one changed or was an act. ${STORED}`, [
      'cloud',
      'kind',
      'reason',
    ]),
    actions: counter('anneal_actions_total', `Acts by the outcome that was known first. ${STORED}`, ['cloud', 'act', 'outcome']),
    heal: new Histogram({
      name: 'anneal_time_to_heal_seconds',
      help: `From a failure until its node was proven healthy. ${STORED}`,
      buckets: [60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 604_800],
      registers,
    }),
    detection: new Histogram({
      name: 'anneal_detection_seconds',
      help: `From a failure until its case was opened, without the backlog that a first pass finds. ${LIVING}`,
      buckets: [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 900, 3_600],
      registers,
    }),
    lost: counter('anneal_lost_node_hours_total', `Hours that nodes with a case were lost. ${LIVING}`, ['cloud', 'cause']),
    lastPass: gauge('anneal_last_pass_timestamp_seconds', 'When a node of the cloud was last looked at by this process.', ['cloud']),
    pass: new Histogram({
      name: 'anneal_pass_seconds',
      help: `From the beginning of a look at a node until it was decided on and acted on. ${LIVING}`,
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 90],
      registers,
    }),
    requests: counter('anneal_cloud_requests_total', `Requests to the clouds; status none: no answer. ${LIVING}`, [
      'service',
      'method',
      'status',
    ]),
    probe: gauge('anneal_probe_up', 'Whether a service answered well when it was last looked at by this process.', ['cloud', 'service']),
    budget: gauge('anneal_budget_remaining', `Repairs that may still be begun side by side in the cloud. ${NOW}`, ['cloud']),
    inForce: gauge('anneal_decisions_in_force', `Nodes by the decision that is in force on them. ${NOW}`, ['cloud', 'kind', 'reason']),
    oldestCase: gauge('anneal_oldest_case_seconds', `How long the oldest open case has been open, by the kind of its decision. ${NOW}`, [
      'cloud',
      'kind',
    ]),
    unattended: gauge('anneal_nodes_unattended', `Nodes in error or clean failed on which nothing is decided. ${NOW}`, ['cloud']),
    census: gauge('anneal_last_census_timestamp_seconds', `When all nodes of the cloud were last counted and believed. ${NOW}`, ['cloud']),
    canaryHealed: gauge('anneal_canary_healed_timestamp_seconds', `When the self-canary of the cloud was last healed. ${NOW}`, ['cloud']),
    canaryTrouble: gauge(
      'anneal_canary_trouble',
      '1: the self-canary of the cloud was not healed in time, or could not be tried. (As this process has it.)',
      ['cloud'],
    ),
    told: counter(
      'anneal_notifications_total',
      `Tries to tell a receiver, by how they ended; given-up: messages that it was never told. ${LIVING}`,
      ['receiver', 'outcome'],
    ),
    untold: gauge('anneal_notifications_waiting', `Messages that a receiver has still to be told. ${NOW}`, ['receiver']),
    oldestUntold: gauge(
      'anneal_notifications_oldest_waiting_seconds',
      `How long the oldest message that a receiver has still to be told has waited; 0: none does. ${NOW}`,
      ['receiver'],
    ),
    paused: gauge('anneal_paused', `1: paused by a person, the cloud or all clouds. ${NOW}`, ['cloud']),
  }
}

/** Entries that are counted at once: some 50 ms, during which this process does nothing else. The first reading counts them all. */
const STRETCH = 25_000

/** One reading of the database. What is counted only once moves a mark, in the same turn in which it is counted. */
function reader(
  { store, clock, clouds, canaries, receivers }: From,
  figures: Figures,
  begun: { audit: number; at: number },
): () => Promise<void> {
  const marks = { audit: 0, lostUntil: begun.at }
  return async () => {
    const newest = await store.newestAudit()
    while (marks.audit < newest) {
      const stretch = { after: marks.audit, upTo: Math.min(newest, marks.audit + STRETCH) }
      const counts = await store.auditTally(stretch)
      const healed = await store.timesToHeal(stretch)
      const seen = stretch.upTo > begun.audit ? await store.timesToSee({ ...stretch, after: Math.max(stretch.after, begun.audit) }) : []
      count(figures, { counts, healed, seen })
      marks.audit = stretch.upTo
      if (marks.audit < newest) await new Promise((resolve) => setImmediate(resolve))
    }
    // A wall clock that was set back counts nothing twice.
    const until = Math.max(marks.lostUntil, clock.now())
    const lost = await store.lostNodeTime(marks.lostUntil, until)
    marks.lostUntil = until
    for (const { cloud, cause, ms } of lost) figures.lost.inc({ cloud, cause: cause ?? 'none' }, ms / HOUR)
    await readState({ store, clouds }, figures)
    for (const { cloud, healedAt, trouble } of canaries()) {
      if (healedAt !== null) figures.canaryHealed.set({ cloud }, healedAt / 1_000)
      figures.canaryTrouble.set({ cloud }, trouble === null ? 0 : 1)
    }
    await readDecisions(store, figures, until)
    await readMessages(store, figures, { receivers, now: until })
  }
}

function count(figures: Figures, { counts, healed, seen }: { counts: AuditTally[]; healed: number[]; seen: number[] }): void {
  for (const { cloud, kind, reason, count: added } of counts) {
    const [act = '', outcome = ''] = reason.split(':')
    if (kind === 'outcome') figures.actions.inc({ cloud, act, outcome }, added)
    else figures.decisions.inc({ cloud, kind, reason }, added)
  }
  for (const ms of healed) figures.heal.observe(ms / 1_000)
  for (const ms of seen) figures.detection.observe(ms / 1_000)
}

async function readState({ store, clouds }: Pick<From, 'store' | 'clouds'>, figures: Figures): Promise<void> {
  const cases = await store.caseTally()
  const held = new Map((await store.placesHeld()).map(({ cloud, count }) => [cloud, count]))
  const unattended = new Map((await store.unattendedNodes()).map(({ cloud, count }) => [cloud, count]))
  const states = await store.clouds()
  const paused = await Promise.all(states.map(({ cloud }) => store.pausedBy(cloud)))
  figures.cases.reset()
  for (const { cloud, cause, state, count } of cases) figures.cases.set({ cloud, cause: cause ?? 'none', state }, count)
  for (const [at, { cloud, census }] of states.entries()) {
    figures.paused.set({ cloud }, paused[at] ? 1 : 0)
    figures.unattended.set({ cloud }, unattended.get(cloud) ?? 0)
    if (census.at !== null) figures.census.set({ cloud }, census.at / 1_000)
    const ours = clouds.find(({ name }) => name === cloud)
    if (ours !== undefined) figures.budget.set({ cloud }, Math.max(0, placesIn(ours.policy, census.believed ?? 0) - (held.get(cloud) ?? 0)))
  }
}

async function readDecisions(store: Store, figures: Figures, now: number): Promise<void> {
  const inForce = await store.inForceTally()
  const open = await store.openCaseTally()
  figures.inForce.reset()
  figures.oldestCase.reset()
  for (const { cloud, kind, reason, count } of inForce) figures.inForce.set({ cloud, kind, reason }, count)
  for (const { cloud, kind, oldest } of open) figures.oldestCase.set({ cloud, kind: kind ?? 'none' }, Math.max(0, now - oldest) / 1_000)
}

async function readMessages(
  store: Store,
  figures: Figures,
  { receivers, now }: { receivers: readonly string[]; now: number },
): Promise<void> {
  const waiting = new Map((await store.messagesWaiting()).map(({ receiver, ...one }) => [receiver, one]))
  figures.untold.reset()
  figures.oldestUntold.reset()
  for (const receiver of new Set([...receivers, ...waiting.keys()])) {
    const { count, oldest } = waiting.get(receiver) ?? { count: 0, oldest: now }
    figures.untold.set({ receiver }, count)
    figures.oldestUntold.set({ receiver }, Math.max(0, now - oldest) / 1_000)
  }
}
