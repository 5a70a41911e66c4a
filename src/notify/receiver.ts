/**
 * Who is told what: the receivers as the configuration makes them, how grave each kind of message is, and which receivers want one. How
 * a receiver is reached stands in the file of its kind.
 */
import type { MessageKind, OutboxMessage } from '../store/outbox.ts'

export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

type ForAll = {
  name: string
  /** The least that it is told; with `holders` nothing is too little. */
  severity: Severity
  /** null: of every cloud. */
  clouds: string[] | null
  /** Told what is for the holders of leases, and nothing else. */
  holders: boolean
}
type OverHttp = { url: string; ca: string | null; verify: boolean }

export type SlackReceiver = ForAll & OverHttp & { kind: 'slack'; channel: string | null }
export type WebhookReceiver = ForAll & OverHttp & { kind: 'webhook'; secret: string | null; authorization: string | null }
export type AlertmanagerReceiver = ForAll & OverHttp & { kind: 'alertmanager'; authorization: string | null }
export type EmailReceiver = ForAll & {
  kind: 'email'
  server: { host: string; port: number; tls: 'starttls' | 'tls' | 'none'; ca: string | null; verify: boolean }
  login: { user: string; password: string } | null
  from: string
  to: string[]
}
export type Receiver = SlackReceiver | WebhookReceiver | AlertmanagerReceiver | EmailReceiver

const SEVERITY: Record<Exclude<MessageKind, 'to-holder'>, Severity> = {
  'case-opened': 'info',
  act: 'info',
  resolve: 'info',
  'lease-back': 'info',
  'incident-opened': 'warning',
  'incident-closed': 'warning',
  'needs-approval': 'warning',
  'instance-may-live': 'warning',
  'lease-at-risk': 'warning',
  'lease-lost': 'warning',
  escalate: 'critical',
  'lease-on-failed-node': 'critical',
}

/** A kind that an older version posted, and this one does not know, is told to everybody. */
export const severityOf = (kind: string): Severity => Object.entries(SEVERITY).find(([known]) => known === kind)?.[1] ?? 'critical'

export const gravest = (severities: readonly Severity[]): Severity => SEVERITIES.findLast((one) => severities.includes(one)) ?? 'info'

export const isAtLeast = (severity: Severity, least: Severity): boolean => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)

/** An Alertmanager is told what stands, not what happens. */
export function wants(receiver: Receiver, { cloud, kind }: Pick<OutboxMessage, 'cloud' | 'kind'>): boolean {
  if (receiver.kind === 'alertmanager' || !isOfCloud(receiver, cloud)) return false
  if (receiver.holders || kind === 'to-holder') return receiver.holders && kind === 'to-holder'
  return isAtLeast(severityOf(kind), receiver.severity)
}

export const isOfCloud = ({ clouds }: Pick<Receiver, 'clouds'>, cloud: string): boolean => clouds === null || clouds.includes(cloud)

/** How a try ended. `said` is for people, and holds no secret. */
export type Reply =
  | { kind: 'sent'; said: string }
  /** The receiver is not to be reached, or asks for patience: nothing else would fare better now. */
  | { kind: 'trouble'; said: string; retryAfterMs: number | null }
  /** It answered, and did not want this. */
  | { kind: 'refused'; said: string }

/** What must never be seen outside: an address of a webhook is as good as a password. */
export function secretsOf(receiver: Receiver): string[] {
  if (receiver.kind === 'email') return receiver.login === null ? [] : [receiver.login.password]
  const url = URL.parse(receiver.url)
  const ofUrl = url === null ? [] : [`${url.pathname}${url.search}`, url.pathname, url.search, url.password, url.username]
  const own = [receiver.kind === 'webhook' ? receiver.secret : null, receiver.kind === 'slack' ? null : receiver.authorization]
  return [receiver.url, ...ofUrl, ...own].filter((text): text is string => text !== null && text.length > 3)
}

/** One line without secrets and without what a terminal obeys. */
export function withoutSecrets(text: string, receiver: Receiver): string {
  const cut = secretsOf(receiver)
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, '…'), text)
  return cut
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, 200)
    .trim()
}
