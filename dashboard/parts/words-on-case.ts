/**
 * The words that are said on a case or an incident by its id, each with what it does in a sentence. When one can be meant is each page's own.
 */
import { casePathOf, incidentPathOf } from '../api/queries.ts'
import type { Word } from './word.tsx'

export const approveWord = (id: string, act: string | null | undefined): Word => ({
  label: 'Approve',
  does: `Says yes to ${act ?? 'the act'}, once, within 24 h, and only while what it was decided on stays as it is.`,
  path: `${casePathOf(id)}/approve`,
})

export const rejectWord = (id: string, act: string | null | undefined): Word => ({
  label: 'Reject',
  does: `Says no to ${act ?? 'the act'}: it is not asked again until act, cause, attempt or the node itself is another.`,
  path: `${casePathOf(id)}/reject`,
})

export const acknowledgeCaseWord = (id: string): Word => ({
  label: 'Acknowledge',
  does: 'Says that you have seen it: nobody is told of it again, and no exit code asks for a person, until it changes. Nothing is decided by it.',
  path: `${casePathOf(id)}/acknowledge`,
})

export const acknowledgeIncidentWord = (id: string): Word => ({
  label: 'Acknowledge',
  does: 'Says that you have seen it: nobody is told of it again until a node joins or leaves it. Nothing is decided by it.',
  path: `${incidentPathOf(id)}/acknowledge`,
})
