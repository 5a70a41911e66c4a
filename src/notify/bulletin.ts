/**
 * A batch of messages in words: what happened, what Anneal does about it, what a person should do, and where to read on. Every kind of
 * receiver tells the same. One message is told whole, several by counts and names.
 */
import { adviceFor } from '../core/cause-advice.ts'
import { withoutStops } from '../core/sentence.ts'
import { timeText } from '../core/when.ts'
import type { MessageBody, OutboxMessage } from '../store/outbox.ts'
import { gravest, type Severity, severityOf } from './receiver.ts'

export type Bulletin = {
  /** The same however often it is sent. */
  key: string
  at: number
  severity: Severity
  title: string
  happened: string[]
  did: string[]
  todo: string[]
  link: string | null
  incident: string | null
  messages: OutboxMessage[]
  /** Sent by a person who wants to see whether it arrives. */
  isTest: boolean
}

/** Names in a sentence; beyond that they are counted. */
const NAMES_MAX = 10
const TITLE_MAX = 200
/** Sentences of evidence about one node. */
const EVIDENCE_MAX = 3

export function bulletinOf(
  { key, about, messages }: { key: string; about: string; messages: readonly OutboxMessage[] },
  serverUrl: string | null,
): Bulletin {
  const incident = /^i-[0-9a-z]{8}$/.test(about) ? about : null
  const words = wordsOf(messages, incident)
  const page = /^c-[0-9a-z]{8}$/.test(about) ? `cases/${about}` : ''
  return {
    key,
    at: Math.max(0, ...messages.map(({ at }) => at)),
    severity: gravest(messages.filter(({ kind }) => kind !== 'to-holder').map(({ kind }) => severityOf(kind))),
    ...words,
    // It is a mail's subject.
    title: oneLine(words.title).slice(0, TITLE_MAX),
    link: linkTo(serverUrl, page),
    incident,
    messages: [...messages],
    isTest: false,
  }
}

/** Where a person reads on: a case has a page of its own, all else stands on the first one (''). null where no address of the server is configured. */
export const linkTo = (serverUrl: string | null, page: string): string | null => (serverUrl === null ? null : below(serverUrl, page))

/** An address below another one, whether that ends in a slash or not. */
export const below = (base: string, path: string): string => `${base}${base.endsWith('/') ? '' : '/'}${path}`

/** What `anneal notify test` sends. */
export const testBulletin = ({
  key,
  now,
  user,
  serverUrl,
}: {
  key: string
  now: number
  user: string
  serverUrl: string | null
}): Bulletin => ({
  key,
  at: now,
  severity: 'info',
  title: 'A test message of Anneal',
  happened: [`${user} asked at ${timeText(now)} whether this receiver can be reached.`],
  did: ['Anneal sent this one message.'],
  todo: ['Nothing.'],
  link: linkTo(serverUrl, ''),
  incident: null,
  messages: [],
  isTest: true,
})

type Words = Pick<Bulletin, 'title' | 'happened' | 'did' | 'todo'>

/** On one line, whatever the cloud calls its nodes. */
const nameOf = ({ body, uuid }: Pick<OutboxMessage, 'body' | 'uuid'>): string => oneLine(body.name ?? uuid)
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\s]+/gu, ' ')

function wordsOfOne(message: OutboxMessage): Words {
  const { kind, cloud, body } = message
  if (kind === 'to-holder') return { title: holderTitle(body), happened: [body.message], did: [], todo: [] }
  const happened = happenedTo(message)
  const title =
    body.kind === 'incident' ? `${cloud}: ${HEADS[kind] ?? kind}: ${body.reason}` : `${cloud}: ${nameOf(message)} ${headOf(message)}`
  return { title, happened, did: body.kind === 'incident' ? [] : [didText(body)], todo: todoFor(message) }
}

const holderTitle = ({ lease }: MessageBody): string => `About your reservation ${lease?.name ?? lease?.id ?? ''}`.trim()

const HEADS: Record<string, string> = {
  'case-opened': 'failed',
  act: 'is being worked on',
  'needs-approval': 'waits for your approval',
  'instance-may-live': 'may have an instance that lives',
  escalate: 'needs a person',
  resolve: 'is settled',
  'incident-opened': 'an incident begins',
  'incident-closed': 'an incident is over',
  'lease-on-failed-node': 'failed while a lease runs on it',
  'lease-at-risk': 'may not be well when a lease starts on it',
  'lease-lost': 'was taken from a lease',
  'lease-back': 'is given to its lease again',
}

function headOf({ kind, body }: OutboxMessage): string {
  const head = HEADS[kind] ?? kind
  return kind === 'escalate' || kind === 'case-opened' ? `${head} (${body.cause ?? body.reason})` : head
}

function happenedTo({ kind, cloud, uuid, body }: OutboxMessage): string[] {
  if (body.kind === 'incident' || body.lease !== null) return [body.message]
  const state = body.provision_state === null ? '' : ` is ${body.provision_state}`
  const node = `Node ${nameOf({ body, uuid })} of cloud ${cloud}`
  const evidence = kind === 'resolve' ? [] : body.evidence.slice(0, EVIDENCE_MAX)
  return [`${node}${state === '' ? ` (${kind})` : state}${body.cause === null ? '' : `, cause ${body.cause}`}.`, ...evidence]
}

