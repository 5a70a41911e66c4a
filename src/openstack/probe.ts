/**
 * Whether a service that tear-down needs is working, asked with the kind of call that tear-down makes. Red is only no answer, one that
 * is not the service's own, or a server's error; that this credential may not ask, or that there is no such service here, says nothing about the service.
 */
import { z } from 'zod'
import type { ServiceLook, ServiceName } from '../core/observation.ts'
import { absent, known, type Reading, unknown } from '../core/reading.ts'
import type { Clock } from '../core/seams.ts'
import { withoutStops } from '../core/sentence.ts'
import { bodyOf, type Call } from './call.ts'
import { OpenStackError } from './openstack-error.ts'
import type { ServiceType } from './service-type.ts'
import type { Session } from './session.ts'

type Probe = { service: ServiceType; path: string; query?: [string, string][] /** The list that its answer holds. */; list: string }

const PROBES: Record<Exclude<ServiceName, 'keystone'>, Probe> = {
  neutron: { service: 'network', path: '/v2.0/ports', query: [['limit', '1']], list: 'ports' },
  cinder: { service: 'block-storage', path: '/volumes', query: [['limit', '1']], list: 'volumes' },
  glance: { service: 'image', path: '/v2/images', query: [['limit', '1']], list: 'images' },
  nova: { service: 'compute', path: '/servers', query: [['limit', '1']], list: 'servers' },
  placement: { service: 'placement', path: '/', list: 'versions' },
}

export async function probeService(session: Session, name: ServiceName, clock: Clock): Promise<Reading<ServiceLook>> {
  const green = (detail: string): Reading<ServiceLook> => known({ state: 'green', detail, at: clock.now() })
  return await ask(session, name).then(
    (answer) => (typeof answer === 'string' ? green(answer) : answer),
    (error: unknown) => {
      if (error instanceof OpenStackError) return judged(name, error, clock.now())
      throw error
    },
  )
}

/** What it answered, or that there is nothing to ask. */
async function ask(session: Session, name: ServiceName): Promise<string | Reading<ServiceLook>> {
  if (name === 'keystone') {
    const { authType } = session.access
    if (authType === 'none' || authType === 'http_basic') return absent('this cloud is used without Keystone')
    await session.authenticate()
    return 'Keystone gave a token'
  }
  const { service, path, query, list } = PROBES[name]
  if ((await session.endpoint(service)) === null) return absent(`there is no ${service} service in the catalog`)
  const call: Call = { service, method: 'GET', path, ...(query ? { query } : {}) }
  const response = await session.request(call)
  // A page that somebody in between answers with 200 is no sign of life of the service behind.
  bodyOf(call, response, z.looseObject({ [list]: z.array(z.unknown()) }))
  return `${name} answered ${response.status} to GET ${path}`
}

function judged(name: ServiceName, error: OpenStackError, at: number): Reading<ServiceLook> {
  const said = withoutStops(error.sentence)
  // Without a token the service itself was never asked.
  if (error.kind === 'keystone' && name !== 'keystone') return unknown(`${name} was not asked, because Keystone gave no token: ${said}`)
  if (error.status === null) return known({ state: 'red', detail: `no answer: ${said}`, at })
  if (error.status >= 500 || error.status < 300) return known({ state: 'red', detail: `${error.status}: ${said}`, at })
  return unknown(`${name} answered ${error.status}: ${said}`)
}
