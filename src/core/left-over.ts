/**
 * What a former tenant may have left on a node: ports at Neutron, allocations at Placement, servers at Nova. No reset takes any of it away,
 * so each is named with the command that does. Whether an instance lives is judged in tenant.ts; an orphan here still counts as living there.
 */
import { amount } from './amount.ts'
import { fate, inWords, serversOf } from './fate.ts'
import type { BoundPort, NovaSeen, ObservedNode, ServerSeen, Tenant } from './observation.ts'
import { withoutStops } from './sentence.ts'

/** More than these are counted, not named: a provider has one allocation, and what has hundreds is an answer gone wrong. */
const NAMED = 5

/** What a person must do about it stands in the sentence. null: nothing is left there. */
export type Left = string | null

export function portsLeft(ports: readonly BoundPort[]): Left {
  const [port, ...more] = ports
  if (port === undefined) return null
  if (more.length === 0)
    return `Neutron port ${port.id} is still bound to it: \`openstack port delete ${port.id}\` if its instance is gone, else \`openstack port unset --host ${port.id}\`.`
  return `${ports.length} Neutron ports are still bound to it: \`openstack port delete PORT\` for those whose instance is gone, else \`openstack port unset --host PORT\`: ${listed(ports.map(({ id }) => id))}.`
}

export function allocationsLeft(consumers: readonly string[], nova: Tenant['nova'], instance_uuid: string | null): Left {
  const named = consumers.slice(0, NAMED).map((id) => allocationLeft(id, consumer(id, nova, instance_uuid)))
  if (consumers.length > named.length) named.push(`Placement holds ${amount(consumers.length - named.length, 'allocation')} more.`)
  return named.length === 0 ? null : named.join(' ')
}

/** An orphan: an allocation whose consumer Nova answered to be no server, or a deleted one, past the positive control. */
export type Consumer = ServerSeen | 'gone' | { unknown: string }

/** What Nova says of the consumer of an allocation. Not asked is unknown, and no orphan. */
export function consumer(id: string, nova: Tenant['nova'], instance_uuid: string | null): Consumer {
  if (nova === 'standalone') return { unknown: 'there is no Nova to ask' }
  const listed = serversOf(nova).find((server) => server.id === id)
  if (listed !== undefined) return listed
  if (nova.byId === 'gone' && id === instance_uuid) return 'gone'
  const asked = nova.consumers?.find((one) => one.id === id)?.server
  if (asked === undefined) return { unknown: 'Nova was not asked' }
  return asked.kind === 'known' ? asked.value : { unknown: withoutStops(asked.reason) }
}

/** How an orphan goes, or null where it is none: doubt and what Nova may yet remove by itself are none. */
export function orphanCommand(id: string, seen: Consumer): string | null {
  const isOrphan = seen === 'gone' || (!('unknown' in seen) && fate(seen) === 'deleted')
  return isOrphan ? `\`openstack resource provider allocation delete ${id}\`` : null
}

function allocationLeft(id: string, seen: Consumer): string {
  const command = orphanCommand(id, seen)
  if (seen === 'gone') return `Placement holds an allocation of ${id}, which Nova does not know: where that stays so, ${command}.`
  if ('unknown' in seen) return `Placement holds an allocation of ${id}, and whether that is a server is not known: ${seen.unknown}.`
  if (command !== null) return `Placement holds an allocation of server ${id}, which is deleted: where that stays so, ${command}.`
  return `Placement holds an allocation of server ${id}: ${inWords(seen)}.`
}

/** A server that Nova has on the node, or an instance that Ironic records and Nova does not know. */
export function serversLeft(nova: NovaSeen, { uuid, instance_uuid, allocation_uuid }: ObservedNode): Left {
  const servers = serversOf(nova)
  const live = servers.find((server) => fate(server) === 'live')
  if (live) return `Nova has server ${live.id} on it: ${inWords(live)}. If it should go, \`openstack server delete ${live.id}\`.`
  const dying = servers.find((server) => fate(server) === 'dying')
  if (dying)
    return `Nova is still deleting server ${dying.id}: ${inWords(dying)}. Where that stays so, \`openstack server delete ${dying.id}\` once more.`
  // With an allocation of Ironic's own, instance_uuid was set without Nova.
  if (nova.byId !== 'gone' || allocation_uuid !== null) return null
  return `Ironic records instance ${instance_uuid}, which Nova does not know: where that stays so, \`openstack baremetal node unset --instance-uuid ${uuid}\`.`
}

const listed = (ids: readonly string[]): string =>
  [...ids.slice(0, NAMED), ...(ids.length > NAMED ? [`${ids.length - NAMED} more`] : [])].join(', ')
