/** The one table at the end, and under it the evidence for everything that was broken. It judges only by what it is given. */
import Table from 'cli-table3'
import { PROMISES, type PromiseId } from '../src/simulator/promises.ts'
import type { DrillRecord } from './in-hand.ts'
import type { Answers } from './last-look.ts'
import { middleOf } from './take-over.ts'

/** What can be told from outside of real processes. The others are not claimed. */
const JUDGED: readonly PromiseId[] = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7']
const EVIDENCE_MAX = 15
const NO_RULES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }

type Drilled = {
  answers: Answers
  record: DrillRecord
  wish: { seed: number; minutes: number; replicas: number; nodes: number }
  ms: number
}
type Row = [string, string | number, string | number]

export function drillReport(of: Drilled): { text: string; isBroken: boolean } {
  const { answers, record, wish } = of
  const table = new Table({ colAligns: ['left', 'right', 'right'], chars: NO_RULES, style: { head: [], border: [] } })
  table.push(...rowsOf(of))
  const evidence = [
    ...answers.verdict.broken.map(({ promise, at, node, what, entries }) =>
      [`${promise} ${new Date(at).toISOString()} ${node ?? 'cloud'}: ${what}`, ...entries.map((entry) => `    ${entry}`)].join('\n'),
    ),
    ...[...answers.answers].flatMap(([question, { findings }]) => findings.map((what) => `not so: ${question}: ${what}`)),
  ]
  const { pushes, met, words, lost } = answers.verdict
  const lines = [
    table.toString(),
    ...record.clocks.map(
      ({ how, life, did, from }) =>
        `A clock ${how === 'off' ? 'off by an hour from the start' : 'set by an hour while it ran'}: ${life} ${did}; changing requests since: ${changesOf(answers, { life, from })}.`,
    ),
    ...record.stood.filter(({ isLong }) => isLong).map(longText),
    `Met meanwhile: ${sum(pushes)} pushes of mischief, ${sum(met)} requests with a service's fault, ${words.said} words said by command (${words.failed} refused); ${lost} requests lost before the cloud because their intents could not be read.`,
    'Not judged here: S8 (the mode is auto), S9 (no incidents, only short outages), S10; anneal simulate judges them.',
    ...evidence.slice(0, EVIDENCE_MAX),
    ...(evidence.length > EVIDENCE_MAX ? [`… and ${evidence.length - EVIDENCE_MAX} more`] : []),
    evidence.length === 0 ? `Nothing was broken (seed ${wish.seed}).` : `BROKEN: ${evidence.length} times, seed ${wish.seed}.`,
  ]
  return { text: `${lines.join('\n')}\n`, isBroken: evidence.length > 0 }
}

const changesOf = ({ verdict }: Answers, { life, from }: { life: string; from: number }): number =>
  verdict.sent.filter((one) => one.life === life && one.at > from).length

const longText = ({ life, from, to, atMark }: DrillRecord['stood'][number]): string =>
  `The long pause: ${life} stood still for ${seconds(to - from)}${atMark ? ', stopped as its mark arrived, with the verb still to send' : ''}.`

function rowsOf({ answers, record, wish, ms }: Drilled): Row[] {
  const { verdict } = answers
  const checked = new Map(verdict.checked)
  const broken = (id: PromiseId): number => verdict.broken.filter(({ promise }) => promise === id).length
  return [
    [`${wish.replicas} replicas on one PostgreSQL, ${wish.nodes} nodes, ${wish.minutes} min`, 'times', ''],
    ...[...record.counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]): Row => [`  ${what}`, times, '']),
    ['what reached the cloud', 'count', ''],
    ['  requests', verdict.requests, ''],
    ['  changing requests', verdict.changes, ''],
    ['  resets that Ironic accepted', verdict.resets.accepted, ''],
    ['  most places in flight at a verb', verdict.resets.most, ''],
    ...ofBroker(answers),
    ['until another looked, the database’s absence taken off', 'median', 'worst'],
    ...(['kill', 'pause'] as const).flatMap((kind) => [takeOverRow(answers, kind, true), takeOverRow(answers, kind, false)]),
    ['promises, judged from the cloud’s ledger', 'checks', 'broken'],
    ...JUDGED.map((id): Row => [`  ${id} ${PROMISES[id]}`, checked.get(id) ?? 0, broken(id)]),
    ['in the end', 'checks', 'broken'],
    ...[...answers.answers].map(([question, { asked, findings }]): Row => [`  ${question}`, asked, findings.length]),
    ['  nodes whose case is with a person', answers.withPerson, ''],
    ['time, and of it until all was at rest', seconds(ms), seconds(answers.restMs)],
    ['bounds of time stretched, because others had the cores', answers.stretch.toFixed(1), ''],
  ]
}

function ofBroker({ verdict, hearing }: Answers): Row[] {
  const { said, published, unsaid, unrouted, bent } = verdict.said
  return [
    ['what the cloud said of itself at the broker', 'count', ''],
    ['  notifications', said, ''],
    ['  published; of them to no queue', published, unrouted],
    ['  not said, because the broker was away', unsaid, ''],
    ['  lost, doubled, late or false on purpose', bent, ''],
    ['  heard by the replicas; nodes that they woke', hearing.heard, hearing.woken],
    ['until it was heard again, and until seen all the same', 'median', 'worst'],
    timesRow('after the broker or the road was back', hearing.again),
    timesRow('a failure that nobody could hear of', hearing.seen),
  ]
}

function timesRow(what: string, from: readonly { ms: number | null }[]): Row {
  const times = from.flatMap(({ ms }) => ms ?? [])
  const middle = middleOf(times)
  return [`  ${what} (${times.length})`, middle === null ? '' : seconds(middle), times.length === 0 ? '' : seconds(Math.max(...times))]
}

function takeOverRow({ takeOvers }: Answers, kind: 'kill' | 'pause', isPoll: boolean): Row {
  const times = takeOvers.filter(({ loss, uuid }) => loss.kind === kind && (uuid === null) === isPoll)
  return timesRow(`after a ${kind}: ${isPoll ? 'the next poll' : 'at a node that it held'}`, times)
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
const sum = (counts: readonly [string, number][]): number => counts.reduce((all, [, count]) => all + count, 0)
