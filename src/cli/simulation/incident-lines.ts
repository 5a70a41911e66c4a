/** One incident as a few lines of text with a time each: how many failed, who went first, how the others followed. It reads the store only. */
import type { Attempt } from '../../core/case.ts'
import { HOUR, MINUTE } from '../../core/policy.ts'
import type { CaseView } from '../../store/case-row.ts'
import type { IncidentView } from '../../store/reading.ts'
import type { Store } from '../../store/store.ts'

/** A long one is told in some twenty steps. */
const stepOf = (span: number): number => Math.max(1, Math.ceil(span / 20 / (5 * MINUTE))) * 5 * MINUTE

/** More cases than a scenario has. */
const CASES_MAX = 10_000

type Of = { view: IncidentView; now: number; time: (at: number) => string }

export async function incidentLines(store: Store, { view, now, time }: Of): Promise<string[]> {
  const { id, cloud, key, value, openedAt, closedAt, cost } = view
  const members = await store.cases({ incidentId: id, limit: CASES_MAX })
  const tries = (await Promise.all(members.map(({ uuid }) => store.attempts({ cloud, uuid }))))
    .flat()
    .filter(({ act, caseId }) => act === 'reset' && members.some((member) => member.id === caseId))
  const end = closedAt ?? now
  const said = (await store.audit({ cloud, limit: CASES_MAX })).find(({ kind, reason }) => kind === 'incident-opened' && reason === id)
  const hours = (cost.nodeMs / HOUR).toFixed(1)
  return [
    `${key} ${value}, ${time(openedAt)} to ${closedAt === null ? 'now' : time(closedAt)}: ${cost.nodes} nodes, ${hours} node-hours, ${cost.resets} resets`,
    ...(said === undefined ? [] : [`  ${said.message.replace(/^Incident \S+ opened \([^)]*\): /, '')}`]),
    ...steps(members, tries, { from: Math.min(openedAt, ...members.map(failedAt)), end, time }),
  ]
}

const failedAt = ({ memory, openedAt }: CaseView): number => Math.min(memory.failure?.at ?? openedAt, openedAt)

function steps(
  members: readonly CaseView[],
  tries: readonly Attempt[],
  { from, end, time }: { from: number; end: number; time: Of['time'] },
): string[] {
  const lines: string[] = []
  let before = ''
  const step = stepOf(end - from)
  for (let at = from; at <= end + step; at += step) {
    const failed = members.filter((one) => failedAt(one) <= at).length
    const sent = tries.filter(({ createdAt }) => createdAt <= at)
    const underway = sent.filter(({ endedAt }) => endedAt === null || endedAt > at).length
    const healed = sent.filter(({ endedAt, result }) => result === 'proven' && endedAt !== null && endedAt <= at).length
    const row = `${failed} failed, ${underway} under repair, ${healed} healed, ${sent.length} resets`
    if (row !== before) lines.push(`  ${time(at)} ${row}`)
    before = row
  }
  return lines
}
