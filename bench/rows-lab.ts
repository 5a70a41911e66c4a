/**
 * The lab's table: two ways beside each other, and how many times as long the one takes as the other.
 */
import { msText, type Row, type Section } from './figures.ts'
import type { Answered, Way } from './lab-failures.ts'
import { median } from './measure.ts'
import type { Times } from './measure-lab.ts'
import type { Wish } from './table.ts'

const WAYS = ['polling', 'notifications'] as const satisfies readonly Way[]

export const LAB_NOTES = {
  e: "from the time in Ironic's own notification of `error`, 1 or 2 ms before its API shows it, to the request's arrival at a proxy before Ironic; one clock",
  p: 'polls at the default interval (15 s), or a minute apart while notifications prove alive; failures fall on any moment of it',
  s: 'the first reset is not spaced (2 min by default), nor held up by budgets, incidents or shared networks; everything else is by default',
} as const

export const sideBySide = (times: Times, machine: string): Wish => ({
  heads: { unit: '', columns: ['polls', 'heard'], growth: 'ratio', reach: '' },
  sizes: [],
  about: `${times.polling.length} failures each way on the lab's real Ironic. ${machine}.`,
  notes: LAB_NOTES,
})

export const labSections = (times: Times): Section[] => [
  { title: "From a real Ironic's `error` to the first read of the node", rows: rowsOf(times, ({ readMs }) => readMs, ['e', 'p']) },
  { title: 'To the reset request', rows: rowsOf(times, ({ resetMs }) => resetMs, ['e', 'p', 's']) },
]

function rowsOf(times: Times, of: (one: Answered) => number, notes: readonly string[]): Row[] {
  const row = (what: string, value: (all: readonly number[]) => number): Row => {
    const [polling = Number.NaN, heard = Number.NaN] = WAYS.map((way) => value(times[way].map(of)))
    return {
      what,
      values: [msText(polling), msText(heard)],
      growth: `${Number((polling / heard).toPrecision(2))} : 1`,
      reach: '',
      curve: null,
      notes,
    }
  }
  return [row('median', median), row(`worst of ${times.polling.length}`, (all) => Math.max(...all))]
}
