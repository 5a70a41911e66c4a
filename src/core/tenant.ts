/**
 * Whether an instance may live on a node. Everything that is not positive proof of absence or deletion lives: doubt, UNKNOWN and
 * SOFT_DELETED included. Ironic wipes instance_uuid even when tear-down fails, so Nova is asked by node always.
 */
import type { Memory } from './case.ts'
import { fate, inWords, serversOf } from './fate.ts'
import { consumer, orphanCommand } from './left-over.ts'
import type { NovaSeen, Observation, ObservedNode, Tenant } from './observation.ts'
import type { Policy } from './policy.ts'

export type TenantVerdict =
  | { kind: 'none'; sentence: string }
  /** Nova is deleting it, or failed deleting it (`novaError`): it will not be used again, but Nova may yet try once more. */
  | { kind: 'deleted'; novaError: boolean; sentence: string }
  /** instance_uuid is set and Nova says 404; believed only after a second time. */
  | { kind: 'gone-once'; until: number; sentence: string }
  /** `remedy`: what ends it where it is left over; absent where it is a server, which is deleted in Nova. */
  | { kind: 'live'; sentence: string; remedy?: string }
  | { kind: 'unreadable'; sentence: string }

export function tenantVerdict(o: Observation, node: ObservedNode, memory: Memory, policy: Policy): TenantVerdict {
  if (o.tenant.kind !== 'known')
    return { kind: 'unreadable', sentence: `Whether an instance lives on it could not be learned: ${o.tenant.reason}.` }
  const { nova, allocations } = o.tenant.value
  if (node.allocation_uuid !== null) {
    return {
      kind: 'live',
      sentence: `Ironic allocation ${node.allocation_uuid} holds it: somebody placed it without Nova, so Nova's silence proves nothing.`,
    }
  }
  if (nova === 'standalone') {
    if (!policy.standalone)
      return { kind: 'unreadable', sentence: 'There is no Nova to ask, and the configuration does not say `standalone: true`.' }
    if (allocations.kind === 'unknown')
      return { kind: 'unreadable', sentence: `Placement's allocations could not be read: ${allocations.reason}.` }
    if (allocations.kind === 'known' && allocations.value[0] !== undefined)
      return { kind: 'live', sentence: `Placement holds an allocation of consumer ${allocations.value[0]}, and there is no Nova to ask.` }
    if (node.instance_uuid === null) return { kind: 'none', sentence: 'No Nova places instances here and no instance_uuid is set.' }
    return { kind: 'live', sentence: `instance_uuid ${node.instance_uuid} is set and there is no Nova that could say whether it lives.` }
  }
  return novaVerdict({ node, nova, allocations, memory, policy })
}

function novaVerdict(input: {
  node: ObservedNode
  nova: NovaSeen
  allocations: Tenant['allocations']
  memory: Memory
  policy: Policy
}): TenantVerdict {
  const { node, nova, allocations, memory, policy } = input
  const servers = serversOf(nova)
  const live = servers.find((server) => fate(server) === 'live')
  if (live) return { kind: 'live', sentence: `Nova has server ${live.id} on it: ${inWords(live)}.` }
  if (allocations.kind === 'unknown')
    return { kind: 'unreadable', sentence: `Placement's allocations could not be read: ${allocations.reason}.` }
  const stray =
    allocations.kind === 'known' ? allocations.value.find((consumer) => !servers.some((server) => server.id === consumer)) : undefined
  if (stray !== undefined) return strayAllocation(stray, nova, node)
  const twice = secondAnswer(node, nova, memory, policy)
  if (twice !== null) return twice
  const dying = servers.find((server) => fate(server) !== 'deleted') ?? servers[0]
  if (dying)
    return {
      kind: 'deleted',
      novaError: dying.status === 'ERROR',
      sentence: `Nova's server ${dying.id} is being deleted: ${inWords(dying)}.`,
    }
  if (node.instance_uuid === null) return { kind: 'none', sentence: 'Nova has no server on it and Placement no allocation.' }
  return {
    kind: 'none',
    sentence: `Nova does not know instance ${node.instance_uuid}, asked twice by a token that sees other projects' servers.`,
  }
}

/** Even an orphan keeps the node from being reset: somebody may have put it there to keep others off, and a person removes it in a minute. */
function strayAllocation(stray: string, nova: NovaSeen, node: ObservedNode): TenantVerdict {
  const seen = consumer(stray, nova, node.instance_uuid)
  const command = orphanCommand(stray, seen)
  if (command === null)
    return { kind: 'live', sentence: `Placement holds an allocation of consumer ${stray}, which Nova does not list as deleted.` }
  const whose = seen === 'gone' ? 'which Nova does not know' : 'which is deleted in Nova'
  return { kind: 'live', sentence: `Placement holds an allocation of consumer ${stray}, ${whose}.`, remedy: command }
}

/** The instance that Ironic records, where Nova did not answer for exactly it, or said 404 only once so far. */
function secondAnswer(node: ObservedNode, nova: NovaSeen, memory: Memory, policy: Policy): TenantVerdict | null {
  if (node.instance_uuid === null) return null
  if (nova.byId === null || (nova.byId !== 'gone' && nova.byId.id !== node.instance_uuid))
    return { kind: 'unreadable', sentence: `Nova was not asked about instance ${node.instance_uuid}.` }
  if (nova.byId !== 'gone') return null
  const gone = memory.gone?.instance_uuid === node.instance_uuid ? memory.gone : null
  if (gone !== null && gone.lastAt - gone.firstAt >= policy.undeadGap) return null
  return {
    kind: 'gone-once',
    until: (gone?.firstAt ?? 0) + policy.undeadGap,
    sentence: `Nova does not know instance ${node.instance_uuid}; it is asked a second time before that is believed.`,
  }
}
