/**
 * The services that are spoken to, under the names of the OpenStack service types authority, with the older names under
 * which catalogs and clouds.yaml still know them. No requests are made here.
 */
export const SERVICE_TYPES = ['baremetal', 'compute', 'network', 'placement', 'identity', 'block-storage', 'image', 'reservation'] as const
export type ServiceType = (typeof SERVICE_TYPES)[number]

/** Types in a catalog, best first. A cinder of today still registers as volumev3 where it was installed years ago. */
export const CATALOG_TYPES: Record<ServiceType, readonly string[]> = {
  baremetal: ['baremetal', 'bare-metal'],
  compute: ['compute'],
  network: ['network'],
  placement: ['placement'],
  identity: ['identity'],
  'block-storage': ['block-storage', 'block-store', 'volumev3', 'volume'],
  image: ['image'],
  reservation: ['reservation'],
}

/**
 * The root under which a Call's path is put. Catalogs and people write endpoints with or without a version, so for most
 * services the version is cut off and belongs to the path (`/v1/nodes`, `/v2.0/ports`, `/v2/images`, `/v3/…`, `/v1/os-hosts`).
 * Nova and Cinder carry a project in the versioned endpoint, so there the version stays and paths begin after it
 * (`/servers`, `/volumes`); Placement has no version in its paths at all.
 */
export function serviceRoot(service: ServiceType, endpoint: string, projectId: string | null): string {
  const bare = withoutSlashes(endpoint.replace(/[%$]\((?:project|tenant)_id\)s/g, projectId ?? ''))
  if (service === 'placement') return bare
  if (service === 'compute') return /\/v2(\.\d+)?(\/|$)/.test(bare) ? bare : `${bare}/v2.1`
  if (service === 'block-storage') {
    if (/\/v\d+\/./.test(bare)) return bare
    const versioned = /\/v\d+$/.test(bare) ? bare : `${bare}/v3`
    // Before microversion 3.67 Cinder needs the project in the path, and later ones accept it.
    return projectId === null ? versioned : `${versioned}/${projectId}`
  }
  return bare.replace(/\/v\d+(\.\d+)?$/, '')
}

/** Without slashes at its end. Not by `/\/+$/`, which looks at each run of slashes once for each of its slashes. */
export function withoutSlashes(text: string): string {
  let end = text.length
  while (text[end - 1] === '/') end -= 1
  return text.slice(0, end)
}
