/**
 * What other systems ring: Alertmanager's webhook as a wake. Every alert of the group counts, whether it fires or is resolved; nothing of
 * it but its labels is read. It answers what it found, so that a label that names no node is seen where the rule is written.
 */
import { z } from 'zod'
import { wakeAlerted } from '../commands/wake-alerted.ts'
import { FOR_VIEWERS } from './caller.ts'
import { answers, SHAPES } from './shapes.ts'
import type { App, HttpWorld } from './world.ts'

/** A group that names more nodes is a storm, of which the poll has every node anyway. */
const ALERTS_MAX = 1_000
/** As many alerts with a kilobyte of labels and annotations each. */
const BODY_MAX = 1024 * 1024

/** Alertmanager's webhook, version 4, without what is not read. */
const group = z.object({
  version: z.literal('4').meta({ description: "Of Alertmanager's webhook" }),
  alerts: z
    .array(z.object({ labels: z.record(z.string(), z.string()).meta({ description: "A node's uuid or name, and perhaps its cloud" }) }))
    .min(1)
    .max(ALERTS_MAX, { error: `At most ${ALERTS_MAX} alerts; set max_alerts in the webhook's configuration` }),
})

export function hookRoutes(app: App, { store }: HttpWorld): void {
  const schema = {
    summary: "Alertmanager's webhook: every node that an alert names is looked at now",
    tags: ['wakes'],
    body: group,
    response: answers(SHAPES.woken, 413, 415),
  }
  app.post('/hooks/alertmanager', { schema, bodyLimit: BODY_MAX, config: FOR_VIEWERS }, async ({ body: { alerts } }) =>
    wakeAlerted(
      store,
      alerts.map(({ labels }) => labels),
    ),
  )
}
