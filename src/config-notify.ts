/**
 * The part `notify` of anneal.yaml: receivers of messages, each under a name of its own. What is written becomes the Receiver that
 * src/notify works with; what a receiver cannot do is refused here.
 */
import { z } from 'zod'
import { type Receiver, SEVERITIES } from './notify/receiver.ts'

const text = (sentence: string) =>
  z.string({ error: 'It must be a text.' }).min(1, { error: 'It must not be empty.' }).meta({ description: sentence })
const yes = (sentence: string) => z.boolean({ error: 'It must be true or false.' }).meta({ description: sentence }).exactOptional()

const ADDRESS = 'It must be an address that begins with http:// or https://.'
const isAddress = (given: string): boolean => /^https?:$/.test(URL.parse(given)?.protocol ?? '')
const address = (sentence: string) => z.string({ error: ADDRESS }).refine(isAddress, { error: ADDRESS }).meta({ description: sentence })

const SLACK_ADDRESS = "It must be the webhook's address, or the older script's JSON file, with its webhook: file:/path/slack.json."
const olderFile = z.object({ webhook: z.string().refine(isAddress), channel: z.string().min(1).nullish() })

/** The older script kept both in one file, whose other keys name hosts. */
function slackAddress(given: string): { url: string; channel: string | null } | null {
  if (isAddress(given)) return { url: given, channel: null }
  const read = olderFile.safeParse(jsonOrNull(given))
  return read.success ? { url: read.data.webhook, channel: read.data.channel ?? null } : null
}

function jsonOrNull(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch {
    // Knows: a text that is no JSON is refused like JSON of another shape.
    return null
  }
}

const severity = z
  .enum(SEVERITIES, { error: `It must be one of ${SEVERITIES.join(', ')}.` })
  .meta({
    description:
      'The least that it is told. info: cases opened, acts, cases settled. warning: approvals, incidents, leases at risk. critical: a person is needed, a lease runs on a failed node. Default: info.',
  })
  .exactOptional()
const clouds = z
  .array(z.string({ error: 'It must be a list of names of clouds.' }), { error: 'It must be a list of names of clouds.' })
  .min(1, { error: 'It must name at least one cloud.' })
  .meta({ description: 'Only of these clouds. Default: of all.' })
  .exactOptional()
const forAll = { severity, clouds }
const holders = yes("true: it is told what is for the holders of leases (a cloud's blazar.tellHolder), and nothing else. Default: false.")
const overHttp = {
  ca: text('Certificates, PEM, by which the server is believed; usually file:PATH. Default: those of this machine.').exactOptional(),
  verify: yes('false: any certificate is believed. Default: true.'),
}
const authorization = text('Value of the header Authorization, such as Bearer and a token, by a variable or file:PATH.').exactOptional()

const slack = z.strictObject({
  kind: z.literal('slack'),
  url: z
    .string({ error: SLACK_ADDRESS })
    .refine((given) => slackAddress(given) !== null, { error: SLACK_ADDRESS })
    .meta({
      description:
        "Address of the incoming webhook, a secret, so rather a variable or file:PATH; the older script's JSON file will do, too.",
    }),
  channel: text('Where to post. Default: the one that the webhook belongs to.').exactOptional(),
  ...forAll,
  ...overHttp,
})

const webhook = z.strictObject({
  kind: z.literal('webhook'),
  url: address('Where notifications are posted as JSON (docs/schemas/notification.schema.json).'),
  secret: text('What X-Anneal-Signature is made with, by a variable or file:PATH. Default: nothing is signed.').exactOptional(),
  authorization,
  holders,
  ...forAll,
  ...overHttp,
})

const alertmanager = z.strictObject({
  kind: z.literal('alertmanager'),
  url: address('Of the Alertmanager itself, such as http://127.0.0.1:9093; /api/v2/alerts is added.'),
  authorization,
  ...forAll,
  ...overHttp,
})

