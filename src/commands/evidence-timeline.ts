/**
 * What happened to a node, told in one order by one clock: Ironic's history, Anneal's decisions, what it sent and what came back, and what
 * people said. Texts are shortened to a line; whole they stand in the other files of the bundle.
 */
import type { Attempt } from '../core/case.ts'
import type { Act } from '../core/decision.ts'
import { parseTime, timeText } from '../core/when.ts'
import type { Evidence } from './evidence-of-case.ts'
import { lineOf } from './without-credentials.ts'

type Moment = { at: number; who: string; what: string; text: string }

const TEXT_MAX = 1_000
const WHO = 10
const WHAT = 12

/** A head of comments, then a line a moment, oldest first. */
export function momentLines(evidence: Evidence): string {
  const { name, uuid, id } = evidence.case
  const head = [
    `# ${lineOf(name ?? uuid, 100)}, case ${id}. All times are UTC.`,
    '# ironic: its own history of the node · anneal: what it decided, sent and got back · any other name: a person.',
  ]
  const lines = momentsOf(evidence).map(
    ({ at, who, what, text }) =>
      `${timeText(at)}  ${lineOf(who, 60).padEnd(WHO)}  ${lineOf(what, 60).padEnd(WHAT)}  ${lineOf(text, TEXT_MAX)}`,
  )
  return [...head, ...lines].map((line) => `${line.trimEnd()}\n`).join('')
}

function momentsOf({ history, audit, attempts, earlier }: Evidence): Moment[] {
  const ironics = history.events.flatMap(({ created_at, event_type, event, conductor }): Moment[] => {
    const at = parseTime(created_at)
    const by = conductor === null ? '' : ` (${conductor})`
    return at === null ? [] : [{ at, who: 'ironic', what: event_type ?? 'event', text: `${event}${by}` }]
  })
  const ours = audit.map(({ at, by, kind, reason, message }): Moment => {
    return { at, who: by, what: kind, text: reason === null ? message : `${reason}: ${message}` }
  })
  const requests = [...earlier, ...attempts].filter(({ outcome }) => outcome !== 'not-sent').map(requestOf)
  // Stable: what has one time stays in the order of cause and effect.
  return [...ironics, ...ours, ...requests].toSorted((a, b) => a.at - b.at)
}

const requestOf = (attempt: Attempt): Moment => ({ at: attempt.createdAt, who: 'anneal', what: 'request', text: requestText(attempt) })

/** What an act asks of Ironic. */
function requestText({ act, number, mark, step }: Attempt): string {
  const requests: Record<Act, string> = {
    reset: `add "${mark ?? ''}" to extra.hammer_error_resets, then the verb deleted`,
    'recover-cleaning': `the verb ${step ?? 'manage'}`,
    quarantine: "maintenance with Anneal's own reason",
    release: 'end the maintenance that Anneal had set',
    unmark: `take "${mark ?? ''}" out of extra.hammer_error_resets`,
    shield: 'set extra.anneal_shield',
    unshield: 'remove extra.anneal_shield',
    'give-back': 'offer the node again',
  }
  return `${act}${number > 0 ? ` ${number}` : ''}: ${requests[act]}`
}
