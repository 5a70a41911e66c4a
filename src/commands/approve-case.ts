/**
 * A person's yes to the one act that a case waits for. The yes names act, cause, attempt and what the node looked like, works once
 * within 24 h, and opens only the gate of the mode: everything else is asked again when the node is next looked at.
 */
import type { Approval, Attempt, Memory } from '../core/case.ts'
import type { Act } from '../core/decision.ts'
import { countAttempts, isSpent } from '../core/marks.ts'
import type { ObservedNode } from '../core/observation.ts'
import type { Policy } from '../core/policy.ts'
import type { CaseView } from '../store/case-row.ts'
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'
import type { Spoken } from './words.ts'

type Yes = { caseId: string; by: string; why: string; policyOf: (cloud: string) => Policy }

/** Throws CommandError where there is no such open case, or it waits for nobody's yes. */
export async function approveCase(store: Store, yes: Yes): Promise<Spoken> {
  const openCase = await waitingCase(store, yes.caseId)
  const { decision, diagnosis, cloud, uuid, name, memory } = openCase
  const act = decision?.act ?? null
  const seen = (await store.lastObservation(openCase))?.observation.node
  if (act === null || diagnosis === null || seen?.kind !== 'known') throw nothingToApprove(openCase)
  const attempts = await store.attempts(openCase)
  const asked = { act, node: seen.value, attempts, memory, policy: yes.policyOf(cloud), caseId: openCase.id, now: await store.now() }
  const { by, why } = yes
  const what = { act, cause: diagnosis.cause, number: numberOf(asked), digest: seen.value.digest }
  const before = (await store.wordsOn(openCase)).approval
  if (before?.why === why && isSame(before, what)) {
    return { changed: false, message: `Already approved by ${before.by}: ${act} of ${name ?? uuid} (${why}).`, cloud, uuid, name }
  }
  const said = await store.approve(openCase.id, { ...what, by, why })
  if (!said) throw nothingToApprove(openCase)
  return {
    changed: true,
    message: `Approved: ${act} of ${name ?? uuid} (${diagnosis.cause}), once within 24 h, if nothing has changed by then.`,
    cloud,
    uuid,
    name,
  }
}

type Approved = Pick<Approval, 'act' | 'cause' | 'number' | 'digest'>
const isSame = (a: Approved, b: Approved): boolean =>
  a.act === b.act && a.cause === b.cause && a.number === b.number && a.digest === b.digest

async function waitingCase(store: Store, id: string): Promise<CaseView> {
  const found = await store.caseById(id)
  if (found === null) {
    const [node, ...others] = await store.findNodes(null, id)
    const caseOfNode = node === undefined || others.length > 0 ? null : await store.caseOf(node)
    const fix = caseOfNode?.closedAt === null ? `The case of that node is ${caseOfNode.id}.` : 'See `anneal cases`.'
    throw new CommandError('not-found', { what: id, message: 'There is no case of this id.', fix })
  }
  if (found.closedAt === null && found.decision?.reason === 'needs-approval') return found
  throw nothingToApprove(found)
}

function nothingToApprove(found: CaseView): CommandError {
  const how =
    found.closedAt !== null
      ? `It is closed (${found.result}).`
      : `It does not wait for approval: ${found.decision?.message ?? 'not decided yet.'}`
  return new CommandError('conflict', { what: found.id, message: how, fix: `See \`anneal explain ${found.name ?? found.uuid}\`.` })
}

type Asked = { act: Act; node: ObservedNode; attempts: Attempt[]; memory: Memory; policy: Policy; caseId: string; now: number }

/** Which attempt the act would be, counted as decide counts it; the second step of a recovery has the number of the first. */
function numberOf({ act, node, attempts, memory, policy, caseId, now }: Asked): number {
  if (act !== 'reset' && act !== 'recover-cleaning') return 0
  const first = attempts.find((attempt) => attempt.caseId === caseId && attempt.act === 'recover-cleaning' && isSpent(attempt))
  if (act === 'recover-cleaning' && node.provision_state === 'manageable' && first !== undefined) return first.number
  return countAttempts({ marks: node.marks, attempts, memory, policy, now }).spent + 1
}
