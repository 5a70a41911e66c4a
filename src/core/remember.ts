/**
 * Folds one observation into a case's memory: how long a BMC has been silent, when a service answered well again, when Nova first
 * said 404. Pure; it decides nothing. What could not be read changes nothing: unknown is neither good news nor bad.
 */
import type { Memory } from './case.ts'
import { reachAfter } from './flapping.ts'
import { QUARANTINE_PREFIX } from './ironic.ts'
import { leasesAfter } from './leases.ts'
import type { Observation, ObservedNode, ServiceName } from './observation.ts'
import { MINUTE, type Policy } from './policy.ts'
import { healedState, proofOf, STAYS } from './proof.ts'
import { type PersonMemory, rememberPerson } from './seen.ts'
import { parseTime } from './when.ts'

/**
 * @param before what the case remembered (EMPTY_MEMORY for a new one)
 * @param known.person what polls and censuses remember of a person's maintenance on this node
 * @param known.unseen whether Ironic accepted a quarantine of ours after the last look
 * @returns the memory after, and whether Ironic lifted a person's maintenance together with a fault
 */
export function remember(
  before: Memory,
  o: Observation,
  { person, unseen, policy }: { person: PersonMemory | null; unseen: boolean; policy: Policy },
): { memory: Memory; liftedByIronic: boolean } {
  if (o.node.kind !== 'known') return { memory: before, liftedByIronic: false }
  const node = o.node.value
  // Polls look between passes: a fault that only they saw over the maintenance counts.
  const fault = (before.person?.fault ?? false) || (person?.fault ?? false)
  const seen = before.person ?? person
  const hand = rememberPerson(seen === null ? null : { ...seen, fault }, node, o.at)
  const memory: Memory = {
    ...before,
    ...failureOf(before, node, o),
    looks: looksOf(before, o, policy),
    ...reachOf(before, o),
    ...servicesOf(before, o),
    gone: goneOf(before, node, o),
    lock: lockOf(before, node, o),
    powerTargetSince: node.target_power_state !== null && node.reservation === null ? (before.powerTargetSince ?? o.at) : null,
    person: hand.person,
    ...quarantineOf(before, { node, at: o.at, unseen }),
    ...proofIn(before, node, o, policy),
    dirtySince: o.ports.kind !== 'known' ? before.dirtySince : o.ports.value.length > 0 ? (before.dirtySince ?? o.at) : null,
    ...leasesOf(before, o),
  }
  return { memory, liftedByIronic: hand.liftedByIronic }
}

/** What is left on a node counts from when it is at home: before that the other services had no reason to take it away. */
function proofIn(before: Memory, node: ObservedNode, o: Observation, policy: Policy): Pick<Memory, 'provenAt' | 'leftSince'> {
  const proof = proofOf(o, node, policy)
  const provenAt = proof.every(({ verdict }) => verdict !== 'fails') ? (before.provenAt ?? o.at) : null
  const stays = proof.filter(({ check }) => STAYS.includes(check))
  if (node.provision_state !== healedState(node.retired) || stays.every(({ verdict }) => verdict === 'holds'))
    return { provenAt, leftSince: null }
  const isLeft = stays.some(({ verdict }) => verdict === 'fails')
  // A case that an older version stored has no such memory.
  return { provenAt, leftSince: (before.leftSince ?? null) !== null || isLeft ? (before.leftSince ?? o.at) : null }
}

function failureOf(before: Memory, node: ObservedNode, o: Observation): Pick<Memory, 'failure' | 'text' | 'earlier'> {
  const failed = node.provision_state === 'error' || node.provision_state === 'clean failed'
  if (!failed && before.failure !== null) return { failure: before.failure, text: before.text }
  const last = before.failure
  const same = last !== null && last.provision_updated_at === node.provision_updated_at && last.provision_state === node.provision_state
  const failure = same
    ? last
    : {
        provision_state: node.provision_state,
        provision_updated_at: node.provision_updated_at,
        at: parseTime(node.provision_updated_at) ?? o.at,
      }
  // The verb erases last_error and newer releases erase it while the node waits, so what was read first is kept.
  const text = textOf(node, o, failure.at) ?? (same ? before.text : null)
  return { failure, text, ...(same || before.text === null ? {} : { earlier: before.text }) }
}

/** History events older than this before the failure belong to something else. */
const RELATED = 30 * MINUTE

/**
 * The newest error text about this failure: history first, since last_error is overwritten (power sync) and erased (2025.2 and later).
 * The later power sync's event is newer than the tear-down's and says more about the BMC now, but the tear-down's names the failing step.
 */
