/**
 * One round of an Alertmanager: compares what stands with what it was told, and sends the difference, and what must be said again. An alert
 * is noted before it is sent, so that it is ended some day whatever happens in between; sending one twice changes nothing there.
 */
import type { RaisedAlert } from '../store/alerts.ts'
import { type Alert, alertsOf, alertsRequest, dueAlerts, wantedAlerts, wireAlert } from './alertmanager.ts'
import { backoff } from './backoff.ts'
import { httpSend } from './http-send.ts'
import { type NotifierParts, say } from './parts.ts'
import type { AlertmanagerReceiver } from './receiver.ts'

/** Alerts in one request. */
const AT_ONCE = 500

export async function alertsRound(parts: NotifierParts, receiver: AlertmanagerReceiver): Promise<void> {
  const { store, seams, claimant, serverUrl, alertsStandMs } = parts
  const { name } = receiver
  const now = seams.clock.now()
  const wanted = wantedAlerts(alertsOf(await store.standingTroubles(), serverUrl), receiver)
  const due = dueAlerts(wanted, await store.raisedAlerts(name), now)
  const raised = due.raise.slice(0, AT_ONCE)
  const ended = due.end.slice(0, AT_ONCE - raised.length)
  if (raised.length + ended.length === 0) return
  const claimed = await store.claimReceiver(name, claimant)
  if (claimed === null) return
  // 0: not known to have arrived, so that it is due again.
  await store.noteAlerts(
    name,
    raised.filter(({ isNew }) => isNew).map((one) => rowOf(one, 0)),
  )
  const alerts = [
    ...raised.map(({ alert }) => wireAlert(alert, now + alertsStandMs)),
    ...ended.map(({ body }) => wireAlert(alertOfRow(body), now)),
  ]
  const batch = { key: '', receiver: name, failures: claimed.failures }
  const reply = await httpSend(seams, receiver, alertsRequest(receiver, alerts))
  say(parts, receiver, reply)
  if (reply.kind === 'sent') {
    await store.noteAlerts(
      name,
      raised.map((one) => rowOf(one, now)),
    )
    await store.forgetAlerts(
      name,
      ended.map(({ id }) => id),
    )
    await store.recordTry(batch, { kind: 'sent' })
    return
  }
  const asked = reply.kind === 'trouble' ? reply.retryAfterMs : null
  await store.recordTry(batch, { kind: 'trouble', retryAt: now + backoff(claimed.failures + 1, seams.random, asked) })
}

const rowOf = ({ id, alert }: { id: string; alert: Alert }, sentAt: number): RaisedAlert => ({
  id,
  body: JSON.stringify(alert),
  since: alert.since,
  sentAt,
})

/** As `rowOf` wrote it. */
const alertOfRow = (body: string): Alert => JSON.parse(body)
