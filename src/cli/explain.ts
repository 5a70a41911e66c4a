/**
 * `anneal explain NODE` and `anneal show NODE`: why Anneal does what it does with a node, and the facts about it.
 */
import type { Command } from 'commander'
import { type Explanation, explainNode } from '../commands/explain-node.ts'
import { type ShownAttempt, type ShownNode, showNode } from '../commands/show-node.ts'
import { spanText } from '../core/when.ts'
import { OURSELVES } from '../store/audit.ts'
import { leaseLines } from './explain-leases.ts'
import { AFTER_CHECK, proofLines } from './explain-proof.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { daemonAt } from './living-daemon.ts'
import { paint, plain } from './paint.ts'
import { atCloud } from './place.ts'
import { colourOf, nextLook, printJson, relative, verdictOf } from './print.ts'
import { folded, widthFor } from './wrap.ts'

/** `width`: of the terminal; null where nobody watches. */
type Look = { now: number; colour: boolean; width: number | null; isWatched: boolean }

/** A line, and how far what does not fit into it is indented below it. */
type Line = { text: string; hang: number }
const line = (text: string, hang = 2): Line => ({ text, hang })
const blank = line('')
const written = (lines: readonly Line[], width: number | null): string =>
  lines.map(({ text, hang }) => `${folded(text, width, hang)}\n`).join('')
/** Where the text stands behind a time that is indented by two. */
const AFTER_TIME = 2 + 24 + 2
const KIND = 10

export function registerExplain(program: Command, io: Io): void {
  program
    .command('explain')
    .argument('<node>', 'name or uuid')
    .summary('why: verdict, evidence, budget, timeline, next look')
    .addHelpText('after', '\nExample:\n  anneal explain node-17')
    .action(async (node: string, _options, command: Command) => {
      const globals = globalsOf(command, io)
      await atCloud(io, globals, async ({ store, cloud, policyOf, config }) => {
        const isWatched = (await daemonAt(config.database, async () => (await store.replicas?.count()) ?? 0)) !== null
        const explanation = await explainNode(store, { cloud, node, policyOf })
        if (globals.output === 'json') return printJson(io, explanation)
        io.out.write(
          explanationText(explanation, {
            now: io.seams.clock.now(),
            colour: globals.colour,
            width: widthFor(io.out),
            isWatched,
          }),
        )
      })
    })
  program
    .command('show')
    .argument('<node>', 'name or uuid')
    .summary('facts: fields, case, attempts, marks')
    .addHelpText('after', '\nExample:\n  anneal show 0f2f8c1e-2a4b-4d1c-9a55-6d2f10b7a001 -o json')
    .action(async (node: string, _options, command: Command) => {
      const globals = globalsOf(command, io)
      await atCloud(io, globals, async ({ store, cloud }) => {
        const shown = await showNode(store, { cloud, node })
        if (globals.output === 'json') return printJson(io, shown)
        io.out.write(shownText(shown, { now: io.seams.clock.now(), colour: globals.colour, width: widthFor(io.out) }))
      })
    })
}

export function explanationText(e: Explanation, look: Look): string {
  const { now, colour, width } = look
  const title = `${e.name ?? e.uuid} (${e.cloud}, ${e.provision_state ?? '?'}${e.name === null ? '' : `, ${e.uuid}`})`
  const lines = [line(paint(colour, 'bold', plain(title))), blank]
  if (e.decision === null) lines.push(line('Nothing was ever decided about it, because nothing was wrong with it.'))
  else {
    const verdict = verdictOf(e)
    const hue = colourOf(e)
    lines.push(
      line(`${hue === null ? verdict : paint(colour, hue, verdict)}${e.since === null ? '' : `, since ${relative(e.since, now)}`}`),
    )
    lines.push(line(`  ${plain(e.decision.message)}`))
    if (e.decision.until !== null) lines.push(line(`  ${nextLookText(e.decision.until, look)}`))
    if (e.outcome !== null) lines.push(line(`  Outcome: ${e.outcome.kind}. ${plain(e.outcome.reason)}`))
  }
  if (e.acknowledged !== null)
    lines.push(line(`  Seen by ${e.acknowledged.by} ${relative(e.acknowledged.at, now)}: ${plain(e.acknowledged.why)}`))
  if (e.hold !== null) lines.push(line(`  Held by ${e.hold.by} ${relative(e.hold.at, now)}: ${plain(e.hold.why)}`))
  if (e.pause !== null)
    lines.push(line(`  Paused (${e.pause.cloud ?? 'all clouds'}) by ${e.pause.by} ${relative(e.pause.at, now)}: ${plain(e.pause.why)}`))
  if (e.diagnosis !== null) {
    lines.push(blank, line(`${paint(colour, 'bold', 'Cause')} ${e.diagnosis.cause} (${aboutCause(e.diagnosis)})`))
    lines.push(
      ...e.diagnosis.evidence.map((sentence) => line(`  + ${plain(sentence)}`, 4)),
      ...e.against.map((sentence) => line(`  - ${plain(sentence)}`, 4)),
    )
  }
  if (e.case !== null) lines.push(blank, ...caseLines(e, look))
  if (e.proof.length > 0) {
    lines.push(blank, line(`${paint(colour, 'bold', 'Proof')} that users can launch on it, as of ${relative(e.proofAt, now)}`))
    lines.push(...proofLines(e).map((text) => line(text, AFTER_CHECK)))
  }
  if (e.blazar !== null) {
    const of = e.blazar.kind === null ? '' : ` (${e.blazar.kind})`
    const seen = e.blazar.at === null ? '' : `, seen ${relative(e.blazar.at, now)}`
    lines.push(blank, line(`${paint(colour, 'bold', 'Reservations')} in Blazar${of}${seen}`))
    lines.push(...leaseLines(e.blazar, now).map((text) => line(text, 4)))
  }
  if (e.attempts.length > 0)
    lines.push(blank, line(paint(colour, 'bold', 'Attempts')), ...e.attempts.map((attempt) => attemptLine(attempt, now)))
  if (e.timeline.length > 0) {
    const moments = e.timeline.map(({ at, kind, by, message }) =>
      line(`  ${at}  ${kind.padEnd(KIND)}${by === OURSELVES ? '' : `${by}: `}${plain(message)}`, AFTER_TIME + KIND),
    )
    lines.push(blank, line(paint(colour, 'bold', 'Timeline')), ...moments)
  }
  return written(lines, width)
}

