/**
 * How long nobody looked after what a lost replica had in hand, told from what reached the cloud: from its death or pause, or from when the
 * node was due where that is later, until another life read the node. Time in which the database was away counts for nobody.
 */

/** A request by which somebody looks: a poll (`uuid` null) or a read of one node. */
export type Look = { at: number; life: string; uuid: string | null }

/** A life that ended or stood still from `at` on, and what it held then. `until`: when it went on by itself; null where it did not. */
export type Loss = {
  life: string
  kind: 'kill' | 'pause'
  at: number
  until: number | null
  held: readonly { uuid: string; dueAt: number }[]
}

export type Span = { from: number; to: number }

/** `ms` null: until the end nobody did. `uuid` null: the poll. */
export type TakeOver = { loss: Loss; uuid: string | null; ms: number | null }

/** One for the poll and one for each node held, but for what the lost one itself came back to first. */
export function takeOversIn(losses: readonly Loss[], looks: readonly Look[], away: readonly Span[]): TakeOver[] {
  const inOrder = looks.toSorted((a, b) => a.at - b.at)
  return losses.flatMap((loss) => {
    const wanted = [{ uuid: null, dueAt: loss.at }, ...loss.held]
    return wanted.flatMap(({ uuid, dueAt }): TakeOver[] => {
      const from = Math.max(loss.at, dueAt)
      const first = inOrder.find((look) => look.uuid === uuid && look.at > loss.at && (look.life !== loss.life || isBack(loss, look.at)))
      if (first === undefined) return [{ loss, uuid, ms: null }]
      if (first.life === loss.life) return []
      return [{ loss, uuid, ms: Math.max(0, first.at - from - overlap({ from, to: first.at }, away)) }]
    })
  })
}

const isBack = ({ until }: Loss, at: number): boolean => until !== null && at >= until

/** How much of the span lies in any of the others; these do not overlap one another. */
export const overlap = ({ from, to }: Span, others: readonly Span[]): number =>
  others.reduce((sum, other) => sum + Math.max(0, Math.min(to, other.to) - Math.max(from, other.from)), 0)

/** Null of nothing. */
export function middleOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}
