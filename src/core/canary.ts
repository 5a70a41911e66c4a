/**
 * The self-canary: a node without a machine that is broken now and then as real nodes break, so that the whole path from the poll to the
 * proof is known to work. This says what its next step is, read off the node and the rounds on record. Pure; it heals nothing: that is left to
 * the same passes as every node's.
 */
import type { ObservedNode } from './observation.ts'
import { MINUTE } from './policy.ts'
import { spanText } from './when.ts'

/** As configured for a cloud, ms. `within`: so long after it was begun a round must have been healed. */
export type CanaryPlan = { node: string; every: number; within: number }

/** The newest round, epoch ms; null where it has not come to that. It is open until it is healed, however long that takes. */
export type CanaryRound = {
  begunAt: number
  failedAt: number | null
  healedAt: number | null
  /** The newest request of it. */
  sent: { step: CanaryRequest; at: number } | null
}

/** The node with what else of it is asked. */
export type CanaryNode = ObservedNode & {
  /** extra.anneal_canary is true: whoever runs the node agrees. */
  isAgreed: boolean
  /** Its driver is `ipmi`, and its BMC's address is the one at which nothing answers. */
  isBroken: boolean
}

/** For metrics and /readyz. `healedAt`: epoch ms of the newest round that was healed; `trouble`: why the path is not known to work. */
export type CanaryState = {
  cloud: string
  node: string
  message: string
  healedAt: number | null
  trouble: string | null
  /** A round is open. */
  isUnderWay: boolean
}

/** The driver of nodes that have no machine: nothing that is sent to one can harm anybody. */
export const CANARY_DRIVER = 'fake-hardware'

/** `tear-down`: it is broken and told to go, as a user's delete would tell it. `mend`: the cause is taken away. */
export type CanaryRequest = 'deploy' | 'tear-down' | 'mend'

export type CanaryStep =
  | { kind: 'send'; step: CanaryRequest }
  | { kind: 'begin' }
  | { kind: 'healed' }
  | { kind: 'wait'; message: string }
  /** Nothing will be sent until a person has changed something. */
  | { kind: 'refuse'; message: string }

export type CanaryAsked = {
  node: CanaryNode
  plan: CanaryPlan
  round: CanaryRound | null
  /** Why no round may begin now; null: it may. */
  notNow: string | null
  now: number
}

const wait = (message: string): CanaryStep => ({ kind: 'wait', message })
const refuse = (message: string): CanaryStep => ({ kind: 'refuse', message })

const openOf = (round: CanaryRound | null): CanaryRound | null => (round?.healedAt === null ? round : null)

/** What was refused, or came to nothing, is not tried again sooner. */
export const CANARY_AGAIN_MS = 10 * MINUTE

const send = ({ round, now }: CanaryAsked, step: CanaryRequest): CanaryStep =>
  round?.sent?.step === step && now - round.sent.at < CANARY_AGAIN_MS
    ? wait(`${step} was sent ${spanText(now - round.sent.at)} ago.`)
    : { kind: 'send', step }

export function canaryStep(asked: CanaryAsked): CanaryStep {
  const { node, round } = asked
  const unfit = canaryUnfit(node)
  if (unfit !== null) return refuse(unfit)
  // Ironic's own power sync found it broken, too, and cannot lift that before it is mended.
  if (node.maintenance && node.fault !== null && node.isBroken) return send(asked, 'mend')
  if (node.maintenance) return wait('It is in maintenance.')
  if (node.hold !== null) return wait('It is held.')
  if (node.reservation !== null) return wait('A conductor is at work on it.')
  switch (node.provision_state) {
    case 'available':
      return atHome(asked)
    case 'active':
      return openOf(round) !== null ? send(asked, 'tear-down') : refuse('It is active, and not by a round of the canary: somebody uses it.')
    case 'error':
      if (node.isBroken) return send(asked, 'mend')
      return wait('It has failed and its cause is gone: it is healed like every other node.')
    default:
      return wait(`It is ${node.provision_state}.`)
  }
}

/** Anything but a node without a machine, that nobody has, and that somebody marked for it. null: it is one. */
export function canaryUnfit({
  driver,
  isAgreed,
  isBroken,
  instance_uuid,
  allocation_uuid,
  protected: isProtected,
  retired,
}: CanaryNode): string | null {
  if (!isAgreed)
    return 'Its extra.anneal_canary is not true, so it is not touched: `openstack baremetal node set --extra anneal_canary=true`.'
  if (driver !== CANARY_DRIVER && !isBroken)
    return `Its driver is ${driver}: only a ${CANARY_DRIVER} node, which has no machine, is ever broken.`
  if (instance_uuid !== null || allocation_uuid !== null) return 'Somebody has an instance or an allocation on it.'
  if (isProtected || retired) return 'It is protected or retired.'
  return null
}

function atHome(asked: CanaryAsked): CanaryStep {
  const { node, plan, round, notNow, now } = asked
  if (node.isBroken) return send(asked, 'mend')
  const open = openOf(round)
  if (open !== null) return open.failedAt === null ? send(asked, 'deploy') : { kind: 'healed' }
  const due = round === null ? now : round.begunAt + plan.every
  if (now < due) return wait(`The next round begins in ${spanText(due - now)}.`)
  return notNow === null ? { kind: 'begin' } : wait(`A round is due and begins later: ${notNow}`)
}

/**
 * That the path does not work, as far as the canary tells: a round was not healed in time, or none was begun although one was due long ago.
 * null: it works. @param since epoch ms when this process began to watch, before which it could not have tried
 */
export function canaryTrouble(plan: CanaryPlan, round: CanaryRound | null, { since, now }: { since: number; now: number }): string | null {
  const open = openOf(round)
  if (open !== null) {
    const span = now - open.begunAt
    return span <= plan.within
      ? null
      : `Canary ${plan.node} was broken ${spanText(span)} ago and is not healed; ${spanText(plan.within)} are allowed.`
  }
  const idle = now - Math.max(round?.begunAt ?? 0, since)
  if (idle <= plan.every + plan.within) return null
  return `Canary ${plan.node} could not be tried for ${spanText(idle)}; a round is due every ${spanText(plan.every)}.`
}
