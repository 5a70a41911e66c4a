/**
 * Everything on record about one case, gathered from the database for a ticket: it asks nothing of the cloud, changes nothing, and judges
 * nothing again. How it is told to a person, and what must not leave the site, is evidence-files.ts.
 */
import type { Attempt } from '../core/case.ts'
import { nearest } from '../core/config-error.ts'
import type { HistoryEvent, Observation, ObservedNode } from '../core/observation.ts'
import { parseTime, timeText } from '../core/when.ts'
import type { AuditEntry } from '../store/audit.ts'
import type { CaseView } from '../store/case-row.ts'
import type { KeptDecision } from '../store/observations.ts'
import type { NodeView } from '../store/reading.ts'
import type { Records } from '../store/records.ts'
import { CommandError } from './command-error.ts'
import { type Peers, peersOf } from './evidence-peers.ts'
import { findNode } from './find-node.ts'

export type Evidence = {
  case: CaseView
  /** The case's last word: what is told is as of then, so that the same records are told in the same words. */
  asOf: number
  /** When it failed first; when the case was opened, where that is not known. */
  failureAt: number
  /** As a listing showed it last; null where none has. */
  listed: NodeView | null
  /** As the last readable observation of the case showed it. */
  node: ObservedNode | null
  links: { switch_id: string | null; switch_info: string | null; port_id: string | null }[]
  /** Oldest first. */
  observations: KeptDecision[]
  /** Ironic's own, oldest first, as far as it was read; `unread` says which looks could not read it and why. */
  history: { events: HistoryEvent[]; unread: { at: string; reason: string }[] }
  /** Of this case, oldest first; and of the node's earlier cases. */
  attempts: Attempt[]
  earlier: Attempt[]
  /** All that was said and done about the node until the case ended, and pauses while it was open; oldest first. */
  audit: AuditEntry[]
  peers: Peers
}

/** Throws CommandError where there is no such case or node. @param named a case's id, or a node's name or uuid: its open case, else its newest */
export async function evidenceOfCase(records: Records, wish: { cloud: string | null; named: string }): Promise<Evidence> {
  const of = await caseNamed(records, wish)
  const observations = await observationsOf(records, of.id)
  const ended = of.closedAt ?? Number.POSITIVE_INFINITY
  const audit = await auditOf(records, of, ended)
  const attempts = (await records.attempts(of)).filter(({ createdAt }) => createdAt <= ended).toReversed()
  const [listed = null] = await records.nodes({ cloud: of.cloud, uuid: of.uuid })
  const nodes = observations.flatMap(({ observation: { node } }) => (node.kind === 'known' ? [node.value] : []))
  const failureAt = firstFailure(of, nodes[0])
  const links = observations.flatMap(({ observation }) => (observation.links.kind === 'known' ? [observation.links.value] : []))
  return {
    case: of,
    asOf: of.closedAt ?? Math.max(of.openedAt, of.decision?.at ?? 0, audit.at(-1)?.at ?? 0),
    failureAt,
    listed,
    node: nodes.at(-1) ?? null,
    links: links.at(-1) ?? [],
    observations,
    history: historyIn(observations.map(({ observation }) => observation)),
    attempts: attempts.filter(({ caseId }) => caseId === of.id),
    earlier: attempts.filter(({ caseId }) => caseId !== of.id),
    audit,
    peers: await peersOf(records, { of, failureAt }),
  }
}

/** A case remembers the failure that is being answered; a reset that did not help made that a later one. */
function firstFailure({ openedAt, memory }: CaseView, seen: ObservedNode | undefined): number {
  const entered = parseTime(seen?.provision_updated_at ?? null) ?? openedAt
  return Math.min(openedAt, entered, memory.failure?.at ?? openedAt)
}

const CASE_ID = /^c-[0-9a-z]*$/i
/** How many cases are compared with a misspelt id. */
const IDS_MAX = 5_000

async function caseNamed(records: Records, { cloud, named }: { cloud: string | null; named: string }): Promise<CaseView> {
  const byId = await records.caseById(named.toLowerCase())
  if (byId !== null && (cloud === null || byId.cloud === cloud)) return byId
  const nodes = await records.findNodes(cloud, named)
  if (nodes.length === 0 && CASE_ID.test(named)) throw await unknownCase(records, { cloud, named, elsewhere: byId?.cloud ?? null })
  const node = await findNode(records, { cloud, node: named })
  const ofNode = await records.caseOf(node)
  if (ofNode !== null) return ofNode
  throw new CommandError('not-found', {
    what: named,
    message: 'This node never had a case: nothing was wrong with it while Anneal looked.',
    fix: 'See `anneal cases`, open or `--closed`.',
  })
}

async function unknownCase(
  records: Records,
  { cloud, named, elsewhere }: { cloud: string | null; named: string; elsewhere: string | null },
): Promise<CommandError> {
  const cases = await records.cases({ limit: IDS_MAX, ...(cloud === null ? {} : { cloud }) })
  const near = nearest(
    named,
    cases.map(({ id }) => id),
  )
  const said = elsewhere === null ? 'There is no case of this id.' : `This case is of the cloud ${elsewhere}.`
  const fix = near === null ? 'See `anneal cases`, open or `--closed`.' : `Did you mean ${near}?`
  return new CommandError('not-found', {
    what: named,
    message: said,
    fix: elsewhere === null ? fix : `Name it with --os-cloud ${elsewhere}.`,
  })
}

async function observationsOf(records: Records, caseId: string): Promise<KeptDecision[]> {
  const all: KeptDecision[] = []
  for (;;) {
    const page = await records.recorded({ caseId, after: all.at(-1)?.seq ?? 0 })
    if (page.length === 0) return all
    all.push(...page)
  }
}

const AUDIT_PAGE = 1_000

async function auditOf(records: Records, of: CaseView, ended: number): Promise<AuditEntry[]> {
  const read = async (filter: Parameters<Records['audit']>[0]): Promise<AuditEntry[]> => {
    const all: AuditEntry[] = []
    for (;;) {
      const page = await records.audit({ ...filter, cloud: of.cloud, after: all.at(-1)?.id ?? 0, limit: AUDIT_PAGE })
      all.push(...page)
      if (page.length < AUDIT_PAGE) return all
    }
  }
  const ofNode = await read({ uuid: of.uuid })
  const ofCloud = [...(await read({ kind: 'pause' })), ...(await read({ kind: 'resume' }))]
  return [
    ...ofNode.filter(({ at, caseId }) => at <= ended || caseId === of.id),
    ...ofCloud.filter(({ at, uuid }) => uuid === null && at >= of.openedAt && at <= ended),
  ].toSorted((a, b) => a.id - b.id)
}

/** Each event once, whatever look it was read by: Ironic keeps 300 a node, and a long case outlives some of them. */
function historyIn(observations: readonly Observation[]): Evidence['history'] {
  const events = new Map<string, HistoryEvent>()
  const unread: { at: string; reason: string }[] = []
  for (const { at, history } of observations) {
    if (history.kind !== 'known') unread.push({ at: timeText(at), reason: history.reason })
    else for (const event of history.value.toReversed()) if (!events.has(event.uuid)) events.set(event.uuid, event)
  }
  const at = ({ created_at }: HistoryEvent): number => parseTime(created_at) ?? 0
  return { events: [...events.values()].toSorted((a, b) => at(a) - at(b)), unread }
}
