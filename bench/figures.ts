/**
 * Figures as rows of a table: what each is, its value at each size, how it grows from size to size, and whether it reaches what it should
 * (design, figures). It judges only by the numbers it is given; which figures there are is rows.ts and rows-dashboard.ts.
 */

/** `curve`: the values as numbers, where they are drawn as a curve, too. */
export type Row = {
  what: string
  values: string[]
  growth: string
  reach: string
  notes: readonly string[]
  curve: readonly (number | null)[] | null
}

export type Section = { title: string; rows: Row[] }

/** `at`: the size that the figure is promised for; null: whatever the size, so the largest one counts. */
type Goal = { at: number | null; most: number; text: string }
export type Figure<Measured> = {
  what: string
  of: (m: Measured) => number | null
  text: (value: number) => string
  goal?: Goal
  /** Drawn as a curve over the sizes. */
  isDrawn?: boolean
  notes: readonly string[]
}
export type Figures<Measured> = Record<string, readonly Figure<Measured>[]>

type Sized = { size: number }

export const sectionsOf = <Measured extends Sized>(figures: Figures<Measured>, measured: readonly Measured[]): Section[] =>
  Object.entries(figures).map(([title, of]) => ({ title, rows: of.map((figure) => rowOf(figure, measured)) }))

function rowOf<Measured extends Sized>({ what, of, text, goal, isDrawn, notes }: Figure<Measured>, measured: readonly Measured[]): Row {
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
    curve: isDrawn === true ? values : null,
  }
}

function growth(before: number | null, value: number | null): string {
  if (before === null || value === null || before === 0) return '–'
  const times = value / before
  return `×${times < 10 ? times.toFixed(1) : times.toFixed(0)}`
}

function verdict<Measured extends Sized>(goal: Goal, measured: readonly Measured[], of: Figure<Measured>['of']): string {
  const at = goal.at === null ? measured.findLast((m) => of(m) !== null) : measured.find(({ size }) => size === goal.at)
  const value = at === undefined ? null : of(at)
  if (value === null) return 'not measured'
  if (value <= goal.most) return 'reached'
  return goal.most === 0 ? 'missed' : `missed ×${(value / goal.most).toFixed(1)}`
}

export const bytesText = (value: number): string => {
  if (value < 1_000) return `${value.toFixed(0)} B`
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)} kB` : `${(value / 1_000_000).toFixed(1)} MB`
}
export const msText = (value: number): string =>
  value < 1_000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1_000).toFixed(2)} s`
export const countText = (value: number): string => value.toFixed(0)
