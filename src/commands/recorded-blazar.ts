/**
 * The shapes of a recorded decision that are about reservations: what Blazar said of the node, the leases that a case remembers, and what an act did
 * at Blazar. The rest, and what a shape must keep to, stands in recorded-schema.ts.
 */
import { z } from 'zod'
import type { BlazarPart, HeldLease } from '../core/case.ts'
import type { BlazarSeen } from '../core/observation.ts'

const text = z.string()
const textOrNull = text.nullable()
const flag = z.boolean()
const ms = z.number()
const count = z.int()

const reservation = z.strictObject({ id: text, min: z.int(), max: z.int(), hypervisor_properties: text, resource_properties: text })
const lease = z.strictObject({
  id: text,
  start_date: textOrNull,
  end_date: textOrNull,
  status: textOrNull,
  project_id: textOrNull,
  user_id: textOrNull,
  name: textOrNull.default(null),
  reservation: reservation.nullable().default(null),
})
const missing = z.strictObject({ lease_id: text, reservation_id: text, status: textOrNull, hosts: z.array(text) })

export const blazar: z.ZodType<BlazarSeen> = z.strictObject({
  kind: z.enum(['upstream', 'chameleon']).nullable(),
  readAt: ms.default(0),
  host: z
    .strictObject({ id: text, reservable: flag.nullable(), disabled: flag.nullable(), updated_at: textOrNull.default(null) })
    .nullable(),
  leases: z.array(lease),
  total: count,
  missing: z.array(missing).default([]),
})

export const heldLease: z.ZodType<HeldLease> = lease.extend({ host_id: text, lostAt: ms.nullable() })

export const blazarPart: z.ZodType<BlazarPart> = z.strictObject({
  host_id: text,
  updated_at: textOrNull,
  isUnclear: z.literal(true).exactOptional(),
  keepMark: flag,
  lease: z.strictObject({ id: text, reservation }).nullable(),
})
