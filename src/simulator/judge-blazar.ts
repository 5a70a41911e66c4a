/**
 * The rules for what an operator does to Blazar and to its own mark of it in Ironic (S11 to S13): whose `disabled` stands on a host, what a
 * lease had before, whether a shield that stands is told to anybody. The cloud's own record says so, and no read of the operator's. What
 * holds for every changing request (intent, one at a time, holds) stands in judge-request.ts.
 */
import type { Intent } from '../core/case.ts'
import { within } from './answer.ts'
import { hostOfNode, type SimHost, type SimLease, termsOf } from './blazar-state.ts'
import type { Bench, HostHand, OnNode, Sent } from './judges.ts'
import { reservationsIn, shieldMarkIn, stepOf } from './promises.ts'

type Say = (promise: 'S7' | 'S11' | 'S12' | 'S13', what: string) => void
type Judged = { bench: Bench; known: OnNode; sent: Sent; host: SimHost | null; say: Say }

/** A deciding read's 2 s and the road: what happened meanwhile nobody could have noticed. */
const UNNOTICED_MS = 2_200

const isOurs = (host: SimHost): boolean => host.disabledFor?.startsWith('anneal:') === true

/** Which node a request to Blazar is about: for a give-back, of all that the lease had, the one for which it was decided. */
export function nodeInBlazar(bench: Bench, { entry, by }: Sent): string | null {
  const [first = null] = entry.about
  if (stepOf(entry) !== 'give-back') return first
  const decided = [...bench.nodes].flatMap(([uuid, { intents }]) => {
    const newest = intents.findLast((one) => one.by === by)
    return newest?.intent.act === 'give-back' ? [{ uuid, at: newest.at }] : []
  })
  // Of a lease that is gone nobody knows any more which nodes it had.
  const fitting = first === null ? decided : decided.filter(({ uuid }) => entry.about.includes(uuid))
  return fitting.toSorted((a, b) => b.at - a.at)[0]?.uuid ?? first
}

/** What can be seen as it leaves. */
export function judgeBlazarLeaving(bench: Bench, sent: Sent, uuid: string | null): void {
  const { entry } = sent
  bench.check('S13')
  if (sent.step !== null) return
  const what = `${entry.method} ${entry.path} ${JSON.stringify(entry.body) ?? ''}: no act sends that to Blazar`
  bench.accuse('S13', { node: uuid, what, sent: [sent] })
}

/** As it arrives: the request to Blazar, or the mark of a shield. */
export function judgeShield(bench: Bench, sent: Sent, uuid: string): void {
  const known = bench.onNode(uuid)
  const say: Say = (promise, what) => bench.accuse(promise, { node: uuid, what, sent: known.sent })
  const judged: Judged = { bench, known, sent, host: hostOfNode(bench.world.blazar, uuid), say }
  if (sent.step === 'disable' || sent.step === 'enable') judgeDisabled(judged)
  if (sent.step === 'give-back') judgeGivenBack(judged)
  if (sent.step === 'shield-mark') judgeMark(judged)
  if (sent.step === 'shield-unmark') judgeUnmark(judged)
}

function judgeDisabled({ bench, known, sent, host, say }: Judged): void {
  const { step, intent, entry } = sent
  const { world, policy } = bench
  if (world.blazar?.kind !== 'chameleon') say('S13', `\`disabled\` is sent to an ${world.blazar?.kind} Blazar, which only stores the word`)
  if (policy.blazar.mode !== 'chameleon') say('S13', `\`disabled\` is sent in mode ${policy.blazar.mode}`)
  if (step === 'disable' && policy.blazar.monitor !== 'on') say('S13', 'disabled where no monitor makes it reservable again')
  bench.check('S11')
  // What its own read of the host showed it is no race any more.
  const isRace = entry.at - known.host.handAt <= UNNOTICED_MS && !(sent.hostShownAt > known.host.handAt)
  // Both did the same within a moment, and Blazar keeps one `updated_at` for both: whose it is nobody can tell from then on.
  if (step === 'disable' && host?.disabled === true && !isOurs(host) && isRace) known.host.isContested = true
  if (step === 'enable' && known.sent.some((one) => mayHaveDone(one, known.host.handAt))) known.host.isContested = true
  if (host?.disabled === true && !isOurs(host) && !isRace && !known.host.isContested)
    say(
      'S11',
      step === 'enable' ? `undoes a person's disabled (${host.disabledFor})` : `takes over a person's disabled (${host.disabledFor})`,
    )
  if (step !== 'disable') return
  if (known.host.isLifted && !isRace) say('S11', 'disables again what a person lifted')
  bench.check('S12')
  const mark = known.sent.findLast((one) => one.step === 'shield-mark' && one.intent === intent)
  if (intent === null || mark?.entry.status !== 200) say('S12', 'disabled without its mark in Ironic before')
  if (intent !== null && within(entry.body, 'disabled') !== `anneal:${intent.caseId}`)
    say('S12', 'disabled in words that do not name its case')
}

/** As far as its sender could learn: it left within a moment of the person's hand, and what came of it nobody said. */
const mayHaveDone = ({ step, entry, unheard }: Sent, handAt: number): boolean =>
  step === 'disable' &&
  Math.abs(entry.left - handAt) <= UNNOTICED_MS &&
  (unheard || typeof entry.status !== 'number' || entry.status >= 500)

