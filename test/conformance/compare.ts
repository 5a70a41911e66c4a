/**
 * Holds two places' findings against each other, value by value. Times agree by order of magnitude; everything else is equal or it is
 * a difference, and a difference is either in differences.ts with its reason or a defect of the simulator.
 */
import { isFields } from './look.ts'
import type { Findings } from './site.ts'

/** `at`: where in the finding, `node.last_error`; '' is the whole of it. */
export type Difference = { case: string; at: string; lab: unknown; simulator: unknown }

export type Listed = {
  case: string | RegExp
  /** Where in the finding; without it anywhere. */
  at?: RegExp
  why: string
}

/** Anything faster than this is at once: both machines and a virtual clock have their own small delays. */
const AT_ONCE_S = 1.5

/** Less than an order of magnitude: a lab on two busy cores was three times slower than on idle ones. */
const TIMES = 5

/** Every place where the findings do not agree; a case that one of them lacks is one too. */
export function differencesOf(lab: Findings, simulator: Findings): Difference[] {
  const cases = [...new Set([...Object.keys(lab), ...Object.keys(simulator)])]
  return cases.flatMap((name) => unequal('', lab[name], simulator[name]).map((one) => ({ case: name, ...one })))
}

type Unequal = Omit<Difference, 'case'>

function unequal(at: string, lab: unknown, simulator: unknown): Unequal[] {
  if (isTime(lab) && isTime(simulator)) return agree(lab.seconds, simulator.seconds) ? [] : [{ at, lab, simulator }]
  if (Array.isArray(lab) && Array.isArray(simulator) && lab.length === simulator.length) {
    return lab.flatMap((one, index) => unequal(step(at, String(index)), one, simulator[index]))
  }
  if (isFields(lab) && isFields(simulator)) {
    const keys = [...new Set([...Object.keys(lab), ...Object.keys(simulator)])]
    return keys.flatMap((key) => unequal(step(at, key), lab[key], simulator[key]))
  }
  return JSON.stringify(lab) === JSON.stringify(simulator) ? [] : [{ at, lab, simulator }]
}

const step = (at: string, key: string) => (at === '' ? key : `${at}.${key}`)

const isTime = (value: unknown): value is { seconds: number } =>
  isFields(value) && typeof value['seconds'] === 'number' && Object.keys(value).length === 1

const agree = (a: number, b: number): boolean => Math.max(a, b, AT_ONCE_S) / Math.max(Math.min(a, b), AT_ONCE_S) <= TIMES

export const isListed = (listed: Listed, difference: Difference): boolean =>
  (typeof listed.case === 'string' ? listed.case === difference.case : listed.case.test(difference.case)) &&
  (listed.at === undefined || listed.at.test(difference.at))

/** One line a case: what each place found, and same, listed or DIFFERENT. */
export function table(findings: { lab: Findings; simulator: Findings }, listed: readonly Listed[]): string {
  const all = differencesOf(findings.lab, findings.simulator)
  const verdict = (name: string): string => {
    const own = all.filter((one) => one.case === name)
    if (own.length === 0) return 'same'
    return own.every((one) => listed.some((entry) => isListed(entry, one))) ? 'listed' : 'DIFFERENT'
  }
  const names = [...new Set([...Object.keys(findings.lab), ...Object.keys(findings.simulator)])]
  const rows = names.map((name) => [name, brief(findings.lab[name]), brief(findings.simulator[name]), verdict(name)])
  return [['case', 'lab', 'simulator', 'verdict'], ...rows]
    .map(([name = '', lab = '', simulator = '', word = '']) => `${cut(name, 58)}  ${cut(lab, 44)}  ${cut(simulator, 44)}  ${word}`)
    .join('\n')
}

const brief = (finding: unknown): string => (finding === undefined ? '-' : JSON.stringify(finding))

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width))

/** A difference in full, for the one who has to mend it. */
export const told = (one: Difference): string =>
  `${one.case}${one.at === '' ? '' : ` · ${one.at}`}\n    lab       ${brief(one.lab)}\n    simulator ${brief(one.simulator)}`
