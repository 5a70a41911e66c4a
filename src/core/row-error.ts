/**
 * What is right for a node in `error` that passed the gates: rows 1 to 22 of the decision table. A reset is proposed here; whether it
 * may be done now is pacing.
 */
import { amount } from './amount.ts'
import { spanOf } from './case.ts'
import type { Decision, Reason } from './decision.ts'
import { escalate, go, type Judged, ownAttempts, wait } from './judged.ts'
import { isSpent } from './marks.ts'
import { pace } from './pace.ts'
import { onTheWay, whereToLook } from './place.ts'
import { toQuarantine } from './quarantine.ts'
import { spanText } from './when.ts'

export function errorRow(j: Judged): Decision {
  return spent(j) ?? hopeless(j) ?? quietBmc(j) ?? forNova(j) ?? uncleaned(j) ?? fabric(j) ?? reset(j)
}

/** Row 7: the runbook's max_attempts. A person's `retry` lifts the count for one reset. */
function spent(j: Judged): Decision | null {
  if (j.count.spent < j.policy.resets.max || j.words.retry !== null) return null
  const window = j.policy.resets.window === 'lifetime' ? '' : ` in ${spanText(j.policy.resets.window)}`
  const inFuture =
    j.count.future.length > 0 ? ` Entries dated in the future were not counted: ${j.count.future.slice(0, 3).join(', ')}.` : ''
  return toQuarantine(
    j,
    'attempts-spent',
    `${amount(j.count.spent, 'reset')}${window} did not heal it. ${whereToLook(j.diagnosis.place)}${inFuture}`,
  )
}

/** Rows 6, 10, 11: a reset cannot help. Ironic's text stays the same after somebody mended it, so a person's `retry` is believed. */
function hopeless(j: Judged): Decision | null {
  const { cause, transient, place, evidence } = j.diagnosis
  if ((transient !== 'no' && cause !== 'config') || j.words.retry !== null) return null
  const why = evidence[0] ?? 'The error text says so.'
  if (cause === 'bmc-fault')
    return toQuarantine(
      j,
      'credentials-refused',
      `The BMC refuses what Ironic asks of it. ${why} ${onTheWay(place) ? whereToLook(place) : 'Correct the credentials, the licence or the BMC.'}`,
    )
  if (cause === 'config' || cause === 'storage') {
    return escalate('needs-person', `A reset does not help against this (${cause}). ${why}`, j.now + 10 * j.policy.look)
  }
  return null
}

/** Row 2: no reset while the BMC does not answer; in the end a person must look. Row 8's last line where nobody can tell. */
function quietBmc(j: Judged): Decision | null {
  const { bmc, memory, policy, now } = j
  if (bmc.kind === 'silent' || bmc.kind === 'refusing') {
    const rule = bmc.kind === 'silent' ? policy.silentBmc : policy.refusingBmc
    const run = memory.looks
    if (run?.kind === bmc.kind && run.count >= rule.looks && spanOf(run) >= rule.over) {
      const reason = bmc.kind === 'silent' ? 'bmc-silent' : 'bmc-refusing'
      return toQuarantine(
        j,
        reason,
        `${bmc.sentence} ${amount(run.count, 'look')} over ${spanText(spanOf(run))} said the same. ${whereToLook(j.diagnosis.place)}`,
      )
    }
    const reason: Reason = bmc.kind === 'silent' ? 'bmc-silent' : 'bmc-refusing'
    return wait(
      reason,
      `${bmc.sentence} No attempt is spent until it answers.`,
      now + nextLook(rule, run?.count ?? 0, policy.look),
      'reset',
    )
  }
  const bmcMatters = ['bmc-unreachable', 'bmc-fault', 'unknown'].includes(j.diagnosis.cause)
  if (bmc.kind !== 'unknown' || !bmcMatters) return null
  if (bmc.until !== null) return wait('bmc-unknown', bmc.sentence, bmc.until, 'reset')
  const blind = ownAttempts(j).some((a) => a.act === 'reset' && isSpent(a) && a.createdAt >= (memory.releasedAt ?? 0))
  if (!blind || j.words.retry !== null) return null
  return escalate(
    'bmc-unknown',
    `${bmc.sentence} One reset has been tried; give this host a route to the BMCs. ${whereToLook(j.diagnosis.place)}`,
    now + 10 * policy.look,
  )
}

/** A quiet BMC is looked at each minute at first, then so that the looks a quarantine needs fit its time. */
const nextLook = (rule: { looks: number; over: number }, count: number, look: number): number =>
  count < 10 ? look : Math.max(look, Math.min(10 * look, rule.over / (2 * rule.looks)))

/** Rows 14, 15: Nova is deleting the instance and tries a second time by itself. */
function forNova(j: Judged): Decision | null {
  if (j.tenant.kind !== 'deleted') return null
  const until = j.failedAt + j.policy.waitForNova
  if (j.now >= until) return null
  const hint = j.tenant.novaError ? ' Its owner may delete it once more in Nova.' : ''
  return wait(
    'waiting-for-nova',
    `${j.tenant.sentence} Nova's own second try comes first.${hint}`,
    Math.min(until, j.now + j.policy.look),
    'reset',
  )
}

/** Row 21. */
function uncleaned(j: Judged): Decision | null {
  const off = j.node.automated_clean === false || (j.node.automated_clean === null && j.policy.automatedClean === 'off')
  if (j.policy.uncleaned !== 'human' || !off || j.words.retry !== null) return null
  return escalate(
    'uncleaned',
    "Automated cleaning is off for it, so a reset makes it available with its last tenant's disk; the policy leaves that to a person.",
    j.now + 10 * j.policy.look,
  )
}

/** Row 9: one reset once the fabric is green; failed again, a person. */
function fabric(j: Judged): Decision | null {
  if (j.diagnosis.cause !== 'network-fabric' || j.words.retry !== null) return null
  const tried = ownAttempts(j).some(
    (a) => a.act === 'reset' && isSpent(a) && a.cause === 'network-fabric' && a.createdAt >= (j.memory.releasedAt ?? 0),
  )
  return tried
    ? escalate(
        'needs-person',
        "It failed on the network again after a reset: look at its switch port and at Neutron's ML2 driver.",
        j.now + 10 * j.policy.look,
      )
    : null
}

function reset(j: Judged): Decision {
  const [reason, why] = whyReset(j)
  const tenant = j.tenant.sentence
  const plan = { act: 'reset', number: j.count.spent + 1 } as const
  return pace(j, go(reason, `${why} ${tenant} Reset ${plan.number} of ${j.policy.resets.max}.`, plan))
}

function whyReset(j: Judged): [Reason, string] {
  if (j.diagnosis.cause === 'api-unreachable') return ['services-green', `${j.diagnosis.service ?? 'What failed'} works again.`]
  if (j.bmc.kind === 'answers') return ['bmc-answers', j.bmc.sentence]
  if (j.bmc.kind === 'seen-by-ironic') return ['bmc-seen-by-ironic', j.bmc.sentence]
  if (j.bmc.kind === 'unknown') return ['last-resort', `${j.bmc.sentence} One reset tells.`]
  return ['cause-may-pass', j.bmc.sentence]
}
