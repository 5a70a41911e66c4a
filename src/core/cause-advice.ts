/**
 * What the runbook tells a person to do for each cause, in its own words, and where it stands there. A test holds the two together;
 * the product does not read its documents.
 */
import type { Cause } from './decision.ts'

const ADVICE: Record<Cause, string> = {
  'bmc-unreachable': 'Look at the BMC, its NIC, cable and switch port only when Anneal says so.',
  'api-unreachable': 'Mend the service. Nothing is needed on the node.',
  'bmc-fault': 'Correct credentials or licence, reset the BMC, or replace it.',
  'network-fabric': "Look at the switch port and at Neutron's log.",
  agent: "Look at the node's console, DHCP and the ramdisk.",
  storage: 'Look at the volume targets or the disk.',
  locked: 'Nothing, unless it lasts.',
  config: 'Correct what the text names, then `anneal retry`.',
  unknown: 'Read the evidence in `anneal explain`.',
}

export type CauseAdvice = { advice: string; runbook: string }

export const adviceFor = (cause: Cause): CauseAdvice => ({ advice: ADVICE[cause], runbook: `docs/runbook.md#${cause}` })
