/**
 * What is right for a node in `clean failed` that passed the gates: rows 25 to 29. `recover-cleaning` is tried once: `manage` now, and
 * `provide` in a later pass, when the node is seen in `manageable` (core/at-home.ts).
 */
import type { Decision } from './decision.ts'
import { escalate, go, type Judged, ownAttempts, wait } from './judged.ts'
import { isSpent } from './marks.ts'
import { pace } from './pace.ts'
import { leaseNear } from './shield.ts'

export function cleanFailedRow(j: Judged): Decision {
  const later = j.now + 10 * j.policy.look
  const name = j.node.name ?? j.node.uuid
  if (j.node.instance_uuid !== null)
    return escalate(
      'cleaning-failed',
      `Cleaning failed although instance_uuid ${j.node.instance_uuid} is set: a person must say whose it is.`,
      later,
    )
  if (j.node.target_provision_state !== 'available') {
    return escalate('cleaning-by-person', 'A cleaning that somebody asked for failed; whoever asked must go on with it.', later)
  }
  if (j.node.retired)
    return escalate(
      'cleaning-failed',
      `It is retired, and Ironic refuses to provide a retired node: \`openstack baremetal node manage ${name}\` when it may rest.`,
      later,
    )
  return toRecoverCleaning(j, `Cleaning failed (${j.diagnosis.cause}), which may pass.`)
}

/** Cleaning boots the node, so it waits for a BMC that answers. */
export function quietWhileCleaning(j: Judged): Decision | null {
  if (j.bmc.kind !== 'silent' && j.bmc.kind !== 'refusing') return null
  return wait(`bmc-${j.bmc.kind}`, `${j.bmc.sentence} Cleaning is tried again when it answers.`, j.now + j.policy.look, 'recover-cleaning')
}

/** Once in a case, or once more on a person's `retry`. */
export function toRecoverCleaning(j: Judged, why: string): Decision {
  const { cause, transient, evidence } = j.diagnosis
  if ((transient === 'no' || cause === 'storage' || cause === 'config') && j.words.retry === null) {
    return escalate(
      'needs-person',
      `Cleaning again does not help against this (${cause}). ${evidence[0] ?? ''}`.trim(),
      j.now + 10 * j.policy.look,
    )
  }
  const quiet = quietWhileCleaning(j)
  if (quiet !== null) return quiet
  const tried = ownAttempts(j).some((a) => a.act === 'recover-cleaning' && isSpent(a) && a.createdAt >= (j.memory.releasedAt ?? 0))
  if (tried && j.words.retry === null) {
    return escalate(
      'cleaning-failed',
      `${why} It was tried once more already: look at the node's history and its deploy ramdisk.`,
      j.now + 10 * j.policy.look,
    )
  }
  // Its two steps are one attempt, and attempts of either kind share the node's budget.
  if (j.count.spent >= j.policy.resets.max && j.words.retry === null) {
    return escalate(
      'attempts-spent',
      `${why} No attempt on it is left (${j.policy.resets.max} spent): look at the node's history and its deploy ramdisk.`,
      j.now + 10 * j.policy.look,
    )
  }
  const near = leaseNear(j)
  if (near !== null && j.words.retry === null) return wait('lease-near', near.message, near.until, 'recover-cleaning')
  const plan = { act: 'recover-cleaning', number: j.count.spent + 1, step: 'manage' } as const
  return pace(
    j,
    go(
      j.node.provision_state === 'cleaning' ? 'stranded-cleaning' : 'cleaning-failed',
      `${why} It is taken to manageable and provided again.`,
      plan,
    ),
  )
}
