/**
 * The one pass over one node: observe, then load, decide and commit in one transaction, then act and record. Whatever woke the node takes
 * this path. It never waits for an effect; the next pass sees what an act led to.
 */
import { act } from '../actions/act.ts'
import type { Case, Intent, Memory } from '../core/case.ts'
import { consider, decideOn, type Given } from '../core/consider.ts'
import { opensCase } from '../core/decide.ts'
import type { Decision, Diagnosis, Outcome } from '../core/decision.ts'
import { horizonOf, type Shared, sharedBy } from '../core/incident.ts'
import { decidingRead } from '../core/ironic.ts'
import type { Observation } from '../core/observation.ts'
import { readingsOf } from '../core/pace.ts'
import { groundsOf } from '../core/recorded.ts'
import type { NodeKey } from '../core/seen.ts'
import { unseenSince } from '../core/settle.ts'
import { waitingAfter } from '../core/waiting.ts'
import { observe } from '../observe/observe.ts'
import type { Belonging } from '../store/commit.ts'
import type { Deciding } from '../store/store.ts'
import type { CloudWorld } from './cloud-world.ts'

export type Pass = {
  observation: Observation
  case: Case | null
  diagnosis: Diagnosis | null
  decision: Decision
  outcome: Outcome | null
}

/**
 * How many more acts this run may begin (`sweep --limit`); null for no limit. It is taken where the act is decided: passes side by
 * side would otherwise all take the last one.
 */
export type Allowance = { left: number | null }

export async function reconcile(world: CloudWorld, key: NodeKey, allowance: Allowance = { left: null }): Promise<Pass> {
  const { clock } = world.seams
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const observation = await observe(world.eyes, key)
    const committed = { wall: clock.now(), monotonic: clock.monotonic() }
    // One deciding transaction per cloud at a time, so two nodes can never both take the last place in a budget. In here only `tx` and pure
    // functions: the outer store would wait for this transaction, and this one for it.
    const pass = await world.store.deciding(key.cloud, (tx) => decideAndCommit({ world, key, observation, tx, allowance }))
    if (pass === null) continue
    const { intent, ...decided } = pass
    if (intent === null) return { observation, ...decided, outcome: null }
    const { ironic, blazar, store } = world
    const outcome = await act({ ironic, blazar, clock, committed, intentInForce: (id) => store.intentInForce(id) }, intent)
    await world.store.record(intent.id, outcome, world.policy.slowCloud)
    return { observation, ...decided, outcome }
  }
  throw new Error(`what was seen was out of date ${LOOKS_MAX} times running`)
}

/** Each takes a second or two: more of them in vain mean a clock or a database that does not serve. */
const LOOKS_MAX = 3
/** An observation takes 30 s at most and Nova's positive control counts for 60 s; what is older speaks of a time that is over. */
const SEEN_LIVES_MS = 60_000

/**
 * Whether what was seen is of no use for deciding: this process stood still since, or another one decided on the node after the look began
 * (a claim that lapsed). A decision dated in the future is a wall clock's doing and says nothing.
 */
function isOutdated({ at }: Observation, decidedAt: number | null, now: number): boolean {
  return Math.abs(now - at) > SEEN_LIVES_MS || (decidedAt !== null && decidedAt > at && decidedAt <= now)
}

/** Under another policy the node may wait for less, or for nothing: whoever goes by that one is not kept from it for longer than between two polls. */
const OTHERS_LOOK_MS = 15_000

type Asked = { world: CloudWorld; key: NodeKey; observation: Observation; tx: Deciding; allowance: Allowance }

/** Null where the node has to be looked at again first; nothing is changed then. */
async function decideAndCommit(asked: Asked): Promise<(Omit<Pass, 'observation' | 'outcome'> & { intent: Intent | null }) | null> {
  const { world, key, observation, tx, allowance } = asked
  const { policy } = world
  const now = await tx.now()
  const loaded = await tx.load(key)
  if (isOutdated(observation, loaded.case?.decision?.at ?? null, now)) return null
  const isInForce = world.policyHash === null || world.policyHash === loaded.policyHash
  const opens = loaded.case === null && opensCase({ observation, policy, now })
  const given: Given = {
    observation,
    case: loaded.case,
    newCase: opens ? await tx.newCaseId() : null,
    attempts: loaded.attempts,
    words: loaded.words,
    person: loaded.person,
    firstPass: loaded.firstPass,
    overruled: !isInForce && policy.mode !== 'observe',
    actsLeft: allowance.left,
    policy,
    now,
  }
  const considered = consider(given)
  const { case: openCase, keys, diagnosis } = considered.input
  const node = observation.node.kind === 'known' ? observation.node.value : null
  const fleet = await tx.fleet(key, {
    keys,
    resource_class: node?.resource_class ?? null,
    within: policy.incident.within,
    failedAt: considered.failedAt,
    neededAt: considered.neededAt,
    horizon: horizonOf({ failedAt: considered.failedAt, openedAt: openCase?.openedAt ?? now, policy, now }),
    unseenSince: unseenSince(policy, now),
  })
  const decision = decideOn(considered, fleet)
  const shared = openCase === null ? null : sharedBy({ ...considered.input, fleet })
  const intent = await tx.commit({
    key,
    name: node?.name ?? null,
    observation,
    case: openCase === null ? null : { ...openCase, memory: afterwards(openCase.memory, decision, now) },
    newCase: opens,
    keys,
    resource_class: node?.resource_class ?? null,
    diagnosis: openCase === null ? null : diagnosis,
    decision,
    lookBy: isInForce ? null : now + OTHERS_LOOK_MS,
    settled: considered.settled,
    notices: considered.notices,
    neededAt: considered.neededAt,
    personHold: considered.personHold,
    incident: belonging(shared, { isRead: node !== null }),
    digest: node?.digest ?? null,
    decided: node === null ? null : decidingRead(node),
    extraOthers: node?.extraOthers ?? null,
    readings: readingsOf({ observation }),
    used: used(decision, loaded.words),
    policy,
    grounds: groundsOf(given, fleet),
    cause: diagnosis.cause,
  })
  if (intent !== null && allowance.left !== null) allowance.left -= 1
  return { case: openCase, diagnosis: openCase === null ? null : diagnosis, decision, intent }
}

/** What the decision itself adds to what is remembered. One that never waited keeps no word of it. */
function afterwards(memory: Memory, decision: Decision, now: number): Memory {
  const waitingSince = waitingAfter(memory, decision, now)
  return waitingSince === null && memory.waitingSince === undefined ? memory : { ...memory, waitingSince }
}

/** A node that could not be read has not left anything. */
function belonging(shared: Shared | null, { isRead }: { isRead: boolean }): Belonging {
  if (shared === null) return isRead ? 'leave' : 'stay'
  if (shared.sums !== null) return { join: shared.sums.id }
  return { open: { key: shared.kind, value: shared.value, why: shared.why } }
}

/** A person's word works once: an approval for its act, a retry for one reset, a release for one release. */
function used(decision: Decision, words: Awaited<ReturnType<Deciding['load']>>['words']) {
  const plan = decision.kind === 'act' ? decision.plan : null
  return {
    approvalId: plan !== null && words.approval?.act === plan.act ? words.approval.id : null,
    retryId: plan !== null && 'number' in plan ? (words.retry?.id ?? null) : null,
    releaseId: plan?.act === 'release' ? (words.release?.id ?? null) : null,
  }
}
