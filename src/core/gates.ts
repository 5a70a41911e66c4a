/**
 * The gates, in the order in which they are asked; the first that holds gives the reason. They say whether a node may be
 * touched at all; the rows say what is right for it, the pacing whether it may be now. Source: design of the decision, and the facts
 * about Ironic behind each line (docs/runbook.md has a heading for every slug).
 */
import type { Attempt } from './case.ts'
import type { Acting, Decision } from './decision.ts'
import { maintenanceOwner, QUARANTINE_PREFIX, REPAIR_STATES } from './ironic.ts'
import { escalate, first, type Gate, go, hasCourse, type Judged, leave, sinceOf, soonest, wait } from './judged.ts'
import type { ServiceName } from './observation.ts'
import { whyObserve } from './pace.ts'
import { whereToLook } from './place.ts'
import { refusedLately } from './refused.ts'
import { spanText, timeText } from './when.ts'

const later = (j: Judged, ms = 10 * 60_000): number => j.now + ms
const soon = (j: Judged): number => soonest(j, j.policy.look)

export const censusDoubtful = ({ fleet, now, policy }: Pick<Judged, 'fleet' | 'now' | 'policy'>): Decision | null =>
  fleet.census.doubtful === null
    ? null
    : wait('census-doubtful', `${fleet.census.doubtful} Nothing is started until a census is believed.`, now + policy.look)

const redacted: Gate = (j) =>
  j.observation.redacted.length === 0
    ? null
    : escalate(
        'redacted',
        `Ironic withholds ${j.observation.redacted.join(', ')} from this credential: give it the permissions that \`anneal check\` names.`,
        later(j),
      )

const paused: Gate = (j) =>
  j.words.pause === null
    ? null
    : wait('paused', `Paused by ${j.words.pause.by}: ${j.words.pause.why}. \`anneal resume\` goes on.`, later(j))

const outOfScope: Gate = (j) => {
  const { scope } = j.policy
  const outside = (['conductor_group', 'owner', 'shard', 'resource_class', 'name'] as const).find(
    (field) => scope[field].length > 0 && !scope[field].some((pattern) => matches(pattern, j.node[field] ?? '')),
  )
  return outside === undefined
    ? null
    : wait('out-of-scope', `Its ${outside} (${j.node[outside] ?? 'none'}) is outside the configured scope.`, later(j))
}

const matches = (pattern: string, text: string): boolean =>
  pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern

const held: Gate = (j) => {
  if (j.node.hold !== null)
    return wait('held', `extra.anneal_hold is set (${j.node.hold}): Anneal leaves it alone until the key is removed.`, later(j))
  const { hold } = j.words
  if (hold === null) return null
  const how = hold.source === 'command' ? `Held by ${hold.by}: ${hold.why}.` : `${hold.why} That was nobody's word, so it stays held.`
  return wait('held', `${how} \`anneal unhold\` gives it back.`, later(j))
}

const maintenanceByPerson: Gate = (j) =>
  maintenanceOwner(j.node) !== 'person'
    ? null
    : leave(
        'maintenance-by-person',
        `A person put it into maintenance${j.node.maintenance_reason ? `: ${j.node.maintenance_reason}` : ' without a reason'}.`,
        later(j),
      )

const quarantined: Gate = (j) => {
  if (maintenanceOwner(j.node) !== 'ours') return null
  const exact =
    j.memory.quarantine?.text === j.node.maintenance_reason && j.node.maintenance_reason.startsWith(`${QUARANTINE_PREFIX}${j.case?.id} `)
  if (j.words.release !== null && exact && j.node.fault === null) {
    if (j.node.reservation !== null)
      return wait('locked', `Conductor ${j.node.reservation} holds its lock; it is released after that.`, soon(j), 'release')
    if (j.node.target_power_state !== null)
      return wait('locked', `Its power state is on the way to ${j.node.target_power_state}; it is released after that.`, soon(j), 'release')
    const unsettled = outcomeUnknown(j)
    if (unsettled !== null) return unsettled
    return sendable(j, go('released-by-person', `${j.words.release.by} released it: ${j.words.release.why}.`, { act: 'release' }))
  }
  if (j.words.release !== null)
    return escalate(
      'quarantined',
      'A person released it, but the maintenance is not exactly the one of this case: clear it by hand.',
      later(j),
    )
  return escalate(
    'quarantined',
    `In quarantine: ${j.node.maintenance_reason} When it is mended, \`anneal release ${j.node.name ?? j.node.uuid}\`.`,
    later(j),
  )
}

