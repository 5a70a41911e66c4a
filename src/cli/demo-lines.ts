/**
 * The demo's account in lines: what happens on the pretend cloud, what the audit trail says about it, and at the end what it came to. It
 * only formats; nothing is asked of cloud or store here.
 */
import { timeText } from '../core/when.ts'
import type { Reckoning } from '../simulator/kept-promises.ts'
import type { AuditEntry } from '../store/audit.ts'
import type { Out } from './io.ts'
import { type Colour, paint, plain } from './paint.ts'
import { folded, widthFor, wrapped } from './wrap.ts'

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
  leave: 'yellow',
  escalate: 'red',
  resolve: 'green',
  healed: 'green',
  incident: 'yellow',
}

/** Waits for what is under way anyway: the line before and the one after tell it. */
const UNTOLD: readonly string[] = ['transition', 'proof-pending', 'deploying']

/** What was done, in a word that fits its column. */
const ACTS: Record<string, string> = { 'recover-cleaning': 'recover' }

/**
 * A row of the audit trail as a line; null for rows that say nothing a reader does not see already. `after` are the rows that follow it:
 * only the outcome of an act names the act.
 */
export function lineOfAudit(entry: AuditEntry, after: readonly AuditEntry[], nameOf: (uuid: string) => string): Line | null {
  const { at, uuid, kind, message, reason } = entry
  const node = uuid === null ? null : nameOf(uuid)
  const line = (what: string, slug: string, text = message): Line => ({ at, node, what, reason: slug, text, colour: COLOURS[what] ?? null })
  switch (kind) {
    case 'act': {
      const act = after.find((later) => later.uuid === uuid && later.kind === 'outcome')?.reason?.split(':')[0] ?? 'act'
      return { ...line(ACTS[act] ?? act, reason ?? ''), colour: 'cyan' }
    }
    case 'wait':
    case 'leave':
    case 'escalate':
    case 'resolve':
      // Proven is when users can launch again; that its case stays open for a while, and is closed then, is bookkeeping.
      if (reason === 'soak') return line('healed', 'soak', message.replace(/ at \S+Z/, ''))
      if (kind === 'resolve' && reason === 'healed') return null
      return kind === 'wait' && UNTOLD.includes(reason ?? '') ? null : line(kind, reason ?? '')
    case 'outcome': {
      const outcome = (reason ?? '').split(':')[1] ?? ''
      return outcome === 'accepted' ? null : line('outcome', outcome)
    }
    case 'incident-opened':
    case 'incident-closed':
      return line('incident', '')
    default:
      return null
  }
}

/** A line about one node, or about several of which the same is to be said. */
export type Told = Omit<Line, 'node'> & { nodes: string[] }

const VARYING = /[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT\S{1,20}Z|\bc-[0-9a-z]{8}\b|\b10(\.\d+){3}\b/g

/** In order of time; where several nodes are told the same, one line does, and what differs between them is left out. */
export function together(lines: readonly Line[]): Told[] {
  const told: Told[] = []
  const first = new Map<string, { line: Line; into: Told }>()
  for (const line of lines.toSorted((a, b) => a.at - b.at)) {
    const { node, ...rest } = line
    const key = `${line.what} ${line.reason} ${line.text.replaceAll(VARYING, '…')}`
    const before = node === null ? undefined : first.get(key)
    if (before === undefined || node === null) {
      const into = { ...rest, nodes: node === null ? [] : [node] }
      if (node !== null) first.set(key, { line, into })
      told.push(into)
      continue
    }
    before.into.nodes.push(node)
    if (before.line.text !== line.text) before.into.text = line.text.replaceAll(VARYING, '…')
  }
  return told
}

/** Columns of the time, the node, what, and the reason; two spaces between. */
const WIDTHS = { time: 8, node: 8, what: 10, reason: 21 }
const INDENT = WIDTHS.time + WIDTHS.node + WIDTHS.what + WIDTHS.reason + 8
/** Where less is left for the sentence than this, it stands on lines of its own. */
const SENTENCE_LEAST = 40

/** With a line end; wrapped only where a person watches. */
export function textOfLine(line: Told, to: { out: Out; colour: boolean }): string {
  const { at, nodes, what, reason, colour } = line
  const cell = (text: string, width: number): string =>
    `${colour === null ? text : paint(to.colour, colour, text)}${' '.repeat(Math.max(0, width - text.length))}`
  const who = nodes.length === 0 ? 'cloud' : nodes.length === 1 ? (nodes[0] ?? '') : `${nodes.length} nodes`
  const head = [
    paint(to.colour, 'dim', timeText(at).slice(11, 19)),
    who.padEnd(WIDTHS.node),
    cell(what, WIDTHS.what),
    cell(reason, WIDTHS.reason),
  ].join('  ')
  const text = plain(nodes.length > 1 ? `${line.text} (${[...nodes].sort().join(', ')})` : line.text)
  const columns = widthFor(to.out)
  if (columns === null) return `${head}  ${text}\n`
  const isWide = columns - INDENT >= SENTENCE_LEAST
  const rows = wrapped(text, Math.max(SENTENCE_LEAST, columns - (isWide ? INDENT : WIDTHS.time + 2) - 1))
  const below = ' '.repeat(isWide ? INDENT : WIDTHS.time + 2)
  return isWide ? `${head}  ${rows.join(`\n${below}`)}\n` : `${head.trimEnd()}\n${rows.map((row) => `${below}${row}`).join('\n')}\n`
}

/** A heading above a story. */
export const titleText = (title: string, colour: boolean): string => `\n${paint(colour, 'bold', title)}\n`

export type Ended = {
  healed: string[]
  quarantined: string[]
  leftAlone: string[]
  held: string[]
  escalated: string[]
  others: string[]
  reckoning: Reckoning
}

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

export function summaryText(ended: Ended, { width, colour }: { width: number | null; colour: boolean }): string {
  const { healed, quarantined, leftAlone, held, escalated, others, reckoning } = ended
  const row = (label: string, value: string): string => folded(`  ${label.padEnd(15)}${value}`, width, 17)
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
    ...(held.length === 0 ? [] : [row('held by you', list(held))]),
    ...(escalated.length === 0 ? [] : [row('for a person', list(escalated))]),
    ...(others.length === 0 ? [] : [row('still in hand', list(others))]),
    row('resets spent', `${reckoning.resets}, counted at the pretend Ironic; ${reckoning.changes} changing requests in all`),
    broken.length === 0
      ? row('promises', paint(colour, 'green', `kept: ${kept}`))
      : row('promises', paint(colour, 'red', `BROKEN: ${broken.join('; ')}`)),
  ].join('\n')}\n`
}
