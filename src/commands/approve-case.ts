/**
 * A person's yes or no to the one act that a case waits for. Either names act, cause, attempt and what the node looked like. A yes works once
 * within 24 h, and opens only the gate of the mode: everything else is asked again when the node is next looked at. A no takes back a yes, is
 * in force while the case is open, and is over as soon as one of the four is another.
 */
import type { Attempt, Memory } from '../core/case.ts'
import type { Act } from '../core/decision.ts'
import { countAttempts, isSpent } from '../core/marks.ts'
import type { ObservedNode } from '../core/observation.ts'
import type { Policy } from '../core/policy.ts'
import type { CaseView } from '../store/case-row.ts'
import type { Store } from '../store/store.ts'
import type { AnsweredAct } from '../store/words.ts'
import { CommandError } from './command-error.ts'
import type { Spoken } from './words.ts'

type Yes = { caseId: string; by: string; why: string; policyOf: (cloud: string) => Policy }

/** Throws CommandError where there is no such open case, or it waits for nobody's yes. A no may be taken back by a yes. */
export async function approveCase(store: Store, yes: Yes): Promise<Spoken> {
  const { openCase, what } = await askedOf(store, yes, ['needs-approval', 'rejected'])
  const { cloud, uuid, name } = openCase
  const before = (await store.wordsOn(openCase)).approval
  if (before?.why === yes.why && isSame(before, what)) {
    const message = `Already approved by ${before.by}: ${what.act} of ${name ?? uuid} (${before.why}).`
    return { changed: false, message, cloud, uuid, name }
  }
  if (!(await store.approve(openCase.id, { ...what, by: yes.by, why: yes.why }))) throw nothingToAnswer(openCase)
  const message = `Approved: ${what.act} of ${name ?? uuid} (${what.cause}), once within 24 h, if nothing has changed by then.`
  return { changed: true, message, cloud, uuid, name }
}

/** As approveCase, and for a case whose yes is not used yet: that is taken back. */
export async function rejectCase(store: Store, no: Yes): Promise<Spoken> {
  const { openCase, what } = await askedOf(store, no, ['needs-approval', 'rejected'])
  const { cloud, uuid, name } = openCase
  const before = (await store.wordsOn(openCase)).rejection
  if (before?.why === no.why && isSame(before, what)) {
    const message = `Already rejected by ${before.by}: ${what.act} of ${name ?? uuid} (${before.why}).`
    return { changed: false, message, cloud, uuid, name }
  }
  if (!(await store.reject(openCase.id, { ...what, by: no.by, why: no.why }))) throw nothingToAnswer(openCase)
  const message = `Rejected: ${what.act} of ${name ?? uuid} (${what.cause}). It is not asked again until act, cause, attempt or node is another.`
  return { changed: true, message, cloud, uuid, name }
}

/** What the case asks, exactly. Throws CommandError. */
async function askedOf(
  store: Store,
  { caseId, policyOf }: Yes,
  reasons: readonly string[],
): Promise<{ openCase: CaseView; what: AnsweredAct }> {
  const openCase = await waitingCase(store, caseId, reasons)
  const { decision, diagnosis, cloud, memory } = openCase
  const act = decision?.act ?? null
  const seen = (await store.lastObservation(openCase))?.observation.node
  if (act === null || diagnosis === null || seen?.kind !== 'known') throw nothingToAnswer(openCase)
  const attempts = await store.attempts(openCase)
  const counted = { act, node: seen.value, attempts, memory, policy: policyOf(cloud), caseId: openCase.id, now: await store.now() }
  return { openCase, what: { act, cause: diagnosis.cause, number: numberOf(counted), digest: seen.value.digest } }
}

const isSame = (a: AnsweredAct, b: AnsweredAct): boolean =>
  a.act === b.act && a.cause === b.cause && a.number === b.number && a.digest === b.digest

async function waitingCase(store: Store, id: string, reasons: readonly string[]): Promise<CaseView> {
  const found = await store.caseById(id)
  if (found === null) {
    const [node, ...others] = await store.findNodes(null, id)
    const caseOfNode = node === undefined || others.length > 0 ? null : await store.caseOf(node)
    const fix = caseOfNode?.closedAt === null ? `The case of that node is ${caseOfNode.id}.` : 'See `anneal cases`.'
    throw new CommandError('not-found', { what: id, message: 'There is no case of this id.', fix })
  }
  if (found.closedAt === null && reasons.includes(found.decision?.reason ?? '')) return found
  throw nothingToAnswer(found)
}

function nothingToAnswer(found: CaseView): CommandError {
  const how =
    found.closedAt !== null
      ? `It is closed (${found.result}).`
      : `It does not wait for approval: ${found.decision?.message ?? 'not decided yet.'}`
  return new CommandError('conflict', { what: found.id, message: how, fix: `See \`anneal explain ${found.name ?? found.uuid}\`.` })
}

type Counted = { act: Act; node: ObservedNode; attempts: Attempt[]; memory: Memory; policy: Policy; caseId: string; now: number }

/** Which attempt the act would be, counted as decide counts it; the second step of a recovery has the number of the first. */
function numberOf({ act, node, attempts, memory, policy, caseId, now }: Counted): number {
  if (act !== 'reset' && act !== 'recover-cleaning') return 0
  const first = attempts.find((attempt) => attempt.caseId === caseId && attempt.act === 'recover-cleaning' && isSpent(attempt))
  if (act === 'recover-cleaning' && node.provision_state === 'manageable' && first !== undefined) return first.number
  return countAttempts({ marks: node.marks, attempts, memory, policy, now }).spent + 1
}
