/**
 * Healed means proven: not by 202, nor by `available` alone. Each check of the proof is a reading: what speaks against the node blocks, and
 * what cannot be asked is said, not assumed. Source of the checks: Nova's `_node_resources_unavailable` and facts of Ironic and Blazar. When
 * a person is called in stands in at-home.ts.
 */
import { maintenanceOwner } from './ironic.ts'
import { allocationsLeft, type Left, portsLeft, serversLeft } from './left-over.ts'
import type { BlazarHostSeen, Observation, ObservedNode } from './observation.ts'
import type { Policy } from './policy.ts'

export const CHECKS = [
  'provision state',
  'lock',
  'maintenance',
  'power',
  'BMC',
  'ports',
  'Nova',
  'inventory',
  'allocations',
  'Blazar',
] as const
export type Check = (typeof CHECKS)[number]
export const VERDICTS = ['holds', 'fails', 'not asked'] as const

export type ProofLine = {
  check: Check
  verdict: (typeof VERDICTS)[number]
  /** One sentence; where the check fails it says what to do, if anything can be done. */
  sentence: string
}

type Said = Omit<ProofLine, 'check'>

/** What nobody but a person takes away once the other services had their time. */
export const STAYS: readonly Check[] = ['ports', 'Nova', 'allocations']

/** The state in which a healed node ends: a retired node may not be provided again (Ironic refuses it). */
export const healedState = (retired: boolean): string => (retired ? 'manageable' : 'available')

/** Every check that there is at this cloud, in one order. */
export function proofOf(o: Observation, node: ObservedNode, policy: Pick<Policy, 'blazar'>): ProofLine[] {
  const said: Record<Check, Said | null> = {
    'provision state': stateCheck(node),
    lock: node.reservation === null ? holds('No conductor holds its lock.') : fails(`Conductor ${node.reservation} holds its lock.`),
    maintenance: maintenanceCheck(node),
    power: powerCheck(node),
    BMC: bmcCheck(o),
    ports: portsCheck(o),
    Nova: novaCheck(o, node),
    inventory: inventoryCheck(o, node),
    allocations: allocationsCheck(o, node),
    Blazar: blazarCheck(o, node, policy),
  }
  return CHECKS.flatMap((check) => (said[check] === null ? [] : [{ check, ...said[check] }]))
}

/** True where nothing speaks against the node. */
export const proven = (o: Observation, node: ObservedNode, policy: Pick<Policy, 'blazar'>): boolean =>
  proofOf(o, node, policy).every((line) => line.verdict !== 'fails')

const holds = (sentence: string): Said => ({ verdict: 'holds', sentence })
const fails = (sentence: string): Said => ({ verdict: 'fails', sentence })
const notAsked = (sentence: string): Said => ({ verdict: 'not asked', sentence })
const nothing = (left: Left, sentence: string): Said => (left === null ? holds(sentence) : fails(left))

function stateCheck({ provision_state, retired }: ObservedNode): Said {
  const wanted = healedState(retired)
  return provision_state === wanted ? holds(`It is ${wanted}.`) : fails(`It is ${provision_state}, not ${wanted}.`)
}

function maintenanceCheck(node: ObservedNode): Said {
  switch (maintenanceOwner(node)) {
    case 'nobody':
      return holds('It is not in maintenance.')
    case 'ours':
      return fails(`It is in maintenance by Anneal: when it is mended, \`anneal release ${node.name ?? node.uuid}\`.`)
    case 'person':
      return fails('It is in maintenance by a person, who clears it when the work is done.')
    case 'ironic':
      return fails('It is in maintenance by Ironic, which set a fault.')
  }
}

function powerCheck({ power_state }: ObservedNode): Said {
  return power_state === null || power_state === 'error'
    ? fails('Ironic does not know its power state.')
    : holds(`Ironic knows its power state: ${power_state}.`)
}

function bmcCheck(o: Observation): Said {
  if (o.bmc.kind !== 'known') return notAsked(`Whether its BMC answers is not known: ${o.bmc.reason}.`)
  const { kind, detail } = o.bmc.value
  return kind === 'answers' ? holds(`Its BMC answers: ${detail}.`) : fails(`Its BMC is ${kind}: ${detail}.`)
}

