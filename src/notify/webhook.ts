/**
 * A bulletin as JSON to any HTTP receiver, signed where a secret is shared: `X-Anneal-Signature: sha256=HEX` is the HMAC-SHA256 of the
 * timestamp in `X-Anneal-Timestamp` (seconds), a full stop, and the body as it stands.
 */
import { createHmac } from 'node:crypto'
import { timeText } from '../core/when.ts'
import type { Bulletin } from './bulletin.ts'
import { severityOf, type WebhookReceiver } from './receiver.ts'

export function webhookRequest(bulletin: Bulletin, { url, secret, authorization }: Omit<WebhookReceiver, 'kind'>, now: number) {
  const body = JSON.stringify(notificationOf(bulletin))
  const timestamp = `${Math.floor(now / 1_000)}`
  const headers = {
    'idempotency-key': bulletin.key,
    'x-anneal-timestamp': timestamp,
    ...(authorization === null ? {} : { authorization }),
    ...(secret === null ? {} : { 'x-anneal-signature': `sha256=${signature(secret, timestamp, body)}` }),
  }
  return { url, headers, body }
}

const signature = (secret: string, timestamp: string, body: string): string =>
  createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')

/** Published as docs/schemas/notification.schema.json; keys are only ever added. */
function notificationOf({ key, at, severity, title, happened, did, todo, link, incident, messages, isTest }: Bulletin) {
  return {
    version: 1,
    id: key,
    test: isTest,
    at: timeText(at),
    ...{ severity, title, happened, did, todo, link, incident },
    messages: messages.map(({ id, at: postedAt, kind, cloud, uuid, body }) => ({
      id,
      at: timeText(postedAt),
      kind,
      severity: kind === 'to-holder' ? null : severityOf(kind),
      cloud,
      uuid: uuid === '' ? null : uuid,
      name: body.name,
      case: body.caseId,
      provision_state: body.provision_state,
      cause: body.cause,
      decision: { kind: body.kind, reason: body.reason, message: body.message, act: body.act },
      evidence: body.evidence,
      lease: body.lease,
    })),
  }
}
