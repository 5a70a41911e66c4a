/**
 * The rule for a shared outage: one node goes first, and where that did not heal no second one within the policy's time. Both questions are
 * asked only where nothing but the outage explains what failed: what else may let a second one go is no breach.
 */
import { HOUR, MINUTE, SECOND } from '../core/policy.ts'
import type { Bench, OnNode, Sent } from './judges.ts'
import { isPersons } from './promises.ts'
import type { ServiceSlug, SimNode } from './world.ts'

/** The failures that make a shared outage lie this close together; the youngest must have been looked at. */
const TOGETHER_MS = 15 * MINUTE
const LOOKED_AT_MS = 3 * MINUTE

/** A service that only the conductors cannot reach looks green from here: there one canary at a time is spent, and the next much later. */
export function judgeServiceCanary(bench: Bench, node: SimNode, sent: Sent): void {
  const { world, canaries } = bench
  for (const { service, seenBy, from, to } of bench.outages) {
    if (seenBy !== 'conductors' || to !== null || !failedOn(node, service, from)) continue
    // Its row has moved on with the reset.
    const failedAt = Date.parse(String(sent.entry.before?.provision_updated_at))
    const together = [...world.nodes.values()].filter((one) => {
      const at = Date.parse(one.row.provision_updated_at ?? '')
      // What a person has nobody opens a case on.
      const isLeft = isPersons(one.row) || bench.onNode(one.row.uuid).held || one.row.extra['anneal_hold'] !== undefined
      return one.row.provision_state === 'error' && !isLeft && failedOn(one, service, from) && Math.abs(at - failedAt) <= TOGETHER_MS
    })
    const youngest = Math.max(...together.map((one) => Date.parse(one.row.provision_updated_at ?? '')))
    if (together.length < bench.policy.incident.cases - 1 || sent.entry.left - youngest < LOOKED_AT_MS) continue
    const key = `${service} ${from}`
    const before = canaries.get(key)
    bench.check('S9')
    const known = bench.onNode(node.row.uuid)
    if (before !== undefined && sent.wall - before < bench.policy.incident.secondCanary - SECOND && !sent.lifted) {
      const what = `a second canary ${Math.round((sent.wall - before) / MINUTE)} min after the first, while conductors cannot reach ${service}`
      bench.accuse('S9', { node: node.row.uuid, what, sent: known.sent })
    }
    canaries.set(key, sent.wall)
  }
}

