/**
 * A node's history as Ironic writes it. History is the truth about why a node failed: newer Ironic erases last_error while the
 * node still sits in `error`.
 */
import { z } from 'zod'
import { isRedacted } from '../core/ironic.ts'
import type { HistoryEvent } from '../core/observation.ts'
import { known, type Reading, unknown } from '../core/reading.ts'
import { parseTime } from '../core/when.ts'

const text = z.string().nullish()

export const historySchema = z.object({
  history: z.array(
    z.looseObject({ uuid: z.string(), created_at: z.string(), severity: text, event_type: text, event: text, conductor: text }),
  ),
})

/** Newest first; Ironic's own order is oldest first, and not every release lets one ask for the other. */
export function historyIn(body: z.infer<typeof historySchema>): Reading<HistoryEvent[]> {
  if (body.history.some((event) => isRedacted(event.event))) return unknown('redacted: Ironic withholds the texts of the node history')
  const events = body.history.map(({ uuid, created_at, severity, event_type, event, conductor }) => ({
    uuid,
    created_at,
    severity: severity ?? null,
    event_type: event_type ?? null,
    event: event ?? '',
    conductor: conductor ?? null,
  }))
  const at = (event: HistoryEvent) => parseTime(event.created_at) ?? 0
  // Two events of one failure can lie within one millisecond; their texts tell microseconds apart.
  return known(events.toSorted((a, b) => at(b) - at(a) || (a.created_at < b.created_at ? 1 : -1)))
}
