/**
 * A reading is one fact that an observation asked for. Unknown is a value with a reason and is never read as healthy;
 * absent means that there is nothing to ask at this cloud (no such service, API too old), which is said, not assumed.
 */
export type Reading<T> = { kind: 'known'; value: T } | { kind: 'unknown'; reason: string } | { kind: 'absent'; reason: string }

export const known = <T>(value: T): Reading<T> => ({ kind: 'known', value })
export const unknown = (reason: string): { kind: 'unknown'; reason: string } => ({ kind: 'unknown', reason })
export const absent = (reason: string): { kind: 'absent'; reason: string } => ({ kind: 'absent', reason })

/** The value where it is known, else the fallback the caller names: use it only where unknown and the fallback lead to the same place. */
export const valueOr = <T>(reading: Reading<T>, fallback: T): T => (reading.kind === 'known' ? reading.value : fallback)