/** A person's own word needs no approval, but observe sends nothing that changes anything, and a sweep's limit bounds every act. */
function sendable(j: Judged, decision: Acting): Decision {
  if (j.actsLeft === 0) return wait('fleet-budget', `${decision.message} The limit of this sweep is reached.`, soon(j), decision.act)
  if (j.policy.mode === 'observe') return wait('observe-only', `${decision.message} ${whyObserve(j)}`, later(j), decision.act)
  return refusedLately(j, decision) ?? decision
}

const fault: Gate = (j) => {
  if (j.node.fault === null) return null
  if (j.node.fault !== 'power failure') {
    return escalate(
      'other-fault',
      `Ironic set fault '${j.node.fault}'${j.node.maintenance_reason ? `: ${j.node.maintenance_reason}` : ''}. Ironic does not clear that by itself.`,
      later(j),
    )
  }
  const since = sinceOf(j, 'power-failure')
  if (j.now - since >= j.policy.powerFailure) {
    return escalate(
      'power-failure',
      `Ironic has not reached its BMC for ${spanText(j.now - since)}. ${whereToLook(j.diagnosis.place)}`,
      later(j),
    )
  }
  return wait('power-failure', "Ironic's power sync gave up on its BMC and looks again by itself; Anneal waits for that.", soon(j))
}

const protectedNode: Gate = (j) =>
  j.node.protected
    ? escalate('protected', 'It is protected, so Ironic refuses to tear it down; whoever protected it must decide.', later(j))
    : null

/**
 * Ironic shows and announces a failure before it lets go of the node, up to 3 s before (measured), and announces the end of a lock to nobody:
 * whoever heard of the failure at once would else look again after a minute.
 */
const LETTING_GO_LOOK_MS = 3_000
const LETTING_GO_MS = 10_000
const lockIsYoung = ({ memory: { lock }, now }: Judged): boolean => lock !== null && Math.abs(now - lock.since) < LETTING_GO_MS

const locked: Gate = (j) => {
  const { lock, powerTargetSince } = j.memory
  if (j.node.reservation !== null) {
    if (lock?.deadSince != null && j.now - lock.deadSince >= j.policy.holderDead) {
      return escalate(
        'stuck-lock',
        `Its lock is held by conductor ${lock.holder}, which has not been alive for ${spanText(j.now - lock.deadSince)}: restart that conductor.`,
        later(j),
      )
    }
    if (REPAIR_STATES.includes(j.node.provision_state)) return null
    return wait('locked', `Conductor ${j.node.reservation} is working on it.`, lockIsYoung(j) ? soonest(j, LETTING_GO_LOOK_MS) : soon(j))
  }
  // From `deleting` nothing is ever sent, and what is stuck there has a row of its own.
  if (j.node.target_power_state === null || j.node.provision_state === 'deleting') return null
  const since = powerTargetSince ?? j.now
  if (j.now - since >= j.policy.stuck) {
    return escalate(
      'stuck-lock',
      `Its power state has been on the way to ${j.node.target_power_state} for ${spanText(j.now - since)} though no conductor holds it: restart its conductor.`,
      later(j),
    )
  }
  return wait('locked', `Its power state is on the way to ${j.node.target_power_state}.`, soon(j))
}

/** States at rest: a target there means that somebody's verb is about to take the node on. */
const AT_REST: readonly string[] = ['error', 'manageable']

const movingOn: Gate = (j) =>
  !AT_REST.includes(j.node.provision_state) || j.node.target_provision_state === null
    ? null
    : wait('transition', `It is on the way to ${j.node.target_provision_state}.`, soon(j))

/** An intent that nobody recorded an outcome of: its process died, or another one still has it in hand. */
export const unsettled: Gate = (j) => {
  const open = j.attempts.find((a) => a.outcome === null && a.endedAt === null)
  return open === undefined
    ? null
    : wait(
        'outcome-unknown',
        `The outcome of a ${open.act} is not recorded; a read will settle it.`,
        Math.max(open.deadlineAt + j.policy.settleAfter, soon(j)),
      )
}

