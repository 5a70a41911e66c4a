/**
 * The rows of the table: what each figure is, how it came about, what it should reach (design, figures), and how it grows from size to
 * size. It judges only by the numbers it is given.
 */
import { type Cost, median } from './measure.ts'
import type { Watched } from './measure-daemon.ts'
import type { Parts } from './measure-parts.ts'

export type Measured = { size: number; parts: Parts; watched: Watched | null }

export type Row = { what: string; values: string[]; growth: string; reach: string; how: string }

/** `at`: the size that the figure is promised for. */
type Goal = { at: number; most: number; text: string }
type Figure = {
  what: string
  of: (m: Measured) => number | null
  text: (value: number) => string
  goal?: Goal
  how: string
}

export const rows = (measured: readonly Measured[]): Row[] => FIGURES.map((figure) => rowOf(figure, measured))

function rowOf({ what, of, text, goal, how }: Figure, measured: readonly Measured[]): Row {
  const values = measured.map(of)
  return {
    what,
    values: values.map((value) => (value === null ? '–' : text(value))),
    growth: values
      .slice(1)
      .map((value, at) => growth(values[at] ?? null, value))
      .join(' '),
    reach: goal === undefined ? '' : `${goal.text}: ${verdict(goal, measured, of)}`,
    how,
  }
}

function growth(before: number | null, value: number | null): string {
  if (before === null || value === null || before === 0) return '–'
  const times = value / before
  return `×${times < 10 ? times.toFixed(1) : times.toFixed(0)}`
}

function verdict(goal: Goal, measured: readonly Measured[], of: Figure['of']): string {
  const at = measured.find(({ size }) => size === goal.at)
  const value = at === undefined ? null : of(at)
  if (value === null) return 'not measured'
  return value <= goal.most ? 'reached' : `missed (×${(value / goal.most).toFixed(1)})`
}

const bytes = (value: number): string => {
  if (value < 1_000) return `${value.toFixed(0)} B`
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)} kB` : `${(value / 1_000_000).toFixed(1)} MB`
}
const ms = (value: number): string => (value < 1_000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1_000).toFixed(2)} s`)
const percent = (value: number): string => `${(value * 100).toFixed(2)} %`
const count = (value: number): string => value.toFixed(0)
const share = (value: number): string => `1/${Math.round(1 / value)}`

const part = (name: Exclude<keyof Parts, 'ironicMs'>, field: keyof Cost) => (m: Measured) => m.parts[name][field]
const seen = (of: (watched: Watched) => number) => (m: Measured) => (m.watched === null ? null : of(m.watched))

const OWN = "processor time of the operator's main thread; the cloud is another process"
const DAEMON = 'the bundled `anneal run`, by /proc'

const FIGURES: readonly Figure[] = [
  { what: 'quiet poll, bytes', of: part('poll', 'bytes'), text: bytes, how: 'bodies of the answers; five filtered lists, all empty' },
  { what: 'quiet poll, requests', of: part('poll', 'requests'), text: count, how: 'counted at the transport seam' },
  { what: 'quiet poll, own time', of: part('poll', 'ownMs'), text: ms, how: OWN },
  { what: 'quiet poll, wall', of: part('poll', 'wallMs'), text: ms, how: 'with the time that the simulator takes' },
  {
    what: 'all nodes in detail, bytes',
    of: part('detail', 'bytes'),
    text: bytes,
    how: 'what a script without filters lists, page by page',
  },
  { what: 'all nodes in detail, requests', of: part('detail', 'requests'), text: count, how: 'pages of 1,000' },
  { what: 'all nodes in detail, own time', of: part('detail', 'ownMs'), text: ms, how: `JSON read and dropped; ${OWN}` },
  {
    what: 'quiet poll to all in detail, bytes',
    of: (m) => m.parts.poll.bytes / m.parts.detail.bytes,
    text: share,
    goal: { at: 10_000, most: 0.01, text: '≤ 1/100 on 10,000' },
    how: 'the two rows above',
  },
  { what: 'first census, own time', of: part('censusFirst', 'ownMs'), text: ms, how: `into an empty database; ${OWN}` },
  { what: 'census, own time', of: part('census', 'ownMs'), text: ms, how: `nothing has changed; ${OWN}` },
  { what: 'census, bytes', of: part('census', 'bytes'), text: bytes, how: 'the few fields of every node' },
  { what: 'census, requests', of: part('census', 'requests'), text: count, how: 'pages of 1,000' },
  {
    what: 'first pass, 1 % failing, own time',
    of: part('passFirst', 'ownMs'),
    text: ms,
    how: `a poll, then every failed node once, 16 at a time; a case is opened for each; ${OWN}`,
  },
  {
    what: 'pass, 1 % failing, own time',
    of: part('pass', 'ownMs'),
    text: ms,
    goal: { at: 100_000, most: 2_000, text: '≤ 2 s on 100,000' },
    how: `the same again, with a case open on each; ${OWN}`,
  },
  { what: 'pass, own time a node', of: (m) => m.parts.pass.ownMs / m.parts.pass.count, text: ms, how: 'the row above by nodes looked at' },
  { what: 'pass, wall', of: part('pass', 'wallMs'), text: ms, how: 'with the simulator, the disk and whatever else the machine does' },
  {
    what: "pass, Ironic's own time",
    of: (m) => m.parts.ironicMs,
    text: ms,
    how: 'processor time of the simulator meanwhile, in its own process',
  },
  { what: 'pass, requests', of: part('pass', 'requests'), text: count, how: 'all services' },
  {
    what: 'memory after the first pass, RSS',
    of: seen(({ memory }) => memory.rss),
    text: bytes,
    goal: { at: 100_000, most: 250_000_000, text: '≤ 250 MB on 100,000' },
    how: `census taken and every failed node looked at; ${DAEMON}`,
  },
  { what: 'memory, highest RSS', of: seen(({ memory }) => memory.peak), text: bytes, how: `${DAEMON} (VmHWM)` },
  {
    what: 'act sent after its decision, median',
    of: seen(({ actMs }) => median(actMs)),
    text: ms,
    how: 'decision in the database to verb at Ironic; up to 25 resets at once, while all failed nodes are looked at',
  },
  {
    what: 'act sent after its decision, slowest',
    of: seen(({ actMs }) => Math.max(...actMs)),
    text: ms,
    goal: { at: 100_000, most: 1_000, text: '≤ 1 s' },
    how: 'the mark and its answer lie in between',
  },
  {
    what: 'start to first poll done',
    of: seen(({ startMs }) => startMs),
    text: ms,
    how: `empty database, so with the first census; ${DAEMON}`,
  },
  {
    what: 'idle, nothing failing',
    of: seen(({ idle }) => idle),
    text: percent,
    how: `share of one core, polling three times as often as by default; ${DAEMON}`,
  },
  {
    what: 'idle, 1 % failing',
    of: seen(({ idleFailing }) => idleFailing),
    text: percent,
    goal: { at: 100_000, most: 0.02, text: '≤ 2 % on 100,000' },
    how: `all looked at, none due; share of one core; ${DAEMON}`,
  },
]
