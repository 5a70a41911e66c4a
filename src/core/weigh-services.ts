/**
 * The services that tear-down talks to, asked from here with the kind of call that tear-down makes. That one answers here does not say that the
 * conductor reaches it.
 */
import type { ServiceLook, ServiceName } from './observation.ts'
import type { Reading } from './reading.ts'
import { type Draft, failedResets, isOver, type Weighed } from './weighing.ts'

export function weighServices(draft: Draft, weighed: Weighed): void {
  const { o, memory } = weighed
  for (const [name, reading] of Object.entries(o.services) as [ServiceName, Reading<ServiceLook>][]) {
    if (reading.kind !== 'known' || reading.value.state !== 'red') continue
    const fits = draft.cause === 'api-unreachable' || draft.cause === 'unknown'
    draft[fits ? 'evidence' : 'against'].push(`${title(name)} does not answer now: ${reading.value.detail}.`)
    if (o.needed.includes(name) && draft.cause === 'unknown' && draft.text === null) {
      draft.cause = 'api-unreachable'
      draft.transient = 'yes'
      draft.service = name
    }
  }
  // A text may name no service (an address behind a proxy); one that tear-down needs and that was seen down since is then the likely one.
  if (draft.cause === 'api-unreachable') draft.service ??= o.needed.find((name) => memory.badAt[name] !== undefined) ?? null
  if (draft.service !== null) weighNamed(draft, draft.service, weighed)
}

/** The one that the text points at. */
function weighNamed(draft: Draft, name: ServiceName, weighed: Weighed): void {
  const { o, memory } = weighed
  const pointed = o.services[name]
  if (pointed?.kind === 'unknown') draft.against.push(`Whether ${title(name)} works now is not known: ${pointed.reason}.`)
  if (pointed?.kind !== 'known' || pointed.value.state !== 'green') return
  const answers = `${title(name)} answers now (${pointed.value.detail})`
  if (memory.badAt[name] !== undefined) {
    isOver(draft, `${answers}: the disruption is over as seen from here.`)
    return
  }
  const conductor =
    o.conductor.kind === 'known' && o.conductor.value.hostname !== null ? `the conductor ${o.conductor.value.hostname}` : 'its conductor'
  if (failedResets(weighed).some((a) => a.cause === 'api-unreachable'))
    draft.against.push(
      `${answers} and was never seen down from here, yet a reset failed on it again: ${conductor} cannot reach it though this host can, or it fails at that call alone.`,
    )
  else
    draft.evidence.push(
      `${answers} and was never seen down from here: it was over before the first look, or ${conductor} cannot reach it though this host can.`,
    )
}

const title = (name: ServiceName): string => name.charAt(0).toUpperCase() + name.slice(1)
