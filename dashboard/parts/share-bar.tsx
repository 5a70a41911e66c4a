/**
 * The fleet in one line and one bar: which share of it users have or can launch on, and what the rest is.
 */
import type { FleetSum } from '../api/answers.ts'
import { countsOf, ORDER, STANDINGS, type Standing } from '../standing.ts'

const FINE: readonly Standing[] = ['used', 'free', 'work', 'left', 'wait', 'person']

export function shareText(usable: number, all: number): string {
  if (all === 0) return '–'
  // 99.96 % must not look like all of them.
  return usable === all ? '100 %' : `${(Math.floor((usable / all) * 1_000) / 10).toFixed(1)} %`
}

export function ShareBar({ sums }: { sums: readonly FleetSum[] }) {
  const counts = countsOf(sums)
  const all = sums.reduce((sum, { count }) => sum + count, 0)
  const usable = counts.free + counts.used
  return (
    <div className="share">
      <p className="share-figure">
        <strong>{shareText(usable, all)}</strong> of {all.toLocaleString()} nodes serve users: {counts.used.toLocaleString()} in use,{' '}
        {counts.free.toLocaleString()} free to launch on
      </p>
      <div className="progress is-wide" aria-hidden="true">
        {FINE.filter((standing) => counts[standing] > 0).map((standing) => (
          <i key={standing} className={`is-${standing}`} style={{ flexGrow: counts[standing] }} />
        ))}
      </div>
      <ul className="legend">
        {ORDER.map((standing) => (
          <li key={standing} className={`stands is-${standing}`} title={STANDINGS[standing].means}>
            {STANDINGS[standing].label} <b>{counts[standing].toLocaleString()}</b>
          </li>
        ))}
      </ul>
    </div>
  )
}
