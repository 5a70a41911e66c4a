/**
 * What the tests of notifications begin with: a store in memory and the reader of its outbox on a virtual clock, over receivers that answer
 * in process as a test says. What arrived stands in `arrived` and `mails`.
 */
import { repeats } from '../../src/controller/repeats.ts'
import type { HttpRequest, HttpResponse } from '../../src/core/seams.ts'
import { type Mail, MailError } from '../../src/notify/email.ts'
import { type Notifier, notifier } from '../../src/notify/notifier.ts'
import type { AlertmanagerReceiver, EmailReceiver, Receiver, SlackReceiver, WebhookReceiver } from '../../src/notify/receiver.ts'
import { type VirtualClock, virtualClock } from '../../src/simulator/virtual-clock.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { BEGIN, newId, seeded } from '../store/given.ts'

const common = { severity: 'info', clouds: null, holders: false, ca: null, verify: true } as const

export const slack = (differs: Partial<SlackReceiver> = {}): SlackReceiver => ({
  ...{ kind: 'slack', name: 'chat', url: 'https://slack.test/services/T0/B0/s3cret', channel: null },
  ...common,
  ...differs,
})

export const webhook = (differs: Partial<WebhookReceiver> = {}): WebhookReceiver => ({
  ...{ kind: 'webhook', name: 'hook', url: 'https://hook.test/in', secret: null, authorization: null },
  ...common,
  ...differs,
})

export const alertmanager = (differs: Partial<AlertmanagerReceiver> = {}): AlertmanagerReceiver => ({
  ...{ kind: 'alertmanager', name: 'am', url: 'http://am.test:9093', authorization: null },
  ...common,
  ...differs,
})

export const email = (differs: Partial<EmailReceiver> = {}): EmailReceiver => ({
  kind: 'email',
  name: 'mail',
  server: { host: 'smtp.test', port: 587, tls: 'starttls', ca: null, verify: true },
  login: null,
  from: 'anneal@example.org',
  to: ['ops@example.org'],
  severity: 'info',
  clouds: null,
  holders: false,
  ...differs,
})

export type Arrived = { at: number; url: string; headers: Record<string, string>; text: string }
type Answers = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

export type Told = {
  clock: VirtualClock
  store: Store
  arrived: Arrived[]
  mails: Mail[]
  logged: string[]
  /** How tries ended, for figures. */
  counted: string[]
  /** From now on this is what comes back; 200 until then. */
  answers(answer: Answers): void
  mailAnswers(answer: (mail: Mail) => Promise<void>): void
  reader: Notifier
  /** Another process's reader on the same store. */
  another(claimant: string): Notifier
  /** Runs the reader until the returned function is called. */
  start(): () => Promise<void>
  close(): Promise<void>
}

export const answer = (status: number, headers: Record<string, string> = {}, text = ''): HttpResponse => ({ status, headers, text })
export const never = (): Promise<HttpResponse> => new Promise(() => {})

export async function told(receivers: Receiver[], o: { serverUrl?: string } = {}): Promise<Told> {
  const clock = virtualClock({ start: BEGIN })
  const store = await openStore({ path: ':memory:', clock, newId, random: seeded(1) })
  const arrived: Arrived[] = []
  const mails: Mail[] = []
  const logged: string[] = []
  const counted: string[] = []
  let answers: Answers = () => answer(200)
  let mailAnswers = (_mail: Mail): Promise<void> => Promise.resolve()
  const log = (level: string, message: string, fields: object = {}) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const another = (claimant: string) =>
    notifier({
      store,
      receivers,
      claimant,
      log,
      serverUrl: o.serverUrl ?? null,
      alertsStandMs: 600_000,
      trouble: repeats(clock, log),
      onTold: ({ receiver, outcome, count }) => void counted.push(`${receiver} ${outcome} ${count}`),
      seams: {
        clock,
        random: seeded(1),
        transport: async (request) => {
          arrived.push({ at: clock.now() - BEGIN, url: request.url, headers: request.headers, text: request.body ?? '' })
          return await answers(request)
        },
      },
      mailer: async (_by, mail) => {
        if (mail === null) return
        mails.push(mail)
        await mailAnswers(mail)
      },
    })
  const reader = another('me')
  return {
    ...{ clock, store, arrived, mails, logged, counted, reader, another },
    answers: (given) => {
      answers = given
    },
    mailAnswers: (given) => {
      mailAnswers = given
    },
    start: () => {
      const stop = new AbortController()
      const running = reader.run(stop.signal)
      return async () => {
        stop.abort()
        await clock.run(running)
      }
    },
    close: () => store.close(),
  }
}

export const mailRefused = (refused: boolean) => new MailError('550 no such user', refused)