/** At most one action in flight per node: while one is not settled, or accepted and not seen to have ended, nothing is sent. */
export const outcomeUnknown: Gate = (j) => {
  const open = unsettled(j)
  if (open !== null) return open
  const running = j.attempts.find((a) => a.outcome === 'accepted' && a.endedAt === null && hasCourse(a))
  if (running) return wait('outcome-unknown', `Ironic accepted a ${running.act}; what it leads to is not seen yet.`, soon(j))
  // A case that was closed meanwhile has ended its attempts, but Ironic may still deliver.
  const quietUntil = (a: Attempt) => (a.settledAt ?? a.deadlineAt) + j.policy.unknownOutcome
  const lost = j.attempts.find((a) => a.outcome === 'unknown' && (a.endedAt === null || j.now < quietUntil(a)))
  if (!lost) return null
  const until = quietUntil(lost)
  return wait(
    'outcome-unknown',
    `${lost.outcomeReason?.replace(/\.?$/, '.') ?? `The outcome of a ${lost.act} is not known.`} Nothing is sent until a read shows what happened.`,
    Math.max(until, soon(j)),
  )
}

const markOwed: Gate = (j) => {
  // Ironic refuses every change of a node on its way (409), so there the mark waits: it must not keep a stranded node from its recovery.
  if (REPAIR_STATES.includes(j.node.provision_state)) return null
  const { marks } = j.node
  if (marks.kind !== 'list') return null
  // Somebody may have removed one of several by hand.
  const owed = j.attempts.filter((a) => a.markState === 'owed').map((a) => a.mark)
  const mark = marks.entries.find((entry) => owed.includes(entry))
  if (mark === undefined) return null
  return sendable(j, go('mark-owed', `The reset marked ${mark} did not happen, so its mark is taken back.`, { act: 'unmark', mark }))
}

const conductorDead: Gate = (j) => {
  const { conductor } = j.observation
  if (conductor.kind === 'known' && conductor.value.alive) return null
  const message =
    conductor.kind === 'known'
      ? `No live conductor manages it${conductor.value.hostname ? ` (${conductor.value.hostname} is dead)` : ''}: start one mapped to it.`
      : `Whether its conductor lives is not known: ${conductor.reason}.`
  return wait('conductor-dead', message, soon(j))
}

const foreignWriter: Gate = (j) => {
  const at = j.count.foreignAt
  if (at === null || j.now - at >= j.policy.foreignWriter) return null
  const until = at + j.policy.foreignWriter
  return wait(
    'foreign-writer',
    `extra.hammer_error_resets has an entry of ${timeText(at)} that is not Anneal's: another tool is at work. Nothing is sent until ${timeText(until)}.`,
    until,
  )
}

const tenant: Gate = (j) => {
  const { tenant: t } = j
  if (t.kind === 'live') {
    const what = t.remedy === undefined ? 'if it should go, delete it in Nova' : `if nobody needs it, ${t.remedy}`
    return leave('instance-may-live', `${t.sentence} Nothing is sent; ${what}.`, later(j))
  }
  // Nova answers 500 for servers while its Neutron is away (seen in the lab): then that is the thing to say.
  if (t.kind === 'unreadable') return serviceRed(j) ?? wait('nova-unreadable', t.sentence, soon(j))
  if (t.kind === 'gone-once') return wait('waiting-for-nova', t.sentence, Math.max(t.until, soon(j)))
  return null
}

const dirtyPort: Gate = (j) => {
  const { ports } = j.observation
  if (j.policy.dirtyPort === 'allow' || ports.kind === 'absent') return null
  if (ports.kind === 'unknown') {
    // A noop node has no port that Ironic would bind, so not knowing costs nothing there.
    if (j.node.network_interface === 'noop') return null
    // Where the reason for not knowing is a Neutron that is down, that is the thing to say.
    return serviceRed(j) ?? wait('dirty-port', `Whether a Neutron port is still bound to it is not known: ${ports.reason}.`, soon(j))
  }
  const [port, ...more] = ports.value.filter((one) => !stillRecorded(j, one.device_id))
  if (port === undefined) return null
  const since = j.memory.dirtySince ?? j.now
  const what = `Neutron port ${port.id}${more.length > 0 ? ` and ${more.length} more` : ''} is still bound to it, and no reset unbinds it`
  if (j.now - since < j.policy.waitForNova)
    return wait('dirty-port', `${what}; Nova may yet remove it.`, Math.min(since + j.policy.waitForNova, soon(j)))
  return escalate(
    'dirty-port',
    `${what}: \`openstack port delete ${port.id}\` if its instance is gone, else \`openstack port unset --host ${port.id}\`.`,
    later(j),
  )
}