function judgeMark({ bench, sent, host, say }: Judged): void {
  const { policy } = bench
  if (policy.blazar.mode !== 'chameleon' || policy.blazar.monitor !== 'on') say('S7', 'writes the mark of a shield where there may be none')
  const mark = shieldMarkIn(sent.entry.body)
  const isWhole =
    within(mark, 'v') === 1 &&
    within(mark, 'kind') === 'blazar-disabled' &&
    within(mark, 'case') === sent.intent?.caseId &&
    within(within(mark, 'prev'), 'disabled') === false
  if (!isWhole) say('S7', `the mark of its shield does not say whose it is: ${JSON.stringify(mark)}`)
  if (host !== null && within(mark, 'host_id') !== host.id) say('S7', `the mark of its shield names another host than ${host.id}`)
}

function judgeUnmark({ bench, known, sent, host, say }: Judged): void {
  const standing = sent.entry.before?.shield
  if (standing !== undefined && !known.intents.some(({ intent }) => intent.caseId === within(standing, 'case')))
    say('S7', `takes away ${JSON.stringify(standing)}, which is not ours`)
  bench.check('S12')
  if (host?.disabled === true && isOurs(host)) say('S12', 'takes its mark away while its shield stands')
}

function judgeGivenBack({ bench, sent, say }: Judged): void {
  const { world, policy } = bench
  const { entry, intent } = sent
  if (world.blazar?.kind !== 'chameleon') say('S13', `a give-back to an ${world.blazar?.kind} Blazar`)
  if (policy.blazar.mode !== 'chameleon' || within(policy.blazar, 'giveBack') !== true) say('S13', 'a give-back that nobody has opted for')
  const lease = world.blazar?.leases.get(entry.path.split('/').at(-1) ?? '')
  if (lease === undefined) return
  const isRace = lease.updated_at !== null && entry.at - lease.updated_at <= UNNOTICED_MS
  if (lease.status !== 'PENDING' && !isRace) say('S13', `a give-back of a lease that is ${lease.status}`)
  for (const wish of reservationsIn(entry.body)) judgeWish({ wish, lease, isRace, intent, say })
  const had = lease.everHad.map((id) => world.blazar?.nodes.get(id))
  if (intent !== null && !had.includes(intent.uuid)) say('S13', 'a give-back of a lease that never had this node')
}

type Wished = { wish: unknown; lease: SimLease; isRace: boolean; intent: Intent | null; say: Say }

function judgeWish({ wish, lease, isRace, say }: Wished): void {
  const reservation = lease.reservations.find(({ id }) => id === within(wish, 'id'))
  if (reservation === undefined) {
    say('S13', 'a give-back of a reservation that is not of this lease')
    return
  }
  if (reservation.hosts.length > 0 && !isRace) say('S13', 'a give-back of a reservation that has its hosts')
  const { min, max, hypervisor_properties, resource_properties } = reservation
  const former = { min, max, hypervisor_properties, resource_properties, resource_type: 'physical:host' }
  for (const [key, value] of Object.entries(former)) {
    if (within(wish, key) !== value)
      say('S13', `a give-back with ${key} ${JSON.stringify(within(wish, key))} in place of ${JSON.stringify(value)}`)
  }
}

/** A person's hand on the host or its `disabled`. What of ours it lifted has been said and heard; a shield of unknown end may never have stood. */
export function noteHand(bench: Bench, known: OnNode, what: HostHand): void {
  const wasPersons = known.host.isPersons
  known.host.handAt = bench.world.clock.now()
  known.host.isPersons = what === 'disabled'
  known.host.isContested = false
  // Their own, which says nothing of ours.
  if (wasPersons) return
  const last = known.sent.findLast(({ step }) => step === 'disable' || step === 'enable')
  if (what === 'enabled' && last?.step === 'disable' && last.entry.status === 200 && last.recorded) known.host.isLifted = true
}

/** Asked of the cloud itself once nothing is under way any more. @param isTold whether the node's case is open, and with a person */
export function judgeBlazarAtRest(bench: Bench, isTold: (uuid: string) => boolean): void {
  const { blazar } = bench.world
  if (blazar === null) return
  for (const host of blazar.hosts.values()) {
    const node = host.hypervisor_hostname
    bench.check('S12')
    if (host.disabled && isOurs(host) && !isTold(node))
      bench.accuse('S12', { node, what: `its host stays disabled (${host.disabledFor}), and no open case tells a person` })
    const hand = bench.nodes.get(node)?.host
    if (hand === undefined || hand.handAt === Number.NEGATIVE_INFINITY) continue
    bench.check('S11')
    if (hand.isPersons && !hand.isContested && (!host.disabled || isOurs(host)))
      bench.accuse('S11', { node, what: "a person's disabled is gone" })
  }
  for (const lease of blazar.leases.values()) {
    bench.check('S13')
    if (termsOf(lease) !== lease.asMade)
      bench.accuse('S13', { node: null, what: `lease ${lease.id} (${lease.name}) is not what its user made` })
  }
}
