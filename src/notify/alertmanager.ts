/**
 * What stands now as alerts of an Alertmanager (API v2), and what it is to be sent: new alerts, standing ones again before they time out
 * there, and the end of those that stand no more. Pure; alerts-round.ts keeps account and sends.
 */
import { adviceFor } from '../core/cause-advice.ts'
import { MINUTE } from '../core/policy.ts'
import { waitOf } from '../core/waiting.ts'
import { timeText } from '../core/when.ts'
import type { RaisedAlert, StandingIncident, StandingTrouble } from '../store/alerts.ts'
import { below, linkTo } from './bulletin.ts'
import { type AlertmanagerReceiver, isAtLeast, isOfCloud, type Severity } from './receiver.ts'

export type Alert = {
  labels: Record<string, string>
  annotations: Record<string, string>
  since: number
  link: string | null
}

/** Well within the time for which an alert stands without being sent again. */
const AGAIN_MS = MINUTE

/** Everything that stands, whoever is told of it. */
export function alertsOf(standing: { troubles: StandingTrouble[]; incidents: StandingIncident[] }, serverUrl: string | null): Alert[] {
  return [
    ...standing.troubles.flatMap((trouble) => ofTrouble(trouble, serverUrl)),
    ...standing.incidents.map((incident) => ofIncident(incident, serverUrl)),
  ]
}

export const wantedAlerts = (alerts: readonly Alert[], receiver: AlertmanagerReceiver): Alert[] =>
  alerts.filter(({ labels }) => {
    const severity: Severity = labels['severity'] === 'critical' || labels['severity'] === 'warning' ? labels['severity'] : 'info'
    return isAtLeast(severity, receiver.severity) && isOfCloud(receiver, labels['cloud'] ?? '')
  })

function ofTrouble(trouble: StandingTrouble, serverUrl: string | null): Alert[] {
  const { cloud, uuid, caseId, cause, reason, message, since, leases } = trouble
  const name = trouble.name ?? uuid
  const link = linkTo(serverUrl, caseId === null ? '' : `cases/${caseId}`)
  // As a label each turn that it waits for would end one alert and begin another.
  const on = { cloud, node: name, cause: cause ?? 'unknown', reason: waitOf(reason) }
  const about = { uuid, ...(caseId === null ? {} : { case: caseId }), description: message, runbook: `docs/runbook.md#${reason}` }
  const { acknowledged } = trouble
  const needed = acknowledged === null ? personNeeded(trouble) : null
  const standing: Alert[] = leases.map(({ id, name: ofLease, told }) => {
    const { alertname, severity, says } = LEASE_ALERTS[told]
    const labels = { alertname, severity, ...on, lease: id }
    const summary = `${cloud}: ${name} ${says} (${ofLease ?? id}).`
    return { labels, annotations: { ...about, summary, action: "Tell the lease's holder, or give them another node." }, since, link }
  })
  if (needed !== null) {
    const labels = { alertname: 'AnnealPersonNeeded', severity: needed.severity, ...on }
    const action = needed.action ?? (cause === null ? 'Read the evidence in `anneal explain`.' : adviceFor(cause).advice)
    standing.push({ labels, annotations: { ...about, summary: `${cloud}: ${name} needs a person (${reason}).`, action }, since, link })
  } else if (caseId !== null) {
    // The reason changes with every step; as a label it would end and begin an alert each time.
    const labels = { alertname: 'AnnealCaseOpen', severity: 'info', cloud, node: name, cause: cause ?? 'unknown', reason: 'case-open' }
    const says = acknowledged === null ? `${cloud}: ${name} is being healed.` : `${cloud}: ${name}: ${seenText(acknowledged)}`
    standing.push({ labels, annotations: { ...about, summary: says, action: 'Nothing.' }, since, link })
  }
  return standing
}

const LEASE_ALERTS = {
  'lease-on-failed-node': { alertname: 'AnnealLeaseOnFailedNode', severity: 'critical', says: 'failed while a lease runs on it' },
  'lease-at-risk': { alertname: 'AnnealLeaseAtRisk', severity: 'warning', says: 'is not well, and a lease starts on it soon' },
  'lease-lost': { alertname: 'AnnealLeaseLost', severity: 'warning', says: 'was taken from a lease' },
} as const

/** null: Anneal gets on by itself, or waits for something. */
function personNeeded({ kind, reason, caseId }: StandingTrouble): { severity: 'critical' | 'warning'; action: string | null } | null {
  if (kind === 'escalate') return { severity: 'critical', action: null }
  if (reason === 'needs-approval') return { severity: 'warning', action: `\`anneal approve ${caseId ?? 'CASE'}\` if it should.` }
  return reason === 'instance-may-live' ? { severity: 'warning', action: 'See whether the instance lives.' } : null
}

/** Somebody has seen it: it stands, and is no more than information until it changes. */
const seenText = ({ by, why }: { by: string; why: string }): string => `${by} has seen it: ${why}.`

function ofIncident({ id, cloud, kind, value, openedAt, open, acknowledged }: StandingIncident, serverUrl: string | null): Alert {
  const labels = {
    alertname: 'AnnealIncident',
    severity: acknowledged === null ? 'warning' : 'info',
    cloud,
    incident: id,
    cause: kind,
    reason: value,
    node: '',
  }
  const seen = acknowledged === null ? '' : ` ${seenText(acknowledged)}`
  const summary = `${cloud}: incident ${id}, ${open} open ${open === 1 ? 'case' : 'cases'} share ${kind} ${value}.${seen}`
  const action = 'Look at what the nodes share; `anneal incidents` says more.'
  return { labels, annotations: { summary, action }, since: openedAt, link: linkTo(serverUrl, '') }
}

export type DueAlerts = { raise: { id: string; alert: Alert; isNew: boolean }[]; end: RaisedAlert[] }

/** What the receiver is to be sent now, given what it was told before. An alert began when it was first raised, whatever changed since. */
export function dueAlerts(wanted: readonly Alert[], raised: readonly RaisedAlert[], now: number): DueAlerts {
  const before = new Map(raised.map((alert) => [alert.id, alert]))
  const stands = new Set(wanted.map(idOf))
  const raise = wanted.flatMap((alert): DueAlerts['raise'] => {
    const id = idOf(alert)
    const known = before.get(id)
    if (known === undefined) return [{ id, alert, isNew: true }]
    const same = { ...alert, since: known.since }
    const isDue = Math.abs(now - known.sentAt) >= AGAIN_MS || known.body !== JSON.stringify(same)
    return isDue ? [{ id, alert: same, isNew: false }] : []
  })
  return { raise, end: raised.filter(({ id }) => !stands.has(id)) }
}

/** Labels are what an Alertmanager tells alerts apart by. */
const idOf = ({ labels }: Alert): string => JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** One alert as POST /api/v2/alerts takes it; without an end it would be Alertmanager's own resolve_timeout that ends it. */
export const wireAlert = ({ labels, annotations, since, link }: Alert, endsAt: number) => ({
  labels: Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
  annotations,
  // An end before the beginning, as after a clock that was set back, would be refused.
  startsAt: timeText(Math.min(since, endsAt)),
  endsAt: timeText(endsAt),
  ...(link === null ? {} : { generatorURL: link }),
})

export function alertsRequest(receiver: Pick<AlertmanagerReceiver, 'url' | 'authorization'>, alerts: readonly object[]) {
  const { url, authorization } = receiver
  const headers: Record<string, string> = authorization === null ? {} : { authorization }
  return { url: below(url, 'api/v2/alerts'), headers, body: JSON.stringify(alerts) }
}
