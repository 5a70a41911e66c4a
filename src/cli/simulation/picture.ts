/**
 * One history as a picture: a page with one drawing in it, nodes as rows, time to the right, states as bars, and deeds, acts and what a
 * person is told as marks. Self-contained: no script, no font, nothing is fetched. Each mark says what it is when it is pointed at.
 */
import type { TraceEntry } from './trace.ts'

const LEFT = 130
const WIDTH = 1_500
const ROW = 16
const TOP = 70
/** Rows above the nodes, for what befalls the whole cloud. */
const CLOUD_ROWS = 2

/** Few colours, each with one meaning; what is under way is blue, what failed is red, what is a person's is grey. */
const STATES: readonly { test: RegExp; colour: string; says: string }[] = [
  { test: /^active$/, colour: '#9ccc9c', says: 'active: a tenant has it' },
  { test: /^(available|manageable)$/, colour: '#d6ecd6', says: 'available' },
  { test: /^(error|.* failed)$/, colour: '#d9534f', says: 'error, clean failed' },
  { test: /^(deleting|cleaning|clean wait)$/, colour: '#5b8fd6', says: 'deleting, cleaning' },
  { test: /./, colour: '#b9cdea', says: 'deploying and the rest' },
]
const MAINTENANCE: Record<string, string> = { anneal: '#7b3fa0', person: '#555555', ironic: '#c98a1b' }

const MARKS = {
  deed: { draw: (x: number, y: number) => `<circle cx="${x}" cy="${y}" r="2.6"/>`, colour: '#222222', says: 'something happens to it' },
  act: { draw: (x: number, y: number) => `<path d="M${x - 4} ${y + 4}h8l-4-8z"/>`, colour: '#0b5cad', says: 'Anneal acts' },
  person: { draw: (x: number, y: number) => `<path d="M${x} ${y - 5}l4 5-4 5-4-5z"/>`, colour: '#c0392b', says: 'a person is told' },
  done: {
    draw: (x: number, y: number) => `<path d="M${x - 4} ${y}l3 3 5-6" fill="none" stroke-width="2"/>`,
    colour: '#1d7a36',
    says: 'healed or launched',
  },
  breach: {
    draw: (x: number, y: number) => `<path d="M${x - 6} ${y - 6}l12 12m0-12l-12 12" stroke-width="3"/>`,
    colour: '#ff0000',
    says: 'a promise was broken',
  },
} as const
type Mark = keyof typeof MARKS

/** @param began epoch ms */
export function pictureOf(entries: readonly TraceEntry[], { title, began }: { title: string; began: number }): string {
  const end = Math.max(began + 1, ...entries.map(({ at }) => at))
  const troubled = new Set(entries.filter(({ kind }) => kind === 'decision' || kind === 'request').map(({ node }) => node))
  // A node that nothing was ever decided on would be a bar without a story.
  const nodes = [...new Set(entries.map(({ node }) => node))].filter((node) => node !== null && troubled.has(node)).toSorted()
  const rowOf = new Map(nodes.map((node, at) => [node, TOP + (at + CLOUD_ROWS) * ROW]))
  const x = (at: number): number => Math.round((LEFT + ((at - began) / (end - began)) * WIDTH) * 10) / 10
  const height = TOP + (nodes.length + CLOUD_ROWS) * ROW + 90
  const drawing = [
    ...axis({ began, end, x, bottom: height - 90 }),
    ...nodes.flatMap((node) => rowDrawn({ node: node ?? '', entries, y: rowOf.get(node) ?? 0, x, end })),
    ...entries.flatMap((moment) => markDrawn(moment, { x, y: rowOf.get(moment.node) ?? TOP })),
    ...legend(height - 55),
  ]
  return page(
    title,
    `<svg viewBox="0 0 ${LEFT + WIDTH + 20} ${height}" role="img" aria-label="${escaped(title)}">\n${drawing.join('\n')}\n</svg>`,
  )
}

type Axis = { began: number; end: number; x: (at: number) => number; bottom: number }

const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1_440]
const MINUTE = 60_000

