/**
 * One history as a picture: a page with one drawing in it, time to the right. Above, what befell the whole cloud in lanes; below, a row for
 * each node on which something was decided: what befell it, its state as a bar with maintenance under it, and what Anneal did. Nothing is
 * fetched and no script runs. Everything says what it is when it is pointed at.
 */
import { spanText, timeText } from '../../core/when.ts'
import { calmsOf, type Happening, lanesOf } from './picture-lanes.ts'
import { MAINTENANCE, MARKS, STATES, STYLE } from './picture-style.ts'
import { rounded, type Scale, scaleOf } from './picture-time.ts'
import type { TraceEntry } from './trace.ts'

const LEFT = 132
const WIDTH = 1_420
const RIGHT = 28
const TOP = 34
const LANE = 17
/** Air between two groups of rows. */
const GAP = 8
/** A node's row: what befalls it above its bar, in lines, which have room for words where there are few nodes; the bar; marks below. */
const LINE = 6
const LINE_WITH_WORDS = 13
const FEW_NODES = 16
const BAR = 11
const BELOW = 19

type Mark = keyof typeof MARKS
type Drawing = { entries: readonly TraceEntry[]; scale: Scale; began: number; end: number }

/** @param began epoch ms */
export function pictureOf(entries: readonly TraceEntry[], { title, began }: { title: string; began: number }): string {
  const end = Math.max(began + 1, ...entries.map(({ at }) => at))
  const lanes = lanesOf(entries, end)
  const moments = entries.filter(({ kind }) => kind !== 'request').map(({ at }) => at)
  const drawing: Drawing = { entries, scale: scaleOf(moments, { began, end, left: LEFT, width: WIDTH }), began, end }
  const troubled = new Set(entries.filter(({ kind }) => kind === 'decision' || kind === 'request').map(({ node }) => node))
  // A node that nothing was ever decided on would be a bar without a story.
  const nodes = [...new Set(entries.map(({ node }) => node))].filter((node) => node !== null && troubled.has(node))
  let y = TOP
  const rows: string[] = []
  for (const lane of lanes.cloud) {
    rows.push(...laneDrawn(lane, y, drawing))
    y += lane.rows.length * LANE + 3
  }
  y += GAP
  const line = nodes.length > FEW_NODES ? LINE : LINE_WITH_WORDS
  for (const node of nodes.filter((one) => one !== null).toSorted(byNumber)) {
    const happenings = lanes.node(node)
    const bar = y + happenings.length * line + 2
    rows.push(...nodeDrawn(node, { happenings, top: y, bar, line }, drawing))
    y = bar + BAR + BELOW
  }
  rows.push(...breachesOfNobody(drawing, new Set(nodes)))
  return page({ title, said: subtitle(drawing, nodes.length) }, [
    `<svg viewBox="0 0 ${LEFT + WIDTH + RIGHT} ${y + 34}" role="img" aria-label="${escaped(title)}">`,
    ...axis(drawing, y),
    ...rows,
    ...calms(drawing, y),
    '</svg>',
  ])
}

/** node-2 before node-10. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })

function subtitle({ entries, began, end }: Drawing, nodes: number): string {
  const broken = entries.filter(({ kind }) => kind === 'breach').length
  const kept = broken === 0 ? 'every promise kept' : `${broken} ${broken === 1 ? 'breach' : 'breaches'} of a promise`
  return `${spanText(end - began)} of virtual time from ${timeText(began).slice(0, 19)}Z; ${nodes} troubled ${nodes === 1 ? 'node' : 'nodes'}; ${kept}. Time is in hours and minutes from the beginning.`
}

function axis({ scale }: Drawing, bottom: number): string[] {
  const ticks = scale.ticks.flatMap(({ x, text }) => [
    `<line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${bottom}" class="grid"/>`,
    ...[TOP - 14, bottom + 14].map((y) => `<text x="${x}" y="${y}" text-anchor="middle" class="small">${text}</text>`),
  ])
  const cuts = scale.cuts.map(({ x, width, text }) => {
    const middle = rounded(x + width / 2)
    const label = `<text x="${middle}" y="${TOP - 14}" text-anchor="middle" class="cut-text">${text}</text>`
    return `<g><title>${text} in which nothing happened are left out</title><rect x="${x}" y="${TOP - 8}" width="${width}" height="${bottom - TOP + 8}" class="cut"/>${label}</g>`
  })
  return [...ticks, ...cuts]
}

function calms({ entries, scale }: Drawing, bottom: number): string[] {
  return calmsOf(entries).map((at) => {
    const x = scale.x(at)
    return `<g><title>calm: all faults end</title><line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${bottom + 3}" class="calm"/><text x="${x}" y="${bottom + 27}" text-anchor="middle" class="calm-text">calm</text></g>`
  })
}

function laneDrawn({ name, rows }: { name: string; rows: Happening[][] }, top: number, drawing: Drawing): string[] {
  const label = `<text x="${LEFT - 10}" y="${top + 11}" text-anchor="end" class="lane">${escaped(name)}</text>`
  return [label, ...rows.flatMap((row, at) => laneRow(row, top + at * LANE, drawing))]
}

/** Text as wide as this on average, at the size of small labels. */
const LETTER = 5.4

