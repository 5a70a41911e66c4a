/**
 * What Blazar says of reservations: the hosts it lends, who has them when, and which Blazar it is; and the two changes that it takes, a host's
 * `disabled` (the fork alone) and a reservation's properties. The list of leases is never asked for, since it is every lease ever kept, some kB
 * each: the allocations name those that are not over, and a lease is read by its id.
 */
import { z } from 'zod'
import type { BlazarKind, ReservationSeen } from '../core/observation.ts'
import { known, type Reading, unknown } from '../core/reading.ts'
import { type Answer, bodyOf, type Call, neverSent, refusal, type Sending, segment, unreadable } from './call.ts'
import { OpenStackError, parsed, unusableAnswer } from './openstack-error.ts'
import type { Session } from './session.ts'

/** Capabilities stand beside the columns and may shadow them, always with text: a column of another type is null here. */
export type BlazarHost = {
  id: string
  /** The node's uuid where Nova's Ironic driver made the hypervisor. */
  hypervisor_hostname: string | null
  /** A capability by which Chameleon names the node's uuid once more. */
  uid: string | null
  reservable: boolean | null
  /** null also where this Blazar has no such column. */
  disabled: boolean | null
  /** As Blazar writes it; null: never changed, or not told. */
  updated_at: string | null
}

/** A reservation that holds a host now or will; dates as Blazar writes them, UTC without saying so. */
export type HostReservation = {
  host_id: string
  /** null: Blazar did not name it. */
  reservation_id: string | null
  lease_id: string
  start_date: string | null
  end_date: string | null
}

export type Lease = {
  id: string
  name: string | null
  status: string
  project_id: string
  user_id: string
  start_date: string | null
  end_date: string | null
  /** Those of hosts, and of them those that say everything that a change must say again. */
  reservations: ReservationSeen[]
}

export type Blazar = {
  /** Whether the catalog has one. */
  isOffered(): Promise<boolean>
  hosts(): Promise<{ kind: Reading<BlazarKind>; hosts: BlazarHost[] }>
  /** Of every host, what is not over yet; by host id, and with an empty list for a host that nobody reserved. */
  allocations(): Promise<Map<string, HostReservation[]>>
  /** `gone`: 404 in Blazar's own words. `withheld`: 403, it belongs to another project than this credential may see. */
  lease(id: string): Promise<Lease | 'gone' | 'withheld'>
  /** null: Blazar knows no such host. */
  host(id: string): Promise<BlazarHost | null>
  /**
   * The fork takes any value but null for yes, `false` too, and keeps none of it. The host as the reply shows it: a caller who may not do this is
   * answered 200 all the same.
   */
  setDisabled(id: string, disabled: string | null, sending?: Sending): Promise<BlazarHost>
  /** Looks for a host anew by the properties that it always had; a body without them is refused (400, measured). */
  reserveAgain(leaseId: string, reservation: ReservationSeen, sending?: Sending): Promise<void>
}

const hostSchema = z.looseObject({ id: z.string() })
const hostsSchema = z.object({ hosts: z.array(hostSchema) })

const date = z.string().nullish()
const allocationSchema = z.looseObject({
  resource_id: z.string(),
  reservations: z.array(z.looseObject({ id: z.string().nullish(), lease_id: z.string(), start_date: date, end_date: date })),
})
const allocationsSchema = z.object({ allocations: z.array(allocationSchema) })
const hostAnswer = z.object({ host: hostSchema })
const reservationSchema = z.looseObject({
  id: z.string(),
  resource_type: z.literal('physical:host'),
  min: z.int(),
  max: z.int(),
  hypervisor_properties: z.string(),
  resource_properties: z.string(),
})
const leaseSchema = z.object({
  lease: z.looseObject({
    id: z.string(),
    name: z.string().nullish(),
    status: z.string(),
    project_id: z.string(),
    user_id: z.string(),
    start_date: date,
    end_date: date,
    reservations: z.array(z.unknown()).nullish(),
  }),
})

/**
 * Ten thousand leases on a thousand hosts are 3 MB without pages (measured), so the usual 10 s may not do; and the look that asked is over
 * after 30 s in any case.
 */
const LIST_TIMEOUT_MS = 25_000

const read = (path: string, more: Partial<Call> = {}): Call => ({ service: 'reservation', method: 'GET', path, ...more })

