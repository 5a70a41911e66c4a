/**
 * The BMC as this host sees it: what the newest look found, whether it flaps, and where the trouble more likely sits. A look is calibrated
 * before it gets here (observe/bmc-watch.ts); one that could not be trusted is unknown and only said.
 */
import type { Memory } from './case.ts'
import { flapsOf } from './flapping.ts'
import { placeOf } from './place.ts'
import { bmcSide, type Draft, failedResets, isBmcs, isOver, notOver, type Weighed } from './weighing.ts'
import { timeText } from './when.ts'

export function weighBmc(draft: Draft, weighed: Weighed): void {
  const { o, memory } = weighed
  const bmcCause = draft.cause === 'bmc-unreachable' || draft.cause === 'unknown'
  if (o.bmc.kind !== 'known') {
    if (bmcCause || draft.cause === 'bmc-fault') draft.against.push(`Whether its BMC answers could not be seen from here: ${o.bmc.reason}.`)
    return
  }
  const { kind, detail, hangs } = o.bmc.value
  if (kind === 'answers' && draft.cause === 'bmc-unreachable' && isAfterReset(weighed)) {
    draft.transient = 'maybe'
    draft.evidence.push(
      `The BMC answers without a session (${detail}), yet Ironic's commands, which need one, failed again after a reset: a wrong password, no free session and a path that loses datagrams look the same from here.`,
    )
  } else if (kind === 'answers' && draft.cause === 'bmc-unreachable') {
    draft.transient = 'yes'
    isOver(draft, `The BMC answers now (${detail}): the disruption was temporary.`)
  } else if (kind === 'answers') {
    draft[draft.cause === 'bmc-fault' ? 'evidence' : 'against'].push(`The BMC answers (${detail}), so reaching it is not the trouble.`)
  } else if (kind === 'faulty' || hangs === true) {
    if (bmcCause) {
      draft.cause = 'bmc-fault'
      draft.transient = 'maybe'
    }
    bmcSide(draft).push(hangs === true ? `The BMC hangs: ${detail}${lasting(memory.looks)}.` : `The BMC answers, but wrongly: ${detail}.`)
  } else {
    draft[bmcCause ? 'evidence' : 'against'].push(
      kind === 'refusing'
        ? `The BMC's host is up but nobody listens on its port (${detail})${lasting(memory.looks)}.`
        : // What it says of other BMCs is the calibration: without it the look would be unknown.
          `The BMC does not answer (${detail})${lasting(memory.looks)}.`,
    )
    if (draft.cause === 'unknown') draft.cause = 'bmc-unreachable'
  }
}

function lasting(run: Memory['looks']): string {
  if (run === null) return ''
  return run.count === 1
    ? `, seen once at ${timeText(run.firstAt)}: a second look comes before much is made of it`
    : `, ${run.count} looks in a row since ${timeText(run.firstAt)}`
}

/** The failure is what a reset for a BMC's cause ended in: a reset that goes on longer counts as failed by itself (policy `progress`). */
function isAfterReset(weighed: Weighed): boolean {
  const [last] = failedResets(weighed)
  const failedAt = weighed.memory.failure?.at ?? 0
  return last !== undefined && isBmcs(last.cause) && failedAt >= last.createdAt && failedAt - last.createdAt <= weighed.policy.progress
}

/** Up and down again is a fault of the interface and no disruption, even while it is up. */
export function weighFlapping(draft: Draft, { memory, now }: Weighed): void {
  const flaps = flapsOf(memory.reach, now)
  if (flaps === null) return
  const last = timeText(memory.reach?.lostAt.at(-1) ?? now)
  bmcSide(draft).push(`The BMC flaps: it went from answering to not answering ${flaps} times within a day, last at ${last}.`)
  if (draft.cause !== 'bmc-unreachable' && draft.cause !== 'unknown') return
  notOver(draft)
  draft.cause = 'bmc-fault'
  draft.transient = 'maybe'
}

/** It never changes the cause. */
export function weighPlace(draft: Draft, weighed: Weighed): void {
  const { o, memory, now } = weighed
  const denied = o.node.kind === 'known' && o.node.value.fault === 'power failure'
  const placed = placeOf({
    cause: draft.cause,
    said: draft.said,
    look: o.bmc,
    run: memory.looks,
    flaps: flapsOf(memory.reach, now),
    again: failedResets(weighed).filter(({ cause }) => isBmcs(cause)).length,
    deniedFor: denied && memory.reach?.answered === true ? now - memory.reach.since : null,
    peers: o.peers,
  })
  if (placed === null) return
  draft.place = placed.place
  draft[placed.place === null ? 'against' : 'evidence'].push(placed.why)
}