const aboutCause = ({ transient, place }: NonNullable<Explanation['diagnosis']>): string =>
  `transient: ${transient}${place === null ? '' : `, likelier place: ${place}`}`

/** An overdue look with nobody to take it is worth a word: a stopped daemon looks like a patient one. */
function nextLookText(until: string, { now, isWatched }: Look): string {
  const next = nextLook(until, now)
  if (next !== 'due') return `Next look ${next} (${until}).`
  return isWatched
    ? `Next look: due since ${until}.`
    : `Next look: due since ${until}; no daemon is running here, \`anneal sweep\` looks now.`
}

function caseLines({ case: id, opened, closed, result, budget, incident }: Explanation, { now, colour }: Look): Line[] {
  const window = budget.windowMs === 'lifetime' ? 'ever' : `in ${spanText(budget.windowMs)}`
  const ended = closed === null ? '' : `, closed ${relative(closed, now)} (${result})`
  const lines = [line(`${paint(colour, 'bold', 'Case')} ${id}, opened ${relative(opened, now)}${ended}`)]
  lines.push(line(`  Budget: ${budget.spent} of ${budget.max} resets spent ${window}.`))
  if (incident !== null) {
    const { id: which, key, value, members, proven, inFlight } = incident
    lines.push(
      line(`  Part of incident ${which} (${plain(`${key} ${value}`)}): ${members} nodes, ${proven} healed, ${inFlight} under way.`),
    )
  }
  return lines
}

function attemptLine({ number, act, step, at, outcome, reason, result }: ShownAttempt, now: number): Line {
  const which = number > 0 ? ` ${number}` : ''
  const how = outcome === null ? 'no outcome yet' : result === null ? outcome : `${outcome}, ${result}`
  const text = `  ${at}  ${act}${step === null ? '' : ` (${step})`}${which}: ${how} (${relative(at, now)}). ${plain(reason ?? '')}`
  return line(text.trimEnd(), AFTER_TIME)
}

const FIELD = 4 + 24 + 1

function shownText(s: ShownNode, { now, colour, width }: Omit<Look, 'isWatched'>): string {
  const lines = [line(paint(colour, 'bold', plain(`${s.name ?? s.uuid} (${s.cloud})`)))]
  const missing = s.missingSince === null ? '' : `; not listed since ${s.missingSince}`
  lines.push(line(`  As listed ${relative(s.seenAt, now)}${missing}:`))
  for (const [field, value] of Object.entries(s.node)) {
    if (value !== null && value !== '' && value !== false) lines.push(line(`    ${field.padEnd(24)} ${plain(String(value))}`, FIELD))
  }
  lines.push(blank, line(`Decision  ${verdictOf(s)}`))
  if (s.decision !== null) lines.push(line(`  ${plain(s.decision.message)}`))
  for (const { by, why, at, source } of s.holds) lines.push(line(`Held      by ${by} ${relative(at, now)} (${source}): ${plain(why)}`, 10))
  if (s.marks !== null) lines.push(blank, line(`extra.hammer_error_resets, seen ${relative(s.marks.at, now)}: ${marksText(s.marks)}`))
  for (const { id, openedAt, closedAt, result, cause } of s.cases) {
    const ended = closedAt === null ? 'open' : `${result}, closed ${relative(closedAt, now)}`
    lines.push(line(`Case      ${id}: ${cause ?? 'no cause yet'}, opened ${relative(openedAt, now)}, ${ended}`, 10))
  }
  if (s.attempts.length > 0) lines.push(blank, line('Attempts'), ...s.attempts.map((attempt) => attemptLine(attempt, now)))
  return written(lines, width)
}

function marksText(marks: NonNullable<ShownNode['marks']>): string {
  if (marks.kind === 'absent') return 'not there'
  if (marks.kind === 'unreadable') return `not a list (${plain(marks.found)})`
  return marks.entries.length === 0 ? 'an empty list' : plain(marks.entries.join(', '))
}
