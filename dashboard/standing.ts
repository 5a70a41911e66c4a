/**
 * How a node stands, in the six ways that a person tells apart at a glance, and in the order of urgency. It judges nothing about the node:
 * it sums up the state that Ironic gave it and the decision that is in force.
 */
import type { FleetNode, FleetSum, Kind } from './api/answers.ts'

export type Standing = 'person' | 'work' | 'wait' | 'left' | 'free' | 'used'

/** In words, and what they mean; the first is the most urgent. */
export const STANDINGS: Record<Standing, { label: string; means: string }> = {
  person: { label: 'Needs a person', means: 'Anneal does not go on without one' },
  work: { label: 'In hand', means: 'being repaired, or on its way by itself' },
  wait: { label: 'Waits', means: 'failed, and waits for something that is named' },
  left: { label: 'Left alone', means: 'held, in maintenance or otherwise not ours' },
  free: { label: 'Free', means: 'can be launched on' },
  used: { label: 'In use', means: 'somebody has it' },
}
export const ORDER = Object.keys(STANDINGS) as Standing[]

/** As the exit code 2 of the commands has it: told to a person, asked for a yes, or left where only a person goes on. */
const ASKS_PERSON: readonly string[] = ['needs-approval', 'instance-may-live', 'quarantined']
/** Reasons to leave a node alone because of what a person said or did. */
const LEAVES: readonly string[] = ['held', 'paused', 'out-of-scope', 'maintenance-by-person', 'rejected']
/** What is waited for is under way by itself. */
const UNDER_WAY: readonly string[] = ['transition', 'proof-pending', 'soak', 'outcome-unknown', 'deploying', 'mark-owed', 'shield-over']

/** Null where nothing is in force. */
export function standingOfDecision(kind: Kind | null, reason: string | null): Standing | null {
  if (kind === null || reason === null) return null
  if (kind === 'escalate' || ASKS_PERSON.includes(reason)) return 'person'
  if (kind === 'leave' || LEAVES.includes(reason)) return 'left'
  if (kind === 'act' || kind === 'resolve' || UNDER_WAY.includes(reason)) return 'work'
  return 'wait'
}

export function standingOf({ kind, reason, provision_state, maintenance, held, missing }: FleetNode | FleetSum): Standing {
  // A node that is proven and only watched for a while longer can be launched on.
  const decided = reason === 'soak' && provision_state === 'available' ? null : standingOfDecision(kind, reason)
  if (decided !== null) return decided
  if (held || maintenance || missing) return 'left'
  if (provision_state === 'available') return 'free'
  if (provision_state === 'active') return 'used'
  return /error|failed/.test(provision_state) ? 'wait' : 'work'
}

/** Of nodes, or of sums of them. */
export function countsOf(some: readonly (FleetNode | FleetSum)[]): Record<Standing, number> {
  const counts: Record<Standing, number> = { person: 0, work: 0, wait: 0, left: 0, free: 0, used: 0 }
  for (const one of some) counts[standingOf(one)] += 'count' in one ? one.count : 1
  return counts
}
