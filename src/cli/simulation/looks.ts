/**
 * The lines of a scenario that ask: what there is to see of the pretend cloud and of the operator's database, in words for a reader. They
 * change nothing. Times are virtual, those of another day than the first with the number of that day.
 */
import { timeText } from '../../core/when.ts'
import type { LedgerEntry } from '../../simulator/ledger.ts'
import { nodeOf, PROMISES, stepOf } from '../../simulator/promises.ts'
import type { CaseView } from '../../store/case-row.ts'
import { blazarLines } from './blazar-lines.ts'
import type { Setting } from './history.ts'
import { incidentLines } from './incident-lines.ts'
import { SIMULATED_CLOUD } from './machine.ts'

export type Look = {
  /** Whether the name of a node stands behind it. */
  takes: 'node' | 'node or nothing' | 'nothing'
  /** For the reference. */
  says: string
  look: (setting: Setting, node: string) => Promise<string[]>
}

export const LOOKS: Record<string, Look> = {
  show: {
    takes: 'node',
    says: 'the node as Ironic has it now, the marks of its resets, and what the operator decided last and why',
    look: show,
  },
  explain: {
    takes: 'node',
    says: 'the evidence for (+) and against (-) the cause, then everything that was decided and done about it, a line a moment',
    look: explain,
  },
  leases: {
    takes: 'node',
    says: "the node's host in Blazar, who disabled it, and the leases that have the node or had it",
    look: leases,
  },
  cases: { takes: 'nothing', says: 'every open case with the decision in force', look: cases },
  incidents: {
    takes: 'nothing',
    says: 'every incident, open or over: why its nodes belong together, and in steps how many had failed, were under repair, were healed (their soak may still run), and how many resets that took',
    look: incidents,
  },
  sent: {
    takes: 'node or nothing',
    says: 'every request of the operator that was meant to change something, on all nodes or on this one: when it left, how the node stood as it arrived, the answer, what it changed',
    look: sent,
  },
  promises: { takes: 'nothing', says: 'the promises that were broken so far, or `all kept`', look: promises },
}

const DAY_MS = 86_400_000

/** `03:10:00`, on another day than the first `day 2 03:10:00`. */
export function timeOf({ began }: Pick<Setting, 'began'>, at: number): string {
  const day = Math.floor(at / DAY_MS) - Math.floor(began / DAY_MS) + 1
  return `${day === 1 ? '' : `day ${day} `}${timeText(at).slice(11, 19)}`
}

/** What is known of the node under this name, also after it was removed. */
function keyOf({ scene }: Setting, name: string): { cloud: string; uuid: string } | null {
  const node = scene.node(name)
  return node === null ? null : { cloud: SIMULATED_CLOUD, uuid: node.row.uuid }
}

async function show(setting: Setting, name: string): Promise<string[]> {
  const key = keyOf(setting, name)
  const node = setting.scene.node(name)
  if (key === null || node === null) return ['there is no such node']
  const { provision_state, power_state, maintenance, maintenance_reason, fault, extra, reservation } = node.row
  const { hammer_error_resets: marks, ...others } = extra
  const inMaintenance = maintenance ? [maintenance_reason === null ? 'maintenance without a reason' : 'maintenance'] : []
  const facts = [
    provision_state,
    power_state ?? 'power unknown',
    ...inMaintenance,
    ...(fault === null ? [] : [`fault ${fault}`]),
    ...(reservation === null ? [] : [`locked by ${reservation}`]),
  ]
  return [
    facts.join(', '),
    ...(maintenance && maintenance_reason !== null ? [`maintenance_reason ${maintenance_reason}`] : []),
    ...(marks === undefined ? [] : [`hammer_error_resets ${Array.isArray(marks) ? marks.join(', ') : JSON.stringify(marks)}`]),
    ...Object.entries(others).map(([field, value]) => `extra.${field} ${JSON.stringify(value)}`),
    ...caseLines(setting, await setting.store.caseOf(key)),
  ]
}

function caseLines(setting: Setting, of: Awaited<ReturnType<Setting['store']['caseOf']>>): string[] {
  if (of === null) return ['no case']
  const cause = of.diagnosis === null ? 'no diagnosis yet' : `${of.diagnosis.cause} (transient: ${of.diagnosis.transient})`
  const { decision } = of
  return [
    of.closedAt === null ? `case open: ${cause}` : `case closed ${timeOf(setting, of.closedAt)}, ${of.result}: ${cause}`,
    ...(decision === null ? [] : [`${verdict(decision)}: ${decision.message}`]),
    ...(of.closedAt === null && decision?.until ? [nextLook(setting, decision.until)] : []),
  ]
}

