/** One history for a reader, a line a moment. Passes that decided what the one before had decided are left out. */
import type { TraceEntry } from './trace.ts'

/** @param began epoch ms; times are printed from it */
export function timelineText(entries: readonly TraceEntry[], began: number): string {
  return entries.map((moment) => `${clock(moment.at - began)}  ${(moment.node ?? '').padEnd(10)} ${saidOf(moment)}`.trimEnd()).join('\n')
}

/** `1:02:03.456` from the beginning. */
function clock(ms: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const seconds = Math.floor(ms / 1_000)
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(ms % 1_000).padStart(3, '0')}`
}

function saidOf(moment: TraceEntry): string {
  switch (moment.kind) {
    case 'state':
      return `is ${moment.state}${moment.maintenance === 'nobody' ? '' : `, in maintenance (${moment.maintenance})`}`
    case 'deed':
      return `! ${moment.text}`
    case 'decision':
      return `? ${moment.says}: ${moment.message}`
    case 'request':
      return `> ${moment.step}: ${moment.status}${moment.effect === null ? '' : `, ${moment.effect}`}`
    case 'breach':
      return `BROKEN ${moment.promise}: ${moment.what}`
    default:
      return moment satisfies never
  }
}
