/**
 * Where a kill met the daemon, told from what was left behind: intents without an outcome in its database, and which of their requests had
 * reached the cloud. Pure; nothing is read here.
 */

/** From the least to the most delicate; where several acts were interrupted at once, the most delicate one names the kill. */
export const PLACES = [
  'starting, before its first poll',
  'idle',
  'observing a node',
  'in the middle of writing a commit',
  'between commit and first request',
  'mark on its way',
  'act on its way',
  'between answer and record',
  'between mark and verb',
] as const
export type Place = (typeof PLACES)[number]

/** A changing request of this life, epoch ms. */
export type Step = { intentId: string; isMark: boolean; left: number; answeredAt: number | null }

export type Left = {
  killedAt: number
  /** Ids of intents that this life made and no outcome was recorded of. */
  unsettled: readonly string[]
  steps: readonly Step[]
  halfWritten: boolean
  hasPolled: boolean
  /** Reads without an answer at the time. */
  reading: number
}

/** Where each interrupted act was. */
export const interrupted = (left: Left): Place[] => left.unsettled.map((id) => placeOfIntent(id, left))

export function placeOf(left: Left): Place {
  const found = [...interrupted(left), ...(left.halfWritten ? [PLACES[3]] : [])]
  const most = PLACES.findLast((place) => found.includes(place))
  if (most !== undefined) return most
  if (!left.hasPolled) return PLACES[0]
  return left.reading > 0 ? PLACES[2] : PLACES[1]
}

function placeOfIntent(id: string, { steps, killedAt }: Left): Place {
  const last = steps.findLast((step) => step.intentId === id && step.left <= killedAt)
  if (last === undefined) return 'between commit and first request'
  const isAnswered = last.answeredAt !== null && last.answeredAt <= killedAt
  if (last.isMark) return isAnswered ? 'between mark and verb' : 'mark on its way'
  return isAnswered ? 'between answer and record' : 'act on its way'
}
