/**
 * What is known of a node's BMC: our own look where this host can reach BMCs, else Ironic's eyes, else nothing.
 */
import type { Memory } from './case.ts'
import type { Observation, ObservedNode } from './observation.ts'
import type { Policy } from './policy.ts'
import { spanText } from './when.ts'

export type BmcVerdict =
  | { kind: 'answers' | 'seen-by-ironic'; sentence: string }
  | { kind: 'faulty' | 'silent' | 'refusing'; sentence: string }
  /** Neither we nor Ironic can tell yet; `until` is when Ironic's silence will mean something, null when that time is past. */
  | { kind: 'unknown'; until: number | null; sentence: string }

/** Texts that say a BMC was not reached; Ironic's, stable over releases. */
const BMC_TEXT = /IPMI call failed|Failed to (?:change|set node) power state|During sync_power_state|Redfish connection|BMC/i

export const speaksOfBmc = (text: string): boolean => BMC_TEXT.test(text)

export function bmcVerdict(input: { o: Observation; node: ObservedNode; memory: Memory; policy: Policy; now: number }): BmcVerdict {
  const { o, node, memory, policy, now } = input
  if (o.bmc.kind === 'known') {
    const { kind, detail, hangs } = o.bmc.value
    if (kind === 'answers') return { kind, sentence: `The BMC answers now: ${detail}.` }
    if (kind === 'faulty') return { kind, sentence: `The BMC answers, but wrongly: ${detail}.` }
    if (kind === 'refusing') return { kind, sentence: `The BMC's host is up but nobody listens on its port: ${detail}.` }
    return { kind, sentence: hangs === true ? `The BMC hangs: ${detail}.` : `The BMC does not answer: ${detail}.` }
  }
  // Since 2025.2 a successful power sync erases last_error: an erased BMC error means that Ironic has read the BMC since (a4e7939).
  const bmcFailed = memory.text !== null && speaksOfBmc(memory.text.text)
  if (bmcFailed && memory.text?.source === 'history' && node.last_error === null && !node.maintenance) {
    return { kind: 'seen-by-ironic', sentence: 'Ironic has erased the BMC error since, which it does when it reads the power state again.' }
  }
  const synced = o.history.kind === 'known' && o.history.value.some((event) => /^During sync_power_state/.test(event.event))
  const powered = node.power_state !== null && node.power_state !== 'error' && node.fault === null
  const enough = (memory.failure?.at ?? now) + policy.ironicEyes
  if (powered && synced && now >= enough) {
    return {
      kind: 'seen-by-ironic',
      sentence: `Ironic's power sync has had ${spanText(policy.ironicEyes)} and reports no fault.`,
    }
  }
  const last = (memory.failure?.at ?? now) + policy.lastResort
  return {
    kind: 'unknown',
    until: now >= last ? null : powered && synced ? enough : last,
    sentence: `Whether the BMC answers is not known: ${o.bmc.reason}.`,
  }
}
