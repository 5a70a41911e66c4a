/**
 * When everything is mended: the replicas work on until all is at rest, then it is asked whether anything was forgotten, lost, damaged or
 * done by somebody who should not have. In the end they are told to stop, and one sweep more may send nothing but reads.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { anneal, type Home } from '../bench/bundled.ts'
import { caseLine, isAtRest, type Remains, rests, uncounted, whatWaits, withoutCase } from '../crash/last-questions.ts'
import type { DrillVerdict } from './beside.ts'
import { contradictionsIn, damageIn, patiently } from './database.ts'
import type { Heard } from './ears.ts'
import type { Drill } from './in-hand.ts'
import { type Hearing, hearingOf, ofHearing } from './last-hearing.ts'
import { overruledIn, requestText, type SentRequest, sentInSleep, staleAfter } from './stale.ts'
import { type TakeOver, takeOversIn } from './take-over.ts'

export type Answer = { asked: number; findings: string[] }
export type Answers = {
  answers: Map<string, Answer>
  verdict: DrillVerdict
  takeOvers: TakeOver[]
  hearing: Hearing
  stretch: number
  restMs: number
  withPerson: number
  revisions: number
}

/** An interrupted act waits for 200 s, and may be tried, fail and wait again. */
const REST_MS = 6 * 60_000
const LOOK_MS = 1_000
/** Looks. */
const SAID_EVERY = 15
/** docs/replicas.md: a replica that dies is missed for less than this. */
const MISSED_MS = 60_000
/** What is decided is sent within this of the commit; a pause that was longer makes it void. */
const INTENT_LIVES_MS = 20_000

/** @param sweeper an installation on the same database whose requests come through a front of their own, of this number */
export async function lastLook(drill: Drill, sweeper: Sweeper, samples: readonly Heard[]): Promise<Answers> {
  const { cloud, books, record, say, server } = drill
  const began = performance.now()
  await cloud.calm()
  // What was with a person before it was mended is looked at again now, and not first by the sweep that may only read.
  await sweepAs('mended-sweep', drill, sweeper)
  say('everything is mended; waiting until all is at rest')
  const left = await atRest(drill)
  const restMs = performance.now() - began
  const now = await cloud.now()
  const contradictions = await patiently(() => contradictionsIn(books))
  const damage = await damageIn((sql) => server.cluster.ask(new URL(drill.databaseUrl).pathname.slice(1), sql))
  const ends = await endAll(drill)
  const after = await patiently(() => books.remains())
  const changesBefore = (await cloud.now()).changes
  const sweep = await sweepAs('last-sweep', drill, sweeper)
  const verdict = await cloud.verdict()
  const changed = verdict.changes - changesBefore
  const takeOvers = takeOversIn(record.losses, verdict.looks, record.away)
  const stretch = drill.stretch()
  const hearing = hearingOf(samples, verdict, { record, stretch })
  const answers = new Map<string, Answer>([
    [
      'every intent has an outcome in the end',
      { asked: 1, findings: left.unsettled.map(({ id, act, uuid, outcome }) => `${act} ${id} on ${uuid}: ${outcome}`) },
    ],
    [
      'every case ends or is with a person (L1)',
      { asked: left.cases.length, findings: left.cases.filter((one) => !rests(one)).map(caseLine) },
    ],
    ['every failed node has a case', { asked: now.failed.length, findings: withoutCase(now, left.cases) }],
    [
      'every mark of ours in Ironic has an attempt that counts, or is owed back',
      { asked: now.marks.length, findings: uncounted(now, left) },
    ],
    ['no rows contradict each other', { asked: 3, findings: contradictions }],
    ['amcheck finds nothing in tables and indexes', damage === null ? { asked: 0, findings: [] } : { asked: 1, findings: damage }],
    ['a replica ends by its signal alone, on SIGTERM with 0', ends],
    ['nothing is left in hand after SIGTERM', { asked: 1, findings: after.unsettled.map(({ id }) => id) }],
    [
      'one more sweep sends only reads (L3)',
      {
        asked: 1,
        findings: [
          ...(changed === 0 ? [] : [`${changed} changing requests`]),
          ...(sweep === 0 || sweep === 2 ? [] : [`it ended with ${sweep}`]),
        ],
      },
    ],
    ...(await ofReplicas(drill, verdict)),
    ['what a lost replica held is looked at within a minute', missed(takeOvers, stretch)],
    ...ofHearing(hearing, { replicas: drill.replicas.length, stretch }),
  ])
  const withPerson = left.cases.length
  return { answers, verdict, takeOvers, hearing, stretch, restMs, withPerson, revisions: (await policiesIn(drill)).length }
}

