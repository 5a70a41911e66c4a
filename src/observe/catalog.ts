/**
 * Which of the services that an observation asks about a cloud has. It reads only the catalog that came with the token.
 */
import type { ServiceName } from '../core/observation.ts'
import type { ServiceType } from '../openstack/service-type.ts'
import type { Session } from '../openstack/session.ts'

const TYPES: Record<Exclude<ServiceName, 'keystone'>, ServiceType> = {
  neutron: 'network',
  cinder: 'block-storage',
  glance: 'image',
  nova: 'compute',
  placement: 'placement',
}

/**
 * The services that this session has an endpoint for; Keystone wherever the credential is Keystone's, listed or not, since every
 * service then needs it. Throws OpenStackError where no token, and so no catalog, is to be had.
 */
export async function catalogOf(
  session: Pick<Session, 'endpoint'> & { access: Pick<Session['access'], 'authType'> },
): Promise<Set<ServiceName>> {
  const { authType } = session.access
  const names = new Set<ServiceName>(authType === 'none' || authType === 'http_basic' ? [] : ['keystone'])
  for (const name of ['neutron', 'cinder', 'glance', 'nova', 'placement'] as const) {
    if ((await session.endpoint(TYPES[name])) !== null) names.add(name)
  }
  return names
}
