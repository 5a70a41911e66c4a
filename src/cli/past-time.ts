/**
 * `--since`: how long ago, as 30d, or a point in time, as 2026-11-01T03:00:00Z. It reads no clock.
 */
import { milliseconds } from '../config-schema.ts'
import { parseTime } from '../core/when.ts'
import { UsageError } from './usage-error.ts'

/** Epoch ms. Throws UsageError. */
export function pastTime(text: string, now: number): number {
  const ago = milliseconds(text)
  if (!Number.isNaN(ago)) return now - ago
  // A date alone is its midnight, in UTC like every time of ours.
  const at = parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text)
  if (at !== null) return at
  throw new UsageError({
    what: 'usage',
    message: `${JSON.stringify(text)} is neither a span nor a time.`,
    fix: 'Write --since 30d, or --since 2026-11-01.',
  })
}
