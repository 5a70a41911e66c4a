/**
 * Every check of the proof that users can launch on a node, as the newest observation that was kept answers it. It asks nobody, so it is as
 * old as it says.
 */
import type { Policy } from '../core/policy.ts'
import { type ProofLine, proofOf } from '../core/proof.ts'
import type { StoredObservation } from '../store/observations.ts'
import { timeOrNull } from './node-report.ts'

export type ShownProof = {
  /** When it was seen; null: nothing was kept of the node, or Ironic did not show it then. */
  proofAt: string | null
  proof: ProofLine[]
}

export function shownProof(last: StoredObservation | null, policy: Policy): ShownProof {
  const node = last?.observation.node
  if (last === null || node?.kind !== 'known') return { proofAt: null, proof: [] }
  return { proofAt: timeOrNull(last.observation.at), proof: proofOf(last.observation, node.value, policy) }
}
