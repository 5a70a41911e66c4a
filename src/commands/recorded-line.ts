/**
 * A recorded decision as one line of JSON and back. A line that cannot be understood becomes a sentence that says what is wrong with it;
 * nothing of what it holds is guessed.
 */
import { z } from 'zod'
import type { Recorded } from '../core/recorded.ts'
import { timeText } from '../core/when.ts'
import type { KeptDecision } from '../store/observations.ts'
import { RECORDED_VERSION, recordedSchema } from './recorded-schema.ts'

export type RecordedLine = { case: string | null; recorded: Recorded }

/** The line, without its end. */
export const lineOfRecorded = (line: RecordedLine): string => JSON.stringify(fieldsOf(line))

function fieldsOf({ case: id, recorded }: RecordedLine) {
  const { now, cause, decision, observation, grounds, policy } = recorded
  return { version: RECORDED_VERSION, at: timeText(now), case: id, cause, decision, observation, grounds, policy }
}

/** What the line records, or what is wrong with it, as a sentence without a full stop. */
export function readRecordedLine(line: string): RecordedLine | string {
  const value = jsonOf(line)
  const head = headSchema.safeParse(value)
  if (!head.success) return 'it is not a JSON object with a version'
  const { version } = head.data
  if (version !== RECORDED_VERSION) return `its format has version ${version}, and this anneal reads version ${RECORDED_VERSION}`
  return checked(value)
}

/** The same of what a database kept: a backup may come from another version. */
export const readKeptDecision = ({ caseId, recorded }: KeptDecision & { recorded: Recorded }): RecordedLine | string =>
  checked(fieldsOf({ case: caseId, recorded }))

const headSchema = z.object({ version: z.number() })

function checked(value: unknown): RecordedLine | string {
  const parsed = recordedSchema.safeParse(value)
  if (!parsed.success) return wrong(parsed.error.issues[0])
  const { version: _version, at, case: id, ...rest } = parsed.data
  return { case: id, recorded: { now: Date.parse(at), ...rest } }
}

function wrong(issue: z.core.$ZodIssue | undefined): string {
  const at = (path: readonly PropertyKey[]): string => path.map(String).join('.')
  if (issue?.code === 'unrecognized_keys')
    return `it has a field that this anneal does not know: ${at([...issue.path, issue.keys[0] ?? ''])}`
  return `${at(issue?.path ?? [])} is missing or is not what it must be`
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // JSON.parse answers by throwing; undefined is what no JSON text means.
    return undefined
  }
}
