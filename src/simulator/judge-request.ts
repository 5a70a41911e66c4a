/**
 * The rules for one changing request: what must be so as it leaves, as it arrives, and once Ironic has accepted it; and the one for a case
 * that is closed. Between a deciding
 * read and the request that it lets through lie up to 2 s in which Ironic offers no way to notice a change (design, the write
 * protocol): what a person does within them breaks no promise.
 */
import type { DecidingField } from '../core/ironic.ts'
import { MINUTE, SECOND } from '../core/policy.ts'
import { within } from './answer.ts'
import { briefOf } from './delivery.ts'
import { judgeBlazarLeaving, judgeShield, nodeInBlazar } from './judge-blazar.ts'
import { judgeBudget, judgeResuming } from './judge-budget.ts'
import { judgeRackCanary, judgeServiceCanary } from './judge-canary.ts'
import type { Bench, OnNode, Sent } from './judges.ts'
import type { NodeBrief } from './ledger.ts'
import { addedMark, isPersons, type JudgedStep, nodeOf, REPAIR_STATES, removedMark, UNNOTICED_MS } from './promises.ts'
import type { ServiceSlug, SimNode } from './world.ts'

/** What the mark's reply must show as it was decided on (design, the write protocol). The operator has a list of its own. */
const AS_DECIDED: readonly DecidingField[] = [
  ...(['provision_state', 'provision_updated_at', 'target_provision_state', 'target_power_state', 'instance_uuid'] as const),
  ...(['allocation_uuid', 'maintenance', 'fault', 'protected', 'retired', 'owner', 'lessee', 'conductor'] as const),
]
const REPLY_LIVES_MS = 2 * SECOND
const UNKNOWN_MS = 150 * SECOND
const DEADLINE_MS = 20 * SECOND
/** Requests remembered of a node. */
const REMEMBERED = 12

/** The act that each step belongs to. */
export const ACT_OF: Record<JudgedStep, string> = {
  mark: 'reset',
  deleted: 'reset',
  unmark: 'unmark',
  manage: 'recover-cleaning',
  provide: 'recover-cleaning',
  quarantine: 'quarantine',
  release: 'release',
  'shield-mark': 'shield',
  disable: 'shield',
  enable: 'unshield',
  'shield-unmark': 'unshield',
  'give-back': 'give-back',
}

/** What changes nothing of the node itself. */
const OF_SHIELD: readonly (JudgedStep | null)[] = ['shield-mark', 'disable', 'enable', 'shield-unmark', 'give-back']

export function judgeLeaving(bench: Bench, sent: Sent): void {
  const { entry, step, by } = sent
  bench.check('S8')
  if (by.mode === 'observe')
    bench.accuse('S8', { node: nodeOf(entry), what: `${entry.method} to ${entry.service} in mode observe`, sent: [sent] })
  if (by.policyHash !== undefined && by.policyHash !== bench.inForce)
    bench.accuse('S8', {
      node: nodeOf(entry),
      what: `${entry.method} to ${entry.service} under a policy that is not in force`,
      sent: [sent],
    })
  const uuid = entry.service === 'blazar' ? nodeInBlazar(bench, sent) : nodeOf(entry)
  if (entry.service === 'blazar') judgeBlazarLeaving(bench, sent, uuid)
  if (uuid === null) {
    bench.accuse('S5', { node: null, what: `${entry.method} ${entry.path} of ${entry.service}: no act does that`, sent: [sent] })
    return
  }
  const known = bench.onNode(uuid)
  const newest = known.intents.findLast((one) => one.by === by)
  const fits = newest !== undefined && step !== null && newest.intent.act === ACT_OF[step]
  sent.intent = fits ? newest.intent : null
  // An intent's times are those of its decision: a clock set on the way to the request counts as set since then.
  if (fits) Object.assign(sent, { jumped: newest.jumped, lifted: newest.lifted })
  known.sent = [...known.sent, sent].slice(-REMEMBERED)
  sent.uuid = uuid
  sent.shownAt = known.shown.get(by) ?? Number.NEGATIVE_INFINITY
  sent.hostShownAt = known.host.shown.get(by) ?? Number.NEGATIVE_INFINITY
  const say = (promise: Parameters<Bench['accuse']>[0], what: string): void => bench.accuse(promise, { node: uuid, what, sent: known.sent })
  bench.check('S5')
  if (!fits) say('S5', `${entry.method} ${entry.path} without an intent for it`)
  else if (entry.left - newest.at > DEADLINE_MS) say('S5', `it left ${entry.left - newest.at} ms after its intent`)
  const twice = known.sent.slice(0, -1).some((one) => one.intent !== null && one.intent === sent.intent && one.step === step)
  if (fits && twice) say('S5', `${step} is sent a second time under one intent`)
  bench.check('S3')
  if (known.held) say('S3', 'sent although a person holds the node')
  if (bench.paused) say('S3', 'sent although a person paused the cloud')
  // Another mode asks nobody. What was decided before the no was on its way already.
  if (by.mode === 'approve' && step === 'mark' && known.refusedAt !== null && fits && newest.at > known.refusedAt)
    say('S3', 'reset although a person said no to it')
  const clash = clashWith(bench, known, sent)
  bench.check('S4')
  if (clash !== null) say('S4', clash)
  if (step !== 'deleted') return
  bench.check('S1')
  const problem = markProblem(known, sent)
  if (problem !== null) say('S1', problem)
}

