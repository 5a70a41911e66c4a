/**
 * A case whose node is in none of the failed or repair states: proof, soak and the ways a case ends. From `available` on, a node with an
 * instance or an allocation gets nothing sent. The one act here is the second step of `recover-cleaning`.
 */
import type { Decision } from './decision.ts'
import { AT_HOME, BEFORE_ACT, HANDS, takeBackMark, unsettled } from './gates.ts'
import { escalate, first, go, type Judged, ownAttempts, resolve, wait } from './judged.ts'
import { isSpent } from './marks.ts'
import { paceSecondStep } from './pace.ts'
import { healedState, proofOf, STAYS } from './proof.ts'
import { quietWhileCleaning } from './row-clean-failed.ts'
import { givingBack, notSeenSince, shieldLeft, shieldOver } from './shield.ts'
import { spanText, timeText } from './when.ts'

const DEPLOYING: readonly string[] = ['deploying', 'wait call-back', 'deploy hold']
const MOVING: readonly string[] = [
  'verifying',
  'inspecting',
  'inspect wait',
  'adopting',
  'clean hold',
  'servicing',
  'service wait',
  'service hold',
  'rescuing',
  'rescue wait',
  'unrescuing',
]

export function atHome(j: Judged): Decision {
  // A wake may come while the pass that closes the case is under way, and finds a node of which nothing is to be proven.
  if (j.case === null) return resolve('healed', 'Nothing is wrong with it.')
  const decision = comeHome(j)
  // A closed case is looked at no more: an intent that nobody settled would hold its place for ever.
  return decision.kind === 'resolve' ? (unsettled(j) ?? shieldOver(j, { taken: isTaken(j) }) ?? closing(j, decision)) : decision
}

/** Somebody has it, or may, or took it on: nothing is sent to it any more. */
const isTaken = ({ node, tenant }: Judged): boolean =>
  node.provision_state !== healedState(node.retired) ||
  node.instance_uuid !== null ||
  node.allocation_uuid !== null ||
  tenant.kind === 'live'

function closing(j: Judged, decision: Decision): Decision {
  const left = shieldLeft(j)
  return left === null ? decision : { ...decision, message: `${decision.message} ${left}` }
}

function comeHome(j: Judged): Decision {
  const { node, now, policy } = j
  const state = node.provision_state
  if (state === 'active')
    return resolve('launched', `An instance runs on it${node.instance_uuid ? ` (${node.instance_uuid})` : ''}: users can launch there.`)
  if (DEPLOYING.includes(state)) return wait('deploying', `An instance is being deployed on it (${state}).`, now + policy.look)
  if (MOVING.includes(state)) return wait('transition', `Somebody is working on it (${state}).`, now + policy.look)
  if (state === 'manageable' && !node.retired) return provide(j)
  if (state !== healedState(node.retired)) return resolve('moved-by-person', `It is ${state} now: somebody else's hand took it on.`)
  const taken = isTaken(j)
  const hand = first(j, AT_HOME)
  if (hand?.kind === 'act') return release(j, hand, taken)
  if (hand !== null) return hand
  // A mark taken back is worth no request to a node that somebody may be about to use.
  return (taken || j.tenant.kind !== 'none' ? null : takeBackMark(j)) ?? proof(j)
}

/** A person's word to end a quarantine; a hold, a pause or somebody's instance on the node comes before it. */
function release(j: Judged, act: Decision, taken: boolean): Decision {
  if (taken)
    return escalate(
      'quarantined',
      'A person released it, but somebody has claimed it: clear the maintenance by hand.',
      j.now + 10 * j.policy.look,
    )
  return first(j, HANDS) ?? act
}

function proof(j: Judged): Decision {
  const { now, policy, memory } = j
  const lines = proofOf(j.observation, j.node, policy)
  const failing = lines.filter((line) => line.verdict === 'fails')
  if (failing[0] !== undefined) {
    const is = `It is ${j.node.provision_state}, but not yet proven healed.`
    const left = failing.filter(({ check }) => STAYS.includes(check))
    // Nova and its periodic tasks have had their time; from now on nothing takes it away but a person.
    if (left.length > 0 && now - (memory.leftSince ?? now) >= policy.waitForNova)
      return escalate('proof-pending', [is, ...left.map(({ sentence }) => sentence)].join(' '), now + policy.look)
    return wait('proof-pending', `${is} ${failing[0].sentence}`, now + policy.look)
  }
  const reservations = shieldOver(j, { taken: isTaken(j) }) ?? notSeenSince(j) ?? givingBack(j)
  if (reservations !== null) return reservations
  const provenAt = memory.provenAt ?? now
  if (now - provenAt < policy.soak)
    return wait(
      'soak',
      `Proven healed at ${timeText(provenAt)}; the case stays open for ${spanText(policy.soak)} in case it relapses.`,
      provenAt + policy.soak,
    )
  const unasked = lines.filter(({ verdict }) => verdict === 'not asked')
  return resolve('healed', ['Users can launch on it again.', ...unasked.map(({ sentence }) => sentence)].join(' '))
}

/** `manageable`: either the middle of our own recovery, or a person's doing. */
function provide(j: Judged): Decision {
  const steps = ownAttempts(j).filter((a) => a.act === 'recover-cleaning' && isSpent(a))
  const last = steps.toSorted((a, b) => b.createdAt - a.createdAt)[0]
  if (last === undefined || (last.step === 'provide' && last.outcome === 'accepted' && last.endedAt !== null))
    return resolve('moved-by-person', 'It is manageable now: a person took it on.')
  const hand = first(j, HANDS)
  if (hand !== null) return hand
  if (j.tenant.kind === 'live' || j.node.instance_uuid !== null)
    return resolve('moved-by-person', 'It is manageable and somebody has claimed it.')
  // Cleaning wipes disks and needs the services a reset needs, so the second step passes the same gates.
  const gate = first(j, BEFORE_ACT) ?? quietWhileCleaning(j)
  if (gate !== null) return gate
  return paceSecondStep(
    j,
    go('cleaning-failed', 'It is manageable, as our recovery wanted; it is provided now.', {
      act: 'recover-cleaning',
      number: last.number,
      step: 'provide',
    }),
  )
}