function portsCheck(o: Observation): Said {
  if (o.ports.kind !== 'known') return notAsked(`Bound ports are not known: ${o.ports.reason}.`)
  return nothing(portsLeft(o.ports.value), 'No Neutron port is bound to it.')
}

function inventoryCheck(o: Observation, { retired }: ObservedNode): Said {
  if (o.inventory.kind !== 'known') return notAsked(`Placement's inventory is not known: ${o.inventory.reason}.`)
  // Nova keeps what is not `available` reserved, and a retired node is not to be offered again.
  if (retired) return notAsked('It is retired, so Placement offers it to nobody.')
  const isEmpty = o.inventory.value.length === 0
  if (isEmpty && o.tenant.kind === 'known' && o.tenant.value.nova === 'standalone')
    return notAsked('Placement knows nothing of it, and there is no Nova that places instances by it.')
  if (isEmpty)
    return fails('Placement offers nothing of it: nova-compute tells Placement of a node within some 60 s; its log says why it does not.')
  const isReserved = o.inventory.value.some(({ reserved }) => reserved > 0)
  return isReserved ? fails('Placement still has it reserved.') : holds('Placement offers it.')
}

function allocationsCheck(o: Observation, { instance_uuid }: ObservedNode): Said {
  // Who an allocation belongs to is asked of Nova, so the two are one reading.
  if (o.tenant.kind !== 'known') return notAsked('Whether Placement holds an allocation of it is not known either.')
  const { nova, allocations } = o.tenant.value
  if (allocations.kind !== 'known') return notAsked(`Placement's allocations are not known: ${allocations.reason}.`)
  return nothing(allocationsLeft(allocations.value, nova, instance_uuid), 'Placement holds no allocation of it.')
}

function novaCheck(o: Observation, node: ObservedNode): Said {
  if (o.tenant.kind !== 'known') return notAsked(`Whether Nova has a server on it is not known: ${o.tenant.reason}.`)
  const { nova } = o.tenant.value
  const { instance_uuid, allocation_uuid } = node
  if (nova === 'standalone') return notAsked('There is no Nova to ask.')
  const left = serversLeft(nova, node)
  if (left === null && nova.byId === 'gone') return notAsked(`Ironic allocation ${allocation_uuid} holds it, of which Nova knows nothing.`)
  if (left === null && instance_uuid !== null && nova.byId === null) return notAsked(`Nova was not asked about instance ${instance_uuid}.`)
  return nothing(left, 'Nova has no server on it.')
}

function blazarCheck(o: Observation, node: ObservedNode, policy: Pick<Policy, 'blazar'>): Said | null {
  // Kept by an older version it lacks this reading.
  const seen: Observation['blazar'] | undefined = o.blazar
  if (seen === undefined || seen.kind === 'absent') return null
  if (seen.kind === 'unknown') return notAsked(`Whether Blazar offers it is not known: ${seen.reason}.`)
  const { kind, host } = seen.value
  if (host === null) return notAsked('Blazar does not know the node.')
  if (node.retired) return notAsked('It is retired, so Blazar offers it to nobody.')
  if (kind !== 'chameleon')
    return notAsked(
      kind === 'upstream'
        ? "Blazar's `reservable` follows Nova's hypervisors, so it says nothing of a node."
        : 'Which Blazar it is is not known, so its `reservable` says nothing of a node.',
    )
  return lent(host, node.shield !== null, policy.blazar.monitor)
}

/** Only the monitor of Chameleon's fork makes a host reservable again, and it follows Ironic's node; so there the flag speaks. */
function lent({ reservable, disabled }: BlazarHostSeen, hasShield: boolean, monitor: Policy['blazar']['monitor']): Said {
  if (reservable === null || (!reservable && disabled === null))
    return notAsked('Whether Blazar offers it is hidden by a capability of its host.')
  if (reservable) return holds('Blazar offers it.')
  if (disabled)
    return notAsked(`Blazar does not offer it, because its host is disabled${hasShield ? ': a shield of ours may stand on it' : ''}.`)
  switch (monitor) {
    case 'on':
      return fails(
        'Blazar does not offer it yet: its monitor makes a host reservable within some 60 s; the log of blazar-manager says why it does not.',
      )
    case 'off':
      return notAsked('Blazar does not offer it, and without its monitor nothing makes a host reservable again.')
    default:
      return notAsked('Blazar does not offer it, and whether its monitor runs is not known (`blazar.monitor`).')
  }
}
