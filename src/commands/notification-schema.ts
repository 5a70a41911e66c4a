/**
 * The body that a webhook receives. Published as docs/schemas/notification.schema.json; keys are only ever added.
 */
import { z } from 'zod'

const time = z.iso.datetime().meta({ description: 'RFC 3339 with Z' })
const severity = z.enum(['info', 'warning', 'critical'])

export const notificationSchema = z.object({
  version: z.literal(1),
  id: z.string().meta({ description: 'The same however often it is sent; also in the header Idempotency-Key' }),
  test: z.boolean().meta({ description: 'Sent by `anneal notify test`' }),
  at: time.meta({ description: 'When the newest of its messages was written' }),
  severity: severity.meta({ description: 'That of the gravest message' }),
  title: z.string(),
  happened: z.array(z.string()),
  did: z.array(z.string()).meta({ description: 'What Anneal does about it' }),
  todo: z.array(z.string()).meta({ description: 'What a person should do' }),
  link: z.string().nullable().meta({ description: 'null: no server.url is configured' }),
  incident: z.string().nullable().meta({ description: 'The incident that all messages belong to' }),
  messages: z.array(
    z.object({
      id: z.int(),
      at: time,
      kind: z.string().meta({ description: 'case-opened, act, needs-approval, escalate, resolve, incident-…, lease-…, to-holder' }),
      severity: severity.nullable().meta({ description: 'null: for the holder of a lease' }),
      cloud: z.string(),
      uuid: z.string().nullable().meta({ description: 'null: about a whole incident' }),
      name: z.string().nullable(),
      case: z.string().nullable(),
      provision_state: z.string().nullable(),
      cause: z.string().nullable(),
      decision: z.object({ kind: z.string(), reason: z.string(), message: z.string(), act: z.string().nullable() }),
      evidence: z.array(z.string()),
      lease: z
        .object({
          id: z.string(),
          name: z.string().nullable(),
          project_id: z.string().nullable(),
          user_id: z.string().nullable(),
          start_date: z.string().nullable(),
          end_date: z.string().nullable(),
        })
        .nullable()
        .meta({ description: 'The lease that it is about, with dates as Blazar writes them' }),
    }),
  ),
})