function textOf(node: ObservedNode, o: Observation, failedAt: number): Memory['text'] {
  const events = o.history.kind === 'known' ? o.history.value : []
  const recent = events.filter((e) => (e.severity ?? 'ERROR') === 'ERROR' && (parseTime(e.created_at) ?? 0) >= failedAt - RELATED)
  const step =
    recent.find((e) => e.event_type !== 'UNKNOWN' && e.event_type !== 'power' && !/^During sync_power_state/.test(e.event)) ?? recent[0]
  if (step) return { text: step.event, source: 'history', at: step.created_at, provision_state: node.provision_state }
  return node.last_error === null ? null : { text: node.last_error, source: 'last_error', at: null, provision_state: node.provision_state }
}

function looksOf(before: Memory, o: Observation, { silentBmc, refusingBmc }: Policy): Memory['looks'] {
  if (o.bmc.kind !== 'known') return before.looks
  const { kind, at } = o.bmc.value
  if (kind === 'answers' || kind === 'faulty') return null
  const run = before.looks?.kind === kind ? before.looks : null
  if (run === null) return { kind, count: 1, firstAt: at, lastAt: at }
  // A cached look is the same look.
  if (at <= run.lastAt) return run
  // No gap counts for more than its share of the time that a quarantine needs: a wall clock that jumps must not give up a node.
  const { looks, over } = kind === 'silent' ? silentBmc : refusingBmc
  const skipped = (run.skipped ?? 0) + Math.max(0, at - run.lastAt - over / Math.max(1, looks - 1))
  return { ...run, count: run.count + 1, lastAt: at, ...(skipped > 0 ? { skipped } : {}) }
}

function reachOf(before: Memory, o: Observation): Pick<Memory, 'reach'> {
  const reach = reachAfter(before.reach, o.bmc)
  return reach === undefined ? {} : { reach }
}

function leasesOf(before: Memory, o: Observation): Pick<Memory, 'leases'> {
  const leases = leasesAfter(before.leases ?? [], o)
  return leases.length === 0 && before.leases === undefined ? {} : { leases }
}

function servicesOf(before: Memory, o: Observation): Pick<Memory, 'good' | 'badAt' | 'turnedBadAt'> {
  const good = { ...before.good }
  const badAt = { ...before.badAt }
  const turnedBadAt = { ...before.turnedBadAt }
  for (const [name, reading] of Object.entries(o.services) as [ServiceName, Observation['services'][ServiceName]][]) {
    if (reading?.kind !== 'known') continue
    const { state, at } = reading.value
    if (state === 'red') {
      if (good[name] !== undefined || badAt[name] === undefined) turnedBadAt[name] = [at, ...(turnedBadAt[name] ?? [])].slice(0, 2)
      delete good[name]
      badAt[name] = at
    } else {
      good[name] = { firstAt: good[name]?.firstAt ?? at, lastAt: at }
    }
  }
  return { good, badAt, turnedBadAt }
}

function goneOf(before: Memory, node: ObservedNode, o: Observation): Memory['gone'] {
  if (node.instance_uuid === null) return null
  if (o.tenant.kind !== 'known' || o.tenant.value.nova === 'standalone') return before.gone
  if (o.tenant.value.nova.byId !== 'gone') return null
  const run = before.gone?.instance_uuid === node.instance_uuid ? before.gone : null
  return { instance_uuid: node.instance_uuid, firstAt: run?.firstAt ?? o.at, lastAt: o.at }
}

function lockOf(before: Memory, node: ObservedNode, o: Observation): Memory['lock'] {
  if (node.reservation === null) return null
  const run = before.lock?.holder === node.reservation ? before.lock : null
  const dead = o.holder.kind === 'known' && !o.holder.value.alive
  const alive = o.holder.kind === 'known' && o.holder.value.alive
  const deadSince = dead ? (run?.deadSince ?? o.at) : alive ? null : (run?.deadSince ?? null)
  return { holder: node.reservation, since: run?.since ?? o.at, deadSince }
}

type AtQuarantine = { node: ObservedNode; at: number; unseen: boolean }

function quarantineOf(before: Memory, { node, at, unseen }: AtQuarantine): Pick<Memory, 'quarantine' | 'releasedAt' | 'liftedAt'> {
  const { quarantine, releasedAt } = before
  if (quarantine === null) {
    const ours = node.maintenance && node.maintenance_reason?.startsWith(QUARANTINE_PREFIX) ? node.maintenance_reason : null
    // Between two sweeps of a cron lies an hour: a person may have written over it, or lifted it.
    if (ours !== null || (unseen && node.maintenance))
      return { quarantine: { text: ours ?? '', at, fault: node.fault !== null }, releasedAt }
    // By whom is not known then, so what was tried goes on counting.
    return { quarantine: null, releasedAt, ...(unseen ? { liftedAt: at } : {}) }
  }
  if (node.maintenance) return { quarantine: { ...quarantine, fault: quarantine.fault || node.fault !== null }, releasedAt }
  // Lifted together with a fault it was Ironic's recovery, not a person's word.
  return { quarantine: null, releasedAt: quarantine.fault ? releasedAt : at }
}
