/**
 * Healed means proven: not by 202, nor by `available` alone. Each line of the proof is a reading: what speaks against the node blocks, and
 * what cannot be asked is said, not assumed; what holds needs no words. Source of the lines: Nova's `_node_resources_unavailable` and
 * facts of Ironic.
 */
import type { Observation, ObservedNode } from './observation.ts'

export type ProofLine = { verdict: 'fails' | 'not asked'; sentence: string }

/** The state in which a healed node ends: a retired node may not be provided again (Ironic refuses it). */
export const healedState = (retired: boolean): string => (retired ? 'manageable' : 'available')

/** What keeps the node from being proven healed, and what could not be asked. */
export function proofOf(o: Observation, node: ObservedNode): ProofLine[] {
  const { provision_state, reservation, maintenance, power_state, retired } = node
  const failing = [
    provision_state === healedState(retired) ? null : `It is ${provision_state}, not ${healedState(retired)}.`,
    reservation === null ? null : `Conductor ${reservation} holds its lock.`,
    maintenance ? 'It is in maintenance.' : null,
    power_state === null || power_state === 'error' ? 'Ironic does not know its power state.' : null,
  ]
  return [
    ...failing.map((sentence) => (sentence === null ? null : fails(sentence))),
    bmcLine(o),
    portsLine(o),
    inventoryLine(o, retired),
    notAsked('Blazar was not asked.'),
  ].filter((line) => line !== null)
}

/** True where nothing speaks against the node. */
export const proven = (o: Observation, node: ObservedNode): boolean => proofOf(o, node).every((line) => line.verdict !== 'fails')

const fails = (sentence: string): ProofLine => ({ verdict: 'fails', sentence })
const notAsked = (sentence: string): ProofLine => ({ verdict: 'not asked', sentence })

function bmcLine(o: Observation): ProofLine | null {
  if (o.bmc.kind !== 'known') return notAsked(`Whether its BMC answers is not known: ${o.bmc.reason}.`)
  const { kind, detail } = o.bmc.value
  return kind === 'answers' ? null : fails(`Its BMC is ${kind}: ${detail}.`)
}

function portsLine(o: Observation): ProofLine | null {
  if (o.ports.kind !== 'known') return notAsked(`Bound ports are not known: ${o.ports.reason}.`)
  const bound = o.ports.value.length
  return bound === 0 ? null : fails(`${bound} Neutron port${bound === 1 ? ' is' : 's are'} still bound to it.`)
}

function inventoryLine(o: Observation, retired: boolean): ProofLine | null {
  if (o.inventory.kind !== 'known') return notAsked(`Placement's inventory is not known: ${o.inventory.reason}.`)
  // Nova keeps what is not `available` reserved, and a retired node is not to be offered again.
  if (retired) return notAsked('It is retired, so Placement offers it to nobody.')
  if (o.inventory.value.length === 0) return fails('Placement offers nothing of it.')
  return o.inventory.value.some((i) => i.reserved > 0) ? fails('Placement still has it reserved.') : null
}
