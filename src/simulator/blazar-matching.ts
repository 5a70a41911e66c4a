/**
 * Which hosts a reservation may have: its properties (JSON text, `["==", "$uid", "…"]`), what is free then, and what is reservable. As in
 * Blazar's own query the columns are the database's, whatever capabilities stand over them in what is shown.
 */
import type { SimBlazar, SimHost, SimLease, SimReservation } from './blazar-state.ts'
import { columnsOf } from './blazar-state.ts'

/** A refusal in Blazar's words. */
export class BlazarRefusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Properties = Pick<SimReservation, 'hypervisor_properties' | 'resource_properties'>
type Wish = Properties & Pick<SimReservation, 'min' | 'max'>
type Span = { start: number; end: number }

/** Hosts that fit and are reservable and free for the whole span; as many as `max`, or null for less than `min`. */
export function hostsFor(blazar: SimBlazar, wish: Wish, { span, own }: { span: Span; own: SimReservation | null }): string[] | null {
  const fitting = [...blazar.hosts.values()].filter(
    (host) => host.reservable && isFree(blazar, host, { span, own }) && fits(blazar, host, wish),
  )
  return fitting.length < wish.min ? null : fitting.slice(0, wish.max).map(({ id }) => id)
}

export function isFree(blazar: SimBlazar, host: SimHost, { span, own }: { span: Span; own: SimReservation | null }): boolean {
  const holds = (lease: SimLease): boolean =>
    lease.start < span.end && lease.end > span.start && lease.reservations.some((one) => one !== own && one.hosts.includes(host.id))
  return ![...blazar.leases.values()].some(holds)
}

export const fits = (blazar: SimBlazar, host: SimHost, { hypervisor_properties, resource_properties }: Properties): boolean =>
  [hypervisor_properties, resource_properties].every((text) => text === '' || holds(blazar, host, expressionOf(text)))

function expressionOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A user writes these; Blazar answers what it cannot read with 400.
    throw new BlazarRefusal(400, `Malformed requirements ${text}`)
  }
}

function holds(blazar: SimBlazar, host: SimHost, expression: unknown): boolean {
  if (!Array.isArray(expression)) throw new BlazarRefusal(400, `Malformed requirements ${JSON.stringify(expression)}`)
  const [operator, name, wanted] = expression
  if (operator === 'and') return expression.slice(1).every((inner) => holds(blazar, host, inner))
  const found = propertyOf(blazar, host, String(name).replace(/^\$/, ''))
  if (operator === '==' || operator === '=') return found === String(wanted)
  if (operator === '!=') return found !== null && found !== String(wanted)
  throw new BlazarRefusal(400, `Malformed requirements ${JSON.stringify(expression)}`)
}

function propertyOf(blazar: SimBlazar, host: SimHost, name: string): string | null {
  const columns = columnsOf(blazar.kind, host)
  if (name in columns) return String(columns[name])
  if (![...blazar.hosts.values()].some(({ capabilities }) => capabilities.has(name)))
    throw new BlazarRefusal(500, `${name} ComputeHostExtraCapability was not found`)
  return host.capabilities.get(name) ?? null
}