function laneRow(row: readonly Happening[], y: number, { scale, began }: Drawing): string[] {
  let last = Number.NEGATIVE_INFINITY
  return row
    .toSorted((a, b) => a.at - b.at)
    .map((one, at, all) => {
      const from = Math.max(scale.x(one.at), one.to === null ? last : 0)
      const width = one.to === null ? 0 : Math.max(3, rounded(scale.x(one.to) - from))
      const next = all[at + 1]
      const room = Math.max(width, (next === undefined ? LEFT + WIDTH + RIGHT : scale.x(next.at)) - from) - 12
      const shown = fitting(one.label, room)
      last = from + 9
      const shape =
        one.to === null
          ? `<circle cx="${from + 2}" cy="${y + 7}" r="3" class="deed"/>`
          : `<rect x="${from}" y="${y}" width="${width}" height="14" rx="2" class="${kindOf(one.text)}"/>`
      const text =
        shown === '' ? '' : `<text x="${rounded(from + (one.to === null ? 9 : 6))}" y="${y + 10.5}" class="in">${escaped(shown)}</text>`
      return `<g><title>${escaped(`${when(one, began)} ${one.text}`)}</title>${shape}${text}</g>`
    })
}

const kindOf = (text: string): string => (text.startsWith('noise ') ? 'noise' : / share=/.test(text) ? 'some' : 'span')

/** Shorter than this a beginning says nothing. */
const WORTH = 10

/** The words that fit; none where they would not tell one thing from another. */
function fitting(text: string, room: number): string {
  const most = Math.floor(room / LETTER)
  if (text.length <= most) return text
  const cut = text.slice(0, Math.max(0, most - 2)).replace(/\s+\S*$/, '')
  return cut.length < WORTH ? '' : `${cut} …`
}

function when({ at, to }: Pick<Happening, 'at' | 'to'>, began: number): string {
  return to === null ? clock(at - began) : `${clock(at - began)} to ${clock(to - began)}`
}

const two = (value: number): string => String(value).padStart(2, '0')
const clock = (ms: number): string =>
  `${Math.floor(ms / 3_600_000)}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1_000) % 60)}`

type Row = { happenings: Happening[][]; top: number; bar: number; line: number }

function nodeDrawn(node: string, { happenings, top, bar, line }: Row, drawing: Drawing): string[] {
  const { entries, scale, began } = drawing
  const marks = entries.filter((entry) => entry.node === node)
  const deeds = happenings.flatMap((row, at) =>
    row.map((one, index) => {
      const room =
        line < LINE_WITH_WORDS ? 0 : (row[index + 1] === undefined ? LEFT + WIDTH : scale.x(row[index + 1]?.at ?? 0)) - scale.x(one.at) - 12
      return deedDrawn(one, { y: top + at * line + line / 2, words: fitting(one.label.replace(` ${node}`, ''), room) }, { scale, began })
    }),
  )
  return [
    `<text x="${LEFT - 10}" y="${bar + 9}" text-anchor="end">${escaped(node)}</text>`,
    ...deeds,
    ...stateBars(node, bar, drawing),
    ...inLine(marks, bar + BAR + 8, drawing),
  ]
}

function deedDrawn(one: Happening, { y, words }: { y: number; words: string }, { scale, began }: Pick<Drawing, 'scale' | 'began'>): string {
  const from = scale.x(one.at)
  const line = one.to === null ? '' : `<line x1="${from}" y1="${y}" x2="${Math.max(from + 2, scale.x(one.to))}" y2="${y}" class="lasting"/>`
  const label = words === '' ? '' : `<text x="${rounded(from + 7)}" y="${y - 1.5}" class="in">${escaped(words)}</text>`
  return `<g><title>${escaped(`${when(one, began)} ${one.text}`)}</title>${line}<circle cx="${from}" cy="${y}" r="2.6" class="deed"/>${label}</g>`
}