/** A message about a lease carries the lease's sentence in place of the decision's. */
function didText({ kind, act, reason, message, lease }: MessageBody): string {
  const why = lease === null ? `: ${message}` : '.'
  if (kind === 'act') return `Anneal begins ${act ?? 'an act'} (${reason})${why}`
  if (kind === 'wait') return `Anneal waits (${reason})${why}`
  if (kind === 'escalate') return `Anneal leaves it to a person (${reason})${why}`
  if (kind === 'leave') return `Anneal leaves it alone (${reason})${why}`
  return `Anneal closed the case (${reason})${why}`
}

const LEASE_TODO: Record<string, string> = {
  'lease-on-failed-node': "Tell the lease's holder, or give them another node.",
  'lease-at-risk': 'Nothing yet; give the lease another node if this one is not well in time.',
  'lease-lost': "Tell the lease's holder, or give them another node.",
  'lease-back': 'Nothing.',
}

function todoFor({ kind, uuid, body }: OutboxMessage): string[] {
  const lease = LEASE_TODO[kind]
  const read = `\`anneal explain ${nameOf({ body, uuid })}\` says more.`
  if (lease !== undefined) return [lease, read]
  if (kind === 'needs-approval') return [`\`anneal approve ${body.caseId ?? 'CASE'}\` if it should; ${read}`]
  if (kind === 'instance-may-live') return [`See whether the instance lives; docs/runbook.md#${body.reason} says what then. ${read}`]
  if (kind === 'escalate') {
    const advice = body.cause === null ? [] : [adviceFor(body.cause).advice]
    return [...advice, `docs/runbook.md#${body.reason} says what this means; ${read}`]
  }
  return kind === 'incident-opened' ? ['Look at what the nodes share. `anneal incidents` says more.'] : ['Nothing.']
}

/** Kinds in the order in which a person wants to read them. */
const ORDER = [
  'lease-on-failed-node',
  'escalate',
  'needs-approval',
  'instance-may-live',
  'lease-lost',
  'lease-at-risk',
  'incident-opened',
  'incident-closed',
  'case-opened',
  'act',
  'lease-back',
  'resolve',
]

function wordsOf(messages: readonly OutboxMessage[], incident: string | null): Words {
  const [only, ...others] = messages
  if (only === undefined) return { title: '', happened: [], did: [], todo: [] }
  if (others.length === 0) return wordsOfOne(only)
  if (only.kind === 'to-holder') return { ...wordsOfOne(only), happened: messages.map(({ body }) => body.message) }
  const isOneNode = only.uuid !== '' && others.every(({ uuid, kind }) => uuid === only.uuid && kind !== 'to-holder')
  return isOneNode ? wordsOfOneNode(messages, only) : wordsOfMany(messages, incident)
}

const byGravity = (a: OutboxMessage, b: OutboxMessage): number => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || b.id - a.id

/** Opened and given to a person in one pass is one thing to read: what is gravest, with what was decided last. */
function wordsOfOneNode(messages: readonly OutboxMessage[], first: OutboxMessage): Words {
  const gravestOne = messages.toSorted(byGravity)[0] ?? first
  const newest = messages.findLast(({ body }) => body.lease === null) ?? first
  return {
    ...wordsOfOne(gravestOne),
    happened: [...new Set([gravestOne, ...messages].flatMap(happenedTo))],
    did: [didText(newest.body)],
  }
}

function wordsOfMany(messages: readonly OutboxMessage[], incident: string | null): Words {
  const ofKind = Map.groupBy(messages.toSorted(byGravity), ({ kind }) => kind)
  const nodes = new Set(messages.filter(({ uuid }) => uuid !== '').map(nameOf))
  const counts = [...ofKind].map(([kind, all]) => `${all.length} ${kind}`).join(', ')
  const who = `${nodes.size} ${nodes.size === 1 ? 'node' : 'nodes'}`
  const [worst] = messages.toSorted(byGravity)
  return {
    title: `${worst?.cloud ?? ''}: ${incident === null ? '' : `incident ${incident}: `}${who}: ${counts}`,
    happened: [...ofKind].map(([kind, all]) => countText(kind, all.toReversed())),
    did: countsOf(newestDecisions(messages).map(({ body }) => verdictText(body))),
    todo: worst === undefined ? [] : todoFor(worst),
  }
}

/** Whole sentences where there is one, else how many and which. */
function countText(kind: string, messages: readonly OutboxMessage[]): string {
  const [first] = messages
  if (messages.length === 1 && first !== undefined) return happenedTo(first).join(' ')
  const names = [...new Set(messages.map(nameOf))]
  const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : ''
  const causes = [...new Set(messages.map(({ body }) => body.cause ?? 'unknown'))].join(', ')
  return `${messages.length} ${kind} (${causes}): ${names.slice(0, NAMES_MAX).join(', ')}${more}.`
}

/** What was decided last about each node: what came before in the same batch is past. */
function newestDecisions(messages: readonly OutboxMessage[]): OutboxMessage[] {
  const ofNodes = messages.filter(({ uuid, kind }) => uuid !== '' && kind !== 'to-holder')
  return [...new Map(ofNodes.map((message) => [message.uuid, message])).values()]
}

const verdictText = (body: MessageBody): string => withoutStops(didText({ ...body, lease: null, message: '' })).replace(/: ?$/, '')

function countsOf(sentences: readonly string[]): string[] {
  const counted = Map.groupBy(sentences, (sentence) => sentence)
  if (counted.size === 1 && sentences.length === 1) return [`${sentences[0]}.`]
  return [...counted].map(([sentence, all]) => `${all.length} ${all.length === 1 ? 'node' : 'nodes'}: ${sentence}.`)
}
