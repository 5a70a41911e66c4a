/**
 * Times as a person reads them, each with its whole date and zone at hand: how long ago, how long until, when. By the daemon's clock.
 */
import { useNow } from '../api/server-time.ts'

const STEPS: readonly [ms: number, unit: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
]

/** The two largest parts: 1 h 05 min, 42 s. */
export function spanOf(ms: number): string {
  const at = STEPS.findIndex(([size]) => ms >= size)
  const step = STEPS[at]
  if (step === undefined) return '0 s'
  const below = STEPS[at + 1]
  const whole = Math.floor(ms / step[0])
  const rest = below === undefined ? 0 : Math.floor((ms % step[0]) / below[0])
  return rest === 0 || below === undefined ? `${whole} ${step[1]}` : `${whole} ${step[1]} ${rest} ${below[1]}`
}

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
export const ZONE = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' })
  .formatToParts(0)
  .find(({ type }) => type === 'timeZoneName')?.value

const titleOf = (at: string): string => `${FULL.format(Date.parse(at))} · ${at}`

export function Ago({ at }: { at: string | null }) {
  const now = useNow()
  if (at === null) return <span className="soft">–</span>
  return (
    <time dateTime={at} title={titleOf(at)}>
      {spanOf(Math.max(0, now - Date.parse(at)))}
    </time>
  )
}

/** The next look: how long until, or that it is due. */
export function Until({ at }: { at: string | null }) {
  const now = useNow()
  if (at === null) return <span className="soft">none</span>
  const left = Date.parse(at) - now
  return (
    <time dateTime={at} title={titleOf(at)} className={left <= 0 ? 'due' : 'countdown'}>
      {left <= 0 ? 'now' : `in ${spanOf(left)}`}
    </time>
  )
}

export function When({ at, withDay = true }: { at: string | null; withDay?: boolean }) {
  if (at === null) return <span className="soft">–</span>
  const ms = Date.parse(at)
  return (
    <time dateTime={at} title={titleOf(at)}>
      {withDay ? `${DAY.format(ms)}, ` : ''}
      {CLOCK.format(ms)} <span className="zone">{ZONE}</span>
    </time>
  )
}
