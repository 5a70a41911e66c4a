/** What earlier resets of this node came to: the pattern over time, and what the last one changed. */
import { readText } from './read-text.ts'
import { type Draft, failedResets, isSameTrouble, notOver, shorten, type Weighed } from './weighing.ts'
import { spanText, timeText } from './when.ts'

/** The same cause on one node this often is the runbook's IPMI interface failure, whatever each single text said. */
const PATTERN = 3

export function weighPattern(draft: Draft, weighed: Weighed): void {
  const { policy, now } = weighed
  const { window } = policy.resets
  const since = window === 'lifetime' ? 0 : now - window
  const failed = failedResets(weighed).filter((a) => a.createdAt >= since && isSameTrouble(a.cause, draft.cause))
  if (failed.length < PATTERN) return
  const within = window === 'lifetime' ? '' : ` within ${spanText(window)}`
  notOver(draft)
  draft.evidence.push(`The same cause came back after ${failed.length} resets${within}.`)
  draft.transient = 'no'
  if (draft.cause === 'bmc-unreachable') draft.cause = 'bmc-fault'
}

/** It changes no cause: the next failure spoke for itself, and here the two are only compared. */
export function weighLastReset(draft: Draft, weighed: Weighed): void {
  const { memory } = weighed
  const [last] = failedResets(weighed)
  if (last === undefined || (memory.failure?.at ?? 0) < last.createdAt) return
  const reset = `Reset ${last.number} at ${timeText(last.createdAt)}`
  if (!isSameTrouble(last.cause, draft.cause)) {
    draft.against.push(
      `${reset} was made for another cause, ${last.cause}: either that is gone and this came after it, or one of the two readings is wrong.`,
    )
    return
  }
  const { earlier } = memory
  const same = earlier !== undefined && memory.text !== null && readText(earlier).signature === draft.signature
  const before = earlier === undefined || same ? '' : `; before it Ironic said: "${shorten(earlier.text, 120)}"`
  draft.evidence.push(`${reset} changed nothing: the same cause came back${same ? ' with the same kind of text' : ''}${before}.`)
}
