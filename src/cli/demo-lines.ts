/**
 * The demo's account in lines: what happens on the pretend cloud, what the audit trail says about it, and at the end what it came to. It
 * only formats; nothing is asked of cloud or store here.
 */
import { timeText } from '../core/when.ts'
import type { Reckoning } from '../simulator/kept-promises.ts'
import type { AuditEntry } from '../store/audit.ts'
import type { Out } from './io.ts'
import { type Colour, paint, plain } from './paint.ts'

export type Line = {
  /** Virtual time, epoch ms. */
  at: number
  node: string | null
  what: string
  /** A reason slug; '' where there is none. */
  reason: string
  text: string
  colour: Colour | null
}

const COLOURS: Record<string, Colour> = {
  act: 'cyan',
  leave: 'yellow',
  escalate: 'red',
  resolve: 'green',
  healed: 'green',
  incident: 'yellow',
}

/** A row of the audit trail as a line; null for rows that say nothing a reader does not see already. */
export function lineOfAudit(entry: AuditEntry, nameOf: (uuid: string) => string): Line | null {
  const { at, uuid, kind, message } = entry
  const node = uuid === null ? null : nameOf(uuid)
  const line = (what: string, reason: string): Line => ({ at, node, what, reason, text: message, colour: COLOURS[what] ?? null })
  switch (kind) {
    case 'act':
    case 'wait':
    case 'leave':
    case 'escalate':
    case 'resolve':
      // Proven is when users can launch again; that its case stays open for a while is bookkeeping.
      return entry.reason === 'soak' ? line('healed', 'soak') : line(kind, entry.reason ?? '')
    case 'outcome':
      return line('outcome', (entry.reason ?? '').split(':')[1] ?? '')
    case 'incident-opened':
    case 'incident-closed':
      return line('incident', entry.reason ?? '')
    default:
      return null
  }
}

/** Columns of the time, the node, what, and the reason; two spaces between. */
const WIDTHS = { time: 8, node: 8, what: 8, reason: 21 }
const INDENT = WIDTHS.time + WIDTHS.node + WIDTHS.what + WIDTHS.reason + 8
/** Where less is left for the sentence than this, it stands on lines of its own. */
const SENTENCE_LEAST = 40

/** With a line end; wrapped only where a person watches. */
export function textOfLine(line: Line, to: { out: Out; colour: boolean }): string {
  const { at, node, what, reason, colour } = line
  const cell = (text: string, width: number): string =>
    `${colour === null ? text : paint(to.colour, colour, text)}${' '.repeat(Math.max(0, width - text.length))}`
  const head = [
    paint(to.colour, 'dim', timeText(at).slice(11, 19)),
    (node ?? 'cloud').padEnd(WIDTHS.node),
    cell(what, WIDTHS.what),
    cell(reason, WIDTHS.reason),
  ].join('  ')
  const text = plain(line.text)
  if (!to.out.isTTY) return `${head}  ${text}\n`
  // A terminal whose size was never set says 0.
  const columns = to.out.columns() || 80
  const isWide = columns - INDENT >= SENTENCE_LEAST
  const rows = wrapped(text, Math.max(SENTENCE_LEAST, columns - (isWide ? INDENT : WIDTHS.time + 2) - 1))
  const below = ' '.repeat(isWide ? INDENT : WIDTHS.time + 2)
  return isWide ? `${head}  ${rows.join(`\n${below}`)}\n` : `${head.trimEnd()}\n${rows.map((row) => `${below}${row}`).join('\n')}\n`
}

function wrapped(text: string, width: number): string[] {
  const rows: string[] = []
  for (const word of text.split(' ')) {
    const last = rows.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) rows[rows.length - 1] = `${last} ${word}`
    else rows.push(word)
  }
  return rows
}

export const titleText = (story: { number: number; of: number; title: string }, colour: boolean): string =>
  `\n${paint(colour, 'bold', `${story.number}/${story.of} ${story.title}`)}\n`

export type Ended = { healed: string[]; quarantined: string[]; leftAlone: string[]; others: string[]; reckoning: Reckoning }

/** Broken promises in words; none where all were kept. */
export function brokenPromises({ liveTenantsReset, maintenanceTouched, resetsDuringOutage, resetsElsewhere }: Reckoning): string[] {
  const found: [number, string][] = [
    [liveTenantsReset, 'resets of a node on which a tenant lived'],
    [maintenanceTouched, "changing requests to a node under a person's maintenance"],
    [resetsDuringOutage, 'resets while Neutron was down'],
    [resetsElsewhere, 'resets of a node that was not in error'],
  ]
  return found.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
}

export function summaryText(ended: Ended, colour: boolean): string {
  const { healed, quarantined, leftAlone, others, reckoning } = ended
  const row = (label: string, value: string): string => `  ${label.padEnd(15)}${value}`
  const list = (nodes: string[]): string => (nodes.length === 0 ? '0' : `${nodes.length}  (${nodes.join(', ')})`)
  const broken = brokenPromises(reckoning)
  const kept =
    'no live tenant reset (0), no maintenance of a person touched (0), no reset while Neutron was down (0), none outside error (0)'
  return `${[
    '',
    paint(colour, 'bold', 'What it came to'),
    row('healed', list(healed)),
    row('quarantined', list(quarantined)),
    row('left alone', list(leftAlone)),
    ...(others.length === 0 ? [] : [row('still in hand', list(others))]),
    row('resets spent', `${reckoning.resets}, counted at the pretend Ironic; ${reckoning.changes} changing requests in all`),
    broken.length === 0
      ? row('promises', paint(colour, 'green', `kept: ${kept}`))
      : row('promises', paint(colour, 'red', `BROKEN: ${broken.join('; ')}`)),
  ].join('\n')}\n`
}