function axis({ began, end, x, bottom }: Axis): string[] {
  const minutes = (end - began) / MINUTE
  const step = STEPS_MIN.find((one) => minutes / one <= 15) ?? 1_440
  return Array.from({ length: Math.floor(minutes / step) + 1 }, (_, at) => {
    const left = x(began + at * step * MINUTE)
    const text = step >= 60 ? `${(at * step) / 60} h` : `${at * step} min`
    return `<line x1="${left}" y1="${TOP - 12}" x2="${left}" y2="${bottom}" class="grid"/><text x="${left}" y="${TOP - 18}" text-anchor="middle" class="small">${text}</text>`
  })
}

type Row = { node: string; entries: readonly TraceEntry[]; y: number; x: (at: number) => number; end: number }

function rowDrawn({ node, entries, y, x, end }: Row): string[] {
  const states = entries.filter((moment) => moment.kind === 'state' && moment.node === node)
  const bars = states.map((moment, at) => {
    if (moment.kind !== 'state') return ''
    const from = x(moment.at)
    const width = Math.max(0.5, x(states[at + 1]?.at ?? end) - from)
    const colour = STATES.find(({ test }) => test.test(moment.state))?.colour
    const under =
      moment.maintenance === null
        ? ''
        : `<rect x="${from}" y="${y + 3}" width="${width}" height="3" fill="${MAINTENANCE[moment.maintenance]}"/>`
    const says = `${moment.state}${moment.maintenance === null ? '' : `, maintenance: ${moment.maintenance}`}`
    return `<g><title>${escaped(`${node}: ${says}`)}</title><rect x="${from}" y="${y - 6}" width="${width}" height="12" fill="${colour}"/>${under}</g>`
  })
  return [`<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${escaped(node)}</text>`, ...bars]
}

function markDrawn(moment: TraceEntry, at: { x: (at: number) => number; y: number }): string[] {
  const found = markOf(moment)
  if (found === null) return []
  const { draw, colour } = MARKS[found.mark]
  return [`<g fill="${colour}" stroke="${colour}"><title>${escaped(found.says)}</title>${draw(at.x(moment.at), at.y)}</g>`]
}

function markOf(moment: TraceEntry): { mark: Mark; says: string } | null {
  switch (moment.kind) {
    case 'state':
    case 'request':
      return null
    case 'deed':
      return { mark: 'deed', says: moment.text }
    case 'breach':
      return { mark: 'breach', says: `${moment.promise}: ${moment.what}` }
    case 'decision': {
      const says = `${moment.says}: ${moment.message}`
      if (moment.act !== null && moment.says.startsWith('act')) return { mark: 'act', says: `${moment.act}: ${moment.message}` }
      if (moment.says.startsWith('escalate')) return { mark: 'person', says }
      return moment.says === 'resolve healed' || moment.says === 'resolve launched' ? { mark: 'done', says } : null
    }
    default:
      return moment satisfies never
  }
}

function legend(y: number): string[] {
  const states = STATES.map(({ colour, says }, at) => {
    const left = LEFT + at * 230
    return `<rect x="${left}" y="${y - 9}" width="14" height="12" fill="${colour}"/><text x="${left + 20}" y="${y + 1}">${says}</text>`
  })
  const marks = Object.values(MARKS).map(({ draw, colour, says }, at) => {
    const left = LEFT + at * 230
    return `<g fill="${colour}" stroke="${colour}">${draw(left + 7, y + 20)}</g><text x="${left + 20}" y="${y + 24}">${says}</text>`
  })
  const bars = Object.entries(MAINTENANCE).map(([who, colour], at) => {
    const left = LEFT + at * 230
    return `<rect x="${left}" y="${y + 42}" width="14" height="3" fill="${colour}"/><text x="${left + 20}" y="${y + 48}">maintenance: ${who}</text>`
  })
  return [...states, ...marks, ...bars]
}

const STYLE = `body{margin:16px;font:14px system-ui,sans-serif;background:#fff;color:#222}h1{font-size:18px}svg{width:100%;min-width:900px;font:11px system-ui,sans-serif}
.grid{stroke:#e4e4e4}.small{fill:#666}`

const page = (title: string, drawing: string): string =>
  `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>${escaped(title)}</title>\n<style>${STYLE}</style>\n<h1>${escaped(title)}</h1>\n${drawing}\n</html>\n`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
