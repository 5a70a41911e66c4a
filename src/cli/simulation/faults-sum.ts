/**
 * What of a run's ledgers is a fault: deeds that are (a deed's definition says so), and requests for which a service's fault made a
 * difference. Everything else that was done is told beside it and not counted.
 */
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import { isFault } from '../../simulator/script/deed.ts'
import type { History } from './history.ts'

type Counts = Map<string, number>

type Done = Pick<History, 'deeds' | 'sprung'>

export const waits = (name: string): boolean => DEEDS.get(name.split(' ')[0] ?? '')?.waits === true

/** Deeds by name, as often as they came to something: what waits for a moment, as often as that came. */
function cameTo({ deeds, sprung }: Done): [string, number][] {
  return [...deeds].map(([name, count]) => [name, waits(name) ? (sprung.get(name) ?? 0) : count])
}

export const faultDeeds = (done: Done): Counts => new Map(cameTo(done).filter(([name]) => isFault(name, DEEDS)))

/** What was done besides: tenants' everyday work, what people said, what mended, what announced a deed that is counted by itself. */
export const otherDeeds = (done: Done): Counts => new Map(cameTo(done).filter(([name]) => !isFault(name, DEEDS)))

export const sum = (counts: Counts): number => [...counts.values()].reduce((all, count) => all + count, 0)

/** How many faults there were: one for each deed that is one, and one for each request that went otherwise because of a service's. */
export const faultsOf = (done: Done & Pick<History, 'met'>): number => sum(faultDeeds(done)) + sum(done.met)
