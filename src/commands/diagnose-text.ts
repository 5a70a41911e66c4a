/**
 * Error text in, cause out: the first reading that a node's case begins with, without any cloud or database. What evidence would make
 * of it is not known here.
 */
import { z } from 'zod'
import { readText, type TextReading } from '../core/read-text.ts'

export type TextToRead = { text: string; provision_state: string; driver: string }

/** A node that failed a tear-down, by a driver most have: what an error text is when nothing more is said of it. */
export const USUAL_NODE = { provision_state: 'error', driver: 'ipmi' } as const

export const diagnoseText = (given: TextToRead): TextReading => readText(given)

const lineSchema = z.object({
  id: z.union([z.string(), z.number()], { error: 'id is missing or is neither a text nor a number' }),
  text: z.string({ error: 'text is missing or is not a text' }),
  provision_state: z.string({ error: 'provision_state is not a text' }).nullish(),
  driver: z.string({ error: 'driver is not a text' }).nullish(),
})

export type DiagnosedLine = { id: string | number; cause: TextReading['cause']; transient: TextReading['transient']; signature: string }

/** One line of `diagnose --jsonl`, or the sentence that says what is wrong with it. `usual` fills in what the line leaves out. */
export function diagnoseLine(line: string, usual: Omit<TextToRead, 'text'>): DiagnosedLine | string {
  const parsed = lineSchema.safeParse(jsonOf(line))
  if (!parsed.success)
    return parsed.error.issues[0]?.path.length === 0 ? 'it is not a JSON object' : (parsed.error.issues[0]?.message ?? 'it is malformed')
  const { id, text, provision_state, driver } = parsed.data
  const { cause, transient, signature } = diagnoseText({
    text,
    provision_state: provision_state ?? usual.provision_state,
    driver: driver ?? usual.driver,
  })
  return { id, cause, transient, signature }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // JSON.parse answers by throwing; undefined is what no JSON text means.
    return undefined
  }
}
