/**
 * The one table at the end, and under it the evidence for everything that was broken. It judges only by what it is given.
 */
import Table from 'cli-table3'
import { PROMISES, type PromiseId } from '../src/simulator/promises.ts'
import type { Verdict } from './beside.ts'
import { PLACES } from './landed.ts'
import { type Asked, LAST_QUESTIONS, type LastQuestion } from './last-questions.ts'
import { QUESTIONS, type Question, type Tried } from './trial.ts'

/** What can be told from outside of a real process, and how. What is left out is not claimed. */
const JUDGED: Partial<Record<PromiseId, string>> = {
  S1: 'age (from the making of the reply to the arrival of the verb) and content of the mark’s reply, by the ledger',
  S2: 'what Nova and Ironic know as the verb arrives',
  S3: 'people set and clear maintenance, anneal_hold, `anneal hold` and `anneal pause` meanwhile',
  S4: 'over all lives; what a killed one had not recorded counts as unknown',
  S5: 'the intent is read from the database as the request arrives; whether it was on the disk by then is what `npm run power-cut` asks',
  S6: 'resets that Ironic accepted; and nodes under repair together with those that a kill interrupted less than 200 s ago',
  S7: 'each mark taken away is the text of an intent on that node',
}
const NOT_JUDGED = 'Not judged here: S8 (the mode is auto), S9 (no incidents, and only short outages), S10; anneal simulate judges them.'

const EVIDENCE_MAX = 12

/** Headings separate enough. */
const NO_RULES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }

export type Reported = { tried: Tried; asked: Asked; verdict: Verdict; seed: number; nodes: number }

export function reportOf(of: Reported): { text: string; isBroken: boolean } {
  const table = new Table({ colAligns: ['left', 'right', 'right'], chars: NO_RULES, style: { head: [], border: [] } })
  table.push(...rowsOf(of))
  const evidence = evidenceOf(of)
  const { verdict, tried, asked, seed } = of
  const lines = [
    table.toString(),
    'How the promises are judged from outside:',
    ...Object.entries(JUDGED).map(([id, how]) => `  ${id} ${how}`),
    NOT_JUDGED,
    `Met meanwhile: ${sum(verdict.pushes)} pushes of mischief, ${sum(verdict.met)} requests with a service's fault, ${verdict.words.said} words said by command (${verdict.words.failed} refused).`,
    `Cases at rest with a person: ${asked.cases.length}. ${minutes(tried.ms)} of kills, ${minutes(asked.ms)} to rest.`,
    ...evidence.slice(0, EVIDENCE_MAX),
    ...(evidence.length > EVIDENCE_MAX ? [`… and ${evidence.length - EVIDENCE_MAX} more`] : []),
    evidence.length === 0 ? `Nothing was broken (seed ${seed}).` : `BROKEN: ${evidence.length} times, seed ${seed}.`,
  ]
  return { text: `${lines.join('\n')}\n`, isBroken: evidence.length > 0 }
}

type Row = [string, string | number, string | number]

function rowsOf({ tried, asked, verdict, nodes }: Reported): Row[] {
  const broken = (id: PromiseId): number => verdict.broken.filter(({ promise }) => promise === id).length
  const checked = new Map(verdict.checked)
  return [
    [`kill -9 of the daemon over ${nodes} nodes`, 'kills', 'acts'],
    ['all', tried.kills, [...tried.acts.values()].reduce((all, count) => all + count, 0)],
    ...PLACES.map((place): Row => [`  ${place}`, tried.landed.get(place) ?? 0, tried.acts.get(place) || '']),
    ['what reached the cloud', 'count', ''],
    ['  requests', verdict.requests, ''],
    ['  changing requests', verdict.changes, ''],
    ['  resets that Ironic accepted', verdict.resets, ''],
    ['  most places in flight at a verb', verdict.mostInFlight, ''],
    ['promises, judged outside of the daemon', 'checks', 'broken'],
    ...Object.keys(JUDGED).map(
      (id): Row => [`  ${id} ${PROMISES[id as PromiseId]}`, checked.get(id as PromiseId) ?? 0, broken(id as PromiseId)],
    ),
    ['after each kill', 'checks', 'broken'],
    ...Object.entries(QUESTIONS).map(
      ([id, text]): Row => [
        `  ${text}`,
        tried.asked.get(id as Question) ?? 0,
        tried.findings.filter(({ question }) => question === text).length,
      ],
    ),
    ['in the end', 'checks', 'broken'],
    ...Object.entries(LAST_QUESTIONS).map(([id, text]): Row => {
      const found = asked.found.get(id as LastQuestion)
      return [`  ${text}`, found?.asked ?? 0, found?.findings.length ?? 0]
    }),
    ['time', minutes(tried.ms + asked.ms), ''],
  ]
}

function evidenceOf({ tried, asked, verdict }: Reported): string[] {
  return [
    ...verdict.broken.map(({ promise, at, node, what, entries }) =>
      [`${promise} ${new Date(at).toISOString()} ${node ?? 'cloud'}: ${what}`, ...entries.map((entry) => `    ${entry}`)].join('\n'),
    ),
    ...tried.findings.map(({ question, kill, what }) => `kill ${kill}, not so: ${question}: ${what}`),
    ...[...asked.found].flatMap(([id, { findings }]) => findings.map((what) => `in the end, not so: ${LAST_QUESTIONS[id]}: ${what}`)),
  ]
}

const sum = (counts: readonly [string, number][]): number => counts.reduce((all, [, count]) => all + count, 0)

const minutes = (ms: number): string => `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
