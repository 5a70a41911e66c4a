/**
 * One bulletin to one receiver, once. Which way depends on the receiver's kind; what becomes of the answer is decided by who asked.
 */
import { MINUTE } from '../core/policy.ts'
import type { Seams } from '../core/seams.ts'
import { alertsRequest, wireAlert } from './alertmanager.ts'
import type { Bulletin } from './bulletin.ts'
import { type Mailer, sendMail } from './email.ts'
import { httpSend } from './http-send.ts'
import type { Receiver, Reply } from './receiver.ts'
import { slackRequest } from './slack.ts'
import { webhookRequest } from './webhook.ts'

export type Ways = { seams: Pick<Seams, 'clock' | 'transport'>; mailer: Mailer }

export function deliver({ seams, mailer }: Ways, receiver: Receiver, bulletin: Bulletin): Promise<Reply> {
  switch (receiver.kind) {
    case 'slack':
      return httpSend(seams, receiver, slackRequest(bulletin, receiver))
    case 'webhook':
      return httpSend(seams, receiver, webhookRequest(bulletin, receiver, seams.clock.now()))
    case 'email':
      return sendMail(mailer, receiver, bulletin)
    case 'alertmanager':
      return httpSend(seams, receiver, alertsRequest(receiver, [testAlert(bulletin)]))
    default:
      receiver satisfies never
      throw new Error('a receiver of no known kind')
  }
}

/** What happens is no alert: only a test is told to an Alertmanager this way, and ends by itself. */
const testAlert = ({ title, happened, severity, link, at }: Bulletin) =>
  wireAlert(
    {
      labels: { alertname: 'AnnealTest', severity },
      annotations: { summary: title, description: happened.join(' ') },
      since: at,
      link,
    },
    at + MINUTE,
  )
