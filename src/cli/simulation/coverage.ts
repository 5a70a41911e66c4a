/**
 * What a simulation has reached and what it has not: every reason, every row of the decision table, every deed with each of its words, and
 * every kind of a service's fault. What was not reached was not put to the test, and the run says so.
 */
import { REASONS } from '../../core/decision.ts'
import { FAULT_KINDS, ONLY_IRONIC } from '../../simulator/faults.ts'
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import { STEPS_MAX } from '../../simulator/script/draws.ts'
import { ALL_SERVICES } from '../../simulator/world.ts'
import type { History } from './history.ts'
import { ROW_NUMBERS } from './rows.ts'

type Counted = Pick<History, 'decisions' | 'rows' | 'deeds' | 'sprung' | 'diedAt' | 'met'>

/** `missing`: of a group, its name and the word. */
export type Coverage = { what: string; reached: number; of: number; missing: string[]; groups: Group[] }

/** What goes under one name, as the modes of a BMC under `bmc`; of these only the groups of which something is missing. */
type Group = { name: string; of: number; missing: string[] }

/** Each verb and each of its words, as `bmc silent`; a verb without such words by itself. */
const DEED_ITEMS: readonly string[] = [...DEEDS].flatMap(([verb, { takes, options }]) => {
  const words = [...takes, ...options].flatMap(([, field]) => field.words ?? [])
  return words.length === 0 ? [verb] : words.map((word) => `${verb} ${word}`)
})

const FAULT_ITEMS: readonly string[] = ALL_SERVICES.flatMap((service) =>
  FAULT_KINDS.filter((kind) => service === 'ironic' || !ONLY_IRONIC.includes(kind)).map((kind) => `${service} ${kind}`),
)

const STEPS: readonly number[] = Array.from({ length: STEPS_MAX + 1 }, (_, step) => step)

export function coverageOf(counted: Counted): Coverage[] {
  const { decisions, rows, diedAt, met } = counted
  const reasons = new Set([...decisions.keys()].map((name) => name.split(' ')[1]))
  const deeds = reachedDeeds(counted)
  return [
    covered('reasons', REASONS, (reason) => reasons.has(reason)),
    covered('rows of the decision table', ROW_NUMBERS.map(String), (row) => rows.has(Number(row))),
    covered('deeds with each of their words', DEED_ITEMS, (item) => deeds.has(item)),
    covered('steps behind an intent at which a life died', STEPS.map(String), (step) => diedAt.has(Number(step))),
    covered('faults of services', FAULT_ITEMS, (fault) => met.has(fault)),
  ]
}

/** What waits for a moment is reached when that came: an ambush that was laid and never sprang has tested nothing. */
function reachedDeeds({ deeds, sprung }: Counted): Set<string> {
  const isDone = ([verb = '']: string[]): boolean => DEEDS.get(verb)?.waits !== true
  const names = [...[...deeds.keys()].map((name) => name.split(' ')).filter(isDone), ...[...sprung.keys()].map((name) => name.split(' '))]
  return new Set(names.flatMap(([verb = '', ...words]) => [verb, ...words.map((word) => `${verb} ${word}`)]))
}

function covered(what: string, all: readonly string[], isReached: (one: string) => boolean): Coverage {
  const missing = all.filter((one) => !isReached(one))
  const grouped = Map.groupBy(all, (one) => one.split(' ')[0] ?? one)
  const groups = [...grouped]
    .map(([name, items]) => ({ name, of: items.length, missing: items.filter((one) => !isReached(one)) }))
    .filter((group) => group.missing.length > 0)
  return { what, reached: all.length - missing.length, of: all.length, missing, groups }
}

/** One line, and below it one for each group of which something is missing: `bmc: 9 of 10 (not: hung)`. */
export function coverageLines({ what, reached, of, groups }: Coverage): string[] {
  const single = groups.filter((group) => group.of === 1)
  const not = single.length === 0 ? '' : `; not: ${single.flatMap(({ missing }) => missing).join(', ')}`
  return [`  ${reached} of ${of} ${what}${not}`, ...groups.filter((group) => group.of > 1).map((group) => `      ${groupText(group)}`)]
}

function groupText({ name, of, missing }: Group): string {
  if (missing.length === of) return `${name}: none of ${of}`
  return `${name}: ${of - missing.length} of ${of} (not: ${missing.map((one) => one.slice(name.length + 1)).join(', ')})`
}
