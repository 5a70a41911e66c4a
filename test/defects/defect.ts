/** What a planted defect is. */
import type { PromiseId } from '../../src/simulator/promises.ts'

/** `find` stands in the file exactly once. */
export type Edit = { file: string; find: string; replace: string }

export type Defect = {
  name: string
  /** Whose mistake it is made after, or what an edit like it would be called in a review. */
  imitates: string
  /** The promises that it may break first; a breach of another one is a judge who looks at the wrong thing. */
  breaks: readonly PromiseId[]
  /** So many histories at most until one is broken. */
  seeds: number
  /** What it takes is rare: these lines are performed each minute of every storm besides what the seed draws. */
  often?: readonly string[]
  /** Virtual minutes of storm, an hour unless said; after 0 there is the last lull alone, in which so little fails besides that what is shared shows. */
  stormMinutes?: number
  edits: readonly Edit[]
  /** Made as well, because something else would hide it: a second gate, or what the seeds draw too seldom. Alone they must break nothing. */
  beside?: readonly Edit[]
}
