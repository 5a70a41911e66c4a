/**
 * How commands print: JSON as it is, times as a person reads them. No command formats these on its own.
 */
import type { NodeReport } from '../commands/node-report.ts'
import { spanText } from '../core/when.ts'
import type { Io } from './io.ts'
import type { Colour } from './paint.ts'

export const printJson = (io: Io, value: unknown): void => void io.out.write(`${JSON.stringify(value, null, 2)}\n`)

/** "in 2 min", "5 min ago", "now"; '-' for none. `text` is RFC 3339. */
export function relative(text: string | null, now: number): string {
  if (text === null) return '-'
  const ms = Date.parse(text) - now
  if (Math.abs(ms) < 1_000) return 'now'
  return ms > 0 ? `in ${spanText(ms)}` : `${spanText(-ms)} ago`
}

/** When a node is looked at next: '-' never, 'due' where that time has come. */
export const nextLook = (until: string | null, now: number): string =>
  until !== null && Date.parse(until) <= now ? 'due' : relative(until, now)

/** What is being done, in as few words as tell kinds and reasons apart. */
export const verdictOf = ({ decision }: Pick<NodeReport, 'decision'>): string => {
  if (decision === null) return '-'
  const act = decision.kind === 'act' ? ` ${decision.act}` : ''
  return `${decision.kind}${act}: ${decision.reason}`
}

export function colourOf({ decision }: Pick<NodeReport, 'decision'>): Colour | null {
  switch (decision?.kind) {
    case 'escalate':
      return 'red'
    case 'leave':
      return 'yellow'
    case 'act':
      return 'cyan'
    case 'resolve':
      return 'green'
    default:
      return null
  }
}
