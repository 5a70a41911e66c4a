/**
 * Life after life: start, kill, look at what was left, start again. What each kill must not have broken is asked here; what must hold in the
 * end stands in last-questions.ts.
 */
import { join } from 'node:path'
import type { Home } from '../bench/bundled.ts'
import { seededRandom } from '../src/simulator/seeded.ts'
import type { Cloud, Examiner, Seen } from './beside.ts'
import { copyOf, type LeftBehind } from './database.ts'
import { interrupted, type Left, PLACES, type Place, placeOf } from './landed.ts'
import { endLife, type Life, startLife } from './life.ts'
import { drawPlan, type Plan } from './plan.ts'

/** Questions that are asked of what a kill left behind, besides the promises that the judges hold. */
export const QUESTIONS = {
  ended: 'the daemon ends by the kill alone, never by itself',
  whole: 'integrity_check and foreign_key_check find nothing',
  kept: 'the audit trail only grows, and no intent that was there as its request came is gone',
  alone: 'no node has two intents without an outcome',
  marks: 'every mark of ours in Ironic belongs to an attempt',
  cases: 'every node that has been failed for a minute has a case, or a look at it is due',
} as const
export type Question = keyof typeof QUESTIONS

/** Kills. */
const SAID_EVERY = 20

export type Finding = { question: string; kill: number; what: string }

export type Tried = {
  kills: number
  landed: Map<Place, number>
  /** Acts that the kills interrupted, by place. */
  acts: Map<Place, number>
  asked: Map<Question, number>
  findings: Finding[]
  requests: number
  ms: number
}

export type Trial = { home: Home; cloud: Cloud; examiner: Examiner; kills: number; seed: number; say: (doing: string) => void }

export async function trial(o: Trial): Promise<Tried> {
  const { home, cloud, kills, say } = o
  const random = seededRandom(o.seed)
  const began = performance.now()
  const tried: Tried = { kills: 0, landed: counter(PLACES), acts: counter(PLACES), asked: new Map(), findings: [], requests: 0, ms: 0 }
  await cloud.begin({ home, isQuiet: false })
  let audit = 0
  let examined: Promise<void> = Promise.resolve()
  for (let kill = 1; kill <= kills; kill += 1) {
    const plan = drawPlan(random, kill > 1)
    const { seen, startedAt, killedAt, end } = await oneLife(o, { kill, plan })
    await examined
    const folder = join(home.folder, `left-${kill}`)
    const copy = copyOf(home.database, folder)
    tried.kills = kill
    tried.requests += seen.requests
    if (end.signal !== 'SIGKILL') tried.findings.push({ question: QUESTIONS.ended, kill, what: `ended with ${end.code}: ${end.log}` })
    bump(tried.asked, 'ended')
    // Looked at while the next one lives already.
    examined = o.examiner.examine(copy, folder).then(async (left) => {
      await cloud.died(left)
      note(tried, { kill, left, seen, startedAt, killedAt, audit })
      audit = left.audit
      if (kill % SAID_EVERY !== 0) return
      const { broken, resets } = await cloud.verdict()
      say(
        `${kill} kills, ${resets} resets, ${left.unsettled.length} acts without an outcome; broken: ${tried.findings.length + broken.length}`,
      )
    })
  }
  await examined
  tried.ms = performance.now() - began
  return tried
}

async function oneLife({ home, cloud }: Trial, { kill, plan }: { kill: number; plan: Plan }) {
  const life: Life = startLife(home)
  const { pid, startedAt } = life
  await cloud.life({ name: `life-${kill}`, startedAt, pid, plan: plan.at === 'request' ? plan : null })
  const ours = await endLife(life, home, plan)
  const end = await life.ended
  const seen = await cloud.over()
  return { seen, killedAt: seen.killedAt ?? ours ?? Date.now(), startedAt, end }
}

type Kill = { kill: number; left: LeftBehind; seen: Seen; startedAt: number; killedAt: number; audit: number }

function note(tried: Tried, { kill, left, seen, startedAt, killedAt, audit }: Kill): void {
  const ask = (question: Question, found: readonly string[]): void => {
    bump(tried.asked, question)
    for (const what of found) tried.findings.push({ question: QUESTIONS[question], kill, what })
  }
  const open = left.unsettled.filter(({ outcome }) => outcome === null)
  const perNode = Map.groupBy(open, ({ uuid }) => uuid)
  const meant = new Set(left.marks.map(({ uuid, mark }) => `${uuid} ${mark}`))
  const kept = new Set([...left.cases.map(({ uuid }) => uuid), ...left.due])
  ask('whole', left.damage)
  const intents = new Set(left.intents)
  ask('kept', [
    ...(left.audit < audit ? [`${left.audit} entries, ${audit} before`] : []),
    ...seen.steps.filter(({ intentId }) => !intents.has(intentId)).map(({ intentId }) => `intent ${intentId}`),
  ])
  ask(
    'alone',
    [...perNode].filter(([, all]) => all.length > 1).map(([uuid, all]) => `${uuid}: ${all.map(({ id }) => id).join(', ')}`),
  )
  ask(
    'marks',
    seen.marks.map(({ uuid, mark }) => `${uuid} ${mark}`).filter((one) => !meant.has(one)),
  )
  ask(
    'cases',
    seen.failed.filter((uuid) => !kept.has(uuid)),
  )
  const here: Left = {
    killedAt,
    // Those of this life: an older one's have been waiting for a read ever since.
    unsettled: open.filter(({ createdAt }) => createdAt >= startedAt).map(({ id }) => id),
    steps: seen.steps,
    halfWritten: left.halfWritten,
    hasPolled: seen.hasPolled,
    reading: seen.reads.filter((read) => read.left <= killedAt && (read.answeredAt === null || read.answeredAt > killedAt)).length,
  }
  bump(tried.landed, placeOf(here))
  for (const place of interrupted(here)) bump(tried.acts, place)
}

const bump = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

const counter = (keys: readonly Place[]): Map<Place, number> => new Map(keys.map((key) => [key, 0]))
