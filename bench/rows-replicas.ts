/**
 * The rows of the replicas' table: what each figure is and how it came about. There is no goal: all of it runs on one machine, where a second
 * daemon can only cost.
 */
import { countText, type Figures, msText, type Section, sectionsOf } from './figures.ts'
import type { Compared, Shared } from './measure-replicas.ts'

export const REPLICA_NOTES = {
  g: 'bundled daemons in mode observe on one PostgreSQL that waits for no disk; they, it and the pretend cloud share this machine',
  l: 'from the first poll that could show the failures until the last of them is decided on',
  x: 'of all daemons together; the censuses and polls that fell into it are in it',
  y: 'over 10 s with nothing failing: two polls, made by whichever daemon finds them due',
  z: 'of all daemons together, by /proc',
} as const

export const replicaSections = (measured: readonly Compared[]): Section[] => sectionsOf(FIGURES, measured)

const ratio = (value: number): string => `×${value.toFixed(2)}`
const toAlone = (field: keyof Shared) => (m: Compared) => (m.alone === null || m.alone[field] === 0 ? null : m[field] / m.alone[field])

const FIGURES: Figures<Compared> = {
  'A wave of failures at once': [
    { what: 'failed nodes', of: (m) => m.failed, text: countText, notes: ['g'] },
    { what: 'all decided on', of: (m) => m.decidedMs, text: msText, notes: ['l'] },
    { what: 'this to one replica', of: toAlone('decidedMs'), text: ratio, notes: [] },
    { what: 'requests', of: (m) => m.requests, text: countText, notes: ['x'] },
    { what: 'this to one replica', of: toAlone('requests'), text: ratio, notes: [] },
    { what: 'requests a failed node', of: (m) => m.requests / m.failed, text: (value) => value.toFixed(1), notes: ['x'] },
    { what: 'processor time', of: (m) => m.cpuMs, text: msText, notes: ['z'] },
    { what: 'this to one replica', of: toAlone('cpuMs'), text: ratio, notes: [] },
  ],
  'A quiet cloud': [
    { what: 'requests', of: (m) => m.quietRequests, text: countText, notes: ['y'] },
    { what: 'this to one replica', of: toAlone('quietRequests'), text: ratio, notes: [] },
  ],
}