const SERVER = 'It must be a server and a port, such as smtp.example.org:587.'
const MAILBOX = 'It must be an e-mail address, such as ops@example.org.'
const mailbox = /^(?:[^<>\r\n]{1,100}<[\w.+{}-]+@[\w.-]+>|[\w.+{}-]+@[\w.-]+)$/
const email = z
  .strictObject({
    kind: z.literal('email'),
    server: z
      .string({ error: SERVER })
      .regex(/^(\[[0-9a-f:.]+\]|[^\s:/@]+):[1-9]\d{0,4}$/i, { error: SERVER })
      .meta({ description: 'SMTP server and port.' }),
    tls: z
      .enum(['starttls', 'tls', 'none'], { error: 'It must be one of starttls, tls, none.' })
      .meta({ description: 'starttls: or nothing is sent; tls from the first byte; none. Default: starttls.' })
      .exactOptional(),
    user: text('Login at the server. Default: none.').exactOptional(),
    password: text('Its password, by a variable or file:PATH.').exactOptional(),
    from: z.string({ error: MAILBOX }).regex(mailbox, { error: MAILBOX }).meta({ description: 'Sender.' }),
    to: z
      .array(z.string({ error: MAILBOX }).regex(mailbox, { error: MAILBOX }), { error: 'It must be a list of addresses.' })
      .min(1, { error: 'It must name at least one address.' })
      .meta({ description: 'Who gets it. With holders, {user_id} and {project_id} of the lease are filled in.' }),
    holders,
    ...forAll,
    ...overHttp,
  })
  .refine((given) => (given.user === undefined) === (given.password === undefined), {
    error: 'A login is a user and a password.',
    path: ['user'],
  })
  .refine(({ to, holders: forHolders }) => forHolders === true || !to.some((one) => one.includes('{')), {
    error: 'Only with `holders: true` is anything filled in.',
    path: ['to'],
  })

const KIND = 'It must be one of slack, webhook, email, alertmanager.'
const receiver = z.discriminatedUnion('kind', [slack, webhook, email, alertmanager], { error: KIND })

/** A name stands in logs, in the audit trail and on the command line. */
const receiverName = z.string().regex(/^[\w.-]{1,64}$/, { error: 'A name of a receiver holds letters, digits, dots, - and _ only.' })

export const notifySettings = z
  .record(receiverName, receiver, { error: 'It must hold one key for each receiver.' })
  .nullable()
  .meta({ description: 'Who is told what happens, each receiver under a name of its own (docs/notifications.md). Default: nobody.' })
  .exactOptional()

export type NotifySettings = z.output<typeof notifySettings>

export const receiversOf = (settings: NotifySettings | undefined): Receiver[] =>
  Object.entries(settings ?? {}).map(([name, given]) => receiverOf(name, given))

function receiverOf(name: string, given: NonNullable<NotifySettings>[string]): Receiver {
  const forHolders = 'holders' in given && given.holders === true
  const common = { name, severity: given.severity ?? 'info', clouds: given.clouds ?? null, holders: forHolders }
  const http = { ca: given.ca ?? null, verify: given.verify ?? true }
  switch (given.kind) {
    case 'slack': {
      const { url, channel } = slackAddress(given.url) ?? { url: given.url, channel: null }
      return { ...common, ...http, kind: 'slack', url, channel: given.channel ?? channel }
    }
    case 'webhook':
      return {
        ...common,
        ...http,
        kind: 'webhook',
        url: given.url,
        secret: given.secret ?? null,
        authorization: given.authorization ?? null,
      }
    case 'alertmanager':
      return { ...common, ...http, kind: 'alertmanager', url: given.url, authorization: given.authorization ?? null }
    case 'email': {
      const { user, password, from, to, tls = 'starttls', server } = given
      const at = server.lastIndexOf(':')
      const host = server.slice(0, at).replace(/^\[|\]$/g, '')
      const login = user === undefined || password === undefined ? null : { user, password }
      return { ...common, kind: 'email', server: { host, port: Number(server.slice(at + 1)), tls, ...http }, login, from, to }
    }
    default:
      given satisfies never
      throw new Error('a receiver of no known kind')
  }
}

/** A cloud that anneal.yaml does not list, although it lists clouds: its messages would be missed. */
export function unknownCloudOf(receivers: readonly Receiver[], known: readonly string[]): { receiver: string; cloud: string } | null {
  if (known.length === 0) return null
  const named = receivers.flatMap(({ name, clouds: of }) => (of ?? []).map((cloud) => ({ receiver: name, cloud })))
  return named.find(({ cloud }) => !known.includes(cloud)) ?? null
}