/**
 * A conductor that died in mid tear-down leaves instance and VIF in Ironic's records, so the next tear-down unbinds the port as usual. Every
 * failure that Ironic lived through clears both records and leaves the port bound (manager.py, `_do_node_tear_down`, `finally`).
 */
const stillRecorded = (j: Judged, device_id: string): boolean =>
  j.node.instance_uuid === device_id &&
  j.memory.text !== null &&
  /^The deleting state can't be resumed by conductor/.test(j.memory.text.text)

/** It went away again soon after it had come back. That it was away once, however long, is no flapping. */
function isFlapping({ memory, policy }: Judged, name: ServiceName): boolean {
  const [newest, before] = memory.turnedBadAt[name] ?? []
  return newest !== undefined && before !== undefined && newest - before <= 3 * policy.serviceSteady
}

const serviceRed: Gate = (j) => {
  const pointed = j.diagnosis.service
  for (const name of new Set([...j.observation.needed, ...(pointed === null ? [] : [pointed])])) {
    const reading = j.observation.services[name]
    if (reading?.kind === 'absent') continue
    if (reading === undefined || reading.kind === 'unknown') {
      // Unknown (401, 403, no route) blocks only where the failed step named the service.
      if (name !== pointed) continue
      return wait(
        'service-red',
        `The failure points at ${name}, and whether it works now is not known: ${reading?.reason ?? 'not asked'}.`,
        soon(j),
      )
    }
    if (reading.value.state === 'red')
      return wait('service-red', `${name}, which tear-down needs, does not answer: ${reading.value.detail}.`, soon(j))
    const suspect = name === pointed || j.memory.badAt[name] !== undefined
    const good = j.memory.good[name]
    const run = good ? good.lastAt - good.firstAt : 0
    const flaps = isFlapping(j, name)
    const wanted = flaps ? Math.max(j.policy.serviceSteady, j.policy.serviceSecondAnswer) : j.policy.serviceSecondAnswer
    if (!suspect || run >= wanted) continue
    const why = flaps
      ? `${name} answers again but has come and gone; it is believed after ${spanText(wanted)} of good answers.`
      : `${name} answers again; it is believed after a second good answer.`
    return wait('service-red', why, Math.max((good?.firstAt ?? j.now) + wanted, soonest(j, Math.min(j.policy.look, 15_000))))
  }
  return null
}

const marksUnreadable: Gate = (j) =>
  j.node.marks.kind !== 'unreadable'
    ? null
    : escalate(
        'marks-unreadable',
        `extra.hammer_error_resets is ${j.node.marks.found}, not a list: how often it was reset is not known. Correct or remove the key.`,
        later(j),
      )

const retiredUncleaned: Gate = (j) => {
  if (!j.node.retired) return null
  const cleans = j.node.automated_clean === true || (j.node.automated_clean === null && j.policy.automatedClean === 'on')
  return cleans
    ? null
    : escalate(
        'retired-uncleaned',
        'It is retired and not known to be cleaned: a reset would bring it back as available. Undeploy it by hand, or say automatedClean: on.',
        later(j),
      )
}

/** Asked of every node that is not at home, whatever its state. */
export const HANDS: readonly Gate[] = [
  censusDoubtful,
  redacted,
  paused,
  outOfScope,
  held,
  maintenanceByPerson,
  quarantined,
  fault,
  protectedNode,
  locked,
]

/** Asked before something is sent on behalf of a node, but not to it. */
export const HANDS_AFAR: readonly Gate[] = [censusDoubtful, redacted, paused, outOfScope, held, maintenanceByPerson, quarantined, fault]

/** Asked before anything changing is sent to a failed node. */
export const BEFORE_SHIELD: readonly Gate[] = [movingOn, outcomeUnknown, markOwed, conductorDead, foreignWriter, tenant]

/** Asked after those before a failed node is healed. */
export const BEFORE_HEALING: readonly Gate[] = [dirtyPort, serviceRed, marksUnreadable, retiredUncleaned]

export const BEFORE_ACT: readonly Gate[] = [...BEFORE_SHIELD, ...BEFORE_HEALING]

/**
 * A mark is owed back even where the node has recovered. A person's hand, a lock or a doubtful pass stops that; the case may close all
 * the same, since closing sends nothing.
 */
export function takeBackMark(j: Judged): Decision | null {
  return first(j, HANDS) === null ? (outcomeUnknown(j) ?? markOwed(j)) : null
}

/** The gates that hold a healthy-looking node's case open. */
export const AT_HOME: readonly Gate[] = [redacted, maintenanceByPerson, quarantined, fault]
