/**
 * The rows of the operator's table: what each figure is, how it came about, and what it should reach (design, figures).
 */
import { bytesText, countText, type Figures, msText, type Section, sectionsOf } from './figures.ts'
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

export const sections = (measured: readonly Measured[]): Section[] => sectionsOf(FIGURES, measured)

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`
const share = (value: number): string => `1/${Number((1 / value).toPrecision(2)).toLocaleString('en-US')}`

const part = (name: Exclude<keyof Parts, 'ironicMs'>, field: keyof Cost) => (m: Measured) => m.parts[name][field]
const seen = (of: (watched: Watched) => number) => (m: Measured) => (m.watched === null ? null : of(m.watched))

const FIGURES: Figures<Measured> = {
  'A quiet poll': [
    { what: 'bytes', of: part('poll', 'bytes'), text: bytesText, isDrawn: true, notes: ['q', 'h'] },
    { what: 'requests', of: part('poll', 'requests'), text: countText, isDrawn: true, notes: ['q'] },
    { what: 'own time', of: part('poll', 'ownMs'), text: msText, isDrawn: true, notes: ['o'] },
    { what: 'on the wall', of: part('poll', 'wallMs'), text: msText, notes: ['w'] },
  ],
  'Beside it: listing every node in detail': [
    { what: 'bytes', of: part('detail', 'bytes'), text: bytesText, notes: ['a', 'h'] },
    { what: 'requests', of: part('detail', 'requests'), text: countText, notes: ['a'] },
    { what: 'own time', of: part('detail', 'ownMs'), text: msText, notes: ['a', 'o'] },
    {
      what: 'quiet poll to this, bytes',
      of: (m) => m.parts.poll.bytes / m.parts.detail.bytes,
      text: share,
      goal: { at: 10_000, most: 0.01, text: '≤ 1/100 on 10,000' },
      notes: [],
    },
  ],
  'A census: the few fields of every node': [
    { what: 'bytes', of: part('census', 'bytes'), text: bytesText, notes: ['h'] },
    { what: 'requests', of: part('census', 'requests'), text: countText, notes: [] },
    { what: 'own time, the first one', of: part('censusFirst', 'ownMs'), text: msText, notes: ['o', 'e'] },
    { what: 'own time, nothing new', of: part('census', 'ownMs'), text: msText, notes: ['o'] },
  ],
  'A pass with 1 % failing': [
    { what: 'own time, the first one', of: part('passFirst', 'ownMs'), text: msText, notes: ['f', 'o'] },
    {
      what: 'own time',
      of: part('pass', 'ownMs'),
      text: msText,
      goal: { at: 100_000, most: 2_000, text: '≤ 2 s on 100,000' },
      isDrawn: true,
      notes: ['f', 'o'],
    },
    { what: 'own time a node', of: (m) => m.parts.pass.ownMs / m.parts.pass.count, text: msText, notes: ['o'] },
    { what: 'on the wall', of: part('pass', 'wallMs'), text: msText, notes: ['w'] },
    { what: "the cloud's own time", of: (m) => m.parts.ironicMs, text: msText, notes: ['s'] },
    { what: 'bytes', of: part('pass', 'bytes'), text: bytesText, isDrawn: true, notes: ['h'] },
    { what: 'requests', of: part('pass', 'requests'), text: countText, isDrawn: true, notes: [] },
  ],
  'The daemon': [
    { what: 'start to first poll done', of: seen(({ startMs }) => startMs), text: msText, notes: ['d', 'e'] },
    {
      what: 'memory after a first pass',
      of: seen(({ memory }) => memory.rss),
      text: bytesText,
      goal: { at: 100_000, most: 250_000_000, text: '≤ 250 MB on 100,000' },
      isDrawn: true,
      notes: ['d'],
    },
    { what: 'memory, most ever', of: seen(({ memory }) => memory.peak), text: bytesText, notes: ['d'] },
    { what: 'idle, nothing failing', of: seen(({ idle }) => idle), text: percent, isDrawn: true, notes: ['d', 'p'] },
    {
      what: 'idle, 1 % failing',
      of: seen(({ idleFailing }) => idleFailing),
      text: percent,
      goal: { at: 100_000, most: 0.02, text: '≤ 2 % on 100,000' },
      isDrawn: true,
      notes: ['d', 'p'],
    },
    { what: 'act sent, median', of: seen(({ actMs }) => median(actMs)), text: msText, notes: ['r'] },
    {
      what: 'act sent, slowest',
      of: seen(({ actMs }) => Math.max(...actMs)),
      text: msText,
      goal: { at: null, most: 1_000, text: '≤ 1 s' },
      notes: ['r'],
    },
  ],
}
