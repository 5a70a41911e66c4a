/**
 * After the last kill: the faults stop, the daemon lives on until everything is at rest, and then it is asked whether anything was forgotten.
 * It ends as on SIGTERM, and one sweep more may send nothing but reads.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { anneal, type Home } from '../bench/bundled.ts'
import type { Cloud, Now } from './beside.ts'
import { type CaseRow, lookInto } from './database.ts'
import { startLife } from './life.ts'

export const LAST_QUESTIONS = {
  settled: 'every intent has an outcome in the end, and no outcome stays unknown',
  rest: 'when kills and faults stop, every case ends or is with a person (L1)',
  failed: 'every failed node has a case in the end',
  counted: 'every mark of ours in Ironic stands for an attempt that counts, or is owed back and a person holds the node',
  stops: 'SIGTERM ends it with 0, and nothing is left in hand',
  reads: 'one more sweep sends only reads (L3)',
} as const
export type LastQuestion = keyof typeof LAST_QUESTIONS

export type Asked = { found: Map<LastQuestion, { asked: number; findings: string[] }>; cases: CaseRow[]; ms: number }

/** An interrupted act waits for 200 s, and may be tried, fail and wait again a few times. */
const REST_MS = 15 * 60_000
const LOOK_MS = 2_000
/** Looks. */
const SAID_EVERY = 15

export async function lastQuestions({ home, cloud, say }: { home: Home; cloud: Cloud; say: (doing: string) => void }): Promise<Asked> {
  const began = performance.now()
  const life = startLife(home)
  await cloud.life({ name: 'last life', startedAt: life.startedAt, pid: life.pid, plan: null })
  await cloud.calm()
  say('the faults have stopped; waiting until everything is at rest')
  let left = lookInto(home.database)
  for (let looks = 1; looks * LOOK_MS < REST_MS && !isAtRest(left); looks += 1) {
    await pause(LOOK_MS)
    left = lookInto(home.database)
    if (looks % SAID_EVERY === 0) say(`not at rest yet: ${whatWaits(left)}`)
  }
  const now = await cloud.now()
  process.kill(life.pid, 'SIGTERM')
  const end = await life.ended
  const after = lookInto(home.database)
  const sweep = await ended(home)
  const changed = (await cloud.now()).changes - now.changes
  const found: Asked['found'] = new Map([
    ['settled', { asked: 1, findings: left.unsettled.map(({ id, act, uuid, outcome }) => `${act} ${id} on ${uuid}: ${outcome}`) }],
    ['rest', { asked: left.cases.length, findings: left.cases.filter((one) => !rests(one)).map(caseLine) }],
    ['failed', { asked: now.failed.length, findings: withoutCase(now, left.cases) }],
    ['counted', { asked: now.marks.length, findings: uncounted(now, left) }],
    [
      'stops',
      { asked: 1, findings: [...(end.code === 0 ? [] : [`ended with ${end.code ?? end.signal}: ${end.log}`]), ...inHand(after.unsettled)] },
    ],
    [
      'reads',
      {
        asked: 1,
        findings: [
          ...(changed === 0 ? [] : [`${changed} changing requests`]),
          ...(sweep === 0 || sweep === 2 ? [] : [`it ended with ${sweep}`]),
        ],
      },
    ],
  ])
  return { found, cases: left.cases, ms: performance.now() - began }
}

/** What is asked about, of the whole database. */
export type Remains = Pick<ReturnType<typeof lookInto>, 'unsettled' | 'cases' | 'marks'>

export function whatWaits({ unsettled, cases }: Remains): string {
  const reasons = Map.groupBy(
    cases.filter((one) => !rests(one)),
    ({ reason }) => reason ?? 'undecided',
  )
  return [`${unsettled.length} acts without an outcome`, ...[...reasons].map(([reason, all]) => `${all.length} ${reason}`)].join(', ')
}

export const isAtRest = (left: Remains): boolean => left.unsettled.length === 0 && left.cases.every(rests)

/** Nothing more comes without a person; a hold is a word of theirs, too, and what is being deployed is a tenant's. */
export const rests = ({ kind, reason }: CaseRow): boolean =>
  kind === 'leave' || kind === 'escalate' || reason === 'held' || reason === 'deploying'

export const caseLine = ({ name, id, kind, reason, message }: CaseRow): string => `${name} (${id}) still ${kind} ${reason}: ${message}`

export function withoutCase(now: Pick<Now, 'failed'>, cases: readonly CaseRow[]): string[] {
  const known = new Set(cases.map(({ uuid }) => uuid))
  return now.failed.filter((uuid) => !known.has(uuid))
}

export function uncounted(now: Pick<Now, 'marks'>, left: Remains): string[] {
  const attempts = new Map(left.marks.map((one) => [`${one.uuid} ${one.mark}`, one]))
  const restingOn = new Set(left.cases.filter(rests).map(({ uuid }) => uuid))
  return now.marks.flatMap(({ uuid, mark }) => {
    const attempt = attempts.get(`${uuid} ${mark}`)
    if (attempt === undefined) return [`${uuid} ${mark}: no attempt`]
    if (attempt.outcome === 'accepted' || attempt.outcome === 'unknown') return []
    if (attempt.markState === 'owed' && restingOn.has(uuid)) return []
    return [`${uuid} ${mark}: its attempt is ${attempt.outcome}, mark ${attempt.markState}`]
  })
}

const inHand = (unsettled: Remains['unsettled']): string[] => unsettled.map(({ act, uuid }) => `${act} on ${uuid} was left in hand`)

function ended(home: Home): Promise<number | null> {
  const child = anneal(home, ['sweep'], 'ignore')
  return new Promise((resolve) => void child.once('exit', (code) => resolve(code)))
}
