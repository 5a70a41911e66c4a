/**
 * How lists are asked for: `limit`, and `marker`, the opaque end of the page before as its `next` gave it. Unknown parameters are refused:
 * a misspelt filter must not look like an answer.
 */
import { z } from 'zod'
import { CAUSES, REASONS } from '../core/decision.ts'
import { HttpRefusal } from './refusal.ts'

const LIMIT_MAX = 500

export const cloudName = z.string().min(1).max(255)
export const cause = z.enum(CAUSES)
export const reason = z.enum(REASONS)
export const kind = z.enum(['act', 'wait', 'leave', 'escalate', 'resolve'])
export const yesOrNo = z.enum(['true', 'false'])
export const isTrue = (given: z.infer<typeof yesOrNo> | undefined): boolean => given === 'true'

export const paged = {
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(100).meta({ description: 'Items on a page' }),
  marker: z.string().max(2_000).optional().meta({ description: '`next` of the page before' }),
}

export const next = z.string().nullable().meta({ description: 'marker of the next page; null: there is none' })

/** A mark as text that nobody takes apart. */
export const markerOf = (mark: unknown): string | null =>
  mark === null ? null : Buffer.from(JSON.stringify(mark), 'utf8').toString('base64url')

/** The mark that a marker stands for; null for none. Throws HttpRefusal for a marker that no page gave. */
export function markIn<T>(marker: string | undefined, shape: z.ZodType<T>): T | null {
  if (marker === undefined) return null
  const parsed = shape.safeParse(jsonIn(marker))
  if (parsed.success) return parsed.data
  throw noMarker()
}

export const noMarker = (): HttpRefusal =>
  new HttpRefusal(400, {
    what: 'query marker',
    message: 'No page of this list ended so.',
    fix: 'Take `next` of a page, with the same sort.',
  })

function jsonIn(marker: string): unknown {
  try {
    return JSON.parse(Buffer.from(marker, 'base64url').toString('utf8'))
  } catch {
    // Knows: what is no JSON is no marker of ours, and no shape fits it.
    return undefined
  }
}

/** Only what was given: our filters tell "not asked" from "asked for nothing" by the key. */
export function given<T extends object>(wish: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
