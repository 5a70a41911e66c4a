/**
 * The rows of an outage's table: five hundred nodes with one transient cause, and what they cost. No reset may be spent while the cause lasts,
 * and none that is not needed afterwards.
 */
import { z } from 'zod'
import { countText, type Figures, msText, type Section, sectionsOf } from './figures.ts'

export const outageSchema = z.object({
  healed: z.number(),
  during: z.number(),
  resets: z.number(),
  outageMs: z.number(),
  healedMs: z.number(),
  passes: z.number(),
  cpuMs: z.number(),
})
/** `size`: the nodes that failed. */
export type Outage = z.infer<typeof outageSchema> & { size: number }

export const OUTAGE_NOTES = {
  n: 'test/scenarios-large/neutron-outage-500.txt: Neutron is away for half an hour, and 500 nodes fail at their tear-down; 25 places, starts ramped up',
  v: 'virtual time, to the minute; the cleaning of each node is in it',
  p: 'operator and pretend cloud in one process, without sockets or disk; looks at healthy nodes and the judges of the promises are in it',
} as const

export const outageSections = (measured: readonly Outage[]): Section[] => sectionsOf(FIGURES, measured)

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`

const FIGURES: Figures<Outage> = {
  'One transient cause': [
    { what: 'nodes healed', of: (m) => m.healed, text: countText, notes: ['n'] },
    { what: 'the outage', of: (m) => m.outageMs, text: minutes, notes: ['v'] },
    { what: 'resets during it', of: (m) => m.during, text: countText, goal: { at: null, most: 0, text: 'none' }, notes: [] },
    { what: 'resets until all healed', of: (m) => m.resets, text: countText, notes: [] },
    {
      what: 'resets a node',
      of: (m) => m.resets / m.size,
      text: (value) => value.toFixed(2),
      goal: { at: null, most: 1, text: '≤ 1' },
      notes: [],
    },
    { what: 'from its end until all healed', of: (m) => m.healedMs, text: minutes, notes: ['v'] },
    { what: 'passes', of: (m) => m.passes, text: countText, notes: [] },
    { what: 'own time', of: (m) => m.cpuMs, text: msText, notes: ['p'] },
    { what: 'own time a pass', of: (m) => m.cpuMs / m.passes, text: msText, notes: ['p'] },
  ],
}
