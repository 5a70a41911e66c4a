/**
 * The policy in force on each cloud, as the database has it by its hash, with its content where the asking process has the same one. It
 * compares; it puts nothing in force.
 */
import type { Mode, Policy } from '../core/policy.ts'
import type { Store } from '../store/store.ts'
import { timeOrNull } from './node-report.ts'

/** A cloud as this process was configured for it. */
export type Configured = { name: string; policy: Policy; policyHash: string }

export type ListedPolicy = {
  cloud: string
  mode: Mode
  hash: string
  since: string | null
  /** null: this process has no policy for the cloud. False: it has another one, and only observes there. */
  isOurs: boolean | null
  /** Times in milliseconds; null where it is not ours. */
  policy: Policy | null
}

export async function listPolicies(store: Store, configured: readonly Configured[]): Promise<ListedPolicy[]> {
  return (await store.clouds()).map(({ cloud, mode, policyHash, policyAt }) => {
    const ours = configured.find(({ name }) => name === cloud)
    const isOurs = ours === undefined ? null : ours.policyHash === policyHash
    return { cloud, mode, hash: policyHash, since: timeOrNull(policyAt), isOurs, policy: isOurs === true ? (ours?.policy ?? null) : null }
  })
}
