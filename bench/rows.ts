/**
 * The rows of the table: what each figure is, how it came about, what it should reach (design, figures), and how it grows from size to
 * size. It judges only by the numbers it is given.
 */
import { type Cost, median } from './measure.ts'
import type { Watched } from './measure-daemon.ts'
import type { Parts } from './measure-parts.ts'

export type Measured = { size: number; parts: Parts; watched: Watched | null }

/** How figures came about; a row names its notes by letter. */
export const NOTES = {
  o: "processor time of the operator's main thread; the pretend cloud is another process",
  w: 'time on the wall, with the pretend cloud, the disk and whatever else the machine was doing',
  d: 'the bundled `anneal run` as a process of its own, seen by way of /proc',
  h: 'HTTP as it is written, requests and answers with their headers; TLS and TCP come on top',
  q: 'five lists filtered by state, all of them empty',
  a: 'what a script without filters reads: every node with all its fields, read and dropped; measured once',
  e: 'into an empty database; measured once',
  f: 'a poll, then every failed node, 16 at a time, until its decision is committed; the first time a case is opened for each',
  s: 'processor time of the pretend cloud meanwhile: it stands for Ironic and the others',
  r: "from the decision in the database to the verb's arrival; up to 25 resets at once while all failed nodes are looked at",
  p: 'over 10 s, of one core, polling three times as often as by default; read off in steps of 0.1 %',
} as const

export type Note = keyof typeof NOTES

export type Row = { what: string; values: string[]; growth: string; reach: string; notes: readonly Note[] }

export type Section = { title: string; rows: Row[] }

/** `at`: the size that the figure is promised for; null: whatever the size, so the largest one counts. */
type Goal = { at: number | null; most: number; text: string }
type Figure = {
  what: string
  of: (m: Measured) => number | null
  text: (value: number) => string
  goal?: Goal
  notes: readonly Note[]
}

export const sections = (measured: readonly Measured[]): Section[] =>
  Object.entries(FIGURES).map(([title, figures]) => ({ title, rows: figures.map((figure) => rowOf(figure, measured)) }))

function rowOf({ what, of, text, goal, notes }: Figure, measured: readonly Measured[]): Row {
  const values = measured.map(of)
  return {
    what,
    values: values.map((value) => (value === null ? '–' : text(value))),
    growth: values
      .slice(1)
      .map((value, at) => growth(values[at] ?? null, value))
      .join(' '),
    reach: goal === undefined ? '' : `${goal.text}: ${verdict(goal, measured, of)}`,
    notes,
  }
}

function growth(before: number | null, value: number | null): string {
  if (before === null || value === null || before === 0) return '–'
  const times = value / before
  return `×${times < 10 ? times.toFixed(1) : times.toFixed(0)}`
}

function verdict(goal: Goal, measured: readonly Measured[], of: Figure['of']): string {
  const at = goal.at === null ? measured.findLast((m) => of(m) !== null) : measured.find(({ size }) => size === goal.at)
  const value = at === undefined ? null : of(at)
  if (value === null) return 'not measured'
  return value <= goal.most ? 'reached' : `missed ×${(value / goal.most).toFixed(1)}`
}

const bytes = (value: number): string => {
  if (value < 1_000) return `${value.toFixed(0)} B`
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)} kB` : `${(value / 1_000_000).toFixed(1)} MB`
}
const ms = (value: number): string => (value < 1_000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1_000).toFixed(2)} s`)
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`
const count = (value: number): string => value.toFixed(0)
const share = (value: number): string => `1/${Number((1 / value).toPrecision(2)).toLocaleString('en-US')}`

const part = (name: Exclude<keyof Parts, 'ironicMs'>, field: keyof Cost) => (m: Measured) => m.parts[name][field]
const seen = (of: (watched: Watched) => number) => (m: Measured) => (m.watched === null ? null : of(m.watched))

const FIGURES: Record<string, readonly Figure[]> = {
  'A quiet poll': [
    { what: 'bytes', of: part('poll', 'bytes'), text: bytes, notes: ['q', 'h'] },
    { what: 'requests', of: part('poll', 'requests'), text: count, notes: ['q'] },
    { what: 'own time', of: part('poll', 'ownMs'), text: ms, notes: ['o'] },
    { what: 'on the wall', of: part('poll', 'wallMs'), text: ms, notes: ['w'] },
  ],
  'Beside it: listing every node in detail': [
    { what: 'bytes', of: part('detail', 'bytes'), text: bytes, notes: ['a', 'h'] },
    { what: 'requests', of: part('detail', 'requests'), text: count, notes: ['a'] },
    { what: 'own time', of: part('detail', 'ownMs'), text: ms, notes: ['a', 'o'] },
    {
      what: 'quiet poll to this, bytes',
      of: (m) => m.parts.poll.bytes / m.parts.detail.bytes,
      text: share,
      goal: { at: 10_000, most: 0.01, text: '≤ 1/100 on 10,000' },
      notes: [],
    },
  ],
  'A census: the few fields of every node': [
    { what: 'bytes', of: part('census', 'bytes'), text: bytes, notes: ['h'] },
    { what: 'requests', of: part('census', 'requests'), text: count, notes: [] },
    { what: 'own time, the first one', of: part('censusFirst', 'ownMs'), text: ms, notes: ['o', 'e'] },
    { what: 'own time, nothing new', of: part('census', 'ownMs'), text: ms, notes: ['o'] },
  ],
  'A pass with 1 % failing': [
    { what: 'own time, the first one', of: part('passFirst', 'ownMs'), text: ms, notes: ['f', 'o'] },
    {
      what: 'own time',
      of: part('pass', 'ownMs'),
      text: ms,
      goal: { at: 100_000, most: 2_000, text: '≤ 2 s on 100,000' },
      notes: ['f', 'o'],
    },
    { what: 'own time a node', of: (m) => m.parts.pass.ownMs / m.parts.pass.count, text: ms, notes: ['o'] },
    { what: 'on the wall', of: part('pass', 'wallMs'), text: ms, notes: ['w'] },
    { what: "the cloud's own time", of: (m) => m.parts.ironicMs, text: ms, notes: ['s'] },
    { what: 'requests', of: part('pass', 'requests'), text: count, notes: [] },
  ],
  'The daemon': [
    { what: 'start to first poll done', of: seen(({ startMs }) => startMs), text: ms, notes: ['d', 'e'] },
    {
      what: 'memory after a first pass',
      of: seen(({ memory }) => memory.rss),
      text: bytes,
      goal: { at: 100_000, most: 250_000_000, text: '≤ 250 MB on 100,000' },
      notes: ['d'],
    },
    { what: 'memory, most ever', of: seen(({ memory }) => memory.peak), text: bytes, notes: ['d'] },
    { what: 'idle, nothing failing', of: seen(({ idle }) => idle), text: percent, notes: ['d', 'p'] },
    {
      what: 'idle, 1 % failing',
      of: seen(({ idleFailing }) => idleFailing),
      text: percent,
      goal: { at: 100_000, most: 0.02, text: '≤ 2 % on 100,000' },
      notes: ['d', 'p'],
    },
    { what: 'act sent, median', of: seen(({ actMs }) => median(actMs)), text: ms, notes: ['r'] },
    {
      what: 'act sent, slowest',
      of: seen(({ actMs }) => Math.max(...actMs)),
      text: ms,
      goal: { at: null, most: 1_000, text: '≤ 1 s' },
      notes: ['r'],
    },
  ],
}