export function blazarClient(session: Session): Blazar {
  return {
    isOffered: async () => (await session.endpoint('reservation')) !== null,
    hosts: async () => {
      const call = read('/v1/os-hosts', { answerTimeoutMs: LIST_TIMEOUT_MS })
      const { hosts } = bodyOf(call, await session.request(call), hostsSchema)
      return { kind: kindOf(hosts), hosts: hosts.map(hostOfRow) }
    },
    allocations: async () => {
      const call = read('/v1/os-hosts/allocations', { answerTimeoutMs: LIST_TIMEOUT_MS })
      const { allocations } = bodyOf(call, await session.request(call), allocationsSchema)
      const byHost = new Map<string, HostReservation[]>()
      for (const { resource_id, reservations } of allocations) {
        if (byHost.has(resource_id)) throw unusableAnswer(call, `Blazar lists the allocations of host ${resource_id} twice.`)
        byHost.set(
          resource_id,
          reservations.map(({ id, lease_id, start_date, end_date }) => ({
            host_id: resource_id,
            reservation_id: id ?? null,
            lease_id,
            start_date: start_date ?? null,
            end_date: end_date ?? null,
          })),
        )
      }
      return byHost
    },
    lease: async (id) => {
      const call = read(`/v1/leases/${segment(id)}`, { accept: [403, 404] })
      const response = await session.request(call)
      if (isOwnRefusal(response)) return response.status === 404 ? 'gone' : 'withheld'
      if (response.status >= 300) throw refusal(call, response)
      const { lease } = bodyOf(call, response, leaseSchema)
      if (lease.id !== id) throw unusableAnswer(call, `The lease is ${lease.id}.`)
      return leaseOf(lease)
    },
    ...hostOf(session),
    ...changes(session),
  }
}

/** Of one host: the read that a change rests on. */
function hostOf(session: Session): Pick<Blazar, 'host'> {
  return {
    host: async (id) => {
      const call = read(`/v1/os-hosts/${segment(id)}`, { accept: [404] })
      const response = await session.request(call)
      if (response.status === 404 && isOwnRefusal(response)) return null
      if (response.status >= 300) throw refusal(call, response)
      return rightHost(call, id, bodyOf(call, response, hostAnswer).host)
    },
  }
}

/** As Ironic's changing requests: Blazar asks Nova and Keystone within one of its own. */
const CHANGE_MS = 65_000

function changes(session: Session): Pick<Blazar, 'setDisabled' | 'reserveAgain'> {
  const change = async (path: string, body: unknown, sending: Sending): Promise<{ call: Call; response: Answer }> => {
    const call: Call = { service: 'reservation', method: 'PUT', path, body, answerTimeoutMs: CHANGE_MS, ...sending }
    // A write never waits for a token; what fails before it was not sent.
    await session.warm('reservation').catch((error: unknown) => {
      throw error instanceof OpenStackError ? neverSent(call, error) : error
    })
    const response = await session.request(call)
    if (response.status !== 200) throw unreadable(call, response, `Blazar takes this with 200, but ${response.status} came.`)
    return { call, response }
  }
  return {
    setDisabled: async (id, disabled, sending = {}) => {
      const { call, response } = await change(`/v1/os-hosts/${segment(id)}`, { disabled }, sending)
      return rightHost(call, id, bodyOf(call, response, hostAnswer).host)
    },
    reserveAgain: async (leaseId, reservation, sending = {}) => {
      const body = { reservations: [{ ...reservation, resource_type: 'physical:host' }] }
      await change(`/v1/leases/${segment(leaseId)}`, body, sending)
    },
  }
}

function rightHost(call: Call, id: string, host: z.infer<typeof hostSchema>): BlazarHost {
  if (host.id !== id) throw unusableAnswer(call, `The host is ${host.id}.`)
  return hostOfRow(host)
}

function leaseOf(lease: z.infer<typeof leaseSchema>['lease']): Lease {
  const { id, name, status, project_id, user_id, start_date, end_date } = lease
  const reservations = (lease.reservations ?? []).flatMap((one) => {
    const { success, data } = reservationSchema.safeParse(one)
    if (!success) return []
    const { min, max, hypervisor_properties, resource_properties } = data
    return [{ id: data.id, min, max, hypervisor_properties, resource_properties }]
  })
  return { id, name: name ?? null, status, project_id, user_id, start_date: start_date ?? null, end_date: end_date ?? null, reservations }
}

/**
 * Which Blazar it is, by what its hosts look like. Where they contradict each other nothing is believed: the wrong belief would send
 * upstream a `disabled` that it keeps for ever.
 */
function kindOf(hosts: readonly z.infer<typeof hostSchema>[]): Reading<BlazarKind> {
  if (hosts.length === 0) return unknown('no host is enrolled in Blazar, so it does not show which Blazar it is')
  // Capabilities are text; only a column can be true or false, and every host has every column.
  const someHave = hosts.some((host) => typeof host['disabled'] === 'boolean')
  const someLack = hosts.some((host) => !('disabled' in host))
  if (someHave !== someLack) return known(someHave ? 'chameleon' : 'upstream')
  return unknown('the hosts do not agree on whether Blazar has a column disabled, so it does not show which Blazar it is')
}

function hostOfRow(host: z.infer<typeof hostSchema>): BlazarHost {
  const { id, hypervisor_hostname, uid, reservable, disabled, updated_at } = host
  return {
    id,
    hypervisor_hostname: typeof hypervisor_hostname === 'string' ? hypervisor_hostname : null,
    uid: typeof uid === 'string' ? uid : null,
    reservable: typeof reservable === 'boolean' ? reservable : null,
    disabled: typeof disabled === 'boolean' ? disabled : null,
    updated_at: typeof updated_at === 'string' ? updated_at : null,
  }
}

/** Blazar's own words have an error_code; what Flask says of a wrong address, or a proxy, has none. */
const isOwnRefusal = ({ status, text }: Answer): boolean =>
  (status === 403 || status === 404) && z.object({ error_code: z.literal(status) }).safeParse(parsed(text)).success