function stateBars(node: string, y: number, { entries, scale, began, end }: Drawing): string[] {
  const states = entries.filter((entry) => entry.kind === 'state').filter((entry) => entry.node === node)
  return states.map(({ at, state, maintenance }, index) => {
    const from = scale.x(at)
    const width = rounded(Math.max(0.6, scale.x(states[index + 1]?.at ?? end) - from))
    const colour = STATES.find(({ test }) => test.test(state))?.colour
    const under =
      maintenance === 'nobody'
        ? ''
        : `<rect x="${from}" y="${y + BAR}" width="${width}" height="4" fill="${MAINTENANCE[maintenance].colour}" class="maintenance"/>`
    const says = `${clock(at - began)} ${node}: ${state}${maintenance === 'nobody' ? '' : `, ${MAINTENANCE[maintenance].says}`}`
    return `<g><title>${escaped(says)}</title><rect x="${from}" y="${y}" width="${width}" height="${BAR}" fill="${colour}"/>${under}</g>`
  })
}

/** A mark is so wide that two closer than this would hide each other. */
const MARK_WIDTH = 10

/** Marks below a bar, each moved to the right as far as the one before it needs. */
function inLine(entries: readonly TraceEntry[], y: number, { scale, began }: Drawing): string[] {
  let least = Number.NEGATIVE_INFINITY
  return entries.flatMap((entry) => {
    const found = markOf(entry)
    if (found === null) return []
    const x = rounded(Math.max(scale.x(entry.at), least))
    least = x + MARK_WIDTH
    return [markDrawn(found.mark, x, { y, says: `${clock(entry.at - began)} ${found.says}` })]
  })
}

function markDrawn(mark: Mark, x: number, { y, says }: { y: number; says: string }): string {
  const { draw, look } = MARKS[mark]
  return `<g class="mark ${mark}" ${look}><title>${escaped(says)}</title>${draw(x, y)}</g>`
}

/** Breaches that are about no node, or about one that has no row, stand on the axis. */
function breachesOfNobody(drawing: Drawing, rows: ReadonlySet<string | null>): string[] {
  const { entries } = drawing
  return inLine(
    entries.filter((entry) => entry.kind === 'breach' && !rows.has(entry.node)),
    TOP - 4,
    drawing,
  )
}

function markOf(moment: TraceEntry): { mark: Mark; says: string } | null {
  if (moment.kind === 'breach') return { mark: 'breach', says: `${moment.promise} is broken: ${moment.what}` }
  if (moment.kind !== 'decision') return null
  const { says, message, act, outcome } = moment
  const whole = `${says}: ${message}`
  if (act !== null && says.startsWith('act'))
    return { mark: outcome === 'accepted' ? 'act' : 'tried', says: `${act}, ${outcome ?? 'no outcome recorded'}: ${message}` }
  if (says.startsWith('escalate')) return { mark: 'person', says: whole }
  return says === 'resolve healed' || says === 'resolve launched' ? { mark: 'done', says: whole } : null
}

function legend(): string[] {
  const item = (drawn: string, says: string): string => `<span><svg viewBox="0 0 18 14" class="key">${drawn}</svg>${says}</span>`
  return [
    ...STATES.map(({ colour, says }) => item(`<rect y="2" width="18" height="10" fill="${colour}"/>`, says)),
    ...Object.values(MAINTENANCE).map(({ colour, says }) => item(`<rect y="5" width="18" height="4" fill="${colour}"/>`, says)),
    item(
      '<line x1="3" y1="7" x2="18" y2="7" class="lasting"/><circle cx="3" cy="7" r="2.6" class="deed"/>',
      'befalls the node, as long as the line',
    ),
    ...Object.values(MARKS).map(({ draw, look, says }) => item(`<g ${look}>${draw(9, 7)}</g>`, says)),
  ]
}

const page = ({ title, said }: { title: string; said: string }, drawing: readonly string[]): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<h1>${escaped(title)}</h1>`,
    `<p>${escaped(said)}</p>`,
    `<div class="legend">${legend().join('\n')}</div>`,
    ...drawing,
    '</html>',
    '',
  ].join('\n')

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
