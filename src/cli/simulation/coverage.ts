/**
 * What a simulation has reached and what it has not: every reason, every row of the decision table, every kind of deed and of a service's
 * fault. What was not reached was not put to the test, and the run says so.
 */
import { REASONS } from '../../core/decision.ts'
import { FAULT_KINDS, ONLY_IRONIC } from '../../simulator/faults.ts'
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import { ALL_SERVICES } from '../../simulator/world.ts'
import { ROW_NUMBERS } from './rows.ts'

export type Counted = { decisions: Map<string, number>; rows: Map<number, number>; deeds: Map<string, number>; met: Map<string, number> }

export type Coverage = { what: string; reached: number; of: number; missing: string[] }

export function coverageOf({ decisions, rows, deeds, met }: Counted): Coverage[] {
  const reasons = new Set([...decisions.keys()].map((name) => name.split(' ')[1]))
  const verbs = new Set([...deeds.keys()].map((name) => name.split(' ')[0]))
  const faults = ALL_SERVICES.flatMap((service) =>
    FAULT_KINDS.filter((kind) => service === 'ironic' || !ONLY_IRONIC.includes(kind)).map((kind) => `${service} ${kind}`),
  )
  return [
    covered('reasons', REASONS, (reason) => reasons.has(reason)),
    covered('rows of the decision table', ROW_NUMBERS.map(String), (row) => rows.has(Number(row))),
    covered('deeds', [...DEEDS.keys()], (verb) => verbs.has(verb)),
    covered('faults of services', faults, (fault) => met.has(fault)),
  ]
}

function covered(what: string, all: readonly string[], isReached: (one: string) => boolean): Coverage {
  const missing = all.filter((one) => !isReached(one))
  return { what, reached: all.length - missing.length, of: all.length, missing }
}
