/**
 * What Ironic says: the text it left, whether its history can bear it out, its conductor, what its power sync found later, and what it
 * answered to a reset.
 */
import type { HistoryEvent } from './observation.ts'
import { readText } from './read-text.ts'
import { bmcSide, type Draft, isBmcs, POWER_SYNC, shorten, type Weighed } from './weighing.ts'
import { parseTime } from './when.ts'

/** The first reading: IPMI texts carry no reason, so everything else may outweigh it. */
export function weighText(draft: Draft, { o, memory }: Weighed): void {
  const { text } = memory
  if (text === null) {
    const why =
      o.history.kind !== 'known'
        ? `its history is not readable (${o.history.reason})`
        : o.history.value.length === 0
          ? 'its history is empty'
          : 'its history holds nothing about this failure'
    draft.evidence.push(`Ironic left no error text: last_error is empty and ${why}.`)
    return
  }
  const read = readText(text)
  const from = text.source === 'history' ? `Ironic's history${text.at ? ` at ${text.at}` : ''}` : 'last_error'
  const { cause, transient, signature, service } = read
  Object.assign(draft, { cause, transient, signature, service, text: text.text, said: read })
  draft.evidence.push(`${from} says: "${shorten(text.text)}".`)
}

/** It changes no cause: it says how sure the text is. Where there is no text, that sentence has said it already. */
export function weighHistory(draft: Draft, { o, memory, now }: Weighed): void {
  const { text, failure } = memory
  if (text === null) return
  const alone = 'so last_error alone speaks, which the next event overwrites and newer releases erase'
  const { history } = o
  if (history.kind !== 'known') {
    const why =
      history.kind === 'absent' ? `This Ironic shows no history (${history.reason})` : `Ironic's history cannot be read (${history.reason})`
    draft.against.push(
      text.source === 'last_error' ? `${why}, ${alone}.` : `${why} now: whether anything came after this text is not known.`,
    )
    return
  }
  if (text.source === 'history') {
    if (history.value.some(({ event }) => event === text.text)) return
    draft.against.push("Ironic's history does not hold this text any more (erased, or purged to its limit): it was kept when it was read.")
    return
  }
  if (history.value.length === 0) {
    draft.against.push(`Ironic's history is empty (switched off with node_history, or erased), ${alone}.`)
    return
  }
  const failedAt = failure?.at ?? now
  const oldest = history.value.at(-1)
  const begins = oldest === undefined ? null : parseTime(oldest.created_at)
  draft.against.push(
    begins !== null && begins > failedAt
      ? `Ironic's history begins only at ${oldest?.created_at}, after this failure (it is truncated at its limit), ${alone}.`
      : `Ironic's history holds no error about this failure, ${alone}.`,
  )
}

/** A dead conductor explains a tear-down that stopped; one that took over may have another way to the BMC and to the services. */
export function weighConductor(draft: Draft, { o, memory }: Weighed): void {
  if (o.conductor.kind !== 'known') {
    if (o.conductor.kind === 'unknown') draft.against.push(`Whether its conductor lives is not known: ${o.conductor.reason}.`)
    return
  }
  const { hostname, alive } = o.conductor.value
  const fits = draft.cause === 'api-unreachable' || draft.cause === 'unknown'
  const side = draft[fits ? 'evidence' : 'against']
  if (hostname === null) side.push('No living conductor manages it, which explains a tear-down that stopped.')
  else if (!alive) side.push(`Its conductor ${hostname} is not alive, which explains a tear-down that stopped.`)
  else {
    const then = conductorThen(o.history.kind === 'known' ? o.history.value : [], memory.text?.text ?? null)
    if (then !== null && then !== hostname)
      side.push(`It failed under the conductor ${then} and ${hostname} manages it now: a trouble on the side of ${then} would be over.`)
  }
}

const conductorThen = (events: readonly HistoryEvent[], text: string | null): string | null =>
  events.find(({ event }) => event === text)?.conductor ?? null

/** Ironic's eyes after the failure: its power sync gave up, failed again, or read the power state and erased last_error. */
export function weighLater(draft: Draft, { o, memory }: Weighed): void {
  if (o.node.kind !== 'known') return
  const { fault, last_error, maintenance, provision_state } = o.node.value
  if (fault === 'power failure') {
    bmcSide(draft).push("Ironic's own power sync gave up on the BMC and set fault 'power failure'.")
    if (draft.cause === 'unknown') draft.cause = 'bmc-unreachable'
  }
  const { text, failure } = memory
  const since = (text?.at ? parseTime(text.at) : null) ?? failure?.at ?? null
  const events = o.history.kind === 'known' && since !== null ? o.history.value : []
  const later = events.find(({ event, created_at }) => POWER_SYNC.test(event) && (parseTime(created_at) ?? 0) > (since ?? 0))
  if (later !== undefined) bmcSide(draft).push(`Ironic's power sync failed on the BMC after that, too, last at ${later.created_at}.`)
  const failed = provision_state === 'error' || provision_state === 'clean failed'
  if (failed && text !== null && isBmcs(draft.cause) && last_error === null && !maintenance && later === undefined && fault === null)
    draft.evidence.push(
      'Ironic has erased last_error since, which its power sync does once it reads the power state again: it has reached the BMC since.',
    )
}

/** Ironic's own words before it takes a node on (manager.py, `power.validate`); the same values are read each time. */
const POWER_VALIDATION = /Failed to validate \w+ driver interface/

/** What Ironic said when the newest reset was asked for: driver_info that it cannot work with comes before whatever failed the tear-down. */
export function weighRefusal(draft: Draft, { attempts, memory }: Weighed): void {
  const newest = attempts.find((a) => a.act === 'reset' && a.createdAt >= (memory.failure?.at ?? 0))
  if (newest?.outcome !== 'refused' || newest.outcomeReason === null || !POWER_VALIDATION.test(newest.outcomeReason)) return
  draft.cause = 'config'
  draft.transient = 'no'
  // First, because whoever must act quotes the first sentence.
  draft.evidence.unshift(`Ironic refused the reset: "${shorten(newest.outcomeReason)}".`)
}
