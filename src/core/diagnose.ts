/**
 * Names the cause of a failure from evidence: the text Ironic left, the BMC, the services, the pattern over time. The text gives a
 * first reading; the rest speaks for or against it, in sentences. It decides nothing.
 */
import type { Attempt, Memory } from './case.ts'
import type { Diagnosis } from './decision.ts'
import type { Observation, ServiceLook, ServiceName } from './observation.ts'
import type { Policy } from './policy.ts'
import { readText } from './read-text.ts'
import type { Reading } from './reading.ts'
import { spanText, timeText } from './when.ts'

type Draft = Diagnosis & { evidence: string[]; against: string[] }

export function diagnose(input: { o: Observation; memory: Memory; attempts: Attempt[]; policy: Policy; now: number }): Diagnosis {
  const { o, memory, attempts, policy, now } = input
  const draft = fromText(o, memory)
  weighServices(draft, o, memory)
  weighBmc(draft, o, memory)
  weighFault(draft, o)
  weighPattern(draft, attempts, memory, policy, now)
  weighRefusal(draft, attempts, memory)
  return draft
}

function fromText(o: Observation, memory: Memory): Draft {
  const { text } = memory
  if (text === null) {
    const why = o.history.kind === 'known' ? 'its history is empty' : `its history is not readable (${o.history.reason})`
    return {
      cause: 'unknown',
      transient: 'maybe',
      evidence: [`Ironic left no error text: last_error is empty and ${why}.`],
      against: [],
      signature: null,
      service: null,
      text: null,
    }
  }
  const read = readText(text)
  const from = text.source === 'history' ? `Ironic's history${text.at ? ` at ${text.at}` : ''}` : 'last_error'
  return {
    cause: read.cause,
    transient: read.transient,
    evidence: [`${from} says: "${shorten(text.text)}".`],
    against: [],
    signature: read.signature,
    service: read.service,
    text: text.text,
  }
}

function weighServices(draft: Draft, o: Observation, memory: Memory): void {
  for (const [name, reading] of Object.entries(o.services) as [ServiceName, Reading<ServiceLook>][]) {
    if (reading.kind !== 'known' || reading.value.state !== 'red') continue
    draft.evidence.push(`${title(name)} does not answer now: ${reading.value.detail}.`)
    if (o.needed.includes(name) && draft.cause === 'unknown' && draft.text === null) {
      draft.cause = 'api-unreachable'
      draft.transient = 'yes'
      draft.service = name
    }
  }
  // A text may name no service (an address behind a proxy); one that tear-down needs and that was seen down since is then the likely one.
  if (draft.cause === 'api-unreachable') draft.service ??= o.needed.find((name) => memory.badAt[name] !== undefined) ?? null
  const pointed = draft.service === null ? undefined : o.services[draft.service]
  if (draft.service !== null && pointed?.kind === 'known' && pointed.value.state === 'green') {
    draft.evidence.push(`${title(draft.service)} answers now: the disruption is over as seen from here.`)
  }
}

function weighBmc(draft: Draft, o: Observation, memory: Memory): void {
  if (o.bmc.kind !== 'known') return
  const { kind, detail } = o.bmc.value
  const bmcCause = draft.cause === 'bmc-unreachable' || draft.cause === 'unknown'
  if (kind === 'answers' && draft.cause === 'bmc-unreachable') {
    draft.transient = 'yes'
    draft.evidence.push(`The BMC answers now (${detail}): the disruption was temporary.`)
  } else if (kind === 'answers') {
    draft[draft.cause === 'bmc-fault' ? 'evidence' : 'against'].push(`The BMC answers (${detail}), so reaching it is not the trouble.`)
  } else if (kind === 'faulty') {
    if (bmcCause) {
      draft.cause = 'bmc-fault'
      draft.transient = 'maybe'
    }
    draft[draft.cause === 'bmc-fault' ? 'evidence' : 'against'].push(`The BMC answers, but wrongly: ${detail}.`)
  } else {
    const run = memory.looks
    const since = run === null ? '' : `, ${run.count} look${run.count === 1 ? '' : 's'} in a row since ${timeText(run.firstAt)}`
    draft[bmcCause ? 'evidence' : 'against'].push(
      kind === 'refusing' ? `The BMC's host is up but nobody listens on its port${since}.` : `The BMC does not answer${since}.`,
    )
    if (draft.cause === 'unknown') draft.cause = 'bmc-unreachable'
  }
}

function weighFault(draft: Draft, o: Observation): void {
  if (o.node.kind !== 'known' || o.node.value.fault !== 'power failure') return
  draft.evidence.push("Ironic's own power sync gave up on the BMC and set fault 'power failure'.")
  if (draft.cause === 'unknown') draft.cause = 'bmc-unreachable'
}

/** The same cause on one node this often is the runbook's IPMI interface failure, whatever each single text said. */
const PATTERN = 3

function weighPattern(draft: Draft, attempts: Attempt[], memory: Memory, policy: Policy, now: number): void {
  const window = policy.resets.window === 'lifetime' ? now : policy.resets.window
  const since = Math.max(now - window, memory.releasedAt ?? 0)
  const failed = attempts.filter((a) => a.act === 'reset' && a.result === 'failed' && a.createdAt >= since && a.cause === draft.cause)
  if (failed.length < PATTERN) return
  const within = policy.resets.window === 'lifetime' ? '' : ` within ${spanText(window)}`
  draft.evidence.push(`The same cause came back after ${failed.length} resets${within}.`)
  draft.transient = 'no'
  if (draft.cause === 'bmc-unreachable') draft.cause = 'bmc-fault'
}

/** Ironic's own words before it takes a node on (manager.py, `power.validate`); the same values are read each time. */
const POWER_VALIDATION = /Failed to validate \w+ driver interface/

/** What Ironic said when the newest reset was asked for: driver_info that it cannot work with comes before whatever failed the tear-down. */
function weighRefusal(draft: Draft, attempts: Attempt[], memory: Memory): void {
  const newest = attempts.find((a) => a.act === 'reset' && a.createdAt >= (memory.failure?.at ?? 0))
  if (newest?.outcome !== 'refused' || newest.outcomeReason === null || !POWER_VALIDATION.test(newest.outcomeReason)) return
  draft.cause = 'config'
  draft.transient = 'no'
  draft.evidence.unshift(`Ironic refused the reset: "${shorten(newest.outcomeReason)}".`)
}

const title = (name: ServiceName): string => name.charAt(0).toUpperCase() + name.slice(1)
/** Long texts stay whole in the store; a sentence quotes the beginning. */
const shorten = (text: string): string => (text.length <= 240 ? text : `${text.slice(0, 237)}…`).replace(/\s+/g, ' ')