/** What an earlier request of another intent on the same node says against this one. */
function clashWith({ latest, jumped }: Bench, known: OnNode, sent: Sent): string | null {
  const earlier = known.sent.slice(0, -1).filter((one) => one.intent?.id !== sent.intent?.id || one.intent === null)
  for (const one of earlier) {
    if (known.sent.some((other) => other !== sent && other.intent === sent.intent && other.entry.left < one.entry.left))
      return 'two intents took turns on the node'
    if (isSure(one)) continue
    // By whichever clock shows more: the operator's may have been set in between, and back, which takes as much from its wait.
    const since = Math.max(latest - one.wall, sent.entry.left - one.entry.left)
    if (since < UNKNOWN_MS - (jumped - one.jumped)) return `an earlier request (${one.entry.method}) has an unknown end, ${since} ms ago`
  }
  return null
}

/**
 * Whether its sender knows what became of it. A 404 to a verb may mean "no live conductor"; a 500 or a gateway's page says nothing. Ironic's
 * own 503 (no worker, no conductor) and its refusals at its concurrency limit changed nothing.
 */
function isSure({ entry, step, reply, by, unheard, recorded }: Sent): boolean {
  const { status } = entry
  // Whoever died before the answer was there never learnt it.
  if (unheard || (!recorded && by.diedAt !== undefined && by.diedAt <= (entry.answeredAt ?? Number.POSITIVE_INFINITY))) return false
  if (status === 'refused' || status === 'unreachable') return true
  if (typeof status !== 'number') return false
  if (status < 300) return true
  if (status < 500) return status !== 404 || step === 'mark' || OF_SHIELD.includes(step)
  const own = within(reply, 'error_message')
  if (entry.service === 'blazar') return /^Not enough (hosts|resources) available|^Invalid lease status/.test(String(own))
  return own !== undefined && (status === 503 || /concurrent action limit|validate power driver/i.test(JSON.stringify(own)))
}

/** Why the reply to the mark does not carry this verb; null where it does. */
function markProblem(known: OnNode, sent: Sent): string | null {
  const { intent, entry } = sent
  const mark = known.sent.findLast((one) => one.step === 'mark' && one.intent === intent)
  if (intent === null || mark === undefined) return 'no mark was written for it'
  if (addedMark(mark.entry.body) !== intent.mark) return 'the mark is not the one of its intent'
  if (mark.entry.answeredAt === null || mark.entry.status !== 200) return `its mark was answered ${mark.entry.status}`
  const age = entry.left - mark.entry.answeredAt
  if (age > REPLY_LIVES_MS) return `the reply to its mark was ${age} ms old`
  if (within(mark.reply, 'provision_state') !== 'error') return `the reply to its mark showed ${within(mark.reply, 'provision_state')}`
  if (within(within(mark.reply, 'extra'), 'anneal_hold') !== undefined) return 'the reply to its mark showed a hold of a person'
  const field = AS_DECIDED.find((one) => within(mark.reply, one) !== intent.decided[one])
  return field === undefined ? null : `the reply to its mark showed another ${field} than was decided on`
}