async function atRest({ books, say, stretch }: Drill): Promise<Remains> {
  let left = await patiently(() => books.remains())
  const until = Date.now() + REST_MS * stretch()
  for (let looks = 1; Date.now() < until && !isAtRest(left); looks += 1) {
    await pause(LOOK_MS)
    left = await patiently(() => books.remains())
    if (looks % SAID_EVERY === 0) say(`not at rest yet: ${whatWaits(left)}`)
  }
  return left
}

async function endAll({ replicas, record }: Drill): Promise<Answer> {
  const lives = replicas.flatMap(({ life }) => (life === null ? [] : [life]))
  for (const life of lives) if (life.end() === null) process.kill(life.pid, 'SIGTERM')
  await Promise.all(lives.map((life) => life.ended))
  const wrong = lives.filter((life) => life.end()?.code !== 0)
  return {
    asked: lives.length,
    findings: [
      ...record.findings,
      ...wrong.map((life) => `${life.name} ended with ${JSON.stringify(life.end())}: ${life.log().slice(-500)}`),
    ],
  }
}

type Sweeper = { home: Home; front: number }
const SWEEPS = ['mended-sweep', 'last-sweep'] as const

async function sweepAs(name: (typeof SWEEPS)[number], { cloud }: Drill, { home, front }: Sweeper): Promise<number | null> {
  await cloud.life(front, name)
  const child = anneal(home, ['sweep'], 'ignore')
  const code = await new Promise<number | null>((resolve) => void child.once('exit', resolve))
  await cloud.died(front, Date.now())
  return code
}

/** What pauses, policies and clocks must not have led to. */
async function ofReplicas(drill: Drill, { sent }: DrillVerdict): Promise<[string, Answer][]> {
  const { stood, overruled, clocks } = drill.record
  const long = stood.filter(({ from, to }) => to - from > INTENT_LIVES_MS + 1_000)
  const findings = (of: SentRequest[]): string[] => of.map(requestText)
  return [
    [
      'nothing leaves a replica that stands still',
      { asked: stood.length, findings: findings(stood.flatMap((one) => sentInSleep(one, sent))) },
    ],
    [
      'after a pause longer than an intent lives, nothing of before is sent',
      { asked: long.length, findings: findings(long.flatMap((one) => staleAfter(one, sent))) },
    ],
    [
      'a replica whose policy is not in force says so',
      { asked: overruled.length, findings: overruled.filter(({ said }) => !said).map(({ life }) => `${life} did not`) },
    ],
    ['and only observes: each act is of the policy that its sender has', await ofPolicies(drill, sent)],
    [
      'a replica whose clock is off refuses, or sends nothing',
      {
        asked: clocks.length,
        findings: findings(clocks.flatMap(({ life, from }) => sent.filter((one) => one.life === life && one.at > from + SET_SLACK_MS))),
      },
    ],
  ]
}

/** A request that left just before the clock was set arrives just after. */
const SET_SLACK_MS = 500

async function ofPolicies(drill: Drill, sent: SentRequest[]): Promise<Answer> {
  const policies = await policiesIn(drill)
  const rows = await drill.books.ask<{ id: string; revision: number }>(`select id, "policyRevision" as revision from attempts`)
  const usual = policies[0] ?? ''
  const other = policies.find((hash) => hash !== usual) ?? ''
  const ofLives = drill.replicas.flatMap(({ policies: own }) => [...own])
  const policyOf = new Map<string, string>([
    ...SWEEPS.map((sweep): [string, string] => [sweep, usual]),
    ...ofLives.map(([life, policy]): [string, string] => [life, policy === 'usual' ? usual : other]),
  ])
  const revisions = new Map(rows.map(({ id, revision }) => [id, revision]))
  return { asked: sent.length, findings: overruledIn(sent, { policies, revisions, policyOf }).map(requestText) }
}

/** Hashes of what was put in force, in order: each change has its line in the trail. */
async function policiesIn({ books }: Drill): Promise<string[]> {
  const rows = await books.ask<{ message: string }>(`select message from audit where kind = 'policy' order by id`)
  return rows.map(({ message }) => /policy (\S+) are in force/.exec(message)?.[1] ?? '')
}

function missed(takeOvers: readonly TakeOver[], stretch: number): Answer {
  const late = takeOvers.filter(({ ms }) => ms === null || ms > MISSED_MS * stretch)
  return {
    asked: takeOvers.length,
    findings: late.map(
      ({ loss, uuid, ms }) => `${uuid ?? 'the poll'} after the ${loss.kind} of ${loss.life}: ${ms === null ? 'nobody' : `${ms} ms`}`,
    ),
  }
}