const TEXTS: Partial<Record<ServiceSlug, RegExp>> = { neutron: /version discovery document.*\/network/, keystone: /\/identity|\(HTTP 50/ }

/** Its newest failure is that tear-down could not use the service, since the outage began. */
function failedOn(node: SimNode, service: ServiceSlug, from: number): boolean {
  const newest = node.history.findLast(({ event_type }) => event_type === 'unprovision')
  return newest !== undefined && Date.parse(newest.created_at) >= from && (TEXTS[service]?.test(newest.event) ?? false)
}

/** Tear-down fails on a BMC within seconds. What ended later, or otherwise, may have healed its node, and then others follow sooner. */
const FAILED_SOON_MS = MINUTE
/** Cases that an incident counts may be as old. */
const LATELY_MS = 6 * HOUR
/** A conductor or a text in common is taken for the cause where it explains more than so many times what hangs on one switch. */
const WIDE_TIMES = 4
const ON_BMC = /^Failed to tear down: (IPMI call failed|Failed to set node power state|Redfish |HTTP GET )/

/** BMCs of one rack that Ironic cannot work with: whether they are silent, or answer everybody but Ironic, one canary is spent on all of them. */
export function judgeRackCanary(bench: Bench, node: SimNode, sent: Sent): void {
  const { policy, rackCanaries } = bench
  const known = bench.onNode(node.row.uuid)
  // Its row has moved on with the reset.
  const failedAt = Date.parse(String(sent.entry.before?.provision_updated_at))
  if (sent.lifted || Object.values(policy.scope).some((names) => names.length > 0) || !failedOnBmc(node, failedAt)) return
  const rack = [...bench.world.nodes.values()].filter((one) => isBeside(one, node))
  const together = rack.filter((one) => one !== node && isTogether(bench, one, { failedAt, sent }))
  if (together.length < policy.incident.cases - 1 || isExplainedElse(bench, together.length + 1)) return
  if (rack.some((one) => mayHaveHealed(one, bench.onNode(one.row.uuid), sent))) return
  bench.check('S9')
  const key = `${node.port.switch_info} ${networkOf(node)}`
  const before = rackCanaries.get(key)
  rackCanaries.set(key, sent)
  if (before === undefined) return
  // By whichever clock shows more, as where an end is unknown.
  const passed = Math.max(bench.latest - before.wall, sent.entry.left - before.entry.left) + bench.jumped - before.jumped
  if (passed >= policy.incident.secondCanary - MINUTE) return
  const first = bench.world.nodes.get(before.uuid ?? '')
  // Where the first one has moved since it failed, somebody saw to it.
  const movedAt = first === node ? failedAt : Date.parse(first?.row.provision_updated_at ?? '')
  if (!(movedAt > before.entry.at && movedAt - before.entry.at <= FAILED_SOON_MS)) return
  const what = `a second canary ${Math.round(passed / MINUTE)} min after the first, while ${together.length + 1} BMCs of a rack are away`
  bench.accuse('S9', { node: node.row.uuid, what, sent: known.sent })
}

const networkOf = ({ bmc }: SimNode): string => bmc.host.replace(/\.\d+$/, '')

/** On the same switch and the same BMC network: whichever the operator reads, it is the same nodes. */
const isBeside = (one: SimNode, node: SimNode): boolean =>
  one.port.switch_info === node.port.switch_info && networkOf(one) === networkOf(node)

/** That failure was tear-down's on its BMC, which was away before and has not been well since. It is the only kind that the node has had lately. */
function failedOnBmc({ bmc, history }: SimNode, failedAt: number): boolean {
  const { wellUntil, mode } = bmc
  if (wellUntil === null || wellUntil > failedAt || mode === 'slow' || mode === 'flapping') return false
  const failures = history.filter((event) => isFailure(event) && failedAt - Date.parse(event.created_at) <= LATELY_MS)
  return Date.parse(failures.at(-1)?.created_at ?? '') === failedAt && failures.every(({ event }) => ON_BMC.test(event))
}

/** What power sync and a change of power leave is said beside a failure and is none. */
const isFailure = ({ event_type }: SimNode['history'][number]): boolean => event_type !== 'monitoring' && event_type !== 'UNKNOWN'

/** It failed for the same reason at about the same time, and the process that sends this has seen it, rightly, since. */
function isTogether(bench: Bench, one: SimNode, { failedAt, sent }: { failedAt: number; sent: Sent }): boolean {
  const { row } = one
  const at = Date.parse(row.provision_updated_at ?? '')
  const { shown, staleAt } = bench.onNode(row.uuid)
  if (row.provision_state !== 'error' || isPersons(row) || !failedOnBmc(one, at)) return false
  if (Math.abs(at - failedAt) > Math.min(TOGETHER_MS, bench.policy.incident.within) || sent.entry.left - at < LOOKED_AT_MS) return false
  return (shown.get(sent.by) ?? Number.NEGATIVE_INFINITY) > at && staleAt < at
}

/** So much has failed or hangs, here and elsewhere, that a conductor, or a text, may be taken for what they share: a case of each is counted for it. */
function isExplainedElse({ world }: Bench, members: number): boolean {
  const since = world.clock.now() - LATELY_MS
  const cases = [...world.nodes.values()].map(({ row, history }) => {
    const failures = history.filter(({ event_type, created_at }) => event_type !== 'UNKNOWN' && Date.parse(created_at) >= since)
    return failures.length + (row.provision_state === 'deleting' ? 1 : 0)
  })
  return cases.reduce((sum, one) => sum + one, 0) >= WIDE_TIMES * members
}

/** Anything that was begun on it and is not known to have failed at once. */
const mayHaveHealed = ({ history }: SimNode, known: OnNode, now: Sent): boolean =>
  known.sent.some(({ step, entry }) => {
    if ((step !== 'deleted' && step !== 'provide' && step !== 'manage') || entry === now.entry || entry.effect === null) return false
    const ends = history.filter(isFailure).map(({ event, created_at }) => ({ event, after: Date.parse(created_at) - entry.at }))
    return !ends.some(({ event, after }) => after >= 0 && after <= FAILED_SOON_MS && ON_BMC.test(event))
  })
