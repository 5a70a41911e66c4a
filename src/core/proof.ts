/**
 * Healed means proven: not by 202, nor by `available` alone. Each line of the proof is a reading; what cannot be asked is said,
 * not assumed, and what speaks against it blocks. Source of the lines: Nova's `_node_resources_unavailable` and facts of Ironic.
 */
import type { Observation } from './observation.ts'

export type ProofLine = { verdict: 'holds' | 'fails' | 'not asked'; sentence: string }

/** The state in which a healed node ends: a retired node may not be provided again (Ironic refuses it). */
export const healedState = (retired: boolean): string => (retired ? 'manageable' : 'available')

export function proofOf(o: Observation): ProofLine[] {
  if (o.node.kind !== 'known') return [{ verdict: 'fails', sentence: 'Ironic did not show the node.' }]
  const node = o.node.value
  const line = (holds: boolean, yes: string, no: string): ProofLine => ({ verdict: holds ? 'holds' : 'fails', sentence: holds ? yes : no })
  const powered = node.power_state !== null && node.power_state !== 'error'
  return [
    line(
      node.provision_state === healedState(node.retired),
      `It is ${node.provision_state}.`,
      `It is ${node.provision_state}, not ${healedState(node.retired)}.`,
    ),
    line(node.reservation === null, 'No conductor holds its lock.', `Conductor ${node.reservation} holds its lock.`),
    line(!node.maintenance, 'It is not in maintenance.', 'It is in maintenance.'),
    line(powered, `Ironic knows its power state: ${node.power_state}.`, 'Ironic does not know its power state.'),
    bmcLine(o),
    portsLine(o),
    inventoryLine(o),
    { verdict: 'not asked', sentence: 'Blazar was not asked.' },
  ]
}

/** True where nothing speaks against the node and the node itself was read. */
export const proven = (o: Observation): boolean => proofOf(o).every((line) => line.verdict !== 'fails')

function bmcLine(o: Observation): ProofLine {
  if (o.bmc.kind !== 'known') return { verdict: 'not asked', sentence: `Whether its BMC answers is not known: ${o.bmc.reason}.` }
  const { kind, detail } = o.bmc.value
  return kind === 'answers'
    ? { verdict: 'holds', sentence: 'Its BMC answers.' }
    : { verdict: 'fails', sentence: `Its BMC is ${kind}: ${detail}.` }
}

function portsLine(o: Observation): ProofLine {
  if (o.ports.kind !== 'known') return { verdict: 'not asked', sentence: `Bound ports are not known: ${o.ports.reason}.` }
  const bound = o.ports.value.length
  return bound === 0
    ? { verdict: 'holds', sentence: 'No Neutron port is bound to it.' }
    : { verdict: 'fails', sentence: `${bound} Neutron port${bound === 1 ? ' is' : 's are'} still bound to it.` }
}

function inventoryLine(o: Observation): ProofLine {
  if (o.inventory.kind !== 'known') return { verdict: 'not asked', sentence: `Placement's inventory is not known: ${o.inventory.reason}.` }
  // Nova keeps what is not `available` reserved, and a retired node is not to be offered again.
  if (o.node.kind === 'known' && o.node.value.retired)
    return { verdict: 'not asked', sentence: 'It is retired, so Placement offers it to nobody.' }
  if (o.inventory.value.length === 0) return { verdict: 'fails', sentence: 'Placement offers nothing of it.' }
  const reserved = o.inventory.value.some((i) => i.reserved > 0)
  return reserved
    ? { verdict: 'fails', sentence: 'Placement still has it reserved.' }
    : { verdict: 'holds', sentence: 'Placement offers it.' }
}
