/**
 * The switches for what goes wrong with the services: between a client and a service, between Ironic's conductors and a
 * service, or both. A conductor's trouble behind a green front is what `seenBy: 'conductors'` is for. BMC trouble is a
 * property of the BMC (bmc.ts); a conductor's death and a lock are people's doing (people.ts).
 */
import type { HttpResponse, Random } from '../core/seams.ts'
import type { ServiceSlug, World } from './world.ts'

/**
 * down: connection refused · unreachable: packets vanish, connecting times out · 503, 500: JSON · 502: a proxy's HTML ·
 * hang: taken, never answered, nothing done · lost-reply: done, but the answer never arrives · latency: right, `ms` later ·
 * 401: the token is not accepted · 429: a proxy's limit · cut: the answer's document ends in the middle.
 * Of Ironic alone: 409: locked by somebody · no-worker, limit: its own refusals, nothing changed · stale: a read answered as it was some
 * time ago · empty-list, half-list: 200 with nothing or half of it, and no word of a next page.
 */
export const FAULT_KINDS = [
  'down',
  'unreachable',
  '503',
  '502',
  '500',
  'hang',
  'lost-reply',
  'latency',
  '401',
  '429',
  'cut',
  '409',
  'no-worker',
  'limit',
  'stale',
  'empty-list',
  'half-list',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

const CHANGES = ['PUT', 'PATCH', 'DELETE']
/** Some kinds can only meet some requests. */
const MEETS: Partial<Record<FaultKind, readonly string[]>> = {
  '409': CHANGES,
  'no-worker': ['PUT'],
  limit: ['PUT'],
  stale: ['GET'],
  'empty-list': ['GET'],
  'half-list': ['GET'],
  cut: ['GET'],
}
export const ONLY_IRONIC: readonly FaultKind[] = ['409', 'no-worker', 'limit', 'stale', 'empty-list', 'half-list']
/** A service that answers every request so is away. */
export const AWAY: readonly FaultKind[] = ['down', 'unreachable', '503', '502', '500', 'hang']

export type Fault = {
  kind: FaultKind
  /** For latency, milliseconds on top of the usual. */
  ms?: number
  /** Default: both. */
  seenBy?: 'clients' | 'conductors'
  /** Part of the requests that it meets, 0 to 1 (default all). */
  share?: number
  /** It ends by itself after having met so many requests. */
  times?: number
  /** Only these methods (default all). */
  methods?: string[]
}

/**
 * What Ironic's lists of nodes leave out while everything else works and every answer is a 200: nothing · all of it · every second node ·
 * everything after the first page.
 */
export type Lists = 'whole' | 'empty' | 'half' | 'first-page'

/** Every request fails so until somebody ends it. By whom they must be sent, `seenBy` says. */
export const isOutage = ({ kind, share, times, methods }: Fault): boolean =>
  AWAY.includes(kind) && share === undefined && times === undefined && methods === undefined

export type Faults = {
  set(service: ServiceSlug, fault: Fault): void
  clear(service: ServiceSlug): void
  clearAll(): void
  current(service: ServiceSlug): Fault | null
  /** The fault that meets this one request; null where it goes through. It is counted where it makes a difference, with `bit`. */
  meet(service: ServiceSlug, by: 'clients' | 'conductors', method: string): Fault | null
  /** The request went otherwise than without the fault. */
  bit(service: ServiceSlug, fault: Fault): void
  /** How datagrams and BMC requests of ours fare: 'open', no route at all, or swallowed by a firewall. */
  route: 'open' | 'no-route' | 'swallowed'
  lists: Lists
  /** Times that each fault bit, by `service kind`. */
  counts: Map<string, number>
  /** Ironic's newest answer to each read, for stale ones; null where nobody will want them. */
  remembered: Map<string, { at: number; answer: HttpResponse }> | null
}

export function faults(random: Random): Faults {
  const set = new Map<ServiceSlug, Fault & { left: number }>()
  const counts = new Map<string, number>()
  return {
    set: (service, fault) => void set.set(service, { ...fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: (service) => void set.delete(service),
    clearAll: () => set.clear(),
    current: (service) => set.get(service) ?? null,
    meet(service, by, method) {
      const fault = set.get(service)
      if (fault === undefined) return null
      if (fault.seenBy !== undefined && fault.seenBy !== by) return null
      if (!(fault.methods ?? MEETS[fault.kind] ?? [method]).includes(method)) return null
      if (fault.share !== undefined && random() >= fault.share) return null
      fault.left -= 1
      if (fault.left <= 0) set.delete(service)
      return fault
    },
    bit(service, { kind }) {
      const key = `${service} ${kind}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    route: 'open',
    lists: 'whole',
    counts,
    remembered: null,
  }
}

/** keystoneauth's discovery timeout as the lab had it for a hanging Neutron. */
const HANG_MS = 5000

/**
 * What Ironic's own call to a service comes to: null where it works, else the text it ends up with and how long it took.
 * Texts as recorded: every Neutron trouble reads the same, because version discovery fails first.
 */
export function conductorTrouble(world: World, service: 'neutron' | 'keystone'): { text: string; afterMs: number } | null {
  const fault = world.faults.meet(service, 'conductors', 'GET')
  if (fault === null || !AWAY.includes(fault.kind)) return null
  world.faults.bit(service, fault)
  const afterMs = fault.kind === 'hang' || fault.kind === 'unreachable' ? HANG_MS : 40
  if (service === 'neutron') {
    const url = `${world.baseUrl}/network`
    const text = `Unable to find a version discovery document at ${url}, the service is unavailable or misconfigured. Required version range (any - any), version hack disabled.`
    return { text, afterMs }
  }
  const base = new URL(world.baseUrl)
  const path = '/identity/v3/auth/tokens'
  if (fault.kind === 'down' || fault.kind === 'unreachable' || fault.kind === 'hang') {
    const text = `Unable to establish connection to ${world.baseUrl}${path}: HTTPConnectionPool(host='${base.hostname}', port=${base.port || 80}): Max retries exceeded with url: ${path} (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f5750e8cb50>: Failed to establish a new connection: [Errno 111] ECONNREFUSED'))`
    return { text, afterMs }
  }
  const words = { '502': 'Bad Gateway', '500': 'Internal Server Error' }[String(fault.kind)] ?? 'Service Unavailable'
  return { text: `${words} (HTTP ${fault.kind})`, afterMs }
}