/** Where sweeps are the only looks, a look that is due waits for the next of them. */
const nextLook = (setting: Setting, until: number): string =>
  until > setting.clock.now() ? `next look ${timeOf(setting, until)}` : `next look due since ${timeOf(setting, until)}`

const verdict = ({ kind, reason, act }: NonNullable<CaseView['decision']>): string =>
  kind === 'act' ? `act ${act} (${reason})` : `${kind} ${reason}`

/** More than any scenario that somebody reads. */
const MOMENTS_MAX = 10_000

async function explain(setting: Setting, name: string): Promise<string[]> {
  const key = keyOf(setting, name)
  if (key === null) return ['there is no such node']
  const of = await setting.store.caseOf(key)
  const moments = await setting.store.audit({ ...key, limit: MOMENTS_MAX })
  return [
    ...(of?.diagnosis?.evidence ?? []).map((line) => `+ ${line}`),
    ...(of?.diagnosis?.against ?? []).map((line) => `- ${line}`),
    // Words about the whole cloud have a node of their own: none.
    ...moments
      .filter(({ uuid }) => uuid === key.uuid)
      .map(({ at, kind, reason, message }) => `${timeOf(setting, at)} ${kind}${reason === null ? '' : ` ${reason}`}: ${message}`),
  ]
}

async function leases(setting: Setting, name: string): Promise<string[]> {
  const key = keyOf(setting, name)
  if (key === null) return ['there is no such node']
  return blazarLines(setting.cloud.state.blazar, key.uuid, (at) => timeOf(setting, at))
}

async function cases({ store }: Setting): Promise<string[]> {
  const open = await store.cases({ open: true })
  return open.length === 0 ? ['no open case'] : open.map(caseLine).toSorted()
}

async function incidents(setting: Setting): Promise<string[]> {
  const views = await setting.store.incidents({ limit: MOMENTS_MAX })
  if (views.length === 0) return ['none']
  const lines: string[] = []
  for (const view of views.toReversed())
    lines.push(...(await incidentLines(setting.store, { view, now: setting.clock.now(), time: (at) => timeOf(setting, at) })))
  return lines
}

export const caseLine = ({ name, uuid, diagnosis, decision }: CaseView): string =>
  `${name ?? uuid}: ${decision === null ? 'nothing decided yet' : verdict(decision)}, ${diagnosis?.cause ?? 'no diagnosis yet'}`

async function sent(setting: Setting, name: string): Promise<string[]> {
  const { ledger } = setting.cloud
  const changes = ledger.changes()
  const uuid = keyOf(setting, name)?.uuid ?? null
  const ofOne = name === '' ? changes : changes.filter((entry) => [uuid, name].includes(nodeOf(entry) ?? ''))
  return ofOne.length === 0 ? ['nothing that changes anything'] : ofOne.map((entry) => requestLine(setting, entry))
}

function requestLine(setting: Setting, entry: LedgerEntry): string {
  const { left, at, method, path, body, status, effect, fault, before } = entry
  const id = nodeOf(entry)
  const node = id === null ? '' : `${setting.scene.node(id)?.row.name ?? id} `
  const step = stepOf(entry) ?? `${method} ${path} ${JSON.stringify(body) ?? ''}`.trimEnd()
  const late = at - left >= 1_000 ? `, arrived ${timeOf(setting, at)}` : ''
  const stood =
    before === null ? '' : ` on ${before.provision_state}${before.maintenance ? `, maintenance ${quoted(before.maintenance_reason)}` : ''}`
  return `${timeOf(setting, left)} ${node}${step}${stood}${late}: ${status}${fault === null ? '' : ` (met ${fault})`}${changed(effect)}`
}

const SHOWN = 40

const quoted = (reason: string | null): string =>
  reason === null ? 'without a reason' : `"${reason.length > SHOWN ? `${reason.slice(0, SHOWN)}…` : reason}"`

/** `node n1: error -> deleting (deleted)` without the name, which stands before it. */
const changed = (effect: string | null): string => (effect === null ? '' : `, ${effect.replace(/^node [^:]+: /, '')}`)

async function promises({ judges }: Setting): Promise<string[]> {
  if (judges.broken.length === 0) return ['all kept']
  return judges.broken.map(({ promise, node, what }) => `${promise} broken (${PROMISES[promise]}): ${node ?? 'cloud'} ${what}`)
}
