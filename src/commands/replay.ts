/**
 * Recorded decisions decided once more: by their own policy, where they must come out the same, or by another one, where the difference is
 * the answer. It sums up and compares; it reads no file and asks no cloud. What the world would have answered is not known to it.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Act, Cause, Decision } from '../core/decision.ts'
import type { Policy } from '../core/policy.ts'
import { type Decided, decideAgain } from '../core/recorded.ts'
import { timeText } from '../core/when.ts'
import { timeOrNull } from './node-report.ts'
import type { RecordedLine } from './recorded-line.ts'

export type Verdict = { kind: Decision['kind']; reason: string; act: Act | null }

export const PARTS = ['kind', 'reason', 'act', 'message', 'until', 'plan', 'cause'] as const
export type Part = (typeof PARTS)[number]

/** One decision, as it was and as it comes out now. */
export type Difference = {
  cloud: string
  uuid: string
  name: string | null
  case: string | null
  at: string
  was: Verdict & Saying
  now: Verdict & Saying
  differs: Part[]
}
type Saying = { message: string; until: string | null; cause: Cause }

export type Transition = { was: Verdict; now: Verdict; count: number; nodes: number }

export type Replay = {
  /** Decided again. */
  decisions: number
  nodes: number
  /** When the first and the last of them were made. */
  from: string | null
  to: string | null
  /** Of those decisions, how many were acts, and how many are now. */
  acts: { was: number; now: number }
  /** The same in every part. */
  same: number
  /** By another policy: the same kind, reason and act, but another sentence, cause or next look. */
  otherwise: number
  /** Most frequent first. */
  transitions: Transition[]
  differences: Difference[]
}

/** Which policy decides now; null: the recorded one. */
export type OtherPolicy = ((cloud: string, recorded: Policy) => Policy) | null

export type Replaying = { take(line: RecordedLine): void; result(): Replay }

export function replaying(other: OtherPolicy): Replaying {
  const counts = { decisions: 0, same: 0, otherwise: 0, acts: { was: 0, now: 0 } }
  const nodes = new Set<string>()
  const transitions = new Map<string, Counted>()
  const differences: Difference[] = []
  const span = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY }
  return {
    take: (line) => {
      const { recorded } = line
      const { cloud, uuid } = recorded.observation
      const again = decideAgain(recorded, other === null ? recorded.policy : other(cloud, recorded.policy))
      const differs = partsThatDiffer(recorded, again)
      counts.decisions += 1
      if (recorded.decision.kind === 'act') counts.acts.was += 1
      if (again.decision.kind === 'act') counts.acts.now += 1
      nodes.add(`${cloud} ${uuid}`)
      span.from = Math.min(span.from, recorded.now)
      span.to = Math.max(span.to, recorded.now)
      if (differs.length === 0) counts.same += 1
      // Another policy looks again at other times; that alone is not another decision.
      else if (other !== null && !differs.some(isVerdict)) counts.otherwise += 1
      else {
        const difference = differenceOf(line, again, differs)
        differences.push(difference)
        count(transitions, difference)
      }
    },
    result: () => ({
      ...counts,
      nodes: nodes.size,
      from: timeOrNull(counts.decisions === 0 ? null : span.from),
      to: timeOrNull(counts.decisions === 0 ? null : span.to),
      transitions: [...transitions.values()]
        .map((one) => ({ ...one, nodes: one.nodes.size }))
        .toSorted((a, b) => b.count - a.count || (keyOf(a) < keyOf(b) ? -1 : 1)),
      differences,
    }),
  }
}

const isVerdict = (part: Part): boolean => part === 'kind' || part === 'reason' || part === 'act'

function partsThatDiffer(was: Decided, now: Decided): Part[] {
  const flat = ({ decision, cause }: Decided): Record<Part, unknown> => ({
    ...decision,
    plan: decision.kind === 'act' ? decision.plan : null,
    cause,
  })
  const [a, b] = [flat(was), flat(now)]
  return PARTS.filter((part) => !isDeepStrictEqual(a[part], b[part]))
}

function differenceOf({ case: id, recorded }: RecordedLine, again: Decided, differs: Part[]): Difference {
  const { cloud, uuid, node } = recorded.observation
  const name = node.kind === 'known' ? node.value.name : (recorded.grounds.case?.name ?? null)
  return { cloud, uuid, name, case: id, at: timeText(recorded.now), was: sideOf(recorded), now: sideOf(again), differs }
}

function sideOf({ decision, cause }: Decided): Verdict & Saying {
  const { kind, reason, act, message, until } = decision
  return { kind, reason, act, message, until: timeOrNull(until), cause }
}

const keyOf = ({ was, now }: { was: Verdict; now: Verdict }): string =>
  [was, now].flatMap(({ kind, reason, act }) => [kind, reason, act]).join(' ')

type Counted = Omit<Transition, 'nodes'> & { nodes: Set<string> }

function count(transitions: Map<string, Counted>, { was, now, cloud, uuid }: Difference): void {
  const key = keyOf({ was, now })
  const found = transitions.get(key) ?? { was: verdictAlone(was), now: verdictAlone(now), count: 0, nodes: new Set() }
  found.count += 1
  found.nodes.add(`${cloud} ${uuid}`)
  transitions.set(key, found)
}

const verdictAlone = ({ kind, reason, act }: Verdict): Verdict => ({ kind, reason, act })