export function judgeArriving(bench: Bench, sent: Sent): void {
  const { entry, step, uuid } = sent
  if (uuid !== null && OF_SHIELD.includes(step)) judgeShield(bench, sent, uuid)
  const node = entry.service === 'blazar' ? bench.world.nodes.get(uuid ?? '') : undefined
  const before = node === undefined ? entry.before : briefOf(bench.world, node)
  if (before === null) return
  const known = bench.onNode(before.uuid)
  const say = (promise: Parameters<Bench['accuse']>[0], what: string): void =>
    bench.accuse(promise, { node: before.uuid, what, sent: known.sent })
  if (entry.method === 'PATCH') bench.check('S7')
  if (step === null && entry.service !== 'blazar') say('S7', `${entry.method} ${entry.path} writes what is not ours to write`)
  if (step === 'unmark') {
    const text = removedMark(entry.body, before.marks)
    // Nothing is at that place any more: Ironic refuses it.
    if (text !== null && !known.intents.some(({ intent }) => intent.mark === text))
      say('S7', `takes away ${JSON.stringify(text)}, which is not ours`)
  }
  // However long its road was: nothing can be noticed of what happens once it has left.
  const isSince = (at: number): boolean => entry.at - at <= UNNOTICED_MS || entry.left - at <= REPLY_LIVES_MS
  const race = isSince(known.movedAt)
  // A stale answer is Ironic's own lie; the verb alone is sent on a reply that cannot be one.
  const misled = step !== 'deleted' && entry.at - known.staleAt <= UNNOTICED_MS
  // What its own read showed it is no race any more.
  const handAt = Math.max(known.personAt, known.movedAt)
  const isShown = sent.shownAt > handAt
  const touched = (isSince(handAt) && !isShown) || misled ? null : personTouched(known, before, step)
  if (touched !== null) say('S3', touched)
  if (step === 'deleted') {
    bench.check('S2')
    const living = before.tenants[0] ?? before.allocation_uuid
    if (living !== null && living !== undefined && !race) say('S2', `reset although ${living} may live on it`)
    if (before.provision_state !== 'error' && !race) say('S1', `deleted to a node in ${before.provision_state}`)
  }
  // Only a person's word ends a quarantine, whatever the node does meanwhile.
  // Beside a shield its tenant may delete at any moment, and Ironic begins.
  const begun = OF_SHIELD.includes(step) && entry.at - Date.parse(String(before.provision_updated_at)) <= UNNOTICED_MS
  if (REPAIR_STATES.includes(before.provision_state) && step !== 'manage' && step !== 'release' && !race && !misled && !begun)
    say('S4', `sent to a node in ${before.provision_state}`)
}

/** What of a person's this request would change or ignore; null for nothing. */
function personTouched(known: OnNode, before: NodeBrief, step: JudgedStep | null): string | null {
  if (before.held) return 'sent although extra.anneal_hold is set'
  if (isPersons(before)) return `sent to a node in a person's maintenance (${before.maintenance_reason})`
  if (known.persons?.shown === true && !before.maintenance) return "sent although Ironic, not the person, ended a person's maintenance"
  if (step === 'quarantine' && (before.maintenance || before.fault !== null || before.instance_uuid !== null))
    return 'sets maintenance over what is there'
  if (step !== 'release') return null
  if (!known.released) return 'ends a quarantine without a person’s word'
  return before.maintenance_reason?.startsWith('anneal:') && before.fault === null ? null : 'ends a maintenance that is not ours alone'
}

/** A service must have been away this long before every look at it is a bad one: cached for 15 s, observed for 30 s, decided for 20 s. */
const KNOWN_DOWN_MS = 75 * SECOND

/** Ironic accepted a reset. */
export function judgeAccepted(bench: Bench, sent: Sent): void {
  const { entry } = sent
  const node = bench.world.nodes.get(nodeOf(entry) ?? '')
  if (node === undefined) return
  const known = bench.onNode(node.row.uuid)
  // The word may be told later than the act that used it up; where it came in between, the next act has it still.
  if (known.retryAt !== null) sent.lifted = true
  judgeBudget(bench, node, sent)
  judgeResuming(bench, node, sent)
  for (const service of neededBy(node)) {
    const away = bench.outages.find((one) => one.service === service && one.seenBy !== 'conductors' && one.to === null)
    if (away === undefined) continue
    bench.check('S9')
    if (entry.left - away.from > KNOWN_DOWN_MS) {
      const span = Math.round((entry.left - away.from) / 1000)
      bench.accuse('S9', { node: node.row.uuid, what: `reset although ${service} has been down for ${span} s`, sent: known.sent })
    }
  }
  judgeServiceCanary(bench, node, sent)
  judgeRackCanary(bench, node, sent)
}

const neededBy = ({ row }: SimNode): ServiceSlug[] => (row.network_interface === 'noop' ? ['keystone'] : ['keystone', 'neutron'])

/** An observation counts for a minute, and so does what a stale answer said in it. */
const LOOKED_LATELY_MS = 2 * MINUTE

/** Absence is never recovery: a case ends on a node that was seen to be well, or that somebody took on. */
export function judgeClosed(bench: Bench, uuid: string): void {
  bench.check('L1')
  const row = bench.world.nodes.get(uuid)?.row
  if (row === undefined || (row.provision_state !== 'error' && row.provision_state !== 'clean failed')) return
  const now = bench.world.clock.now()
  if (now - Date.parse(row.provision_updated_at ?? '') < LOOKED_LATELY_MS || now - bench.onNode(uuid).staleAt < LOOKED_LATELY_MS) return
  bench.accuse('L1', { node: uuid, what: `its case was closed although it is in ${row.provision_state}` })
}
