/**
 * What `anneal replay` tells a person: how many decisions come out otherwise, by kind of difference, then one by one, and what that cannot
 * say. Only words and columns; what is compared stands in commands/replay.ts.
 */
import type { Difference, Replay, Transition, Verdict } from '../commands/replay.ts'
import type { Out } from './io.ts'
import { paint } from './paint.ts'
import { tableText } from './table.ts'

export type ReplayReport = Replay & {
  file: string
  /** The anneal.yaml that decided; null: the recorded policies. */
  policy: string | null
  mode: string | null
  /** Kept by an older version, which did not keep enough to decide again. */
  tooOld: number
  unread: { where: string; message: string }[]
  limits: string[]
}

/** What a replay cannot know, by another policy than the recorded one. */
export const LIMITS: readonly string[] = [
  'Each decision is decided again on what was seen then. The cloud does not answer the other policy: what its acts would have led to, and what would have been seen and decided next, is not known.',
  'Looks are kept where a decision changed and before each act: what another policy would have done between two of them does not show. Sums over the fleet (in flight, incidents, starts) are those of then.',
]

/** More are read by a program: `-o json` has them all. */
const SHOWN = 100

export function replayText(report: ReplayReport, to: { out: Out; colour: boolean }): string {
  const { colour } = to
  const isOther = report.policy !== null || report.mode !== null
  const lines = [paint(colour, 'bold', headline(report, isOther))]
  if (report.tooOld > 0) lines.push(`${some(report.tooOld, 'observation')} of an older anneal could not be decided again.`)
  lines.push('', ...(isOther ? otherLines(report, colour) : sameLines(report, colour)))
  const shown = report.differences.slice(0, SHOWN)
  if (shown.length > 0) lines.push('', tableOf(shown, { ...to, isOther }).trimEnd())
  if (report.differences.length > SHOWN) lines.push(`… and ${report.differences.length - SHOWN} more (-o json has them all).`)
  if (report.limits.length > 0) lines.push('', ...report.limits)
  return `${lines.join('\n')}\n`
}

const some = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

function headline({ decisions, nodes, from, to, policy, mode }: ReplayReport, isOther: boolean): string {
  const by = [...(policy === null ? [] : [policy]), ...(mode === null ? [] : [`mode ${mode}`])].join(', ')
  const how = isOther ? `by ${by} instead of the recorded policy` : 'by the recorded policy'
  return `${some(decisions, 'decision')} on ${some(nodes, 'node')}, ${from} to ${to}, decided again ${how}.`
}

function sameLines({ decisions, same, differences }: ReplayReport, colour: boolean): string[] {
  if (differences.length === 0) return [paint(colour, 'green', 'Every one comes out exactly as it was recorded.')]
  return [
    paint(colour, 'red', `${differences.length} of ${decisions} come out otherwise: this version decides differently (${same} the same).`),
  ]
}

/** Acts first: they are what a policy is changed for. */
const GROUPS: readonly { of: (t: Pick<Transition, 'was' | 'now'>) => boolean; words: (n: number) => string }[] = [
  { of: ({ was, now }) => was.kind === 'act' && now.kind !== 'act', words: (n) => `${some(n, 'act')} would not have been done then:` },
  {
    of: ({ was, now }) => was.kind !== 'act' && now.kind === 'act',
    words: (n) => `${some(n, 'act')} would have been done then that ${n === 1 ? 'was' : 'were'} not:`,
  },
  {
    of: ({ was, now }) => was.kind === 'act' && now.kind === 'act' && was.act !== now.act,
    words: (n) => `${some(n, 'act')} would have been another:`,
  },
  { of: () => true, words: (n) => `${some(n, 'decision')} would have been another, or for another reason:` },
]

function otherLines({ transitions, same, otherwise, acts, decisions }: ReplayReport, colour: boolean): string[] {
  const lines: string[] = []
  let left = transitions
  for (const { of, words } of GROUPS) {
    const group = left.filter(of)
    left = left.filter((one) => !of(one))
    if (group.length === 0) continue
    lines.push(paint(colour, 'bold', words(group.reduce((sum, one) => sum + one.count, 0))))
    lines.push(
      ...group.map(
        ({ was, now, count, nodes }) =>
          `  ${String(count).padStart(6)}  ${verdictText(was)} -> ${verdictText(now)}  (${some(nodes, 'node')})`,
      ),
    )
  }
  if (lines.length === 0) lines.push('No decision would have been another one.')
  const alike = otherwise === 0 ? '' : `, and ${otherwise} more but for the next look or the sentence`
  return [
    ...lines,
    `${same} of ${decisions} would have been the same${alike}. Acts: ${acts.was} were done, ${acts.now} would have been at these moments.`,
  ]
}

/** The act of a wait is the one that would be done. */
const verdictText = ({ kind, reason, act }: Verdict): string => {
  if (act === null) return `${kind}: ${reason}`
  return kind === 'act' ? `act ${act}: ${reason}` : `${kind}: ${reason} (${act})`
}

function tableOf(differences: readonly Difference[], to: { out: Out; colour: boolean; isOther: boolean }): string {
  const several = new Set(differences.map(({ cloud }) => cloud)).size > 1
  return tableText(
    differences,
    [
      ...(several ? [{ head: 'CLOUD', text: ({ cloud }: Difference) => cloud }] : []),
      { head: 'NODE', text: ({ name, uuid }) => name ?? uuid },
      { head: 'AT', text: ({ at }) => at },
      { head: 'WAS', text: ({ was }) => verdictText(was) },
      { head: 'NOW', text: ({ now }) => verdictText(now) },
      { head: to.isOther ? 'MESSAGE' : 'DIFFERS', text: to.isOther ? ({ now }) => now.message : partsText, wraps: true },
    ],
    to,
  )
}

/** What the columns before do not show. */
function partsText({ was, now, differs }: Difference): string {
  const said = differs.flatMap((part) => {
    if (part === 'message' || part === 'until' || part === 'cause')
      return [`${part} was ${JSON.stringify(was[part])}, is ${JSON.stringify(now[part])}`]
    return part === 'plan' && !differs.includes('act') ? ['plan'] : []
  })
  return said.length === 0 ? differs.join(', ') : said.join('; ')
}
