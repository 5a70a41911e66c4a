/**
 * Times as text and as numbers: OpenStack's timestamps in, RFC 3339 out, spans as people say them. No clock is read here.
 */
import { DAY, HOUR, MINUTE, SECOND } from './policy.ts'

/**
 * Epoch ms of a timestamp as OpenStack and the older scripts write it; null where it is none. Without a zone it is UTC
 * (Nova, Blazar and Python's isoformat leave the zone out).
 */
export function parseTime(text: string | null): number | null {
  if (text === null) return null
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-]\d{2}:?\d{2})?$/.exec(text.trim())
  if (match === null) return null
  const at = Date.parse(`${match[1]}T${match[2]}${match[3] ?? 'Z'}`)
  return Number.isNaN(at) ? null : at
}

/** RFC 3339 with Z and milliseconds. */
export const timeText = (at: number): string => new Date(at).toISOString()

/** "45 s", "2 min", "3 h 10 min", "2 d 4 h". */
export function spanText(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / SECOND))} s`
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`
  if (ms < DAY) return pair(ms, HOUR, 'h', MINUTE, 'min')
  return pair(ms, DAY, 'd', HOUR, 'h')
}

function pair(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small)
  return `${Math.floor(ms / big)} ${bigName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`
}
